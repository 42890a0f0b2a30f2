"""Exams by time, venue and room, as those who plan them see them; and what stands in each other's
way. The calendar of the booking contract, which everybody may read, is in searching.py."""

from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

from turnout.core.events.model import EventState
from turnout.core.exams.browsing import CloseExam
from turnout.core.exams.model import MINUTE_MS
from turnout.core.exams.sql import sql
from turnout.core.ids import EventId, OrgId, RoomId, VenueId
from turnout.store import Tx

LIMIT = 500
LATEST = 2**62
# What a learner needs between two exams, and how many of those who have less are named.
GAP_MINUTES = 30
CLOSE_LIMIT = 50


class PlannedExam(NamedTuple):
    """An exam on the calendar. `longest` is the time in minutes of the candidate who has most,
    `unseated` how many candidates have no seat; instants in epoch ms."""

    event_id: EventId
    number: int
    title: str
    state: str
    kind: str
    venue_id: VenueId
    venue_name: str
    timezone: str
    starts_at: int
    ends_at: int
    capacity: int | None
    held: int
    room_id: RoomId | None
    room_name: str | None
    longest: int | None
    unseated: int

    @property
    def is_on(self) -> bool:
        """Whether it takes place as far as is known."""
        return self.state != EventState.CANCELLED

    @property
    def sits_until(self) -> int:
        """When the last candidate is through."""
        return self.starts_at + (self.longest or 0) * MINUTE_MS

    @property
    def is_over_at(self) -> int:
        """When the room is free again."""
        return max(self.ends_at, self.sits_until)


class PlannedFilter(NamedTuple):
    """Which exams are asked for: those that overlap the span (epoch ms), by their start, after the
    place `after` (start and event); 0 and empty = any."""

    from_at: int = -LATEST
    until_at: int = LATEST
    venue_id: VenueId = VenueId(0)
    state: str = ""
    after: tuple[int, int] = (-LATEST, 0)


class RoomClash(NamedTuple):
    """Two exams that have one room at one time; `first` begins first."""

    first: PlannedExam
    second: PlannedExam


def list_planned(
    tx: Tx, org_id: OrgId, wanted: PlannedFilter, *, limit: int = LIMIT
) -> list[PlannedExam]:
    """The exams that are asked for, by their start."""
    after_at, after_id = wanted.after
    return sql.list_planned(
        tx,
        org_id=org_id,
        from_at=wanted.from_at,
        until_at=wanted.until_at,
        venue_id=wanted.venue_id,
        state=wanted.state,
        after_at=after_at,
        after_id=after_id,
        limit=limit,
    )


def find_clashes(exams: Sequence[PlannedExam]) -> list[RoomClash]:
    """Which of these exams have the same room at the same time, extra time of candidates
    included."""
    placed = [exam for exam in exams if exam.room_id is not None and exam.is_on]
    pairs = combinations(sorted(placed, key=lambda exam: (exam.starts_at, exam.event_id)), 2)
    return [
        RoomClash(first, second)
        for first, second in pairs
        if first.room_id == second.room_id and second.starts_at < first.is_over_at
    ]


def list_room_clashes(tx: Tx, org_id: OrgId, exam: PlannedExam) -> list[RoomClash]:
    """Which exams have the room of this one at its time."""
    day = PlannedFilter(exam.starts_at - 86_400_000, exam.is_over_at, exam.venue_id)
    near = [other for other in list_planned(tx, org_id, day) if other.room_id == exam.room_id]
    return [clash for clash in find_clashes(near) if exam.event_id in {e.event_id for e in clash}]


def list_close(tx: Tx, org_id: OrgId, event_id: EventId) -> list[CloseExam]:
    """Candidates of an exam, 50 at most, who sit another at the same time, or less than half an
    hour before or after."""
    gap = GAP_MINUTES * MINUTE_MS
    return sql.list_close(tx, org_id=org_id, event_id=event_id, gap=gap, limit=CLOSE_LIMIT)


def get_planned(tx: Tx, org_id: OrgId, event_id: EventId, starts_at: int) -> PlannedExam | None:
    """The exam of an event that starts then."""
    place = PlannedFilter(starts_at - 1, after=(starts_at, event_id - 1))
    found = list_planned(tx, org_id, place, limit=1)
    return next((exam for exam in found if exam.event_id == event_id), None)
