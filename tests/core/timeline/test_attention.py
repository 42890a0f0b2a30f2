"""What needs attention is listed until it is mended, and nothing else is."""

import pytest

from tests.core.exams.college import College
from tests.core.messaging.jobs import NUMBERS, answer, claim_all, make_login, new_job, post
from tests.core.registrations.office import Office
from tests.support.builder import contact
from turnout.core.exams import lists, planning
from turnout.core.messaging.alerts import Alert, AlertKind, raise_alert
from turnout.core.messaging.model import JobType, Status
from turnout.core.messaging.outcomes import Accepted, Rejected, Reply
from turnout.core.messaging.reading_replies import ReplyFilter, assign_reply, list_replies
from turnout.core.messaging.replies import receive_replies
from turnout.core.payments.settling import PaymentState, ask_for_payment, settle
from turnout.core.registrations.offers import join_list
from turnout.core.timeline.attention import (
    DAY_MS,
    Attention,
    FailedJob,
    Lately,
    RoomlessExam,
    WaitedEvent,
    count_lately,
    find_attention,
    list_planned_jobs,
)

QUIET = Attention([], [], [], [], [], 0)


@pytest.fixture
def office(node) -> Office:
    return Office(node)


def test_nothing_needs_attention(office: Office) -> None:
    assert office.call(find_attention) == QUIET
    assert office.call(count_lately) == Lately(0, 0, 1)
    assert office.call(list_planned_jobs, 5) == []


def test_an_exam_without_a_room_until_it_has_one(node) -> None:
    college = College(node)
    exam = college.db.call(
        planning.make_exam, college.org_id, college.exam(), uuid=college.guid(1), actor="test"
    )
    found = college.db.call(find_attention, college.org_id)
    assert found == QUIET._replace(
        roomless=[RoomlessExam(exam.event_id, exam.title, "2027-01-10T10:00", 0)]
    )
    venue = next(
        venue
        for venue in college.db.call(lists.list_venues, college.org_id)
        if venue.id == exam.venue_id
    )
    (room, *_) = college.db.call(lists.list_rooms, college.org_id, venue.id)
    college.db.call(lists.assign_room, college.org_id, exam, room.id, actor="test")
    assert college.db.call(find_attention, college.org_id) == QUIET


def test_people_who_wait_and_payments_that_are_due(office: Office) -> None:
    ann = office.add("ann", ticket_type_id=office.hall)
    bob = office.add("bob", ticket_type_id=office.hall)
    office.call(join_list, office.event_id, office.hall, contact("cid"))
    soon, later = office.db.clock() + 2 * DAY_MS, office.db.clock() + 9 * DAY_MS
    codes = [office.tickets(one)[0].code for one in (ann, bob)]
    office.act(ask_for_payment, codes[0], 4950, "EUR", due_at=soon)
    office.act(ask_for_payment, codes[1], 4950, "EUR", due_at=later)
    found = office.call(find_attention)
    assert found.waited == [WaitedEvent(office.event_id, "Summit", 2, 2, 1, "Hall")]
    (due,) = found.due
    assert (due.id, due.total, due.due_at, due.registration_id) == (office.event_id, 1, soon, ann)
    office.act(settle, codes[0], PaymentState.PAID)
    assert office.call(find_attention).due == []


def test_messages_that_failed_and_replies_that_are_nobodys(office: Office) -> None:
    login = office.call(make_login, f"{office.slug}/user")
    job_id = post(office.db, login, new_job(JobType.TWO_WAY_SMS, name="Doors open"), NUMBERS[:2])
    alert = Alert(
        office.org_id, AlertKind.STANDING, str(job_id), {"minutes": 20}, office.db.clock()
    )
    office.db.call(raise_alert, alert)
    found = office.call(find_attention)
    assert [(one.kind, one.subject) for one in found.alerts] == [("standing", str(job_id))]
    accepted = Accepted((), 1, is_final=True)
    answer(office.db, claim_all(office.db), Rejected(Status.FAILED, "no route"), accepted)
    found = office.call(find_attention)
    # It stands no more.
    assert found.alerts == []
    assert found.failed == [FailedJob(job_id, "Doors open", 1, 2, office.db.clock())]
    sender, number = NUMBERS[1].lstrip("+"), "61400000100"
    reply = Reply(carrier="net", sender=sender, recipient=number, text="Yes", at=office.db.clock())
    office.db.call(receive_replies, [reply])
    assert office.call(find_attention).replies == 1
    (line,) = office.call(list_replies, ReplyFilter(), limit=5)
    office.act(assign_reply, line.id, f"{office.slug}/user")
    assert office.call(find_attention).replies == 0
    office.node.clock.now += 8 * DAY_MS
    assert office.call(find_attention) == QUIET
