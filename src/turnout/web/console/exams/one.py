"""One exam as its page shows it: who sits where, what is missing, and what stands in its way."""

from collections.abc import Sequence
from typing import NamedTuple

from turnout.core.exams.browsing import CloseExam, count_by_state, get_listed
from turnout.core.exams.calendars import (
    PlannedExam,
    RoomClash,
    get_planned,
    list_close,
    list_room_clashes,
)
from turnout.core.exams.lists import Room, assign_room, list_rooms
from turnout.core.exams.model import MINUTE_MS, Exam
from turnout.core.exams.planning import get_exam
from turnout.core.exams.rolls import Candidate, collect_candidates, get_room, list_candidates
from turnout.core.exams.seats import set_seat, swap_seats
from turnout.core.ids import RoomId
from turnout.core.registrations.event_states import Move, move_event
from turnout.errors import Missing
from turnout.web.console.forms import Form
from turnout.web.console.page import Visit

DONE = {"publish": "published", "close": "closed", "reopen": "reopened"}


class Seat(NamedTuple):
    """A seat of a room, who has it, and whether they sit when the room is somebody else's."""

    number: int
    candidate: Candidate | None
    is_late: bool


class Opened(NamedTuple):
    """An exam with its candidates. `rooms` are those of its venue, `late_at` when its room is
    given to another (epoch ms)."""

    exam: Exam
    room: Room | None
    rooms: list[Room]
    planned: PlannedExam | None
    candidates: list[Candidate]
    states: dict[str, int]
    clashes: list[RoomClash]
    close: list[CloseExam]
    late_at: int | None
    now: int

    @property
    def unseated(self) -> list[Candidate]:
        return [candidate for candidate in self.candidates if candidate.seat is None]

    @property
    def helped(self) -> list[Candidate]:
        return [candidate for candidate in self.candidates if candidate.accommodations]

    @property
    def forms(self) -> list[tuple[str, int]]:
        """The forms that are sat, each with its longest time in minutes without extra time."""
        found: dict[str, int] = {}
        for one in self.candidates:
            found[one.form] = max(found.get(one.form, 0), one.minutes - extra_of(one))
        return sorted(found.items())

    @property
    def present(self) -> int:
        return sum(candidate.attendance == "Present" for candidate in self.candidates)

    @property
    def seats(self) -> list[Seat]:
        """The seats of the room by number."""
        taken = {one.seat: one for one in self.candidates if one.seat is not None}
        count = max([self.room.seats if self.room else 0, *taken])
        return [
            Seat(number, one, one is not None and self._is_late(one))
            for number in range(1, count + 1)
            for one in [taken.get(number)]
        ]

    def until(self, candidate: Candidate) -> int:
        """When a candidate is through (epoch ms)."""
        return self.exam.starts_at + candidate.minutes * MINUTE_MS

    def extra(self, candidate: Candidate) -> int:
        """The extra minutes of a candidate."""
        return extra_of(candidate)

    def _is_late(self, candidate: Candidate) -> bool:
        return self.late_at is not None and self.until(candidate) > self.late_at


def extra_of(candidate: Candidate) -> int:
    """The extra minutes of a candidate."""
    return sum(one.time_extension for one in candidate.accommodations)


def open_exam(visit: Visit) -> Opened:
    """The exam of the event; of others, only what the visitor may see. Raises Missing for another
    event."""
    tx, org_id, event_id = visit.tx, visit.org_id, visit.at.id
    exam, room = get_room(tx, org_id, event_id)
    planned = get_planned(tx, org_id, event_id, exam.starts_at)
    found = list_room_clashes(tx, org_id, planned) if planned and room else []
    sees = visit.user.sees
    clashes = [one for one in found if all(sees(exam.event_id) for exam in one)]
    close = [one for one in list_close(tx, org_id, event_id) if sees(one.other_event_id)]
    return Opened(
        exam,
        room,
        list_rooms(tx, org_id, exam.venue_id),
        planned,
        read_candidates(visit),
        count_by_state(tx, org_id, event_id),
        clashes,
        close,
        _given_at(exam, clashes),
        tx.now,
    )


def read_candidates(visit: Visit) -> list[Candidate]:
    """The confirmed candidates of the event, by seat."""
    return collect_candidates(
        lambda after: list_candidates(visit.tx, visit.org_id, visit.at.id, after)
    )


def act(visit: Visit, form: Form) -> str:
    """Do what the pressed button says; what was done. Raises Missing, Invalid, Conflict."""
    tx, org_id, event_id, by = visit.tx, visit.org_id, visit.at.id, visit.user.actor
    action = form.value("do")
    exam = get_exam(tx, org_id, event_id)
    if action in DONE:
        move_event(tx, org_id, event_id, Move(action), actor=by)
        return DONE[action]
    if action == "room":
        rooms = form.numbers("room")
        room_id = RoomId(rooms[0]) if rooms else None
        assign_room(tx, org_id, exam, room_id, actor=by)
        return "room" if room_id else "no_room"
    if action == "seat":
        candidate = get_listed(tx, org_id, event_id, form.value("candidate"))
        seat = next(iter(form.numbers("seat")), 0)
        set_seat(tx, org_id, candidate.uuid, seat, actor=by)
        return "seat"
    if action == "swap":
        both = [get_listed(tx, org_id, event_id, form.value(name)).uuid for name in ("one", "two")]
        swap_seats(tx, org_id, *both, actor=by)
        return "swapped"
    if action == "seat_rest" and exam.room_id is not None:
        assign_room(tx, org_id, exam, exam.room_id, actor=by)
        return "seated"
    raise Missing("path.missing", path=action[:50])


def _given_at(exam: Exam, clashes: Sequence[RoomClash]) -> int | None:
    later = [clash.second.starts_at for clash in clashes if clash.first.event_id == exam.event_id]
    return min(later, default=None)
