"""How long people are kept after what they took part in: rules, and what each run removed.

Off until somebody sets it. A rule is of an organization, or of one event, where it counts before
the organization's. The first run after a rule was set, or made shorter, waits 14 days, and the
organization is told by mail; until then the people of that event are kept, whatever other rules
say. What runs remove is in expiring.py.
"""

from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from turnout.core.audit.recording import record
from turnout.core.erasure.sql import sql
from turnout.core.events.programme import get_event
from turnout.core.identity.organizations import get_organization_of
from turnout.core.ids import EventId, OrgId
from turnout.core.messaging.notices import queue_to_organization
from turnout.core.times import say_days, wall_clock
from turnout.errors import Invalid, Missing
from turnout.store import Tx

DAY_MS = 86_400_000
WAIT_MS = 14 * DAY_MS
LONGEST_DAYS = 36_500
WHOLE_ORGANIZATION = EventId(0)


class RetentionRule(NamedTuple):
    """`days` after an event ends its people go; `exam_days` and `payment_days` likewise for records
    of exams and payments, None = kept. `event_id` 0 = the organization's. Instants in epoch ms;
    nothing is removed by it before `starts_at`."""

    event_id: EventId
    days: int
    exam_days: int | None
    payment_days: int | None
    set_at: int
    starts_at: int


class RetentionRun(NamedTuple):
    """What one run removed, by kind; `ended_at` None = it is at work."""

    began_at: int
    ended_at: int | None
    counts: dict[str, int]


def set_retention(
    tx: Tx,
    org_id: OrgId,
    days: int,
    *,
    event_id: EventId = WHOLE_ORGANIZATION,
    exam_days: int | None = None,
    payment_days: int | None = None,
    actor: str,
) -> RetentionRule:
    """Keep people for `days` after the end of what they took part in; records of exams and payments
    as long as is said here, None = for ever (only of the whole organization).

    Tells the organization by mail. A rule that keeps longer than before starts at once. Raises
    Invalid for days out of 1 to 36,500, Missing.
    """
    for number in (days, exam_days, payment_days):
        if number is not None and not 1 <= number <= LONGEST_DAYS:
            raise Invalid("retention.days", limit=LONGEST_DAYS)
    if event_id != WHOLE_ORGANIZATION:
        get_event(tx, org_id, event_id)
        if exam_days or payment_days:
            raise Invalid("retention.records")
    former = find_rule(tx, org_id, event_id)
    starts_at = tx.now + WAIT_MS
    if former and not _is_shorter((days, exam_days, payment_days), former):
        starts_at = former.starts_at
    rule = RetentionRule(event_id, days, exam_days, payment_days, tx.now, starts_at)
    sql.set_retention(tx, org_id=org_id, **rule._asdict())
    facts = {"days": days, "exam_days": exam_days, "payment_days": payment_days}
    record(tx, org_id, actor, "set", "retention", event_id, **facts)
    _tell(tx, org_id, rule)
    return rule


def end_retention(
    tx: Tx, org_id: OrgId, event_id: EventId = WHOLE_ORGANIZATION, *, actor: str
) -> None:
    """Keep people for ever, or an event's as the organization's rule says. Raises Missing when
    there is no rule."""
    if not sql.delete_retention(tx, org_id=org_id, event_id=event_id):
        raise Missing("retention.missing")
    record(tx, org_id, actor, "ended", "retention", event_id)


def find_rule(
    tx: Tx, org_id: OrgId, event_id: EventId = WHOLE_ORGANIZATION
) -> RetentionRule | None:
    """The rule of the organization, or of one event."""
    return next((rule for rule in list_rules(tx, org_id) if rule.event_id == event_id), None)


def list_rules(tx: Tx, org_id: OrgId) -> list[RetentionRule]:
    """All rules, the organization's first."""
    return [RetentionRule(*row) for row in sql.list_retention(tx, org_id=org_id)]


def list_runs(tx: Tx, org_id: OrgId, limit: int) -> list[RetentionRun]:
    """What runs removed, newest first."""
    rows = sql.list_runs(tx, org_id=org_id, limit=limit)
    return [
        RetentionRun(began_at, ended_at, msgspec.json.decode(counts))
        for began_at, ended_at, counts in rows
    ]


def _is_shorter(days: Iterable[int | None], former: RetentionRule) -> bool:
    before = (former.days, former.exam_days, former.payment_days)
    return any(
        new is not None and (old is None or new < old)
        for new, old in zip(days, before, strict=True)
    )


def _tell(tx: Tx, org_id: OrgId, rule: RetentionRule) -> None:
    organization = get_organization_of(tx, org_id)
    of = f"event {rule.event_id}" if rule.event_id else "all events without a rule of their own"
    starts = wall_clock(rule.starts_at, organization.timezone)
    lines = [
        f"{organization.name} keeps people of {of} for {say_days(rule.days)} after the end.",
        f"Those whose time is over are erased for ever, first on {starts}.",
        "",
        "See what would go, or end the rule before then:",
        f"turnout retention preview {organization.slug}",
        f"turnout retention off {organization.slug}"
        + (f" --event {rule.event_id}" if rule.event_id else ""),
    ]
    queue_to_organization(tx, org_id, "People will be erased after a time", lines)
