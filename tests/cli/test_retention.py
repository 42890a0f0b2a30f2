"""`turnout retention …`."""

from pathlib import Path

import pytest

from tests.cli.runner import Turnout
from tests.support.builder import make_organization
from tests.support.node import new_database
from turnout.core.erasure.expiring import KINDS


@pytest.fixture
def run(tmp_path: Path) -> Turnout:
    run = Turnout(new_database("sqlite", tmp_path))
    with run.database() as db:
        db.call(make_organization, "acme")
    return run


def test_a_rule_is_set_shown_and_ended(run: Turnout) -> None:
    assert "kept for ever" in run.ok("retention", "show", "acme")
    said = run.ok("retention", "set", "acme", "--days", "365", "--exam-days", "3650")
    first, heading, *kinds = said.splitlines()
    sentence = "People are kept for 365 days after the end, exam records for 3650 days; nothing"
    assert first.startswith(sentence)
    assert heading.split() == ["KIND", "WOULD", "GO", "NOW"]
    assert [kind.split()[-1] for kind in kinds] == ["0"] * len(KINDS)
    assert run.ok("retention", "show", "acme").startswith(sentence)
    assert "Retention" in run.ok("org", "show", "acme")
    assert run.ok("retention", "preview", "acme").splitlines()[0].split()[0] == "KIND"
    assert run.ok("retention", "off", "acme") == "People are kept.\n"
    refused = run("retention", "off", "acme")
    assert (refused.code, "retention show" in refused.error) == (1, True)


def test_an_event_that_is_not_there_is_said_so(run: Turnout) -> None:
    refused = run("retention", "set", "acme", "--days", "3", "--event", "1000001")
    assert refused.code == 1
    assert "1000001" in refused.error


def test_messages_have_a_rule_of_their_own(run: Turnout) -> None:
    sentence = "Messages are kept for 90 days after the end of their job; nothing goes before"
    assert run.ok("retention", "messages", "acme", "--days", "90").startswith(sentence)
    assert run.ok("retention", "show", "acme").startswith(sentence)
    assert run.ok("retention", "messages", "acme", "--off") == "Messages are kept.\n"
    assert "Messages" not in run.ok("retention", "show", "acme")


@pytest.mark.parametrize("arguments", [(), ("--days", "3", "--off")])
def test_a_rule_for_messages_is_days_or_none(run: Turnout, arguments: tuple[str, ...]) -> None:
    refused = run("retention", "messages", "acme", *arguments)
    assert (refused.code, "--days NUMBER, or --off" in refused.error) == (1, True)
