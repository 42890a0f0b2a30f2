"""Giving tickets back: every place that they held is free again, for anyone who waits first.

A ticket holds a place of its type, a registration one of the event and of the sessions booked with
it. The registration ends with its last ticket.
"""

from turnout.core.audit.recording import record
from turnout.core.events import places
from turnout.core.exams.leaving import note_cancelled
from turnout.core.ids import OrgId, RegistrationId
from turnout.core.registrations import booking
from turnout.core.registrations.model import Registration, RegistrationState
from turnout.core.tickets.issuing import Grant, Ticket, cancel_ticket, list_valid_tickets
from turnout.core.waiting_list.entries import promote
from turnout.store import Tx


def cancel_registration(
    tx: Tx, org_id: OrgId, registration_id: RegistrationId, *, actor: str
) -> bool:
    """Cancel a registration, its bookings and tickets, and give the places back.

    Returns whether it was confirmed before. Idempotent. Raises Missing.
    """
    registration = booking.lock_registration(tx, org_id, registration_id)
    if registration.state is RegistrationState.CANCELLED:
        return False
    _give_back(tx, org_id, registration, list_valid_tickets(tx, org_id, registration_id), actor)
    return True


def give_back_granted(
    tx: Tx, org_id: OrgId, registration_id: RegistrationId, grant: Grant, *, actor: str
) -> None:
    """Give back the valid tickets that this grant gave, and no other. Idempotent. Raises
    Missing."""
    registration = booking.lock_registration(tx, org_id, registration_id)
    valid = list_valid_tickets(tx, org_id, registration_id)
    own = [ticket for ticket in valid if (ticket.granted_by, ticket.grant_id) == grant]
    if own:
        _give_back(tx, org_id, registration, own, actor, has_more=len(own) < len(valid))


def _give_back(
    tx: Tx,
    org_id: OrgId,
    registration: Registration,
    tickets: list[Ticket],
    actor: str,
    *,
    has_more: bool = False,
) -> None:
    if not has_more:
        for session_id in booking.list_booked_sessions(tx, org_id, registration.id):
            places.release_session_place(tx, org_id, session_id)
        booking.delete_bookings(tx, org_id, registration.id)
    for ticket in sorted(tickets, key=lambda ticket: ticket.ticket_type_id):
        places.release_ticket(tx, org_id, ticket.ticket_type_id)
        cancel_ticket(tx, org_id, ticket.id)
    if not has_more:
        places.release_event_place(tx, org_id, registration.event_id)
        type_id = registration.ticket_type_id
        booking.set_state(tx, org_id, registration.id, RegistrationState.CANCELLED, type_id)
        note_cancelled(tx, org_id, registration.uuid, actor=actor)
    promote(tx, org_id, registration.event_id)
    if has_more:
        codes = [ticket.code for ticket in tickets]
        record(tx, org_id, actor, "gave back", "registration", registration.id, codes=codes)
    else:
        record(tx, org_id, actor, "cancelled", "registration", registration.id)
