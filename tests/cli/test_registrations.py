"""`turnout registration …`."""

from pathlib import Path

import pytest

from tests.cli.runner import Turnout
from tests.support.builder import make_organization
from tests.support.node import new_database
from turnout.cli.registrations import read_guest
from turnout.core.checkin.attendees import AttendeeFilter, list_attendees
from turnout.core.events.model import span
from turnout.core.events.programme import create_event
from turnout.core.people.model import Contact


class Office:
    """A command line whose organization has an event."""

    def __init__(self, folder: Path) -> None:
        self.run = Turnout(new_database("sqlite", folder))
        when = span("2099-06-01T18:00", "2099-06-01T23:00", "UTC")
        with self.run.database() as db:
            self.org_id = db.call(make_organization, "acme")
            self.event = db.call(create_event, self.org_id, "Party", when, actor="test").id

    def attendees(self) -> list[tuple[str, str]]:
        """First names and addresses of those who are registered."""
        with self.run.database() as db:
            found, _ = db.call(
                list_attendees, self.org_id, self.event, AttendeeFilter(), limit=10, skip=0
            )
        return sorted((attendee.first_name, attendee.email) for attendee in found)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def test_a_party_is_registered_and_its_tickets_are_shown(office: Office) -> None:
    said = office.run.ok(
        *(
            "registration",
            "add-party",
            "acme",
            office.event,
            "--contact",
            "Ann Lee <ann@x.example>",
        ),
        *("--guest", "Ann Lee <ann@x.example>", "--guest", "Zoe Lee", "--guest", "bo@x.example"),
    )
    first, headings, *rows = said.splitlines()
    assert first.endswith("is registered; its tickets are mailed to ann@x.example.")
    assert headings.split() == ["NAME", "ADDRESS", "TICKET"]
    assert [row.split()[:-2] for row in rows] == [
        ["Ann", "Lee", "ann@x.example"],
        ["Zoe", "Lee"],
        ["bo@x.example"],
    ]
    assert [row.split()[-1] for row in rows] == ["new"] * 3
    assert office.attendees() == [("", "bo@x.example"), ("Ann", "ann@x.example"), ("Zoe", "")]


def test_a_party_that_cannot_be_is_said(office: Office) -> None:
    base = ("registration", "add-party", "acme", office.event, "--contact")
    made = office.run.ok("ticket", "create-type", "acme", office.event, "Hall", "--capacity", "1")
    hall = made.split()[2]
    for arguments, words in (
        (("ann@x.example", "--guest", "Ann <Lee"), "is no guest"),
        (("Ann", "--guest", "Zoe"), "The contact 'Ann' has no e-mail address: write it as"),
        (
            ("a@x.example", "--guest", "bo@x.example", "--guest", "Bo <BO@x.example>"),
            "The guest BO@x.example is named twice.",
        ),
        (("a@x.example", "--guest", "Zoe <zoe@>"), "'zoe@' is not an e-mail address"),
        (("a@x.example", "--guest", "Zoe", "--ticket-type", "999"), "no ticket type 999"),
        (("a@x.example", "--guest", "Zoe", "--guest", "Bo", "--ticket-type", hall), "left"),
    ):
        result = office.run(*base, *arguments)
        assert result.code == 1
        assert words in result.error
    result = office.run(*base[:3], "999", *base[4:], "a@x.example", "--guest", "Zoe")
    assert (result.code, result.error) == (1, "error: There is no event 999.\n")
    assert office.attendees() == []


def test_add_party_says_what_is_new_and_what_is_mailed(office: Office) -> None:
    add = ("registration", "add-party", "acme", office.event, "--contact", "ann@x.example")
    first = office.run.ok(*add, "--guest", "ann@x.example").splitlines()[0]
    assert first.endswith(" is registered; its tickets are mailed to ann@x.example.")
    again = office.run.ok(*add, "--guest", "ann@x.example").splitlines()[0]
    assert again == "All of them have these tickets already: nothing is new, and nothing is mailed."
    more = office.run.ok(*add, "--guest", "ann@x.example", "--guest", "Zoe").splitlines()[0]
    assert more.endswith(
        "; 1 of 2 tickets is new, and mailed to ann@x.example; the others had theirs."
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Zoe", Contact(email="", first_name="Zoe")),
        ("Zoe van der Lee", Contact(email="", first_name="Zoe", last_name="van der Lee")),
        ("zoe@x.example", Contact(email="zoe@x.example")),
        (
            " Zoe  Lee < zoe@x.example > ",
            Contact(email="zoe@x.example", first_name="Zoe", last_name="Lee"),
        ),
    ],
)
def test_a_guest_is_read(text: str, expected: Contact) -> None:
    assert read_guest(text) == expected


def test_an_event_chooses_what_becomes_of_registrations_by_api(office: Office) -> None:
    choose = ("registration", "choose", "acme", office.event)
    first = "Tickets of registrations by API are not mailed; a full event refuses them.\n"
    assert office.run.ok(*choose) == first
    waits = (
        "Tickets of registrations by API are mailed; a full event puts them on the waiting list.\n"
    )
    assert office.run.ok(*choose, "--tickets", "mail", "--when-full", "wait") == waits
    assert office.run.ok(*choose) == waits
    assert office.run.ok(*choose, "--tickets", "none", "--when-full", "refuse") == first
    assert office.run("registration", "choose", "acme", 999).code == 1
