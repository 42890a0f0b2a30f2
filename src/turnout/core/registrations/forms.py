"""What the forms of an event's page do: anybody may send them, with anybody's address.

Theory. The page must tell nobody who else is registered or waits. So what a form answers depends on
the event alone: whether a place of the wanted type is free. All that depends on the person goes to
their address by mail: the ticket (again), the place on the list (again), or what else can be done.
The mails to one address are paced (form_limits.py): a ticket is held until its hour,
the first mail about a place on a list goes out, and what only says it again is left out.
"""

from collections.abc import Sequence

from turnout.core.events.model import Event, TicketType
from turnout.core.ids import EventId, OrgId, TicketTypeId
from turnout.core.mails.model import MailKind
from turnout.core.messaging.consents import FORM, note_consents
from turnout.core.people.merging import find_person
from turnout.core.people.model import Contact
from turnout.core.questions.model import Answer
from turnout.core.questions.reading import accept_answers
from turnout.core.registrations import booking
from turnout.core.registrations.extras import with_answers
from turnout.core.registrations.form_limits import may_remind
from turnout.core.registrations.joining import (
    check_open,
    queue_paced_ticket_mail,
    register_checked,
)
from turnout.core.registrations.model import RegistrationState
from turnout.core.registrations.offers import join_list
from turnout.core.registrations.sql import sql
from turnout.core.tickets.mails import write_to_guest
from turnout.core.waiting_list.entries import find_offer, find_open_entry, tell_again
from turnout.errors import Conflict
from turnout.store import Tx


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
) -> Conflict | None:
    """Register somebody who asks on the event's page, and mail the ticket, or mail again what they
    have; `base_url` is this server's address, `language` that of the page. Idempotent but for the
    mails.

    Returns a refusal if no place is free: a value, so that the mail goes out. Raises
    as `register_directly` does, for reasons of the event or the form alone.
    """
    event, wanted = check_open(tx, org_id, event_id, ticket_type_id)
    answers = accept_answers(tx, org_id, event_id, answers, must_meet=ticket_type_id)
    whose = (tx, org_id, event_id, ticket_type_id, contact)
    if _has_places(event, wanted):
        if _register(*whose, sti=sti, answers=answers, language=language):
            _remind(tx, org_id, event_id, contact.email)
        else:
            _write(tx, org_id, event_id, contact.email, MailKind.NO_MORE, base_url, language)
        return None
    if _has_offer(*whose):
        _register(*whose, sti=sti, answers=answers, language=language)
    if not _remind(tx, org_id, event_id, contact.email):
        _write(tx, org_id, event_id, contact.email, MailKind.NO_PLACE, base_url, language)
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
) -> Conflict | None:
    """Put somebody on the waiting list who asks on the event's page, or mail again what they have.

    Returns a refusal if there are places: a value, so that the mail goes out. Raises
    as `register_by_form` does.
    """
    event, wanted = check_open(tx, org_id, event_id, ticket_type_id)
    answers = accept_answers(tx, org_id, event_id, answers, must_meet=ticket_type_id)
    is_free = _has_places(event, wanted)
    if not _remind(tx, org_id, event_id, contact.email):
        if is_free:
            _write(tx, org_id, event_id, contact.email, MailKind.HAS_PLACES, base_url, language)
        else:
            may_remind(tx, org_id, contact.email)
            whose = (tx, org_id, event_id, ticket_type_id, contact)
            extras = with_answers(contact, answers)
            join_list(*whose, sti=sti, extras=extras, language=language)
            given = (tx, org_id, event_id, contact, answers)
            note_consents(*given, source=FORM, language=language)
    return Conflict("waiting.places") if is_free else None


def _register(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    ticket_type_id: TicketTypeId,
    contact: Contact,
    *,
    sti: str,
    answers: Sequence[Answer],
    language: str,
) -> bool:
    """Register somebody; False at the limit for one person, which the page tells nobody."""
    try:
        with tx.savepoint():
            whose = (tx, org_id, event_id, ticket_type_id, contact)
            register_checked(*whose, sti=sti, answers=answers, is_mailed=False, language=language)
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


def _remind(tx: Tx, org_id: OrgId, event_id: EventId, email: str) -> bool:
    """Mail somebody the ticket or the place on the list that they have; whether they have one."""
    person = find_person(tx, org_id, email)
    if person is None:
        return False
    known = booking.find_registration(tx, org_id, event_id, person.id)
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


def _write(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    email: str,
    kind: MailKind,
    base_url: str,
    language: str,
) -> None:
    if may_remind(tx, org_id, email):
        write_to_guest(tx, org_id, event_id, email, kind, base_url, language)
