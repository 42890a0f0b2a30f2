"""What everybody who is registered is told when an event changes: a mail, and a calendar file that
replaces the entry in their calendars or takes it out.

The mail to those who registered in one language is one job to a live list, however many they are:
what it says of a person comes with the list (registrations/live_lists.py).
"""

from collections.abc import Mapping
from typing import NamedTuple

from turnout.catalogue.translations import label
from turnout.core.audit.recording import record
from turnout.core.events.model import EventState
from turnout.core.events.showing import EventView, get_shown_event
from turnout.core.identity.organizations import get_organization_of
from turnout.core.identity.short_names import page_path
from turnout.core.ids import EventId, OrgId
from turnout.core.mails.composing import Composed, check_own_words, compose
from turnout.core.mails.facts import brand_of, event_filling
from turnout.core.mails.model import MY_LINK, MailKind
from turnout.core.mails.sending import choose_for, to_content, with_my_link
from turnout.core.messaging.model import JobFile, NewRecipient
from turnout.core.messaging.notices import keep_file, queue_content, queue_to_list
from turnout.core.tickets.documents import event_entry
from turnout.core.tickets.mails import calendar_attachment
from turnout.core.tickets.sql import sql
from turnout.store import Tx

LONGEST_MESSAGE = 5_000
# What is said of a postponed event whose new date is not known.
DATE_OPEN = "date_open"
# By which names a live list knows what a text says of a person.
LISTED = {
    "first_name": "firstname",
    "last_name": "lastname",
    "ticket_code": "ticketcode",
    "ticket_link": "ticketurl",
    MY_LINK: MY_LINK,
}


class Told(NamedTuple):
    """How many are written to: who is registered, contacts of their parties, who waits."""

    registered: int
    contacts: int
    waiting: int = 0


class _News(NamedTuple):
    """What is told; `message` the organizer's own words."""

    shown: EventView
    kind: MailKind
    message: str
    base_url: str
    files: tuple[JobFile, ...]


def tell_registered(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    *,
    base_url: str,
    message: str = "",
    kind: MailKind = MailKind.CHANGED,
    actor: str,
) -> Told:
    """Write to everybody who is registered that the event has changed (or is postponed) or is
    cancelled, as it is now, in the transaction that changes it, each in the language of their
    registration; `message` is the organizer's own words, `base_url` empty where this server's
    address is not known. Call `formats.calendar.load` before. The contact of a party is told of
    guests without an address. Not idempotent. Raises Missing, Invalid for a `message` with merge
    fields."""
    check_own_words(message)
    shown = get_shown_event(tx, org_id, event_id)
    if shown.event.state is EventState.CANCELLED:
        kind = MailKind.CANCELLED
    organization = get_organization_of(tx, org_id)
    url = f"{base_url}{page_path(organization.slug)}/{event_id}"
    entry = event_entry(shown, organization.name, tx.now, url, is_holders=True)
    calendar = keep_file(tx, org_id, *calendar_attachment(entry))
    news = _News(shown, kind, message[:LONGEST_MESSAGE], base_url, (calendar,))
    jobs = [
        _tell_list(tx, org_id, news, language)
        for (language,) in sql.list_languages(tx, org_id=org_id, event_id=event_id)
    ]
    contacts = _tell_contacts(tx, org_id, news)
    record(tx, org_id, actor, "told", "event", event_id, jobs=jobs, contacts=contacts)
    registered = sql.count_addressed(tx, org_id=org_id, event_id=event_id)
    return Told(registered, contacts)


def count_told(tx: Tx, org_id: OrgId, event_id: EventId) -> Told:
    """How many `tell_registered` would write to; nobody of the waiting list."""
    contacts = sql.list_party_contacts(tx, org_id=org_id, event_id=event_id)
    return Told(sql.count_addressed(tx, org_id=org_id, event_id=event_id), len(contacts))


def draft_news(
    tx: Tx, org_id: OrgId, shown: EventView, kind: MailKind, message: str, base_url: str
) -> Composed:
    """What `tell_registered` would write of the event as it is `shown`, in the event's language;
    fields of a person are still in it, by the names that LISTED gives them."""
    news = _News(shown, kind, message[:LONGEST_MESSAGE], base_url, ())
    return _compose(tx, org_id, news, "", LISTED)


def _tell_list(tx: Tx, org_id: OrgId, news: _News, language: str) -> int:
    """Write to those who registered in a language, empty = in none. Returns the job's number."""
    composed = _compose(tx, org_id, news, language, LISTED)
    content = to_content(tx, org_id, composed, news.files)
    return queue_to_list(tx, org_id, f"event:{news.shown.event.id}@{language}", content)


def _tell_contacts(tx: Tx, org_id: OrgId, news: _News) -> int:
    """Write to contacts of guests without an address. Returns how many they are."""
    rows = sql.list_party_contacts(tx, org_id=org_id, event_id=news.shown.event.id)
    composed = _compose(tx, org_id, news, "", {}, note="mail.contact_note")
    content = to_content(tx, org_id, composed, news.files)
    queue_content(tx, org_id, None, content, [NewRecipient(row.email) for row in rows])
    return len(rows)


def _compose(
    tx: Tx, org_id: OrgId, news: _News, own: str, merged: Mapping[str, str], note: str = ""
) -> Composed:
    shown = news.shown
    is_date_open = news.kind is MailKind.POSTPONED and shown.details.is_date_open
    chosen = choose_for(tx, org_id, shown, DATE_OPEN if is_date_open else news.kind, own)
    language, text = chosen.language, chosen.text
    if MY_LINK in merged:
        text = with_my_link(chosen)
    if note:
        text = text._replace(body=f"{text.body}\n\n{label(language, note)}")
    organization = get_organization_of(tx, org_id)
    filling = event_filling(shown, organization, news.base_url, language, message=news.message)
    brand = brand_of(tx, org_id, shown, language)
    return compose(text, filling._replace(merged=merged, brand=brand), language)
