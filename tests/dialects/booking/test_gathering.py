"""Registrations of one moment: one transaction, and for each its own answer."""

import asyncio
from typing import Any

import psycopg

from tests.core.exams.college import DAY_MS
from tests.dialects.booking.school import Request, School
from tests.support.client import Answer
from tests.support.node import START
from turnout.core.exams.model import ExamRequest
from turnout.core.exams.seating import NewSitting
from turnout.core.identity.model import Principal
from turnout.core.ids import NO_CREDENTIAL, OrgId
from turnout.dialects.booking.gathering import Done, Piece, run_all
from turnout.errors import Unauthenticated
from turnout.http.admission import Recognize
from turnout.store import Tx

SEAT = {
    "EventVenue": "{hall}",
    "EventStart": "{start}",
    "EventExamType": "Class",
    "EventExamFormat": "Online",
    "EventBillingCode": "Trades (3hr)",
    "Learner": "{l_c}",
    "Assessment": "W1",
}
FULL = SEAT | {"EventStart": "2027-01-11T17:00:00+00:00"}
STRANGE = SEAT | {"Learner": "{nobody}"}


def ask(school: School, number: int, seat: dict[str, str], secret: str = "") -> Request:
    target = f"/api/registrations/{school.guid(number)}/commands/register-lax"
    return school.ask("POST", target, seat, secret)


async def send(school: School, asked: Request) -> Answer:
    client = school.node.client
    return await client.send(asked.method, asked.target, headers=asked.headers, body=asked.body)


async def send_all(school: School, asked: list[Request]) -> list[Answer]:
    return await asyncio.gather(*(send(school, request) for request in asked))


def test_many_who_register_at_once_get_one_seat_each_and_their_own_refusals(
    school: School,
) -> None:
    exam = school.get_exam(school.event)
    taken = school.db.call(list_sequences, exam.event_id)
    good = [ask(school, 100 + n, SEAT) for n in range(12)]
    refused = [
        ask(school, 200, STRANGE),
        ask(school, 201, FULL),
        ask(school, 202, SEAT, secret="sd_unknown"),
        ask(school, 100, SEAT),
    ]
    answers = school.node.client.run(send_all(school, [*good, *refused]))
    assert [answer.json() for answer in answers[:12]] == [
        {"Exam": school.event, "registration": school.guid(100 + n)} for n in range(12)
    ]
    alone = [school.node.client.run(send(school, request)) for request in refused]
    assert [(a.status, a.json()) for a in answers[12:]] == [(a.status, a.json()) for a in alone]
    assert [answer.status // 100 for answer in alone] == [4] * 4
    assert school.get_exam(school.event).held == exam.held + 12
    last = taken[-1]
    assert school.db.call(list_sequences, exam.event_id) == [*taken, *range(last + 1, last + 13)]


def test_registering_is_answered_alike_past_falcon_and_through_it(school: School) -> None:
    answers = []
    for number, seat, change, secret in (
        (100, SEAT, str, ""),
        (101, STRANGE, str, ""),
        (102, {}, str, "sd_unknown"),
        (103, SEAT | {"EventStart": "noon"}, str, ""),
        (104, SEAT, lambda target: f"{target}?Learner=nobody", ""),
        (105, SEAT, lambda target: target.replace(school.guid(105), "0" * 36), ""),
    ):
        asked = ask(school, number, seat, secret)
        target = change(asked.target)
        fast, slow = (
            school.node.client.request(
                asked.method,
                path,
                headers=asked.headers | {"X-Request-ID": "number-1"},
                body=asked.body,
            )
            for path in (target, target.replace("register-lax", "Register-Lax"))
        )
        answers.append(fast.status)
        if number > 100:  # the first is registered by then
            assert fast == slow
    assert answers == [200, 400, 403, 400, 400, 400]


def list_sequences(tx: Tx, event_id: int) -> list[int]:
    rows = tx.connection.execute(
        f"SELECT sequence FROM exam_registrations WHERE event_id = {event_id} ORDER BY sequence"
    )
    return [sequence for (sequence,) in rows.fetchall()]


MORNING = START + 60 * DAY_MS


def known(org_id: OrgId) -> Recognize:
    """Anything that is shown is this organization's."""
    return lambda _tx: Principal(org_id, NO_CREDENTIAL)


def unknown(_tx: Tx) -> Principal:
    raise Unauthenticated("secret.unknown")


def piece(school: School, number: int, day: int = 0, learner: str = "c", **chosen: Any) -> Piece:
    exam = ExamRequest(school.hall, MORNING + day * DAY_MS, "Class", "Online", "Trades (3hr)")
    new = NewSitting(school.guid(number), exam, school.learners.get(learner, learner), "W1")
    return Piece(chosen.get("shown", "secret"), chosen.get("recognize", known(school.org_id)), new)


def test_each_gets_its_own_answer_and_exams_go_one_after_another(school: School) -> None:
    strange = piece(school, 303, shown="other", recognize=unknown)
    pieces = [
        piece(school, 301, day=1),
        piece(school, 302, learner="nobody"),
        strange,
        piece(school, 304, learner="b"),
        piece(school, 305, day=1, learner="a"),
    ]
    answers = school.db.call(run_all, pieces)
    principal = Principal(school.org_id, NO_CREDENTIAL)
    exams = [
        answer.answer if isinstance(answer, Done) else answer and answer.code for answer in answers
    ]
    assert exams[1:3] == ["learner.missing", "secret.unknown"]
    assert exams[0] == exams[4] != exams[3]
    assert {answer.principal for answer in answers if isinstance(answer, Done)} == {principal}


def test_what_is_held_is_left_and_what_was_done_before_stays(school: School) -> None:
    """Another transaction keeps the place of the second exam; on SQLite there is no other."""
    first, second = (school.db.call(run_all, [piece(school, 310 + day, day)])[0] for day in (0, 1))
    assert isinstance(first, Done)
    assert isinstance(second, Done)
    pieces = [piece(school, 320 + n, day=n // 2, learner="ab"[n % 2]) for n in range(4)]
    if school.db.backend == "sqlite":
        answers = school.db.call(run_all, pieces)
    else:
        with psycopg.connect(school.node.settings.database_url) as other:
            held = "SELECT 1 FROM events WHERE uuid = %s FOR UPDATE"
            other.execute(held, (second.answer,))
            answers = school.db.call(run_all, pieces)
    kept = [second, second] if school.db.backend == "sqlite" else [None, None]
    assert answers == [first, first, *kept]
