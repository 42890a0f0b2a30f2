"""Which events of an organization somebody may know of: the one rule that every way in asks.

Two things limit it: the person sees some events only, or an event is shown to some people only.
Both are named by the same rows (`staff_events`). Owners see every event; somebody without a role
sees none.
"""

from collections.abc import Iterable
from typing import NamedTuple

from turnout.core.identity.roles import StaffRole
from turnout.core.identity.sql import sql
from turnout.core.ids import EventId, OrgId, UserId
from turnout.store import Tx


class EventSight(NamedTuple):
    """What somebody sees of an organization's events: `named` name the person, `closed` are shown
    to named people alone."""

    is_owner: bool = False
    is_limited: bool = False
    named: frozenset[EventId] = frozenset()
    closed: frozenset[EventId] = frozenset()

    def sees(self, event_id: EventId) -> bool:
        """Whether the person may know of that event of the organization."""
        if self.is_owner or event_id in self.named:
            return True
        return not self.is_limited and event_id not in self.closed

    @property
    def is_whole(self) -> bool:
        """Whether the person sees every event, and what belongs to none."""
        return self.is_owner or not (self.is_limited or self.closed - self.named)

    def sees_all_of(self, event_ids: Iterable[EventId], *, is_own: bool) -> bool:
        """Whether the person may know of something of these events; of something that belongs to
        none, those who are limited may where it is their own."""
        events = set(event_ids)
        if not events:
            return self.is_owner or not self.is_limited or is_own
        return all(map(self.sees, events))


WHOLE = EventSight(is_owner=True)


def find_sight(tx: Tx, org_id: OrgId, user_id: UserId) -> EventSight:
    """What the user sees, as it stands now."""
    rows = sql.list_roles_of(tx, org_id=org_id, user_id=user_id)
    if any(row.role == StaffRole.OWNER for row in rows):
        return WHOLE
    is_limited = not rows or bool(rows[0].is_limited)
    closed = frozenset(event_id for (event_id,) in sql.list_limited_events(tx, org_id=org_id))
    if not rows or not (is_limited or closed):
        return EventSight(is_limited=is_limited, closed=closed)
    named = sql.list_events_of_staff(tx, org_id=org_id, user_id=user_id)
    return EventSight(False, is_limited, frozenset(event_id for (event_id,) in named), closed)
