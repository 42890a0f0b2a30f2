"""`turnout message …`."""

from pathlib import Path

import pytest

from tests.cli.runner import Turnout
from tests.core.messaging.jobs import answer, claim_all, make_login, new_job, post
from tests.support.builder import make_organization
from tests.support.node import new_database
from turnout.core.messaging.model import JobType, Status
from turnout.core.messaging.outcomes import Accepted, Rejected


@pytest.fixture
def turnout(tmp_path: Path) -> Turnout:
    return Turnout(new_database("sqlite", tmp_path))


def test_what_was_sent_to_somebody_is_shown_with_what_keeps_more_away(turnout):
    with turnout.database() as db:
        login = db.call(make_login, db.call(make_organization, "acme"), "au/jo")
        job_id = post(db, login, new_job(JobType.EMAIL, name="Doors"), ["jane@example.com"])
        answer(db, claim_all(db, "email"), Rejected(Status.BOUNCED, "no such user", is_gone=True))
        text_id = post(db, login, new_job(name="Text"), ["+61412345678"])
        answer(db, claim_all(db), Accepted(is_final=True))
    turnout.ok("optout", "add", "acme", "email", "jane@example.com")

    lines = turnout.ok("message", "find", "acme", "Jane@example.com").splitlines()

    assert lines[0].startswith("Opted out of email at ")
    assert lines[0].endswith(" (cli).")
    assert lines[1].startswith("Suppressed since ")
    assert lines[1].endswith(" (bounce): no such user")
    assert lines[3] == f"Job {job_id}, Email, Doors, to jane@example.com: BOUN"
    assert [line.split("Z  ")[1] for line in lines[4:]] == [
        "accepted (by au/jo)",
        "attempt 1: rejected (no such user)",
        "BOUN (no such user)",
    ]
    shown = turnout.ok("message", "find", "acme", "+61 412 345 678")
    assert f"Job {text_id}, SMS, Text, to +61412345678: SENT" in shown
    nobody = turnout.ok("message", "find", "acme", "x@example.com")
    assert nobody == "Nothing was sent to this address.\n"


def test_what_is_no_address_is_refused(turnout):
    with turnout.database() as db:
        db.call(make_organization, "acme")
    refused = turnout("message", "find", "acme", "Jane")
    assert (refused.code, refused.error) == (
        1,
        "error: 'Jane' is neither an e-mail address nor a number.\n",
    )
