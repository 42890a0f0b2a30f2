"""The door: a ticket is checked in once, whatever the number of doors, and every scan is kept.

Theory. The first scan wins by one guarded UPDATE, which marks only what was judged: a ticket that
another transaction has scanned, given back, passed on or changed since is judged again. Staff
hold the rows of the tickets before they look whether one was used (booking.lock_registration), so
of a scan and a change at one moment, the later sees the earlier. A device may upload a scan again,
or late: with a nonce of its own the repetition is answered like the first, and `at` is the time on
the device. A nonce names one scan of one code and one action; for anything else it is refused, or
somebody would be waved through who was never checked in. A refusal is a value here, not an error,
so that its scan is on disk when the edge says no.
"""

import enum
from contextlib import suppress
from typing import NamedTuple

import msgspec

from turnout.core.checkin.gates import Gate, Moment, get_gate, lets_in
from turnout.core.checkin.sql import sql
from turnout.core.events.programme import get_event
from turnout.core.exams.adjusting import take_attendance
from turnout.core.exams.model import Attendance
from turnout.core.ids import (
    EventId,
    GateId,
    OrgId,
    RegistrationId,
    TicketId,
    TicketTypeId,
)
from turnout.core.registrations.booking import lock_registration
from turnout.core.tickets.signing import find_plain_code, normalize
from turnout.errors import Invalid, Missing
from turnout.store import Tx

LONGEST_CODE = 64

AHEAD_MS = 5 * 60_000
"""By how much a device's clock may be ahead without a question."""


class Result(enum.StrEnum):
    """The outcome of a scan; `ask`: a phone without a network sent the holder to a supervisor."""

    ADMITTED = "admitted"
    REPEATED = "repeated"
    CANCELLED = "cancelled"
    ELSEWHERE = "elsewhere"
    UNKNOWN = "unknown"
    UNDONE = "undone"
    UNPAID = "unpaid"
    ASK = "ask"


class Scan(msgspec.Struct, frozen=True, kw_only=True):
    """A code read at the door, plain or signed. `at` in epoch ms by the device's clock; `nonce`
    empty = none."""

    code: str
    at: int
    device: str = ""
    nonce: str = ""
    gate_id: GateId | None = None


class Answer(NamedTuple):
    """What a scan is answered: `first_at` is when the ticket was checked in (epoch ms)."""

    result: Result
    first_at: int | None = None


class KeptScan(NamedTuple):
    """A scan as lists show it. Instants in epoch ms."""

    id: int
    ticket_id: TicketId | None
    code: str
    result: Result
    gate_id: GateId | None
    device: str
    at: int
    recorded_at: int


class ScannedTicket(NamedTuple):
    """A ticket as the door finds it; `sitting` is the GUID of a candidate's, else empty;
    `is_refused`: it is to be paid, and the event refuses such tickets."""

    id: TicketId
    code: str
    registration_id: RegistrationId
    ticket_type_id: TicketTypeId
    state: str
    registration_state: str
    event_state: str
    checked_in_at: int | None
    sitting: str
    is_refused: int


def check_in(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    scan: Scan,
    *,
    waives: bool = False,
    asks_gate: bool = True,
    moment: Moment | None = None,
) -> Answer:
    """Check a ticket in, and keep the scan whatever its result. `waives`: neither the gate nor a
    payment keeps anybody out; without `asks_gate`, the gate alone does not. `moment`: the gate lets
    in only those whose day it is. A time that lies ahead, and after the event, is a device's error:
    then it counts as now. Raises Missing for a gate that the event does not have, Invalid for a
    nonce that names another scan."""
    about_event(tx, event_id)
    scan = _mend_time(tx, org_id, event_id, scan)
    if known := _find_known(tx, org_id, event_id, scan):
        return known
    gate = get_gate(tx, org_id, event_id, scan.gate_id) if scan.gate_id and asks_gate else None
    ticket, answer = _admit(tx, org_id, event_id, gate, scan, waives=waives, moment=moment)
    if not _keep(tx, org_id, event_id, ticket, scan, answer.result):
        return _find_known(tx, org_id, event_id, scan) or answer
    return answer


def keep_refused(tx: Tx, org_id: OrgId, event_id: EventId, scan: Scan, result: Result) -> Answer:
    """Keep a scan at which the door itself turned somebody away; the ticket stays as it is.
    Idempotent: one that was kept before is answered as it was. `unknown` of a ticket that there is
    = the phone did not know it. Raises Invalid for a nonce that names another scan."""
    about_event(tx, event_id)
    scan = _mend_time(tx, org_id, event_id, scan)
    if known := _find_known(tx, org_id, event_id, scan):
        return known
    ticket = _find_ticket(tx, org_id, event_id, scan.code)
    _keep(tx, org_id, event_id, ticket, scan, result)
    return Answer(result, ticket.checked_in_at if ticket else None)


def find_refusal(tx: Tx, org_id: OrgId, event_id: EventId, code: str) -> Result | None:
    """Why a code is no ticket to look at further: `unknown`, or `cancelled`; None = it is one, in
    or not. Nothing is kept."""
    ticket = _find_ticket(tx, org_id, event_id, code)
    if ticket is None:
        return _judge_departed(tx, org_id, event_id, code).result
    return Result.CANCELLED if _is_cancelled(ticket) else None


def look_up(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    scan: Scan,
    *,
    asks_gate: bool = True,
    moment: Moment | None = None,
) -> Answer:
    """What `check_in` would answer now, had the scan not come before; nothing is kept."""
    ticket = _find_ticket(tx, org_id, event_id, scan.code)
    if ticket is None:
        return _judge_departed(tx, org_id, event_id, scan.code)
    gate = get_gate(tx, org_id, event_id, scan.gate_id) if scan.gate_id and asks_gate else None
    refusal = _refuse(tx, org_id, ticket, gate, waives=False, moment=moment)
    return refusal or Answer(Result.ADMITTED)


def undo_check_in(
    tx: Tx, org_id: OrgId, event_id: EventId, scan: Scan, *, stays_in: bool = False
) -> Answer:
    """Take a check-in back; idempotent. The scan is kept. `stays_in`: what is taken back was not
    the check-in, which stays. Raises Invalid for a nonce that names another scan."""
    about_event(tx, event_id)
    scan = _mend_time(tx, org_id, event_id, scan)
    if known := _find_known(tx, org_id, event_id, scan, is_undo=True):
        return known
    ticket = _find_held(tx, org_id, event_id, scan.code)
    if ticket is None:
        answer = Answer(Result.UNKNOWN)
    else:
        if not stays_in and sql.undo_check_in(tx, org_id=org_id, id=ticket.id, now=tx.now):
            _note_attendance(tx, org_id, ticket, scan, Attendance.PENDING)
        answer = Answer(Result.UNDONE)
    _keep(tx, org_id, event_id, ticket, scan, answer.result)
    return answer


def find_scanned_code(
    tx: Tx, org_id: OrgId, event_id: EventId, device: str, nonce: str
) -> str | None:
    """The code of a scan that a device has named so; None = it has not."""
    if not nonce:
        return None
    row = sql.find_scan(tx, org_id=org_id, event_id=event_id, device=device, nonce=nonce)
    return row.code if row else None


def list_scans(tx: Tx, org_id: OrgId, event_id: EventId, limit: int) -> list[KeptScan]:
    """What was scanned at the event's doors, newest first, refused ones too."""
    return sql.list_scans(tx, org_id=org_id, event_id=event_id, limit=limit)


def about_event(tx: Tx, event_id: EventId) -> None:
    """A scan refers to its event, so on PostgreSQL it shares a lock of that row: another one than
    those who register take, who wait for each other and not for scans."""
    tx.about("events", ("shared", event_id))


def _find_ticket(tx: Tx, org_id: OrgId, event_id: EventId, code: str) -> ScannedTicket | None:
    plain = find_plain_code(tx, org_id, code)
    return sql.find_scanned(tx, org_id=org_id, event_id=event_id, code=plain) if plain else None


def _admit(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    gate: Gate | None,
    scan: Scan,
    *,
    waives: bool,
    moment: Moment | None,
) -> tuple[ScannedTicket | None, Answer]:
    """The ticket as it was judged, and the answer. Another turn is needed only where another
    transaction changed the ticket in between."""
    while ticket := _find_held(tx, org_id, event_id, scan.code):
        if answer := _judge(tx, org_id, ticket, gate, scan, waives=waives, moment=moment):
            return ticket, answer
    return None, _judge_departed(tx, org_id, event_id, scan.code)


def _find_held(tx: Tx, org_id: OrgId, event_id: EventId, code: str) -> ScannedTicket | None:
    """The ticket; a candidate's attendance is kept with the registration, which is locked before
    the ticket, as everywhere."""
    ticket = _find_ticket(tx, org_id, event_id, code)
    if ticket is None or not ticket.sitting:
        return ticket
    with suppress(Missing):  # it was deleted since, and so was the ticket
        lock_registration(tx, org_id, ticket.registration_id)
    return _find_ticket(tx, org_id, event_id, code)


def _mend_time(tx: Tx, org_id: OrgId, event_id: EventId, scan: Scan) -> Scan:
    if scan.at <= tx.now + AHEAD_MS or scan.at < get_event(tx, org_id, event_id).ends_at:
        return scan
    return msgspec.structs.replace(scan, at=tx.now)


def _is_cancelled(ticket: ScannedTicket) -> bool:
    is_valid = ticket.state == "valid" and ticket.registration_state == "confirmed"
    return not is_valid or ticket.event_state == "cancelled"


def _judge_departed(tx: Tx, org_id: OrgId, event_id: EventId, code: str) -> Answer:
    """The ticket of somebody who is no longer the event's is as good as a cancelled one."""
    plain = find_plain_code(tx, org_id, code)
    is_departed = plain and sql.find_departed(tx, org_id=org_id, event_id=event_id, code=plain)
    return Answer(Result.CANCELLED if is_departed else Result.UNKNOWN)


def _judge(
    tx: Tx,
    org_id: OrgId,
    ticket: ScannedTicket,
    gate: Gate | None,
    scan: Scan,
    *,
    waives: bool,
    moment: Moment | None,
) -> Answer | None:
    """Mark the ticket if it is good; None = it is not as it was found any more."""
    if refusal := _refuse(tx, org_id, ticket, gate, waives=waives, moment=moment):
        return refusal
    if not sql.check_in(
        tx,
        org_id=org_id,
        id=ticket.id,
        registration_id=ticket.registration_id,
        ticket_type_id=ticket.ticket_type_id,
        at=scan.at,
        now=tx.now,
    ):
        return None
    _note_attendance(tx, org_id, ticket, scan, Attendance.PRESENT)
    return Answer(Result.ADMITTED, scan.at)


def _refuse(
    tx: Tx,
    org_id: OrgId,
    ticket: ScannedTicket,
    gate: Gate | None,
    *,
    waives: bool,
    moment: Moment | None,
) -> Answer | None:
    """Why a ticket is not checked in; None = it can be."""
    if _is_cancelled(ticket):
        return Answer(Result.CANCELLED, ticket.checked_in_at)
    asked = (ticket.ticket_type_id, ticket.registration_id)
    if gate and not waives and not lets_in(tx, org_id, gate, *asked, moment):
        return Answer(Result.ELSEWHERE, ticket.checked_in_at)
    if ticket.checked_in_at is not None:
        return Answer(Result.REPEATED, ticket.checked_in_at)
    if ticket.is_refused and not waives:
        return Answer(Result.UNPAID)
    return None


def _note_attendance(
    tx: Tx, org_id: OrgId, ticket: ScannedTicket, scan: Scan, attendance: Attendance
) -> None:
    """A candidate who comes to an exam's door is present."""
    if ticket.sitting:
        actor = f"device:{scan.device}"
        take_attendance(tx, org_id, ticket.sitting, attendance, actor=actor)


def _find_known(
    tx: Tx, org_id: OrgId, event_id: EventId, scan: Scan, *, is_undo: bool = False
) -> Answer | None:
    """What the same scan was answered when it was uploaded before. Raises Invalid for a nonce
    without a device, of another code or of the other action."""
    if not scan.nonce:
        return None
    if not scan.device:
        raise Invalid("nonce.without_device")
    row = sql.find_scan(tx, org_id=org_id, event_id=event_id, device=scan.device, nonce=scan.nonce)
    if row is None:
        return None
    code, result, at = row
    # A code that nobody was let in with is answered alike by both.
    if result not in (Result.UNKNOWN, Result.ASK) and is_undo != (result == Result.UNDONE):
        raise Invalid("nonce.other_action")
    ticket = _find_ticket(tx, org_id, event_id, scan.code)
    if code not in (ticket.code if ticket else "", normalize(scan.code)[:LONGEST_CODE]):
        raise Invalid("nonce.other_code")
    if result in (Result.ADMITTED, Result.UNDONE):
        return Answer(Result(result), at if result == Result.ADMITTED else None)
    return Answer(Result(result), ticket.checked_in_at if ticket else None)


def _keep(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    ticket: ScannedTicket | None,
    scan: Scan,
    result: Result,
) -> bool:
    """Keep a scan; whether it was not kept before."""
    added = sql.add_scan(
        tx,
        org_id=org_id,
        id=tx.next_id("scan"),
        event_id=event_id,
        ticket_id=ticket.id if ticket else None,
        code=ticket.code if ticket else normalize(scan.code)[:LONGEST_CODE],
        result=result.value,
        gate_id=scan.gate_id,
        device=scan.device,
        nonce=scan.nonce or None,
        at=scan.at,
        now=tx.now,
    )
    return bool(added)
