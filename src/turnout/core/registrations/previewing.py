"""A mail of an event as somebody would get it, for its organizer to read and to send as a test."""

import html
from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from turnout.catalogue.translations import label
from turnout.core.audit.recording import record
from turnout.core.events.copying import shift, shift_between
from turnout.core.events.showing import EventView, get_shown_event
from turnout.core.ids import EventId, OrgId, PersonId, RegistrationId, TicketTypeId
from turnout.core.mails.composing import Composed
from turnout.core.mails.model import KINDS, MY_LINK, MailKind, MailText
from turnout.core.mails.sending import Addressee, Particulars, choose_for, fill_for, to_content
from turnout.core.mails.texts import ChosenText, check_text
from turnout.core.messaging.merging import Template
from turnout.core.messaging.model import NewRecipient
from turnout.core.messaging.notices import queue_content
from turnout.core.neutral import neutralize
from turnout.core.registrations import booking
from turnout.core.registrations.sql import sql
from turnout.core.text import is_email
from turnout.core.tickets.event_news import LISTED, draft_news
from turnout.core.tickets.guest_links import MY
from turnout.core.tickets.mails import MailedTicket, say_ticket
from turnout.core.waiting_list.mails import say_entry
from turnout.errors import Invalid
from turnout.store import Tx

HOUR_MS = 3_600_000
NOBODY = Addressee("ada@example.com", "Ada", "Lovelace")
CODE = "AB2CD3EF4G"
# Where links of somebody's own would lead that nobody has yet.
SAMPLE = "preview"
NO_REGISTRATION = RegistrationId(0)


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
    text: MailText | None = None,
) -> Preview:
    """The mail of a kind as a person would get it, None = somebody made up; `language` empty = as
    they registered; `text` None = the one that is kept, else one that is only being written. Raises
    Missing, Invalid for a text that could not be kept."""
    shown = get_shown_event(tx, org_id, event_id)
    drafted = _draft(tx, org_id, shown, kind, base_url, language, person_id)
    if text is not None:
        check_text(kind, text)
        drafted = drafted._replace(chosen=drafted.chosen._replace(text=text))
    composed, fields = fill_for(tx, org_id, shown, *drafted, base_url)
    fields |= {MY_LINK: f"{base_url}{MY}{SAMPLE}"}
    return _merge(composed, fields, drafted.chosen)


def preview_news(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    kind: MailKind,
    base_url: str,
    *,
    message: str = "",
    starts_local: str = "",
    is_date_open: bool = False,
) -> Preview:
    """What everybody who is registered would be told, as somebody made up would get it: that the
    event is cancelled, has changed, or is postponed to `starts_local` (empty = as it is), or
    without a new date. Raises Missing, Invalid for a time that is not one there."""
    shown = get_shown_event(tx, org_id, event_id)
    if is_date_open:
        shown = shown._replace(details=msgspec.structs.replace(shown.details, is_date_open=True))
    if starts_local:
        days = shift_between(shown.event.starts_local, starts_local)
        when = msgspec.structs.asdict(shift(shown.event, days))
        shown = shown._replace(event=msgspec.structs.replace(shown.event, **when))
    composed = draft_news(tx, org_id, shown, kind, message, base_url)
    said = {
        "first_name": NOBODY.first_name,
        "last_name": NOBODY.last_name,
        "ticket_code": CODE,
        "ticket_link": f"{base_url}/ticket/{SAMPLE}",
        MY_LINK: f"{base_url}{MY}{SAMPLE}",
    }
    fields = {LISTED[name]: value for name, value in said.items()}
    return _merge(composed, fields, choose_for(tx, org_id, shown, kind))


def _merge(composed: Composed, fields: Mapping[str, str], chosen: ChosenText) -> Preview:
    return Preview(
        chosen.language,
        Template(composed.subject).merge(fields),
        Template(composed.text).merge(fields),
        Template(composed.html, html.escape, is_html=True).merge(fields),
        chosen.is_own,
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
    text: MailText | None = None,
    actor: str,
) -> None:
    """Queue that mail to an address, without what would be attached; `text` as in `preview_mail`.
    Not idempotent. Raises Missing, Invalid for an address that is none."""
    if not is_email(address.strip()):
        raise Invalid("contact.email", email=address)
    shown = get_shown_event(tx, org_id, event_id)
    drafted = _draft(tx, org_id, shown, kind, base_url, language, person_id)
    if text is not None:
        check_text(kind, text)
        drafted = drafted._replace(chosen=drafted.chosen._replace(text=text))
    composed, fields = fill_for(tx, org_id, shown, *drafted, base_url)
    fields |= {MY_LINK: f"{base_url}{MY}{SAMPLE}"}
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
    said = _say(tx, org_id, shown, kind, base_url, code, chosen.language)
    if MY_LINK in KINDS[kind].fields:
        said = said._replace(registration_id=NO_REGISTRATION)
    return _Drafted(chosen, to, said)


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
