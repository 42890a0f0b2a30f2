"""Who turned out, at the door and on the screen: the figures of those whom a report has."""

import datetime
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from turnout.core.audience.reports import ReportFilter, report_parameters
from turnout.core.audience.sql import sql
from turnout.core.audience.summary import MOST_GROUPS, OTHERS
from turnout.core.ids import EventId, OrgId, SessionId
from turnout.store import Tx

if TYPE_CHECKING:
    from turnout.core.audience.sql import CountTurnoutRow

HOUR_S = 3_600
QUARTER_MS = 15 * 60_000


class Share(NamedTuple):
    """Registrants who have something in common, and how many of them were checked in or watched.
    The name is empty where it is not known."""

    name: str
    registered: int
    attended: int


class SessionTurnout(NamedTuple):
    """A session: how many booked it, how many of those were checked in, how many watched it."""

    booked: int = 0
    door: int = 0
    screen: int = 0


class Turnout(NamedTuple):
    """Everybody whom a report has, each counted once. `both` were checked in and watched;
    `asked` a question, `answered` a survey; `invited` are those who were written to. `days` are
    those on which they registered, `arrivals` quarters of an hour (epoch ms) of checking in,
    `minutes` how many watched for so many whole minutes; all of them only where there is anybody,
    in their order."""

    registered: int
    door: int
    screen: int
    both: int
    asked: int
    answered: int
    days: dict[datetime.date, int]
    arrivals: dict[int, int]
    minutes: dict[int, int]
    sources: list[Share]
    domains: list[Share]
    sessions: dict[SessionId, SessionTurnout]
    invited: Share

    @property
    def attended(self) -> int:
        """How many were checked in, or watched, or both."""
        return self.door + self.screen - self.both

    @property
    def absent(self) -> int:
        return self.registered - self.attended

    @property
    def median_minutes(self) -> int:
        """Half of those who watched did so for longer than that; 0 where nobody did."""
        return _middle(self.minutes)

    @property
    def median_arrival(self) -> int | None:
        """When (epoch ms) half of those at the door were in: the end of the quarter of an hour in
        which they came."""
        return _middle(self.arrivals) + QUARTER_MS if self.arrivals else None


def count_turnout(
    tx: Tx, org_id: OrgId, event_id: EventId, wanted: ReportFilter, zone: ZoneInfo
) -> Turnout:
    """The figures of those whom `stream_registrants` yields for the same filter; days are those of
    the zone."""
    rows: dict[str, list[CountTurnoutRow]] = {}
    for row in sql.count_turnout(tx, **report_parameters(org_id, event_id, wanted)):
        rows.setdefault(row.kind, []).append(row)
    [whole], [asked], [answered] = rows["all"], rows["asked"], rows["answered"]
    days: dict[datetime.date, int] = {}
    for row in rows.get("hour", ()):
        day = datetime.datetime.fromtimestamp(row.number * HOUR_S, zone).date()
        days[day] = days.get(day, 0) + row.total
    return Turnout(
        whole.total,
        whole.door,
        whole.screen,
        whole.both_ways,
        asked.total,
        answered.total,
        days,
        {row.number * QUARTER_MS: row.total for row in rows.get("arrival", ())},
        {row.number: row.total for row in rows.get("minute", ())},
        _share(rows.get("source", ())),
        _share(rows.get("domain", ())),
        _join_sessions(rows.get("session", ()), rows.get("seen", ())),
        *_share(rows["invited"]),
    )


def count_invited(tx: Tx, org_id: OrgId, event_id: EventId) -> int:
    """How many people were asked to come: each once, by however many invitations; those who were
    added to one and not written to yet are left out."""
    return sql.count_invited(tx, org_id=org_id, event_id=event_id)


def _share(rows: Sequence["CountTurnoutRow"]) -> list[Share]:
    """The largest, and the rest as one."""
    found = [Share(row.name, row.total, row.door + row.screen - row.both_ways) for row in rows]
    rest = found[MOST_GROUPS:]
    if not rest:
        return found
    registered, attended = sum(s.registered for s in rest), sum(s.attended for s in rest)
    return [*found[:MOST_GROUPS], Share(OTHERS, registered, attended)]


def _join_sessions(
    booked: Sequence["CountTurnoutRow"], seen: Sequence["CountTurnoutRow"]
) -> dict[SessionId, SessionTurnout]:
    found = {SessionId(row.number): SessionTurnout(row.total, row.door) for row in booked}
    for row in seen:
        number = SessionId(row.number)
        found[number] = found.get(number, SessionTurnout())._replace(screen=row.screen)
    return found


def _middle(counts: dict[int, int]) -> int:
    """The value of the person in the middle; `counts` is by rising value."""
    left = (sum(counts.values()) - 1) // 2
    for value, count in counts.items():
        left -= count
        if left < 0:
            return value
    return 0
