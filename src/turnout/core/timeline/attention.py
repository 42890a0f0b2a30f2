"""What needs somebody's attention in an organization, and what comes next. Nothing is stored for
it: what is mended is gone from here at once."""

from typing import NamedTuple

from turnout.core.ids import EventId, JobId, OrgId, RegistrationId
from turnout.core.messaging.alerts import Alert, AlertKind, list_alerts
from turnout.core.timeline.overviews import NextMessage
from turnout.core.timeline.sql import sql
from turnout.store import Tx

DAY_MS = 86_400_000
FAILED_MS = 7 * DAY_MS
REPLIES_MS = 30 * DAY_MS
DUE_MS = 3 * DAY_MS
LATELY_MS = 7 * DAY_MS
LIMIT = 20


class FailedJob(NamedTuple):
    """A broadcast of which messages failed. `accepted_at` in epoch ms."""

    id: JobId
    name: str
    failed: int
    total: int
    accepted_at: int


class WaitedEvent(NamedTuple):
    """An event for which people wait, by the ticket type that they wait for: where that is full,
    its places and its name, else those of the event."""

    id: EventId
    title: str
    held: int
    capacity: int | None
    waiting: int
    type_name: str


class RoomlessExam(NamedTuple):
    """An exam without a room, and how many candidates it has."""

    id: EventId
    title: str
    starts_local: str
    held: int


class DuePayments(NamedTuple):
    """What is not paid for an event, the first of them due at `due_at` (epoch ms); one of the
    registrations."""

    id: EventId
    title: str
    total: int
    due_at: int
    registration_id: RegistrationId


class Attention(NamedTuple):
    """What needs attention, each list by its urgency: messages that failed within a week, payments
    that are due within three days, replies of a month that were given to nobody."""

    alerts: list[Alert]
    failed: list[FailedJob]
    waited: list[WaitedEvent]
    roomless: list[RoomlessExam]
    due: list[DuePayments]
    replies: int


class Lately(NamedTuple):
    """Events to come, how many registered for them within seven days, and how many messages
    arrived then."""

    registered: int
    delivered: int
    coming: int


def find_attention(tx: Tx, org_id: OrgId) -> Attention:
    """Everything in the organization that needs attention now."""
    return Attention(
        _list_alerts(tx, org_id),
        sql.list_failed_jobs(tx, org_id=org_id, since=tx.now - FAILED_MS, limit=LIMIT),
        sql.list_waited_events(tx, org_id=org_id, now=tx.now, limit=LIMIT),
        sql.list_roomless_exams(tx, org_id=org_id, now=tx.now, limit=LIMIT),
        sql.list_due_payments(tx, org_id=org_id, before=tx.now + DUE_MS, limit=LIMIT),
        sql.count_open_replies(tx, org_id=org_id, since=tx.now - REPLIES_MS),
    )


def list_planned_jobs(tx: Tx, org_id: OrgId, limit: int) -> list[NextMessage]:
    """The organization's messages that are scheduled, the next first."""
    return sql.list_planned_jobs(tx, org_id=org_id, limit=limit)


def count_lately(tx: Tx, org_id: OrgId) -> Lately:
    """What happened in seven days."""
    since = tx.now - LATELY_MS
    found = sql.count_lately(tx, org_id=org_id, since=since, now=tx.now)
    return Lately(*found)


def _list_alerts(tx: Tx, org_id: OrgId) -> list[Alert]:
    """Those of the last day; of jobs that stood still, those that do so yet."""
    return [
        alert
        for alert in list_alerts(tx, org_id, LIMIT)
        if alert.raised_at > tx.now - DAY_MS and _goes_on(tx, org_id, alert)
    ]


def _goes_on(tx: Tx, org_id: OrgId, alert: Alert) -> bool:
    # Its failed messages are listed by themselves.
    if alert.kind is AlertKind.BOUNCES:
        return False
    if alert.kind is not AlertKind.STANDING:
        return True
    return bool(sql.is_job_standing(tx, org_id=org_id, id=JobId(int(alert.subject))))
