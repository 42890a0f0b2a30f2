"""Giving somebody a place and a ticket at once: invitations, waiting lists and event pages do.

(The registration API's queue has its own way, deciding.py: it decides sessions one by one.)
"""

from collections.abc import Sequence

from turnout.core.audience.links import note_source
from turnout.core.events import places
from turnout.core.events.model import Event, EventState, TicketType
from turnout.core.events.programme import get_event, list_ticket_types
from turnout.core.exams.planning import is_exam
from turnout.core.ids import EventId, OrgId, PersonId, TicketId, TicketTypeId, UserId
from turnout.core.people.merging import find_person, know_person
from turnout.core.people.model import Contact
from turnout.core.registrations import booking
from turnout.core.registrations.form_limits import book_mail
from turnout.core.registrations.model import (
    Answer,
    Registration,
    RegistrationState,
    Submitted,
    join_submissions,
)
from turnout.core.registrations.sql import sql
from turnout.core.text import is_email
from turnout.core.tickets.issuing import Grant, GrantKind, issue_ticket
from turnout.errors import Conflict, Invalid, Missing
from turnout.store import Tx

SOURCE, PROGRAM = "page", "program"
TICKET_MAILS = "ticket-mails"


def register_directly(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    ticket_type_id: TicketTypeId,
    contact: Contact,
    *,
    sti: str = "",
    answers: Sequence[Answer] = (),
    source: str = SOURCE,
    is_mailed: bool = True,
) -> bool:
    """Register somebody from the event's page, and mail the ticket; whether they were not
    registered before. Doing it again only mails the ticket again: a page that anybody may send must
    answer the same, so that nobody learns who else is registered. `sti` is the campaign source of
    the link they came with, `answers` go with the registration.

    Raises Conflict when nothing is left or the event takes no registrations, Invalid for an
    address that is none or a ticket type that is not offered, Missing.
    """
    if not is_email(contact.email):
        raise Invalid("contact.email", email=contact.email)
    check_open(tx, org_id, event_id, ticket_type_id)
    person_id = know_person(tx, org_id, contact)
    known = booking.find_registration(tx, org_id, event_id, person_id)
    is_new = known is None or known.state is not RegistrationState.CONFIRMED
    if known and not is_new:
        ticket_id = sql.find_valid_ticket(tx, org_id=org_id, registration_id=known.id)
    else:
        take_places(tx, org_id, event_id, ticket_type_id)
        ticket_id = give_ticket(
            tx,
            org_id,
            event_id,
            person_id,
            ticket_type_id,
            known,
            grant=Grant(GrantKind.FORM if source == SOURCE else GrantKind.INTEGRATION),
            source=source,
            submitted=Submitted(contact, list(answers)),
            sti=sti,
        )
    if is_mailed and ticket_id:
        queue_ticket_mail(tx, org_id, ticket_id)
    return is_new


def register_from_program(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    contact: Contact,
    *,
    answers: Sequence[Answer],
    sti: str,
    is_mailed: bool,
) -> bool:
    """Register somebody for whom a program asks that knows the event's registration password, with
    the event's own ticket or the first that its page offers; whether they were not registered
    before. Only who is new is mailed a ticket, and only if `is_mailed`. Raises as
    `register_directly` does."""
    get_event(tx, org_id, event_id)
    offered = [each for each in list_ticket_types(tx, org_id, event_id) if is_offered(each)]
    if not offered:
        raise Conflict("ticket_type.none")
    chosen = next((each for each in offered if each.is_default), offered[0])
    known = find_person(tx, org_id, contact.email)
    if known and booking.is_registered(tx, org_id, event_id, known.id):
        return False
    return register_directly(
        tx,
        org_id,
        event_id,
        chosen.id,
        contact,
        sti=sti,
        answers=answers,
        source=PROGRAM,
        is_mailed=is_mailed,
    )


def check_open(
    tx: Tx, org_id: OrgId, event_id: EventId, ticket_type_id: TicketTypeId
) -> tuple[Event, TicketType]:
    """The event and the ticket type, which the event's page offers. Raises Conflict if the event
    takes no registrations, Invalid for a type that is not offered, Missing."""
    event = check_not_over(tx, org_id, event_id)
    if event.state is not EventState.OPEN:
        raise Conflict("event.closed")
    if is_exam(tx, org_id, event_id):
        raise Conflict("event.exam")
    return event, get_offered_type(tx, org_id, event_id, ticket_type_id)


def get_offered_type(
    tx: Tx, org_id: OrgId, event_id: EventId, ticket_type_id: TicketTypeId
) -> TicketType:
    """A ticket type that anybody may have from the event's page: not by invitation, not locked,
    and free of charge. Raises Invalid for another."""
    for each in list_ticket_types(tx, org_id, event_id):
        if each.id == ticket_type_id and is_offered(each):
            return each
    raise Invalid("ticket_type.offered")


def is_offered(ticket_type: TicketType) -> bool:
    """Whether the event's page offers it. What costs money is sold elsewhere."""
    is_held_back = ticket_type.is_rsvp or ticket_type.is_locked
    return not is_held_back and not ticket_type.price_minor


def check_not_over(tx: Tx, org_id: OrgId, event_id: EventId) -> Event:
    """The event, which takes place. Raises Missing, Conflict when it is over or cancelled."""
    event = get_event(tx, org_id, event_id)
    if event.state is EventState.CANCELLED:
        raise Conflict("event.cancelled")
    if event.ends_at <= tx.now:
        raise Conflict("event.over")
    return event


def take_places(tx: Tx, org_id: OrgId, event_id: EventId, ticket_type_id: TicketTypeId) -> None:
    """Take a ticket of the type and a place in the event, or neither: raises Conflict, which
    takes back both."""
    if not places.take_ticket(tx, org_id, ticket_type_id):
        raise Conflict("tickets.sold_out")
    if not places.take_event_place(tx, org_id, event_id):
        raise Conflict("event.full")


def take_ticket_beside(tx: Tx, org_id: OrgId, ticket_type_id: TicketTypeId) -> None:
    """Take a ticket of the type for somebody who has a place in the event. Raises Conflict."""
    if not places.take_ticket(tx, org_id, ticket_type_id):
        raise Conflict("tickets.sold_out")


def release_places(tx: Tx, org_id: OrgId, event_id: EventId, ticket_type_id: TicketTypeId) -> None:
    """Give both back."""
    places.release_ticket(tx, org_id, ticket_type_id)
    places.release_event_place(tx, org_id, event_id)


def give_ticket(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    person_id: PersonId,
    ticket_type_id: TicketTypeId,
    known: Registration | None,
    *,
    grant: Grant,
    source: str,
    submitted: Submitted | None = None,
    sti: str = "",
) -> int:
    """Register a person whose places are taken already; returns the new ticket's number.

    `known` is their cancelled registration, which is revived, or None; `sti` is the campaign source
    that brought them. Raises Conflict when somebody else registered the person just now.
    """
    if known:
        registration_id = known.id
        if submitted:
            joined = join_submissions(known.submitted, submitted)
            booking.set_answers(tx, org_id, known.id, joined)
        booking.set_state(tx, org_id, known.id, RegistrationState.CONFIRMED, ticket_type_id)
    else:
        made = booking.add_registration(
            tx,
            org_id,
            event_id,
            person_id,
            ticket_type_id,
            source=source,
            submitted=submitted or Submitted(get_contact(tx, org_id, person_id), []),
        )
        if made is None:
            raise Conflict("registration.raced")
        registration_id = made
    note_source(tx, org_id, registration_id, sti)
    return issue_ticket(tx, org_id, registration_id, ticket_type_id, grant).id


def queue_ticket_mail(
    tx: Tx, org_id: OrgId, ticket_id: TicketId, user_id: UserId | None = None
) -> None:
    """Mail a ticket to its holder, as a job of that user or, with None, of the organization's
    first one. Idempotent until it is sent; a mail that is held goes out now."""
    named = {"org_id": org_id, "ticket_id": ticket_id}
    if not sql.add_ticket_mail(tx, **named, user_id=user_id, now=tx.now):
        sql.hasten_ticket_mail(tx, **named, now=tx.now)
    tx.wake(TICKET_MAILS)


def queue_paced_ticket_mail(tx: Tx, org_id: OrgId, ticket_id: TicketId, email: str) -> None:
    """`queue_ticket_mail` for somebody whom nobody knows, to the holder's address: it goes out as
    soon as an hour has room for it. Idempotent until it is sent."""
    named = {"org_id": org_id, "ticket_id": ticket_id}
    if sql.add_ticket_mail(tx, **named, user_id=None, now=tx.now):
        due_at = book_mail(tx, org_id, email)
        sql.hold_ticket_mail(tx, **named, due_at=due_at)
    tx.wake(TICKET_MAILS)


def find_ticket_address(tx: Tx, org_id: OrgId, event_id: EventId, person_id: PersonId) -> str:
    """`{org_id}-{code}` of the person's ticket, as its page is addressed; empty without one."""
    code = sql.find_ticket_code(tx, org_id=org_id, event_id=event_id, person_id=person_id)
    return f"{org_id}-{code}" if code else ""


def get_contact(tx: Tx, org_id: OrgId, person_id: PersonId) -> Contact:
    """What is known of a person. Raises Missing."""
    row = sql.get_person_contact(tx, org_id=org_id, id=person_id)
    if row is None:
        raise Missing("person.missing", person_id=person_id)
    email, title, first_name, last_name, company, job_title, phone = row
    return Contact(
        email=email,
        title=title,
        first_name=first_name,
        last_name=last_name,
        company=company,
        job_title=job_title,
        phone=phone,
    )
