"""What everybody who is registered is told when an event changes: a mail, and a calendar file that
replaces the entry in their calendars or takes it out."""

from typing import NamedTuple

from turnout.core.audit.recording import record
from turnout.core.events.model import EventState
from turnout.core.events.showing import EventView, get_shown_event
from turnout.core.identity.organizations import get_organization_of
from turnout.core.identity.profiles import get_sender
from turnout.core.identity.short_names import page_path
from turnout.core.ids import EventId, OrgId
from turnout.core.messaging.notices import keep_file, queue_mail, queue_to_list
from turnout.core.tickets.documents import event_entry, say_when, say_where
from turnout.core.tickets.mails import calendar_attachment
from turnout.core.tickets.sql import sql
from turnout.store import Tx

LONGEST_MESSAGE = 5_000


class Told(NamedTuple):
    """How many are written to: who is registered, contacts of their parties, who waits."""

    registered: int
    contacts: int
    waiting: int = 0


def tell_registered(
    tx: Tx, org_id: OrgId, event_id: EventId, *, base_url: str, message: str = "", actor: str
) -> Told:
    """Write to everybody who is registered that the event has changed or is cancelled, as it is
    now, in the transaction that changes it; `message` is the organizer's own words,
    `base_url` empty where this server's address is not known. Call
    `formats.calendar.load` before. The contact of a party is told of guests without an address.
    Not idempotent. Raises Missing."""
    shown = get_shown_event(tx, org_id, event_id)
    organization = get_organization_of(tx, org_id)
    sender = get_sender(tx, org_id)
    url = f"{base_url}{page_path(organization.slug)}/{event_id}"
    entry = event_entry(shown, organization.name, tx.now, url, is_holders=True)
    calendar = calendar_attachment(entry)
    subject, files = _subject(shown), (keep_file(tx, org_id, *calendar),)
    lines = [*_lines(shown, message[:LONGEST_MESSAGE]), *(["", url] if base_url else [])]
    job_id = queue_to_list(
        tx,
        org_id,
        f"event:{event_id}",
        subject,
        lines,
        files,
        sender=sender,
    )
    contacts = [row.email for row in sql.list_party_contacts(tx, org_id=org_id, event_id=event_id)]
    why = ["", "You get this as the contact of people who are registered."]
    queue_mail(tx, org_id, None, subject, [*lines, *why], contacts, files, sender=sender)
    record(tx, org_id, actor, "told", "event", event_id, job=job_id, contacts=len(contacts))
    registered = sql.count_addressed(tx, org_id=org_id, event_id=event_id)
    return Told(registered, len(contacts))


def _subject(shown: EventView) -> str:
    event = shown.event
    return f"{'Cancelled' if event.state is EventState.CANCELLED else 'Changed'}: {event.title}"


def _lines(shown: EventView, message: str) -> list[str]:
    event = shown.event
    own = ["", *message.splitlines()] if message.strip() else []
    if event.state is EventState.CANCELLED:
        return [
            f"{event.title} is cancelled.",
            *own,
            "",
            "It was planned for:",
            say_when(shown),
            "",
            "Open the attached file to take it out of your calendar.",
        ]
    return [
        f"{event.title} has changed. It takes place:",
        say_when(shown),
        *filter(None, [say_where(shown)]),
        *own,
        "",
        "Your ticket stays good. Open the attached file to correct your calendar.",
    ]
