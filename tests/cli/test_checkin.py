"""`turnout invite …`, `turnout gate …` and `turnout scans`."""

from pathlib import Path

import pytest

from tests.cli.runner import Turnout
from tests.support.builder import make_organization
from tests.support.node import new_database
from turnout.core.checkin.scans import Scan, check_in
from turnout.core.events.model import span
from turnout.core.events.programme import create_event, create_ticket_type
from turnout.core.identity.users import create_user
from turnout.core.ids import CampaignId, OrgId
from turnout.core.invitations.campaigns import get_campaign
from turnout.core.messaging.delivering import claim
from turnout.core.site.address import store_address
from turnout.store import Tx


class Door:
    """A command line whose organization has an event with a ticket type for guests."""

    def __init__(self, folder: Path) -> None:
        self.run = Turnout(new_database("sqlite", folder), base_url="https://events.example.com")
        self.body = folder / "body.txt"
        self.body.write_text("Dear %%recipient%%, come to %%event%%: %%link%%")
        with self.run.database() as db:
            org_id = db.call(make_organization, "acme")
            db.call(create_user, org_id, "au/jo", name="Jo", email="jo@example.com", actor="test")
            when = span("2099-06-01T18:00", "2099-06-01T23:00", "UTC")
            self.org_id = org_id
            self.event = db.call(create_event, org_id, "Party", when, actor="test").id
            self.guests = db.call(create_ticket_type, org_id, self.event, "Guest", actor="test").id

    def create(self) -> str:
        said = self.run.ok(
            *("invite", "create", "acme", self.event, self.guests, "Friends", "--user", "AU/jo"),
            *("--subject", "Come!", "--sender", "a@example.com", "--body", self.body),
            *("--sti", "friends"),
        )
        return said.split()[1]

    def guests_file(self) -> Path:
        file = self.body.with_name("guests.csv")
        file.write_text("Recipient,Email\nAnn Lee,ann@example.com\n")
        return file

    def count_jobs(self) -> int:
        with self.run.database() as db:
            return db.call(count_jobs, self.org_id)


def count_jobs(tx: Tx, org_id: OrgId) -> int:
    [(count,)] = tx.connection.execute("SELECT count(*) FROM jobs WHERE org_id = ?", [org_id])
    return int(count)


@pytest.fixture
def door(tmp_path: Path) -> Door:
    return Door(tmp_path)


def test_an_invitation_is_made_filled_sent_and_reminded_of(door: Door, tmp_path: Path) -> None:
    assert door.run.ok("invite", "list", "acme", door.event) == "The event has no invitations.\n"
    number = door.create()
    file = tmp_path / "guests.csv"
    file.write_text("Recipient,Email\nAnn Lee,ann@example.com\n,bob@example.com\n")
    said = door.run.ok("invite", "add", "acme", number, file)
    assert said == "Added: 2. Invited already: 0.\n"
    again = door.run.ok("invite", "add", "acme", number, file)
    assert again == "Added: 0. Invited already: 2.\n"
    sent = door.run.ok("invite", "send", "acme", number)
    assert sent.endswith(" writes to 2 people; their links lead to https://events.example.com.\n")
    assert door.run.ok("invite", "send", "acme", number) == "There is nobody to write to.\n"
    assert " writes to 2 people" in door.run.ok("invite", "send", "acme", number, "--reminder")
    row = door.run.ok("invite", "list", "acme", door.event).splitlines()[1].split()
    assert (row[0], row[3:]) == (number, ["0", "0", "2", "Friends", "Guest"])
    with door.run.database() as db:
        assert db.call(get_campaign, door.org_id, CampaignId(int(number))).sti == "friends"
        first, _ = db.call(claim, "email", 10, 1000)
    assert (first.head.content.subject, first.head.sender) == ("Come!", "a@example.com")
    assert [recipient.name for recipient in first.recipients] == ["Ann Lee", ""]
    assert '"link":"https://events.example.com/invitation/1-' in first.recipients[0].fields


def test_a_file_with_a_fault_invites_nobody(door: Door, tmp_path: Path) -> None:
    number = door.create()
    file = tmp_path / "guests.csv"
    file.write_text("Email,Mobile\nann@example.com,\nbob@,\n,61412345678\n")
    result = door.run("invite", "add", "acme", number, file)
    assert (result.code, result.output) == (1, "")
    assert result.error.splitlines() == [
        "line 3, column Email: 'bob@' is not an e-mail address: write one such as "
        "jane@example.com.",
        "line 4: The row has no e-mail address: fill it in.",
        f"error: 2 rows of {file} cannot be taken; nobody was added.",
    ]
    assert door.run.ok("invite", "send", "acme", number) == "There is nobody to write to.\n"


def test_what_an_invitation_needs(door: Door) -> None:
    door.body.write_text("no link")
    fixed = ("--user", "au/jo", "--subject", "x", "--sender", "a@example.com", "--body", door.body)
    result = door.run("invite", "create", "acme", door.event, door.guests, "F", *fixed)
    assert "must have %%link%%" in result.error
    result = door.run("invite", "create", "acme", door.event, 777, "F", *fixed)
    assert "ticket type is not one of the event's" in result.error
    missing = door.run("invite", "send", "acme", 777)
    assert (missing.code, missing.error) == (1, "error: There is no invitation 777.\n")


def test_gates_and_scans_are_listed(door: Door) -> None:
    nobody = "The event has no gates: every door lets everybody with a ticket in.\n"
    assert door.run.ok("gate", "list", "acme", door.event) == nobody
    said = door.run.ok("gate", "create", "acme", door.event, "North", "--ticket-type", door.guests)
    number = said.split()[1]
    assert said == f"Gate {number} is made: doors send it as `gate={number}`.\n"
    row = door.run.ok("gate", "list", "acme", door.event).splitlines()[1].split()
    assert row == [number, str(door.guests), "any", "North"]
    wrong = door.run("gate", "create", "acme", door.event, "South", "--session", 5)
    assert wrong.error == "error: Choose sessions of the gate's own event.\n"

    assert door.run.ok("scans", "acme", door.event) == "Nothing was scanned.\n"
    with door.run.database() as db:
        scan = Scan(code="no-such", at=1_798_794_000_000, device="door 1")
        db.call(check_in, door.org_id, door.event, scan)
    row = door.run.ok("scans", "acme", door.event).splitlines()[1].split()
    assert row[2:] == ["2027-01-01", "09:00:00Z", "unknown", "NOSUCH", "door", "1"]


def test_links_lead_where_a_server_has_said_and_nothing_is_sent_before(door: Door) -> None:
    number = door.create()
    door.run.ok("invite", "add", "acme", number, door.guests_file())
    refused = door.run("invite", "send", "acme", number, base_url="")
    assert (refused.code, refused.output) == (1, "")
    assert refused.error.startswith("error: The address of this server is not known")
    assert "Set TURNOUT_BASE_URL" in refused.error
    assert door.count_jobs() == 0
    with door.run.database() as db:
        db.call(store_address, "http://127.0.0.1:4711", is_set=False)
    # The shell's own port is not where the server listens.
    sent = door.run.ok("invite", "send", "acme", number, base_url="", port=9999)
    assert sent.endswith(" writes to 1 person; their links lead to http://127.0.0.1:4711.\n")
    again = door.run.ok("invite", "send", "acme", number, "--reminder")
    assert again.endswith("their links lead to https://events.example.com.\n")


def test_an_invitation_is_scheduled_reworded_and_tried_out(door: Door, tmp_path: Path) -> None:
    number = door.create()
    file = tmp_path / "guests.csv"
    file.write_text("Recipient,Email\nAnn Lee,ann@example.com\n")
    door.run.ok("invite", "add", "acme", number, file)
    again = tmp_path / "again.txt"
    again.write_text("Still time: %%link%%")
    door.run.ok(
        *("invite", "set", "acme", number, "--reminder-subject", "Still?"),
        *("--reminder-body", again),
    )
    shown = door.run.ok("invite", "preview", "acme", number, "--reminder")
    assert shown.startswith("Subject: Still?\n\nStill time: https://events.example.com/")
    tried = door.run.ok("invite", "test", "acme", number, "jo@example.com", "--reminder")
    assert tried == "The test goes to jo@example.com.\n"
    planned = door.run.ok("invite", "send", "acme", number, "--at", "2099-05-01T09:00")
    assert planned.startswith("It goes at 2099-05-01")
    assert door.run.ok("invite", "unschedule", "acme", number) == "It goes by hand.\n"
    late = door.run("invite", "send", "acme", number, "--at", "2001-01-01T09:00")
    assert "has passed" in late[2]
    door.run.ok("invite", "send", "acme", number)
    door.run.ok("invite", "send", "acme", number, "--reminder")
    (row,) = door.run.ok("invite", "people", "acme", number).splitlines()[1:]
    assert row.split()[1] == "pending"
    assert row.split()[-4:] == ["1", "ann@example.com", "Ann", "Lee"]
