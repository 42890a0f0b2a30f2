"""What users sent in a month, and what it cost."""

import pytest

from tests.core.messaging.jobs import (
    NUMBERS,
    POLICY,
    answer,
    claim_all,
    make_login,
    new_job,
    post,
)
from turnout.core.messaging.model import URGENT, Channel, Content, JobType, Kind, Status
from turnout.core.messaging.outcomes import Accepted, Rejected
from turnout.core.messaging.usage import Usage, list_usage
from turnout.core.verification.codes import CodeRequest, send_code
from turnout.errors import Invalid

SENT = Accepted(is_final=True)


def test_what_was_sent_is_counted_by_user_channel_and_kind(db, login, org_id, node):
    two = Content(text="x" * 161)
    post(db, login, new_job(content=two), NUMBERS[:2])
    post(db, login, new_job(), NUMBERS[:1])
    refused = Rejected(Status.BLOCKED, "no")
    answer(db, claim_all(db), Accepted(parts=2, is_final=True), refused, SENT)
    post(db, login, new_job(JobType.EMAIL), ["a@example.com"])
    asked = CodeRequest("c", JobType.SMS, NUMBERS[0], "[[code]]")
    db.call(send_code, login, asked, POLICY)
    answer(db, claim_all(db, URGENT), SENT)
    other = db.call(make_login, org_id, f"zz/other-{db.backend}")
    post(db, other, new_job(), NUMBERS[:3])

    found = db.call(list_usage, org_id, "", "UTC")

    code = found[0].user_code
    assert found == [
        Usage(code, Channel.EMAIL, Kind.BROADCAST, 1, 1, 0, 0, 0, 0),
        Usage(code, Channel.SMS, Kind.BROADCAST, 2, 3, 2, 1, 3, 240_000),
        Usage(code, Channel.SMS, Kind.CODE, 1, 1, 1, 0, 1, 80_000),
        Usage(f"zz/other-{db.backend}", Channel.SMS, Kind.BROADCAST, 1, 3, 0, 0, 0, 0),
    ]
    assert db.call(list_usage, org_id, "2027-01", "UTC") == found
    assert db.call(list_usage, org_id, "2027-02", "UTC") == []


@pytest.mark.parametrize("month", ["2027", "2027-13", "2027-1", "0000-01", "27-01"])
def test_a_month_that_is_none_is_refused(db, org_id, month):
    with pytest.raises(Invalid) as refusal:
        db.call(list_usage, org_id, month, "UTC")
    assert refusal.value.code == "usage.month"
