"""What is done with one registration."""

from typing import Any

import pytest

from tests.support.node import LocalNode
from tests.web.console.desk import Desk, add_user, read_shown
from tests.web.console.people.conftest import Gathering
from turnout.core.audit.recording import list_entries
from turnout.core.identity.model import Role
from turnout.core.ids import OrgId
from turnout.core.registrations.booking import list_booked_sessions
from turnout.core.registrations.browsing import get_registration, list_check_ins
from turnout.core.registrations.notes import list_notes, list_tags


def test_check_in_and_back(
    node: LocalNode, desk: Desk, org_id: OrgId, gathering: Gathering
) -> None:
    ann = gathering.ids["ann"]
    done = desk.send(f"{gathering.of('ann')}/check-in?sort=name")
    assert done.headers["location"] == f"{gathering.of('ann')}?sort=name&done=check-in"
    assert list(node.db.call(list_check_ins, org_id, ann).values()) == [node.clock.now]
    assert "Checked in, " in desk.read(gathering.of("ann"))
    desk.send(f"{gathering.of('ann')}/undo-check-in")
    assert node.db.call(list_check_ins, org_id, ann) == {}


def test_cancel_asks_then_cancels_and_is_undone(
    node: LocalNode, desk: Desk, org_id: OrgId, gathering: Gathering
) -> None:
    bob = gathering.of("bob")
    asked = desk.read(f"{bob}/cancel")
    assert "Cancel the registration of Bob Guest?" in asked
    done = desk.send(f"{bob}/cancel", page=f"{bob}/cancel")
    assert done.status == 303
    found = node.db.call(get_registration, org_id, gathering.event_id, gathering.ids["bob"])
    assert found.state == "cancelled"
    refused = desk.send(f"{bob}/check-in")
    assert (refused.status, "does not let in" in refused.body.decode()) == (422, True)
    desk.send(f"{bob}/restore")
    found = node.db.call(get_registration, org_id, gathering.event_id, gathering.ids["bob"])
    assert found.state == "confirmed"


def test_a_restored_registration_is_checked_in_as_it_was(
    node: LocalNode, desk: Desk, org_id: OrgId, gathering: Gathering
) -> None:
    bob = gathering.of("bob")
    for action in ("check-in", "cancel"):
        desk.send(f"{bob}/{action}")
    done = desk.send(f"{bob}/restore")
    assert "confirmed again and checked in, as it was" in desk.read(done.headers["location"])
    assert len(node.db.call(list_check_ins, org_id, gathering.ids["bob"])) == 2
    assert "Checked in, " in desk.read(bob)
    assert desk.send(f"{bob}/check-in").status == 303
    desk.send(f"{bob}/undo-check-in")
    desk.send(f"{bob}/cancel")
    done = desk.send(f"{bob}/restore")
    assert "a new ticket is mailed" in desk.read(done.headers["location"])
    assert "Checked in, " not in desk.read(bob)


def test_every_change_is_in_the_audit_with_the_user(
    node: LocalNode, desk: Desk, org_id: OrgId, gathering: Gathering
) -> None:
    desk.send(f"{gathering.of('ann')}/tag", tag="VIP")
    desk.send(f"{gathering.of('ann')}/cancel")
    entries = node.db.call(list_entries, org_id, "registration", gathering.ids["ann"])
    by = [(entry.action, entry.actor.partition(":")[0]) for entry in entries[-2:]]
    assert by == [("tagged", "user"), ("cancelled", "user")]


def test_notes_and_tags(node: LocalNode, desk: Desk, org_id: OrgId, gathering: Gathering) -> None:
    carl = gathering.ids["carl"]
    desk.send(f"{gathering.of('carl')}/note", note="Comes with a guide dog.")
    (note,) = node.db.call(list_notes, org_id, carl)
    assert note.note == "Comes with a guide dog."
    page = desk.read(gathering.of("carl"))
    assert "Comes with a guide dog." in page
    assert "Rail/Owner, " in page
    refused = desk.send(f"{gathering.of('carl')}/note", note="")
    assert refused.status == 422
    assert 'aria-invalid="true" aria-describedby="e-note"' in refused.body.decode()
    desk.send(f"{gathering.of('carl')}/tag", tag="VIP")
    assert node.db.call(list_tags, org_id, carl) == ["VIP"]
    desk.send(f"{gathering.of('carl')}/untag", tag="vip")
    assert node.db.call(list_tags, org_id, carl) == []


def test_a_change_is_saved_and_what_is_wrong_is_said_beside_the_field(
    node: LocalNode, desk: Desk, org_id: OrgId, gathering: Gathering
) -> None:
    ann = gathering.ids["ann"]
    page = desk.read(f"{gathering.of('ann')}/edit")
    assert 'value="vegan"' in page
    given: dict[str, Any] = {
        "email": f"{gathering.event_id}new@example.com",
        "first_name": "Anna",
        "last_name": "",
        "company": "Metro",
        "job_title": "",
        "phone": "",
        "title": "",
        "ticket": gathering.hall,
        "session": [gathering.workshop],
    }
    done = desk.send(f"{gathering.of('ann')}/edit", **given)
    assert done.status == 303, done.body.decode()
    page = desk.read(gathering.of("ann"))
    for said in ("Anna", "Metro", "Hall", "Workshop"):
        assert said in page
    assert "vegan" not in page
    assert node.db.call(list_booked_sessions, org_id, ann) == [gathering.workshop]
    taken = f"{gathering.event_id}bob@example.com"
    refused = desk.send(f"{gathering.of('ann')}/edit", **(given | {"email": taken}))
    body = refused.body.decode()
    assert refused.status == 422
    assert f'value="{taken}"' in body
    assert '<a href="#f-email">' in body
    assert 'aria-describedby="e-email "' in body


def test_a_ticket_is_transferred(desk: Desk, gathering: Gathering) -> None:
    dora = gathering.of("dora")
    refused = desk.send(f"{dora}/transfer", email="nonsense")
    assert (refused.status, 'value="nonsense"' in refused.body.decode()) == (422, True)
    done = desk.send(f"{dora}/transfer", email=f"{gathering.event_id}zoe@example.com")
    assert done.status == 303
    assert "Cancelled" in desk.read(dora)
    assert f"{gathering.event_id}zoe@example.com" in desk.read(f"{gathering.path}?q=zoe")


def test_two_people_are_merged(desk: Desk, gathering: Gathering) -> None:
    refused = desk.send(f"{gathering.of('ann')}/merge", other="nobody@example.com")
    assert refused.status == 422
    assert "Nobody has the address or number" in refused.body.decode()
    other = f"{gathering.event_id}bob@example.com"
    merge = f"{gathering.of('ann')}/merge"
    unseen = desk.send(merge, other=other)
    assert (unseen.status, "Look at both first" in unseen.body.decode()) == (422, True)
    page = desk.read(f"{merge}?other={other}")
    assert "Merge Bob Guest into Ann Guest" in page
    assert desk.send(merge, other=other, shown=read_shown(page)).status == 303
    assert gathering.codes["bob"] in desk.read(gathering.of("ann"))


def test_somebody_is_erased(desk: Desk, gathering: Gathering) -> None:
    assert "Erase Emil Guest?" in desk.read(f"{gathering.of('emil')}/erase")
    done = desk.send(f"{gathering.of('emil')}/erase")
    assert done.headers["location"] == f"{gathering.path}?&done=erase"
    assert "Emil" not in desk.read(gathering.path)
    assert ">Erased person</a>" in desk.read(gathering.path)
    page = desk.read(gathering.of("emil"))
    assert '<h1 id="person">Erased person</h1>' in page
    assert "Erased on " in page
    for action in ("edit", "merge", "erase"):
        assert f"{gathering.of('emil')}/{action}" not in page
        gone = desk.open(f"{gathering.of('emil')}/{action}")
        assert (gone.status, "This person is erased." in gone.body.decode()) == (410, True)
        assert desk.send(f"{gathering.of('emil')}/{action}").status == 410


@pytest.mark.parametrize("action", ["nonsense", "check-in", "note"])
def test_only_some_actions_have_a_page(desk: Desk, gathering: Gathering, action: str) -> None:
    assert desk.open(f"{gathering.of('ann')}/{action}").status == 404


def test_a_form_of_another_session_does_nothing(desk: Desk, gathering: Gathering) -> None:
    answer = desk.send(f"{gathering.of('ann')}/cancel", token="0" * 64)
    assert answer.status == 403
    assert "Cancelled</span>" not in desk.read(gathering.of("ann"))


def test_a_reader_changes_nothing(node: LocalNode, org_id: OrgId, gathering: Gathering) -> None:
    reader = add_user(node, org_id, f"rail/reader{gathering.event_id}", Role.ACCT)
    page = reader.read(gathering.of("ann"))
    assert "Check in</button>" not in page
    assert "Cancel\u2026" not in page
    for action in ("cancel", "check-in", "note", "erase"):
        assert reader.send(f"{gathering.of('ann')}/{action}", note="x").status == 403
