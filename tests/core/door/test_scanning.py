"""What phones at the door are told, and what they may do about it."""

import pytest

from tests.support.builder import WHEN
from tests.support.failures import refuses
from turnout.catalogue.histories import tell
from turnout.core.checkin.gates import Moment
from turnout.core.door.arrivals import list_walk_in_types, walk_in
from turnout.core.door.counting import count_door
from turnout.core.door.decisions import Verdict
from turnout.core.door.model import DoorRole
from turnout.core.door.scanning import (
    check_out,
    let_in,
    list_let_in,
    scan_ticket,
)
from turnout.core.door.snapshots import take_snapshot
from turnout.core.door.undoing import UNDO_MS, undo_scan
from turnout.core.events.model import EventState
from turnout.core.events.programme import create_event, create_ticket_type
from turnout.core.identity.users import create_user
from turnout.core.ids import TicketId, TicketTypeId
from turnout.core.people.model import Contact
from turnout.core.registrations.changing import add_by_staff
from turnout.core.registrations.giving_back import cancel_registration
from turnout.core.registrations.places import set_event_state
from turnout.core.tickets.signing import ensure_ticket_key, sign_ticket
from turnout.core.timeline.reading import read_timeline
from turnout.errors import Conflict, Denied, Invalid

ANN, BOB = "ann@example.com", "bob@example.com"
MINUTE_MS = 60_000


def test_the_first_scan_admits_and_the_second_is_told_who_was_first(desk, hall):
    (code,) = hall.guests(ANN, first_name="Ann", last_name="Lee", company="Rail")
    north = hall.gate("North")
    one, two = hall.device("Door 1", gate=north), hall.device("Door 2")
    first = hall.scan(one, code)
    assert (first.verdict, first.name, first.company) == (Verdict.ADMITTED, "Ann Lee", "Rail")
    assert first.first_at == hall.now
    at = hall.now
    desk.node.clock.now += MINUTE_MS
    again = hall.scan(two, code)
    assert again.verdict is Verdict.AGAIN
    assert (again.first_at, again.first_gate, again.first_device) == (at, "North", "Door 1")


def test_a_scan_is_answered_alike_when_it_is_sent_again(hall):
    (code,) = hall.guests(ANN)
    one = hall.device("Door 1")
    assert hall.scan(one, code, nonce="nonce-once").verdict is Verdict.ADMITTED
    assert hall.scan(one, code, nonce="nonce-once").verdict is Verdict.ADMITTED
    assert hall.scan(hall.device("Door 2"), code, nonce="nonce-once").verdict is Verdict.AGAIN
    assert hall.desk.count("scans") == 2


def test_the_wrong_gate_is_told_the_way(desk, hall):
    (code,) = hall.guests(ANN)
    where = (desk.org_id, desk.event.id)
    dinner = desk.db.call(create_ticket_type, *where, "Dinner", actor="t").id
    south = hall.gate("South", [dinner])
    hall.gate("North", sessions=[session.id for session in desk.account.sessions])
    hall.go_to_the_day()
    told = hall.scan(hall.device("Door 1", gate=south), code)
    assert (told.verdict, told.go_to) == (Verdict.ELSEWHERE, ["North"])
    assert told.go_on == []


def test_the_wrong_day_is_told_when(desk, hall):
    hall.go_to_the_day()
    desk.node.clock.now -= 48 * 60 * MINUTE_MS
    (code,) = hall.guests(ANN)
    where = (desk.org_id, desk.event.id)
    first = desk.account.sessions[0]
    day = Moment(first.starts_at, desk.event.timezone).day
    north = hall.device("Door 1", gate=hall.gate("North", sessions=[first.id]))
    early = hall.scan(north, code)
    assert (early.verdict, early.go_to, early.go_on) == (Verdict.OTHER_DAY, ["North"], [day])
    hall.go_to_the_day()
    assert hall.scan(north, code).verdict is Verdict.ADMITTED
    default = desk.ask(f"SELECT ticket_type_id FROM tickets WHERE code = '{code}'")
    with pytest.raises(Invalid):
        hall.gate("Never", default, day="2001-01-01")
    hall.gate("West", default, day=day)
    dinner = desk.db.call(create_ticket_type, *where, "Dinner", actor="t").id
    south = hall.device("Door 2", gate=hall.gate("South", [dinner]))
    assert hall.scan(south, code).go_to == ["North", "West"]
    desk.node.clock.now -= 48 * 60 * MINUTE_MS
    told = hall.scan(south, code)
    assert (told.verdict, told.go_on) == (Verdict.OTHER_DAY, [day])
    west = hall.device("Door 3", DoorRole.SUPERVISOR, hall.gate("Late", default, day=day))
    assert hall.scan(west, code).verdict is Verdict.OTHER_DAY
    assert desk.db.call(let_in, *west, hall.shown(code), "Early").verdict is Verdict.ADMITTED


def test_what_is_no_ticket_of_the_event_is_told_apart(desk, hall):
    (code,) = hall.guests(ANN)
    device = hall.device("Door 1")
    key = desk.db.call(ensure_ticket_key, desk.org_id)
    good = sign_ticket(key, desk.event.id, code, TicketTypeId(1))
    forged = good[:-3] + ("AAA" if not good.endswith("AAA") else "BBB")
    other = desk.db.call(create_event, desk.org_id, "Gala", WHEN, actor="t")
    there = desk.db.call(_register, desk.org_id, other.id)
    assert hall.scan(device, "https://menu.example/").verdict is Verdict.UNKNOWN
    assert hall.scan(device, forged).verdict is Verdict.FORGED
    told = hall.scan(device, there)
    assert (told.verdict, told.event) == (Verdict.OTHER_EVENT, "Gala")
    assert hall.scan(device, good).verdict is Verdict.ADMITTED


def _register(tx, org_id, event_id):
    made = add_by_staff(tx, org_id, event_id, Contact(email="eve@example.com"), actor="t")
    return made.ticket.code


def test_a_cancelled_ticket_stays_one(desk, hall):
    (code,) = hall.guests(ANN)
    number = desk.get(ANN).registration.id
    desk.db.call(cancel_registration, desk.org_id, number, actor="t")
    chief = hall.device("Desk", DoorRole.SUPERVISOR)
    assert hall.scan(chief, code).verdict is Verdict.CANCELLED
    told = desk.db.call(let_in, *chief, hall.shown(code), "Knows me")
    assert told.verdict is Verdict.CANCELLED
    assert desk.count("door_notes") == 0


def test_a_supervisor_lets_in_anyway_and_says_why(desk, hall):
    (code,) = hall.guests(ANN)
    where = (desk.org_id, desk.event.id)
    dinner = desk.db.call(create_ticket_type, *where, "Dinner", actor="t").id
    gate = hall.gate("South", [dinner])
    chief = hall.device("Desk", DoorRole.SUPERVISOR, gate)
    shown = hall.shown(code)
    assert desk.db.call(let_in, *chief, shown, "  A speaker ").verdict is Verdict.ADMITTED
    assert desk.db.call(let_in, *chief, shown, "A speaker").verdict is Verdict.ADMITTED
    (kept,) = desk.db.call(list_let_in, desk.org_id, desk.event.id, 9)
    assert (kept.reason, kept.gate, kept.is_taken_back) == ("A speaker", "South", 0)
    with pytest.raises(Invalid):
        desk.db.call(let_in, *chief, hall.shown(code), " ")
    with pytest.raises(Denied):
        desk.db.call(let_in, *hall.device("Door 1"), hall.shown(code), "Why not")


def test_a_check_in_is_taken_back_within_two_minutes_by_whose_it_is(desk, hall):
    (code,) = hall.guests(ANN)
    one, two = hall.device("Door 1"), hall.device("Door 2")
    with pytest.raises(Conflict, match="not checked in"):
        desk.db.call(undo_scan, *one, hall.shown(code))
    hall.scan(one, code)
    chief = hall.device("Desk", DoorRole.SUPERVISOR)
    for other in (two, chief):
        with refuses(Conflict, "door.undo_other"):
            desk.db.call(undo_scan, *other, hall.shown(code))
    assert desk.db.call(undo_scan, *one, hall.shown(code)).first_at is None
    desk.db.call(undo_scan, *two, hall.shown(code))
    assert hall.scan(two, code).verdict is Verdict.ADMITTED
    desk.node.clock.now += UNDO_MS + 1
    with pytest.raises(Conflict):
        desk.db.call(undo_scan, *two, hall.shown(code))
    with pytest.raises(Conflict):
        desk.db.call(undo_scan, *two, hall.shown("NOTHING"))


def test_an_undo_takes_back_nothing_of_another_phone(desk, hall):
    (code,) = hall.guests(ANN)
    one, chief = hall.device("Door 1"), hall.device("Desk", DoorRole.SUPERVISOR)
    hall.scan(one, code)
    at = hall.now
    desk.node.clock.now += 10 * MINUTE_MS
    assert hall.scan(chief, code).verdict is Verdict.AGAIN
    assert desk.db.call(let_in, *chief, hall.shown(code), "Her twin").verdict is Verdict.ADMITTED
    undo = hall.shown(code)
    for _ in range(2):
        undone = desk.db.call(undo_scan, *chief, undo)
        assert (undone.first_at, undone.first_device) == (at, "Door 1")
    assert desk.ask(f"SELECT checked_in_at FROM tickets WHERE code = '{code}'") == [at]
    (kept,) = desk.db.call(list_let_in, desk.org_id, desk.event.id, 9)
    assert (kept.reason, kept.device, kept.is_taken_back) == ("Her twin", "Desk", 1)
    # Her own scan, which lost, is all that is left to take back.
    assert desk.db.call(undo_scan, *chief, hall.shown(code)).first_device == "Door 1"
    with refuses(Conflict, "door.undo_late"):
        desk.db.call(undo_scan, *one, hall.shown(code))


def test_who_cancelled_a_ticket_is_said(desk, hall):
    codes = hall.guests(ANN, "bob@example.com", "cy@example.com")
    device = hall.device("Door 1")
    mailed = {"name": "Anna Lee", "email": "anna@example.com"}
    user = desk.db.call(create_user, desk.org_id, "anna", **mailed, actor="t")
    actors = ("guest", f"user:{user.id}", "credential:1")
    for email, actor in zip((ANN, "bob@example.com", "cy@example.com"), actors, strict=True):
        number = desk.get(email).registration.id
        desk.db.call(cancel_registration, desk.org_id, number, actor=actor)
    said = [hall.scan(device, code) for code in codes]
    assert [(one.verdict, one.cancelled_at) for one in said] == [("cancelled", hall.now)] * 3
    expected = [("guest", ""), ("staff", "Anna Lee"), ("program", "")]
    assert [(one.cancelled_by, one.cancelled_name) for one in said] == expected
    whole = desk.db.call(take_snapshot, *device).tickets
    kept = [(one[8].cancelled_by, one[8].cancelled_name) for one in whole if len(one) > 8]
    assert kept == expected
    desk.db.call(set_event_state, desk.org_id, desk.event.id, EventState.CANCELLED, actor="cli:op")
    answer = hall.scan(device, codes[0])
    assert (answer.cancelled_by, answer.cancelled_name) == ("staff", "")


def test_reasons_and_passages_are_in_the_story(desk, hall):
    (code,) = hall.guests(ANN)
    gate = hall.gate("Terrace", has_exit=True)
    one = hall.device("Front")
    chief = hall.device("Desk", DoorRole.SUPERVISOR, gate)
    steps = [
        lambda: hall.scan(one, code),
        lambda: desk.db.call(check_out, *chief, hall.shown(code)),
        lambda: hall.scan(chief, code),
        lambda: desk.db.call(let_in, *chief, hall.shown(code), "Her twin"),
        lambda: desk.db.call(undo_scan, *chief, hall.shown(code)),
    ]
    for step in steps:
        desk.node.clock.now += 1_000
        step()
    number = desk.get(ANN).registration.id
    story = [one for one in desk.db.call(read_timeline, desk.org_id, number) if one.world == "door"]
    assert [(tell(one.what), one.who) for one in story] == [
        (f"Came in with ticket {code}", "device:Front"),
        (f"Went out with ticket {code}, at Terrace", "device:Desk"),
        (f"Came back with ticket {code}, at Terrace", "device:Desk"),
        (f"Let in anyway with ticket {code}: \u201cHer twin\u201d, at Terrace", "device:Desk"),
        (f"A scan of ticket {code} was taken back; the check-in stayed, at Terrace", "device:Desk"),
    ]


def test_letting_in_anyway_is_taken_back_before_an_own_check_in(desk, hall):
    (code,) = hall.guests(ANN)
    where = (desk.org_id, desk.event.id)
    dinner = desk.db.call(create_ticket_type, *where, "Dinner", actor="t").id
    gate = hall.gate("South", [dinner], has_exit=True)
    chief = hall.device("Desk", DoorRole.SUPERVISOR, gate)
    desk.db.call(let_in, *chief, hall.shown(code), "A speaker")
    desk.db.call(check_out, *chief, hall.shown(code))
    desk.db.call(let_in, *chief, hall.shown(code), "Her twin")
    assert desk.db.call(undo_scan, *chief, hall.shown(code)).first_device == "Desk"
    # She is outside, as before.
    assert hall.scan(chief, code).verdict is Verdict.RETURNED
    # What was done last is taken back first: that she came back, and that she went out.
    for is_outside in (True, False):
        undone = desk.db.call(undo_scan, *chief, hall.shown(code))
        assert (undone.first_device, undone.is_outside) == ("Desk", is_outside)
    assert desk.db.call(undo_scan, *chief, hall.shown(code)).first_at is None
    assert desk.ask(f"SELECT checked_in_at FROM tickets WHERE code = '{code}'") == [None]
    assert hall.scan(chief, code).verdict is Verdict.ELSEWHERE


def test_who_goes_out_at_an_exit_comes_back(desk, hall):
    (code,) = hall.guests(ANN)
    out = hall.device("Terrace", gate=hall.gate("Terrace", has_exit=True))
    front = hall.device("Front", gate=hall.gate("Front"))
    with pytest.raises(Conflict) as refused:
        desk.db.call(check_out, *out, hall.shown(code))
    assert refused.value.code == "door.not_in"
    hall.scan(front, code)
    with pytest.raises(Conflict):
        desk.db.call(check_out, *front, hall.shown(code))
    left, again = hall.shown(code), hall.shown(code, at=hall.now + 1)
    for _ in range(2):
        answer = desk.db.call(check_out, *out, left)
        assert (answer.verdict, answer.is_outside) == (Verdict.LEFT, False)
    for _ in range(2):
        answer = desk.db.call(check_out, *out, again)
        assert (answer.verdict, answer.is_outside, answer.left_at) == (Verdict.LEFT, True, left.at)
        assert (answer.left_gate, answer.left_device) == ("Terrace", "Terrace")
    assert hall.scan(front, code).verdict is Verdict.AGAIN
    assert hall.scan(out, code, nonce="nonce-back").verdict is Verdict.RETURNED
    assert hall.scan(out, code, nonce="nonce-back").verdict is Verdict.RETURNED
    assert hall.scan(out, code).verdict is Verdict.AGAIN


def test_companions_are_told_and_let_in_by_their_number(desk, hall):
    (code,) = hall.guests(ANN, first_name="Ann")
    where = (desk.org_id, desk.event.id)
    child = desk.db.call(create_ticket_type, *where, "Child", actor="t").id
    ann = Contact(email=ANN, first_name="Ann")
    desk.db.call(add_by_staff, *where, ann, ticket_type_id=child, actor="t")
    device = hall.device("Door 1")
    told = hall.scan(device, desk.ask(_codes(desk, child))[0])
    ((companion,), code) = told.companions, code
    assert (companion.name, companion.checked_in_at) == ("Ann", None)
    assert hall.scan(device, "", ticket=companion.ticket).verdict is Verdict.ADMITTED
    assert hall.scan(device, "", ticket=TicketId(5)).verdict is Verdict.UNKNOWN
    assert hall.scan(device, code).verdict is Verdict.AGAIN


def _codes(desk, type_id):
    return f"SELECT code FROM tickets WHERE org_id = {desk.org_id} AND ticket_type_id = {type_id}"


def test_a_walk_in_is_registered_within_the_capacity(desk, hall):
    hall.guests(ANN, first_name="Ann")
    chief = hall.device("Desk", DoorRole.SUPERVISOR)
    eve = Contact(email="eve@example.com", first_name="Eve")
    told = desk.db.call(walk_in, *chief, eve, None)
    assert (told.verdict, told.name) == (Verdict.ADMITTED, "Eve")
    known = Contact(email=ANN, first_name="Mallory")
    assert desk.db.call(walk_in, *chief, known, None).name == "Ann"
    where = (desk.org_id, desk.event.id)
    full = desk.db.call(create_ticket_type, *where, "Full", capacity=0, actor="t").id
    with pytest.raises(Conflict):
        desk.db.call(walk_in, *chief, Contact(email="kim@example.com"), full)
    with pytest.raises(Denied):
        desk.db.call(walk_in, *hall.device("Door 1"), eve, None)


def test_a_walk_in_without_an_address_is_somebody_new_each_time(desk, hall):
    chief = hall.device("Desk", DoorRole.SUPERVISOR)
    lee = Contact(email="", first_name="Lee")
    told = desk.db.call(walk_in, *chief, lee, None, "nonce-walk-1")
    assert (told.verdict, told.name) == (Verdict.ADMITTED, "Lee")
    assert desk.db.call(walk_in, *chief, lee, None, "nonce-walk-1") == told
    other = desk.db.call(walk_in, *chief, lee, None, "nonce-walk-2")
    assert other.ticket != told.ticket
    with pytest.raises(Invalid):
        desk.db.call(walk_in, *chief, Contact(email=" "), None)


def test_a_walk_in_tells_no_name_of_another_event(desk, hall):
    other = desk.db.call(create_event, desk.org_id, "Gala", WHEN, actor="t")
    kim = Contact(email="kim@example.com", first_name="Kim", last_name="Secret", company="Spy")
    desk.db.call(add_by_staff, desk.org_id, other.id, kim, actor="t")
    chief = hall.device("Desk", DoorRole.SUPERVISOR)
    told = desk.db.call(walk_in, *chief, Contact(email=kim.email, first_name="K."), None)
    assert (told.verdict, told.name, told.company) == (Verdict.ADMITTED, "K.", "")
    assert desk.ask("SELECT first_name FROM people WHERE email = 'kim@example.com'") == ["Kim"]


def test_counters_are_of_each_gate_and_in_all(desk, hall):
    ann, bob = hall.guests(ANN, BOB)
    north = hall.gate("North")
    hall.scan(hall.device("Door 1", gate=north), ann)
    hall.scan(hall.device("Door 2", gate=north), ann)
    counters = desk.db.call(count_door, desk.org_id, desk.event.id)
    assert (counters.checked_in, counters.expected) == (1, 2)
    assert [(one.name, one.checked_in) for one in counters.gates] == [("North", 1)]
    hall.scan(hall.device("Door 3"), bob)
    counters = desk.db.call(count_door, desk.org_id, desk.event.id)
    assert {(one.name, one.checked_in) for one in counters.gates} == {("North", 1), ("", 1)}


def test_who_was_let_in_anyway_at_a_gate_is_in_there(desk, hall):
    (code,) = hall.guests(ANN)
    where = (desk.org_id, desk.event.id)
    dinner = desk.db.call(create_ticket_type, *where, "Dinner", actor="t").id
    chief = hall.device("Chief", DoorRole.SUPERVISOR, hall.gate("South", [dinner], has_exit=True))
    assert hall.scan(chief, code).verdict is Verdict.ELSEWHERE
    assert desk.db.call(let_in, *chief, hall.shown(code), "speaker").verdict is Verdict.ADMITTED
    assert hall.scan(chief, code).verdict is Verdict.AGAIN
    assert desk.db.call(check_out, *chief, hall.shown(code)).verdict is Verdict.LEFT
    assert hall.scan(chief, code).verdict is Verdict.RETURNED
    other = hall.device("Other", gate=hall.gate("West", [dinner]))
    assert hall.scan(other, code).verdict is Verdict.ELSEWHERE
    desk.node.clock.now += 24 * 60 * MINUTE_MS
    assert hall.scan(chief, code).verdict is Verdict.ELSEWHERE


def test_a_walk_in_is_counted_at_its_gate_and_has_one_of_its_types(desk, hall):
    where = (desk.org_id, desk.event.id)
    dinner = desk.db.call(create_ticket_type, *where, "Dinner", actor="t").id
    south = hall.gate("South", [dinner])
    chief = hall.device("Desk", DoorRole.SUPERVISOR, south)
    fitting = desk.db.call(list_walk_in_types, *chief)
    assert [one.ticket_type.id for one in fitting] == [dinner]
    lee = Contact(email="", first_name="Lee")
    with refuses(Invalid, "door.walk_in_type"):
        desk.db.call(walk_in, *chief, lee, None)
    assert desk.db.call(walk_in, *chief, lee, dinner).verdict is Verdict.ADMITTED
    assert [one.checked_in for one in desk.db.call(count_door, *where).gates] == [1]


def test_a_nonce_of_a_walk_in_names_one_person(desk, hall):
    chief = hall.device("Desk", DoorRole.SUPERVISOR)
    lee, eve = Contact(email="", first_name="Lee"), Contact(email="e@example.com", first_name="Eve")
    for one, other, nonce in ((lee, eve, "nonce-walk-8"), (eve, lee, "nonce-walk-9")):
        told = desk.db.call(walk_in, *chief, one, None, nonce)
        assert desk.db.call(walk_in, *chief, one, None, nonce).ticket == told.ticket
        with refuses(Invalid, "nonce.other_code"):
            desk.db.call(walk_in, *chief, other, None, nonce)


def test_passages_are_noted_once_and_letting_in_is_one(desk, hall):
    (code,) = hall.guests(ANN)
    gate = hall.gate("Terrace", has_exit=True)
    out, chief = hall.device("Terrace", gate=gate), hall.device("Desk", DoorRole.SUPERVISOR, gate)
    first, left, back = hall.shown(code), hall.shown(code), hall.shown(code)
    desk.db.call(scan_ticket, *out, first)
    twice = hall.shown(code)
    assert desk.db.call(scan_ticket, *out, twice).verdict is Verdict.AGAIN
    desk.db.call(check_out, *out, left)
    again = hall.shown(code)
    assert desk.db.call(check_out, *out, again).verdict is Verdict.LEFT
    # A scan whose answer was lost is no return when it is sent again, nor is going out one.
    assert desk.db.call(scan_ticket, *out, twice).verdict is Verdict.AGAIN
    assert desk.db.call(scan_ticket, *out, back).verdict is Verdict.RETURNED
    assert desk.db.call(check_out, *out, again).verdict is Verdict.LEFT
    assert hall.scan(out, code).verdict is Verdict.AGAIN
    # Somebody who is outside and let in anyway is inside: the next one with the ticket is not.
    desk.db.call(check_out, *out, hall.shown(code))
    desk.db.call(let_in, *chief, hall.shown(code), "Lost the ticket")
    assert hall.scan(out, code).verdict is Verdict.AGAIN
    undone = hall.shown(code)
    desk.db.call(undo_scan, *out, undone)
    hall.scan(chief, code)
    desk.db.call(undo_scan, *out, undone)
    assert hall.scan(out, code).verdict is Verdict.AGAIN


def test_at_an_exit_a_cancelled_ticket_and_no_ticket_are_told_apart(desk, hall):
    code, inside = hall.guests(ANN, "inside@example.com", first_name="Ann")
    out = hall.device("Terrace", gate=hall.gate("Terrace", has_exit=True))
    hall.scan(out, inside)
    for email in (ANN, "inside@example.com"):
        desk.db.call(
            cancel_registration, desk.org_id, desk.get(email).registration.id, actor="guest"
        )
    scans = desk.count("scans")
    told = desk.db.call(check_out, *out, hall.shown(code))
    assert (told.verdict, told.name, told.cancelled_by) == (Verdict.CANCELLED, "Ann", "guest")
    assert told.cancelled_at == hall.now
    assert desk.db.call(check_out, *out, hall.shown("NOTHING")).verdict is Verdict.UNKNOWN
    assert desk.db.call(check_out, *out, hall.shown(inside)).verdict is Verdict.LEFT
    assert desk.count("scans") == scans
