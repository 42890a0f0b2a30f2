"""Reminding everybody who is registered for an event, once for each date that it has.

Theory. An event has an hour at which it reminds. From then on a worker takes those who registered
before that hour and were not reminded of the event's start, a slice a transaction: marking them and
queueing their mails are one. So a worker may die at any instant, or be asked twice, and nobody is
left out or written to twice. When nobody is left, the hour is forgotten. A postponed event has
another start, and can remind again.
"""

import datetime
from collections.abc import Iterator

from turnout.core.audit.recording import record
from turnout.core.events.model import EventState
from turnout.core.events.programme import get_event
from turnout.core.events.showing import EventView, get_shown_event
from turnout.core.ids import EventId, OrgId, RegistrationId
from turnout.core.mails.composing import Composed
from turnout.core.mails.model import MailKind
from turnout.core.mails.sending import Addressee, choose_for, fill_for, reference_of, to_content
from turnout.core.messaging.model import NewRecipient
from turnout.core.messaging.notices import queue_content
from turnout.core.neutral import neutralize
from turnout.core.registrations.sql import sql
from turnout.core.tickets.mails import ListLinks, MailedTicket, say_ticket
from turnout.core.times import instant
from turnout.core.work.claims import Key, Queue
from turnout.errors import Conflict, Invalid
from turnout.store import Tx

QUEUE = "reminder"
WAKE = "reminders"
SLICE = 50


def remind(
    tx: Tx, org_id: OrgId, event_id: EventId, at_local: str = "", *, actor: str
) -> tuple[int, int]:
    """Have everybody reminded who is registered by then and was not yet, at that time (local, in
    the event's zone), empty = now; replaces an hour that was set before. Idempotent. Returns when
    (epoch ms), and how many it would be now.

    Raises Invalid for a time that has passed, is not one there, or comes after the event's start;
    Conflict for an event that is a draft, cancelled or over; Missing.
    """
    event = get_event(tx, org_id, event_id)
    if event.state in (EventState.DRAFT, EventState.CANCELLED):
        raise Conflict("reminder.state", event_id=event_id, state=event.state.value)
    if event.ends_at <= tx.now:
        raise Conflict("event.over")
    at = instant(at_local, event.timezone) if at_local else tx.now
    if at < tx.now or (at_local and at >= event.starts_at):
        raise Invalid("reminder.time", local=at_local, starts_local=event.starts_local)
    sql.set_reminder(tx, org_id=org_id, id=event_id, remind_at=at)
    record(tx, org_id, actor, "set reminder", "event", event_id, at=at)
    tx.wake(WAKE)
    return at, sql.count_unreminded(tx, org_id=org_id, event_id=event_id)


def stop_reminding(tx: Tx, org_id: OrgId, event_id: EventId, *, actor: str) -> None:
    """Remind nobody from now on; who was reminded was. Idempotent. Raises Missing."""
    get_event(tx, org_id, event_id)
    sql.set_reminder(tx, org_id=org_id, id=event_id, remind_at=None)
    record(tx, org_id, actor, "stopped reminder", "event", event_id)


def move_reminder(tx: Tx, org_id: OrgId, event_id: EventId, days: datetime.timedelta) -> None:
    """Move an hour to remind at that lies ahead along with the event; to now if it would pass."""
    at = sql.find_reminder(tx, org_id=org_id, id=event_id)
    if at is not None and at > tx.now:
        moved = max(tx.now, at + round(days.total_seconds() * 1000))
        sql.set_reminder(tx, org_id=org_id, id=event_id, remind_at=moved)


def reminder_queue(base_url: str, list_links: ListLinks) -> Queue:
    """Events that are to remind now, as a queue of turns; each turn does a slice of one."""
    return Queue(
        QUEUE,
        lambda tx, limit: [
            (org_id, id_) for org_id, id_ in sql.list_due_reminders(tx, now=tx.now, limit=limit)
        ],
        lambda tx, key: _remind_some(tx, key, base_url, list_links),
    )


def _remind_some(tx: Tx, key: Key, base_url: str, list_links: ListLinks) -> None:
    org_id, event_id = key[0], EventId(key[1])
    shown = get_shown_event(tx, org_id, event_id)
    event = shown.event
    is_off = event.state in (EventState.DRAFT, EventState.CANCELLED) or event.ends_at <= tx.now
    rows = [] if is_off else sql.take_unreminded(tx, org_id=org_id, event_id=event_id, limit=SLICE)
    # Those to whom the same is said are one job: what differs are their fields.
    alike: dict[Composed, list[NewRecipient]] = {}
    for registration_id in sorted(row.id for row in rows):
        for composed, recipient in _compose(
            tx, org_id, shown, registration_id, base_url, list_links
        ):
            alike.setdefault(composed, []).append(recipient)
    for composed, recipients in alike.items():
        queue_content(tx, org_id, None, to_content(tx, org_id, composed), recipients)
    if len(rows) < SLICE:
        sql.set_reminder(tx, org_id=org_id, id=event_id, remind_at=None)


def _compose(
    tx: Tx,
    org_id: OrgId,
    shown: EventView,
    registration_id: RegistrationId,
    base_url: str,
    list_links: ListLinks,
) -> Iterator[tuple[Composed, NewRecipient]]:
    """The reminder of one registration; none without a ticket or an address."""
    row = sql.find_reminded(tx, org_id=org_id, registration_id=registration_id)
    if row is None or not row.email:
        return
    names = (neutralize(row.first_name), neutralize(row.last_name))
    to = Addressee.of(row.email, *names, is_for_guest=bool(row.is_for_contact))
    chosen = choose_for(tx, org_id, shown, MailKind.REMINDER, row.language)
    ticket = MailedTicket(org_id, shown, row.code, row.type_name)
    said = say_ticket(ticket, base_url, list_links(tx, org_id, row.code), chosen.language)
    said = said._replace(registration_id=registration_id)
    composed, fields = fill_for(tx, org_id, shown, chosen, to, said, base_url)
    name = to.name if to.is_greeted else ""
    yield composed, NewRecipient(to.email, reference_of(said), name, fields)
