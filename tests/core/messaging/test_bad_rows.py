"""What is stored may be older than the rules for it: a bad row never stops anybody else's work."""

import pytest
from msgspec.structs import force_setattr

from tests.core.messaging.jobs import (
    NUMBERS,
    POLICY,
    answer,
    claim_all,
    job,
    make_login,
    new_job,
    post,
    rows,
)
from tests.support.builder import make_organization
from turnout.core.callbacks.model import Busy, CallbackResult, Limits, Turns
from turnout.core.callbacks.outbox import (
    claim_callbacks,
    host_of,
    list_callbacks,
    record_callbacks,
)
from turnout.core.ids import JobId
from turnout.core.maintenance import set_aside as asides
from turnout.core.messaging.ending import NOT_CALLED_BACK
from turnout.core.messaging.model import Content, JobOptions, JobType, Status
from turnout.core.messaging.outcomes import Accepted, DeliveryReport, Rejected, Reply
from turnout.core.messaging.receiving import match_early_reports, receive_reports
from turnout.core.messaging.recording import UNRECORDED, UNRECORDED_NOTE
from turnout.core.messaging.replies import receive_replies
from turnout.core.work.listing import list_set_aside

HOOK = "https://example.com/hook"
BAD = ("http://[/", "http://[::1", "http://h:99999/", "http://" + "\u6f22" * 1900)


@pytest.fixture
def other(node):
    """A user of another organization."""
    slug = f"bad-rows-{node.db.call(lambda tx: tx.next_id('job'))}"
    org_id = node.db.call(make_organization, slug, slug)
    return node.db.call(make_login, org_id, f"au/{slug}")


def report(name: str) -> DeliveryReport:
    return DeliveryReport(carrier="net", status=Status.SENT, at=0, network_id=name)


def sent(db, login, name: str, to: str, url: str = HOOK, job_type: JobType = JobType.SMS) -> JobId:
    """A job of one recipient that a network has taken under this name."""
    options = JobOptions(callback_url=url, has_sms_callbacks=True)
    job_id = post(db, login, new_job(job_type, options=options, content=Content(text="a")), [to])
    answer(db, claim_all(db), Accepted((name,), 1))
    return job_id


def plant(db, job_id: JobId, column: str, value: str) -> None:
    """Something that no rule lets in today."""
    db.call(
        lambda tx: tx.connection.execute(
            f"UPDATE jobs SET {column} = '{value}' WHERE id = {job_id}"
        )
    )


@pytest.mark.parametrize("url", BAD, ids=range(len(BAD)))
def test_an_address_that_is_none_costs_only_its_own_call(db, login, other, url):
    bad = sent(db, login, f"bad {url}", NUMBERS[1], url)
    good = sent(db, other, f"good {url}", NUMBERS[2])
    db.call(receive_reports, [report(f"bad {url}"), report(f"good {url}")])
    assert rows(db, bad, "status") == rows(db, good, "status") == [("SENT",)]
    assert [callback.url for callback in list_all(db, login)] == [url]
    assert [callback.url for callback in list_all(db, other)] == [HOOK]
    claimed, _ = db.call(claim_callbacks, Busy(), Turns(), Limits(10, 10, 10), lease_ms=1000)
    assert {url, HOOK} <= {callback.url for callback in claimed}
    db.call(lambda tx: tx.connection.execute("UPDATE callbacks SET due_at = NULL"))


def list_all(db, login):
    return db.call(list_callbacks, login.org_id, job_id=None, state=None, limit=10)


def test_a_report_that_cannot_be_called_back_is_stored_with_a_note(db, login, other):
    bad = sent(db, login, "zone bad", NUMBERS[3])
    good = sent(db, other, "zone good", NUMBERS[4])
    plant(db, bad, "timezone", "No/Where")
    db.call(receive_reports, [report("zone bad"), report("zone good")])
    assert rows(db, bad, "status", "notes") == [("SENT", NOT_CALLED_BACK)]
    assert rows(db, good, "status", "notes") == [("SENT", "")]
    assert list_all(db, login) == []
    assert len(list_all(db, other)) == 1
    assert job(db, good, "state") == job(db, bad, "state") == ("complete",)


def test_a_report_that_cannot_be_stored_is_noted_and_the_others_are_stored(db, login, other):
    bad = sent(db, login, "type bad", NUMBERS[5])
    good = sent(db, other, "type good", NUMBERS[6])
    plant(db, bad, "timezone", "No/Where")  # in whose month the price is given back
    failed = DeliveryReport(carrier="net", status=Status.FAILED, at=0, network_id="type bad")
    db.call(receive_reports, [failed, report("type good")])
    notes = "A delivery report (FAIL) could not be stored; the log says why."
    assert rows(db, bad, "state", "notes") == [("accepted", notes)]
    assert rows(db, good, "state", "notes") == [("done", "")]


def test_early_reports_of_a_bad_row_stop_no_others(db, login, other):
    db.call(receive_reports, [report("early bad"), report("early good")])
    bad = sent(db, login, "late bad", NUMBERS[7])
    good = sent(db, other, "late good", NUMBERS[8])
    plant(db, bad, "timezone", "No/Where")
    rename = "UPDATE network_ids SET network_id = replace(network_id, 'late', 'early')"
    db.call(lambda tx: tx.connection.execute(rename))
    assert db.call(match_early_reports, 10) == 2
    assert rows(db, bad, "status") == rows(db, good, "status") == [("SENT",)]


def test_a_reply_is_kept_and_opts_out_whatever_its_job_is(db, login, other):
    bad = sent(db, login, "two bad", NUMBERS[9], job_type=JobType.TWO_WAY_SMS)
    good = sent(db, other, "two good", NUMBERS[10], job_type=JobType.TWO_WAY_SMS)
    plant(db, bad, "timezone", "No/Where")
    db.call(
        receive_replies,
        [
            Reply(carrier="net", sender=sender.lstrip("+"), recipient=number, text=text, at=0)
            for number in POLICY.reply_numbers
            for sender, text in ((NUMBERS[9], "STOP"), (NUMBERS[10], "yes"))
        ],
    )
    statement = f"SELECT job_id, text, is_opt_out FROM replies WHERE job_id IN ({bad}, {good})"
    found = db.call(lambda tx: [tuple(row) for row in tx.connection.execute(statement).fetchall()])
    assert sorted(found) == [(bad, "STOP", 1), (good, "yes", 0)]
    assert len(list_all(db, other)) == 1


def test_a_reply_that_cannot_be_stored_is_kept_apart(db, login, other):
    bad = sent(db, login, "three bad", NUMBERS[11], job_type=JobType.TWO_WAY_SMS)
    sent(db, other, "three good", NUMBERS[12], job_type=JobType.TWO_WAY_SMS)
    plant(db, bad, "options", "{")
    number = POLICY.reply_numbers[0]
    got = [
        Reply(carrier="net", sender=sender.lstrip("+"), recipient=number, text=f"to {sender}", at=0)
        for sender in (NUMBERS[11], NUMBERS[12])
    ]
    db.call(receive_replies, got)
    plant(db, bad, "options", "{}")
    texts = "SELECT text FROM stray_replies WHERE text LIKE 'to +%'"
    found = db.call(lambda tx: [row[0] for row in tx.connection.execute(texts).fetchall()])
    assert found == [f"to {NUMBERS[11]}"]
    assert len(list_all(db, other)) == 1


def test_an_answer_that_cannot_be_recorded_is_unknown_and_costs_nobody_else(db, login, other):
    bad = post(db, login, new_job(), NUMBERS[20:21])
    good = post(db, other, new_job(), NUMBERS[21:24])
    accepted = Accepted(("name",), 1)
    force_setattr(accepted, "network_ids", ("\ud800",))  # which the door never lets in
    answer(db, claim_all(db), accepted, Accepted((), 1, is_final=True))
    notes = f"May have been delivered, and is not sent again: {UNRECORDED}."
    assert rows(db, bad, "status", "notes", "attempts") == [("SVRE", notes, 1)]
    assert rows(db, good, "status", "attempts") == [("SENT", 1)] * 3


def test_what_cannot_be_recorded_at_all_is_set_aside(node, login, other):
    db = node.db
    bad = post(db, login, new_job(), NUMBERS[24:25])
    good = post(db, other, new_job(), NUMBERS[25:26])
    claimed = claim_all(db)
    plant(db, bad, "timezone", "No/Where")  # in whose month the price is given back
    answer(db, claimed, Rejected(Status.FAILED, "no"))
    assert rows(db, good, "status") == [("FAIL",)]
    assert rows(db, bad, "state", "due_at", "notes") == [("waiting", None, UNRECORDED_NOTE)]
    [aside] = db.call(list_set_aside)
    assert (aside.queue, aside.org_id, aside.note) == ("delivery", login.org_id, UNRECORDED_NOTE)
    node.clock.advance(3600)
    assert claim_all(db) == []

    plant(db, bad, "timezone", "Europe/Berlin")
    db.call(asides.release, "delivery", aside.id, actor="test")
    [again] = claim_all(db)
    assert (again.head.id, db.call(list_set_aside)) == (bad, [])


def test_a_try_that_cannot_be_recorded_counts_as_one_without_an_answer(db, login, other):
    sent(db, login, "bad try", NUMBERS[26])
    sent(db, other, "good try", NUMBERS[27])
    db.call(receive_reports, [report("bad try"), report("good try")])
    claimed, _ = db.call(claim_callbacks, Busy(), Turns(), Limits(10, 10, 10), lease_ms=1000)
    results = [
        CallbackResult(callback.org_id, callback.id, callback.until, 0, 0, 200)
        for callback in claimed
    ]
    for result in results:
        if result.org_id == login.org_id:
            force_setattr(result, "status", 10**30)  # which the door never lets in
    db.call(record_callbacks, results)
    [bad], [good] = list_all(db, login), list_all(db, other)
    assert (good.state, good.attempts, good.last_status) == ("delivered", 1, 200)
    assert (bad.state, bad.attempts, bad.last_error) == (
        "waiting",
        1,
        "The answer could not be recorded; the log says why.",
    )


def test_a_job_that_cannot_be_read_holds_no_others_up(node, login, other):
    db = node.db
    bad = post(db, login, new_job(), NUMBERS[13:15])
    good = post(db, other, new_job(), NUMBERS[15:17])
    plant(db, bad, "options", "{")
    assert [job.head.id for job in claim_all(db)] == [good]
    assert job(db, bad, "ready_at") == (node.clock() + 60_000,)
    assert rows(db, bad, "state", "attempts") == [("waiting", 0)] * 2
    plant(db, bad, "options", "{}")
    node.clock.advance(61)
    assert bad in [job.head.id for job in claim_all(db)]


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://Example.com/a", "example.com"),
        ("https://example.com:8443?x", "example.com:8443"),
        ("http://u:p@example.com#x", "example.com"),
        ("http://[::1]:80/x@y", "[::1]:80"),
        ("http://[/", "["),
        ("http://" + "x" * 500, "x" * 261),
        ("nothing", ""),
    ],
)
def test_a_receiver_is_found_in_any_text(url, host):
    assert host_of(url) == host
