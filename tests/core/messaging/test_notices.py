"""The mails that Turnout writes itself, as the network is handed them."""

import datetime
from typing import Any, NamedTuple

import msgspec
import pytest

from tests.core.messaging.jobs import (
    NUMBERS,
    POLICY,
    PRICES,
    answer,
    claim_all,
    make_login,
    new_job,
    post,
)
from tests.support.turns import run_schedules
from turnout.core.ids import JobId
from turnout.core.messaging.accepting import accept_job
from turnout.core.messaging.files import read_file
from turnout.core.messaging.merging import Template
from turnout.core.messaging.model import Content, JobOptions, JobType, Kind, NewRecipient, Status
from turnout.core.messaging.notices import ATTACHED, split
from turnout.core.messaging.outcomes import Accepted, Rejected, Reply
from turnout.core.messaging.replies import receive_replies

SENT = Accepted((), 1, is_final=True)
HOUR_MS = 3_600_000


class Mail(NamedTuple):
    to: list[str]
    subject: str
    text: str
    files: dict[str, str]


def mails(db) -> list[Mail]:
    """The notices that are due, merged, and taken by the network."""
    found = []
    claimed = [job for job in claim_all(db, "email") if job.head.kind is Kind.NOTICE]
    for job in claimed:
        content = job.head.content
        fields = msgspec.json.decode(job.recipients[0].fields, type=dict[str, str])
        files = {
            file.name: db.call(read_file, job.head.org_id, file.digest).decode("utf-8-sig")
            for file in content.files
        }
        subject = Template(content.subject).merge(fields)
        text = Template(content.text).merge(fields)
        found.append(
            Mail([recipient.destination for recipient in job.recipients], subject, text, files)
        )
    answer(db, claimed, SENT)
    return found


def finish(db, *outcomes: Any) -> None:
    answer(db, claim_all(db), *outcomes)


@pytest.fixture(autouse=True)
def at_noon(node) -> None:
    node.clock.advance(1)


def test_a_job_that_ends_is_reported_with_its_recipients(db, org_id, clock_text):
    login = db.call(make_login, org_id, "rep1", additional_reports_address="boss@example.com")
    options = JobOptions(report_addresses=("team@example.com",))
    job_id = post(db, login, new_job(name="50%% %%off%%", options=options), NUMBERS[:2])
    finish(db, SENT, Rejected(Status.BLOCKED, "=no"))
    (mail,) = mails(db)
    assert mail.to == ["team@example.com", "rep1@example.com", "boss@example.com"]
    assert mail.subject == "Report: 50%% %%off%% (1 sent, 1 failed)"
    assert mail.text == (
        f"Job {job_id}, SMS: 50%% %%off%%\n"
        f"Started: {clock_text} (UTC)\nEnded: {clock_text} (UTC)\n"
        "Recipients: 2\nSent: 1\nFailed: 1\nCost: 0.08\n"
    )
    assert mail.files == {
        f"report-{job_id}.csv": (
            "Reference,Recipient,Destination,Status,Duration,Cost,Sent,Notes\r\n"
            f"ref 0,,{NUMBERS[0]},SENT,0,0.08,{clock_text},\r\n"
            f"ref 1,,{NUMBERS[1]},BARR,0,0.00,never,'=no\r\n"
        )
    }
    assert mails(db) == []


def test_a_summary_has_no_recipients_and_costs_may_be_hidden(db, org_id):
    login = db.call(
        make_login, org_id, "rep2", report_type="Summary each", hide_costs_in_reports=True
    )
    post(db, login, new_job(name="x"), NUMBERS[:1])
    finish(db, SENT)
    (mail,) = mails(db)
    assert mail.text.splitlines()[3:] == ["Recipients: 1", "Sent: 1", "Failed: 0"]
    assert mail.files == {}


def test_costs_are_hidden_in_the_attachment_too(db, org_id):
    login = db.call(make_login, org_id, "rep3", report_type="Each", hide_costs_in_reports=True)
    post(db, login, new_job(name="x"), NUMBERS[:1])
    finish(db, SENT)
    (text,) = mails(db)[0].files.values()
    assert text.splitlines()[0] == "Reference,Recipient,Destination,Status,Duration,Sent,Notes"
    assert "0.08" not in text


def test_recipients_are_shown_only_where_the_user_wants_them_in_mails(db, org_id):
    login = db.call(
        make_login, org_id, "rep4", report_type="Each", show_recipients_in_email_report=False
    )
    post(db, login, new_job(name="x"), NUMBERS[:1])
    finish(db, SENT)
    assert mails(db)[0].files == {}


def test_who_wants_no_reports_gets_none_but_a_job_may_ask_for_them(db, org_id):
    login = db.call(
        make_login,
        org_id,
        "rep5",
        receive_reports=False,
        additional_reports_address="boss@example.com",
    )
    post(db, login, new_job(name="quiet"), NUMBERS[:1])
    finish(db, SENT)
    assert mails(db) == []
    options = JobOptions(report_addresses=("team@example.com",))
    post(db, login, new_job(name="loud", options=options), NUMBERS[:1])
    finish(db, SENT)
    assert [mail.to for mail in mails(db)] == [["team@example.com"]]


def test_a_long_report_is_cut_and_says_so(db, org_id, monkeypatch):
    monkeypatch.setattr("turnout.core.messaging.notices.ATTACHED", 3)
    login = db.call(make_login, org_id, "rep6")
    post(db, login, new_job(name="x"), NUMBERS[:4])
    finish(db, SENT)
    (mail,) = mails(db)
    assert "Attached are the first 3; the API's job details have all." in mail.text
    assert [len(text.splitlines()) for text in mail.files.values()] == [4]
    assert ATTACHED == 10_000


def test_notices_are_not_reported_themselves(db, org_id):
    login = db.call(make_login, org_id, "rep7", report_type="Each")
    post(db, login, new_job(name="x"), NUMBERS[:1])
    finish(db, SENT)
    assert len(mails(db)) == 1
    assert mails(db) == []


def test_an_alert_is_sent_once_a_month(db, org_id, node):
    login = db.call(
        make_login,
        org_id,
        "rep8",
        receive_reports=False,
        credit_limit_for_alert=0.1,
        credit_limit_alert_address="pay@example.com; x",
    )
    post(db, login, new_job(), NUMBERS[:1])
    assert mails(db) == []
    post(db, login, new_job(), NUMBERS[:1])
    post(db, login, new_job(), NUMBERS[:1])
    assert mails(db) == [
        Mail(
            ["pay@example.com"],
            "Spending of rep8: 0.16 this month",
            "The jobs of rep8 have cost 0.16 this month,\nand an alert was asked for at 0.1.\n",
            {},
        )
    ]
    node.clock.advance(32 * 24 * 3600)
    post(db, login, new_job(), NUMBERS[:2])
    assert [mail.subject for mail in mails(db)] == ["Spending of rep8: 0.16 this month"]


# -- replies -------------------------------------------------------------------------------


def post_two_way(db, login, to: str, **options: Any) -> JobId:
    new = new_job(
        JobType.TWO_WAY_SMS,
        name="Lunch?",
        content=Content(text="Lunch?"),
        options=JobOptions(**options),
    )
    job_id = db.call(
        accept_job, login, new, [NewRecipient(to, reference="r1", name="Jo %%x%%")], POLICY
    )
    finish(db, SENT)
    return job_id


def reply(db, sender: str, text: str) -> None:
    number = POLICY.reply_numbers[0]
    db.call(
        receive_replies,
        [Reply(carrier="net", sender=sender.lstrip("+"), recipient=number, text=text, at=0)],
    )


def test_a_reply_is_forwarded_at_once(db, org_id, clock_text):
    login = db.call(make_login, org_id, "rep9", receive_reports=False)
    to = NUMBERS[900]
    job_id = post_two_way(db, login, to, reply_address="desk@example.com")
    reply(db, to, "Yes, 100%% %%recipient%%\nsee you")
    assert mails(db) == [
        Mail(
            ["desk@example.com"],
            "Reply from Jo %%x%%: Lunch?",
            f"From: {to.lstrip('+')} Jo %%x%%\nReference: r1\nAt: {clock_text}\n"
            f"In reply to: job {job_id}, Lunch?\n\nYes, 100%% %%recipient%%\nsee you\n",
            {},
        )
    ]
    reply(db, to, "stop")
    (mail,) = mails(db)
    assert "This number gets no more messages: the reply opts out." in mail.text


def test_batched_replies_come_together_when_their_time_is_over(db, org_id, node, clock_text):
    login = db.call(make_login, org_id, "rep10", receive_reports=False)
    to = NUMBERS[901]
    job_id = post_two_way(
        db, login, to, reply_address="desk@example.com", batches_replies=True, expires_hours=2
    )
    reply(db, to, "=Yes")
    db.call(run_schedules, no_lists, PRICES)
    assert mails(db) == []
    node.clock.advance(2 * 3600 + 1)
    reply(db, to, "too late")
    db.call(run_schedules, no_lists, PRICES)
    assert mails(db) == [
        Mail(
            ["desk@example.com"],
            "1 reply: Lunch?",
            f"Job {job_id}, Lunch?: 1 reply.\n",
            {
                f"replies-{job_id}.csv": "From,Recipient,Reference,At,Reply,Opts out\r\n"
                f"{to.lstrip('+')},Jo %%x%%,r1,{clock_text},'=Yes,no\r\n"
            },
        )
    ]
    db.call(run_schedules, no_lists, PRICES)
    assert mails(db) == []


def test_a_setting_may_hold_several_addresses():
    assert split(" a@example.com;b@example.com, nobody ,") == ["a@example.com", "b@example.com"]
    assert split(None) == []


def no_lists(tx, org_id, list_id, cursor, limit):
    raise AssertionError(list_id)


@pytest.fixture
def clock_text(node) -> str:
    """Now, as mails show it."""
    return datetime.datetime.fromtimestamp(node.clock() // 1000, datetime.UTC).strftime(
        "%Y-%m-%d %H:%M:%S"
    )
