"""Somebody who sees some events only leaves alone who belongs to others, too."""

import json
import re
from typing import NamedTuple

import msgspec
import pytest

from tests.support.builder import Builder, contact
from tests.support.node import LocalNode
from tests.web.console.desk import Desk, add_user, read_shown
from tests.web.console.people.conftest import Gathering
from turnout.core.identity.model import Role
from turnout.core.identity.organizations import get_organization
from turnout.core.identity.roles import StaffRole
from turnout.core.identity.staff import limit_colleague, list_colleagues, set_roles
from turnout.core.ids import OrgId, PersonId, RegistrationId
from turnout.core.payments.settling import ask_for_payment
from turnout.core.people.correcting import correct_person
from turnout.core.people.finding import get_person
from turnout.core.people.merging import find_person
from turnout.core.people.model import Contact
from turnout.core.questions.editing import QuestionChange, add_question
from turnout.core.registrations.changing import add_by_staff, set_answers
from turnout.core.registrations.giving_back import cancel_registration
from turnout.store import Tx


class Hidden(NamedTuple):
    """A person of an event that the limited user does not see, and of theirs."""

    person_id: PersonId
    email: str
    code: str
    here: RegistrationId
    limited: Desk


@pytest.fixture
def hidden(node: LocalNode, org_id: OrgId, gathering: Gathering) -> Hidden:
    code = f"rail/limited{gathering.event_id}"
    limited = add_user(node, org_id, code, Role.AGENT)
    return node.db.call(_hide, org_id, gathering, limited)


def _hide(tx: Tx, org_id: OrgId, gathering: Gathering, limited: Desk) -> Hidden:
    colleagues = list_colleagues(tx, org_id)
    user = next(one.user for one in colleagues if one.user.user_code == limited.user_code)
    limit_colleague(tx, org_id, user.id, [gathering.event_id], is_limited=True, actor="test")
    secret = Builder.of(tx, get_organization(tx, "rail")).event("Secret")
    who = contact(f"{gathering.event_id}vera", first_name="Vera", phone="+49301234567")
    there = add_by_staff(tx, org_id, secret.id, who, is_mailed=False, actor="test")
    here = add_by_staff(tx, org_id, gathering.event_id, who, is_mailed=False, actor="test")
    person = find_person(tx, org_id, who.email)
    assert person is not None
    return Hidden(person.id, who.email, there.ticket.code, here.registration_id, limited)


def _contact(node: LocalNode, org_id: OrgId, hidden: Hidden) -> Contact:
    return node.db.call(get_person, org_id, hidden.person_id).contact


def test_adding_and_importing_keep_what_is_known(
    node: LocalNode, org_id: OrgId, gathering: Gathering, hidden: Hidden
) -> None:
    before = _contact(node, org_id, hidden)
    node.db.call(cancel_registration, org_id, hidden.here, actor="test")
    add = f"{gathering.path}/add"
    typed = {"email": hidden.email, "first_name": "Evil", "phone": "+4911"}
    assert hidden.limited.send(add, add, **typed).status == 303
    sheet = {"content": f"email,firstname\n{hidden.email},Evil\n", "sure": "1"}
    assert hidden.limited.send(f"{gathering.path}/import", add, **sheet).status == 200
    assert _contact(node, org_id, hidden) == before
    ann = gathering.of("ann")
    transfer = {"email": hidden.email, "first_name": "Evil"}
    node.db.call(cancel_registration, org_id, hidden.here, actor="test")
    assert hidden.limited.send(f"{ann}/transfer", add, **transfer).status == 303
    assert _contact(node, org_id, hidden) == before


def test_the_panel_has_no_telephone_number_of_events_that_are_not_seen(
    node: LocalNode, org_id: OrgId, desk: Desk, gathering: Gathering, hidden: Hidden
) -> None:
    def add(tx: Tx) -> RegistrationId:
        secret = Builder.of(tx, get_organization(tx, "rail")).event("Secret")
        email, phone = f"{gathering.event_id}walt@example.com", "+49301234568"
        who = contact("walt", first_name="Walt", phone=phone, company="Wall Ltd")
        there = msgspec.structs.replace(who, email=email)
        add_by_staff(tx, org_id, secret.id, there, is_mailed=False, actor="test")
        here = Contact(email=email)
        added = add_by_staff(tx, org_id, gathering.event_id, here, is_mailed=False, actor="test")
        return added.registration_id

    own = f"{gathering.path}/{node.db.call(add)}"
    assert "+49301234568" in desk.read(own)
    panel = hidden.limited.read(own)
    assert "Walt" in panel
    assert "+49301234568" not in panel
    assert "Wall Ltd" not in panel.partition('class="side"')[2]


def test_nothing_of_the_person_is_changed_given_away_or_merged(
    node: LocalNode, org_id: OrgId, gathering: Gathering, hidden: Hidden
) -> None:
    before = _contact(node, org_id, hidden)
    own = f"{gathering.path}/{hidden.here}"
    for typed in ({"email": "attacker@evil.example"}, {"first_name": "Evil"}):
        values = {"email": hidden.email, **typed, "ticket": ""}
        refused = hidden.limited.send(f"{own}/edit", **values)
        assert (refused.status, "Ask an owner" in refused.body.decode()) == (422, True)
    exported = hidden.limited.open(f"{own}/export.json")
    assert exported.status == 409
    assert "Ask an owner" in exported.body.decode()
    assert hidden.code not in exported.body.decode()
    merge = f"{gathering.of('ann')}/merge"
    for other in (hidden.email, str(hidden.person_id)):
        page = hidden.limited.open(f"{merge}?other={other}")
        assert (page.status, "+49301234567" in page.body.decode()) == (422, False)
        assert hidden.limited.send(merge, other=other).status == 422
    assert hidden.limited.send(f"{own}/merge", other="1").status == 422
    assert _contact(node, org_id, hidden) == before


def test_the_timeline_tells_nothing_of_other_events(
    node: LocalNode, org_id: OrgId, desk: Desk, gathering: Gathering, hidden: Hidden
) -> None:
    vera, ann = f"{gathering.path}/{hidden.here}", gathering.of("ann")
    ann_email = f"{gathering.event_id}ann@example.com"
    known = node.db.call(find_person, org_id, ann_email)
    assert known is not None
    for person_id in (hidden.person_id, known.id):
        named = {"last_name": "Moved"}
        node.db.call(correct_person, org_id, person_id, named, actor="test")
    said = [
        "Was called" in one.read(page)
        for one, page in ((desk, vera), (hidden.limited, vera), (hidden.limited, ann))
    ]
    assert said == [True, False, True]


def test_whom_a_limited_user_reaches_is_changed_exported_and_merged(
    gathering: Gathering, hidden: Hidden
) -> None:
    ann, bob = gathering.of("ann"), f"{gathering.event_id}bob@example.com"
    known = json.loads(hidden.limited.open(f"{ann}/export.json").body)
    assert {"people", "registrations", "tickets"} <= set(known)
    assert "audit_entries" not in known
    page = hidden.limited.read(f"{ann}/merge?other={bob}")
    done = hidden.limited.send(f"{ann}/merge", other=bob, shown=read_shown(page))
    assert done.status == 303
    carl = gathering.of("carl")
    edited = {"email": f"{gathering.event_id}karl@example.com", "first_name": "Karl"}
    assert hidden.limited.send(f"{carl}/edit", **edited).status == 303


def test_the_door_adds_somebody_who_is_known_by_their_name(
    node: LocalNode, org_id: OrgId, gathering: Gathering
) -> None:
    code = f"rail/door{gathering.event_id}"
    door = add_user(node, org_id, code, Role.ACCT)
    node.db.call(_make_door, org_id, code)
    email = f"{gathering.event_id}dora@example.com"
    person = node.db.call(find_person, org_id, email)
    add = f"{gathering.path}/add"
    typed = {"email": email, "first_name": "Evil", "walk_in": "1"}
    assert door.send(add, add, **typed).status == 303
    assert node.db.call(find_person, org_id, email) == person


def test_the_door_sees_what_it_needs_and_no_more(
    node: LocalNode, org_id: OrgId, desk: Desk, gathering: Gathering
) -> None:
    code = f"rail/gate{gathering.event_id}"
    door = add_user(node, org_id, code, Role.ACCT)
    node.db.call(_make_door, org_id, code)
    size = QuestionChange(name="Shirt", is_at_door=True)
    node.db.call(add_question, org_id, gathering.event_id, size, actor="test")
    ann = gathering.of("ann")
    answers = {"Diet": "vegan", "Shirt": "XXL"}
    node.db.call(set_answers, org_id, gathering.ids["ann"], answers, actor="test")
    for note, more in (("Wheelchair at the door", {"at_door": "1"}), ("Owes us money", {})):
        desk.send(f"{ann}/note", ann, note=note, **more)
    desk.send(f"{ann}/tag", ann, tag="VIPs")
    shown = ("Ann Guest", "Wheelchair at the door", gathering.codes["ann"], "XXL")
    hidden = ("ann@example.com", "vegan", "Owes us money", "VIPs", "Points GmbH", 'id="history"')
    for one, page in ((desk, desk.read(ann)), (door, door.read(ann))):
        assert [text for text in shown if text not in page] == []
        assert all((text in page) is (one is desk) for text in hidden)
    assert door.open(f"/console/{gathering.event_id}/waiting").status == 403
    assert door.open("/console/rail/people").status == 403


def test_no_filter_tells_the_door_what_its_list_does_not_show(
    node: LocalNode, org_id: OrgId, desk: Desk, gathering: Gathering
) -> None:
    """What is typed into the address, or posted with it, finds nobody by what is hidden."""
    code = f"rail/post{gathering.event_id}"
    door = add_user(node, org_id, code, Role.ACCT)
    node.db.call(_make_door, org_id, code)
    ann, path = gathering.of("ann"), gathering.path
    due_at = node.db.clock() + 86_400_000
    owed = (gathering.codes["ann"], 5000, "EUR")
    node.db.call(ask_for_payment, org_id, *owed, due_at=due_at, actor="test")
    desk.send(f"{ann}/tag", ann, tag="VIPs")
    desk.send(f"{path}/filters?tag=VIPs", path, name="The important ones")
    hidden = (
        *("payment=open", "tag=VIPs", "source=staff", f"session={gathering.workshop}"),
        *("q=example.com", "q=Points", "columns=tags-phone"),
    )
    for query in hidden:
        (_, all_of_them) = _listed(desk, f"{path}?{query}"), _listed(door, path)
        if query.startswith("q="):
            assert _listed(door, f"{path}?{query}") == []
        else:
            assert _listed(door, f"{path}?{query}") == all_of_them
    assert _listed(desk, f"{path}?payment=open") == ["Ann Guest"]
    assert _listed(desk, f"{path}?q=example.com") == all_of_them
    assert _listed(door, f"{path}?q=ann") == ["Ann Guest"]
    assert _listed(door, f"{path}?q={gathering.codes['ann'].lower()}") == ["Ann Guest"]
    page = door.read(path)
    words = ("The important ones", "VIPs", "Workshop", "staff", "payment=")
    assert [text for text in words if text in page] == []
    everybody = {"action": "check-in", "all": "1"}
    assert door.send(f"{path}/bulk?payment=open", path, **everybody).status == 303
    assert len(_listed(desk, f"{path}?state=in")) == len(all_of_them)
    overview = f"/console/{gathering.event_id}"
    assert ("50.00" in desk.read(overview), "50.00" in door.read(overview)) == (True, False)


def _listed(desk: Desk, target: str) -> list[str]:
    """The names in a list of registrations."""
    return re.findall(r'<th scope="row"><a [^>]*>([^<]+)</a>', desk.read(target))


def _make_door(tx: Tx, org_id: OrgId, code: str) -> None:
    user = next(o.user for o in list_colleagues(tx, org_id) if o.user.user_code == code)
    set_roles(tx, org_id, user, {StaffRole.DOOR}, actor="test")
