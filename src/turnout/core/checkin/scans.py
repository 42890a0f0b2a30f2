"""The door: a ticket is checked in once, whatever the number of doors, and every scan is kept.

Theory. The first scan wins by one guarded UPDATE. A device may upload a scan again, or late: with a
nonce of its own the repetition is answered like the first, and `at` is the time on the device. A
nonce names one scan of one code and one action; for anything else it is refused, or somebody would
be waved through who was never checked in. A refusal is a value here, not an error, so that its
scan is on disk when the edge says no.
"""

import enum
from typing import NamedTuple

import msgspec

from turnout.core.audit.recording import record
from turnout.core.checkin.sql import sql
from turnout.core.events.programme import get_event, list_sessions, list_ticket_types
from turnout.core.exams.adjusting import take_attendance
from turnout.core.exams.model import Attendance
from turnout.core.fields import check_filled
from turnout.core.ids import (
    EventId,
    GateId,
    OrgId,
    RegistrationId,
    SessionId,
    TicketId,
    TicketTypeId,
)
from turnout.core.tickets.signing import find_plain_code, normalize
from turnout.errors import Invalid, Missing
from turnout.store import Tx, to_json

LONGEST_CODE = 64
_ticket_type_ids = msgspec.json.Decoder(list[TicketTypeId])
_session_ids = msgspec.json.Decoder(list[SessionId])


class Result(enum.StrEnum):
    """The outcome of a scan."""

    ADMITTED = "admitted"
    REPEATED = "repeated"
    CANCELLED = "cancelled"
    ELSEWHERE = "elsewhere"
    UNKNOWN = "unknown"
    UNDONE = "undone"
    UNPAID = "unpaid"


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


class Gate(NamedTuple):
    """A check-in list: it lets in those with one of its ticket types, or who booked one of its
    sessions; both empty = everybody."""

    id: GateId
    name: str
    ticket_type_ids: list[TicketTypeId]
    session_ids: list[SessionId]


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


def check_in(tx: Tx, org_id: OrgId, event_id: EventId, scan: Scan) -> Answer:
    """Check a ticket in, and keep the scan whatever its result. Raises Missing for a gate that
    the event does not have, Invalid for a nonce that names another scan."""
    about_event(tx, event_id)
    if known := _find_known(tx, org_id, event_id, scan):
        return known
    gate = get_gate(tx, org_id, event_id, scan.gate_id) if scan.gate_id else None
    ticket = _find_ticket(tx, org_id, event_id, scan.code)
    answer = _judge(tx, org_id, ticket, gate, scan)
    if not _keep(tx, org_id, event_id, ticket, scan, answer.result):
        return _find_known(tx, org_id, event_id, scan) or answer
    return answer


def undo_check_in(tx: Tx, org_id: OrgId, event_id: EventId, scan: Scan) -> Answer:
    """Take a check-in back; idempotent. The scan is kept. Raises Invalid for a
    nonce that names another scan."""
    about_event(tx, event_id)
    if known := _find_known(tx, org_id, event_id, scan, is_undo=True):
        return known
    ticket = _find_ticket(tx, org_id, event_id, scan.code)
    if ticket is None:
        answer = Answer(Result.UNKNOWN)
    else:
        if sql.undo_check_in(tx, org_id=org_id, id=ticket.id, now=tx.now):
            _note_attendance(tx, org_id, ticket, scan, Attendance.PENDING)
        answer = Answer(Result.UNDONE)
    _keep(tx, org_id, event_id, ticket, scan, answer.result)
    return answer


def create_gate(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    name: str,
    ticket_type_ids: list[TicketTypeId],
    session_ids: list[SessionId],
    *,
    actor: str,
) -> Gate:
    """Make a check-in list. Raises Missing for an unknown event, Invalid for a ticket type or
    session that is not the event's."""
    check_filled("name", name)
    get_event(tx, org_id, event_id)
    known = {ticket_type.id for ticket_type in list_ticket_types(tx, org_id, event_id)}
    if not set(ticket_type_ids) <= known:
        raise Invalid("gate.ticket_type")
    if not set(session_ids) <= {session.id for session in list_sessions(tx, org_id, event_id)}:
        raise Invalid("gate.session")
    gate = Gate(GateId(tx.next_id("programme")), name, sorted(ticket_type_ids), sorted(session_ids))
    sql.add_gate(
        tx,
        org_id=org_id,
        id=gate.id,
        event_id=event_id,
        name=name,
        ticket_type_ids=to_json(gate.ticket_type_ids),
        session_ids=to_json(gate.session_ids),
        now=tx.now,
    )
    record(tx, org_id, actor, "created", "gate", gate.id, name=name)
    return gate


def get_gate(tx: Tx, org_id: OrgId, event_id: EventId, gate_id: GateId) -> Gate:
    """A check-in list of the event. Raises Missing."""
    gate = sql.get_gate(tx, org_id=org_id, event_id=event_id, id=gate_id)
    if gate is None:
        raise Missing("gate.missing", gate_id=gate_id)
    return gate


def list_gates(tx: Tx, org_id: OrgId, event_id: EventId) -> list[Gate]:
    """The event's check-in lists."""
    return sql.list_gates(tx, org_id=org_id, event_id=event_id)


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


def _judge(
    tx: Tx, org_id: OrgId, ticket: ScannedTicket | None, gate: Gate | None, scan: Scan
) -> Answer:
    if ticket is None:
        return Answer(Result.UNKNOWN)
    is_cancelled = ticket.state != "valid" or ticket.registration_state != "confirmed"
    if is_cancelled or ticket.event_state == "cancelled":
        return Answer(Result.CANCELLED, ticket.checked_in_at)
    if gate and not _lets_in(tx, org_id, gate, ticket):
        return Answer(Result.ELSEWHERE, ticket.checked_in_at)
    if ticket.is_refused and ticket.checked_in_at is None:
        return Answer(Result.UNPAID)
    if sql.check_in(tx, org_id=org_id, id=ticket.id, at=scan.at, now=tx.now):
        _note_attendance(tx, org_id, ticket, scan, Attendance.PRESENT)
        return Answer(Result.ADMITTED, scan.at)
    return Answer(Result.REPEATED, sql.get_checked_in_at(tx, org_id=org_id, id=ticket.id))


def _note_attendance(
    tx: Tx, org_id: OrgId, ticket: ScannedTicket, scan: Scan, attendance: Attendance
) -> None:
    """A candidate who comes to an exam's door is present."""
    if ticket.sitting:
        actor = f"device:{scan.device}"
        take_attendance(tx, org_id, ticket.sitting, attendance, actor=actor)


def _lets_in(tx: Tx, org_id: OrgId, gate: Gate, ticket: ScannedTicket) -> bool:
    if not gate.ticket_type_ids and not gate.session_ids:
        return True
    if ticket.ticket_type_id in gate.ticket_type_ids:
        return True
    booked = sql.list_booked(tx, org_id=org_id, registration_id=ticket.registration_id)
    return any(session_id in gate.session_ids for (session_id,) in booked)


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
    # A code that is unknown is answered alike by both.
    if result != Result.UNKNOWN and is_undo != (result == Result.UNDONE):
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
