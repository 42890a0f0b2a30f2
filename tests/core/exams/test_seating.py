"""Candidates: registered, moved, cancelled, graded, with accommodations; everything is kept."""

import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.core.exams.college import BILLING, DAY_MS, HOUR_MS, MORNING, ZONE, College
from tests.core.registrations.invariants import find_faults
from tests.support.failures import refuses
from tests.support.node import START
from turnout.core.audience.reports import ReportFilter, stream_registrants
from turnout.core.checkin.attendees import AttendeeFilter, list_attendees
from turnout.core.checkin.scans import Result, Scan, check_in, undo_check_in
from turnout.core.events.model import EventState
from turnout.core.events.showing import get_shown_event
from turnout.core.exams import adjusting, leaving, planning, searching, seating, sittings
from turnout.core.exams.lists import (
    ExamSettings,
    NewVenue,
    assign_room,
    list_rooms,
    set_settings,
    set_venue,
)
from turnout.core.exams.model import Accommodation, Attendance
from turnout.core.people.model import Contact
from turnout.core.registrations.giving_back import cancel_registration
from turnout.core.registrations.live_lists import resolve
from turnout.core.registrations.transferring import transfer_ticket
from turnout.core.times import OVER_AT
from turnout.errors import Conflict, Failure, Invalid, Missing
from turnout.formats.pdf import PaperSize
from turnout.store import Tx

LONGER = Accommodation("Time Extension", "half an hour", 30)


@pytest.fixture
def college(node) -> College:
    node.clock.now = START
    return College(node)


def test_the_exam_is_made_where_there_is_none_and_found_where_there_is(college):
    uuid = college.register(1)
    assert college.register(2, "b", starts_at=MORNING + 59_999) == uuid
    exam = college.get_exam(uuid)
    assert (exam.number, exam.title, exam.state) == (1, "Trades Hall / Welder Level 1", "draft")
    assert (exam.starts_at, exam.ends_at) == (MORNING, MORNING + 3 * HOUR_MS)
    assert (exam.capacity, exam.held, exam.timezone) == (None, 2, ZONE)
    assert college.register(3, "c", starts_at=MORNING + 60_000) != uuid
    assert college.register(4, "c", venue=college.annex) != uuid
    found = college.find(1)
    assert found._replace(event_uuid="", learner_uuid="", venue_uuid="", form_uuid="") == (
        college.guid(1), "Pending", START, "ExamFormAssigned", "", 1, "Online", "Class",
        MORNING, ZONE, "", "", "L-A", "Ada", "Lovelace", "ada@example.com", "",
        "W1", "Welder 1", "Welder Level 1",
    )  # fmt: skip
    assert college.db.call(find_faults) == {}


def test_a_cancelled_exam_is_not_found(college):
    uuid = college.register(1)
    college.cancel(1)
    college.db.call(planning.cancel_exam, college.org_id, uuid, actor="test")
    assert college.register(2) != uuid


def test_an_exam_of_one_candidate_has_an_event_of_its_own(college):
    alone = college.register(1, exam_type="individual")
    other = college.register(2, "b", exam_type="Individual", accommodations=(LONGER,))
    shared = college.register(3, "c")
    assert len({alone, other, shared}) == 3
    types = [college.get_exam(uuid).exam_type for uuid in (alone, other, shared)]
    assert types == ["Individual (N)", "Individual (A)", "Class"]


def test_the_newest_published_form_is_used(college):
    college.register(1)
    assert college.find(1).form_name == "Welder 1"
    for code in ("BI", "nothing"):
        with refuses(Invalid, "form.unknown", code=code):
            college.register(2, form=code)


def test_what_is_wrong_is_said_in_the_contracts_order(college):
    nobody = college.guid(777)
    wrong: dict[str, Any] = {
        "exam_type": "",
        "billing_code": "",
        "exam_format": "",
        "starts_at": START,
        "venue": nobody,
    }

    def fails(
        failure: Failure, number: int = 1, learner: str = nobody, form: str = "", **chosen: Any
    ) -> None:
        accommodations = chosen.pop("accommodations", ())
        with refuses(type(failure), failure.code, **failure.facts):
            college.register(number, learner, form, accommodations, **(wrong | chosen))

    fails(Invalid("accommodation.type"), accommodations=(Accommodation(" "),))
    fails(Invalid("learner.missing", learner=nobody))
    fails(Invalid("learner.missing", learner=""), learner="")
    fails(Invalid("form.unknown", code=""), learner="a")
    college.register(9, "b")
    event = college.find(9).event_uuid
    fails(
        Conflict("sitting.exists", uuid=college.guid(9), name="Björn Åkesson", exam=event),
        number=9,
        learner="a",
        form="W1",
    )
    known: dict[str, Any] = {"learner": "a", "form": "W1"}
    fails(Invalid("exam.type_absent"), **known)
    fails(Invalid("exam.type", value="Party"), exam_type="Party", **known)
    known |= {"exam_type": "class"}
    fails(Invalid("exam.billing_code_absent"), **known)
    fails(Invalid("exam.billing_code", value="x"), billing_code="x", **known)
    known |= {"billing_code": BILLING.upper()}
    fails(Invalid("exam.format_absent"), **known)
    fails(Invalid("exam.format", value="Oral"), exam_format="Oral", **known)
    known |= {"exam_format": "paper"}
    late = Invalid("exam.start_past")
    fails(late, **known)
    fails(late, starts_at=None, **known)
    fails(Invalid("exam.start_late", year=3000), starts_at=OVER_AT, **known)
    fails(Invalid("exam.venue", venue=nobody), starts_at=MORNING, **known)
    assert college.register(1, **(known | {"starts_at": MORNING, "venue": college.hall}))


def test_a_guid_of_another_college_is_taken_and_nothing_is_said_of_it(college, node):
    other = College(node)
    other.register(1)
    new = seating.NewSitting(other.guid(1), college.exam(), college.learners["a"], "W1")
    with refuses(Conflict, "sitting.exists_elsewhere", uuid=other.guid(1)):
        college.db.call(seating.book_seat, college.org_id, new, actor="test")
    with pytest.raises(Missing):
        college.db.call(leaving.delete_sitting, college.org_id, other.guid(1), actor="test")
    with pytest.raises(Missing):
        college.db.call(searching.get_found_sitting, college.org_id, other.guid(1))


def test_one_learner_may_have_several_registrations_in_one_exam(college):
    assert college.register(1) == college.register(2)
    assert college.get_exam(college.find(1).event_uuid).held == 2
    assert college.changes(2)[-1] == "OverlapWarning"


def test_limits_are_enforced_and_cancelled_ones_do_not_count(college):
    uuid = college.guid(500)
    wanted = college.exam(registration_limit=1)
    college.db.call(planning.add_exam, college.org_id, uuid, wanted, actor="test")
    assert college.get_exam(uuid).title == "Trades Hall / No Exam"
    assert college.register(1) == uuid
    with refuses(Conflict, "exam.full", limit=1, exam=uuid):
        college.register(2, "b")
    college.cancel(1)
    assert college.register(2, "b") == uuid
    assert college.db.call(find_faults) == {}


def test_a_rooms_seats_are_the_limit_and_are_handed_out(college):
    uuid = college.register(1)
    exam = college.get_exam(uuid)
    (room,) = college.db.call(list_rooms, college.org_id, exam.venue_id)
    college.db.call(assign_room, college.org_id, exam, room.id, actor="test")
    college.register(2, "b")
    with refuses(Conflict, "exam.full", limit=2, exam=uuid):
        college.register(3, "c")
    assert [college.sitting(number, "s.seat")[0] for number in (1, 2)] == [1, 2]
    college.cancel(2)
    college.register(3, "c")
    assert college.sitting(3, "s.seat") == (2,)
    other = college.get_exam(college.register(4, venue=college.annex))
    with pytest.raises(Invalid, match="is not one of the exam's venue"):
        college.db.call(assign_room, college.org_id, other, room.id, actor="test")


def test_an_extension_of_time_is_the_candidates_own(college):
    college.register(1, accommodations=(LONGER,))
    college.register(2, "b")
    assert college.sitting(1, "s.time_limit, s.sequence") == (150, 1)
    assert college.sitting(2, "s.time_limit, s.sequence") == (120, 2)
    granted = Accommodation("time extension", "an hour", 60)
    uuid = college.guid(1)
    college.db.call(adjusting.grant_accommodation, college.org_id, uuid, granted, actor="test")
    assert college.sitting(1, "s.time_limit") == (180,)
    (kept,) = college.db.call(
        sittings.list_accommodations, college.org_id, college.sitting(1, "r.id")[0]
    )
    assert kept == Accommodation("Time Extension", "an hour", 60)
    for _ in range(2):
        college.db.call(
            adjusting.revoke_accommodation, college.org_id, uuid, "TIME EXTENSION", actor="test"
        )
    assert college.sitting(1, "s.time_limit, s.change_type") == (120, "AccommodationRevoked")
    with refuses(Invalid, "accommodation.type"):
        college.db.call(
            adjusting.grant_accommodation, college.org_id, uuid, Accommodation(""), actor="test"
        )
    with refuses(Missing, "sitting.missing", uuid=college.guid(9)):
        college.db.call(
            adjusting.grant_accommodation, college.org_id, college.guid(9), LONGER, actor="test"
        )


def test_a_passcode_is_readable_and_nobodys_but_ones_own(college):
    college.register(1)
    college.register(2, "b")
    codes = [college.sitting(number, "s.passcode")[0] for number in (1, 2)]
    assert len(set(codes)) == 2
    assert all([len(part) for part in code.split("-")] == [4, 4, 4] for code in codes)


def test_a_candidate_is_moved_with_form_and_ticket(college):
    college.register(1)
    before = college.find(1).event_uuid
    (ticket,) = tickets(college, before)
    college.node.clock.advance(60)
    uuid = college.transfer(1, starts_at=MORNING + DAY_MS)
    found = college.find(1)
    assert (found.event_uuid, found.form_code, found.change_type) == (uuid, "W1", "EventChanged")
    assert found.changed_at == college.node.clock()
    assert (tickets(college, before), tickets(college, uuid)) == ([], [ticket])
    assert college.get_exam(before).title == "Trades Hall / No Exam"
    assert college.changes(1) == ["RegistrationRequested", "ExamFormAssigned", "EventChanged"]
    assert college.db.call(find_faults) == {}


def test_what_is_wrong_with_a_move_is_said_in_the_contracts_order(college):
    college.register(1)
    here = college.find(1).event_uuid

    def fails(failure: Failure, number: int = 1, learner: str = "a", **exam) -> None:
        with refuses(type(failure), failure.code, **failure.facts):
            college.transfer(number, learner, **exam)

    fails(Invalid("sitting.missing", uuid=college.guid(9)), number=9)
    other = college.learners["b"]
    fails(Invalid("sitting.other_learner", learner=other), learner="b", exam_type="x")
    fails(Invalid("exam.type", value="x"), exam_type="x", venue=college.annex)
    fails(Invalid("exam.venue", venue=college.guid(9)), venue=college.guid(9))
    fails(Invalid("sitting.in_exam", exam=here))
    later = MORNING + DAY_MS
    fails(Invalid("learner.missing", learner=""), learner="", starts_at=later)
    college.cancel(1)
    fails(Conflict("sitting.cancelled", uuid=college.guid(1)), starts_at=later)
    college.node.execute(
        "UPDATE exam_registrations SET form_id = NULL WHERE registration_id = "
        f"{college.sitting(1, 'r.id')[0]}"
    )
    fails(Invalid("sitting.without_form", uuid=college.guid(1)))


def test_cancelling_frees_the_seat_and_is_kept(college):
    college.register(1)
    for _ in range(2):
        college.cancel(1)
    found = college.find(1)
    assert (found.attendance, found.change_type) == ("Withdrawn", "RegistrationCancelled")
    assert college.get_exam(found.event_uuid).held == 0
    assert college.changes(1).count("RegistrationCancelled") == 1
    with refuses(Invalid, "sitting.missing", uuid=college.guid(9)):
        college.cancel(9)


def test_a_candidate_is_cancelled_and_passed_on_at_no_other_door(college):
    college.register(1)
    ticket = "(SELECT t.code FROM tickets t WHERE t.org_id = r.org_id AND t.registration_id = r.id)"
    number, code = college.sitting(1, f"r.id, {ticket}")
    with refuses(Conflict, "registration.exam", registration=number):
        college.db.call(cancel_registration, college.org_id, number, actor="test")
    stranger = Contact(email="stranger@example.com")
    with refuses(Conflict, "transfer.exam"):
        college.db.call(transfer_ticket, college.org_id, code, stranger, actor="test")
    found = college.find(1)
    assert (found.attendance, found.change_type) == ("Pending", "ExamFormAssigned")
    assert college.db.call(find_faults) == {}


def test_a_deleted_registration_leaves_its_history_and_its_guid(college):
    college.register(1)
    event = college.find(1).event_uuid
    for _ in range(2):
        college.db.call(leaving.delete_sitting, college.org_id, college.guid(1), actor="test")
    with refuses(Missing, "sitting.missing", uuid=college.guid(1)):
        college.find(1)
    assert college.get_exam(event).held == 0
    assert college.changes(1)[-1] == "RegistrationDeleted"
    assert college.register(1, "b") == event
    assert college.db.call(find_faults) == {}


def test_another_assessment(college):
    college.register(1)
    uuid = college.guid(1)

    def change(code: str, of: str = uuid) -> str:
        return college.db.call(adjusting.assign_form, college.org_id, of, code, actor="test")

    assert change("w2") == college.find(1).form_uuid
    assert college.sitting(1, "s.time_limit, s.change_type") == (180, "ExamFormAssigned")
    assert college.get_exam(college.find(1).event_uuid).title == "Trades Hall / Welder Level 2"
    college.register(2, "b")
    assert college.get_exam(college.find(1).event_uuid).title == "Trades Hall / Various"
    with refuses(Invalid, "sitting.has_form", code="W2", uuid=uuid):
        change("W2")
    with refuses(Invalid, "form.unknown", code="BI"):
        change("BI")
    with refuses(Missing, "sitting.missing", uuid=college.guid(9)):
        change("W2", of=college.guid(9))


def test_two_exams_at_one_time_are_a_warning_or_refused(college):
    college.register(1)
    college.register(2, venue=college.annex, starts_at=MORNING + 119 * 60_000)
    college.register(3, venue=college.annex, starts_at=MORNING + 300 * 60_000)
    assert [("OverlapWarning" in college.changes(number)) for number in (1, 2, 3)] == [
        False,
        True,
        False,
    ]
    assert college.find(2).change_type == "ExamFormAssigned"
    chosen = ExamSettings(PaperSize.A4, refuses_overlaps=True)
    college.db.call(set_settings, college.org_id, chosen, actor="test")
    with pytest.raises(
        Conflict, match=f"another exam at that time: registration {college.guid(1)}"
    ):
        college.register(4, venue=college.annex, starts_at=MORNING)
    assert college.register(4, "b", venue=college.annex, starts_at=MORNING)


def test_more_time_may_reach_into_the_next_exam(college):
    college.register(1)
    college.register(2, venue=college.annex, starts_at=MORNING + 120 * 60_000)
    uuid = college.guid(1)

    def give(minutes: int) -> None:
        granted = Accommodation("Time Extension", "", minutes)
        college.db.call(adjusting.grant_accommodation, college.org_id, uuid, granted, actor="test")

    give(30)
    give(40)
    granted = "AccommodationGranted"
    assert college.changes(1)[2:] == [granted, "OverlapWarning", granted]
    assert college.find(1).change_type == "AccommodationGranted"
    give(0)
    chosen = ExamSettings(PaperSize.A4, refuses_overlaps=True)
    college.db.call(set_settings, college.org_id, chosen, actor="test")
    with pytest.raises(Conflict, match=f"at that time: registration {college.guid(2)}"):
        give(1)
    with pytest.raises(Conflict, match="another exam at that time"):
        college.db.call(adjusting.assign_form, college.org_id, uuid, "W2", actor="test")
    assert college.sitting(1, "s.time_limit") == (120,)
    college.cancel(2)
    give(1)


def test_an_exam_is_cancelled_once_and_never_with_candidates(college):
    uuid = college.register(1)

    def cancel(of: str) -> None:
        college.db.call(planning.cancel_exam, college.org_id, of, actor="test")

    with refuses(Conflict, "exam.active", uuid=uuid):
        cancel(uuid)
    assert college.get_exam(uuid).state == "draft"
    college.cancel(1)
    cancel(uuid)
    with refuses(Conflict, "exam.cancelled_before", uuid=uuid):
        cancel(uuid)
    with refuses(Conflict, "exam.unknown", uuid=college.guid(9)):
        cancel(college.guid(9))


def test_an_exam_is_added_once(college):
    uuid = college.guid(500)
    for add in range(2):
        call = (planning.add_exam, college.org_id, uuid, college.exam())
        if add:
            with refuses(Conflict, "exam.exists", uuid=uuid):
                college.db.call(*call, actor="test")
        else:
            college.db.call(*call, actor="test")
    short = college.exam(billing_code="Short (1h)", starts_at=MORNING + DAY_MS)
    made = college.db.call(planning.add_exam, college.org_id, college.guid(501), short, actor="t")
    assert (made.number, made.ends_at - made.starts_at) == (2, HOUR_MS)


def test_an_exam_over_a_clock_change_lasts_as_long(college):
    # Vancouver, where the college is, changes its clocks no more.
    zone = ZoneInfo("America/Los_Angeles")
    venue = college.db.call(set_venue, college.org_id, NewVenue("South", str(zone)), actor="test")
    night = datetime.datetime(2027, 3, 14, 0, 30, tzinfo=zone)
    uuid = college.register(1, venue=venue.uuid, starts_at=int(night.timestamp() * 1000))
    exam = college.get_exam(uuid)
    assert exam.ends_at - exam.starts_at == 3 * HOUR_MS
    (local,) = college.db.call(
        lambda tx: tx.connection.execute(
            f"SELECT ends_local FROM events WHERE id = {exam.event_id}"
        ).fetchall()
    )
    assert local[0] == "2027-03-14T04:30"


def test_a_candidate_is_an_attendee_and_the_door_takes_attendance(college):
    uuid = college.register(1)
    event_id = college.get_exam(uuid).event_id
    college.db.call(
        planning.set_exam_state, college.org_id, event_id, EventState.OPEN, actor="test"
    )
    (code,) = tickets(college, uuid)
    scan = Scan(code=code, at=MORNING, device="door")
    answer = college.db.call(check_in, college.org_id, event_id, scan)
    assert answer.result is Result.ADMITTED
    assert (college.find(1).attendance, college.find(1).change_type) == (
        "Present",
        "AttendanceTaken",
    )
    college.db.call(undo_check_in, college.org_id, event_id, scan)
    assert college.find(1).attendance == "Pending"
    shown = college.db.call(get_shown_event, college.org_id, event_id)
    assert [(ticket_type.capacity, ticket_type.held) for ticket_type in shown.ticket_types] == [
        (None, 1)
    ]
    college.db.call(
        adjusting.take_attendance, college.org_id, college.guid(1), Attendance.ABSENT, actor="t"
    )
    assert college.find(1).attendance == "Absent"
    college.db.call(adjusting.grade, college.org_id, college.guid(1), "Pass", actor="test")
    assert college.sitting(1, "s.grading, s.change_type") == ("Pass", "GradeAssigned")


def test_candidates_can_be_written_to_through_a_live_list(college):
    uuid = college.register(1)
    event_id = college.get_exam(uuid).event_id
    found = college.db.call(resolve, college.org_id, f"event:{event_id}", 0, 10)
    assert "ada@example.com" in repr(found)


def test_candidates_are_in_the_report_of_their_exam(college):
    uuid = college.register(1)
    college.register(2, "c")
    college.register(3, "d", venue=college.annex)
    event_id = college.get_exam(uuid).event_id

    def read(tx: Tx) -> list[str]:
        found = stream_registrants(tx, college.org_id, event_id, ReportFilter())
        return [name for some in found for name in some.last_name]

    assert college.db.call(read) == ["Lovelace", "O'Neill"]


def tickets(college: College, uuid: str) -> list[str]:
    """The codes of the exam's attendees."""
    exam = college.get_exam(uuid)
    found, _ = college.db.call(
        list_attendees, college.org_id, exam.event_id, AttendeeFilter(), limit=10, skip=0
    )
    return [ticket.code for person in found for ticket in person.tickets]
