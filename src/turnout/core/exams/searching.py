"""Finding registrations, and the calendar."""

import calendar
import datetime
from collections.abc import Iterator
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from turnout.core.events.model import EventDetails, EventState
from turnout.core.exams.model import SittingFilter, SittingRecord
from turnout.core.exams.sql import sql
from turnout.core.ids import EventId, OrgId
from turnout.core.text import fold
from turnout.errors import Missing
from turnout.store import Tx, iterate_batches
from turnout.store.late import reach_back

EVER = 2**62
BATCH = 500
SittingRow = tuple[Any, ...]
_details = msgspec.json.Decoder(EventDetails)


class CalendarEntry(NamedTuple):
    """An event as the calendar shows it. Instants in epoch ms; `kind` None = no exam."""

    uuid: str
    event_id: EventId
    title: str
    description: str
    starts_at: int
    ends_at: int
    kind: str | None
    appointment_type: str


class OpenClass(NamedTuple):
    """A class that people may look for."""

    uuid: str
    title: str
    is_full: bool
    is_closed: bool


def get_found_sitting(tx: Tx, org_id: OrgId, uuid: str) -> SittingRecord:
    """Contract, Retrieve a registration. Raises Missing."""
    sitting_record = sql.get_found(tx, org_id=org_id, uuid=uuid)
    if sitting_record is None:
        raise Missing("sitting.missing", uuid=uuid)
    return sitting_record


def stream_found(tx: Tx, org_id: OrgId, wanted: SittingFilter) -> Iterator[list[SittingRow]]:
    """Contract, Search registrations: newest change first, some at a time, with the facts of a
    SittingRecord in their order."""
    if wanted.has_text:
        named = _named(tx, wanted)
        return iterate_batches(sql.list_people_changed, tx, BATCH, org_id=org_id, **named)
    return iterate_batches(sql.list_changed, tx, BATCH, org_id=org_id, **_span(tx, wanted))


def count_found(tx: Tx, org_id: OrgId, wanted: SittingFilter) -> int:
    """Contract, Count registrations."""
    if wanted.has_text:
        return sql.count_people_changed(tx, org_id=org_id, **_named(tx, wanted))
    return sql.count_changed(tx, org_id=org_id, **_span(tx, wanted))


def list_calendar(
    tx: Tx, org_id: OrgId, timezone: str, day: datetime.date | None
) -> list[CalendarEntry]:
    """Contract, list-events: published events on the calendar that overlap the month of `day` in
    that zone; None = all. What is not public is on no calendar: web pages show them to anybody."""
    from_at, until_at = _month(day, timezone) if day else (0, 0)
    rows = sql.list_calendar(tx, org_id=org_id, from_at=from_at, until_at=until_at)
    entries = []
    for uuid, event_id, title, stored, starts_at, ends_at, kind, appointment_type, _ in rows:
        details = _details.decode(stored)
        if details.is_public:
            entry = CalendarEntry(
                uuid,
                event_id,
                title,
                details.description,
                starts_at,
                ends_at,
                kind,
                appointment_type or "",
            )
            entries.append(entry)
    return entries


def list_classes(tx: Tx, organization_uuid: str) -> list[OpenClass]:
    """Contract, classes: those that are published, public and to come, of the organization with
    that GUID; none of one that there is not."""
    rows = sql.list_classes(tx, uuid=organization_uuid, now=tx.now)
    return [
        OpenClass(
            uuid,
            title,
            is_full=capacity is not None and held >= capacity,
            is_closed=state == EventState.CLOSED,
        )
        for uuid, title, state, capacity, held, stored in rows
        if _details.decode(stored).is_public
    ]


def _span(tx: Tx, wanted: SittingFilter) -> dict[str, int]:
    until = EVER if wanted.until is None else wanted.until
    since = -EVER if wanted.since is None else reach_back(tx, wanted.since)
    return {"since": since, "until": until}


def _named(tx: Tx, wanted: SittingFilter) -> dict[str, Any]:
    return {
        "name": _pattern(wanted.name),
        "email": _pattern(wanted.email),
        "code": _pattern(wanted.code),
        **_span(tx, wanted),
    }


def _pattern(text: str) -> str:
    escaped = fold(text).replace("!", "!!").replace("%", "!%").replace("_", "!_")
    return f"%{escaped}%"


def _month(day: datetime.date, timezone: str) -> tuple[int, int]:
    first = datetime.datetime(day.year, day.month, 1, tzinfo=ZoneInfo(timezone))
    days = calendar.monthrange(day.year, day.month)[1]
    last = datetime.datetime(day.year, day.month, days, 23, 59, 59, tzinfo=ZoneInfo(timezone))
    return int(first.timestamp()) * 1000, (int(last.timestamp()) + 1) * 1000
