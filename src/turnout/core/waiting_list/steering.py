"""What staff decide about a waiting list: who goes first, whether it takes more people, and what
those on it are told."""

from turnout.core.audit.recording import record
from turnout.core.events.programme import get_event
from turnout.core.events.showing import get_shown_event
from turnout.core.identity.profiles import get_sender
from turnout.core.ids import EntryId, EventId, OrgId
from turnout.core.mails.sending import Addressee, Particulars, choose_for, fill_for, to_content
from turnout.core.messaging.model import NewRecipient
from turnout.core.messaging.notices import queue_content, queue_mail
from turnout.core.text import is_line, is_paragraph
from turnout.core.waiting_list.entries import lock_entry
from turnout.core.waiting_list.sql import sql
from turnout.errors import Invalid
from turnout.store import Tx

HIGHEST = 1000
LONGEST_SUBJECT, LONGEST_TEXT = 200, 20_000
SLICE = 200
FROM_THE_START = EntryId(0)


def set_priority(tx: Tx, org_id: OrgId, entry_id: EntryId, priority: int, *, actor: str) -> None:
    """Let somebody who waits go before all of a lower priority; 0 is everybody's at first. Raises
    Invalid beyond -1000 to 1000, Missing."""
    if abs(priority) > HIGHEST:
        raise Invalid("waiting.priority", limit=HIGHEST)
    lock_entry(tx, org_id, entry_id)
    sql.set_priority(tx, org_id=org_id, id=entry_id, priority=priority, now=tx.now)
    record(tx, org_id, actor, "set", "waiting_entry", entry_id, priority=priority)


def set_closed(tx: Tx, org_id: OrgId, event_id: EventId, *, is_closed: bool, actor: str) -> None:
    """Close an event's waiting list for more people, or open it again; those on it stay and are
    offered places. Idempotent. Raises Missing."""
    get_event(tx, org_id, event_id)
    sql.set_closed(tx, org_id=org_id, id=event_id, is_closed=int(is_closed), now=tx.now)
    record(tx, org_id, actor, "set", "event", event_id, is_waiting_closed=is_closed)


def is_closed(tx: Tx, org_id: OrgId, event_id: EventId) -> bool:
    """Whether the event's waiting list takes nobody more."""
    return bool(sql.is_closed(tx, org_id=org_id, id=event_id))


def write_to_waiting(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    subject: str,
    text: str,
    *,
    ended_by: str = "",
    after: EntryId = FROM_THE_START,
    actor: str,
) -> tuple[int, EntryId | None]:
    """Queue a mail to up to SLICE of those who wait or are offered a place, behind `after`; or of
    those whose entries lapsed for the reason `ended_by`. Returns how many, and the entry to go on
    behind (None = that was the last slice). Raises Invalid, Missing."""
    get_event(tx, org_id, event_id)
    if not subject.strip() or len(subject) > LONGEST_SUBJECT or not is_line(subject):
        raise Invalid("waiting.subject", limit=LONGEST_SUBJECT)
    if not text.strip() or len(text) > LONGEST_TEXT or not is_paragraph(text):
        raise Invalid("waiting.text", limit=LONGEST_TEXT)
    rows = sql.list_waiting_addresses(
        tx, org_id=org_id, event_id=event_id, ended_by=ended_by, after=after, limit=SLICE
    )
    addresses = [row.email for row in rows if row.email]
    sender = get_sender(tx, org_id)
    queue_mail(tx, org_id, None, subject, text.splitlines(), addresses, sender=sender)
    if addresses:
        record(tx, org_id, actor, "wrote to waiting list", "event", event_id, people=len(addresses))
    return len(addresses), rows[-1].id if len(rows) == SLICE else None


def tell_waiting(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    base_url: str,
    message: str,
    *,
    ended_by: str,
    after: EntryId = FROM_THE_START,
    actor: str,
) -> tuple[int, EntryId | None]:
    """Tell up to SLICE of those whose entries lapsed for the reason `ended_by`, behind `after`,
    that the event is cancelled, each in the language of the page on which they joined; returns as
    `write_to_waiting` does. Raises Missing."""
    shown = get_shown_event(tx, org_id, event_id)
    rows = sql.list_waiting_addresses(
        tx, org_id=org_id, event_id=event_id, ended_by=ended_by, after=after, limit=SLICE
    )
    addresses: dict[str, list[str]] = {}
    for row in rows:
        if row.email:
            addresses.setdefault(row.language, []).append(row.email)
    said = Particulars(facts={"message": message})
    for own, emails in sorted(addresses.items()):
        chosen = choose_for(tx, org_id, shown, "waiting_cancelled", own)
        composed, fields = fill_for(tx, org_id, shown, chosen, Addressee(""), said, base_url)
        recipients = [NewRecipient(email, fields=fields) for email in emails]
        queue_content(tx, org_id, None, to_content(tx, org_id, composed), recipients)
    count = sum(map(len, addresses.values()))
    if count:
        record(tx, org_id, actor, "wrote to waiting list", "event", event_id, people=count)
    return count, rows[-1].id if len(rows) == SLICE else None
