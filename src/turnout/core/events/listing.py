"""An organization's events as organizers look for them: what comes, what was, drafts, cancelled."""

import enum
from typing import Any, NamedTuple

from turnout.core.events.model import DATE_OPEN, Event
from turnout.core.events.sql import sql
from turnout.core.ids import EventId, OrgId
from turnout.store import Tx

LAST = 2**62
FIRST = -1
UNKNOWN_MS = 500_000_000_000_000
"""So long after its old date a postponed event without a new one comes: behind all others."""


class Shelf(enum.StrEnum):
    """Where an event stands: every event is on one of these. One that goes on is coming still, and
    so is one that is postponed without a new date."""

    COMING = "coming"
    PAST = "past"
    DRAFTS = "draft"
    CANCELLED = "cancelled"


RISING = frozenset({Shelf.COMING, Shelf.DRAFTS})
"""Of these the first to start comes first; of the others the last."""


class ListedEvent(NamedTuple):
    """An event as lists show it. `registration_ends_at` and `remind_at` in epoch ms, None = not
    set; `waiting` are those on its waiting list without an offer, `offered` those for whom a place
    is held. With `date_open`, 1, it is postponed and its new date is not known."""

    event: Event
    venue: str | None
    city: str | None
    registration_ends_at: int | None
    remind_at: int | None
    sessions: int
    waiting: int
    offered: int
    date_open: int = 0

    @property
    def is_date_open(self) -> bool:
        """Whether the date that it has is its old one."""
        return bool(self.date_open)

    @property
    def comes_at(self) -> int:
        """Where it stands among those that come (epoch ms)."""
        return self.event.starts_at + (UNKNOWN_MS if self.is_date_open else 0)

    @property
    def registered(self) -> int:
        """How many are registered: those for whom a place is held are not yet."""
        return self.event.held - self.offered


class Behind(NamedTuple):
    """The event behind which a page begins, by when it comes (`comes_at`) and its number."""

    starts_at: int
    event_id: EventId


def is_date_open(tx: Tx, org_id: OrgId, event_id: EventId) -> bool:
    """Whether an event is postponed, and has no new date yet; not so for a cancelled one."""
    return bool(sql.is_date_open(tx, org_id=org_id, id=event_id, date_open=DATE_OPEN))


def list_date_open(tx: Tx, org_id: OrgId) -> frozenset[EventId]:
    """The events whose date is their old one: they are postponed, and have no new one yet."""
    rows = sql.list_date_open(tx, org_id=org_id)
    return frozenset(row.id for row in rows)


def count_shelves(tx: Tx, org_id: OrgId) -> dict[Shelf, int]:
    """How many events the organization has on each shelf."""
    found = {
        Shelf(row.shelf): row.total for row in sql.count_shelves(tx, org_id=org_id, now=tx.now)
    }
    return {shelf: found.get(shelf, 0) for shelf in Shelf}


def list_shelf(
    tx: Tx, org_id: OrgId, shelf: Shelf, *, behind: Behind | None = None, limit: int
) -> list[ListedEvent]:
    """Up to `limit` events of a shelf in its order, from the one `behind`."""
    is_rising = shelf in RISING
    start = behind or Behind(FIRST if is_rising else LAST, EventId(0))
    named: dict[str, Any] = {
        "org_id": org_id,
        "shelf": shelf.value,
        "date_open": DATE_OPEN,
        "now": tx.now,
        "after_at": start.starts_at,
        "after_id": start.event_id,
        "limit": limit,
    }
    if is_rising:
        return [ListedEvent(*row) for row in sql.list_rising(tx, unknown=UNKNOWN_MS, **named)]
    return [ListedEvent(*row) for row in sql.list_falling(tx, **named)]
