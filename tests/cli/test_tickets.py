"""`turnout ticket …` and `turnout waiting …`."""

from pathlib import Path

import pytest

from tests.cli.runner import Turnout
from tests.support.builder import make_organization
from tests.support.node import new_database
from turnout.core.checkin.attendees import AttendeeFilter, list_attendees
from turnout.core.events.model import span
from turnout.core.events.programme import create_event
from turnout.core.ids import TicketTypeId
from turnout.core.people.model import Contact
from turnout.core.registrations.joining import register_directly


class Office:
    """A command line whose organization has an event; `hall` is a ticket type with one place,
    which Ann has."""

    def __init__(self, folder: Path) -> None:
        self.run = Turnout(new_database("sqlite", folder))
        when = span("2099-06-01T18:00", "2099-06-01T23:00", "UTC")
        with self.run.database() as db:
            self.org_id = db.call(make_organization, "acme")
            self.event = db.call(create_event, self.org_id, "Party", when, actor="test").id
        said = self.run.ok("ticket", "create-type", "acme", self.event, "Hall", "--capacity", "1")
        self.hall = said.split()[2]
        assert said == f"Ticket type {self.hall} is made: Hall.\n"
        with self.run.database() as db:
            ann = Contact(email="ann@example.com", first_name="Ann")
            db.call(register_directly, self.org_id, self.event, TicketTypeId(int(self.hall)), ann)

    def tickets(self) -> dict[str, str]:
        """The codes by address."""
        with self.run.database() as db:
            found, _ = db.call(
                list_attendees, self.org_id, self.event, AttendeeFilter(), limit=10, skip=0
            )
        return {registration.email: registration.tickets[0].code for registration in found}

    def types(self) -> list[list[str]]:
        lines = self.run.ok("ticket", "types", "acme", self.event).splitlines()
        return [line.split() for line in lines[1:]]

    def entries(self, *arguments: str) -> list[list[str]]:
        said = self.run.ok("waiting", "list", "acme", self.event, *arguments)
        return [line.split() for line in said.splitlines()[1:]]


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def test_ticket_types_show_what_is_left(office: Office) -> None:
    office.run.ok(
        *("ticket", "create-type", "acme", office.event, "Paid", "--price", "12.50"),
        *("--currency", "eur", "--capacity", "5"),
    )
    office.run.ok("ticket", "create-type", "acme", office.event, "Dinner", "--rsvp")
    assert [row[1:] for row in office.types()] == [
        ["any", "number", "of", "0", "any", "free", "any", "all", "General", "admission"],
        ["1", "1", "0", "free", "any", "all", "Hall"],
        ["5", "0", "5", "12.50", "EUR", "any", "all", "Paid"],
        ["any", "number", "of", "0", "any", "rsvp", "any", "all", "Dinner"],
    ]


def test_to_whom_and_when_a_type_is_offered_is_listed(office: Office) -> None:
    number = office.types()[-1][0]
    office.run.ok(
        *("ticket", "set-type", "acme", office.event, number, "--hidden", "--locked"),
        *(
            "--code",
            "VIP2027",
            "--sale-starts",
            "2027-01-05T09:00",
            "--sale-ends",
            "2027-02-05T09:00",
        ),
    )
    said = " ".join(office.types()[-1])
    offered = (
        "locked, hidden, by code VIP2027, from 2027-01-05 09:00:00Z, until 2027-02-05 09:00:00Z"
    )
    assert offered in said


def test_a_price_is_in_whole_units_of_its_currency(office: Office) -> None:
    create = ("ticket", "create-type", "acme", office.event)
    for price, currency in (("10.50", "EUR"), ("1.500", "KWD"), ("1,050", "JPY"), ("0", "USD")):
        office.run.ok(*create, currency, "--price", price, "--currency", currency)
    assert [row[-5:-2] for row in office.types()[-4:]] == [
        ["10.50", "EUR", "any"],
        ["1.500", "KWD", "any"],
        ["1050", "JPY", "any"],
        ["any", "free", "any"],
    ]


def test_a_price_without_a_currency_is_in_the_organization_s(office: Office) -> None:
    office.run.ok("org", "set", "acme", "--currency", "kwd")
    office.run.ok("ticket", "create-type", "acme", office.event, "Paid", "--price", "10.5")
    assert office.types()[-1][-5:-2] == ["10.500", "KWD", "any"]


def test_what_cannot_be_made_or_set_is_said(office: Office) -> None:
    for arguments, words in (
        (("create-type", "acme", office.event, "Paid", "--price", "1"), "A price needs a currency"),
        (
            ("create-type", "acme", office.event, "Paid", "--price", "1", "--currency", "EUX"),
            "'EUX' is not the code of a currency",
        ),
        (
            ("create-type", "acme", office.event, "Paid", "--price", "9.5", "--currency", "JPY"),
            "'9.5' has more decimals than JPY, which has 0.",
        ),
        (
            ("set-type", "acme", office.event, office.hall),
            "Say what to set; `turnout ticket set-type --help` lists it.",
        ),
        (
            ("set-type", "acme", office.event, office.hall, "--capacity", "2", "--unlimited"),
            "Give either --capacity or --unlimited, not both",
        ),
        (("set-type", "acme", office.event, "999", "--per-person", "2"), "has no ticket type 999"),
        (("set-type", "acme", office.event, office.hall, "--capacity", "0"), "1 is held already"),
        (("set-type", "acme", office.event, "999", "--unlimited"), "has no ticket type 999"),
        (("transfer", "acme", "NONE", "--email", "b@example.com"), "There is no ticket NONE"),
    ):
        result = office.run("ticket", *arguments)
        assert result.code == 1
        assert words in result.error


def test_how_many_one_person_may_have_is_set_and_taken_away(office: Office) -> None:
    made = office.run.ok(
        *("ticket", "create-type", "acme", office.event, "Table", "--capacity", "9"),
        *("--per-person", "4"),
    )
    table = made.split()[2]
    assert office.types()[-1][1:] == ["9", "0", "9", "free", "4", "all", "Table"]
    set_type = ("ticket", "set-type", "acme", office.event, table)
    said = office.run.ok(*set_type, "--per-person", "2")
    assert said == f"Ticket type {table} has 9 tickets, up to 2 for one person.\n"
    said = office.run.ok(*set_type, "--per-person", "0", "--unlimited")
    assert said == f"Ticket type {table} has any number of tickets.\n"
    assert office.types()[-1][1:] == [
        "any",
        "number",
        "of",
        "0",
        "any",
        "free",
        "any",
        "all",
        "Table",
    ]


def test_a_refused_number_leaves_the_limit_as_it_was(office: Office) -> None:
    set_type = ("ticket", "set-type", "acme", office.event, office.hall)
    assert office.run(*set_type, "--capacity", "0", "--per-person", "3").code == 1
    assert office.types()[-1][1:] == ["1", "1", "0", "free", "any", "all", "Hall"]


def test_a_ticket_is_passed_on_and_changed(office: Office) -> None:
    old = office.tickets()["ann@example.com"]
    said = office.run.ok(
        *("ticket", "transfer", "acme", old, "--email", "bob@example.com", "--first-name", "Bob")
    )
    new = office.tickets()["bob@example.com"]
    assert said == (f"bob@example.com has the ticket {new} now; {old} lets nobody in any more.\n")
    general = office.types()[0][0]
    office.run.ok("ticket", "change-type", "acme", f"'{new[:5].lower()} - {new[5:]}'", general)
    assert office.types()[1][1:4] == ["1", "0", "1"]
    assert office.tickets() == {"bob@example.com": new}


def test_people_wait_and_get_the_next_place(office: Office) -> None:
    assert office.run.ok("waiting", "list", "acme", office.event) == "Nobody waits.\n"
    office.run.ok("waiting", "set", "acme", office.event, "--hours", "3")
    for name in ("bob", "cid"):
        office.run.ok(
            *("waiting", "add", "acme", office.event, office.hall),
            *("--email", f"{name}@example.com"),
        )
    bob, cid = office.entries()
    assert (bob[1:], cid[1:]) == (
        ["waiting", "Hall", "bob@example.com"],
        ["waiting", "Hall", "cid@example.com"],
    )
    office.run.ok("waiting", "remove", "acme", bob[0])
    assert [row[1] for row in office.entries("--everybody")] == ["left", "waiting"]
    code = office.tickets()["ann@example.com"]
    office.run.ok("ticket", "change-type", "acme", code, office.types()[0][0])
    assert [row[1] for row in office.entries()] == ["offered"]
    office.run.ok("ticket", "set-type", "acme", office.event, office.hall, "--unlimited")


def test_keys_are_made_by_the_first_ticket_and_rotated(office: Office) -> None:
    said = office.run.ok("ticket", "keys", "acme")
    assert said == "No ticket was signed yet; the first one makes the key.\n"
    first = office.run.ok("ticket", "keys", "acme", "--rotate").splitlines()[1].split()
    rows = office.run.ok("ticket", "keys", "acme", "--rotate").splitlines()[1:]
    assert "signs" in rows[0]
    assert rows[1].split()[0] == first[0]
    assert "signs" not in rows[1]


def test_staff_order_close_and_write_to_a_waiting_list(office: Office, tmp_path: Path) -> None:
    for name in ("bob", "cid"):
        office.run.ok(
            *("waiting", "add", "acme", office.event, office.hall),
            *("--email", f"{name}@example.com"),
        )
    bob, cid = (row[0] for row in office.entries())
    said = office.run.ok("waiting", "priority", "acme", cid, 5)
    assert said == f"Entry {cid} has priority 5.\n"
    assert [row[0] for row in office.entries()] == [cid, bob]
    office.run.ok("waiting", "priority", "acme", cid, "-5")
    assert [row[0] for row in office.entries()] == [bob, cid]
    result = office.run("waiting", "offer", "acme", cid)
    assert (result.code, "No ticket of that type is left." in result.error) == (1, True)
    office.run.ok("waiting", "close", "acme", office.event)
    add = ("waiting", "add", "acme", office.event, office.hall, "--email", "eve@example.com")
    assert "The waiting list of this event is closed." in office.run(*add).error
    office.run.ok("waiting", "open", "acme", office.event)
    office.run.ok(*add)
    text = tmp_path / "text.txt"
    text.write_text("Come in May.\n")
    said = office.run.ok("waiting", "message", "acme", office.event, "A second date", text)
    assert said == f"Mails to the waiting list of event {office.event}: 3.\n"
