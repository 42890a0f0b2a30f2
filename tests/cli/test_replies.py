"""`turnout reply …`."""

import zipfile
from pathlib import Path

import pytest

from tests.cli.runner import Turnout
from tests.core.messaging.jobs import NUMBERS, make_login
from tests.core.messaging.test_replies import post_two_way, reply
from tests.support.builder import make_organization
from tests.support.node import new_database
from turnout.core.audit.recording import list_entries
from turnout.core.identity.organizations import get_organization


@pytest.fixture
def turnout(tmp_path: Path) -> Turnout:
    """A command line whose organization got a reply, and a stray one."""
    turnout = Turnout(new_database("sqlite", tmp_path))
    with turnout.database() as db:
        login = db.call(make_login, db.call(make_organization, "acme"), "acme/jo")
        turnout.job_id = post_two_way(db, login, NUMBERS[0])  # type: ignore[attr-defined]
        reply(db, NUMBERS[0], "=1+1\nYes please")
        reply(db, "+491701234567", "who is this?", number="999")
    return turnout


def numbers(turnout: Turnout, *arguments: str) -> list[str]:
    lines = turnout.ok("reply", *arguments).splitlines()
    return [line.split()[0] for line in lines[1:]]


def test_replies_are_listed_shown_and_handed_on(turnout):
    [number] = numbers(turnout, "list", "acme")
    [stray] = numbers(turnout, "strays")
    shown = turnout.ok("reply", "show", "acme", number)
    assert f"Job: {turnout.job_id}\n" in shown
    assert shown.endswith("\n\n=1+1\nYes please\n")
    assert turnout.ok("reply", "assign", "acme", stray, "acme/jo") == (
        f"Reply {stray} is given to acme/jo.\n"
    )
    assert numbers(turnout, "list", "acme") == [stray, number]
    assert numbers(turnout, "list", "acme", "--user", "acme/jo") == [stray]
    assert numbers(turnout, "list", "acme", "--open", "--said", "yes") == [number]
    assert turnout.ok("reply", "strays") == "There are no stray replies.\n"
    assert turnout.ok("reply", "assign", "acme", stray) == f"Reply {stray} is open.\n"
    nothing = turnout.ok("reply", "list", "acme", "--said", "no such words")
    assert nothing == "There are no such replies.\n"
    assert turnout("reply", "show", "acme", 5).error == "error: There is no reply 5.\n"


def test_replies_are_exported_and_that_leaves_a_trace(turnout, tmp_path):
    csv, sheet = tmp_path / "replies.csv", tmp_path / "replies.xlsx"
    assert turnout.ok("reply", "export", "acme", csv) == "replies.csv has 1 reply.\n"
    heading, first = csv.read_text("utf-8-sig").split("\n", 1)
    assert heading.split(",")[:4] == ["Number", "Received", "Job", "Job name"]
    assert "'=1+1" in first  # no program takes it for a formula
    turnout.ok("reply", "export", "acme", sheet, "--job", turnout.job_id)
    assert "Yes please" in zipfile.ZipFile(sheet).read("xl/worksheets/sheet1.xml").decode()
    with turnout.database() as db:
        org_id = db.call(get_organization, "acme").org_id
        entries = db.call(list_entries, org_id, noun="reply", noun_id=0)
    assert [(entry.action, entry.facts["count"]) for entry in entries] == [("exported", 1)] * 2
    refused = turnout("reply", "export", "acme", tmp_path / "replies.txt")
    assert refused.code == 1
