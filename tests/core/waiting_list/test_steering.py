"""What staff decide about a waiting list."""

import pytest

from tests.core.registrations.office import Office
from tests.support.builder import contact
from turnout.core.events.model import EventState
from turnout.core.ids import EntryId, EventId, RegistrationId
from turnout.core.registrations.giving_back import cancel_registration
from turnout.core.registrations.listing import RegistrationFilter, list_registrations
from turnout.core.registrations.offers import join_list, leave_list, offer_by_hand
from turnout.core.registrations.places import (
    set_event_capacity,
    set_event_state,
    set_ticket_capacity,
)
from turnout.core.waiting_list import steering
from turnout.core.waiting_list.entries import get_entry, get_position, list_entries
from turnout.core.waiting_list.steering import (
    is_closed,
    set_closed,
    set_priority,
    write_to_waiting,
)
from turnout.errors import Conflict, Invalid, Missing


@pytest.fixture
def office(node) -> Office:
    """Ann has the only place; bob, cid and dan wait for it."""
    office = Office(node, 1)
    office.add("ann")
    for name in ("bob", "cid", "dan"):
        office.call(join_list, office.event_id, office.general, contact(name))
    return office


def waiting(office: Office) -> list[tuple[str, str]]:
    found = office.call(list_entries, office.event_id, limit=9)
    return [(entry.email[:3], entry.state.value) for entry in found]


def entry(office: Office, name: str) -> EntryId:
    found = office.call(list_entries, office.event_id, is_all=True, limit=9)
    return next(one.id for one in found if one.email.startswith(name))


def registration(office: Office, name: str) -> RegistrationId:
    [found] = office.call(list_registrations, RegistrationFilter(text=name), limit=1)
    return found.id


def position(office: Office, name: str) -> int:
    return office.call(get_position, office.call(get_entry, entry(office, name)))


def test_a_higher_priority_goes_first(office):
    office.act(set_priority, entry(office, "dan"), 10)
    office.act(set_priority, entry(office, "bob"), -1)
    assert [position(office, name) for name in ("dan", "cid", "bob")] == [1, 2, 3]
    office.act(cancel_registration, registration(office, "ann"))
    assert waiting(office) == [("dan", "offered"), ("cid", "waiting"), ("bob", "waiting")]
    for wrong in (1001, -1001):
        with pytest.raises(Invalid):
            office.act(set_priority, entry(office, "bob"), wrong)
    with pytest.raises(Missing):
        office.act(set_priority, EntryId(999_999_999), 1)


def test_a_place_is_offered_by_hand_out_of_turn(office):
    dan = entry(office, "dan")
    with pytest.raises(Conflict) as full:
        office.act(offer_by_hand, dan)
    assert full.value.code == "event.full"
    assert office.held()["general"] == 1
    # A place that nobody was offered yet: as when the sweep has not come.
    office.db.call(_widen, office)
    office.act(offer_by_hand, dan)
    office.act(offer_by_hand, dan)
    assert waiting(office) == [("bob", "waiting"), ("cid", "waiting"), ("dan", "offered")]
    assert office.held()["event"] == 2
    office.call(leave_list, dan, actor="guest")
    assert waiting(office)[0] == ("bob", "offered")
    with pytest.raises(Conflict) as ended:
        office.act(offer_by_hand, dan)
    assert ended.value.code == "waiting.ended"


def _widen(tx, office: Office) -> None:
    tx.connection.execute(f"UPDATE events SET capacity = 2 WHERE id = {office.event_id}")


def test_nobody_is_offered_a_place_they_could_not_take(office):
    office.act(set_event_state, office.event_id, EventState.CLOSED)
    office.act(set_event_capacity, office.event_id, 5)
    with pytest.raises(Conflict) as closed:
        office.act(offer_by_hand, entry(office, "dan"))
    assert closed.value.code == "event.closed"
    office.act(set_ticket_capacity, office.general, 1)
    with pytest.raises(Conflict) as sold_out:
        office.act(offer_by_hand, entry(office, "dan"))
    assert sold_out.value.code == "tickets.sold_out_type"
    assert office.held()["event"] == 1


def test_a_closed_list_takes_nobody_and_keeps_its_people(office):
    office.act(set_closed, office.event_id, is_closed=True)
    assert office.call(is_closed, office.event_id)
    with pytest.raises(Conflict) as closed:
        office.call(join_list, office.event_id, office.general, contact("eve"))
    assert closed.value.code == "waiting.closed"
    again = office.call(join_list, office.event_id, office.general, contact("bob"))
    assert again.id == entry(office, "bob")
    office.act(cancel_registration, registration(office, "ann"))
    assert waiting(office)[0] == ("bob", "offered")
    office.act(set_closed, office.event_id, is_closed=False)
    office.call(join_list, office.event_id, office.general, contact("eve"))
    assert waiting(office)[-1] == ("eve", "waiting")


def test_everybody_on_the_list_is_written_to(office, monkeypatch):
    monkeypatch.setattr(steering, "SLICE", 2)
    office.call(leave_list, entry(office, "cid"), actor="guest")
    office.call(join_list, office.event_id, office.general, contact("eve"))
    mail = ("A second date", "Come in May.\nThere is room.")
    count, after = office.act(write_to_waiting, office.event_id, *mail)
    assert (count, after) == (2, entry(office, "dan"))
    rest = office.act(write_to_waiting, office.event_id, *mail, after=after)
    assert rest == (1, None)
    question = (
        "SELECT r.address FROM recipients r JOIN jobs j ON j.org_id = r.org_id AND j.id = r.job_id "
        f"WHERE r.org_id = {office.org_id} AND j.name = 'A second date' ORDER BY r.address"
    )
    told = office.db.call(lambda tx: [row[0][:3] for row in tx.connection.execute(question)])
    assert told == ["bob", "dan", "eve"]


@pytest.mark.parametrize(
    ("subject", "text"), [("", "x"), ("a\nb", "x"), ("x" * 201, "x"), ("x", " "), ("x", "\x00")]
)
def test_what_cannot_be_mailed_is_refused(office, subject, text):
    with pytest.raises(Invalid):
        office.act(write_to_waiting, office.event_id, subject, text)
    with pytest.raises(Missing):
        office.act(write_to_waiting, EventId(1), "fine", "fine")
