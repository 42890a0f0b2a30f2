"""Passing a ticket on to somebody else, and changing it for one of another type.

Neither frees a place in between: the place goes over, or is changed for one that is taken first.
The giver of one of several tickets stays registered, so the new holder needs a place in the
event of their own.
"""

from typing import TYPE_CHECKING, NamedTuple

from turnout.core.audit.recording import record
from turnout.core.events.programme import get_event, list_ticket_types
from turnout.core.ids import OrgId, RegistrationId, TicketTypeId
from turnout.core.people.contacts import check_contact
from turnout.core.people.model import Contact
from turnout.core.people.reach import Reach, meet_person
from turnout.core.registrations import booking, places
from turnout.core.registrations.giving_back import TRANSFERRED
from turnout.core.registrations.granting import Wish, change_type, pass_on
from turnout.core.registrations.joining import queue_ticket_mail
from turnout.core.registrations.model import Registration, RegistrationState, Submitted
from turnout.core.registrations.rules import Door, check
from turnout.core.registrations.sql import sql
from turnout.core.tickets.issuing import Ticket, TicketState, list_tickets
from turnout.core.tickets.signing import normalize
from turnout.errors import Conflict, Invalid, Missing
from turnout.store import Tx

if TYPE_CHECKING:
    from turnout.core.registrations.sql import FindTicketHolderRow

SOURCE = "transfer"


class _Held(NamedTuple):
    registration: Registration
    ticket: Ticket


def transfer_ticket(
    tx: Tx,
    org_id: OrgId,
    code: str,
    contact: Contact,
    *,
    reach: Reach | None = None,
    language: str = "",
    actor: str,
) -> str:
    """Pass a ticket on: `contact` is registered with a new ticket of the same type, and it is
    mailed. The last ticket takes the session bookings along, and its holder's registration is
    cancelled. Returns the new code. `reach` is that of staff (people/reach.py); `language` is that
    of the new holder's mails, empty = the one in which they registered last, else the event's.

    Raises Conflict when the ticket was used or cancelled or is a candidate's, when the event is
    over, and when the new holder is registered already; Invalid for an address that is none;
    Missing.
    """
    check_contact(contact)
    registration, ticket = _lock(tx, org_id, code)
    if registration.sitting:
        raise Conflict("transfer.exam")
    person_id = meet_person(tx, org_id, contact, reach)
    if booking.is_registered(tx, org_id, registration.event_id, person_id):
        raise Conflict("transfer.registered", email=contact.email)
    wish = Wish(
        Door.STAFF,
        registration.event_id,
        person_id,
        ticket.ticket_type_id,
        source=SOURCE,
        submitted=Submitted(contact),
        language=language or booking.find_last_language(tx, org_id, person_id),
    )
    # One of several tickets needs a place of the event more: those who wait come first.
    places.offer_places(tx, org_id, registration.event_id)
    granted = pass_on(tx, org_id, registration, ticket, wish)
    queue_ticket_mail(tx, org_id, granted.ticket.id)
    to = granted.registration_id
    record(tx, org_id, actor, TRANSFERRED, "registration", registration.id, to=to)
    return granted.ticket.code


def change_ticket_type(
    tx: Tx, org_id: OrgId, code: str, ticket_type_id: TicketTypeId, *, actor: str
) -> None:
    """Make a ticket one of another type of its event; its code stays. Idempotent.

    Raises Conflict when the ticket was used or cancelled, when none of the other type is left,
    and when the event is over; Invalid for a type of another event; Missing.
    """
    registration, ticket = _lock(tx, org_id, code)
    if ticket_type_id == ticket.ticket_type_id:
        return
    types = list_ticket_types(tx, org_id, registration.event_id)
    if ticket_type_id not in {type_.id for type_ in types}:
        raise Invalid("ticket_type.not_in_event")
    change_type(tx, org_id, registration, ticket, ticket_type_id)
    record(
        tx,
        org_id,
        actor,
        "changed ticket type",
        "registration",
        registration.id,
        ticket_type_id=ticket_type_id,
    )


def find_holder(tx: Tx, org_id: OrgId, code: str) -> RegistrationId:
    """The registration that has, or had, a ticket. Raises Missing."""
    return _find(tx, org_id, code).registration_id


def _find(tx: Tx, org_id: OrgId, code: str) -> "FindTicketHolderRow":
    row = sql.find_ticket_holder(tx, org_id=org_id, code=normalize(code))
    if row is None:
        raise Missing("ticket.missing", code=code)
    return row


def _lock(tx: Tx, org_id: OrgId, code: str) -> _Held:
    registration_id, ticket_id = _find(tx, org_id, code)
    registration = booking.lock_registration(tx, org_id, registration_id)
    # It may have been passed on while we waited for the registration.
    tickets = {ticket.id: ticket for ticket in list_tickets(tx, org_id, registration_id)}
    ticket = tickets[ticket_id]
    is_confirmed = registration.state is RegistrationState.CONFIRMED
    if ticket.state is not TicketState.VALID or not is_confirmed:
        raise Conflict("ticket.cancelled", code=code)
    if sql.is_checked_in(tx, org_id=org_id, id=ticket_id):
        raise Conflict("ticket.used", code=code)
    event = get_event(tx, org_id, registration.event_id)
    check(Door.STAFF, event.state, event.ends_at, tx.now)
    return _Held(registration, ticket)
