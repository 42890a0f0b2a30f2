"""Passing tickets on, and changing their type: no place is lost or won."""

import pytest

from tests.core.registrations.hall import Hall
from tests.support.builder import contact
from tests.support.node import START
from turnout.core.checkin.scans import Result, Scan, check_in
from turnout.core.events.programme import list_ticket_types
from turnout.core.people.model import Contact
from turnout.core.registrations.giving_back import cancel_registration
from turnout.core.registrations.joining import register_directly
from turnout.core.registrations.offers import join_list
from turnout.core.registrations.transferring import change_ticket_type, transfer_ticket
from turnout.errors import Conflict, Invalid, Missing


@pytest.fixture
def hall(node) -> Hall:
    """Two seats in the hall, a has one, b the other; two on the balcony, one is c's."""
    node.clock.now = START
    hall = Hall(node, None, (2, 2))
    for guest, type_ in (("a", 0), ("b", 0), ("c", 1)):
        hall.call(register_directly, hall.event_id, hall.type_ids[type_], contact(guest))
    return hall


def transfer(hall: Hall, code: str, guest: str) -> str:
    return hall.call(transfer_ticket, code, contact(guest), actor="test")


def change(hall: Hall, code: str, type_: int) -> None:
    hall.call(change_ticket_type, code, hall.type_ids[type_], actor="test")


def scan(hall: Hall, code: str) -> Result:
    answer = hall.call(check_in, hall.event_id, Scan(code=code, at=hall.node.clock()))
    return answer.result


def test_a_ticket_is_passed_on_with_its_place(hall):
    old = hall.code("a")
    new = transfer(hall, old, "d")
    assert hall.registered() == {"b": 0, "c": 1, "d": 0}
    assert new == hall.code("d") != old
    assert (scan(hall, old), scan(hall, new)) == (Result.CANCELLED, Result.ADMITTED)
    assert hall.places().types == [(2, 2), (1, 2)]


def test_who_waits_does_not_get_a_place_that_is_passed_on(hall):
    hall.call(join_list, hall.event_id, hall.type_ids[0], contact("e"))
    transfer(hall, hall.code("a"), "d")
    assert hall.queue() == [("e", "waiting")]


def test_somebody_who_had_cancelled_may_get_a_ticket(hall):
    hall.call(cancel_registration, hall.registration_id("b"), actor="test")
    transfer(hall, hall.code("a"), "b")
    assert hall.registered() == {"b": 0, "c": 1}
    assert hall.places().types == [(1, 2), (1, 2)]


def test_a_ticket_is_passed_on_once(hall):
    old = hall.code("a")
    transfer(hall, old, "d")
    with pytest.raises(Conflict, match="is cancelled"):
        transfer(hall, old, "e")


def test_a_ticket_becomes_one_of_another_type_and_keeps_its_code(hall):
    code = hall.code("a")
    hall.call(join_list, hall.event_id, hall.type_ids[0], contact("e"))
    change(hall, code, 1)
    change(hall, code, 1)
    assert (hall.registered(), hall.code("a")) == ({"a": 1, "b": 0, "c": 1}, code)
    # The seat in the hall went to the one who waits for it.
    assert hall.queue() == [("e", "offered")]
    assert hall.places().types == [(2, 2), (2, 2)]


def test_what_cannot_be_is_refused(hall):
    code = hall.code("a")
    with pytest.raises(Invalid, match="is not an e-mail address"):
        hall.call(transfer_ticket, code, Contact(email="nobody"), actor="test")
    with pytest.raises(Missing, match="There is no ticket NONE"):
        transfer(hall, "NONE", "d")
    with pytest.raises(Conflict, match=r"c@example\.com is registered for it already"):
        transfer(hall, code, "c")
    with pytest.raises(Conflict, match="No ticket of that type is left"):
        change(hall, hall.code("c"), 0)
    other = Hall(hall.node, None, (1, 1))
    foreign = hall.db.call(list_ticket_types, other.org_id, other.event_id)[0].id
    with pytest.raises(Invalid, match="The ticket type is not one of the event's"):
        hall.call(change_ticket_type, code, foreign, actor="test")
    assert hall.registered() == {"a": 0, "b": 0, "c": 1}


def test_a_used_ticket_stays_as_it_is(hall):
    code = hall.code("a")
    scan(hall, code)
    with pytest.raises(Conflict, match="is checked in already"):
        transfer(hall, code, "d")
    with pytest.raises(Conflict, match="is checked in already"):
        change(hall, code, 1)


def test_nothing_is_passed_on_after_the_event(hall):
    hall.node.clock.now = hall.event.ends_at
    with pytest.raises(Conflict, match="The event is over"):
        transfer(hall, hall.code("a"), "d")
