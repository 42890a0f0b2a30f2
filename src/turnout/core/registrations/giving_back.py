"""Giving tickets back: every place that they held is free again, for the first who waits.

A ticket holds a place of its type, a registration one of the event and of the sessions booked with
it. The registration ends with its last ticket. What is free is offered in the same transaction.
"""

from typing import Any

from turnout.core.audit.recording import record
from turnout.core.ids import OrgId, RegistrationId, TicketId
from turnout.core.registrations import booking, places
from turnout.core.registrations.model import Registration, RegistrationState
from turnout.core.tickets.issuing import Grant, Ticket, cancel_ticket, list_valid_tickets
from turnout.errors import Conflict
from turnout.store import Tx

CANCELLED = "cancelled"
TRANSFERRED = "transferred"


def cancel_registration(
    tx: Tx, org_id: OrgId, registration_id: RegistrationId, *, actor: str
) -> bool:
    """Cancel a registration, its bookings and tickets, and give the places back.

    Returns whether it was confirmed before. Idempotent. Raises Missing, Conflict for a candidate's
    (exams/leaving.py cancels those).
    """
    registration = booking.lock_registration(tx, org_id, registration_id)
    if registration.sitting:
        raise Conflict("registration.exam", registration=registration_id)
    if registration.state is RegistrationState.CANCELLED:
        return False
    codes = [ticket.code for ticket in list_valid_tickets(tx, org_id, registration_id)]
    facts = _note_bookings(tx, org_id, registration_id)
    give_all_back(tx, org_id, registration)
    record(tx, org_id, actor, CANCELLED, "registration", registration_id, **facts, codes=codes)
    return True


def give_all_back(tx: Tx, org_id: OrgId, registration: Registration) -> None:
    """End a confirmed registration that is locked: tickets, bookings, places."""
    _give_back(tx, org_id, registration, list_valid_tickets(tx, org_id, registration.id))


def give_back_granted(
    tx: Tx, org_id: OrgId, registration_id: RegistrationId, grant: Grant, *, actor: str
) -> list[Ticket]:
    """Give back the valid tickets that this grant gave, and no other; returns those that are left.
    Idempotent. Raises Missing."""
    registration = booking.lock_registration(tx, org_id, registration_id)
    valid = list_valid_tickets(tx, org_id, registration_id)
    own = [ticket for ticket in valid if (ticket.granted_by, ticket.grant_id) == grant]
    kept = [ticket for ticket in valid if ticket not in own]
    if own:
        facts = {} if kept else _note_bookings(tx, org_id, registration_id)
        _give_back(tx, org_id, registration, own, is_last=not kept)
        action = "gave back" if kept else CANCELLED
        facts["codes"] = [ticket.code for ticket in own]
        record(tx, org_id, actor, action, "registration", registration_id, **facts)
    return kept


def give_ticket_back(
    tx: Tx,
    org_id: OrgId,
    registration_id: RegistrationId,
    ticket_id: TicketId,
    *,
    reason: str,
    actor: str,
) -> None:
    """Give one ticket back; with the last one, the registration ends. Idempotent. Raises
    Missing."""
    registration = booking.lock_registration(tx, org_id, registration_id)
    valid = list_valid_tickets(tx, org_id, registration_id)
    own = [ticket for ticket in valid if ticket.id == ticket_id]
    if not own:
        return
    is_last = len(valid) == 1
    facts = _note_bookings(tx, org_id, registration_id) if is_last else {}
    _give_back(tx, org_id, registration, own, is_last=is_last)
    action = CANCELLED if is_last else "gave back"
    facts |= {"codes": [ticket.code for ticket in own], "reason": reason}
    record(tx, org_id, actor, action, "registration", registration_id, **facts)


def _note_bookings(tx: Tx, org_id: OrgId, registration_id: RegistrationId) -> dict[str, Any]:
    """What the audit keeps of bookings that end: the sessions, and when each was booked."""
    rows = booking.list_bookings(tx, org_id, registration_id)
    return {
        "sessions": [row.session_id for row in rows],
        "booked_at": [row.created_at for row in rows],
    }


def _give_back(
    tx: Tx,
    org_id: OrgId,
    registration: Registration,
    tickets: list[Ticket],
    *,
    is_last: bool = True,
) -> None:
    if is_last:
        for session_id in booking.list_booked_sessions(tx, org_id, registration.id):
            places.release_session_place(tx, org_id, session_id)
        booking.delete_bookings(tx, org_id, registration.id)
    for ticket in sorted(tickets, key=lambda ticket: ticket.ticket_type_id):
        places.release_ticket(tx, org_id, ticket.ticket_type_id)
        cancel_ticket(tx, org_id, ticket.id)
    if is_last:
        places.release_event_place(tx, org_id, registration.event_id)
        booking.cancel(tx, org_id, registration.id)
    places.offer_places(tx, org_id, registration.event_id)
