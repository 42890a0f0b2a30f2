"""Claiming and recording: nobody is skipped, and what may be repeated was not sent."""

from itertools import pairwise

import pytest

from tests.core.messaging.jobs import (
    LEASE_MS,
    NUMBERS,
    answer,
    claim_all,
    claim_job,
    job,
    new_job,
    post,
    rows,
)
from turnout.core.maintenance.set_aside import release
from turnout.core.messaging.delivering import ASIDE, REPEATED, WAIT_MS
from turnout.core.messaging.model import MEDIA, Content, JobOptions, JobType, Purpose, Status
from turnout.core.messaging.opt_outs import opt_out
from turnout.core.messaging.outcomes import (
    Accepted,
    DeliveryReport,
    Misconfigured,
    Rejected,
    Retry,
    Unknown,
)
from turnout.core.messaging.overview import find_misconfigured
from turnout.core.messaging.receiving import receive_reports
from turnout.core.messaging.recording import MAX_ATTEMPTS
from turnout.core.work.claims import TOGETHER

COUNTS = ("state", "total", "open", "sent", "failed", "cost_micros")


def test_what_a_network_takes_for_good_is_sent_and_paid(db, login):
    job_id = post(db, login, new_job(content=Content(text="x" * 161)), NUMBERS[:3])
    claimed = claim_all(db)
    assert [recipient.address for recipient in claimed[0].recipients] == [
        n[1:] for n in NUMBERS[:3]
    ]
    assert claim_all(db) == []
    answer(db, claimed, Accepted(parts=2, is_final=True))
    assert job(db, job_id, *COUNTS) == ("complete", 3, 0, 3, 0, 480_000)
    assert (
        rows(db, job_id, "state", "status", "stage", "carrier", "parts", "attempts")
        == [("done", "SENT", "Confirmed", "net", 2, 1)] * 3
    )


def test_reports_end_what_a_network_took(db, login):
    job_id = post(db, login, new_job(), NUMBERS[:3])
    answer(db, claim_all(db), *(Accepted((f"{job_id}-{n}",)) for n in range(3)))
    assert job(db, job_id, *COUNTS) == ("sending", 3, 3, 0, 0, 0)
    assert rows(db, job_id, "state", "status", "stage") == [("accepted", "QUED", "Confirmed")] * 3
    reports = [
        DeliveryReport(carrier="net", network_id=f"{job_id}-0", status=Status.SENT, at=1),
        DeliveryReport(carrier="net", network_id=f"{job_id}-1", status=Status.FAILED, at=1),
        DeliveryReport(carrier="other", network_id=f"{job_id}-2", status=Status.SENT, at=1),
    ]
    for _ in range(2):  # the second time changes nothing
        db.call(receive_reports, reports)
        assert job(db, job_id, *COUNTS) == ("sending", 3, 1, 1, 1, 80_000)
    last = DeliveryReport(carrier="net", network_id=f"{job_id}-2", status=Status.SENT, at=1)
    db.call(receive_reports, [last])
    assert job(db, job_id, *COUNTS) == ("complete", 3, 0, 2, 1, 160_000)


def test_a_report_that_comes_first_counts_when_the_id_is_known(db, login):
    job_id = post(db, login, new_job(), NUMBERS[:1])
    claimed = claim_all(db)
    early = DeliveryReport(carrier="net", network_id=f"{job_id}", status=Status.SENT, at=1)
    db.call(receive_reports, [early])
    assert job(db, job_id, *COUNTS)[:3] == ("sending", 1, 1)
    answer(db, claimed, Accepted((f"{job_id}",)))
    assert job(db, job_id, *COUNTS) == ("complete", 1, 0, 1, 0, 80_000)


@pytest.mark.parametrize(
    ("statuses", "status"),
    [
        ([Status.SENT, Status.SENT], "SENT"),
        ([Status.SENT, Status.FAILED], "FAIL"),
        ([Status.FAILED, Status.SENT], "FAIL"),
    ],
)
def test_a_message_has_arrived_when_all_its_parts_have(db, login, statuses, status):
    job_id = post(db, login, new_job(content=Content(text="x" * 161)), NUMBERS[:1])
    answer(db, claim_all(db), Accepted((f"{job_id}a", f"{job_id}b"), parts=2))
    for name, status_ in zip("ab", statuses, strict=True):
        report = DeliveryReport(carrier="net", network_id=f"{job_id}{name}", status=status_, at=1)
        db.call(receive_reports, [report, report])
    cost = 160_000 if status == "SENT" else 0
    assert rows(db, job_id, "status", "cost_micros") == [(status, cost)]
    assert job(db, job_id, "state", "open", "cost_micros") == ("complete", 0, cost)


def test_a_report_that_never_comes_is_given_up(node, db, login):
    job_id = post(db, login, new_job(), NUMBERS[:2])
    answer(db, claim_all(db), Accepted((f"{job_id}-0",)), Accepted((f"{job_id}-1",)))
    node.clock.advance(71 * 3600)
    assert claim_job(db, job_id) == []
    assert job(db, job_id, "open") == (2,)
    node.clock.advance(2 * 3600)
    assert claim_job(db, job_id) == []
    assert rows(db, job_id, "status", "notes") == [("EXPD", "No delivery report came.")] * 2
    assert job(db, job_id, *COUNTS) == ("complete", 2, 0, 0, 2, 0)


def test_for_now_no_is_tried_again_with_growing_pauses_and_then_given_up(node, db, login):
    job_id = post(db, login, new_job(), NUMBERS[:1])
    waits = []
    for _ in range(MAX_ATTEMPTS):
        waited = 0
        while not (claimed := claim_all(db)):
            node.clock.advance(5)
            waited += 5
            assert waited < 10_000
        waits.append(waited)
        answer(db, claimed, Retry(1.0, "busy"))
    assert waits[0] == 0
    for waited, longest in zip(waits[1:], (5, 30, 120, 600, 1800, 3600, 7200), strict=True):
        assert longest / 2 <= waited <= longest
    notes = f"Given up after {MAX_ATTEMPTS} attempts: busy"
    assert rows(db, job_id, "status", "notes", "attempts") == [("FAIL", notes, MAX_ATTEMPTS)]
    assert job(db, job_id, *COUNTS) == ("complete", 1, 0, 0, 1, 0)


def test_mail_is_tried_for_two_days(node, db, login):
    content = Content(subject="Hello", text="Hello")
    job_id = post(db, login, new_job(JobType.EMAIL, content=content), ["a@example.com"])
    waited, waits = 0, []
    while job(db, job_id, "state") == ("sending",):
        if claimed := claim_all(db, "email"):
            waits.append(waited)
            answer(db, claimed, Retry(1.0, "450 4.2.0 greylisted"))
        node.clock.advance(60)
        waited += 60
    [(status, notes, attempts)] = rows(db, job_id, "status", "notes", "attempts")
    assert (status, notes) == (
        "FAIL",
        f"Given up after {attempts} attempts: 450 4.2.0 greylisted",
    )
    assert attempts == len(waits) > 2 * MAX_ATTEMPTS
    pauses = [later - sooner for sooner, later in pairwise(waits)]
    assert 48 * 3600 <= waits[-1] <= 50 * 3600
    assert max(pauses) <= 7200 + 60
    assert len(set(pauses[8:])) > 1, "the pauses differ by chance"


def test_a_pause_that_the_network_asks_for_is_kept(node, db, login):
    post(db, login, new_job(), NUMBERS[:1])
    answer(db, claim_all(db), Retry(300.0, "come back"))
    node.clock.advance(299)
    assert claim_all(db) == []
    node.clock.advance(2)
    assert len(claim_all(db)) == 1


def test_a_carrier_that_cannot_work_costs_no_attempts(node, db, login):
    job_id = post(db, login, new_job(), NUMBERS[:1])
    for _ in range(20):
        answer(db, claim_all(db), Misconfigured("wrong password"))
        assert rows(db, job_id, "state", "attempts", "notes") == [("waiting", 0, "wrong password")]
        node.clock.advance(61)
    answer(db, claim_all(db), Accepted(is_final=True))
    assert job(db, job_id, "state", "sent") == ("complete", 1)


def test_a_carrier_that_cannot_work_for_a_day_ends_it(node, db, login):
    """For those whom it could not serve all that time: 24 h after the first time, not before."""
    job_id = post(db, login, new_job(), NUMBERS[:2])
    stuck, served = Misconfigured("answered 302"), Accepted(is_final=True)
    answer(db, claim_all(db), stuck, Retry(1.0, "busy"))
    waiting = rows(db, job_id, "state", "attempts", "notes")
    assert waiting == [("waiting", 0, "answered 302"), ("waiting", 1, "busy")]
    node.clock.advance(3600)
    answer(db, claim_all(db), stuck, stuck)
    node.clock.advance(23 * 3600 - 1)
    answer(db, claim_all(db), stuck, stuck)
    assert rows(db, job_id, "state", "attempts") == [("waiting", 0), ("waiting", 1)]
    node.clock.advance(61)
    answer(db, claim_all(db), stuck, served)
    found = rows(db, job_id, "state", "status", "notes")
    assert found == [
        ("done", "FAIL", "Given up after a day: answered 302"),
        ("done", "SENT", "answered 302"),
    ]
    assert job(db, job_id, *COUNTS) == ("complete", 2, 0, 1, 1, 80_000)


def test_who_waits_for_a_misconfigured_carrier_is_counted(node, db, login):
    before = db.call(find_misconfigured)
    assert before is None
    job_id = post(db, login, new_job(), NUMBERS[:3])
    assert db.call(find_misconfigured) is None
    answer(
        db, claim_all(db), Retry(1.0, "busy"), Misconfigured("no login"), Misconfigured("no sender")
    )
    assert db.call(find_misconfigured) == (2, job_id, "no login")
    node.clock.advance(61)
    claimed = claim_all(db)
    assert db.call(find_misconfigured) == (2, job_id, "no login")
    answer(db, claimed, Accepted(is_final=True))
    assert db.call(find_misconfigured) is None


@pytest.mark.parametrize(
    ("outcome", "status", "notes"),
    [
        (Rejected(Status.BLOCKED, "no"), "BARR", "no"),
        (
            Unknown("it broke"),
            "SVRE",
            "May have been delivered, and is not sent again: it broke.",
        ),
    ],
)
def test_never_and_nobody_knows_are_ends(node, db, login, outcome, status, notes):
    job_id = post(db, login, new_job(), NUMBERS[:1])
    answer(db, claim_all(db), outcome)
    assert rows(db, job_id, "status", "notes", "cost_micros") == [(status, notes, 0)]
    assert job(db, job_id, *COUNTS) == ("complete", 1, 0, 0, 1, 0)
    node.clock.advance(10**6)
    assert claim_all(db) == []


def test_a_lease_that_runs_out_is_claimed_again_and_marked(node, db, login):
    job_id = post(db, login, new_job(), NUMBERS[:2])
    first = claim_all(db)
    node.clock.advance(59)
    assert claim_all(db) == []
    node.clock.advance(2)
    second = claim_all(db)
    assert [recipient.id for recipient in second[0].recipients] == [
        recipient.id for recipient in first[0].recipients
    ]
    answer(db, second, Accepted(is_final=True))
    marked = rows(db, job_id, "is_repeated", "attempts", "notes")
    assert (
        marked
        == [(1, 2, "May have been sent twice: the server stopped while it was being sent.")] * 2
    )
    answer(db, first, Accepted(is_final=True))  # the slow worker comes back
    assert job(db, job_id, *COUNTS) == ("complete", 2, 0, 2, 0, 160_000)


def test_jobs_take_turns(node, db, login):
    large = post(db, login, new_job(), NUMBERS[:500])
    node.clock.advance(1)
    assert len(claim_job(db, large, limit=100)) == 100
    node.clock.advance(1)
    small = post(db, login, new_job(), NUMBERS[:1])
    claimed = claim_all(db, limit=100)
    assert {job_.head.id: len(job_.recipients) for job_ in claimed} == {large: 50, small: 1}
    assert len(claim_job(db, large, limit=1000)) == 350
    assert rows(db, large, "attempts") == [(1,)] * 500


def test_lanes_are_apart(db, login):
    post(db, login, new_job(JobType.FAX), NUMBERS[:1])
    assert claim_all(db, "sms") == []
    assert len(claim_all(db, "fax")) == 1


def test_who_opted_out_is_not_sent_to(db, org_id, login):
    job_id = post(db, login, new_job(), NUMBERS[:3])
    db.call(
        lambda tx: tx.connection.execute(
            "INSERT INTO opt_outs (org_id, medium, address, source, created_at) "
            f"VALUES ({org_id}, 'sms', '{NUMBERS[1][1:]}', 'test', 1)"
        )
    )
    assert [recipient.address for recipient in claim_job(db, job_id)] == [
        NUMBERS[0][1:],
        NUMBERS[2][1:],
    ]
    assert [row[0] for row in rows(db, job_id, "status")] == ["QUED", "OPTO", "QUED"]
    assert job(db, job_id, "open", "failed") == (2, 1)


@pytest.mark.parametrize(
    ("job_type", "address", "purpose", "status"),
    [
        (JobType.EMAIL, "guest@example.com", Purpose.MARKETING, "OPTO"),
        (JobType.EMAIL, "guest@example.com", Purpose.SERVICE, "QUED"),
        (JobType.SMS, NUMBERS[0], Purpose.MARKETING, "OPTO"),
        (JobType.SMS, NUMBERS[0], Purpose.SERVICE, "OPTO"),
    ],
)
def test_service_mails_reach_who_opted_out_of_mail(
    db, org_id, login, job_type, address, purpose, status
):
    new = new_job(job_type, options=JobOptions(purpose=purpose))
    job_id = post(db, login, new, [address])
    medium = MEDIA[job_type.channel]
    db.call(opt_out, org_id, medium, address.removeprefix("+"), source="test")
    claim_all(db, job_type.channel.value)
    assert rows(db, job_id, "status") == [(status,)]


def test_what_was_claimed_twice_is_sent_alone_one_after_another_without_a_pause(node, db, login):
    """Thousands may be in hand when a server is killed for the second time."""
    job_id = post(db, login, new_job(), NUMBERS[:4])
    for _ in range(2):
        assert len(claim_job(db, job_id)) == 4
        node.clock.advance(LEASE_MS / 1000 + 1)
    for _ in range(4):
        (claimed,) = claim_all(db)
        assert len(claimed.recipients) == 1
        assert claim_all(db) == []  # the others wait for the answer, and for nothing else
        answer(db, [claimed], Accepted(is_final=True))
    assert job(db, job_id, *COUNTS) == ("complete", 4, 0, 4, 0, 320_000)


def test_of_those_who_lost_their_worker_few_are_in_hand_at_once(node, db, login):
    """However many a worker had in hand when it was lost, few are suspects when the next is."""
    job_id = post(db, login, new_job(), NUMBERS[:200])
    assert len(claim_job(db, job_id)) == 200
    node.clock.advance(LEASE_MS / 1000 + 1)
    (again,) = claim_all(db)
    assert len(again.recipients) == TOGETHER
    assert claim_all(db) == []
    others = post(db, login, new_job(), NUMBERS[200:210])
    (other,) = claim_all(db)  # nobody else waits for them
    assert (other.head.id, len(other.recipients)) == (others, 10)
    answer(db, [other, again], Accepted(is_final=True))
    (again,) = claim_all(db)  # at once
    assert len(again.recipients) == TOGETHER
    node.clock.advance(LEASE_MS / 1000 + 1)
    (suspect,) = claim_job(db, job_id)
    assert suspect in [
        recipient._replace(attempts=3, claim=suspect.claim) for recipient in again.recipients
    ]
    node.clock.advance(WAIT_MS / 1000)
    fresh = claim_job(db, job_id)  # the others go on beside it
    assert {recipient.id for recipient in fresh} & {
        recipient.id for recipient in again.recipients
    } == set()
    assert len(fresh) == TOGETHER - 1


def test_a_claim_that_was_lost_is_not_counted_again_once_it_has_a_result(node, db, login):
    job_id = post(db, login, new_job(), NUMBERS[:1])
    for _ in range(3):  # each time lost once, then put off by the network
        assert len(claim_job(db, job_id)) == 1
        node.clock.advance(LEASE_MS / 1000 + 1)
        (again,) = claim_all(db)
        answer(db, [again], Retry(0, "busy"))
        node.clock.advance(7200)
    answer(db, claim_all(db), Accepted(is_final=True))
    assert rows(db, job_id, "status", "is_repeated") == [("SENT", 1)]
    query = f"SELECT count(*) FROM work_claims WHERE org_id = {login.org_id}"
    assert db.call(lambda tx: tx.connection.execute(query).fetchone()[0]) == 0


def test_who_was_claimed_three_times_is_set_aside_and_nobody_else(node, db, login):
    job_id = post(db, login, new_job(), NUMBERS[:3])
    for _ in range(2):
        claim_job(db, job_id)
        node.clock.advance(LEASE_MS / 1000 + 1)
    (killer,) = claim_job(db, job_id)
    node.clock.advance(LEASE_MS / 1000 + 1)
    for _ in range(2):
        answer(db, claim_all(db), Accepted(is_final=True))
    states = rows(db, job_id, "id", "state", "due_at IS NULL")
    assert [state for id_, *state in states if id_ == killer.id] == [["waiting", 1]]
    assert [state for id_, *state in states if id_ != killer.id] == [["done", 1]] * 2
    assert dict(rows(db, job_id, "id", "notes"))[killer.id] == ASIDE

    db.call(release, "delivery", killer.id, actor="test")
    released = claim_all(db)
    assert [recipient.id for job in released for recipient in job.recipients] == [killer.id]
    answer(db, released, Accepted(is_final=True))
    assert rows(db, job_id, "status", "notes") == [("SENT", REPEATED)] * 3
