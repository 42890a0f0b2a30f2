"""Changing an exam that is planned: what it is called, when it is, and what it is of."""

import msgspec

from turnout.core.audit.recording import record
from turnout.core.events.describing import EventChange, change_event, set_event_times
from turnout.core.exams.model import MINUTE_MS, ValueKind, hours_of
from turnout.core.exams.planning import (
    LARGEST_LIMIT,
    get_exam,
    get_value,
    retitle,
    span_of,
)
from turnout.core.exams.sittings import check_overlaps, lock_sitting
from turnout.core.exams.sql import sql
from turnout.core.ids import EventId, OrgId
from turnout.core.registrations.places import set_event_capacity
from turnout.core.times import OVER_AT, YEARS
from turnout.errors import Conflict, Invalid
from turnout.store import Tx


class ExamChange(msgspec.Struct, frozen=True):
    """An exam as it is from now on. `starts_at` in epoch ms; `title` empty = venue and form."""

    title: str
    starts_at: int
    exam_type: str
    exam_format: str
    billing_code: str
    registration_limit: int | None
    is_on_calendar: bool


def change_exam(
    tx: Tx, org_id: OrgId, event_id: EventId, change: ExamChange, *, actor: str
) -> bool:
    """Change an exam; whether its time changed. Candidates keep their seats; nobody is told.

    Raises Missing, Invalid for a value that the organization does not have and for a time that is
    past, Conflict for fewer places than candidates, for a cancelled exam, and where a candidate
    would have two exams at once and that is refused."""
    exam = get_exam(tx, org_id, event_id)
    if exam.state == "cancelled":
        raise Conflict("exam.cancelled_before", uuid=exam.uuid)
    exam_type = get_value(tx, org_id, ValueKind.EXAM_TYPE, change.exam_type)
    exam_format = get_value(tx, org_id, ValueKind.EXAM_FORMAT, change.exam_format)
    billing_code = get_value(tx, org_id, ValueKind.BILLING_CODE, change.billing_code)
    limit = change.registration_limit
    if limit is not None and not 0 < limit <= LARGEST_LIMIT:
        raise Invalid("exam.limit", limit=limit)
    room = sql.find_room(tx, org_id=org_id, id=exam.room_id) if exam.room_id else None
    limits = [count for count in (limit, room.seats if room else None) if count is not None]
    capacity = min(limits) if limits else None
    if capacity is not None and exam.held > capacity:
        raise Conflict("exam.limit_held", limit=capacity, candidates=exam.held)
    if capacity != exam.capacity:
        set_event_capacity(tx, org_id, event_id, capacity, actor=actor)
    sql.change_exam(
        tx,
        org_id=org_id,
        event_id=event_id,
        exam_type=exam_type,
        exam_format=exam_format,
        billing_code=billing_code,
        registration_limit=limit,
        is_on_calendar=int(change.is_on_calendar),
        has_own_title=int(bool(change.title.strip())),
    )
    if change.title.strip():
        change_event(tx, org_id, event_id, EventChange(title=change.title), actor=actor)
    else:
        retitle(tx, org_id, event_id)
    record(tx, org_id, actor, "changed", "exam", event_id, billing_code=billing_code)
    return _move(tx, org_id, event_id, change.starts_at, hours_of(billing_code), actor)


def _move(tx: Tx, org_id: OrgId, event_id: EventId, starts_at: int, hours: int, actor: str) -> bool:
    """Move an exam to that minute, as long as it is of so many hours; whether its time changed."""
    exam = get_exam(tx, org_id, event_id)
    starts_at -= starts_at % MINUTE_MS
    when = span_of(starts_at, hours, exam.timezone)
    if (when.starts_at, when.ends_at) == (exam.starts_at, exam.ends_at):
        return False
    if starts_at != exam.starts_at and starts_at <= tx.now:
        raise Invalid("exam.start_past")
    if starts_at >= OVER_AT:
        raise Invalid("exam.start_late", year=YEARS.stop)
    sql.lock_slot(tx, org_id=org_id, venue_id=exam.venue_id, starts_at=starts_at, now=tx.now)
    set_event_times(tx, org_id, event_id, when, actor=actor)
    for row in sql.list_confirmed(tx, org_id=org_id, event_id=event_id, limit=LARGEST_LIMIT):
        check_overlaps(tx, org_id, lock_sitting(tx, org_id, row.uuid), actor=actor)
    return starts_at != exam.starts_at
