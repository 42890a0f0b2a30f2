"""A job's message goes to who asks for it, and to nobody else."""

import pytest

from tests.core.messaging.jobs import NUMBERS, POLICY, job, make_login, new_job, rows
from turnout.core.audit.recording import list_entries
from turnout.core.identity.members import require_member
from turnout.core.messaging.model import Channel, Content, JobOptions, JobType, NewRecipient
from turnout.core.messaging.trying_out import get_sender_member, send_test
from turnout.errors import Invalid, Missing

LIKE = NewRecipient(NUMBERS[5], "ref", "Ann", {"x": "1"})


def test_it_is_a_job_of_one_recipient_without_reports_and_schedule(db, org_id):
    login = db.call(make_login, org_id, f"{org_id}/jo", mobile=NUMBERS[0])
    member = db.look(require_member, login)
    options = JobOptions(
        callback_url="https://example.com", report_addresses=("a@example.com",), cutoff_hour="01:00"
    )
    new = new_job(
        name="Doors", options=options, list_ids=("1",), scheduled_local="2027-06-01T09:00:00"
    )
    job_id = db.call(send_test, member, new, LIKE, "", POLICY, actor="test")
    assert rows(db, job_id, "destination", "reference", "name", "fields", "quote_micros") == [
        (NUMBERS[0], "ref", "Ann", '{"x":"1"}', 80_000)
    ]
    assert job(db, job_id, "name", "state", "total", "list_ids", "options") == (
        "Test: Doors", "sending", 1, "[]", "{}",
    )  # fmt: skip
    [entry] = db.call(list_entries, org_id, noun="job", noun_id=job_id)
    assert entry.action == "tested"


def test_it_goes_where_it_is_said(db, login):
    member = db.look(require_member, login)
    mail = new_job(JobType.EMAIL, content=Content(text="x"), sender="a@example.com")
    own = db.call(send_test, member, mail, LIKE, "", POLICY, actor="test")
    other = db.call(send_test, member, mail, LIKE, "me@example.com", POLICY, actor="test")
    assert rows(db, own, "destination") == [(member.user.email,)]
    assert rows(db, other, "destination") == [("me@example.com",)]
    with pytest.raises(Invalid) as refusal:
        db.call(send_test, member, new_job(), LIKE, "", POLICY, actor="test")
    assert refusal.value.facts == {"channel": Channel.SMS.value}


def test_the_months_limit_holds(db, org_id):
    login = db.call(make_login, org_id, f"{org_id}/poor", mobile=NUMBERS[0], monthly_limit=0)
    member = db.look(require_member, login)
    with pytest.raises(Invalid) as refusal:
        db.call(send_test, member, new_job(), LIKE, "", POLICY, actor="test")
    assert refusal.value.code == "limit.exceeded"


def test_a_user_of_another_organization_is_missing(db, org_id, login):
    with pytest.raises(Missing):
        db.look(get_sender_member, org_id, "nobody")
