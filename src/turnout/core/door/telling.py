"""What a scan is answered beside its verdict: who it is, who was first, where and when to go, who
comes along, and what the organizer wants to be seen at the door."""

from typing import TYPE_CHECKING, Any

import msgspec

from turnout.core.checkin.gates import (
    BookedSession,
    Gate,
    Moment,
    get_gate,
    lets_in,
    list_booked,
    list_gates,
)
from turnout.core.checkin.scans import Answer, Scan
from turnout.core.door.at_scan import NOTHING, find_shown
from turnout.core.door.decisions import Companion, Decision, FoundTicket, Verdict
from turnout.core.door.endings import find_ending
from turnout.core.door.model import Post, Standing
from turnout.core.door.sql import sql
from turnout.core.events.programme import get_event
from turnout.core.ids import EventId, GateId, OrgId, PartyId, RegistrationId, TicketId
from turnout.core.tickets.signing import find_plain_code, is_genuine, list_ticket_keys, read_signed
from turnout.store import Tx

if TYPE_CHECKING:
    from turnout.core.door.sql import ListCompanionsRow

NO_TICKET = TicketId(0)
MOST_COMPANIONS = 50
SEEN = frozenset((Verdict.ADMITTED, Verdict.RETURNED, Verdict.AGAIN))
"""The verdicts at which the organizer's questions and notes are shown."""


def decide(
    tx: Tx,
    standing: Standing,
    post: Post,
    verdict: Verdict,
    answer: Answer,
    found: FoundTicket | None,
    scan: Scan,
) -> Decision:
    """The answer in full. What is seldom told is read only then."""
    if found is None:
        return _say_stranger(tx, standing.org_id, post.event_id, verdict, scan.code)
    first_at, gate, device = _say_first(tx, standing, post, verdict, answer, found)
    owed = sql.find_owed(tx, org_id=standing.org_id, ticket_id=found.id)
    is_open = owed is not None and (verdict in SEEN or verdict is Verdict.UNPAID)
    go_to: list[str] = []
    go_on: list[str] = []
    if verdict is Verdict.ELSEWHERE:
        verdict, go_to, go_on = _say_way(tx, standing, post, found, scan.at)
    shown = NOTHING
    if verdict in SEEN:
        shown = find_shown(tx, standing.org_id, post.event_id, found)
    ending = None
    if verdict is Verdict.CANCELLED:
        whose = (post.event_id, found.registration_id, found.code)
        ending = find_ending(tx, standing.org_id, *whose)
    return Decision(
        verdict=verdict,
        ticket=found.id,
        name=found.name,
        company=found.company,
        ticket_type=found.type_name,
        first_at=first_at,
        first_gate=gate,
        first_device=device,
        cancelled_at=ending.at if ending else None,
        cancelled_by=ending.by.value if ending else "",
        cancelled_name=ending.name if ending else "",
        go_to=go_to,
        go_on=go_on,
        open_minor=owed.amount_minor if owed and is_open else 0,
        currency=owed.currency if owed and is_open else "",
        companions=list_companions(tx, standing.org_id, post.event_id, found),
        answers=shown.answers,
        notes=shown.notes,
        agreements=shown.agreements,
    )


def say_outside(
    tx: Tx, standing: Standing, post: Post, found: FoundTicket, nonce: str, decision: Decision
) -> Decision:
    """The answer to somebody who goes out, with when, where and to which phone they went out before
    that scan of the device, if they have not come back since."""
    before = sql.find_passage_before(
        tx,
        org_id=standing.org_id,
        event_id=post.event_id,
        ticket_id=found.id,
        since=found.checked_in_at or 0,
        device=standing.device.name,
        nonce=nonce,
    )
    if before is None or before.kind != "left":
        return decision
    gate = _name_gate(tx, standing, post, before.gate_id)
    left = {"left_at": before.at, "left_gate": gate, "left_device": before.device}
    return msgspec.structs.replace(decision, is_outside=True, **left)


def list_companions(
    tx: Tx, org_id: OrgId, event_id: EventId, found: FoundTicket
) -> list[Companion]:
    """The other valid tickets of the same registration, or of the party, its host among them."""
    whose = (tx, org_id, event_id, found.registration_id, found.party_id)
    return [
        Companion(row.id, f"{row.first_name} {row.last_name}".strip(), row.name, row.checked_in_at)
        for row in _list_together(*whose, found.id)
    ]


def list_together(
    tx: Tx, org_id: OrgId, event_id: EventId, own: RegistrationId, party_id: PartyId | None
) -> dict[RegistrationId, str]:
    """The names of those who come with somebody, by their registrations."""
    return {
        row.registration_id: f"{row.first_name} {row.last_name}".strip()
        for row in _list_together(tx, org_id, event_id, own, party_id)
        if row.registration_id != own
    }


def _list_together(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    own: RegistrationId,
    party_id: int | None,
    ticket_id: TicketId = NO_TICKET,
) -> "list[ListCompanionsRow]":
    where: dict[str, Any] = {"org_id": org_id, "event_id": event_id}
    host_id = None
    if party_id is not None:
        host_id = sql.find_host(tx, registration_id=own, **where)
    return sql.list_companions(
        tx,
        host_id=own if host_id is None else host_id,
        party_id=party_id or 0,
        ticket_id=ticket_id,
        limit=MOST_COMPANIONS,
        **where,
    )


def _say_first(
    tx: Tx, standing: Standing, post: Post, verdict: Verdict, answer: Answer, found: FoundTicket
) -> tuple[int | None, str, str]:
    """When, at which gate and by which device the ticket was checked in before."""
    if verdict not in (Verdict.AGAIN, Verdict.RETURNED, Verdict.CANCELLED):
        return answer.first_at, "", ""
    first = sql.find_admission(tx, org_id=standing.org_id, ticket_id=found.id)
    at = found.checked_in_at or answer.first_at
    if first is None or at is None:
        return at, "", ""
    return at, _name_gate(tx, standing, post, first.gate_id), first.device


def _name_gate(tx: Tx, standing: Standing, post: Post, gate_id: GateId | None) -> str:
    """The name of one of the event's gates; empty for none, and for one that was deleted."""
    if gate_id is None:
        return ""
    gates = list_gates(tx, standing.org_id, post.event_id)
    return next((gate.name for gate in gates if gate.id == gate_id), "")


def _say_way(
    tx: Tx, standing: Standing, post: Post, found: FoundTicket, at: int
) -> tuple[Verdict, list[str], list[str]]:
    """Whether it is another gate or another day, the gates that let the ticket in, and the days on
    which they do; the days are empty where one of the gates does today."""
    event = get_event(tx, standing.org_id, post.event_id)
    moment = Moment(at, event.timezone)
    asked = (found.ticket_type_id, found.registration_id)
    fit = [
        gate
        for gate in list_gates(tx, standing.org_id, post.event_id)
        if lets_in(tx, standing.org_id, gate, *asked)
    ]
    today = [gate.name for gate in fit if lets_in(tx, standing.org_id, gate, *asked, moment)]
    if today or not fit:
        return Verdict.ELSEWHERE, today, []
    booked = list_booked(tx, standing.org_id, found.registration_id)
    days = {
        gate.id: [gate.day] if gate.day else _days_of(gate, booked, event.timezone) for gate in fit
    }
    first = min((day for one in days.values() for day in one if day > moment.day), default="")
    there = [gate for gate in fit if not first or first in days[gate.id]]
    every = {day for one in days.values() for day in one}
    return Verdict.OTHER_DAY, [gate.name for gate in there], sorted(every)


def _days_of(gate: Gate, booked: list[BookedSession], timezone: str) -> list[str]:
    """The days of the sessions through which a gate lets somebody in."""
    return [Moment(one.starts_at, timezone).day for one in booked if one.id in gate.session_ids]


def _say_stranger(
    tx: Tx, org_id: OrgId, event_id: EventId, verdict: Verdict, code: str
) -> Decision:
    """A code that is no ticket of this event: a forgery, another event's, or nothing of ours."""
    if verdict is not Verdict.UNKNOWN:
        return Decision(verdict=verdict)
    signed = read_signed(code)
    if signed and not is_genuine(signed, list_ticket_keys(tx, org_id)):
        return Decision(verdict=Verdict.FORGED)
    plain = find_plain_code(tx, org_id, code)
    title = sql.find_other_event(tx, org_id=org_id, event_id=event_id, code=plain)
    if title is not None:
        return Decision(verdict=Verdict.OTHER_EVENT, event=title)
    return Decision(verdict=Verdict.UNKNOWN)


def find_ticket(tx: Tx, standing: Standing, post: Post, code: str) -> FoundTicket | None:
    """The event's ticket with a code, plain or signed."""
    plain = find_plain_code(tx, standing.org_id, code)
    if not plain:
        return None
    return sql.find_ticket(tx, org_id=standing.org_id, event_id=post.event_id, code=plain)


def find_gate(tx: Tx, standing: Standing, post: Post) -> Gate | None:
    """The gate at which a device stands; None = at none in particular."""
    if post.gate_id is None:
        return None
    return get_gate(tx, standing.org_id, post.event_id, post.gate_id)
