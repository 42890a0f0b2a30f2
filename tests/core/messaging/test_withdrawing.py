"""A message that arrives after all, when it was to be sent again."""

import pytest

from tests.core.messaging.jobs import NUMBERS, answer, claim_all, job, new_job, post, rows
from tests.core.messaging.test_correcting import report
from tests.core.messaging.test_retrying import retry
from turnout.core.identity.profiles import OrganizationChange, change_organization
from turnout.core.ids import JobId
from turnout.core.messaging.correcting import NOTE
from turnout.core.messaging.model import Status
from turnout.core.messaging.outcomes import Accepted, Outcome, Rejected
from turnout.core.messaging.withdrawing import FIRST, SECOND, WITHDRAWN

CORRECTED = NOTE.format(status="FAIL")
NOT_SENT = ("closed", 0, 1, 0)


class Failed:
    """A job whose messages the network says failed."""

    def __init__(self, db, login, count: int) -> None:
        self.db, self.org_id = db, login.org_id
        self.ids = [f"w{login.org_id}-{number}" for number in range(count)]
        self.job_id = post(db, login, new_job(), NUMBERS[:count])
        answer(db, claim_all(db), *(Accepted((id_,), 1) for id_ in self.ids))
        for id_ in self.ids:
            report(db, id_, Status.FAILED)

    def retry(self, job_id: JobId | None = None) -> JobId:
        again = retry(self.db, self.org_id, job_id or self.job_id)
        assert again is not None
        return again.job_id

    def arrive(self, *places: int) -> None:
        for place in places:
            report(self.db, self.ids[place], Status.SENT)

    def ends(self, job_id: JobId) -> list[tuple[str, ...]]:
        return rows(self.db, job_id, "state", "status", "notes")

    def counts(self, job_id: JobId) -> tuple[str, int, int, int]:
        return job(self.db, job_id, "state", "sent", "failed", "reserved_micros")


def test_what_was_not_handed_over_is_withdrawn(db, login):
    failed = Failed(db, login, 3)
    again = failed.retry()
    failed.arrive(1)
    assert failed.ends(failed.job_id)[1] == ("done", "SENT", CORRECTED)
    withdrawn = ("done", "EXPD", WITHDRAWN.format(job_id=failed.job_id))
    assert failed.ends(again) == [("waiting", "QUED", ""), withdrawn, ("waiting", "QUED", "")]
    answer(db, claim_all(db), Accepted(is_final=True))
    assert failed.ends(again) == [("done", "SENT", ""), withdrawn, ("done", "SENT", "")]
    assert failed.counts(again) == ("closed", 2, 1, 160_000)
    assert retry(db, failed.org_id, again, is_wide=True) is None


def test_a_job_of_which_nothing_is_left_is_closed_and_costs_nothing(db, login):
    failed = Failed(db, login, 1)
    again = failed.retry()
    failed.arrive(0)
    assert failed.counts(again) == NOT_SENT
    assert claim_all(db) == []


def test_so_is_one_that_waits_for_approval(db, login):
    failed = Failed(db, login, 2)
    change = OrganizationChange(approval_above=1)
    db.call(change_organization, failed.org_id, change, actor="test")
    again = failed.retry()
    assert job(db, again, "state", "approval") == ("scheduled", "waiting")
    failed.arrive(0)
    assert job(db, again, "state", "approval") == ("scheduled", "waiting")
    failed.arrive(1)
    assert failed.counts(again) == ("closed", 0, 2, 0)


def test_what_a_worker_has_in_hand_is_noted(db, login):
    failed = Failed(db, login, 1)
    again = failed.retry()
    claimed = claim_all(db)
    failed.arrive(0)
    first = f"{CORRECTED} {FIRST.format(job_id=again)}"
    assert failed.ends(failed.job_id) == [("done", "SENT", first)]
    second = SECOND.format(job_id=failed.job_id)
    assert failed.ends(again) == [("claimed", "QUED", second)]
    answer(db, claimed, Accepted(is_final=True))
    assert failed.ends(again) == [("done", "SENT", second)]


@pytest.mark.parametrize("outcome", [Accepted(is_final=True), Accepted(("no one's",), 1)])
def test_what_was_handed_over_is_noted_in_both(db, login, outcome: Outcome):
    failed = Failed(db, login, 1)
    again = failed.retry()
    answer(db, claim_all(db), outcome)
    failed.arrive(0)
    first = f"{CORRECTED} {FIRST.format(job_id=again)}"
    assert failed.ends(failed.job_id) == [("done", "SENT", first)]
    [(_, _, notes)] = failed.ends(again)
    assert notes == SECOND.format(job_id=failed.job_id)


def test_of_retries_of_retries_the_last_is_withdrawn(db, login):
    failed = Failed(db, login, 1)
    second = failed.retry()
    answer(db, claim_all(db), Rejected(Status.FAILED, "no"))
    third = failed.retry(second)
    failed.arrive(0)
    assert failed.ends(second) == [("done", "FAIL", "no")]
    assert failed.counts(third) == NOT_SENT
    assert failed.ends(third)[0][2] == WITHDRAWN.format(job_id=failed.job_id)


def test_a_retry_that_failed_needs_no_note(db, login):
    failed = Failed(db, login, 1)
    again = failed.retry()
    answer(db, claim_all(db), Rejected(Status.FAILED, "no"))
    failed.arrive(0)
    assert failed.ends(failed.job_id) == [("done", "SENT", CORRECTED)]
    assert failed.ends(again) == [("done", "FAIL", "no")]
