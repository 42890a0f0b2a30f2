"""Series (channels, in contracts and commands): listed with their events, called otherwise, emptied
and deleted. Made in programme.py, named in addresses in page_names.py."""

from typing import NamedTuple

from turnout.core.audit.recording import record
from turnout.core.events.listing import ListedEvent
from turnout.core.events.model import DATE_OPEN, Channel, Event
from turnout.core.events.page_names import list_series_events
from turnout.core.events.programme import add_to_channel, get_event
from turnout.core.events.sql import sql
from turnout.core.fields import check_filled, check_line
from turnout.core.identity.names import drop_name
from turnout.core.ids import ChannelId, EventId, OrgId
from turnout.errors import Conflict, Missing
from turnout.store import Tx


class SeriesCount(NamedTuple):
    """An event of a series, and how many are registered for it."""

    channel_id: ChannelId
    event_id: EventId
    registered: int


def list_series_counts(tx: Tx, org_id: OrgId) -> list[SeriesCount]:
    """The events of all series of an organization."""
    return [SeriesCount(*row) for row in sql.list_channel_counts(tx, org_id=org_id)]


def list_members(tx: Tx, org_id: OrgId, channel_id: ChannelId) -> list[ListedEvent]:
    """The events of a series, in the order of its page; drafts, exams and what is over, too."""
    rows = sql.list_channel_members(
        tx, org_id=org_id, channel_id=channel_id, date_open=DATE_OPEN, now=tx.now
    )
    return [ListedEvent(*row) for row in rows]


def list_addable(tx: Tx, org_id: OrgId, channel_id: ChannelId, limit: int) -> list[Event]:
    """The events that can be put into a series, the last to start first: neither in it, cancelled
    nor an exam."""
    return sql.list_channel_choices(
        tx, org_id=org_id, channel_id=channel_id, now=tx.now, limit=limit
    )


def set_series_title(
    tx: Tx, org_id: OrgId, channel_id: ChannelId, title: str, *, actor: str
) -> None:
    """Call a series otherwise. Idempotent. Raises Invalid for a title that is empty or more than
    one line, Missing."""
    check_filled("title", title)
    check_line("title", title)
    if _lock(tx, org_id, channel_id).title == title:
        return
    sql.set_channel_title(tx, org_id=org_id, id=channel_id, title=title, now=tx.now)
    record(tx, org_id, actor, "renamed", "channel", channel_id, title=title)


def add_to_series(
    tx: Tx, org_id: OrgId, channel_id: ChannelId, event_id: EventId, *, actor: str
) -> None:
    """Put an event into a series. Idempotent. Raises Missing."""
    _lock(tx, org_id, channel_id)
    get_event(tx, org_id, event_id)
    add_to_channel(tx, org_id, channel_id, event_id, actor=actor)


def remove_from_series(
    tx: Tx, org_id: OrgId, channel_id: ChannelId, event_id: EventId, *, actor: str
) -> None:
    """Take an event out of a series; the event stays as it is. Idempotent. Raises Missing."""
    _lock(tx, org_id, channel_id)
    get_event(tx, org_id, event_id)
    if sql.delete_channel_event(tx, org_id=org_id, channel_id=channel_id, event_id=event_id):
        record(tx, org_id, actor, "removed event", "channel", channel_id, event_id=event_id)


def delete_series(tx: Tx, org_id: OrgId, channel_id: ChannelId, *, actor: str) -> None:
    """Delete a series that has no event, with its pak and the names of its page. Raises Conflict
    for one that has events, Missing."""
    known = _lock(tx, org_id, channel_id)
    if events := list_series_events(tx, org_id, channel_id):
        raise Conflict("series.in_use", title=known.title, events=len(events))
    drop_name(tx, org_id, "pak", known.pak)
    sql.delete_series_names(tx, org_id=org_id, channel_id=channel_id)
    sql.delete_channel(tx, org_id=org_id, id=channel_id)
    record(tx, org_id, actor, "deleted", "channel", channel_id, title=known.title)


def _lock(tx: Tx, org_id: OrgId, channel_id: ChannelId) -> Channel:
    """The series, which nobody else changes until this is over."""
    known = sql.lock_channel(tx, org_id=org_id, id=channel_id)
    if known is None:
        raise Missing("series.missing", channel_id=channel_id)
    return known
