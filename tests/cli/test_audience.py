"""`turnout audience …`."""

from pathlib import Path

import pytest

from tests.cli.runner import Turnout
from tests.support.node import new_database
from turnout.core.audience.model import Mode, ReportFilter, seconds_of
from turnout.core.audience.reporting import read_registrant, stream_registrants
from turnout.core.events.model import span
from turnout.core.events.programme import create_event, create_session
from turnout.core.identity.organizations import create_organization
from turnout.core.identity.users import create_user

HEADING = "Email,First Name,Source,RegisteredAt,Session,Mode,Start,End"


class Office:
    """A command line whose organization had an event with a session on 1 March 2025."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.run = Turnout(new_database("sqlite", folder))
        when = span("2025-03-01T10:00", "2025-03-01T11:00", "UTC")
        with self.run.database() as db:
            self.org_id = db.call(create_organization, "acme", "Acme", actor="test").org_id
            db.call(
                create_user, self.org_id, "au/jo", name="J", email="j@example.com", actor="test"
            )
            self.event = db.call(create_event, self.org_id, "Show", when, actor="test").id
            self.session = db.call(
                create_session, self.org_id, self.event, "Show", when, actor="test"
            ).id

    def load(self, *rows: str) -> tuple[int, str]:
        file = self.folder / "rows.csv"
        file.write_text("\n".join([HEADING, *rows]) + "\n")
        result = self.run("audience", "import", "acme", self.event, file)
        return result.code, " ".join((result.output + result.error).split())

    def report(self) -> dict[str, tuple[str, dict[Mode, int], int]]:
        """Source, seconds by mode, and number of each registrant by address."""
        with self.run.database() as db:
            rows = db.call(
                lambda tx: list(stream_registrants(tx, self.org_id, self.event, ReportFilter()))
            )
        found = {}
        for each in map(read_registrant, rows):
            modes = {view.mode for view in each.viewings}
            seconds = {
                mode: seconds_of([view for view in each.viewings if view.mode is mode])
                for mode in modes
            }
            found[each.email] = (each.tag, seconds, each.id)
        return found


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def test_an_audience_is_taken_over_once(office: Office) -> None:
    rows = (
        f"ann@example.com,Ann,mail,2025-02-01T00:00Z,{office.session},,"
        "2025-03-01T10:30Z,2025-03-01T11:30Z",
        f"ann@example.com,Ann,,,{office.session},live,2025-03-01T10:20Z,2025-03-01T10:40Z",
        "bob@example.com,Bob,ads,,,,,",
    )
    for _ in range(2):
        code, said = office.load(*rows)
        assert code == 0, said
        assert said.startswith("3 rows were imported.")
    found = office.report()
    assert found["ann@example.com"][:2] == ("mail", {Mode.LIVE: 2400, Mode.ON_DEMAND: 1800})
    assert found["bob@example.com"][:2] == ("ads", {})


def test_rows_that_cannot_be_taken_are_named(office: Office) -> None:
    code, said = office.load(
        "nobody,,,,,,,",
        f"a@example.com,,,,{office.session},tape,2025-03-01T10:30Z,2025-03-01T11:30Z",
        "b@example.com,,,,77,,2025-03-01T10:30Z,2025-03-01T11:30Z",
        f"c@example.com,,,soon,{office.session},,,",
        f"d@example.com,,,,{office.session},,2025-03-01T10:30Z,2025-03-01T10:30Z",
        f"e@example.com,,,,{office.session},,2099-03-01T10:30Z,2099-03-01T11:30Z",
    )
    assert code == 1
    for words in (
        "line 2: 'nobody' is not an e-mail address.",
        "line 3: Mode is live, simlive or od, not 'tape'.",
        "line 4: The event has no session '77'.",
        "line 5: 'soon' is no time",
        "line 6: A viewing ends after it starts.",
        "line 7: A viewing cannot be in the future.",
        "6 rows of",
    ):
        assert words in said
    assert office.report() == {}


def test_what_was_not_watched_is_taken_out(office: Office) -> None:
    office.load(
        f"ann@example.com,Ann,,,{office.session},,2025-03-01T10:00Z,2025-03-01T10:30Z",
    )
    number = office.report()["ann@example.com"][2]
    said = office.run.ok(
        *("audience", "correct", "acme", number, office.session, "--reason", "a rehearsal"),
        *("--start", "2025-03-01T09:00Z", "--end", "2025-03-01T10:10Z"),
    )
    assert said == "600 seconds were taken out.\n"
    assert office.report()["ann@example.com"][1] == {Mode.LIVE: 1200}


def test_readers_media_and_surveys(office: Office) -> None:
    said = office.run.ok("audience", "allow", "acme", "au/jo", "--event", office.event)
    assert said == f"au/jo sees reports of events {office.event}.\n"
    assert office.run.ok("audience", "allow", "acme", "au/jo") == (
        "au/jo sees reports of all events.\n"
    )
    said = office.run.ok(
        *("audience", "media", "acme", office.session, "--kind", "hls"),
        *("--url", "https://media.example.com/live.m3u8"),
    )
    assert said == f"Session {office.session} plays https://media.example.com/live.m3u8.\n"
    assert office.run("audience", "media", "acme", office.session, "--kind", "tape").code == 1
    assert office.run.ok("audience", "survey", "acme", office.event) == "The event has no survey.\n"
    said = office.run.ok(
        *("audience", "survey", "acme", office.event, "--add", "How was it?"),
        *("--choice", "Good", "--choice", "Bad", "--poll"),
    )
    row = said.splitlines()[1].split()
    assert row[1:] == ["poll", "Good", "/", "Bad", "How", "was", "it?"]
