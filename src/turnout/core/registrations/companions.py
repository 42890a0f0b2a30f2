"""People whom somebody registers along on an event's page: a plus one, or a party.

Theory. All are registered, or nobody; which of both depends on the event and on the form alone, as
everything that the page answers (forms.py). A companion with an address is registered as if they
had sent the form themselves: the ticket goes to that address, so the sender's mailbox does not tell
whether they were registered before, and a ticket type's limit for one person counts them alone. One
without an address is a guest of the sender's party (parties.py): the mails go to the sender, with
whose tickets they are counted at the limit. A form that is sent twice registers nobody twice: the
sender's guest of the same name is there already. Nobody consents to messages for somebody else.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from turnout.core.events.model import Event, TicketType
from turnout.core.events.programmes import Item, get_programme
from turnout.core.events.showing import get_shown_event
from turnout.core.ids import EventId, OrgId, PartyId, PersonId, SessionId, TicketId, TicketTypeId
from turnout.core.mails.model import MailKind
from turnout.core.messaging.consents import FORM, note_consents
from turnout.core.people.contacts import check_contact, check_details
from turnout.core.people.merging import add_guest, know_person
from turnout.core.people.model import Contact
from turnout.core.questions.model import Answer
from turnout.core.questions.reading import accept_answers
from turnout.core.registrations import booking
from turnout.core.registrations.forms import check_sessions, remind, tell_of_other, write_to_sender
from turnout.core.registrations.granting import Wish, grant_checked
from turnout.core.registrations.joining import (
    SOURCES,
    queue_paced_ticket_mails,
    register_checked,
)
from turnout.core.registrations.model import Submitted
from turnout.core.registrations.offers import open_sale
from turnout.core.registrations.rules import Door
from turnout.core.registrations.sql import sql
from turnout.core.text import email_key
from turnout.errors import Conflict, Invalid
from turnout.store import Tx

FULL = "ticket_type.person_full"


class Companion(NamedTuple):
    """Somebody who comes along. The address may be empty, a name may not."""

    contact: Contact
    ticket_type_id: TicketTypeId
    answers: Sequence[Answer] = ()

    @property
    def has_address(self) -> bool:
        return bool(self.contact.email.strip())


class _Sent(NamedTuple):
    """A form that was checked; `people` are the sender and those who come along."""

    org_id: OrgId
    event_id: EventId
    people: list[Companion]
    types: dict[TicketTypeId, TicketType]
    sti: str
    language: str
    session_ids: dict[TicketTypeId, list[SessionId]]

    @property
    def sender(self) -> Companion:
        return self.people[0]


def register_with_companions(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    sender: Companion,
    companions: Sequence[Companion],
    base_url: str,
    *,
    sti: str = "",
    language: str = "",
    session_ids: Sequence[SessionId] = (),
) -> None:
    """Register who sends the page's form, with those whom they bring, and mail the tickets, or mail
    again what they have. The sessions are booked for each whose ticket they are for. Idempotent but
    for the mails.

    Raises Conflict if there are not as many places, or sessions' places, as people, and at a limit
    for one person that the form itself is over; Invalid for more than the event's `companions`, for
    an address that comes twice, and as `register_by_form` does.
    """
    people = [_accept(tx, org_id, event_id, one) for one in (sender, *companions)]
    most = get_shown_event(tx, org_id, event_id).details.companions
    if len(companions) > most:
        raise Invalid("companions.many", limit=most)
    _check_contacts(people)
    types = _check_places(tx, org_id, event_id, people)
    chosen = _choose_sessions(tx, org_id, event_id, people, session_ids)
    form = _Sent(org_id, event_id, people, types, sti, language, chosen)
    try:
        with tx.savepoint():
            tickets = _register(tx, form, base_url)
    except Conflict as refusal:
        if refusal.code != FULL:
            raise
        _say_no_more(tx, form, sender, base_url)
    else:
        _mail_sender(tx, form, tickets, base_url)


# -- what depends on the event and the form alone ------------------------------------------


def _accept(tx: Tx, org_id: OrgId, event_id: EventId, one: Companion) -> Companion:
    """Somebody with the answers as they are kept."""
    kept = accept_answers(tx, org_id, event_id, one.answers, must_meet=one.ticket_type_id)
    return one._replace(answers=kept)


def _check_contacts(people: Sequence[Companion]) -> None:
    sender, *others = people
    check_contact(sender.contact)
    seen = {email_key(sender.contact.email)}
    for one in others:
        check_details(one.contact)
        if not one.has_address:
            continue
        check_contact(one.contact)
        key = email_key(one.contact.email)
        if key in seen:
            raise Invalid("companions.twice", email=one.contact.email.strip())
        seen.add(key)


def _check_places(
    tx: Tx, org_id: OrgId, event_id: EventId, people: Sequence[Companion]
) -> dict[TicketTypeId, TicketType]:
    """The types that they want. Raises Conflict if there are fewer places than people."""
    types = {}
    wanted = Counter(one.ticket_type_id for one in people)
    own = Counter(one.ticket_type_id for one in people if one is people[0] or not one.has_address)
    for type_id, count in sorted(wanted.items()):
        event, kind = open_sale(tx, org_id, event_id, type_id)
        if kind.person_limit is not None and own[type_id] > kind.person_limit:
            raise Conflict("companions.limit", name=kind.name, limit=kind.person_limit)
        if _find_left(event, kind, len(people), count) < 0:
            raise Conflict("companions.places", people=len(people))
        types[type_id] = kind
    return types


def _find_left(event: Event, kind: TicketType, people: int, count: int) -> int:
    """How many places are left after them: below 0 = too few."""
    limits = ((event.capacity, event.held + people), (kind.capacity, kind.held + count))
    return min((capacity - held for capacity, held in limits if capacity is not None), default=0)


def _choose_sessions(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    people: Sequence[Companion],
    session_ids: Sequence[SessionId],
) -> dict[TicketTypeId, list[SessionId]]:
    """The sessions for each type that somebody has; those of the sender's are held against the
    programme. Raises Conflict, Invalid."""
    check_sessions(tx, org_id, event_id, people[0].ticket_type_id, session_ids)
    items = [item for item in get_programme(tx, org_id, event_id).items if item.id in session_ids]
    for item in items:
        coming = sum(_is_for(item, one.ticket_type_id) for one in people)
        if item.left is not None and item.left < coming:
            raise Conflict("companions.session", title=item.title)
    types = {one.ticket_type_id for one in people}
    return {type_id: [item.id for item in items if _is_for(item, type_id)] for type_id in types}


def _is_for(item: Item, type_id: TicketTypeId) -> bool:
    return not item.ticket_type_ids or type_id in item.ticket_type_ids


# -- what depends on who they are ----------------------------------------------------------


def _register(tx: Tx, form: _Sent, base_url: str) -> list[TicketId]:
    """Register all, and mail those companions who have an address; returns the new tickets of those
    who have none."""
    sender_id = know_person(tx, form.org_id, form.sender.contact)
    there = Counter(_list_guests(tx, form, sender_id))
    party_id: PartyId | None = None
    tickets = []
    # By type, as everything takes places in that order.
    for one in sorted(form.people, key=lambda one: one.ticket_type_id):
        if one is form.sender:
            _register_one(tx, form, one)
            given = (tx, form.org_id, form.event_id, one.contact, one.answers)
            note_consents(*given, source=FORM, language=form.language)
        elif one.has_address:
            _register_companion(tx, form, one, base_url)
        elif there[name := _key_of(one.contact.first_name, one.contact.last_name)]:
            there[name] -= 1
        else:
            party_id = party_id or _add_party(tx, form, sender_id)
            tickets.append(_register_guest(tx, form, one, party_id))
    return tickets


def _register_one(tx: Tx, form: _Sent, one: Companion) -> None:
    whose = (tx, form.org_id, form.event_id, one.ticket_type_id, one.contact)
    register_checked(
        *whose,
        sti=form.sti,
        answers=one.answers,
        is_mailed=False,
        language=form.language,
        session_ids=form.session_ids[one.ticket_type_id],
    )


def _register_companion(tx: Tx, form: _Sent, one: Companion, base_url: str) -> None:
    """Register somebody with an address of their own, to which all is said that they alone know."""
    try:
        with tx.savepoint():
            _register_one(tx, form, one)
    except Conflict as refusal:
        if refusal.code != FULL:
            raise
        _say_no_more(tx, form, one, base_url)
        return
    remind(tx, form.org_id, form.event_id, one.contact.email)
    _tell_of_other(tx, form, one, base_url)


def _add_party(tx: Tx, form: _Sent, sender_id: PersonId) -> PartyId:
    id_ = PartyId(tx.next_id("registration"))
    sql.add_party(
        tx, org_id=form.org_id, id=id_, event_id=form.event_id, contact_id=sender_id, now=tx.now
    )
    return id_


def _register_guest(tx: Tx, form: _Sent, one: Companion, party_id: PartyId) -> TicketId:
    wish = Wish(
        Door.FORM,
        form.event_id,
        add_guest(tx, form.org_id, one.contact),
        one.ticket_type_id,
        source=SOURCES[Door.FORM],
        submitted=Submitted(one.contact, list(one.answers)),
        sti=form.sti,
        party_id=party_id,
        language=form.language,
        session_ids=tuple(form.session_ids[one.ticket_type_id]),
    )
    return grant_checked(tx, form.org_id, wish).ticket.id


def _list_guests(tx: Tx, form: _Sent, sender_id: PersonId) -> Iterable[str]:
    """The names of the guests whom the sender has registered already."""
    for row in sql.list_party_guests(
        tx, org_id=form.org_id, event_id=form.event_id, contact_id=sender_id
    ):
        yield _key_of(row.first_name, row.last_name)


def _key_of(*names: str) -> str:
    return " ".join(" ".join(names).casefold().split())


# -- mails ---------------------------------------------------------------------------------


def _mail_sender(tx: Tx, form: _Sent, tickets: Sequence[TicketId], base_url: str) -> None:
    """Mail the sender's ticket, and with it those of their guests."""
    org_id, contact = form.org_id, form.sender.contact
    _tell_of_other(tx, form, form.sender, base_url)
    known = booking.find_registration(tx, org_id, form.event_id, know_person(tx, org_id, contact))
    own = sql.find_valid_ticket(tx, org_id=org_id, registration_id=known.id) if known else None
    ids = [own, *tickets] if own else tickets
    queue_paced_ticket_mails(tx, org_id, ids, contact.email.strip())


def _tell_of_other(tx: Tx, form: _Sent, one: Companion, base_url: str) -> None:
    wanted = form.types[one.ticket_type_id]
    tell_of_other(tx, form.org_id, form.event_id, wanted, one.contact.email, base_url)


def _say_no_more(tx: Tx, form: _Sent, one: Companion, base_url: str) -> None:
    whose = (tx, form.org_id, form.event_id, one.contact.email)
    write_to_sender(*whose, MailKind.NO_MORE, base_url, form.language)
