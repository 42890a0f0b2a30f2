"""What the forms of an event's page do: anybody may send them, with anybody's address.

Theory. The page must tell nobody who else is registered or waits. So what a form answers depends on
the event alone: whether a place of the wanted type is free. All that depends on the person goes to
their address by mail: the ticket (again), the place on the list (again), or what else can be done.
The mails to one address are paced (form_limits.py): a ticket is held until its hour,
the first mail about a place on a list goes out, and what only says it again is left out.
"""

from collections.abc import Sequence
from typing import NamedTuple

from turnout.core.events.model import Event, TicketType
from turnout.core.events.programmes import get_programme
from turnout.core.events.showing import EventView, get_shown_event
from turnout.core.ids import EventId, OrgId, SessionId, TicketTypeId
from turnout.core.mails.model import MailKind
from turnout.core.mails.sending import Addressee, Particulars, choose_for, write
from turnout.core.messaging.consents import FORM, note_consents
from turnout.core.neutral import neutralize
from turnout.core.people.merging import find_person
from turnout.core.people.model import Contact, Person
from turnout.core.questions.model import Answer
from turnout.core.questions.reading import accept_answers
from turnout.core.registrations import booking
from turnout.core.registrations.extras import with_answers
from turnout.core.registrations.form_limits import may_remind
from turnout.core.registrations.joining import (
    queue_paced_ticket_mail,
    register_checked,
)
from turnout.core.registrations.model import Registration, RegistrationState
from turnout.core.registrations.offers import join_list, open_sale
from turnout.core.registrations.sql import sql
from turnout.core.registrations.telling import find_mail_address
from turnout.core.tickets.issuing import list_valid_tickets, list_valid_tickets_of_person
from turnout.core.tickets.mails import write_to_guest
from turnout.core.waiting_list.entries import find_offer, find_open_entry, tell_again
from turnout.errors import Conflict, Invalid
from turnout.store import Tx

# A mail of Turnout's own, whose text nobody changes.
OTHER_TICKET = "other_ticket"


class _Known(NamedTuple):
    """Who has an address, and their registration for the event."""

    person: Person | None
    registration: Registration | None


def register_by_form(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    ticket_type_id: TicketTypeId,
    contact: Contact,
    base_url: str,
    *,
    sti: str = "",
    answers: Sequence[Answer] = (),
    language: str = "",
    session_ids: Sequence[SessionId] = (),
) -> Conflict | None:
    """Register somebody who asks on the event's page, and mail the ticket, or mail again what they
    have; `base_url` is this server's address, `language` that of the page. The sessions are booked
    along. Idempotent but for the mails.

    Returns a refusal if no place is free: a value, so that the mail goes out. Raises
    as `register_directly` does, for reasons of the event or the form alone.
    """
    event, wanted = open_sale(tx, org_id, event_id, ticket_type_id)
    answers = accept_answers(tx, org_id, event_id, answers, must_meet=ticket_type_id)
    check_sessions(tx, org_id, event_id, ticket_type_id, session_ids)
    whose = (tx, org_id, event_id, ticket_type_id, contact)
    said = (sti, answers, language, session_ids)
    if _has_places(event, wanted):
        if _register(*whose, *said):
            known = _find_known(tx, org_id, event_id, contact.email)
            _remind(tx, org_id, event_id, contact.email, known)
            _tell_of_other(tx, org_id, event_id, wanted, contact.email, base_url, known)
        else:
            write_to_sender(
                tx, org_id, event_id, contact.email, MailKind.NO_MORE, base_url, language
            )
        return None
    if _has_offer(*whose):
        _register(*whose, *said)
    if not remind(tx, org_id, event_id, contact.email):
        write_to_sender(tx, org_id, event_id, contact.email, MailKind.NO_PLACE, base_url, language)
    return Conflict("places.taken")


def wait_by_form(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    ticket_type_id: TicketTypeId,
    contact: Contact,
    base_url: str,
    *,
    sti: str = "",
    answers: Sequence[Answer] = (),
    language: str = "",
    session_ids: Sequence[SessionId] = (),
) -> Conflict | None:
    """Put somebody on the waiting list who asks on the event's page, or mail again what they have.

    Returns a refusal if there are places: a value, so that the mail goes out. Raises
    as `register_by_form` does.
    """
    event, wanted = open_sale(tx, org_id, event_id, ticket_type_id)
    answers = accept_answers(tx, org_id, event_id, answers, must_meet=ticket_type_id)
    is_free = _has_places(event, wanted)
    if not remind(tx, org_id, event_id, contact.email):
        if is_free:
            write_to_sender(
                tx, org_id, event_id, contact.email, MailKind.HAS_PLACES, base_url, language
            )
        else:
            may_remind(tx, org_id, contact.email)
            whose = (tx, org_id, event_id, ticket_type_id, contact)
            extras = with_answers(contact, answers, session_ids)
            join_list(*whose, sti=sti, extras=extras, language=language)
            given = (tx, org_id, event_id, contact, answers)
            note_consents(*given, source=FORM, language=language)
    return Conflict("waiting.places") if is_free else None


def check_sessions(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    ticket_type_id: TicketTypeId,
    session_ids: Sequence[SessionId],
) -> None:
    """Hold the sessions that somebody chose on the event's page against what it offers. Raises
    Conflict for one that is full or for other ticket types, Invalid for one that is not chosen
    there. Two may overlap: people go from one to the other."""
    if not session_ids:
        return
    items = {item.id: item for item in get_programme(tx, org_id, event_id).items}
    for session_id in session_ids:
        item = items.get(session_id)
        if item is None or not item.is_chosen:
            raise Invalid("session.chosen")
        if item.ticket_type_ids and ticket_type_id not in item.ticket_type_ids:
            raise Conflict("session.ticket_type")
        if item.left == 0:
            raise Conflict("session.chosen_full", title=item.title)


def _register(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    ticket_type_id: TicketTypeId,
    contact: Contact,
    sti: str,
    answers: Sequence[Answer],
    language: str,
    session_ids: Sequence[SessionId],
) -> bool:
    """Register somebody; False at the limit for one person, which the page tells nobody."""
    try:
        with tx.savepoint():
            whose = (tx, org_id, event_id, ticket_type_id, contact)
            register_checked(
                *whose,
                sti=sti,
                answers=answers,
                is_mailed=False,
                language=language,
                session_ids=session_ids,
            )
            given = (tx, org_id, event_id, contact, answers)
            note_consents(*given, source=FORM, language=language)
    except Conflict as refusal:
        if refusal.code != "ticket_type.person_full":
            raise
        return False
    return True


def _has_places(event: Event, wanted: TicketType) -> bool:
    limits = ((event.capacity, event.held), (wanted.capacity, wanted.held))
    return all(capacity is None or held < capacity for capacity, held in limits)


def _has_offer(
    tx: Tx, org_id: OrgId, event_id: EventId, ticket_type_id: TicketTypeId, contact: Contact
) -> bool:
    """Whether a place of the type is held for this address. The page answers as if it
    were not: the ticket goes to the address."""
    person = find_person(tx, org_id, contact.email)
    own = find_offer(tx, org_id, event_id, person.id) if person else None
    return own is not None and own.ticket_type_id == ticket_type_id


def remind(tx: Tx, org_id: OrgId, event_id: EventId, email: str) -> bool:
    """Mail somebody the ticket or the place on the list that they have; whether they have one."""
    return _remind(tx, org_id, event_id, email, _find_known(tx, org_id, event_id, email))


def _find_known(tx: Tx, org_id: OrgId, event_id: EventId, email: str) -> _Known:
    person = find_person(tx, org_id, email)
    if person is None:
        return _Known(None, None)
    return _Known(person, booking.find_registration(tx, org_id, event_id, person.id))


def _remind(tx: Tx, org_id: OrgId, event_id: EventId, email: str, who: _Known) -> bool:
    person, known = who
    if person is None:
        return False
    if known and known.state is RegistrationState.CONFIRMED:
        ticket_id = sql.find_valid_ticket(tx, org_id=org_id, registration_id=known.id)
        if ticket_id:
            queue_paced_ticket_mail(tx, org_id, ticket_id, person.contact.email)
        return True
    if not find_open_entry(tx, org_id, event_id, person.id):
        return False
    if may_remind(tx, org_id, email):
        tell_again(tx, org_id, event_id, person.id)
    return True


def find_ticket_at_once(
    tx: Tx, org_id: OrgId, shown: EventView, email: str, *, is_proved: bool
) -> str:
    """The code of the ticket that the page may show right after it registered somebody, in the same
    transaction; empty for none. To who has proved the address it shows what they have; where
    the event shows tickets at once, a ticket that is new: never one that was there before."""
    if not (is_proved or shown.details.shows_ticket_at_once):
        return ""
    person = find_person(tx, org_id, email)
    if person is None:
        return ""
    tickets = list_valid_tickets_of_person(tx, org_id, shown.event.id, person.id)
    return next((one.code for one in tickets[::-1] if is_proved or one.created_at >= tx.now), "")


def tell_of_other(
    tx: Tx, org_id: OrgId, event_id: EventId, wanted: TicketType, email: str, base_url: str
) -> None:
    """Tell somebody that they are registered already, with a ticket of another type than the form
    asked for. The page says nothing of it."""
    known = _find_known(tx, org_id, event_id, email)
    _tell_of_other(tx, org_id, event_id, wanted, email, base_url, known)


def _tell_of_other(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    wanted: TicketType,
    email: str,
    base_url: str,
    who: _Known,
) -> None:
    person, known = who
    if person is None or known is None:
        return
    types = {ticket.ticket_type_id for ticket in list_valid_tickets(tx, org_id, known.id)}
    if not types or wanted.id in types or not may_remind(tx, org_id, email):
        return
    shown = get_shown_event(tx, org_id, event_id)
    own = booking.find_language(tx, org_id, event_id, person.id)
    chosen = choose_for(tx, org_id, shown, OTHER_TICKET, own)
    names = (neutralize(person.contact.first_name), neutralize(person.contact.last_name))
    to = Addressee(find_mail_address(tx, org_id, known), *names)
    said = Particulars(facts={"ticket_type": wanted.name}, registration_id=known.id)
    write(tx, org_id, shown, chosen, to, said, base_url=base_url)


def write_to_sender(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    email: str,
    kind: MailKind,
    base_url: str,
    language: str,
) -> None:
    """Write to the address that a form names, in its language, as often as an hour has room for."""
    if may_remind(tx, org_id, email):
        write_to_guest(tx, org_id, event_id, email, kind, base_url, language)
