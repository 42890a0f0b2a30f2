"""Reports of jobs of one recipient, in one mail a day."""

import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.core.messaging.jobs import NUMBERS, answer, claim_all, make_login, new_job, post
from tests.core.messaging.test_notices import Mail, mails
from turnout.core.identity.user_changes import change_user
from turnout.core.ids import JobId
from turnout.core.messaging.digests import send_digest
from turnout.core.messaging.model import JobOptions, Status
from turnout.core.messaging.outcomes import Accepted, Rejected
from turnout.core.times import wall_clock

SENT = Accepted((), 1, is_final=True)
MELBOURNE = 17


@pytest.fixture(autouse=True)
def nothing_waits(db) -> None:
    db.call(lambda tx: tx.connection.execute("DELETE FROM single_reports"))


def send(db, login, outcome: Any = SENT, to: str = NUMBERS[0], **job: Any) -> JobId:
    job_id = post(db, login, new_job(name="Order", **job), [to])
    answer(db, claim_all(db), outcome)
    return job_id


def pass_midnight(node, timezone: str = "UTC") -> str:
    """Turn the clock to a minute after the next midnight there; the date that ended."""
    zone = ZoneInfo(timezone)
    now = datetime.datetime.fromtimestamp(node.clock() / 1000, zone)
    tomorrow = datetime.datetime.combine(
        now.date() + datetime.timedelta(days=1), datetime.time(0, 1), zone
    )
    node.clock.advance((tomorrow - now).total_seconds())
    return now.date().isoformat()


def test_a_day_of_single_messages_is_one_mail_after_midnight(db, org_id, node):
    login = db.call(make_login, org_id, "dig1")
    at = wall_clock(node.clock(), "UTC")
    first = send(db, login)
    second = send(db, login, Rejected(Status.BLOCKED, "=no"), NUMBERS[1])
    assert mails(db) == []
    assert db.call(send_digest) is False
    day = pass_midnight(node)
    assert db.call(send_digest) is True
    assert mails(db) == [
        Mail(
            ["dig1@example.com"],
            f"Report of {day} (1 sent, 1 failed)",
            f"Messages to one recipient that ended on {day}: 2\nSent: 1\nFailed: 1\nCost: 0.08\n",
            {
                f"report-{day}.csv": (
                    "Job,Type,Name,Reference,Recipient,Destination,Status,Duration,Cost,Sent,"
                    "Notes\r\n"
                    f"{first},SMS,Order,ref 0,,{NUMBERS[0]},SENT,0,0.08,{at},\r\n"
                    f"{second},SMS,Order,ref 0,,{NUMBERS[1]},BARR,0,0.00,never,'=no\r\n"
                )
            },
        )
    ]
    assert db.call(send_digest) is False


def test_the_day_ends_at_midnight_on_the_users_clock(db, org_id, node):
    login = db.call(make_login, org_id, "dig2", timezone_id=MELBOURNE)
    send(db, login)
    day = pass_midnight(node, "Australia/Melbourne")
    assert db.call(send_digest) is True
    assert mails(db)[0].subject == f"Report of {day} (1 sent, 0 failed)"


def test_each_user_gets_their_own(db, org_id, node):
    for code in ("dig3", "dig4"):
        send(db, db.call(make_login, org_id, code))
    pass_midnight(node)
    assert [db.call(send_digest) for _ in range(3)] == [True, True, False]
    assert sorted(mail.to[0] for mail in mails(db)) == ["dig3@example.com", "dig4@example.com"]


@pytest.mark.parametrize(
    ("code", "profile", "options"),
    [
        ("dig5a", {"report_type": "Each"}, JobOptions()),
        ("dig5b", {"report_type": "summary EACH"}, JobOptions()),
        ("dig5c", {}, JobOptions(report_addresses=("team@example.com",))),
    ],
)
def test_reports_come_at_once_where_that_is_asked_for(db, org_id, node, code, profile, options):
    login = db.call(make_login, org_id, code, **profile)
    send(db, login, options=options)
    assert [mail.subject for mail in mails(db)] == ["Report: Order (1 sent, 0 failed)"]
    pass_midnight(node)
    assert db.call(send_digest) is False


def test_who_wants_no_reports_gets_no_digest(db, org_id, node):
    login = db.call(make_login, org_id, "dig6", receive_reports=False)
    send(db, login)
    pass_midnight(node)
    assert db.call(send_digest) is False


def test_a_summary_lists_nobody_and_costs_may_be_hidden(db, org_id, node):
    login = db.call(make_login, org_id, "dig7", report_type="Summary", hide_costs_in_reports=True)
    send(db, login)
    pass_midnight(node)
    db.call(send_digest)
    (mail,) = mails(db)
    assert mail.text.splitlines()[1:] == ["Sent: 1", "Failed: 0"]
    assert mail.files == {}


def test_more_than_fit_into_one_mail_are_in_the_next(db, org_id, node, monkeypatch):
    monkeypatch.setattr("turnout.core.messaging.digests.ATTACHED", 2)
    login = db.call(make_login, org_id, "dig8")
    jobs = [send(db, login) for _ in range(3)]
    pass_midnight(node)
    assert [db.call(send_digest) for _ in range(3)] == [True, True, False]
    found = [line for mail in mails(db) for text in mail.files.values() for line in text.split()]
    assert [line.split(",")[0] for line in found if "SMS" in line] == [str(job) for job in jobs]


def test_a_user_who_is_gone_stops_nobody_elses(db, org_id, node):
    gone = db.call(make_login, org_id, "dig9a")
    send(db, gone)
    send(db, db.call(make_login, org_id, "dig9b"))
    db.call(change_user, gone.org_id, "dig9a", is_disabled=True, actor="test")
    pass_midnight(node)
    assert [db.call(send_digest) for _ in range(3)] == [True, True, False]
    assert [mail.to for mail in mails(db)] == [["dig9b@example.com"]]
