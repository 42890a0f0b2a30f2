"""How an event stands as a whole: its figures, registrations over time, where people came from, and
what is written to them next. Nothing is stored for it."""

import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from turnout.core.ids import EventId, JobId, OrgId, TicketTypeId
from turnout.core.invitations.campaigns import CONFIRMED, DECLINED, list_campaigns
from turnout.core.timeline.sql import sql
from turnout.store import Tx

WEEK_MS = 7 * 24 * 3_600_000
HOUR_S = 3_600


class Money(NamedTuple):
    """What is still open of the valid tickets of an event in a currency, and what is paid; in minor
    units."""

    currency: str
    open_minor: int
    paid_minor: int


class Figures(NamedTuple):
    """People of an event, each counted once: `registered` are confirmed, `waiting` have no offer,
    and for those `offered` a place is held; `recent` registered within seven days, `invited` were
    written to or are to be; `undeliverable` are registered and their address bounced, `unaddressed`
    are registered and have none."""

    registered: int
    recent: int
    waiting: int
    offered: int
    checked_in: int
    undeliverable: int
    unaddressed: int
    invited: int
    accepted: int
    declined: int
    money: list[Money]

    @property
    def reachable(self) -> int:
        """Who is registered and can be written to by mail."""
        return self.registered - self.undeliverable - self.unaddressed


class WhoCame(NamedTuple):
    """People of an event that is over, each counted once."""

    registered: int
    attended: int
    watched: int


class Source(NamedTuple):
    """How many registered at one door (`form`, `api` …), by links with a campaign source."""

    source: str
    sti: str
    total: int


class NextMessage(NamedTuple):
    """What is written to people of an event later: `at` in epoch ms, None = at once. `approval` is
    `waiting` while a second person has to approve it."""

    job_id: JobId
    name: str
    at: int | None
    approval: str


class NextMessages(NamedTuple):
    """Jobs that are scheduled, the next first, and when everybody is reminded (epoch ms)."""

    jobs: list[NextMessage]
    remind_at: int | None


def get_figures(tx: Tx, org_id: OrgId, event_id: EventId) -> Figures:
    """The event's figures; zeros for one that is not there."""
    counts = sql.get_event_counts(tx, org_id=org_id, event_id=event_id, since=tx.now - WEEK_MS)
    answers: dict[str, int] = {}
    for _, said in list_campaigns(tx, org_id, event_id):
        for state, total in said.items():
            answers[state] = answers.get(state, 0) + total
    invited, accepted = sum(answers.values()), answers.get(CONFIRMED, 0)
    declined = answers.get(DECLINED, 0)
    return Figures(*counts, invited, accepted, declined, sum_money(tx, org_id, event_id))


def count_who_came(tx: Tx, org_id: OrgId, event_id: EventId) -> WhoCame:
    """How many were registered, came through the door, and watched; zeros for one that is not
    there."""
    return WhoCame(*sql.count_who_came(tx, org_id=org_id, event_id=event_id))


def sum_money(tx: Tx, org_id: OrgId, event_id: EventId) -> list[Money]:
    """What is open and what is paid, by currency."""
    unpaid: dict[str, int] = {}
    paid: dict[str, int] = {}
    for currency, state, minor, _ in sql.sum_payments(tx, org_id=org_id, event_id=event_id):
        unpaid[currency] = unpaid.get(currency, 0) + (minor if state == "open" else 0)
        paid[currency] = paid.get(currency, 0) + (minor if state == "paid" else 0)
    return [Money(currency, minor, paid[currency]) for currency, minor in unpaid.items()]


def count_by_day(
    tx: Tx, org_id: OrgId, event_id: EventId, timezone: str
) -> dict[datetime.date, int]:
    """How many registered on each day of the zone that has any, the first first."""
    zone = ZoneInfo(timezone)
    days: dict[datetime.date, int] = {}
    for hour, total in sql.count_by_hour(tx, org_id=org_id, event_id=event_id):
        day = datetime.datetime.fromtimestamp(hour * HOUR_S, zone).date()
        days[day] = days.get(day, 0) + total
    return days


def list_sources(tx: Tx, org_id: OrgId, event_id: EventId) -> list[Source]:
    """Where those who are registered came from, the most frequent first."""
    return [Source(*row) for row in sql.count_by_source(tx, org_id=org_id, event_id=event_id)]


def count_waiting(tx: Tx, org_id: OrgId, event_id: EventId) -> dict[TicketTypeId, int]:
    """How many wait for each ticket type without an offer."""
    rows = sql.count_waiting_by_type(tx, org_id=org_id, event_id=event_id)
    return {row.ticket_type_id: row.total for row in rows}


def list_next_messages(tx: Tx, org_id: OrgId, event_id: EventId) -> NextMessages:
    """What is written to people of the event later."""
    # A live list is `event:ID`, or begins with `event:ID@` or `event:ID?`.
    lists, marked = f'%"event:{event_id}%', f'%"event":"{event_id}"%'
    jobs = sql.list_event_jobs(tx, org_id=org_id, list=lists, marked=marked)
    return NextMessages(jobs, sql.find_reminder_time(tx, org_id=org_id, event_id=event_id))


def count_parts(tx: Tx, org_id: OrgId, event_id: EventId) -> dict[str, int]:
    """How many an event has of each: `programme` (sessions), `tickets` (types), `questions`,
    `registrations`, `invitations` and `waiting` (people, as in Figures); zeros for one that is not
    there."""
    row = sql.count_parts(tx, org_id=org_id, event_id=event_id)
    return {name: count or 0 for name, count in row._asdict().items()}
