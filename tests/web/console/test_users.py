"""Colleagues: invited, given roles, limited to events, gone."""

import re

import pytest

from tests.core.identity.staff import add_user as add_core_user
from tests.support.builder import make_organization
from tests.support.mails import list_mails
from tests.support.node import LocalNode
from tests.web.console.desk import Desk
from turnout.core.identity.roles import StaffRole
from turnout.core.identity.staff import get_colleague, list_closed_events, list_colleagues
from turnout.core.identity.staff_invitations import list_invitations
from turnout.core.ids import EventId, OrgId
from turnout.errors import Missing

USERS = "/console/rail/users"


def faults(text: str) -> dict[str, str]:
    return dict(re.findall(r'<li><a href="#f-(\w+)">([^<]+)</a>', text))


def test_a_colleague_is_invited_by_mail(
    node: LocalNode, org_id: OrgId, desk: Desk, events: dict[str, EventId]
) -> None:
    before = len(node.db.call(list_mails, org_id))
    answer = desk.send(
        USERS,
        USERS,
        do="invite",
        email="jo@example.com",
        roles=["door", "reader"],
        events=[str(events["Summit"])],
    )
    assert (answer.status, answer.headers["location"]) == (303, f"{USERS}?done=invited")
    made = node.db.call(list_invitations, org_id)[0]
    assert (made.email, set(made.role_set), made.events) == (
        "jo@example.com",
        {StaffRole.DOOR, StaffRole.READER},
        [events["Summit"]],
    )
    assert len(node.db.call(list_mails, org_id)) == before + 1
    page = desk.read(f"{USERS}?done=invited")
    assert "The invitation is on its way." in page
    assert "jo@example.com" in page
    desk.send(USERS, USERS, do="withdraw", number=str(made.id))
    assert node.db.call(list_invitations, org_id)[0].state(node.clock()) == "withdrawn"


def test_what_is_wrong_with_an_invitation_stands_beside_it(desk: Desk) -> None:
    answer = desk.send(USERS, USERS, do="invite", email="jo")
    text = answer.body.decode()
    assert (answer.status, sorted(faults(text))) == (422, ["email", "roles"])
    assert 'name="email" type="email" value="jo"' in text


def test_roles_and_events_of_a_colleague_are_changed(
    node: LocalNode, org_id: OrgId, desk: Desk, events: dict[str, EventId]
) -> None:
    user = add_core_user(node.db, org_id, "changed", {StaffRole.READER})
    page = f"{USERS}/{user.id}"
    fields = {"roles": ["door"], "is_limited": "1", "events": [str(events["Draft"])]}
    assert desk.send(page, page, do="save", **fields).headers["location"] == f"{page}?done=changed"
    found = node.db.call(get_colleague, org_id, user.id)
    assert (set(found.roles), found.is_limited, set(found.event_ids)) == (
        {StaffRole.DOOR},
        True,
        {events["Draft"]},
    )
    text = desk.read(page)
    assert re.findall(r'name="roles" value="(\w+)" checked', text) == ["door"]
    assert desk.send(page, page, do="save").status == 422


def test_a_colleague_goes_after_a_question(node: LocalNode, org_id: OrgId, desk: Desk) -> None:
    user = add_core_user(node.db, org_id, "leaving", {StaffRole.READER})
    page = f"{USERS}/{user.id}"
    assert "Take all roles of Leaving away" in desk.read(f"{page}?ask=remove")
    answer = desk.send(page, f"{page}?ask=remove", do="remove")
    assert answer.headers["location"] == f"{USERS}?done=removed"
    with pytest.raises(Missing):
        node.db.call(get_colleague, org_id, user.id)
    assert desk.open(page).status == 404


def test_the_last_owner_stays(node: LocalNode, org_id: OrgId, desk: Desk) -> None:
    owners = [
        line
        for line in node.db.call(list_colleagues, org_id)
        if StaffRole.OWNER in line.roles and line.disabled_at is None
    ]
    [owner] = owners
    page = f"{USERS}/{owner.user.id}"
    answer = desk.send(page, page, do="save", roles=["reader"])
    assert (answer.status, faults(answer.body.decode())) == (
        422,
        {"roles": "This is the only owner who can sign in. Make somebody else an owner first."},
    )


def test_an_event_is_shown_to_named_people_and_to_all_again(
    node: LocalNode, org_id: OrgId, desk: Desk, events: dict[str, EventId]
) -> None:
    for do, closed in (("limit", {events["Draft"]}), ("open", set())):
        desk.send(USERS, USERS, do=do, event=str(events["Draft"]))
        assert set(node.db.call(list_closed_events, org_id)) == closed


def test_colleagues_of_others_do_not_exist(node: LocalNode, org_id: OrgId, desk: Desk) -> None:
    other = node.db.call(make_organization, f"elsewhere-{node.db.backend}", "Elsewhere")
    user = add_core_user(node.db, other, "stranger", {StaffRole.READER})
    page = f"{USERS}/{user.id}"
    assert desk.open(page).status == 404
    assert desk.send(page, USERS, do="save", roles=["owner"]).status == 404
