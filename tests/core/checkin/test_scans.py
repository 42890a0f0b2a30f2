"""The door: the first scan wins, repetitions are harmless, gates hold, and everything is kept."""

from typing import Any

import pytest

from turnout.core.checkin.attendees import AttendeeFilter, find_attendee, list_attendees
from turnout.core.checkin.gates import create_gate
from turnout.core.checkin.scans import Result, Scan, check_in, list_scans, undo_check_in
from turnout.core.events.model import EventState
from turnout.core.events.programme import create_ticket_type
from turnout.core.registrations.giving_back import cancel_registration
from turnout.core.registrations.places import set_event_state
from turnout.errors import Invalid, Missing

ANN, BOB = "ann@example.com", "bob@example.com"
AT = 1_798_794_000_000
MINUTE_MS = 60_000


def code_of(desk, email: str) -> str:
    number = desk.get(email).registration.id
    (code,) = desk.ask(f"SELECT code FROM tickets WHERE registration_id = {number}")
    return code


def scan(desk, code: str, at: int = AT, **more):
    return desk.db.call(check_in, desk.org_id, desk.event.id, Scan(code=code, at=at, **more))


def results(desk) -> list[str]:
    found = desk.db.call(list_scans, desk.org_id, desk.event.id, 100)
    return [scan.result.value for scan in reversed(found)]


@pytest.fixture
def code(desk) -> str:
    desk.decide(desk.apply(ANN), desk.apply(BOB))
    return code_of(desk, ANN)


def test_the_first_scan_wins(desk, code):
    assert scan(desk, code) == (Result.ADMITTED, AT)
    assert scan(desk, code, AT + 5000) == (Result.REPEATED, AT)
    assert scan(desk, f" {code[:4].lower()}-{code[4:]} ", AT - 5000) == (Result.REPEATED, AT)
    attendee = desk.db.call(find_attendee, desk.org_id, desk.event.id, code)
    assert [ticket.checked_in_at for ticket in attendee.tickets] == [AT]
    assert results(desk) == ["admitted", "repeated", "repeated"]


def test_a_time_that_lies_ahead_of_the_event_counts_as_now(node, desk, code):
    now, ends = node.clock.now, desk.event.ends_at
    assert scan(desk, code, ends) == (Result.ADMITTED, now)
    # By an hour a device's clock may be wrong while the event goes on.
    bob = code_of(desk, BOB)
    assert scan(desk, bob, now + 60 * MINUTE_MS) == (Result.ADMITTED, now + 60 * MINUTE_MS)
    found = desk.db.call(list_scans, desk.org_id, desk.event.id, 100)
    assert [one.at for one in found] == [now + 60 * MINUTE_MS, now]


def test_a_code_with_marks_and_the_address_of_a_ticket_are_scanned_and_looked_up(desk, code):
    address = f"https://events.example.com/ticket/{desk.org_id}-{code.lower()}"
    other = f"https://events.example.com/ticket/{desk.org_id + 1}-{code}"
    assert scan(desk, f'"{code[:3]}\u2013{code[3:].lower()}"') == (Result.ADMITTED, AT)
    assert scan(desk, address) == (Result.REPEATED, AT)
    assert scan(desk, other).result is Result.UNKNOWN
    for text in (f"({code})", address):
        found = desk.db.call(find_attendee, desk.org_id, desk.event.id, text)
        assert found.tickets[0].code == code
    with pytest.raises(Missing):
        desk.db.call(find_attendee, desk.org_id, desk.event.id, other)


def test_who_came_and_who_did_not(desk, code):
    scan(desk, code)
    for which, expected in (("checked", [ANN]), ("unchecked", [BOB]), ("", [ANN, BOB])):
        found, has_more = desk.db.call(
            list_attendees,
            desk.org_id,
            desk.event.id,
            AttendeeFilter(which),
            limit=10,
            skip=0,
        )
        assert ([attendee.email for attendee in found], has_more) == (expected, False)


def test_since_goes_by_when_a_scan_was_recorded(desk, code):
    desk.node.clock.advance(60)
    now = desk.node.clock()
    scan(desk, code, at=AT - 10**9)

    def changed(since: int) -> list[str]:
        wanted = AttendeeFilter(since=since)
        found, _ = desk.db.call(
            list_attendees, desk.org_id, desk.event.id, wanted, limit=10, skip=0
        )
        return [attendee.email for attendee in found]

    assert changed(now) == [ANN]
    assert changed(now + MINUTE_MS) == []


def test_a_device_learns_that_the_event_is_cancelled_and_revived(desk, code):
    def told(since: int) -> list[list[bool]]:
        wanted = AttendeeFilter(since=since, has_cancelled=True)
        whose = (desk.org_id, desk.event.id, wanted)
        found, _ = desk.db.call(list_attendees, *whose, limit=10, skip=0)
        return [[ticket.is_valid for ticket in attendee.tickets] for attendee in found]

    for state, is_valid in ((EventState.CANCELLED, False), (EventState.OPEN, True)):
        desk.node.clock.advance(60)
        now = desk.node.clock()
        assert told(now) == []
        desk.db.call(set_event_state, desk.org_id, desk.event.id, state, actor="test")
        assert told(now) == [[is_valid], [is_valid]]


def test_a_repeated_upload_is_answered_like_the_first(desk, code):
    for _ in range(2):
        assert scan(desk, code, device="door 1", nonce="n1") == (Result.ADMITTED, AT)
    assert scan(desk, code, device="door 2", nonce="n1") == (Result.REPEATED, AT)
    assert scan(desk, "nosuch", device="door 1", nonce="n2") == (Result.UNKNOWN, None)
    assert scan(desk, "nosuch", device="door 1", nonce="n2") == (Result.UNKNOWN, None)
    assert results(desk) == ["admitted", "repeated", "unknown"]


def test_a_repeated_upload_is_answered_like_the_first_whatever_came_between(desk, code):
    named: dict[str, Any] = {"device": "door 1", "nonce": "n1"}
    undone = Scan(code=code, at=AT, device="door 1", nonce="n2")
    undo = (undo_check_in, desk.org_id, desk.event.id, undone)
    assert scan(desk, code, **named) == (Result.ADMITTED, AT)
    assert desk.db.call(*undo) == (Result.UNDONE, None)
    assert scan(desk, code, **named) == (Result.ADMITTED, AT)
    assert scan(desk, code, AT + 1, device="door 1", nonce="n3") == (Result.ADMITTED, AT + 1)
    assert desk.db.call(*undo) == (Result.UNDONE, None)
    attendee = desk.db.call(find_attendee, desk.org_id, desk.event.id, code)
    assert [ticket.checked_in_at for ticket in attendee.tickets] == [AT + 1]


def test_a_nonce_names_one_scan_of_one_code_and_one_action(desk, code):
    named: dict[str, Any] = {"device": "door 1", "nonce": "n1"}
    assert scan(desk, code, **named) == (Result.ADMITTED, AT)
    for other in (code_of(desk, BOB), "nosuch"):
        with pytest.raises(Invalid, match="nonce was used for another code"):
            scan(desk, other, **named)
    again = Scan(code=code, at=AT, **named)
    with pytest.raises(Invalid, match="nonce was used for the other action"):
        desk.db.call(undo_check_in, desk.org_id, desk.event.id, again)
    with pytest.raises(Invalid, match="nonce needs the name of the device"):
        scan(desk, code, nonce="n1")
    undone = Scan(code=code, at=AT, device="door 1", nonce="n2")
    for _ in range(2):
        answer = desk.db.call(undo_check_in, desk.org_id, desk.event.id, undone)
        assert answer.result is Result.UNDONE
    with pytest.raises(Invalid, match="nonce was used for the other action"):
        scan(desk, code, device="door 1", nonce="n2")
    spelled = f" {code[:4].lower()}-{code[4:]} "
    assert scan(desk, spelled, device="door 1", nonce="n3") == (Result.ADMITTED, AT)
    assert scan(desk, code, device="door 1", nonce="n3") == (Result.ADMITTED, AT)
    assert results(desk) == ["admitted", "undone", "admitted"]


def test_cancelled_tickets_are_listed_where_they_are_asked_for(desk, code):
    def listed(**wanted) -> list[tuple[str, bool]]:
        found, _ = desk.db.call(
            list_attendees,
            desk.org_id,
            desk.event.id,
            AttendeeFilter(**wanted),
            limit=10,
            skip=0,
        )
        return [
            (attendee.email, ticket.is_valid) for attendee in found for ticket in attendee.tickets
        ]

    desk.node.clock.advance(60)
    now = desk.node.clock.now
    number = desk.get(ANN).registration.id
    desk.db.call(cancel_registration, desk.org_id, number, actor="test")
    assert listed() == [(BOB, True)]
    assert listed(since=now) == []
    assert listed(has_cancelled=True) == [(ANN, False), (BOB, True)]
    assert listed(has_cancelled=True, since=now) == [(ANN, False)]
    assert listed(has_cancelled=True, since=now + MINUTE_MS) == []


def test_a_check_in_is_taken_back(desk, code):
    scan(desk, code)
    for _ in range(2):
        undone = desk.db.call(undo_check_in, desk.org_id, desk.event.id, Scan(code=code, at=AT))
        assert undone.result is Result.UNDONE
    assert scan(desk, code, AT + 1) == (Result.ADMITTED, AT + 1)


def test_what_is_cancelled_lets_nobody_in(desk, code):
    bob = code_of(desk, BOB)
    number = desk.get(ANN).registration.id
    desk.db.call(cancel_registration, desk.org_id, number, actor="test")
    assert scan(desk, code).result is Result.CANCELLED
    desk.db.call(set_event_state, desk.org_id, desk.event.id, EventState.CANCELLED, actor="test")
    assert scan(desk, bob).result is Result.CANCELLED
    assert results(desk) == ["cancelled", "cancelled"]


def test_a_ticket_of_another_event_or_organization_is_unknown(desk, code, org_id):
    answer = desk.db.call(
        check_in, desk.org_id, desk.account.channel_sessions[0].event_id, Scan(code=code, at=AT)
    )
    assert answer.result is Result.UNKNOWN
    assert scan(desk, code).result is Result.ADMITTED


def test_a_gate_lets_in_its_ticket_types_and_bookings(desk, code):
    vip = desk.db.call(create_ticket_type, desk.org_id, desk.event.id, "VIP", actor="test").id
    (own,) = desk.ask(f"SELECT ticket_type_id FROM tickets WHERE code = '{code}'")
    session = desk.account.sessions[0].id

    def gate(types: list[int], sessions: list[int]) -> int:
        return desk.db.call(
            create_gate, desk.org_id, desk.event.id, "g", types, sessions, actor="test"
        ).id

    def try_at(number: int) -> Result:
        result = scan(desk, code, gate_id=number).result
        desk.db.call(undo_check_in, desk.org_id, desk.event.id, Scan(code=code, at=AT))
        return result

    assert try_at(gate([vip], [])) is Result.ELSEWHERE
    assert try_at(gate([vip, own], [])) is Result.ADMITTED
    assert try_at(gate([vip], [session])) is Result.ADMITTED
    assert try_at(gate([], [])) is Result.ADMITTED
    with pytest.raises(Missing, match="There is no gate 777"):
        scan(desk, code, gate_id=777)
    with pytest.raises(Invalid):
        gate([777], [])
    with pytest.raises(Invalid):
        gate([], [777])
