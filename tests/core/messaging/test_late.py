"""A worker that was frozen comes back: what it sent is a fact, and nothing else it says counts."""

import pytest

from tests.core.messaging.jobs import (
    LEASE_MS,
    NUMBERS,
    answer,
    claim_all,
    job,
    new_job,
    post,
    rows,
)
from turnout.core.ids import JobId
from turnout.core.messaging.controlling import begin_closing
from turnout.core.messaging.delivering import REPEATED, RecipientClaims, renew
from turnout.core.messaging.late import COPY, LATE
from turnout.core.messaging.model import Status
from turnout.core.messaging.outcomes import (
    Accepted,
    DeliveryReport,
    Lapsed,
    Misconfigured,
    Rejected,
    Retry,
    Unknown,
)
from turnout.core.messaging.receiving import receive_reports

SENT = Accepted(is_final=True)
REFUSED = [
    Retry(30, "later"),
    Misconfigured("wrong password"),
    Rejected(Status.BLOCKED, "no"),
    Unknown("it broke"),
    Lapsed(),
]


@pytest.fixture
def job_id(db, login) -> JobId:
    return post(db, login, new_job(), NUMBERS[:1])


@pytest.fixture
def frozen(db, job_id):
    """What was claimed by a worker that stood still from then on."""
    return claim_all(db)


@pytest.fixture
def taken(node, db, frozen):
    """The same, claimed by another when the lease was over."""
    node.clock.advance(LEASE_MS / 1000)
    return claim_all(db)


def attempts(db, job_id: JobId) -> list[tuple[int, str]]:
    query = f"SELECT number, outcome FROM attempts WHERE job_id = {job_id} ORDER BY number, outcome"
    return [tuple(row) for row in db.call(lambda tx: tx.connection.execute(query).fetchall())]


def test_a_late_result_counts_while_nobody_else_has_the_recipient(node, db, job_id, frozen):
    node.clock.advance(10 * LEASE_MS / 1000)
    answer(db, frozen, SENT)
    assert rows(db, job_id, "status", "attempts", "is_repeated", "notes") == [("SENT", 1, 0, "")]


def test_what_was_sent_stops_the_second_copy(db, job_id, frozen, taken):
    answer(db, frozen, SENT)
    assert rows(db, job_id, "state", "status", "notes") == [("done", "SENT", REPEATED)]
    assert job(db, job_id, "state", "sent", "open") == ("complete", 1, 0)
    held = RecipientClaims(
        taken[0].head.org_id,
        job_id,
        [(recipient.id, recipient.claim) for recipient in taken[0].recipients],
    )
    _, lost = db.call(renew, [held], LEASE_MS)
    assert lost == {recipient.id for recipient in taken[0].recipients}
    answer(db, taken, Lapsed())
    assert rows(db, job_id, "state", "status", "notes") == [("done", "SENT", REPEATED)]


def test_two_copies_are_noted_whichever_is_recorded_first(db, job_id, frozen, taken):
    answer(db, taken, SENT)
    for _ in range(2):  # repeating it changes nothing
        answer(db, frozen, SENT)
    assert rows(db, job_id, "status", "is_repeated", "notes") == [("SENT", 1, f"{REPEATED} {COPY}")]
    assert job(db, job_id, "sent", "cost_micros") == (1, 80_000)
    assert attempts(db, job_id) == [(1, "accepted"), (2, "accepted")]


def test_two_copies_are_noted_by_the_second_worker(db, job_id, frozen, taken):
    answer(db, frozen, SENT)
    for _ in range(2):
        answer(db, taken, SENT)
    assert rows(db, job_id, "status", "notes") == [("SENT", f"{REPEATED} {COPY}")]
    for _ in range(2):  # its own result again is no copy of itself
        answer(db, frozen, SENT)
    assert rows(db, job_id, "status", "notes") == [("SENT", f"{REPEATED} {COPY}")]


def test_a_copy_whose_report_is_still_to_come_is_noted(db, job_id, frozen, taken):
    answer(db, taken, Accepted((f"new-{job_id}",)))
    answer(db, frozen, Accepted((f"old-{job_id}",)))
    assert rows(db, job_id, "state", "notes") == [("accepted", f"{REPEATED} {COPY}")]
    for name in ("old", "new"):
        report = DeliveryReport(
            carrier="net", network_id=f"{name}-{job_id}", status=Status.SENT, at=1
        )
        db.call(receive_reports, [report])
    assert job(db, job_id, "state", "sent") == ("complete", 1)


@pytest.mark.parametrize("outcome", REFUSED, ids=lambda outcome: type(outcome).__name__)
def test_what_was_not_sent_is_refused_while_another_has_the_recipient(
    db, job_id, frozen, taken, outcome
):
    before = rows(db, job_id, "state", "due_at", "attempts", "claim", "notes")
    answer(db, frozen, outcome)
    assert rows(db, job_id, "state", "due_at", "attempts", "claim", "notes") == before
    answer(db, taken, SENT)
    assert rows(db, job_id, "status", "notes") == [("SENT", REPEATED)]


@pytest.mark.parametrize("outcome", REFUSED, ids=lambda outcome: type(outcome).__name__)
def test_what_was_not_sent_is_refused_when_another_is_done(db, job_id, frozen, taken, outcome):
    answer(db, taken, SENT)
    answer(db, frozen, outcome)
    assert rows(db, job_id, "status", "notes", "attempts") == [("SENT", REPEATED, 2)]


def test_a_recipient_that_waits_again_is_taken_back_by_what_was_sent(db, job_id, frozen, taken):
    answer(db, taken, Retry(600, "later"))
    answer(db, frozen, SENT)
    assert rows(db, job_id, "state", "status", "due_at") == [("done", "SENT", None)]
    assert job(db, job_id, "state") == ("complete",)


def test_a_recipient_that_waits_again_is_not_sent_to_when_nobody_knows(db, job_id, frozen, taken):
    answer(db, taken, Retry(600, "later"))
    answer(db, frozen, Unknown("it broke"))
    assert rows(db, job_id, "state", "status", "notes") == [
        ("done", "SVRE", "May have been delivered, and is not sent again: it broke.")
    ]


def test_a_recipient_that_waits_again_keeps_its_pause(db, job_id, frozen, taken):
    answer(db, taken, Retry(600, "later"))
    before = rows(db, job_id, "state", "due_at", "attempts", "notes")
    answer(db, frozen, Retry(5, "at once"))
    assert rows(db, job_id, "state", "due_at", "attempts", "notes") == before


def test_what_was_sent_and_then_cancelled_is_noted(node, db, login, job_id, frozen):
    db.call(begin_closing, login.org_id, job_id, "test")
    node.clock.advance(LEASE_MS / 1000)
    assert claim_all(db) == []
    answer(db, frozen, SENT)
    assert rows(db, job_id, "status", "notes") == [
        ("SVRE", f"May have been sent; then cancelled. {LATE}")
    ]


def test_what_lapsed_waits_at_once_and_has_cost_no_attempt(db, job_id, frozen):
    answer(db, frozen, Lapsed())
    assert rows(db, job_id, "state", "attempts", "is_repeated", "notes") == [("waiting", 0, 0, "")]
    (again,) = claim_all(db)
    assert [(recipient.attempts, recipient.claim) for recipient in again.recipients] == [(1, 2)]
    assert attempts(db, job_id) == []


def test_a_claim_has_a_number_that_no_other_has(db, job_id, frozen):
    """Though its attempt does not count: an answer that is recorded twice meets another claim."""
    answer(db, frozen, Lapsed())
    again = claim_all(db)
    answer(db, frozen, Lapsed())
    assert rows(db, job_id, "state", "claim") == [("claimed", 2)]
    answer(db, again, SENT)
    assert rows(db, job_id, "status", "notes") == [("SENT", "")]


def test_a_lease_is_renewed(node, db, job_id, frozen):
    node.clock.advance(LEASE_MS / 2000)
    held = RecipientClaims(
        frozen[0].head.org_id,
        job_id,
        [(recipient.id, recipient.claim) for recipient in frozen[0].recipients],
    )
    assert db.call(renew, [held], LEASE_MS) == (node.clock() + LEASE_MS, set())
    node.clock.advance(LEASE_MS / 1000 - 1)
    assert claim_all(db) == []
    node.clock.advance(1)
    assert [recipient.claim for recipient in claim_all(db)[0].recipients] == [2]
    assert db.call(renew, [held], LEASE_MS)[1] == {
        recipient.id for recipient in frozen[0].recipients
    }
