"""`turnout job preview` and `turnout job test`."""

import datetime
import json
from pathlib import Path

import pytest

from tests.cli.runner import Turnout
from tests.core.messaging.jobs import NUMBERS, claim_all, make_login
from tests.support.builder import make_organization
from tests.support.node import new_database
from turnout.cli.app import say_time
from turnout.core.times import derive, wall_clock


@pytest.fixture
def turnout(tmp_path: Path) -> Turnout:
    turnout = Turnout(new_database("sqlite", tmp_path))
    with turnout.database() as db:
        org_id = db.call(make_organization, "acme")
        db.call(make_login, org_id, "acme/jo", mobile=NUMBERS[9])
    return turnout


def write(tmp_path: Path, **body) -> Path:
    file = tmp_path / "job.json"
    file.write_text(json.dumps(body))
    return file


def table(said: str) -> dict[str, str]:
    lines = said.split("\n\n")[0].splitlines()[1:]
    return dict(line.split("  ", 1) for line in lines if "  " in line)


def test_a_job_in_a_file_is_shown_and_not_made(turnout, tmp_path):
    file = write(
        tmp_path,
        job_type="sms",
        message="Hi %%name%%, %%code%% ☂",
        dedupe=True,
        recipients=[
            {"destination": NUMBERS[0], "name": "Ann"},
            {"destination": NUMBERS[1], "name": "Bob"},
            {"destination": NUMBERS[1], "name": "Bob again"},
        ],
    )
    arguments = ("job", "preview", "acme", "--body", file, "--user", "acme/jo", "--recipient", 2)
    said = turnout.ok(*arguments)
    shown = {name.strip(): value.strip() for name, value in table(said).items()}
    assert shown["Recipients"] == "3"
    assert shown["Left out: duplicate"] == "1"
    assert shown["Sent to"] == "2"
    assert shown["In Unicode"] == "2, first because of '☂' (character 10)"
    assert shown["Fields that nobody has"] == "%%code%%"
    assert said.endswith(f"Recipient 2, {NUMBERS[1]}\nText: Hi Bob,  ☂\n")
    assert "There are no such jobs" in turnout.ok("job", "list", "acme")


def test_a_mailing_is_shown_with_its_footer(turnout, tmp_path):
    file = write(
        tmp_path,
        job_type="email",
        subject="For %%recipient%%",
        html_message="<p>Hi %%x%%</p>",
        from_email="a@example.com",
        recipients=[{"destination": "ann@example.com", "recipient": "Ann", "x": "<b>"}],
    )
    said = turnout.ok("job", "preview", "acme", "--body", file, "--user", "acme/jo")
    assert "Subject: For Ann\n" in said
    assert "Hi &lt;b&gt;</p>" in said
    assert "[personal link]" in said


def test_a_job_is_tried_out_on_oneself(turnout, tmp_path):
    file = write(
        tmp_path,
        job_type="sms",
        message="Hi %%name%%",
        recipients=[{"destination": NUMBERS[0], "name": "Ann"}],
    )
    said = turnout.ok("job", "test", "acme", "--body", file, "--user", "acme/jo")
    number = int(said.split()[1])
    assert "Test: Rest API SMS" in turnout.ok("job", "show", "acme", number)
    found = turnout.ok("message", "find", "acme", NUMBERS[9])
    assert f"Job {number}, SMS" in found
    preview = turnout.ok("job", "preview", "acme", number)
    assert preview.endswith(f"Recipient 1, {NUMBERS[9]}\nText: Hi Ann\n")
    none = turnout("job", "test", "acme", "--body", file, "--user", "acme/jo", "--recipient", 2)
    assert (none.code, none.error) == (1, "error: There is no recipient 2: the job has 1.\n")


@pytest.mark.parametrize(("cutoff", "is_sent"), [("18:00", False), ("21:00", True), ("", True)])
def test_quiet_hours_that_outlast_the_cut_off_are_said(
    tmp_path: Path, cutoff: str, is_sent: bool
) -> None:
    """A satellite phone is in no country's zone, so the user's counts, where it is about noon."""
    turnout = Turnout(new_database("sqlite", tmp_path))
    noon = datetime.datetime.now(datetime.UTC).hour - 12
    zone = f"Etc/GMT{noon:+d}" if noon else "Etc/GMT"
    with turnout.database() as db:
        org_id = db.call(make_organization, "acme", timezone=zone)
        db.call(make_login, org_id, "acme/jo")
        today = wall_clock(db.clock(), zone)[:10]
    file = write(
        tmp_path,
        job_type="tts",
        message="Hi",
        recipients=[{"destination": "+88213300655"}],
        **({"cutoff_hour": cutoff} if cutoff else {}),
    )
    command = ("job", "preview", "acme", "--body", file, "--user", "acme/jo")
    quiet = {"quiet_hours": "00:00-20:00", "call_prefixes": "882"}
    last = " ".join(turnout.ok(*command, **quiet).splitlines()[-2:])
    end = say_time(derive(f"{today}T20:00", zone))
    if is_sent:
        assert last.endswith(f"Sent now, it waits until {end} (quiet hours).")
    else:
        cut = say_time(derive(f"{today}T{cutoff}", zone))
        assert last.endswith(
            f"Sent now, it would wait until {end} (quiet hours), and the cut-off is at {cut}: "
            "it is not sent."
        )


def test_what_is_no_job_is_refused(turnout, tmp_path):
    file = write(tmp_path, job_type="pigeon")
    wrong = turnout("job", "preview", "acme", "--body", file, "--user", "acme/jo")
    assert (wrong.code, wrong.error) == (
        1,
        f"error: {file}: The selected job_type is invalid.\n",
    )
    assert turnout("job", "preview", "acme").error == (
        "error: Name a job by its number, or a file with --body and its user with --user.\n"
    )
    nobody = turnout("job", "preview", "acme", "--body", file, "--user", "acme/ann")
    assert nobody.code == 1


def test_an_unknown_list_is_said(turnout, tmp_path):
    file = write(tmp_path, job_type="sms", message="Hi", user_list_ids=[99])
    for command in ("preview", "test"):
        refused = turnout("job", command, "acme", "--body", file, "--user", "acme/jo")
        assert (refused.code, refused.error) == (
            1,
            "error: One of the job's lists does not exist. `turnout list list` shows them.\n",
        )


def test_a_job_that_has_ended_has_no_preview(turnout, tmp_path):
    file = write(tmp_path, job_type="sms", message="Hi", recipients=[{"destination": NUMBERS[0]}])
    said = turnout.ok("job", "test", "acme", "--body", file, "--user", "acme/jo")
    number = said.split()[1]
    turnout.ok("job", "cancel", "acme", number)
    with turnout.database() as db:
        claim_all(db)
    refused = turnout("job", "preview", "acme", number)
    assert (refused.code, refused.error) == (1, f"error: Job {number} has ended.\n")


def test_a_text_that_merges_to_nothing_is_left_out(turnout, tmp_path):
    people = [{"destination": NUMBERS[0]}, {"destination": NUMBERS[1], "x": "Hi"}]
    file = write(tmp_path, job_type="sms", message=" %%x%%\n", recipients=people)
    said = turnout.ok("job", "preview", "acme", "--body", file, "--user", "acme/jo")
    shown = {name.strip(): value.strip() for name, value in table(said).items()}
    assert (shown["Left out: text empty"], shown["Sent to"], shown["Parts"]) == ("1", "1", "1")


def test_an_unproven_sender_is_shown_as_it_goes_out(turnout, tmp_path):
    file = write(
        tmp_path,
        job_type="email",
        subject="S",
        html_message="<p>Hi</p>",
        from_email="jo@x.example",
        recipients=[{"destination": "a@b.example"}],
    )
    arguments = ("job", "preview", "acme", "--body", file, "--user", "acme/jo")
    said = turnout.ok(*arguments, mail_from="events@host.example")
    shown = {name.strip(): value.strip() for name, value in table(said).items()}
    assert shown["From"] == '"x.example via host.example" <events@host.example>'
    assert shown["Reply to"] == "jo@x.example"
