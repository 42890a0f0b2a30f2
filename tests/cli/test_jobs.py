"""`turnout job …`, `turnout outbox` and `turnout optout …`."""

import asyncio
import datetime
import re
from pathlib import Path

import pytest

from tests.cli.runner import Turnout
from tests.core.messaging.jobs import answer, claim_all, make_login, new_job, post
from tests.support.builder import make_organization
from tests.support.node import new_database
from turnout.carriers import Message, Parcel
from turnout.carriers.simulator import SimulatorCarrier, SimulatorSettings
from turnout.core.identity.organizations import get_organization
from turnout.core.ids import OrgId
from turnout.core.messaging.model import Channel, Medium, Status
from turnout.core.messaging.opt_outs import keep_hash
from turnout.core.messaging.outcomes import Accepted, Rejected, Unknown


@pytest.fixture
def turnout(tmp_path: Path) -> Turnout:
    """A command line whose organization has a job for three people."""
    turnout = Turnout(new_database("sqlite", tmp_path))
    with turnout.database() as db:
        org_id = db.call(make_organization, "acme")
        login = db.call(make_login, org_id, "au/jo", receive_reports=False)
        to = ["61412345678", "61412345677", "61412345676"]
        turnout.job_id = post(db, login, new_job(name="Doors open"), to)  # type: ignore[attr-defined]
    return turnout


def test_jobs_are_listed_paused_resumed_and_cancelled(turnout):
    number = turnout.job_id

    def row() -> list[str]:
        return turnout.ok("job", "list", "acme").splitlines()[1].split()

    assert row()[0] == str(number)
    assert row()[3:] == [
        *("au/jo", "SMS", "sending", "3", "3", "0", "0", "0.00", "Doors", "open"),
    ]
    assert turnout.ok("job", "pause", "acme", number) == (
        f"Job {number} is paused; what networks have already goes on.\n"
    )
    assert row()[5:7] == ["sending", "(paused)"]
    with turnout.database() as db:
        assert claim_all(db) == []
    assert turnout.ok("job", "resume", "acme", number) == f"Job {number} goes on.\n"
    assert turnout.ok("job", "cancel", "acme", number) == (
        f"Job {number} is cancelled; what networks have already is waited for.\n"
    )
    with turnout.database() as db:
        assert claim_all(db) == []  # they are ended
    assert row()[5:] == ["closed", "3", "0", "0", "3", "0.00", "Doors", "open"]
    assert turnout.ok("job", "list", "acme", "--open") == (
        "There are no such jobs. The messaging API makes them.\n"
    )
    again = turnout("job", "cancel", "acme", number)
    assert (again.code, again.error) == (1, f"error: Job {number} has ended.\n")


def test_a_job_shows_what_became_of_its_recipients(turnout):
    with turnout.database() as db:
        taken = Accepted((), 1, is_final=True)
        refused = Rejected(Status.BLOCKED, "no")
        answer(db, claim_all(db), taken, refused, Unknown("the connection broke"))
    lines = turnout.ok("job", "show", "acme", turnout.job_id).splitlines()
    assert lines[:2] == [
        f"Job {turnout.job_id}, SMS: Doors open",
        "complete; 3 recipients, 0 open.",
    ]
    assert [line.split()[:3] for line in lines[3:]] == [
        ["done", "BARR", "1"],
        ["done", "SENT", "1"],
        ["done", "SVRE", "1"],
    ]
    assert "the connection broke" in lines[5]
    missing = turnout("job", "show", "acme", 7)
    assert (missing.code, missing.error) == (1, "error: There is no job 7.\n")


def test_the_outbox_shows_what_the_simulator_sent(turnout):
    assert turnout.ok("outbox", "acme") == "The simulator has sent nothing like that.\n"
    with turnout.database() as db:
        carrier = SimulatorCarrier(SimulatorSettings(), db)
        message = Message(
            id=turnout.job_id, org_id=OrgId(10001), channel=Channel.SMS, text="Hi %%who%%"
        )
        parcels = [
            Parcel(attempt_id=1, destination="61412345677", sender="me", fields={"who": "Jo"}),
            Parcel(attempt_id=2, destination="61412345671", sender="", fields={"who": "x" * 70}),
        ]
        asyncio.run(carrier.send(message, parcels))
    rows = [line.split() for line in turnout.ok("outbox", "acme").splitlines()[1:]]
    assert [row[2:] for row in rows] == [
        [str(turnout.job_id), "sms", "61412345671", "SENT", "Hi", "x" * 70],
        [str(turnout.job_id), "sms", "me", "61412345677", "BARR", "Hi", "Jo"],
    ]
    full = turnout.ok("outbox", "acme", "--full", "--to", "61412345677").splitlines()
    assert full[1:] == [
        f"job: {turnout.job_id} (broadcast)",
        "channel: sms",
        "from: me",
        "to: 61412345677",
        "became: BARR The simulated network refuses this number.",
        "Hi Jo",
        "",
    ]
    assert turnout.ok("outbox", "acme", "--channel", "fax").startswith("The simulator has sent no")


def test_opt_outs_are_added_listed_and_removed(turnout):
    assert turnout.ok("optout", "list", "acme") == "Nobody has opted out.\n"
    said = turnout.ok("optout", "add", "acme", "email", "Jo@Example.com")
    assert said == "Jo@Example.com gets no more email.\n"
    again = turnout.ok("optout", "add", "acme", "email", "jo@example.com")
    assert again == "jo@example.com got none already: email.\n"
    row = turnout.ok("optout", "list", "acme").splitlines()[1].split()
    assert (row[:2], row[4:]) == (["email", "jo@example.com"], ["cli"])
    removed = turnout.ok("optout", "remove", "acme", "email", "JO@example.com")
    assert removed == "JO@example.com gets email again.\n"
    missing = turnout("optout", "remove", "acme", "email", "jo@example.com")
    assert missing.error == "error: jo@example.com has not opted out of email.\n"
    wrong = turnout("optout", "add", "acme", "sms", "jo@example.com")
    assert (wrong.code, wrong.error) == (1, "error: 'jo@example.com' is not an address for sms.\n")


def test_addresses_are_suppressed_listed_and_removed(turnout: Turnout) -> None:
    assert turnout.ok("suppression", "list", "acme") == "No address is suppressed.\n"
    said = turnout.ok("suppression", "add", "acme", "Jo@example.com")
    assert said == "Jo@example.com is suppressed.\n"
    again = turnout.ok("suppression", "add", "acme", "jo@example.com")
    assert again == "jo@example.com was suppressed already.\n"
    row = turnout.ok("suppression", "list", "acme").splitlines()[1].split()
    assert row[:2] == ["jo@example.com", "manual"]
    removed = turnout.ok("suppression", "remove", "acme", "JO@example.com")
    assert removed == "JO@example.com is written to again.\n"
    missing = turnout("suppression", "remove", "acme", "jo@example.com")
    assert (missing.code, missing.error) == (1, "error: jo@example.com is not suppressed.\n")


def test_opt_outs_are_taken_over_from_a_file(turnout: Turnout, tmp_path: Path) -> None:
    file = tmp_path / "out.csv"
    file.write_bytes(
        "E-Mail;Handy;Grund\r\nJo@Example.com;;zu viel\r\n;+61 412 345 678;\r\n;;nichts\r\n"
        "bad@;;\r\n".encode("cp1252")
    )
    command = ("optout", "import", "acme", file, "--ignore-unknown")
    shown = turnout(*command, "--preview")
    assert (shown.code, "2 rows can be imported." in shown.output) == (1, True)
    assert turnout.ok("optout", "list", "acme") == "Nobody has opted out.\n"
    done = turnout(*command)
    assert done.code == 1
    lines = done.error.splitlines()
    assert "line 4: The row has no address: fill Email, Mobile, Phone, Fax or Address." in lines
    assert any(line.startswith("line 5, column E-Mail: ") for line in lines)
    rows = [line.split()[:2] for line in turnout.ok("optout", "list", "acme").splitlines()[1:]]
    assert rows == [["email", "jo@example.com"], ["sms", "61412345678"]]
    file.write_text("Medium,Address\ncall,+61 412 345 678\n,bo@example.com\nsmoke,x\n")
    result = turnout(*command)
    assert "Medium must be one of email, sms, call, fax, not 'smoke'." in result.error
    rows = [line.split()[:2] for line in turnout.ok("optout", "list", "acme").splitlines()[1:]]
    assert rows == [
        ["call", "61412345678"],
        ["email", "bo@example.com"],
        ["email", "jo@example.com"],
        ["sms", "61412345678"],
    ]


def test_opt_outs_are_written_to_a_file_and_taken_over_elsewhere(
    turnout: Turnout, tmp_path: Path
) -> None:
    for medium, address in (("email", "jo@example.com"), ("sms", "+61 412 345 678")):
        turnout.ok("optout", "add", "acme", medium, address)
    with turnout.database() as db:
        org_id = db.call(get_organization, "acme").org_id
        db.call(keep_hash, org_id, Medium.EMAIL, "gone@example.com")
    file = tmp_path / "out.csv"
    done = turnout.ok("optout", "export", "acme", file)
    left_out = "1 more cannot be carried over: only keyed hashes are left.\n"
    assert done == f"out.csv has 2 opt-outs.\n{left_out}"
    assert file.read_text(encoding="utf-8-sig").splitlines() == [
        "Medium,Address",
        "email,jo@example.com",
        "sms,+61412345678",
    ]
    known = [["email", "(erased)"], ["email", "jo@example.com"], ["sms", "61412345678"]]
    rows = turnout.ok("optout", "list", "acme").splitlines()[1:]
    assert [row.split()[:2] for row in rows] == known
    turnout.ok("optout", "remove", "acme", "email", "jo@example.com")
    turnout.ok("optout", "remove", "acme", "sms", "+61412345678")
    assert turnout("optout", "import", "acme", file).code == 0
    rows = turnout.ok("optout", "list", "acme").splitlines()[1:]
    assert [row.split()[:2] for row in rows] == known
    book = tmp_path / "out.xlsx"
    assert turnout.ok("optout", "export", "acme", book) == f"out.xlsx has 2 opt-outs.\n{left_out}"
    turnout.ok("optout", "remove", "acme", "sms", "+61412345678")
    assert turnout("optout", "import", "acme", book).code == 0
    rows = turnout.ok("optout", "list", "acme").splitlines()[1:]
    assert [row.split()[:2] for row in rows] == known
    wrong = turnout("optout", "export", "acme", tmp_path / "out.txt")
    assert (wrong.code, wrong.error) == (1, "error: out.txt must end in .csv or .xlsx.\n")


def test_an_opt_out_without_its_address_is_refused(turnout: Turnout, tmp_path: Path) -> None:
    """As earlier versions wrote it of somebody who was erased."""
    file = tmp_path / "out.csv"
    file.write_text("Medium,Address\nemail,jo@example.com\nemail,(erased)\n")
    refused = turnout("optout", "import", "acme", file)
    assert refused.code == 1
    assert "line 3" in refused.error
    assert "Whose address (erased) was is not known: leave the row out." in " ".join(
        refused.error.split()
    )


def test_a_large_job_is_approved_by_a_second_person(turnout):
    turnout.ok("org", "set", "acme", "--approval-above", 1)
    assert "more than 1" in turnout.ok("org", "show", "acme")
    with turnout.database() as db:
        org_id = db.call(get_organization, "acme").org_id
        login = db.call(make_login, org_id, "au/ann", receive_reports=False)
        number = post(db, login, new_job(name="Big"), ["61412345678", "61412345677"])
    assert "scheduled (waits for approval)" in turnout.ok("job", "list", "acme")
    own = turnout("job", "approve", "acme", number, "--by", "au/ann")
    assert (own.code, own.error) == (
        1,
        f"error: Job {number} is au/ann's own: somebody else must approve it.\n",
    )
    assert turnout.ok("job", "approve", "acme", number, "--by", "au/jo") == (
        f"Job {number} is approved by au/jo, and goes on.\n"
    )
    assert "waits for approval" not in turnout.ok("job", "list", "acme")


def test_failed_messages_of_a_job_are_retried_once(turnout):
    with turnout.database() as db:
        failed = Rejected(Status.FAILED, "no")
        answer(db, claim_all(db), failed, failed, Unknown("the connection broke"))
    number = turnout.job_id
    said = turnout.ok("job", "retry", "acme", number)
    assert said.startswith("Job ")
    assert said.endswith(" tries 2 messages again.\n")
    nothing = "Nothing of this job is left to retry.\n"
    assert turnout.ok("job", "retry", "acme", number) == nothing
    assert turnout.ok("job", "retry", "acme", number, "--uncertain").endswith(
        " tries 1 message again.\n"
    )


def test_recipients_are_listed_by_their_status(turnout):
    with turnout.database() as db:
        bounced = Rejected(Status.BOUNCED, "no such user")
        answer(db, claim_all(db), Accepted((), 1, is_final=True), bounced, bounced)
    said = turnout.ok("job", "show", "acme", turnout.job_id, "--status", "boun")
    assert [line.split() for line in said.split("\n\n")[1].splitlines()] == [
        ["TO", "NAME", "REFERENCE", "NOTES"],
        ["61412345677", "ref", "1", "no", "such", "user"],
        ["61412345676", "ref", "2", "no", "such", "user"],
    ]
    none = turnout.ok("job", "show", "acme", turnout.job_id, "--status", "EXPD")
    assert none.endswith("None has the status EXPD.\n")


def test_what_still_holds_a_job_is_said(turnout):
    turnout.ok("org", "set", "acme", "--approval-above", 1)
    with turnout.database() as db:
        org_id = db.call(get_organization, "acme").org_id
        login = db.call(make_login, org_id, "au/ann", receive_reports=False)
        number = post(db, login, new_job(), ["61412345678", "61412345677"])
    turnout.ok("job", "pause", "acme", number)
    assert turnout.ok("job", "resume", "acme", number) == (
        f"Job {number} waits for approval: `turnout job approve acme {number} --by …` lets it go.\n"
    )
    turnout.ok("job", "pause", "acme", number)
    assert turnout.ok("job", "approve", "acme", number, "--by", "au/jo") == (
        f"Job {number} is approved by au/jo, and is paused: "
        f"`turnout job resume acme {number}` lets it go on.\n"
    )
    assert turnout.ok("job", "resume", "acme", number) == f"Job {number} goes on.\n"


def test_quiet_hours_are_told(turnout):
    number = turnout.job_id
    now = datetime.datetime.now(datetime.UTC)
    # 61412345678 is in Sydney, Perth and so on: quiet from now on in one of them, and all day.
    quiet = f"AU={now:%H:%M}-{now - datetime.timedelta(minutes=1):%H:%M}"
    said = turnout.ok("job", "show", "acme", number, quiet_hours=quiet)
    assert re.search(r"^It waits until \S+ \S+Z \(quiet hours\)\.$", said, re.MULTILINE)
    found = turnout.ok("message", "find", "acme", "61412345678", quiet_hours=quiet)
    assert re.search(r"^  \S+ \S+Z  waits until then \(quiet hours\)$", found, re.MULTILINE)
    preview = turnout.ok("job", "preview", "acme", number, quiet_hours=quiet)
    assert re.search(
        r"^Sent now, it waits until \S+ \S+Z \(quiet hours\)\.$", preview, re.MULTILINE
    )
    turnout.ok("job", "pause", "acme", number)
    for words in (("job", "show", "acme", number), ("message", "find", "acme", "61412345678")):
        assert "quiet" not in turnout.ok(*words, quiet_hours=quiet)
        assert "quiet" not in turnout.ok(*words)
