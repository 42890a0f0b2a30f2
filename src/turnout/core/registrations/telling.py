"""What people are told by mail when staff change their registration, in the same transaction.

A restored registration and a ticket that is passed on bring a new ticket, whose mail says it; here
are the mails of what takes something away, or changes it. They go where the tickets go. A candidate
gets the notices of the exam (exams/letters.py), not these.
"""

from collections.abc import Mapping
from typing import NamedTuple

from turnout.catalogue.translations import label
from turnout.core.events.programme import list_sessions, list_ticket_types
from turnout.core.events.showing import EventView, get_shown_event
from turnout.core.ids import OrgId, RegistrationId, SessionId, TicketTypeId
from turnout.core.mails.composing import check_own_words
from turnout.core.mails.model import MailKind
from turnout.core.mails.sending import Addressee, Particulars, choose_for, write
from turnout.core.neutral import neutralize
from turnout.core.registrations import booking
from turnout.core.registrations.model import Registration
from turnout.core.registrations.sql import sql
from turnout.core.site.address import find_address
from turnout.core.text import clean_paragraph
from turnout.core.tickets.issuing import list_valid_tickets
from turnout.store import Tx

LONGEST_MESSAGE = 5_000


class Holding(NamedTuple):
    """What a registration holds: the types of its valid tickets, and the sessions."""

    type_ids: set[TicketTypeId]
    session_ids: set[SessionId]


def tell_cancelled(
    tx: Tx, org_id: OrgId, registration_id: RegistrationId, *, message: str = ""
) -> bool:
    """Tell somebody that their registration is cancelled; `message` is the organizer's own words.
    False = there is no address, or it is a candidate's. Not idempotent. Raises Missing, Invalid for
    a `message` with merge fields."""
    check_own_words(message)
    whose = _find_reader(tx, org_id, registration_id)
    facts = {"message": clean_paragraph(message[:LONGEST_MESSAGE]).strip()}
    return _tell(tx, org_id, whose, MailKind.REGISTRATION_CANCELLED, facts=facts)


def tell_passed_on(tx: Tx, org_id: OrgId, registration_id: RegistrationId, code: str) -> bool:
    """Tell somebody that a ticket of theirs was passed on; as `tell_cancelled`."""
    whose = _find_reader(tx, org_id, registration_id)
    return _tell(tx, org_id, whose, MailKind.TRANSFERRED, fields={"ticket_code": code})


def read_holding(tx: Tx, org_id: OrgId, registration_id: RegistrationId) -> Holding:
    """What a registration holds, for `tell_changed` after a change."""
    tickets = list_valid_tickets(tx, org_id, registration_id)
    sessions = booking.list_booked_sessions(tx, org_id, registration_id)
    return Holding({ticket.ticket_type_id for ticket in tickets}, set(sessions))


def tell_changed(tx: Tx, org_id: OrgId, registration_id: RegistrationId, before: Holding) -> bool:
    """Tell somebody which ticket type and sessions they have since `before`; as `tell_cancelled`.
    Where nothing of that changed, nobody is told."""
    now = read_holding(tx, org_id, registration_id)
    if now == before:
        return False
    whose = _find_reader(tx, org_id, registration_id)
    lines = _say_changes(tx, org_id, whose, before, now)
    facts = {"changes": "\n".join(lines)}
    return bool(lines) and _tell(tx, org_id, whose, MailKind.REGISTRATION_CHANGED, facts=facts)


def find_mail_address(tx: Tx, org_id: OrgId, registration: Registration) -> str:
    """Where its tickets are mailed to: to the contact of its party, if it has one."""
    own = booking.get_contact(tx, org_id, registration.person_id).email
    if registration.party_id is None:
        return own
    return sql.find_party_address(tx, org_id=org_id, id=registration.party_id) or own


class _Reader(NamedTuple):
    """Whose registration it is, and who reads the mail: `is_guest`, the contact of their party."""

    registration: Registration
    shown: EventView
    to: Addressee
    language: str
    is_guest: bool


def _find_reader(tx: Tx, org_id: OrgId, registration_id: RegistrationId) -> _Reader:
    registration = booking.lock_registration(tx, org_id, registration_id)
    contact = booking.get_contact(tx, org_id, registration.person_id)
    address = find_mail_address(tx, org_id, registration)
    is_guest = address != contact.email
    names = (neutralize(contact.first_name), neutralize(contact.last_name))
    to = Addressee(address, *names, is_greeted=not is_guest)
    event_id, person_id = registration.event_id, registration.person_id
    own = sql.find_language(tx, org_id=org_id, event_id=event_id, person_id=person_id)
    shown = get_shown_event(tx, org_id, event_id)
    return _Reader(registration, shown, to, own or "", is_guest)


def _say_changes(tx: Tx, org_id: OrgId, whose: _Reader, before: Holding, now: Holding) -> list[str]:
    """A line for each ticket type and session that is new, and each session that is left."""
    chosen = choose_for(tx, org_id, whose.shown, MailKind.REGISTRATION_CHANGED, whose.language)
    event_id, language = whose.shown.event.id, chosen.language
    added, left = now.session_ids - before.session_ids, before.session_ids - now.session_ids
    sessions = list_sessions(tx, org_id, event_id)
    return [
        *(
            label(language, "mail.now_type", type=kind.name)
            for kind in list_ticket_types(tx, org_id, event_id)
            if kind.id in now.type_ids - before.type_ids
        ),
        *(label(language, "mail.now_booked", session=s.title) for s in sessions if s.id in added),
        *(label(language, "mail.now_left", session=s.title) for s in sessions if s.id in left),
    ]


def _tell(
    tx: Tx,
    org_id: OrgId,
    whose: _Reader,
    kind: MailKind,
    *,
    fields: Mapping[str, str] = {},
    facts: Mapping[str, str] = {},
) -> bool:
    if not whose.to.email or whose.registration.sitting:
        return False
    chosen = choose_for(tx, org_id, whose.shown, kind, whose.language)
    is_named = whose.is_guest and whose.to.name
    guest = label(chosen.language, "mail.about_guest", name=whose.to.name) if is_named else ""
    own = {**fields, "guest": guest}
    said = Particulars(own, facts, registration_id=whose.registration.id)
    write(tx, org_id, whose.shown, chosen, whose.to, said, base_url=find_address(tx) or "")
    return True
