"""The day of an exam: seats, walk-ins, attendance and grades, the list to sign, notices."""

import io

import openpyxl
import pypdfium2
import pytest

from tests.core.exams.college import MORNING, ZONE, College
from tests.formats.pdf.reading import read_text, squeeze
from tests.support.failures import refuses
from tests.support.node import START
from turnout.core.checkin.attendees import AttendeeFilter, list_attendees
from turnout.core.checkin.scans import Result, Scan, check_in
from turnout.core.events.model import EventState
from turnout.core.exams import letters, planning, results, rolls, seating, seats
from turnout.core.exams.letters import Notice
from turnout.core.exams.lists import NewVenue, assign_room, list_rooms, set_venue
from turnout.core.exams.model import Accommodation, Attendance
from turnout.core.identity.profiles import OrganizationChange, change_organization
from turnout.core.times import local
from turnout.errors import Conflict, Invalid, Missing
from turnout.formats.local_dates import say_moment
from turnout.formats.pdf import PaperSize

HELP = (Accommodation("Time Extension", "half an hour", 30), Accommodation("Reader"))


@pytest.fixture
def college(node) -> College:
    node.clock.now = START
    return College(node)


@pytest.fixture
def exam(college):
    """An exam with three candidates; Björn has help."""
    uuid = college.register(1, "a")
    college.register(2, "b", accommodations=HELP)
    college.register(3, "d", "W2")
    return college.get_exam(uuid)


def call(college, verb, *arguments, **named):
    return college.db.call(verb, college.org_id, *arguments, actor="staff", **named)


def candidates(college, exam) -> list[rolls.Candidate]:
    return rolls.collect_candidates(
        lambda after: college.db.call(rolls.list_candidates, college.org_id, exam.event_id, after)
    )


def held_seats(college) -> list[int | None]:
    return [college.sitting(number, "s.seat")[0] for number in (1, 2, 3)]


def attendance(college, number: int) -> str:
    return college.find(number).attendance


def make_room(college, exam, name: str, size: int):
    venue = college.db.call(planning.get_exam, college.org_id, exam.event_id)
    new = NewVenue(venue.venue_name, exam.timezone, room=name, seats=size, uuid=venue.venue_uuid)
    call(college, set_venue, new)
    rooms = college.db.call(list_rooms, college.org_id, exam.venue_id)
    room = next(room for room in rooms if room.name == name)
    call(college, assign_room, college.get_exam(exam.uuid), room.id)
    return room


def test_a_room_gives_everybody_a_seat(college, exam):
    assert held_seats(college) == [None, None, None]
    make_room(college, exam, "Aula", 10)
    assert held_seats(college) == [1, 2, 3]
    call(college, seats.set_seat, college.guid(1), 10)
    call(college, seats.set_seat, college.guid(1), 10)
    assert held_seats(college) == [10, 2, 3]
    make_room(college, exam, "Lab", 3)
    assert held_seats(college) == [1, 2, 3]
    call(college, assign_room, college.get_exam(exam.uuid), None)
    assert held_seats(college) == [None, None, None]


def test_seats_that_cannot_be_given(college, exam):
    with refuses(Conflict, "seat.no_room", event_id=exam.event_id):
        call(college, seats.set_seat, college.guid(1), 1)
    make_room(college, exam, "Aula", 4)
    with refuses(Conflict, "seat.taken", seat=2):
        call(college, seats.set_seat, college.guid(1), 2)
    for seat in (0, 5):
        with refuses(Invalid, "seat.unknown", seat=seat, room="Aula", seats=4):
            call(college, seats.set_seat, college.guid(1), seat)
    college.cancel(1)
    with refuses(Conflict, "sitting.cancelled", uuid=college.guid(1)):
        call(college, seats.set_seat, college.guid(1), 4)


def test_two_change_seats(college, exam):
    make_room(college, exam, "Aula", 4)
    call(college, seats.swap_seats, college.guid(1), college.guid(3))
    assert held_seats(college) == [3, 2, 1]
    with refuses(Conflict, "seat.swap"):
        call(college, seats.swap_seats, college.guid(1), college.guid(1))
    college.cancel(2)
    with refuses(Conflict, "sitting.cancelled", uuid=college.guid(2)):
        call(college, seats.swap_seats, college.guid(1), college.guid(2))
    assert held_seats(college)[::2] == [3, 1]


def test_attendance_is_the_same_at_both_doors(college, exam):
    call(college, results.record_attendance, college.guid(1), Attendance.PRESENT)
    call(college, results.record_attendance, college.guid(2), Attendance.ABSENT)
    assert [attendance(college, n) for n in (1, 2, 3)] == ["Present", "Absent", "Pending"]
    assert college.changes(2)[-1] == "AttendanceTaken"

    def checked(which: str) -> list[str]:
        found, _ = college.db.call(
            list_attendees,
            college.org_id, exam.event_id, AttendeeFilter(which=which), limit=9, skip=0,
        )  # fmt: skip
        return [attendee.first_name for attendee in found]

    assert checked("checked") == ["Ada"]
    scan = Scan(code=college.code(1), at=MORNING)
    answer = college.db.call(check_in, college.org_id, exam.event_id, scan)
    assert answer == (Result.REPEATED, START)
    call(college, results.record_attendance, college.guid(1), Attendance.ABSENT)
    assert checked("checked") == []
    answer = college.db.call(check_in, college.org_id, exam.event_id, scan)
    assert answer.result is Result.ADMITTED
    assert attendance(college, 1) == "Present"


def test_attendance_that_cannot_be_taken(college, exam):
    with refuses(Invalid, "attendance.withdrawn"):
        call(college, results.record_attendance, college.guid(1), Attendance.WITHDRAWN)
    with refuses(Missing, "sitting.missing", uuid=college.guid(9)):
        call(college, results.record_attendance, college.guid(9), Attendance.PRESENT)
    college.cancel(1)
    with refuses(Conflict, "sitting.cancelled", uuid=college.guid(1)):
        call(college, results.record_attendance, college.guid(1), Attendance.PRESENT)
    assert attendance(college, 1) == "Withdrawn"


def test_the_rest_is_absent_once_the_exam_has_begun(college, exam, node):
    with refuses(Conflict, "attendance.early", event_id=exam.event_id):
        call(college, results.mark_rest_absent, exam.event_id)
    call(college, results.record_attendance, college.guid(1), Attendance.PRESENT)
    node.clock.now = MORNING
    assert call(college, results.mark_rest_absent, exam.event_id) == 2
    assert call(college, results.mark_rest_absent, exam.event_id) == 0
    assert [attendance(college, n) for n in (1, 2, 3)] == ["Present", "Absent", "Absent"]


def test_grades(college, exam):
    call(college, results.record_grade, college.guid(1), " 82 % ")
    assert [candidate.grading for candidate in candidates(college, exam)] == ["82 %", "", ""]
    assert college.changes(1)[-1] == "GradeAssigned"
    assert college.find(1).change_type == "GradeAssigned"
    with refuses(Invalid, "grade.long", limit=100):
        call(college, results.record_grade, college.guid(1), "x" * 101)


def test_a_candidate_is_found_by_code(college, exam):
    find = results.find_candidate
    assert college.db.call(find, college.org_id, exam.event_id, " l-b ") == college.guid(2)
    with refuses(Missing, "candidate.missing", code="L-C", event_id=exam.event_id):
        college.db.call(find, college.org_id, exam.event_id, "L-C")
    college.register(4, "a")
    with refuses(Conflict, "candidate.several", code="L-A", event_id=exam.event_id):
        college.db.call(find, college.org_id, exam.event_id, "L-A")


def test_a_walk_in_is_seated_in_a_closed_exam_and_present(college, exam):
    make_room(college, exam, "Aula", 4)
    call(college, planning.set_exam_state, exam.event_id, EventState.CLOSED)
    with refuses(Conflict, "exam.closed", exam=exam.uuid):
        college.register(4, "c")
    uuid = call(college, seating.add_walk_in, exam.event_id, "l-c", "W1", accommodations=HELP[:1])
    added = next(found for found in candidates(college, exam) if found.uuid == uuid)
    assert (added.name, added.seat, added.minutes) == ("Chloé O'Neill", 4, 150)
    assert added.attendance == "Present"
    assert college.search(code="L-C") == ["L-C"]
    with refuses(Conflict, "candidate.there", code="L-C", uuid=uuid):
        call(college, seating.add_walk_in, exam.event_id, "L-C", "W1")
    with refuses(Invalid, "learner.missing", learner="L-X"):
        call(college, seating.add_walk_in, exam.event_id, "L-X", "W1")


def test_a_full_exam_takes_no_walk_in(college, exam):
    make_room(college, exam, "Lab", 3)
    with refuses(Conflict, "exam.full", limit=3, exam=exam.uuid):
        call(college, seating.add_walk_in, exam.event_id, "L-C", "W1")
    assert len(candidates(college, exam)) == 3


def test_the_list_to_sign(college, exam):
    make_room(college, exam, "Aula", 9)
    call(college, seats.set_seat, college.guid(1), 9)
    found = candidates(college, exam)
    assert [(one.seat, one.code, one.minutes) for one in found] == [
        (2, "L-B", 150), (3, "L-D", 180), (9, "L-A", 120),
    ]  # fmt: skip
    shown, room = college.db.call(rolls.get_room, college.org_id, exam.event_id)
    out = io.BytesIO()
    assert rolls.draw_roll(out, shown, room, found, PaperSize.LETTER.sides) == 3
    pdf = out.getvalue()
    width, height = pypdfium2.PdfDocument(pdf)[0].get_size()
    assert (width, height) == (pytest.approx(792, abs=1), pytest.approx(612, abs=1))
    text = "".join(read_text(pdf))
    for words in (
        *("Trades Hall / Various", "Aula", "candidates: 3, seats: 9", "Signature"),
        *("Åkesson", "王", "Time Extension: half", "Welder Level 2"),
    ):
        assert squeeze(words) in text
    book = openpyxl.load_workbook(io.BytesIO(b"".join(rolls.roll_workbook(found))))
    rows = list(book.active.values)
    assert rows[1][:7] == (2, 2, "Åkesson", "Björn", "L-B", "Welder Level 1", 150)
    assert rows[1][-1] == college.guid(2)


def test_lists_and_notices_speak_the_exams_language(college, exam):
    college.db.call(
        change_organization, college.org_id, OrganizationChange(locale="de"), actor="test"
    )
    make_room(college, exam, "Aula", 9)
    shown, room = college.db.call(rolls.get_room, college.org_id, exam.event_id)
    found = candidates(college, exam)
    out = io.BytesIO()
    rolls.draw_roll(out, shown, room, found, PaperSize.A4.sides, "de")
    text = "".join(read_text(out.getvalue()))
    for words in ("Nachname", "Unterschrift", "Prüflinge: 3, Plätze: 9"):
        assert squeeze(words) in text
    notice = Notice("Am %%date%%", "%%name%%")
    assert call(college, letters.send_notice, shown, room, found, notice) == 3
    question = f"SELECT name FROM jobs WHERE org_id = {college.org_id}"
    [(name,)] = college.db.call(lambda tx: tx.connection.execute(question).fetchall())
    assert name == f"Mitteilung: {shown.title}"


def test_a_list_of_nobody(college, node):
    exam = college.get_exam(college.register(1))
    college.cancel(1)
    assert candidates(college, exam) == []
    out = io.BytesIO()
    assert rolls.draw_roll(out, exam, None, [], PaperSize.A4.sides) == 0


def test_candidates_are_told_what_concerns_them(college, exam):
    make_room(college, exam, "Aula", 9)
    shown, room = college.db.call(rolls.get_room, college.org_id, exam.event_id)
    notice = Notice("Your exam on %%date%%", "Dear %%name%%,\n%%room%%, seat %%seat%%: %%minutes%%")
    found = candidates(college, exam)
    assert call(college, letters.send_notice, shown, room, found, notice) == 3
    question = (
        "SELECT r.address, r.fields FROM recipients r JOIN jobs j ON j.org_id = r.org_id "
        f"AND j.id = r.job_id WHERE r.org_id = {college.org_id} ORDER BY r.id"
    )
    mails = college.db.call(lambda tx: tx.connection.execute(question).fetchall())
    assert [address for address, _ in mails] == [
        *("ada@example.com", "bjorn@example.com", "ada@example.com"),
    ]
    day = say_moment(local(MORNING, ZONE), "en")
    assert f"Your exam on {day} ({ZONE})" in mails[1][1]
    assert "Dear Björn Åkesson,\\nAula, seat 2: 150" in mails[1][1]


@pytest.mark.parametrize(
    ("notice", "code"),
    [
        (Notice("", "text"), "notice.empty"),
        (Notice("subject", " "), "notice.empty"),
        (Notice("subject", "%%passcode%%"), "notice.field"),
        (Notice("s" * 201, "text"), "notice.long"),
    ],
)
def test_notices_that_cannot_be_sent(notice, code):
    with pytest.raises(Invalid) as refused:
        letters.check_notice(notice)
    assert refused.value.code == code
