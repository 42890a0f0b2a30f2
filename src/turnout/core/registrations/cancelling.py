"""Cancelling a registration: every place that it held is free again, for whoever waits first."""

from turnout.core.audit.recording import record
from turnout.core.events import places
from turnout.core.exams.leaving import note_cancelled
from turnout.core.registrations import booking
from turnout.core.registrations.model import RegistrationState
from turnout.core.tickets.issuing import cancel_tickets
from turnout.core.waiting_list.entries import promote
from turnout.store import Tx


def cancel_registration(tx: Tx, org_id: int, registration_id: int, *, actor: str) -> bool:
    """Cancel a registration, its bookings and tickets, and give the places back.

    Returns whether it was confirmed before; doing it again changes nothing. Raises Missing.
    """
    registration = booking.lock_registration(tx, org_id, registration_id)
    if registration.state is RegistrationState.CANCELLED:
        return False
    for session_id in booking.list_booked_sessions(tx, org_id, registration_id):
        places.release_session_place(tx, org_id, session_id)
    booking.delete_bookings(tx, org_id, registration_id)
    places.release_ticket(tx, org_id, registration.ticket_type_id)
    places.release_event_place(tx, org_id, registration.event_id)
    booking.set_state(
        tx, org_id, registration_id, RegistrationState.CANCELLED, registration.ticket_type_id
    )
    cancel_tickets(tx, org_id, registration_id)
    note_cancelled(tx, org_id, registration.uuid, actor=actor)
    promote(tx, org_id, registration.event_id)
    record(tx, org_id, actor, "cancelled", "registration", registration_id)
    return True
