"""`turnout org calls`, and what the doctor says of calls that stopped."""

from pathlib import Path

import pytest

from tests.cli.runner import Turnout
from tests.core.messaging.jobs import LEASE_MS, NUMBERS, make_login, new_job, post
from tests.support.builder import Builder
from tests.support.node import new_database
from turnout.carriers.sip.scripts import find_caller
from turnout.core.audit.recording import list_entries
from turnout.core.identity.organizations import get_organization
from turnout.core.messaging.delivering import claim
from turnout.core.messaging.fence import Fence
from turnout.core.messaging.model import JobType


@pytest.fixture
def run(tmp_path: Path) -> Turnout:
    run = Turnout(new_database("sqlite", tmp_path))
    with run.database() as db:
        db.call(lambda tx: Builder(tx, "acme", timezone="Australia/Melbourne").org_id)
        db.call(lambda tx: Builder(tx, "nowhere").org_id)
    return run


def words(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines()]


def test_countries_and_agents_are_listed(run: Turnout) -> None:
    own = words(run.ok("org", "calls", "acme"))
    assert own[1:] == [["Countries", "AU", "(its", "own)"], ["Agents", "none"]]
    assert "not known" in run.ok("org", "calls", "nowhere")
    more = ("--country", "nz", "--country", "AU", "--agent", "02 9876 5432")
    changed = words(run.ok("org", "calls", "acme", *more))
    assert changed[0] == ["Organization", "acme", "is", "changed."]
    assert changed[2:] == [["Countries", "AU", "NZ"], ["Agents", "+61298765432"]]
    assert words(run.ok("org", "calls", "acme"))[1:] == changed[2:]
    back = words(run.ok("org", "calls", "acme", "--country", "", "--agent", ""))
    assert back[2:] == own[1:]


def test_what_is_none_is_refused(run: Turnout) -> None:
    for option, value in (("--country", "XX"), ("--agent", "112")):
        refused = run("org", "calls", "acme", option, value)
        assert (refused.code, value in refused.error) == (1, True)


def test_the_doctor_names_who_was_stopped(run: Turnout) -> None:
    assert "calls" not in [line[1] for line in words(run("doctor").output) if len(line) > 1]
    with run.database() as db:
        org_id = db.call(
            lambda tx: tx.connection.execute(
                "SELECT org_id FROM organizations WHERE slug = 'acme'"
            ).fetchone()[0]
        )
        login = db.call(make_login, org_id, "au/acme")
        post(db, login, new_job(JobType.TTS), NUMBERS[:9])
        db.call(claim, "tts", 100, LEASE_MS, fence=Fence(spending_per_hour=1))
    said = run("doctor", call_spending_per_hour="1").output
    assert "stopped until the next hour, at 1 an hour: acme" in " ".join(said.split())


def test_words_of_calls_are_set_from_a_file(run: Turnout, tmp_path: Path) -> None:
    path = tmp_path / "words.txt"
    path.write_text("# ours\nSQL = sequel\nKilda = /kɛlda/\n", encoding="utf-8")
    assert words(run.ok("org", "words", "acme")) == [["WORD", "SAID"]]
    table = words(run.ok("org", "words", "acme", str(path)))[1:]
    assert table == [["WORD", "SAID"], ["kilda", "/kɛlda/"], ["sql", "sequel"]]
    with run.database() as db:
        org_id = db.call(get_organization, "acme").org_id
        assert db.call(find_caller, org_id).words.spell("my SQL") == "my sequel"
        entry = db.call(list_entries, org_id, "organization", org_id)[-1]
    assert entry.facts["fields"] == ["call_words"]
    path.write_text("SQL sequel")
    assert "Line 1 is not" in run("org", "words", "acme", str(path)).error
    path.write_text("\n".join(f"w{n} = said" for n in range(501)))
    assert "Up to 500 words" in run("org", "words", "acme", str(path)).error
    path.write_bytes(b"\xff")
    assert "cannot be read" in run("org", "words", "acme", str(path)).error
    assert words(run.ok("org", "words", "acme"))[1:] == table[1:]
    assert words(run.ok("org", "words", "acme", "--none"))[1:] == [["WORD", "SAID"]]
