"""`turnout usage`."""

from pathlib import Path

import pytest

from tests.cli.runner import Turnout
from tests.core.messaging.jobs import NUMBERS, answer, claim_all, make_login, new_job, post
from tests.support.builder import make_organization
from tests.support.node import new_database
from turnout.core.messaging.outcomes import Accepted


@pytest.fixture
def turnout(tmp_path: Path) -> Turnout:
    turnout = Turnout(new_database("sqlite", tmp_path))
    with turnout.database() as db:
        org_id = db.call(make_organization, "acme")
        login = db.call(make_login, org_id, "au/jo", receive_reports=False)
        post(db, login, new_job(), NUMBERS[:3])
        answer(db, claim_all(db), Accepted(is_final=True))
    return turnout


def test_what_was_sent_this_month_is_shown_and_written(turnout, tmp_path):
    shown = turnout.ok("usage", "acme").splitlines()
    assert shown[1].split() == ["au/jo", "sms", "broadcast", "1", "3", "3", "0", "3", "0.2400"]
    file = tmp_path / "usage.csv"
    assert turnout.ok("usage", "acme", "--output", str(file)) == (
        f"1 line was written to {file}.\n"
    )
    assert file.read_text("utf-8-sig").splitlines() == [
        "User,Channel,Kind,Jobs,Messages,Sent,Failed,Parts,Cost",
        "au/jo,sms,broadcast,1,3,3,0,3,0.2400",
    ]


def test_another_month_is_empty_and_a_wrong_one_is_named(turnout):
    assert turnout.ok("usage", "acme", "--month", "2001-01") == (
        "Nothing was sent in that month.\n"
    )
    refused = turnout("usage", "acme", "--month", "March")
    assert refused.code == 1
    assert "'March' is not a month, such as 2027-03." in refused.error
