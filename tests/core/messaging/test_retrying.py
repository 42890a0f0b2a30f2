"""Failed messages of a job go out again: once, and by all the rules."""

import threading

import pytest

from tests.core.messaging.jobs import (
    NUMBERS,
    POLICY,
    PRICES,
    answer,
    claim_all,
    job,
    make_login,
    new_job,
    post,
    rows,
)
from tests.support.builder import make_organization
from turnout.core.audit.recording import list_entries
from turnout.core.identity.profiles import OrganizationChange, change_organization
from turnout.core.ids import JobId
from turnout.core.messaging.accepting import accept_job
from turnout.core.messaging.controlling import cancel_job
from turnout.core.messaging.model import Content, Medium, NewRecipient, Status
from turnout.core.messaging.opt_outs import add_opt_out
from turnout.core.messaging.outcomes import Accepted, Outcome, Rejected, Unknown
from turnout.core.messaging.retrying import Retried, retry_failed
from turnout.errors import Conflict, Invalid, Missing

FAILED = Rejected(Status.FAILED, "no")
SENT = Accepted(is_final=True)


def retry(db, org_id, job_id: JobId, **options) -> Retried | None:
    return db.call(retry_failed, org_id, job_id, PRICES, actor="test", **options)


def test_only_ends_that_are_failures_go_again(db, login, org_id):
    job_id = post(db, login, new_job(), NUMBERS[:7])
    ends: list[Outcome] = [
        SENT,
        FAILED,
        Rejected(Status.BUSY, "busy"),
        Rejected(Status.INVALID_NUMBER, "none"),
        Rejected(Status.BLOCKED, "no"),
        Unknown("lost"),
        Rejected(Status.NO_ANSWER, "rang"),
    ]
    answer(db, claim_all(db), *ends)

    again = retry(db, org_id, job_id)

    assert again is not None
    assert again.recipients == 3
    found = rows(db, again.job_id, "destination", "reference", "state")
    assert found == [(NUMBERS[n], f"ref {n}", "waiting") for n in (1, 2, 6)]
    names = ("name", "job_type", "content", "options", "user_id", "kind")
    assert job(db, again.job_id, *names) == job(db, job_id, *names)
    assert job(db, job_id, "state", "total", "sent", "failed") == ("complete", 7, 1, 6)
    assert retry(db, org_id, job_id) is None
    [entry] = db.call(list_entries, org_id, noun="job", noun_id=job_id)
    assert (entry.action, entry.facts) == ("retried", {"into": again.job_id, "recipients": 3})
    wide = retry(db, org_id, job_id, is_wide=True)
    assert wide is not None
    assert rows(db, wide.job_id, "destination") == [(NUMBERS[5],)]
    assert retry(db, org_id, job_id, is_wide=True) is None


def test_merge_fields_and_costs_are_as_they_were(db, login, org_id):
    new = new_job(content=Content(text="Hi %%Name%%"))
    to = [NewRecipient(NUMBERS[0], "r", "Ann", {"Name": "x" * 160})]
    job_id = db.call(accept_job, login, new, to, POLICY)
    answer(db, claim_all(db), FAILED)
    again = retry(db, org_id, job_id)
    assert again is not None
    assert rows(db, again.job_id, "name", "fields") == [("Ann", '{"Name":"' + "x" * 160 + '"}')]
    assert job(db, again.job_id, "reserved_micros") == (160_000,)


def test_opt_outs_the_limit_and_approval_hold_again(db, org_id):
    limited = db.call(make_login, org_id, f"{org_id}/limited", monthly_limit=1)
    job_id = post(db, limited, new_job(), NUMBERS[:2])
    answer(db, claim_all(db), FAILED)
    other = post(db, limited, new_job(), NUMBERS[2:13])  # 0.88 of 1
    with pytest.raises(Invalid) as refusal:
        retry(db, org_id, job_id)
    assert refusal.value.code == "limit.exceeded"
    assert rows(db, job_id, "retried_in") == [(None,), (None,)]
    db.call(cancel_job, org_id, other, actor="test")
    claim_all(db)
    db.call(add_opt_out, org_id, Medium.SMS, NUMBERS[0], actor="test")
    change = OrganizationChange(approval_above=1)
    db.call(change_organization, org_id, change, actor="test")
    again = retry(db, org_id, job_id)
    assert again is not None
    assert job(db, again.job_id, "approval") == ("waiting",)


def test_who_opted_out_since_is_left_out(db, login, org_id):
    job_id = post(db, login, new_job(), NUMBERS[:2])
    answer(db, claim_all(db), FAILED)
    db.call(add_opt_out, org_id, Medium.SMS, NUMBERS[0], actor="test")
    again = retry(db, org_id, job_id)
    assert again is not None
    answer(db, claim_all(db), SENT)
    assert rows(db, again.job_id, "status") == [("OPTO",), ("SENT",)]


def test_those_who_were_never_sent_to_are_not_failures(db, login, org_id):
    job_id = post(db, login, new_job(), NUMBERS[:2])
    db.call(cancel_job, org_id, job_id, actor="test")
    claim_all(db)
    assert job(db, job_id, "state") == ("closed",)
    assert retry(db, org_id, job_id, is_wide=True) is None


def test_what_cannot_be_retried_is_refused(db, login, org_id):
    job_id = post(db, login, new_job(), NUMBERS[:1])
    with pytest.raises(Conflict) as refusal:
        retry(db, org_id, job_id)
    assert refusal.value.code == "job.not_ended"
    answer(db, claim_all(db), FAILED)
    other = db.call(make_organization, f"other-{org_id}")
    with pytest.raises(Missing):
        retry(db, other, job_id)
    db.call(
        lambda tx: tx.connection.execute(
            f"UPDATE users SET disabled_at = 1 WHERE id = {login.user_id}"
        )
    )
    with pytest.raises(Conflict) as refusal:
        retry(db, org_id, job_id)
    assert refusal.value.code == "job.user_gone"


def test_two_who_retry_at_once_send_nothing_twice(db, login, org_id):
    job_id = post(db, login, new_job(), NUMBERS[:40])
    answer(db, claim_all(db), FAILED)
    found: list[Retried | None] = []

    def work() -> None:
        found.append(retry(db, org_id, job_id, limit=25))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    numbers = [
        number for again in found if again for (number,) in rows(db, again.job_id, "destination")
    ]
    while again := retry(db, org_id, job_id):
        numbers += [number for (number,) in rows(db, again.job_id, "destination")]
    assert sorted(numbers) == NUMBERS[:40]
