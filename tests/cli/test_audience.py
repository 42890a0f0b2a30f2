"""`turnout media`, `viewing`, `watch`, `reporting`, `survey` and `question`."""

from pathlib import Path

import pytest

from tests.cli.runner import Turnout
from tests.core.audience.cinema import Cinema, open_cinema
from tests.support.node import new_database
from turnout.core.audience.asking import ask_question
from turnout.core.identity.organizations import create_organization
from turnout.core.identity.users import create_user


class Hall:
    """A command line whose organization has an event that can be watched."""

    def __init__(self, folder: Path) -> None:
        self.run = Turnout(new_database("sqlite", folder), base_url="https://events.example.com")
        with self.run.database() as db:
            org = db.call(
                create_organization, "acme", "Acme", timezone="Europe/Berlin", actor="test"
            )
            code = "rita@example.com"
            db.call(create_user, org.org_id, code, name="Rita", email=code, actor="test")
            cinema: Cinema = open_cinema(db, org.org_id)
            self.viewer = cinema.register("ann@example.com")
            asked = db.call(ask_question, org.org_id, self.viewer, cinema.talk.id, "Why?")
        self.event, self.talk, self.show = cinema.event.id, cinema.talk, cinema.show
        self.silent, self.question = cinema.silent, asked.id


@pytest.fixture
def hall(tmp_path: Path) -> Hall:
    return Hall(tmp_path)


def test_media_are_set_and_listed(hall: Hall) -> None:
    said = hall.run.ok("media", "set", "acme", hall.silent.pak, "https://x.test/a.M3U8?key=1")
    assert said == (
        f"Session {hall.silent.id} shows https://x.test/a.M3U8?key=1 (hls), live from "
        "2027-01-04 15:00:00+01:00 to 2027-01-04 16:00:00+01:00.\n"
    )
    hall.run.ok(
        *("media", "set", "acme", hall.silent.id, "https://x.test/player", "--simulated"),
        *("--live-only", "--live-from", "2027-01-04T15:10", "--live-until", "2027-01-04T15:20"),
    )
    *_, row = hall.run.ok("media", "list", "acme", hall.event).splitlines()
    assert row.split() == [
        *(str(hall.silent.id), "embed", "simlive", "2027-01-04", "15:10:00+01:00"),
        *("2027-01-04", "15:20:00+01:00", "no", "Silent"),
    ]
    failed = hall.run("media", "set", "acme", "nothing", "/x.mp4")
    assert (failed.code, failed.error) == (1, "error: There is no session nothing.\n")


def test_viewings_are_corrected_imported_and_listed(hall: Hall, tmp_path: Path) -> None:
    who = ("acme", hall.event, "ann@example.com")
    assert hall.run.ok("viewing", "list", *who) == "Nothing was watched.\n"
    times = ("--start", "2027-01-04T15:00:00", "--end", "2027-01-04T15:10:00")
    hall.run.ok("viewing", "add", *who, hall.talk.pak, "live", *times)
    cut = ("--start", "2027-01-04T15:02:00", "--end", "2027-01-04T15:03:00")
    said = hall.run.ok("viewing", "remove", *who, hall.talk.id, "live", *cut)
    assert [line.split()[-1] for line in said.splitlines()] == ["SECONDS", "120", "420"]
    assert said == hall.run.ok("viewing", "list", *who)
    file = tmp_path / "views.csv"
    file.write_text(
        "email,session,start,duration\n"
        f"ann@example.com,{hall.talk.id},2027-01-04T15:02:00,60\n"
        f"bob@example.com,{hall.talk.id},2027-01-04T15:02:00,60\n"
    )
    done = hall.run("viewing", "import", "acme", hall.event, file)
    assert done.output == "1 viewing was taken; 1 row could not be.\n"
    lines = done.error.splitlines()
    assert any(line.endswith(" 2/2") for line in lines)
    assert [line for line in lines if not line.endswith("2/2")] == [
        f"line 3: bob@example.com is not registered for event {hall.event}.",
        f"error: 1 row of {file} was left out, as named above.",
    ]
    (_, row) = hall.run.ok("viewing", "list", *who).splitlines()
    assert row.split()[-1] == "600"
    unknown = hall.run("watch", "link", *who, base_url="")
    assert (unknown.code, unknown.output) == (1, "")
    assert unknown.error.startswith("error: The address of this server is not known")
    links = hall.run.ok("watch", "link", *who).splitlines()
    prefix = f"https://events.example.com/watch/{hall.talk.pak}/"
    assert links[0].startswith(prefix)
    assert [line.split()[-1] for line in links] == ["Talk", "Show"]
    assert hall.run("watch", "link", "acme", hall.event, "bob@example.com").code == 1


def test_a_file_of_viewings_in_no_encoding_is_refused(hall: Hall, tmp_path: Path) -> None:
    file = tmp_path / "views.csv"
    file.write_bytes(b"email,start,duration\nm\x81ller@example.com,2027-01-04,6\n")
    failed = hall.run("viewing", "import", "acme", hall.event, file)
    assert failed.code == 1
    assert "views.csv is not text in UTF-8, UTF-16 or Windows-1252" in failed.error


def test_reports_are_granted_and_revoked(hall: Hall) -> None:
    assert hall.run.ok("reporting", "list", "acme").startswith("Nobody sees reports.")
    said = hall.run.ok("reporting", "grant", "acme", "Rita@example.com", "--event", hall.event)
    assert said == "User Rita@example.com sees reports of 1 of the events.\n"
    assert hall.run.ok("reporting", "list", "acme").split() == [
        *("USER", "EVENTS", "rita@example.com", "1")
    ]
    hall.run.ok("reporting", "grant", "acme", "rita@example.com")
    assert hall.run.ok("reporting", "list", "acme").split()[-1] == "all"
    hall.run.ok("reporting", "revoke", "acme", "rita@example.com")
    assert hall.run("reporting", "revoke", "acme", "rita@example.com").code == 1


def test_surveys_and_questions(hall: Hall) -> None:
    assert hall.run.ok("survey", "list", "acme", hall.event).startswith("The event has no polls")
    said = hall.run.ok(
        *("survey", "create", "acme", hall.event, "Feedback", "--ask", "How was it?|Good|Bad"),
        *("--ask", "More?"),
    )
    number = said.split()[1]
    assert said == f"Survey {number} is open.\n"
    hall.run.ok(
        *("survey", "create", "acme", hall.event, "Quick", "--ask", "Yes?|Yes|No", "--poll"),
        *("--session", hall.talk.id),
    )
    hall.run.ok("survey", "close", "acme", number)
    rows = [line.split() for line in hall.run.ok("survey", "list", "acme", hall.event).splitlines()]
    assert rows[1] == [number, "survey", "closed", "all", "Feedback"]
    assert rows[2][1:] == ["poll", "open", str(hall.talk.id), "Quick"]
    assert hall.run.ok("survey", "open", "acme", number) == f"Survey {number} is open.\n"
    hall.run.ok("asked", "answer", "acme", hall.question, "Because.")
    (_, row) = hall.run.ok("asked", "list", "acme", hall.event).splitlines()
    assert row.split()[-3:] == ["ann@example.com", "Why?", "Because."]
    none = hall.run.ok("asked", "list", "acme", hall.event, "--after", hall.question)
    assert none == "Nobody asked anything.\n"


def test_chapters_are_set_and_listed(hall: Hall) -> None:
    named = ("media", "chapters", "acme", hall.talk.pak)
    assert hall.run.ok(*named) == "No chapters.\n"
    said = hall.run.ok(*named, "1:30 Questions", "0:00 Welcome")
    assert said == f"Session {hall.talk.id} has 2 chapters.\n"
    assert hall.run.ok(*named) == "0:00 Welcome\n1:30 Questions\n"
    assert "'Welcome' is not a chapter" in hall.run(*named, "Welcome").error
    assert hall.run.ok(*named, "") == f"Session {hall.talk.id} has 0 chapters.\n"


def test_captions_are_kept_listed_and_removed(hall: Hall, tmp_path: Path) -> None:
    file = tmp_path / "talk.vtt"
    file.write_text("WEBVTT\n\n00:01.000 --> 00:04.000\nHallo\n")
    kept = hall.run.ok("media", "captions", "set", "acme", hall.talk.pak, "de", file)
    assert kept == f"Session {hall.talk.id} has captions in de ({file.stat().st_size} bytes).\n"
    (row,) = hall.run.ok("media", "captions", "list", "acme", hall.talk.id).splitlines()[1:]
    assert row.split()[:2] == ["de", str(file.stat().st_size)]
    file.write_text("Hallo")
    refused = hall.run("media", "captions", "set", "acme", hall.talk.pak, "de", file)
    assert "WEBVTT" in refused[2]
    hall.run.ok("media", "captions", "remove", "acme", hall.talk.pak, "de")
    listed = hall.run.ok("media", "captions", "list", "acme", hall.talk.pak)
    assert listed == "The session has no captions.\n"
