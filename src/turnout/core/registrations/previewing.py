"""A mail of an event as somebody would get it, for its organizer to read and to send as a test."""

import html
from typing import NamedTuple

from turnout.catalogue.translations import label
from turnout.core.audit.recording import record
from turnout.core.events.showing import EventView, get_shown_event
from turnout.core.ids import EventId, OrgId, PersonId, TicketTypeId
from turnout.core.mails.model import KINDS, MailKind
from turnout.core.mails.sending import Addressee, Particulars, choose_for, fill_for, to_content
from turnout.core.mails.texts import ChosenText
from turnout.core.messaging.merging import Template
from turnout.core.messaging.model import NewRecipient
from turnout.core.messaging.notices import queue_content
from turnout.core.neutral import neutralize
from turnout.core.registrations import booking
from turnout.core.registrations.sql import sql
from turnout.core.text import is_email
from turnout.core.tickets.mails import MailedTicket, say_ticket
from turnout.core.waiting_list.mails import say_entry
from turnout.errors import Invalid
from turnout.store import Tx

HOUR_MS = 3_600_000
NOBODY = Addressee("ada@example.com", "Ada", "Lovelace")
CODE = "AB2CD3EF4G"
# Where links of somebody's own would lead that nobody has yet.
SAMPLE = "preview"


class Preview(NamedTuple):
    """A mail, filled in. `is_own`: of a text that the organizer wrote."""

    language: str
    subject: str
    text: str
    html: str
    is_own: bool


class _Drafted(NamedTuple):
    chosen: ChosenText
    to: Addressee
    said: Particulars


def preview_mail(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    kind: MailKind,
    base_url: str,
    *,
    language: str = "",
    person_id: PersonId | None = None,
) -> Preview:
    """The mail of a kind as a person would get it, None = somebody made up; `language` empty = as
    they registered. Raises Missing."""
    shown = get_shown_event(tx, org_id, event_id)
    drafted = _draft(tx, org_id, shown, kind, base_url, language, person_id)
    composed, fields = fill_for(tx, org_id, shown, *drafted, base_url)
    return Preview(
        drafted.chosen.language,
        Template(composed.subject).merge(fields),
        Template(composed.text).merge(fields),
        Template(composed.html, html.escape, is_html=True).merge(fields),
        drafted.chosen.is_own,
    )


def send_test(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    kind: MailKind,
    base_url: str,
    address: str,
    *,
    language: str = "",
    person_id: PersonId | None = None,
    actor: str,
) -> None:
    """Queue that mail to an address, without what would be attached. Not idempotent. Raises
    Missing, Invalid for an address that is none."""
    if not is_email(address.strip()):
        raise Invalid("contact.email", email=address)
    shown = get_shown_event(tx, org_id, event_id)
    drafted = _draft(tx, org_id, shown, kind, base_url, language, person_id)
    composed, fields = fill_for(tx, org_id, shown, *drafted, base_url)
    recipient = NewRecipient(address.strip(), fields=fields)
    queue_content(tx, org_id, None, to_content(tx, org_id, composed), [recipient])
    record(tx, org_id, actor, "sent test mail", "event", event_id, kind=kind)


def _draft(
    tx: Tx,
    org_id: OrgId,
    shown: EventView,
    kind: MailKind,
    base_url: str,
    language: str,
    person_id: PersonId | None,
) -> _Drafted:
    to, code, own = NOBODY, "", ""
    if person_id is not None:
        contact = booking.get_contact(tx, org_id, person_id)
        names = (neutralize(contact.first_name), neutralize(contact.last_name))
        to = Addressee(contact.email, *names)
        event_id = shown.event.id
        found = sql.find_ticket_code(tx, org_id=org_id, event_id=event_id, person_id=person_id)
        code = found or ""
        own = sql.find_language(tx, org_id=org_id, event_id=event_id, person_id=person_id) or ""
    chosen = choose_for(tx, org_id, shown, kind, language or own)
    if KINDS[kind].is_news:
        to = to._replace(is_greeted=False)
    if KINDS[kind].is_to_stranger:
        to = Addressee(to.email)
    return _Drafted(chosen, to, _say(tx, org_id, shown, kind, base_url, code, chosen.language))


def _say(
    tx: Tx, org_id: OrgId, shown: EventView, kind: MailKind, base_url: str, code: str, language: str
) -> Particulars:
    link = f"{base_url}/{{}}/{SAMPLE}"
    if kind in (MailKind.WAITING, MailKind.OFFER):
        deadline = tx.now + 24 * HOUR_MS if kind is MailKind.OFFER else None
        type_id = shown.ticket_types[0].id if shown.ticket_types else TicketTypeId(0)
        return say_entry(shown, type_id, link.format("waiting"), deadline, language)
    if kind is MailKind.CERTIFICATE:
        return Particulars({"certificate_link": link.format("certificate")})
    type_name = shown.ticket_types[0].name if shown.ticket_types else ""
    if kind is MailKind.REGISTRATION_CHANGED:
        return Particulars(facts={"changes": label(language, "mail.now_type", type=type_name)})
    ticket = MailedTicket(org_id, shown, code or CODE, type_name)
    return say_ticket(ticket, base_url, [], language)
