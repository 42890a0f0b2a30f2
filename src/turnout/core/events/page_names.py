"""Names of events and series in the addresses of their pages, beside their numbers.

A name is one of its organization's alone. When it changes, the former one leads to the new one,
until another event takes it: next year's summit may be `summit` again.
"""

import re
from typing import NamedTuple

from turnout.core.audit.recording import record
from turnout.core.events.model import DATE_OPEN, Channel
from turnout.core.events.programme import get_event, list_channels
from turnout.core.events.sql import sql
from turnout.core.identity.short_names import page_path
from turnout.core.ids import ChannelId, EventId, OrgId
from turnout.errors import Conflict, Invalid, Missing
from turnout.store import Tx

EVENT, SERIES = "event", "series"
LONGEST = 60
# What stands in addresses beside the names.
TAKEN = frozenset({"series", "embed", "register", "events", "sitemap", "feed"})
_FORM = re.compile(r"[a-z](?:[a-z0-9]|-(?=[a-z0-9]))*")


class Named(NamedTuple):
    """What a name leads to; `name` is its current one."""

    target_id: int
    name: str


def is_page_name(text: str) -> bool:
    """Whether `text` has the form of a name: small letters, digits and hyphens, a letter first."""
    return len(text) <= LONGEST and bool(_FORM.fullmatch(text)) and text not in TAKEN


def set_event_name(tx: Tx, org_id: OrgId, event_id: EventId, name: str, *, actor: str) -> None:
    """Name an event in the address of its page; empty = by its number alone. The former name leads
    to the new one. Idempotent. Raises Invalid for what is no name, Conflict for one that another
    event has, Missing."""
    get_event(tx, org_id, event_id)
    if _set_name(tx, org_id, EVENT, event_id, name):
        record(tx, org_id, actor, "named", "event", event_id, name=name)


def set_series_name(tx: Tx, org_id: OrgId, channel_id: ChannelId, name: str, *, actor: str) -> None:
    """Name a series in the address of its page; as `set_event_name`."""
    get_series(tx, org_id, channel_id)
    if _set_name(tx, org_id, SERIES, channel_id, name):
        record(tx, org_id, actor, "named", "channel", channel_id, name=name)


def find_event_named(tx: Tx, org_id: OrgId, name: str) -> Named | None:
    """The event that has the name, or had it; None = no event."""
    return _find_named(tx, org_id, EVENT, name)


def find_series_named(tx: Tx, org_id: OrgId, name: str) -> Named | None:
    """The series that has the name, or had it; None = no series."""
    return _find_named(tx, org_id, SERIES, name)


def find_event_name(tx: Tx, org_id: OrgId, event_id: EventId) -> str:
    """The event's name; empty = it has none."""
    return sql.find_page_name(tx, org_id=org_id, noun=EVENT, target_id=event_id) or ""


def find_event_path(tx: Tx, org_id: OrgId, slug: str, event_id: EventId) -> str:
    """The path of the event's page: by its name where it has one, else by its number."""
    return f"{page_path(slug)}/{find_event_name(tx, org_id, event_id) or event_id}"


def list_page_names(tx: Tx, org_id: OrgId, noun: str) -> dict[int, str]:
    """The current names of all events or series of an organization, by their numbers."""
    rows = sql.list_page_names(tx, org_id=org_id, noun=noun)
    return {row.target_id: row.name for row in rows}


def get_series(tx: Tx, org_id: OrgId, channel_id: ChannelId) -> Channel:
    """The series of that number. Raises Missing."""
    for channel in list_channels(tx, org_id):
        if channel.id == channel_id:
            return channel
    raise Missing("series.missing", channel_id=channel_id)


def list_series_events(tx: Tx, org_id: OrgId, channel_id: ChannelId) -> list[EventId]:
    """The numbers of a series' events, by their starts; those without a date at the end."""
    rows = sql.list_channel_events(tx, org_id=org_id, channel_id=channel_id, date_open=DATE_OPEN)
    return [row.event_id for row in rows]


def list_event_series(tx: Tx, org_id: OrgId, event_id: EventId) -> list[Channel]:
    """The series that an event is in."""
    rows = sql.list_event_channels(tx, org_id=org_id, event_id=event_id)
    ids = {row.channel_id for row in rows}
    return [channel for channel in list_channels(tx, org_id) if channel.id in ids] if ids else []


def _find_named(tx: Tx, org_id: OrgId, noun: str, name: str) -> Named | None:
    if not is_page_name(name):
        return None
    row = sql.find_named_page(tx, org_id=org_id, noun=noun, name=name)
    return Named(row.target_id, row.current_name or "") if row else None


def _set_name(tx: Tx, org_id: OrgId, noun: str, target_id: int, name: str) -> bool:
    """Whether anything changed."""
    before = sql.find_page_name(tx, org_id=org_id, noun=noun, target_id=target_id) or ""
    if before == name:
        return False
    if name and not is_page_name(name):
        raise Invalid("page_name.form", name=name)
    sql.end_page_name(tx, org_id=org_id, noun=noun, target_id=target_id)
    if name and not sql.take_page_name(
        tx, org_id=org_id, noun=noun, name=name, target_id=target_id, now=tx.now
    ):
        raise Conflict("page_name.taken", name=name)
    return True
