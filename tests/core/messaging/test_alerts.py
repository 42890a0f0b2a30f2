"""What organizations are alerted of, once a day, and from when on."""

import itertools
from typing import Any
from urllib.parse import parse_qsl

import pytest

from tests.core.messaging.jobs import NUMBERS, POLICY, answer, claim_all, make_login, new_job, post
from tests.core.messaging.test_notices import mails
from tests.support.builder import make_organization
from turnout.core.identity.model import Principal
from turnout.core.identity.organizations import get_organization_of
from turnout.core.identity.profiles import OrganizationChange, change_organization
from turnout.core.ids import JobId, OrgId
from turnout.core.messaging.accepting import accept_job
from turnout.core.messaging.alerts import Alert, AlertKind, AlertLimits, list_alerts, raise_alerts
from turnout.core.messaging.controlling import pause_job
from turnout.core.messaging.model import Content, JobType, Medium, NewRecipient, Status
from turnout.core.messaging.opt_outs import opt_out
from turnout.core.messaging.outcomes import Accepted, Outcome, Rejected, Retry
from turnout.store import Tx

SENT = Accepted((), 1, is_final=True)
BOUNCED = Rejected(Status.BOUNCED, "no such user")
LIMITS = AlertLimits(bounce_percent=5, opt_out_percent=2, standing_ms=900_000)
DAY_S = 86_400
_numbers = itertools.count(1)


@pytest.fixture
def firm(db) -> OrgId:
    """An organization of its own, with nothing that the other tests did."""
    for table in ("alerts", "opt_outs", "callbacks"):
        db.call(lambda tx, table=table: tx.connection.execute(f"DELETE FROM {table}"))
    return db.call(make_organization, f"alert{next(_numbers)}")


@pytest.fixture
def jo(db, firm: OrgId) -> Principal:
    return db.call(make_login, firm, f"au/alert{next(_numbers)}", receive_reports=False)


def mailing(db, jo: Principal, *outcomes: Outcome) -> JobId:
    new = new_job(JobType.EMAIL, sender="a@example.com", content=Content(text="Hi"))
    people = [NewRecipient(f"p{number}@example.com") for number in range(len(outcomes))]
    job_id = db.call(accept_job, jo, new, people, POLICY)
    claimed = [job for job in claim_all(db, "email") if job.head.id == job_id]
    answer(db, claimed, *outcomes)
    return job_id


def look(db, **limits: Any) -> list[AlertKind]:
    return db.call(raise_alerts, LIMITS._replace(**limits))


def test_a_mailing_that_bounces_is_told_once(db, firm, jo, node):
    job_id = mailing(db, jo, *[BOUNCED] * 20, *[SENT] * 380)
    assert look(db) == [AlertKind.BOUNCES]
    facts = {"bounced": 20, "ended": 400, "percent": 5}
    alert = Alert(firm, AlertKind.BOUNCES, str(job_id), facts, node.clock())
    assert db.call(list_alerts, firm, 10) == [alert]
    (mail,) = mails(db)
    name = db.call(get_organization_of, firm).name
    said = f"20 of 400 mails of job {job_id} came back (5 %)."
    assert mail.subject == f"Alert for {name}: {said}"
    assert mail.text.startswith(f"20 of 400 mails of job {job_id} came back (5 %).")
    slug = db.call(get_organization_of, firm).slug
    assert f"`turnout job show {slug} {job_id} --status BOUN` lists them." in mail.text
    assert look(db) == []
    node.clock.advance(DAY_S + 1)
    assert look(db) == []  # no more have failed


def test_shares_are_rounded(db, firm, jo):
    job_id = mailing(db, jo, *[BOUNCED] * 25, *[SENT] * 35)
    assert look(db) == [AlertKind.BOUNCES]
    (mail,) = mails(db)
    assert mail.text.startswith(f"25 of 60 mails of job {job_id} came back (42 %).")


@pytest.mark.parametrize(
    ("bounced", "blocked", "sent"), [(19, 0, 0), (20, 0, 381), (10, 30, 0), (0, 0, 30)]
)
def test_few_bounces_and_other_failures_are_no_alert(db, firm, jo, bounced, blocked, sent):
    other = Rejected(Status.BLOCKED, "no")
    mailing(db, jo, *[BOUNCED] * bounced, *[other] * blocked, *[SENT] * sent)
    assert look(db) == []


def test_bounces_are_counted_again_when_a_fifth_more_has_failed(db, firm, jo):
    other = Rejected(Status.BLOCKED, "no")
    job_id = mailing(db, jo, *[BOUNCED] * 19, *[other] * 5, *[SENT] * 20)
    assert look(db) == []
    seen = "SELECT failed_seen FROM jobs WHERE id = {}"

    def bounce(tx: Tx, more: int) -> int:
        tx.connection.execute(
            "UPDATE recipients SET status = 'BOUN' WHERE id IN (SELECT id FROM recipients"
            f" WHERE job_id = {job_id} AND status = 'SENT' LIMIT {more})"
        )
        tx.connection.execute(
            f"UPDATE jobs SET failed = failed + {more}, sent = sent - {more} WHERE id = {job_id}"
        )
        return tx.connection.execute(seen.format(job_id)).fetchone()[0]

    assert db.call(bounce, 4) == 24
    assert look(db) == []
    db.call(bounce, 1)
    assert look(db) == [AlertKind.BOUNCES]


def leave(db, firm: OrgId, number: int, source: str = "link") -> None:
    for one in range(number):
        db.call(opt_out, firm, Medium.EMAIL, f"{source}{one}@example.com", source=source)


def test_many_who_opt_out_within_a_day_are_told(db, firm, jo, node):
    mailing(db, jo, *[SENT] * 1000)
    leave(db, firm, 19)
    leave(db, firm, 50, source="import")
    assert look(db) == []
    leave(db, firm, 20)
    assert look(db) == [AlertKind.OPT_OUTS]
    [alert] = db.call(list_alerts, firm, 10)
    assert alert.facts == {"left": 20, "sent": 1000, "percent": 2}
    assert [mail.subject for mail in mails(db)] == [
        f"Alert for {db.call(get_organization_of, firm).name}: 20 people opted out within a day, "
        "of 1000 messages that arrived in three days (2 %)."
    ]
    node.clock.advance(DAY_S + 1)
    assert look(db) == []


def test_a_job_of_which_nothing_gets_out_is_told(db, firm, jo, node):
    job_id = post(db, jo, new_job(), NUMBERS[:2])
    answer(db, claim_all(db), Retry(60, "no network"))
    node.clock.advance(899)
    assert look(db) == []
    node.clock.advance(1)
    assert look(db) == [AlertKind.STANDING]
    [alert] = db.call(list_alerts, firm, 10)
    assert alert.text == f"Job {job_id} began 15 minutes ago, and no message of it has got out."


def test_what_got_out_waits_for_morning_or_is_paused_does_not_stand(db, firm, jo, node):
    waits = post(db, jo, new_job(), NUMBERS[:1])
    answer(db, claim_all(db), Accepted(("id1",), 1))
    night = post(db, jo, new_job(), NUMBERS[1:2])
    paused = post(db, jo, new_job(), NUMBERS[2:3])
    db.call(pause_job, firm, paused, actor="test")
    later = f"UPDATE jobs SET ready_at = {node.clock() + 8 * 3_600_000} WHERE id = {night}"
    db.call(lambda tx: tx.connection.execute(later))
    node.clock.advance(3600)
    assert waits < night < paused
    assert look(db) == []


def test_a_receiver_that_takes_no_callbacks_is_told_and_its_address_is_called(db, firm, jo):
    change = OrganizationChange(alert_url="https://hooks.example.com/alerts")
    db.call(change_organization, firm, change, actor="test")

    def fail(tx: Tx, number: int, attempts: int) -> None:
        for one in range(number):
            tx.connection.execute(
                "INSERT INTO callbacks (org_id, id, uuid, job_id, recipient_id, url, host, body,"
                " carrier, state, attempts, created_at, give_up_at, due_at) VALUES"
                f" ({firm}, {attempts * 1000 + one}, 'u', 1, 1, 'https://r.example/', 'r.example',"
                f" '', '', 'waiting', {attempts}, 0, 0, 9)"
            )

    db.call(fail, 30, 2)
    db.call(fail, 9, 3)
    assert look(db) == []
    db.call(fail, 1, 4)
    assert look(db) == [AlertKind.CALLBACKS]

    def read(tx: Tx) -> tuple[str, str]:
        return tx.connection.execute(
            f"SELECT url, body FROM callbacks WHERE org_id = {firm} AND body <> ''"
        ).fetchone()

    url, body = db.call(read)
    assert url == "https://hooks.example.com/alerts"
    fields = dict(parse_qsl(body))
    assert fields.pop("Timestamp")
    assert fields == {
        "Alert": "callbacks",
        "Subject": "r.example",
        "Waiting": "10",
        "Text": "10 callbacks to r.example were tried three times or more, and not taken.",
    }


def test_limits_of_none_raise_nothing(db, firm, jo, node):
    mailing(db, jo, *[BOUNCED] * 30)
    leave(db, firm, 30)
    post(db, jo, new_job(), NUMBERS[:1])
    node.clock.advance(3600)
    assert look(db, bounce_percent=0, opt_out_percent=0, standing_ms=0) == []


def test_old_alerts_are_forgotten(db, firm, jo, node):
    mailing(db, jo, *[BOUNCED] * 30)
    look(db)
    mails(db)
    node.clock.advance(90 * DAY_S + 1)
    look(db)
    assert db.call(list_alerts, firm, 10) == []
