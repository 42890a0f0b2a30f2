"""Pausing, resuming and cancelling: counts stay exact, and nothing goes out that should not."""

import pytest

from tests.core.messaging.jobs import NUMBERS, answer, claim_all, job, new_job, post, rows
from turnout.core.audit.recording import list_entries
from turnout.core.messaging.controlling import begin_closing, cancel_job, pause_job, resume_job
from turnout.core.messaging.model import Content, JobType
from turnout.core.messaging.outcomes import Accepted, Retry
from turnout.errors import Conflict, Missing

COUNTS = ("state", "total", "open", "sent", "failed", "unsent")


def test_a_paused_job_is_not_claimed_until_it_is_resumed(node, db, org_id, login):
    job_id = post(db, login, new_job(), NUMBERS[:2])
    [first] = claim_all(db, limit=1)
    for _ in range(2):
        db.call(pause_job, org_id, job_id, actor="test")
    node.clock.advance(1)
    assert claim_all(db) == []
    answer(db, [first], Retry(0, "busy"))  # what was under way ends as usual
    node.clock.advance(3600)
    assert claim_all(db) == []
    for _ in range(2):
        db.call(resume_job, org_id, job_id, actor="test")
    [again] = claim_all(db)
    assert len(again.recipients) == 2
    answer(db, [again], Accepted(is_final=True))
    assert job(db, job_id, *COUNTS) == ("complete", 2, 0, 2, 0, 0)
    assert [entry.action for entry in db.call(list_entries, org_id, "job", job_id)] == [
        "paused",
        "resumed",
    ]


def test_a_cancelled_job_sends_to_nobody_else_and_is_closed(node, db, org_id, login):
    job_id = post(db, login, new_job(), NUMBERS[:5])
    under_way = claim_all(db, limit=2)
    db.call(cancel_job, org_id, job_id, actor="test")
    assert claim_all(db, limit=2) == []
    assert job(db, job_id, *COUNTS) == ("closing", 5, 3, 0, 2, 2)
    assert claim_all(db) == []
    answer(db, under_way, Accepted((f"{job_id}",)), Accepted(is_final=True))
    assert job(db, job_id, *COUNTS) == ("closing", 5, 1, 1, 3, 3)
    node.clock.advance(80 * 3600)
    assert claim_all(db) == []
    assert job(db, job_id, *COUNTS) == ("closed", 5, 0, 1, 4, 3)
    assert [row[0] for row in rows(db, job_id, "status")] == [
        "EXPD",
        "SENT",
        "EXPD",
        "EXPD",
        "EXPD",
    ]


def test_a_cancelled_mail_has_failed_since_mails_do_not_expire(db, org_id, login):
    content = Content(text="Hello")
    job_id = post(db, login, new_job(JobType.EMAIL, content=content), ["ada@example.com"])
    db.call(cancel_job, org_id, job_id, actor="test")
    claim_all(db, "email")
    assert rows(db, job_id, "status", "notes") == [("FAIL", "Not sent: the job was closed.")]
    assert job(db, job_id, "state", "closing_reason") == ("closed", "cancelled")


def test_a_retry_of_a_closing_job_is_not_sent_again(node, db, org_id, login):
    job_id = post(db, login, new_job(), NUMBERS[:1])
    claimed = claim_all(db)
    db.call(cancel_job, org_id, job_id, actor="test")
    answer(db, claimed, Retry(0, "busy"))
    node.clock.advance(10)
    assert claim_all(db) == []
    assert job(db, job_id, *COUNTS) == ("closed", 1, 0, 0, 1, 1)


def test_an_interrupted_one_of_a_closing_job_may_have_been_sent(node, db, org_id, login):
    job_id = post(db, login, new_job(), NUMBERS[:1])
    claim_all(db)
    db.call(cancel_job, org_id, job_id, actor="test")
    node.clock.advance(61)
    assert claim_all(db) == []
    assert rows(db, job_id, "status", "is_repeated") == [("SVRE", 1)]
    assert job(db, job_id, *COUNTS) == ("complete", 1, 0, 0, 1, 0)


def test_a_job_without_anybody_left_is_closed_at_once(node, db, org_id, login):
    scheduled = "2027-01-05T10:00:00"
    job_id = post(db, login, new_job(scheduled_local=scheduled), [])
    db.call(begin_closing, org_id, job_id, "cut off")
    assert job(db, job_id, "state", "closing_reason") == ("closed", "cut off")


def test_what_has_ended_cannot_be_changed(db, org_id, login):
    job_id = post(db, login, new_job(), NUMBERS[:1])
    answer(db, claim_all(db), Accepted(is_final=True))
    for verb in (pause_job, resume_job, cancel_job):
        with pytest.raises(Conflict):
            db.call(verb, org_id, job_id, actor="test")
        with pytest.raises(Missing):
            db.call(verb, org_id, 1, actor="test")
    db.call(begin_closing, org_id, job_id, "cut off")
    assert job(db, job_id, "state") == ("complete",)
