"""Registering somebody for whom the event's page or a program asks, and mailing tickets."""

from collections.abc import Sequence
from hmac import compare_digest

from turnout.core.events.model import Event, TicketType
from turnout.core.events.programme import get_event, list_ticket_types
from turnout.core.events.showing import get_shown_event
from turnout.core.ids import EventId, OrgId, PersonId, SessionId, TicketId, TicketTypeId, UserId
from turnout.core.people.contacts import check_contact
from turnout.core.people.merging import find_person, know_person
from turnout.core.people.model import Contact
from turnout.core.questions.model import Answer
from turnout.core.questions.reading import accept_answers
from turnout.core.registrations import booking
from turnout.core.registrations.claiming import claim
from turnout.core.registrations.form_limits import book_mail
from turnout.core.registrations.granting import Wish, grant_checked
from turnout.core.registrations.model import RegistrationState, Submitted
from turnout.core.registrations.parties import Guest, Party, grant_party
from turnout.core.registrations.pricing import asks_programs
from turnout.core.registrations.rules import Door, check, check_no_exam
from turnout.core.registrations.sql import sql
from turnout.core.waiting_list.entries import find_offer
from turnout.errors import Conflict, Invalid, Missing
from turnout.store import Tx, to_json

SOURCES = {Door.FORM: "page", Door.PROGRAM: "program", Door.PARTY: "staff"}
LARGEST_PARTY = 100
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
    door: Door = Door.FORM,
    is_mailed: bool = True,
) -> bool:
    """Register somebody from the event's page, and mail the ticket; whether they were not
    registered before. Doing it again only mails the ticket again: a page that anybody may send must
    answer the same, so that nobody learns who else is registered. `sti` is the campaign source of
    the link they came with, `answers` go with the registration; the page shows the questions.

    Raises Conflict when nothing is left or the event takes no registrations, Invalid for an
    address that is none, a ticket type that is not offered or an answer, Missing.
    """
    check_contact(contact)
    check_open(tx, org_id, event_id, ticket_type_id, door)
    shown = ticket_type_id if door is Door.FORM else None
    kept = accept_answers(tx, org_id, event_id, answers, must_meet=shown)
    whose = (tx, org_id, event_id, ticket_type_id, contact)
    return register_checked(*whose, sti=sti, answers=kept, door=door, is_mailed=is_mailed)


def register_checked(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    ticket_type_id: TicketTypeId,
    contact: Contact,
    *,
    sti: str = "",
    answers: Sequence[Answer] = (),
    door: Door = Door.FORM,
    is_mailed: bool = True,
    language: str = "",
    session_ids: Sequence[SessionId] = (),
) -> bool:
    """`register_directly` for a caller that has asked `check_open` and `accept_answers` in this
    transaction; `language` is that of the page, in which somebody new is written to. The sessions
    are booked as far as they have places."""
    check_contact(contact)
    wish = Wish(
        door,
        event_id,
        know_person(tx, org_id, contact),
        ticket_type_id,
        source=SOURCES[door],
        submitted=Submitted(contact, list(answers)),
        sti=sti,
        language=language,
        session_ids=tuple(session_ids),
    )
    granted = grant_checked(tx, org_id, wish)
    if is_mailed:
        queue_ticket_mail(tx, org_id, granted.ticket.id)
    return granted.is_new


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
    the event's own ticket or the first that its page offers, or with what is offered to them from
    the waiting list; whether they were not registered before. Only who is new is mailed a ticket,
    and only if `is_mailed`. Raises as `register_directly` does."""
    sells = _sells(tx, org_id, event_id, Door.PROGRAM)
    offered = [
        ticket_type
        for ticket_type in list_ticket_types(tx, org_id, event_id)
        if is_offered(ticket_type, tx.now, sells=sells) and not is_for_few(ticket_type)
    ]
    if not offered:
        raise Conflict("ticket_type.none")
    chosen = next((ticket_type for ticket_type in offered if ticket_type.is_default), offered[0])
    known = find_person(tx, org_id, contact.email)
    there = booking.find_registration(tx, org_id, event_id, known.id) if known else None
    if there and there.state is RegistrationState.CONFIRMED:
        claim(tx, org_id, there.id, Door.PROGRAM)
        return False
    own = find_offer(tx, org_id, event_id, known.id) if known else None
    is_own_offered = own is not None and own.ticket_type_id in {
        ticket_type.id for ticket_type in offered
    }
    return register_directly(
        tx,
        org_id,
        event_id,
        own.ticket_type_id if own and is_own_offered else chosen.id,
        contact,
        sti=sti,
        answers=answers,
        door=Door.PROGRAM,
        is_mailed=is_mailed,
    )


def register_party(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    contact: Contact,
    guests: Sequence[Guest],
    *,
    is_complete: bool = True,
    actor: str,
) -> Party:
    """Register people together, for staff: all or nobody. Each has a registration and a ticket of
    their own; the new tickets are mailed to `contact`, who need not be one of them. A guest without
    an address is a person of their own, so doing it again adds them again; one with an address who
    has a ticket of the type keeps it. A ticket type's limit for one person counts the party.
    Required questions must be answered for each who gets a ticket if `is_complete`.

    Raises Conflict as `grant` does, Invalid for an address that is not one, an answer, and for
    nobody or more than LARGEST_PARTY guests, Missing.
    """
    if not 1 <= len(guests) <= LARGEST_PARTY:
        raise Invalid("party.size", limit=LARGEST_PARTY)
    for person in (contact, *(guest.contact for guest in guests if guest.contact.email.strip())):
        check_contact(person)
    types = {ticket_type.id for ticket_type in list_ticket_types(tx, org_id, event_id)}
    for guest in guests:
        if guest.ticket_type_id not in types:
            raise Missing("ticket_type.no_such", ticket_type_id=guest.ticket_type_id)
    guests = [_accept(tx, org_id, event_id, guest, is_complete=is_complete) for guest in guests]
    door = Door.PARTY
    party = grant_party(
        tx, org_id, event_id, contact, guests, door=door, source=SOURCES[door], actor=actor
    )
    for granted in party.tickets:
        if granted.is_new:
            queue_ticket_mail(tx, org_id, granted.ticket.id)
    return party


def _accept(tx: Tx, org_id: OrgId, event_id: EventId, guest: Guest, *, is_complete: bool) -> Guest:
    """A guest with the answers as they are kept. Raises Invalid."""
    email = guest.contact.email.strip()
    person = find_person(tx, org_id, email) if email else None
    known = booking.find_registration(tx, org_id, event_id, person.id) if person else None
    must_meet = guest.ticket_type_id if is_complete else None
    before = known.submitted.answers if known else ()
    given = guest.answers
    kept = accept_answers(tx, org_id, event_id, given, must_meet=must_meet, known=before)
    return guest._replace(answers=kept)


def check_open(
    tx: Tx, org_id: OrgId, event_id: EventId, ticket_type_id: TicketTypeId, door: Door = Door.FORM
) -> tuple[Event, TicketType]:
    """The event and the ticket type, which the event's page offers. Raises Conflict if the event
    takes no registrations, Invalid for a type that is not offered, Missing."""
    event = get_event(tx, org_id, event_id)
    check(door, event.state, event.ends_at, tx.now)
    check_no_exam(tx, org_id, event_id)
    return event, get_offered_type(tx, org_id, event_id, ticket_type_id, door)


def get_offered_type(
    tx: Tx, org_id: OrgId, event_id: EventId, ticket_type_id: TicketTypeId, door: Door = Door.FORM
) -> TicketType:
    """A ticket type that anybody may have at the door: not by invitation, not locked, on sale.
    Raises Invalid for another."""
    sells = _sells(tx, org_id, event_id, door)
    for ticket_type in list_ticket_types(tx, org_id, event_id):
        if ticket_type.id == ticket_type_id and is_offered(ticket_type, tx.now, sells=sells):
            return ticket_type
    raise Invalid("ticket_type.offered")


def _sells(tx: Tx, org_id: OrgId, event_id: EventId, door: Door) -> bool:
    """Whether tickets that cost money are taken at the door: on the event's page, which says how to
    pay, and by programs where the event asks those for the price. Raises Missing."""
    if door is Door.FORM:
        return True
    return asks_programs(get_shown_event(tx, org_id, event_id).details)


def is_offered(ticket_type: TicketType, now: int, *, sells: bool = True) -> bool:
    """Whether a door that `sells` tickets or gives free ones alone offers it at that moment (epoch
    ms) to those who may see it."""
    is_sold_here = sells or not ticket_type.price_minor
    return not _is_held_back(ticket_type) and is_sold_here and ticket_type.is_on_sale(now)


def list_offered(types: Sequence[TicketType], now: int, code: str) -> list[TicketType]:
    """What the event's page offers at that moment (epoch ms) to somebody with that code, which may
    be any text."""
    return [kind for kind in list_seen(types, code) if is_offered(kind, now)]


def list_seen(types: Sequence[TicketType], code: str) -> list[TicketType]:
    """What the event's page shows to somebody with that code, which may be any text: on sale, not
    yet, or not any more."""
    return [kind for kind in types if not _is_held_back(kind) and _may_see(kind, code)]


def _is_held_back(ticket_type: TicketType) -> bool:
    return ticket_type.is_rsvp or ticket_type.is_locked or ticket_type.is_hidden


def _may_see(ticket_type: TicketType, code: str) -> bool:
    own = ticket_type.access_code
    return not own or compare_digest(own.encode(), code.encode(errors="replace"))


def is_for_few(ticket_type: TicketType) -> bool:
    """Whether only those see it who have its code."""
    return bool(ticket_type.access_code)


def queue_ticket_mail(
    tx: Tx, org_id: OrgId, ticket_id: TicketId, user_id: UserId | None = None
) -> None:
    """Mail a ticket to its holder, as a job of that user or, with None, of the organization's
    first one. Idempotent until it is sent; a mail that is held goes out now."""
    if not sql.add_ticket_mail(tx, org_id=org_id, ticket_id=ticket_id, user_id=user_id, now=tx.now):
        sql.hasten_ticket_mail(tx, org_id=org_id, ticket_id=ticket_id, now=tx.now)
    tx.wake(TICKET_MAILS)


def queue_ticket_mails(tx: Tx, tickets: Sequence[tuple[OrgId, TicketId]]) -> None:
    """`queue_ticket_mail` for many that were issued in this transaction."""
    if tickets:
        sql.add_ticket_mails(tx, rows=to_json(tickets), now=tx.now)
        tx.wake(TICKET_MAILS)


def queue_paced_ticket_mail(tx: Tx, org_id: OrgId, ticket_id: TicketId, email: str) -> None:
    """`queue_ticket_mail` for somebody whom nobody knows, to the holder's address: it goes out as
    soon as an hour has room for it. Idempotent until it is sent."""
    queue_paced_ticket_mails(tx, org_id, [ticket_id], email)


def queue_paced_ticket_mails(
    tx: Tx, org_id: OrgId, ticket_ids: Sequence[TicketId], email: str
) -> None:
    """`queue_paced_ticket_mail` for the tickets of one form, which go out together: they count as
    one mail of an hour, and are as many as the event lets somebody register along."""
    new = [
        ticket_id
        for ticket_id in ticket_ids
        if sql.add_ticket_mail(tx, org_id=org_id, ticket_id=ticket_id, user_id=None, now=tx.now)
    ]
    due_at = book_mail(tx, org_id, email) if new else tx.now
    for ticket_id in new:
        sql.hold_ticket_mail(tx, org_id=org_id, ticket_id=ticket_id, due_at=due_at)
    tx.wake(TICKET_MAILS)


def find_ticket_address(tx: Tx, org_id: OrgId, event_id: EventId, person_id: PersonId) -> str:
    """`{org_id}-{code}` of the person's ticket, as its page is addressed; empty without one."""
    code = sql.find_ticket_code(tx, org_id=org_id, event_id=event_id, person_id=person_id)
    return f"{org_id}-{code}" if code else ""
