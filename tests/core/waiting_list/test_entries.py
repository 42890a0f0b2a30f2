"""The waiting list: promoted in order, with a deadline, and on to the next."""

import datetime
import zoneinfo

import pytest

from tests.core.registrations.doors import Doors
from tests.core.registrations.hall import Hall
from tests.core.registrations.invariants import find_faults
from tests.support.builder import contact
from tests.support.mails import list_mails
from tests.support.node import START
from tests.support.turns import move_on, tell_of_list
from turnout.core.erasure.uniting import unite_people
from turnout.core.events.describing import EventChange, change_event
from turnout.core.events.model import EventState
from turnout.core.events.ticket_types import TicketTypeChange, edit_ticket_type
from turnout.core.invitations.invitees import confirm
from turnout.core.people.merging import find_person
from turnout.core.people.model import Contact
from turnout.core.registrations import places
from turnout.core.registrations.event_states import Move, describe_event, move_event
from turnout.core.registrations.giving_back import cancel_registration
from turnout.core.registrations.joining import register_directly
from turnout.core.registrations.offers import join_list, leave_list, offer_by_hand, take_offer
from turnout.core.registrations.places import (
    change_ticket_type,
    set_event_capacity,
    set_event_state,
    set_ticket_capacity,
)
from turnout.core.registrations.transferring import transfer_ticket
from turnout.core.waiting_list.entries import (
    get_entry,
    get_position,
    list_entries,
    set_waiting_hours,
)
from turnout.errors import Conflict, Invalid, Missing

HOUR_S = 3600
START_OF_MAY = int(datetime.datetime(2027, 5, 1, tzinfo=datetime.UTC).timestamp() * 1000)
HOUR_MS = 3_600_000
HOLDING_BACK = {
    "locked": lambda is_held: TicketTypeChange(is_locked=is_held),
    "hidden": lambda is_held: TicketTypeChange(is_hidden=is_held),
}


@pytest.fixture(autouse=True)
def clock(node) -> None:
    """What one test does to the clock is nothing to the next."""
    node.clock.now = START


@pytest.fixture
def hall(node) -> Hall:
    """Two seats in the hall, taken by a and b; one on the balcony, taken by c; d and e wait for
    the hall, f for the balcony."""
    hall = Hall(node, None, (2, 1))
    for guest in "ab":
        register(hall, guest)
    register(hall, "c", 1)
    for guest in "de":
        join(hall, guest)
    join(hall, "f", 1)
    return hall


def register(hall: Hall, guest: str, type_: int = 0) -> None:
    hall.call(register_directly, hall.event_id, hall.type_ids[type_], contact(guest))


def join(hall: Hall, guest: str, type_: int = 0):
    return hall.call(join_list, hall.event_id, hall.type_ids[type_], contact(guest))


def cancel(hall: Hall, guest: str) -> None:
    hall.call(cancel_registration, hall.registration_id(guest), actor="test")


def take(hall: Hall, guest: str) -> None:
    hall.call(take_offer, hall.entry(guest), actor="test")


def leave(hall: Hall, guest: str) -> None:
    hall.call(leave_list, hall.entry(guest), actor="test")


def test_everybody_waits_in_order(hall):
    assert hall.queue() == [("d", "waiting"), ("e", "waiting"), ("f", "waiting")]
    entries = [hall.call(get_entry, hall.entry(guest)) for guest in "def"]
    assert [hall.call(get_position, entry) for entry in entries] == [1, 2, 3]


def test_joining_again_keeps_the_place(hall):
    assert join(hall, "d") == join(hall, "d")
    assert hall.queue() == [("d", "waiting"), ("e", "waiting"), ("f", "waiting")]


def test_a_cancelled_place_is_offered_to_the_first_until_a_deadline(hall):
    cancel(hall, "a")
    assert hall.queue() == [("d", "offered"), ("e", "waiting"), ("f", "waiting")]
    entry = hall.call(get_entry, hall.entry("d"))
    assert entry.deadline_at == hall.node.clock() + 48 * HOUR_MS
    # The place is held: it is neither free nor d's yet.
    assert hall.places().types == [(2, 2), (1, 1)]
    assert hall.registered() == {"b": 0, "c": 1}


def test_who_takes_the_offer_is_registered_with_a_ticket(hall):
    cancel(hall, "a")
    take(hall, "d")
    take(hall, "d")
    assert hall.registered() == {"b": 0, "c": 1, "d": 0}
    assert len(hall.code("d")) == 10
    assert hall.queue() == [("e", "waiting"), ("f", "waiting")]
    assert hall.places().types == [(2, 2), (1, 1)]


def test_an_offer_that_is_not_taken_in_time_goes_to_the_next(hall):
    cancel(hall, "a")
    hall.node.clock.advance(48 * HOUR_S)
    with pytest.raises(Conflict, match="The time to take the place is over"):
        take(hall, "d")
    assert hall.db.call(move_on) is False
    assert hall.queue(is_all=True) == [("d", "lapsed"), ("e", "offered"), ("f", "waiting")]
    with pytest.raises(Conflict, match="No place is held for you now"):
        take(hall, "d")


def test_leaving_gives_an_offered_place_to_the_next(hall):
    cancel(hall, "a")
    leave(hall, "d")
    leave(hall, "d")
    assert hall.queue(is_all=True) == [("d", "left"), ("e", "offered"), ("f", "waiting")]
    leave(hall, "e")
    assert hall.places().types == [(1, 2), (1, 1)]


def test_who_waits_for_a_type_that_is_sold_out_holds_nobody_up(hall):
    cancel(hall, "c")
    assert hall.queue() == [("d", "waiting"), ("e", "waiting"), ("f", "offered")]


@pytest.mark.parametrize("held_back", ["locked", "hidden"])
def test_who_waits_for_a_type_that_is_held_back_is_passed_over_but_by_hand(hall, held_back):
    def hold_back(is_held: bool) -> None:
        change = HOLDING_BACK[held_back](is_held)
        hall.call(edit_ticket_type, hall.event_id, hall.type_ids[0], change, actor="test")

    hold_back(True)
    cancel(hall, "a")
    cancel(hall, "c")
    hall.db.call(move_on)
    assert hall.queue() == [("d", "waiting"), ("e", "waiting"), ("f", "offered")]
    reasons = [entry.reason for entry in hall.call(list_entries, hall.event_id, limit=9)]
    assert reasons == [f"waiting.type_{held_back}"] * 2 + [""]
    hall.call(offer_by_hand, hall.entry("e"), actor="test")
    take(hall, "e")
    assert hall.tickets()["e"] == [0]
    hold_back(False)
    cancel(hall, "b")
    hall.db.call(move_on)
    assert hall.queue() == [("d", "offered"), ("f", "offered")]


def test_more_places_are_offered_at_once(hall):
    hall.call(set_ticket_capacity, hall.type_ids[0], 3, actor="test")
    assert hall.queue() == [("d", "offered"), ("e", "waiting"), ("f", "waiting")]
    hall.call(set_ticket_capacity, hall.type_ids[0], None, actor="test")
    assert hall.queue() == [("d", "offered"), ("e", "offered"), ("f", "waiting")]


def test_the_whole_event_may_be_what_is_full(node):
    hall = Hall(node, 1, (None, None))
    register(hall, "a")
    join(hall, "b", 1)
    join(hall, "c", 0)
    cancel(hall, "a")
    assert hall.queue() == [("b", "offered"), ("c", "waiting")]
    hall.call(set_event_capacity, hall.event_id, 2, actor="test")
    assert hall.queue() == [("b", "offered"), ("c", "offered")]


def test_an_offer_never_lasts_beyond_the_start(hall):
    hall.node.clock.now = hall.event.starts_at - HOUR_MS
    cancel(hall, "a")
    assert hall.call(get_entry, hall.entry("d")).deadline_at == hall.event.starts_at
    hall.node.clock.now = hall.event.starts_at + HOUR_MS
    cancel(hall, "b")
    assert hall.call(get_entry, hall.entry("e")).deadline_at == hall.event.ends_at


def test_the_hours_of_an_offer_are_the_events(hall):
    hall.call(set_waiting_hours, hall.event_id, 2, actor="test")
    cancel(hall, "a")
    deadline = hall.call(get_entry, hall.entry("d")).deadline_at
    assert deadline == hall.node.clock() + 2 * HOUR_MS
    for hours in (0, 24 * 90 + 1):
        with pytest.raises(Invalid):
            hall.call(set_waiting_hours, hall.event_id, hours, actor="test")


@pytest.mark.parametrize("state", [EventState.DRAFT, EventState.CLOSED])
def test_nobody_is_promoted_for_an_event_that_takes_nobody(hall, state):
    hall.call(set_event_state, hall.event_id, state, actor="test")
    cancel(hall, "a")
    hall.db.call(move_on)
    assert hall.queue() == [("d", "waiting"), ("e", "waiting"), ("f", "waiting")]


def test_the_list_ends_when_the_event_is_over(hall):
    hall.node.clock.now = hall.event.ends_at
    cancel(hall, "a")
    hall.db.call(move_on)
    assert reasons(hall) == dict.fromkeys("def", ("lapsed", "event.over"))
    with pytest.raises(Conflict, match="The event is over"):
        join(hall, "a")


def reasons(hall: Hall) -> dict[str, tuple[str, str]]:
    """How everybody who ever was on the list stands, and why."""
    found = hall.call(list_entries, hall.event_id, is_all=True, limit=1000)
    return {entry.email[0]: (entry.state.value, entry.reason) for entry in found}


def test_a_cancelled_event_ends_its_offers_and_its_list(hall):
    cancel(hall, "a")
    hall.call(set_event_state, hall.event_id, EventState.CANCELLED, actor="test")
    assert reasons(hall) == dict.fromkeys("def", ("lapsed", "event.cancelled"))
    assert hall.places() == ((2, None), [(1, 2), (1, 1)])
    with pytest.raises(Conflict, match="The event is cancelled"):
        take(hall, "d")
    assert hall.db.call(find_faults) == {}
    # As registrations are valid again when it is revived, so are the places on the list.
    hall.call(set_event_state, hall.event_id, EventState.OPEN, actor="test")
    assert reasons(hall) == {"d": ("offered", ""), "e": ("waiting", ""), "f": ("waiting", "")}
    take(hall, "d")
    assert hall.db.call(find_faults) == {}


def test_who_left_before_an_event_was_cancelled_stays_away_when_it_is_revived(hall):
    leave(hall, "d")
    hall.call(set_event_state, hall.event_id, EventState.CANCELLED, actor="test")
    hall.call(set_event_state, hall.event_id, EventState.CLOSED, actor="test")
    assert reasons(hall) == {"d": ("left", ""), "e": ("waiting", ""), "f": ("waiting", "")}


def test_people_who_were_merged_meanwhile_wait_once_when_an_event_is_revived(hall):
    hall.call(set_event_state, hall.event_id, EventState.CANCELLED, actor="test")
    kept, other = (hall.call(find_person, contact(guest).email).id for guest in "de")
    hall.call(unite_people, kept, other, actor="test")
    hall.call(set_event_state, hall.event_id, EventState.OPEN, actor="test")
    assert hall.queue() == [("d", "waiting"), ("f", "waiting")]


@pytest.mark.parametrize("move", [Move.CLOSE, None])
def test_a_closed_event_takes_its_offers_back_and_tells_why(hall, move):
    cancel(hall, "a")
    told(hall)
    if move:
        assert hall.call(move_event, hall.event_id, move, actor="test") == 1
    else:
        hall.call(set_event_state, hall.event_id, EventState.CLOSED, actor="test")
    assert reasons(hall) == {
        "d": ("waiting", "event.closed"),
        "e": ("waiting", ""),
        "f": ("waiting", ""),
    }
    assert hall.call(get_entry, hall.entry("d")).deadline_at is None
    assert hall.places() == ((2, None), [(1, 2), (1, 1)])
    assert told(hall) == [("d@example.com", "The place is not held any more: Dinner")]
    assert told(hall) == []
    # It is the first again when the event opens, and is told of the new offer.
    hall.call(move_event, hall.event_id, Move.REOPEN, actor="test")
    assert reasons(hall)["d"] == ("offered", "")
    assert told(hall) == [("d@example.com", "A place is free: Dinner")]
    assert hall.db.call(find_faults) == {}


def test_a_quiet_close_tells_nobody(hall):
    cancel(hall, "a")
    told(hall)
    hall.call(set_event_state, hall.event_id, EventState.CLOSED, is_quiet=True, actor="test")
    assert reasons(hall)["d"] == ("waiting", "event.closed")
    assert told(hall) == []


def test_an_offer_ends_with_the_registration_and_is_taken_back_by_an_earlier_end(hall):
    ends = EventChange(registration_ends="2027-05-30T12:00")
    hall.call(change_event, hall.event_id, ends, actor="test")
    hall.node.clock.now = START_OF_MAY
    hall.call(set_waiting_hours, hall.event_id, 24 * 60, actor="test")
    cancel(hall, "a")
    end = hall.call(find_registration_end)
    assert hall.call(get_entry, hall.entry("d")).deadline_at == end
    # The end moves to before now: nobody changed the state, so the sweep takes the offer back.
    ends = EventChange(registration_ends="2027-04-30T12:00")
    hall.call(change_event, hall.event_id, ends, actor="test")
    with pytest.raises(Conflict, match="The event is closed for registration"):
        take(hall, "d")
    hall.db.call(move_on)
    assert reasons(hall)["d"] == ("waiting", "event.closed")
    assert hall.db.call(find_faults) == {}


def find_registration_end(tx, org_id):
    question = f"SELECT registration_ends_at FROM events WHERE org_id = {org_id}"
    return tx.connection.execute(question).fetchone()[0]


def test_what_an_older_server_left_of_a_cancelled_event_is_swept(hall):
    cancel(hall, "a")
    hall.node.execute(f"UPDATE events SET state = 'cancelled' WHERE id = {hall.event_id}")
    hall.db.call(move_on)
    assert reasons(hall) == dict.fromkeys("def", ("lapsed", "event.cancelled"))
    assert hall.places() == ((2, None), [(1, 2), (1, 1)])


def told(hall: Hall) -> list[tuple[str, str]]:
    """Who is newly written to, and the subject."""
    known = set(hall.call(list_mails))
    while hall.db.call(tell_of_list, "http://turnout.test"):
        pass
    return sorted((row[1], row[2]) for row in hall.call(list_mails) if row not in known)


def test_who_registers_otherwise_may_take_the_held_place_too(hall):
    cancel(hall, "a")
    hall.call(set_ticket_capacity, hall.type_ids[1], 2, actor="test")
    assert hall.queue() == [("d", "offered"), ("e", "waiting"), ("f", "offered")]
    hall.call(set_ticket_capacity, hall.type_ids[1], 3, actor="test")
    register(hall, "d", 1)
    take(hall, "d")
    assert hall.queue(is_all=True) == [("d", "taken"), ("e", "waiting"), ("f", "offered")]
    assert hall.tickets() == {"b": [0], "c": [1], "d": [1, 0]}
    assert hall.places() == ((4, None), [(2, 2), (3, 3)])


def test_who_has_what_they_are_offered_leaves_it_to_the_next(hall):
    cancel(hall, "a")
    hall.call(transfer_ticket, hall.code("b"), contact("d"), actor="test")
    take(hall, "d")
    assert hall.queue(is_all=True) == [("d", "taken"), ("e", "offered"), ("f", "waiting")]
    assert hall.tickets() == {"c": [1], "d": [0]}


def test_an_offered_place_is_theirs_at_the_page_and_at_an_invitation(hall):
    cancel(hall, "a")
    register(hall, "d")
    cancel(hall, "b")
    hall.call(confirm, hall.invitees[0]["e"], actor="test")
    assert hall.queue(is_all=True) == [("d", "taken"), ("e", "taken"), ("f", "waiting")]
    assert hall.tickets() == {"c": [1], "d": [0], "e": [0]}
    assert hall.places() == ((3, None), [(2, 2), (1, 1)])


@pytest.mark.parametrize("state", [EventState.CLOSED, EventState.DRAFT])
def test_no_offer_is_made_or_taken_while_the_event_takes_nobody(hall, state):
    cancel(hall, "a")
    hall.call(set_event_state, hall.event_id, state, actor="test")
    with pytest.raises(Conflict) as refusal:
        take(hall, "d")
    assert refusal.value.code == f"event.{state}"
    cancel(hall, "b")
    hall.db.call(move_on)
    assert hall.queue() == [("d", "waiting"), ("e", "waiting"), ("f", "waiting")]
    # What is free goes to the list at the moment in which it opens.
    hall.call(set_event_state, hall.event_id, EventState.OPEN, actor="test")
    assert hall.queue() == [("d", "offered"), ("e", "offered"), ("f", "waiting")]


def test_nobody_joins_while_there_are_places_or_with_a_place_of_their_own(hall):
    with pytest.raises(Conflict, match="You are registered for this event already"):
        join(hall, "a")
    hall.call(set_ticket_capacity, hall.type_ids[0], 5, actor="test")
    with pytest.raises(Conflict, match="There are places: register instead"):
        hall.call(join_list, hall.event_id, hall.type_ids[0], contact("z"))


def test_who_comes_while_others_wait_for_free_places_joins_behind_them(hall):
    sell(hall, sale_starts=local_in(hall, 2))
    cancel(hall, "a")
    join(hall, "g")
    waiting = ["d", "e", "f", "g"]
    assert hall.queue() == [(guest, "waiting") for guest in waiting]


def test_staff_put_people_on_the_list_of_a_locked_type(hall):
    sell(hall, is_locked=True)
    whose = (hall.event_id, hall.type_ids[0])
    with pytest.raises(Invalid, match="Choose one of the event's ticket types"):
        hall.call(join_list, *whose, contact("g"))
    hall.call(join_list, *whose, contact("g"), is_staff=True)
    assert hall.queue()[-1] == ("g", "waiting")


def test_staff_are_told_who_is_registered_already(hall):
    whose = (hall.event_id, hall.type_ids[0])
    with pytest.raises(Conflict, match=r"^a@example\.com is registered for this event already"):
        hall.call(join_list, *whose, contact("a"), is_staff=True)


def test_what_cannot_be_is_refused(hall):
    with pytest.raises(Invalid, match="is not an e-mail address"):
        hall.call(join_list, hall.event_id, hall.type_ids[0], Contact(email="x"))
    with pytest.raises(Invalid, match="Choose one of the event's ticket types"):
        hall.call(join_list, hall.event_id, 0, contact("z"))
    with pytest.raises(Missing, match="There is no entry 0 on the waiting list"):
        hall.call(get_entry, 0)
    with pytest.raises(Conflict, match="No place is held for you now"):
        take(hall, "d")


def test_lists_name_people_and_their_deadline(hall):
    cancel(hall, "a")
    first, *_ = hall.call(list_entries, hall.event_id, limit=10)
    assert first._replace(id=0, created_at=0) == (
        0,
        "Hall",
        "d@example.com",
        "D",
        "Guest",
        "offered",
        hall.node.clock() + 48 * HOUR_MS,
        0,
        0,
        "",
    )


# -- ticket types that are not sold now ----------------------------------------------------


def local_in(hall: Hall, hours: int) -> str:
    at = datetime.datetime.fromtimestamp(hall.node.clock() / 1000 + hours * HOUR_S, datetime.UTC)
    return at.astimezone(zoneinfo.ZoneInfo(hall.event.timezone)).isoformat()[:16]


def sell(hall: Hall, **fields) -> None:
    """Change the type of the hall, as the command does."""
    change = TicketTypeChange(**fields)
    hall.call(change_ticket_type, hall.event_id, hall.type_ids[0], change, actor="test")


@pytest.mark.parametrize(
    ("window", "held_back"),
    [({"sale_starts": 2}, "not_yet"), ({"sale_starts": -3, "sale_ends": -1}, "sale_over")],
)
def test_who_waits_for_a_type_that_is_not_on_sale_is_offered_a_place_by_hand(
    hall, window, held_back
):
    sell(hall, **{name: local_in(hall, hours) for name, hours in window.items()})
    cancel(hall, "a")
    cancel(hall, "c")
    hall.db.call(move_on)
    assert hall.queue() == [("d", "waiting"), ("e", "waiting"), ("f", "offered")]
    reasons = [entry.reason for entry in hall.call(list_entries, hall.event_id, limit=9)]
    assert reasons == [f"waiting.type_{held_back}"] * 2 + [""]
    hall.call(offer_by_hand, hall.entry("e"), actor="test")
    take(hall, "e")
    assert hall.tickets()["e"] == [0]


def test_when_a_sale_starts_the_worker_offers_what_is_free(hall):
    sell(hall, sale_starts=local_in(hall, 2))
    cancel(hall, "a")
    hall.node.clock.advance(2 * HOUR_S - 1)
    hall.db.call(move_on)
    assert ("d", "waiting") in hall.queue()
    hall.node.clock.advance(1)
    hall.db.call(move_on)
    assert ("d", "offered") in hall.queue()


@pytest.mark.parametrize(
    ("held", "let_go"),
    [
        ({"is_locked": True}, {"is_locked": False}),
        ({"is_hidden": True}, {"is_hidden": False}),
        ({"sale_starts": 2}, {"sale_starts": 0}),
        ({"sale_ends": -1}, {"sale_ends": 1}),
        ({"sale_ends": -1}, {"sale_ends": None}),
    ],
)
def test_a_type_that_is_sold_again_goes_to_those_who_wait_at_once(hall, held, let_go):
    def fields(values: dict) -> dict:
        if next(iter(values)).startswith("is_"):
            return values
        return {name: "" if at is None else local_in(hall, at) for name, at in values.items()}

    sell(hall, **fields(held))
    cancel(hall, "a")
    assert hall.queue() == [("d", "waiting"), ("e", "waiting"), ("f", "waiting")]
    sell(hall, **fields(let_go))
    assert hall.queue() == [("d", "offered"), ("e", "waiting"), ("f", "waiting")]


def test_registration_that_goes_on_gives_what_is_free_to_those_who_wait(hall):
    def end(hours: int) -> None:
        change = EventChange(registration_ends=local_in(hall, hours))
        hall.call(describe_event, hall.event_id, change, actor="test")

    end(-1)
    cancel(hall, "a")
    assert ("d", "waiting") in hall.queue()
    end(1)
    assert ("d", "offered") in hall.queue()


# -- places that time sets free: anyone who asks first is behind those who wait -----------------


@pytest.fixture
def sale(node) -> Doors:
    """One balcony ticket is free, whose sale begins in an hour; a guest waits for it."""
    doors = Doors(node, None, [None, None, 1], [None, None])
    node.clock.now = START
    assert doors.page("b", 2) == ""
    assert doors.join("a", 2) == ""
    begins = START + HOUR_S * 1000
    doors.set_sale(2, is_locked=False, is_hidden=False, starts=begins, ends=None)
    assert doors.cancel("b") == ""
    assert doors.line() == [("a", "waiting")]
    node.clock.advance(HOUR_S)
    return doors


BEHIND = {
    "the page": (lambda doors: doors.page("c", 2), "full"),
    "an invitation": (lambda doors: doors.confirm("c", 2), "full"),
    "another type": (lambda doors: doors.page("c", 1), ""),
    "the registration API": (lambda doors: doors.queue("c", [0]), [""]),
    "staff who change a type": (
        lambda doors: (doors.page("c", 1), doors.change_type(next(iter(doors.tickets()["c"])), 2)),
        ("", "full"),
    ),
}


@pytest.mark.parametrize("door", BEHIND)
def test_when_a_sale_begins_who_waits_comes_before_others(sale, door):
    ask, ended = BEHIND[door]
    assert ask(sale) == ended
    # A refusal takes back what was done on its way; the next one begins again.
    assert sale.line() == [("a", "waiting" if ended == "full" else "offered")]
    assert all(2 not in own.values() for own in sale.tickets().values())
    sale.sweep()
    assert sale.line() == [("a", "offered")]
    assert sale.take("a") == ""


def test_more_places_than_are_offered_at_once_go_to_those_who_wait_too(node, monkeypatch):
    monkeypatch.setattr(places, "SLICE", 2)
    doors = Doors(node, 0, [None] * 3, [None, None])
    for guest in "abcd":
        assert doors.join(guest, 0) == ""
    doors.set_capacity(4)
    assert [state for _, state in doors.line()] == ["offered"] * 2 + ["waiting"] * 2
    assert doors.queue("e", [0]) == ["full"]
    assert doors.page("e", 0) == "full"
    doors.sweep()
    assert doors.line() == [(guest, "offered") for guest in "abcd"]
