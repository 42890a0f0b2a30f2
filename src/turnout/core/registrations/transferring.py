"""Passing a ticket on to somebody else, and changing it for one of another type.

Neither frees a place in between: the place goes over, or is changed for one that is taken first.
Anyone who passes on one of several tickets stays registered, so the new holder needs a place in the
event of their own.
"""

from typing import NamedTuple

from turnout.core.audit.recording import record
from turnout.core.events import places
from turnout.core.events.programme import list_ticket_types
from turnout.core.ids import EventId, OrgId, PersonId, RegistrationId, TicketId, TicketTypeId
from turnout.core.people.merging import merge_person
from turnout.core.people.model import Contact
from turnout.core.registrations import booking
from turnout.core.registrations.joining import check_not_over, give_ticket, queue_ticket_mail
from turnout.core.registrations.model import Registration, RegistrationState, Submitted
from turnout.core.registrations.sql import sql
from turnout.core.text import is_email
from turnout.core.tickets.issuing import (
    Grant,
    GrantKind,
    cancel_ticket,
    list_valid_tickets,
    set_ticket_type,
)
from turnout.core.tickets.signing import normalize
from turnout.core.waiting_list.entries import promote
from turnout.errors import Conflict, Invalid, Missing
from turnout.store import Tx

SOURCE = "transfer"


class _Held(NamedTuple):
    registration_id: RegistrationId
    event_id: EventId
    person_id: PersonId
    ticket_id: TicketId
    ticket_type_id: TicketTypeId
    checked_in_at: int | None
    state: str
    granted_by: GrantKind
    sitting: int


def transfer_ticket(tx: Tx, org_id: OrgId, code: str, contact: Contact, *, actor: str) -> str:
    """Pass a ticket on: `contact` is registered with a new ticket of the same type, and it is
    mailed. The last ticket takes the session bookings along, and its holder's registration is
    cancelled. Returns the new code.

    Raises Conflict when the ticket was used or cancelled or is a candidate's, when the event is
    over, and when the new holder is registered already; Invalid for an address that is none;
    Missing.
    """
    if not is_email(contact.email):
        raise Invalid("contact.email", email=contact.email)
    held, registration = _lock(tx, org_id, code)
    if held.sitting:
        raise Conflict("transfer.exam")
    person = merge_person(tx, org_id, contact)
    known = booking.find_registration(tx, org_id, held.event_id, person.id)
    if known and known.state is RegistrationState.CONFIRMED:
        raise Conflict("transfer.registered", email=contact.email)
    cancel_ticket(tx, org_id, held.ticket_id)
    is_last = not list_valid_tickets(tx, org_id, registration.id)
    if is_last:
        type_id = registration.ticket_type_id
        booking.set_state(tx, org_id, registration.id, RegistrationState.CANCELLED, type_id)
    elif not places.take_event_place(tx, org_id, held.event_id):
        raise Conflict("event.full")
    ticket_id = give_ticket(
        tx,
        org_id,
        held.event_id,
        person.id,
        held.ticket_type_id,
        known,
        grant=Grant(held.granted_by),
        source=SOURCE,
        submitted=Submitted(contact),
    )
    taker = booking.find_registration(tx, org_id, held.event_id, person.id)
    if taker is None:
        raise LookupError(f"person {person.id} has just been registered")
    if is_last:
        sql.move_bookings(tx, org_id=org_id, from_id=registration.id, to_id=taker.id)
    queue_ticket_mail(tx, org_id, ticket_id)
    record(tx, org_id, actor, "transferred", "registration", registration.id, to=taker.id)
    return str(sql.find_ticket_code(tx, org_id=org_id, event_id=held.event_id, person_id=person.id))


def change_ticket_type(
    tx: Tx, org_id: OrgId, code: str, ticket_type_id: TicketTypeId, *, actor: str
) -> None:
    """Make a ticket one of another type of its event; its code stays. Idempotent.

    Raises Conflict when the ticket was used or cancelled, when none of the other type is left,
    and when the event is over; Invalid for a type of another event; Missing.
    """
    held, registration = _lock(tx, org_id, code)
    if ticket_type_id == held.ticket_type_id:
        return
    if ticket_type_id not in {each.id for each in list_ticket_types(tx, org_id, held.event_id)}:
        raise Invalid("ticket_type.not_in_event")
    if not places.take_ticket(tx, org_id, ticket_type_id):
        raise Conflict("tickets.sold_out_type")
    places.release_ticket(tx, org_id, held.ticket_type_id)
    set_ticket_type(tx, org_id, held.ticket_id, ticket_type_id)
    promote(tx, org_id, held.event_id)
    record(
        tx,
        org_id,
        actor,
        "changed ticket type",
        "registration",
        registration.id,
        ticket_type_id=ticket_type_id,
    )


def _lock(tx: Tx, org_id: OrgId, code: str) -> tuple[_Held, Registration]:
    held = _find(tx, org_id, code)
    registration = booking.lock_registration(tx, org_id, held.registration_id)
    # It may have been passed on while we waited for the registration.
    held = _find(tx, org_id, code)
    if held.state != "valid" or registration.state is not RegistrationState.CONFIRMED:
        raise Conflict("ticket.cancelled", code=code)
    if held.checked_in_at is not None:
        raise Conflict("ticket.used", code=code)
    check_not_over(tx, org_id, held.event_id)
    return held, registration


def _find(tx: Tx, org_id: OrgId, code: str) -> _Held:
    row = sql.find_ticket_holder(tx, org_id=org_id, code=normalize(code))
    if row is None:
        raise Missing("ticket.missing", code=code)
    id_, event_id, person_id, ticket_id, type_id, checked_in_at, state, granted_by, sitting = row
    kind = GrantKind(granted_by)
    return _Held(id_, event_id, person_id, ticket_id, type_id, checked_in_at, state, kind, sitting)
