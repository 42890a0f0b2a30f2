"""What staff change of exams that are planned: rooms, times, places, and who sits where."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.core.exams.college import BILLING, HOUR_MS, MORNING, College
from tests.support.node import START
from turnout.core.checkin.scans import Result, Scan, check_in
from turnout.core.events.model import EventState
from turnout.core.exams import browsing, calendars, changing, planning, rooms, seating
from turnout.core.exams.adjusting import take_attendance
from turnout.core.exams.calendars import PlannedFilter
from turnout.core.exams.changing import ExamChange
from turnout.core.exams.lists import assign_room, list_rooms
from turnout.core.exams.model import Accommodation, Attendance
from turnout.core.exams.readmitting import readmit
from turnout.errors import Conflict, Failure, Invalid, Missing

LONGER = (Accommodation("Time Extension", "", 120),)


@pytest.fixture
def college(node) -> College:
    node.clock.now = START
    return College(node)


@contextmanager
def refused(kind: type[Failure], code: str) -> Iterator[None]:
    with pytest.raises(kind) as caught:
        yield
    assert caught.value.code == code


def call(college, verb, *arguments, **named):
    return college.db.call(verb, college.org_id, *arguments, actor="staff", **named)


def look(college, verb, *arguments, **named):
    return college.db.call(verb, college.org_id, *arguments, **named)


def put_into_room(college, exam):
    room = look(college, list_rooms, exam.venue_id)[0]
    call(college, assign_room, exam, room.id)
    return room


def planned(college, exam):
    now = college.get_exam(exam.uuid)
    return look(college, calendars.get_planned, now.event_id, now.starts_at)


def as_it_is(exam, **changed) -> ExamChange:
    facts = {
        "title": "",
        "starts_at": exam.starts_at,
        "exam_type": exam.exam_type,
        "exam_format": exam.exam_format,
        "billing_code": exam.billing_code,
        "registration_limit": exam.registration_limit,
        "is_on_calendar": exam.is_on_calendar,
    }
    return ExamChange(**(facts | changed))


def test_a_cancelled_candidate_comes_back(college):
    exam = college.get_exam(college.register(1, "a", accommodations=LONGER))
    college.register(2, "b")
    put_into_room(college, exam)
    former = college.code(1)
    college.cancel(1)
    assert college.get_exam(exam.uuid).held == 1
    assert call(college, readmit, college.guid(1), "was wrong") is True
    assert call(college, readmit, college.guid(1)) is False
    assert college.get_exam(exam.uuid).held == 2
    assert college.find(1).attendance == "Pending"
    assert college.code(1) != former
    assert college.sitting(1, "s.seat, s.time_limit") == (1, 240)
    assert college.changes(1)[-1] == "RegistrationRequested"
    college.cancel(1)
    college.register(3, "c")
    with refused(Conflict, "exam.full"):
        call(college, readmit, college.guid(1))
    with refused(Missing, "sitting.missing"):
        call(college, readmit, college.guid(9))


def test_a_candidate_who_was_present_is_so_again(college):
    exam = college.get_exam(college.register(1, "a"))
    call(college, take_attendance, college.guid(1), Attendance.PRESENT)
    college.cancel(1)
    call(college, readmit, college.guid(1))
    assert college.find(1).attendance == "Present"
    scan = Scan(code=college.code(1), at=college.db.clock())
    assert look(college, check_in, exam.event_id, scan).result is Result.REPEATED
    call(college, take_attendance, college.guid(1), Attendance.PENDING)
    college.cancel(1)
    call(college, readmit, college.guid(1))
    assert college.find(1).attendance == "Pending"
    scan = Scan(code=college.code(1), at=college.db.clock())
    assert look(college, check_in, exam.event_id, scan).result is Result.ADMITTED


def test_a_candidate_moves_into_the_very_exam(college):
    exam = college.get_exam(college.register(1, "a"))
    wanted = college.exam()
    twin = call(college, planning.make_exam, wanted, title="The other room")
    moved = call(college, seating.move_into, college.guid(1), twin.event_id, "asked for it")
    assert moved.event_id == twin.event_id
    assert college.find(1).event_uuid == twin.uuid
    assert college.get_exam(exam.uuid).held == 0
    assert college.changes(1)[-1] == "EventChanged"
    with refused(Invalid, "sitting.in_exam"):
        call(college, seating.move_into, college.guid(1), twin.event_id)
    call(college, planning.set_exam_state, exam.event_id, EventState.CLOSED)
    with refused(Conflict, "exam.closed"):
        call(college, seating.move_into, college.guid(1), exam.event_id)


def test_rooms_keep_what_is_given_out(college):
    exam = college.get_exam(college.register(1, "a"))
    room = put_into_room(college, exam)
    venue = exam.venue_id
    call(college, rooms.change_room, venue, room.id, "Aula", 5)
    assert college.get_exam(exam.uuid).capacity == 5
    college.register(2, "b")
    with refused(Conflict, "room.seats_taken"):
        call(college, rooms.change_room, venue, room.id, "Aula", 1)
    with refused(Conflict, "room.in_use"):
        call(college, rooms.remove_room, venue, room.id)
    other = call(college, rooms.make_room, venue, "Lab", 3)
    with refused(Conflict, "room.same_name"):
        call(college, rooms.change_room, venue, other.id, "Aula", 3)
    call(college, rooms.remove_room, venue, other.id)
    with refused(Missing, "room.missing"):
        call(college, rooms.remove_room, venue, other.id)
    with refused(Conflict, "venue.in_use"):
        call(college, rooms.remove_venue, venue)
    annex = next(
        one for one in look(college, rooms.list_used_venues) if one.venue.uuid == college.annex
    )
    assert [(one.name, one.exams) for one in annex.rooms] == [("Annex 1", 0)]
    call(college, rooms.remove_venue, annex.venue.id)
    assert [one.venue.name for one in look(college, rooms.list_used_venues)] == ["Trades Hall"]


def test_an_exam_is_moved_and_renamed(college):
    exam = college.get_exam(college.register(1, "a"))
    later = MORNING + HOUR_MS
    change = as_it_is(exam, starts_at=later, title="Spring", registration_limit=4)
    assert call(college, changing.change_exam, exam.event_id, change) is True
    now = college.get_exam(exam.uuid)
    assert (now.title, now.starts_at, now.ends_at) == ("Spring", later, later + 3 * HOUR_MS)
    assert (now.capacity, now.has_own_title) == (4, True)
    assert call(college, changing.change_exam, exam.event_id, as_it_is(now)) is False
    assert college.get_exam(exam.uuid).title == "Trades Hall / Welder Level 1"
    for code, wrong in (
        ("exam.start_past", {"starts_at": START - HOUR_MS}),
        ("exam.type", {"exam_type": "Party"}),
        ("exam.limit", {"registration_limit": 0}),
    ):
        with refused(Invalid, code):
            call(college, changing.change_exam, exam.event_id, as_it_is(now, **wrong))
    college.register(2, "b", starts_at=later)
    with refused(Conflict, "exam.limit_held"):
        call(college, changing.change_exam, exam.event_id, as_it_is(now, registration_limit=1))


def test_clashes_of_rooms_and_people_are_found(college):
    first = college.get_exam(college.register(1, "a", accommodations=LONGER))
    second = college.get_exam(college.register(2, "a", "W2", starts_at=MORNING + 3 * HOUR_MS))
    third = college.get_exam(college.register(3, "b", starts_at=MORNING + 9 * HOUR_MS))
    for exam in (first, second, third):
        put_into_room(college, exam)
    found = look(college, calendars.list_planned, PlannedFilter())
    assert [exam.event_id for exam in found] == [first.event_id, second.event_id, third.event_id]
    (clash,) = calendars.find_clashes(found)
    assert (clash.first.event_id, clash.second.event_id) == (first.event_id, second.event_id)
    assert look(college, calendars.list_room_clashes, planned(college, second)) == [clash]
    assert look(college, calendars.list_room_clashes, planned(college, third)) == []
    (close,) = look(college, calendars.list_close, first.event_id)
    assert (close.name, close.is_overlap) == ("Ada Lovelace", True)
    # 120 minutes and no more: an hour is left between the two.
    call(college, changing.change_exam, third.event_id, as_it_is(third, billing_code=BILLING))
    assert look(college, calendars.list_close, third.event_id) == []


def test_candidates_are_searched(college):
    exam = college.get_exam(college.register(1, "a"))
    college.register(2, "b")
    college.register(3, "c")
    college.cancel(2)
    names = [
        one.name for one in look(college, browsing.list_listed, exam.event_id, state="confirmed")
    ]
    assert names == ["Ada Lovelace", "Chloé O'Neill"]
    (found,) = look(college, browsing.list_listed, exam.event_id, text="BJÖRN")
    assert (found.code, found.state) == ("L-B", "cancelled")
    assert look(college, browsing.count_by_state, exam.event_id) == {"confirmed": 2, "cancelled": 1}
    with refused(Missing, "sitting.missing"):
        look(college, browsing.get_listed, exam.event_id, college.guid(9))
    learners = look(college, browsing.find_learners, text="ada@")
    assert sorted(learner.code for learner in learners) == ["L-A", "L-D"]
    assert [one.code for one in look(college, browsing.find_learners, after="l-b")] == [
        "L-C",
        "L-D",
    ]
