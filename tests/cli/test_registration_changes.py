"""Registrations are added, changed, cancelled, restored, passed on and changed in bulk."""

from pathlib import Path

import pytest

from tests.cli.runner import Turnout
from tests.support.builder import make_organization
from tests.support.node import new_database
from turnout.core.events.model import span
from turnout.core.events.programme import create_event, create_session
from turnout.core.tickets.mails import claim_ticket_mails

JOBS = "SELECT name FROM jobs ORDER BY id"


class Desk:
    """A command line whose organization has an event with a talk and a tour of one place."""

    def __init__(self, folder: Path) -> None:
        self.run = Turnout(new_database("sqlite", folder))
        when = span("2099-06-01T18:00", "2099-06-01T23:00", "UTC")
        with self.run.database() as db:
            self.org_id = db.call(make_organization, "acme")
            self.event = db.call(create_event, self.org_id, "Party", when, actor="test").id
            self.talk, self.tour = (
                db.call(create_session, self.org_id, self.event, name, when, **more).id
                for name, more in (
                    ("Talk", {"actor": "test"}),
                    ("Tour", {"actor": "test", "capacity": 1}),
                )
            )
        made = self.run.ok("ticket", "create-type", "acme", self.event, "Hall", "--capacity", "9")
        self.hall = made.split()[2]

    def ok(self, verb: str, *arguments: object) -> str:
        return self.run.ok("registration", verb, "acme", *arguments)

    def add(self, name: str, *arguments: object) -> str:
        """Add somebody; the number of the registration."""
        said = self.ok("add", self.event, "--email", f"{name}@example.com", *arguments)
        return said.split("registration ")[1].split(",")[0]

    def rows(self, *arguments: object) -> list[list[str]]:
        said = self.ok("list", self.event, *arguments)
        return [line.split() for line in said.splitlines()[1:]]

    def show(self, number: str) -> str:
        return self.ok("show", number)

    def subjects(self) -> list[str]:
        """Of the mails that were written, oldest first; those of tickets are drawn later."""
        with self.run.database() as db:
            question = "SELECT name FROM jobs ORDER BY id"
            return [
                row[0] for row in db.call(lambda tx: tx.connection.execute(question).fetchall())
            ]

    def refused(self, *arguments: object) -> str:
        result = self.run("registration", *arguments)
        assert (result.code, result.output) == (1, "")
        return result.error


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_somebody_is_added_changed_and_shown(desk: Desk) -> None:
    ann = desk.add("ann", "--first-name", "Ann", "--session", desk.tour, "--answer", "Diet=vegan")
    changes = ("--answer", "Diet=none", "--last-name", "Lee", "--ticket-type", desk.hall)
    said = desk.ok("change", ann, *changes, "--book", desk.talk, "--leave", desk.tour)
    assert said == f"Registration {ann} is changed. The person is told by mail.\n"
    desk.ok("note", ann, "Comes late.")
    desk.ok("tag", ann, "VIP")
    shown = desk.show(ann).splitlines()
    code = shown[2].split()[1].rstrip(":")
    assert shown[:6] == [
        f"Registration {ann} for event {desk.event} is confirmed.",
        "Ann Lee <ann@example.com>",
        f"Ticket {code}: Hall (free)",
        f"Session {desk.talk}: Talk",
        "Diet: none",
        "Tags: VIP",
    ]
    assert "Comes late." in shown[6]
    steps = [" ".join(line.split()[2:5]) for line in shown[7:]]
    assert "registration Gave back" in steps
    assert "registration Booked Talk" in steps
    assert desk.rows("--tag", "vip", "--ticket-type", desk.hall) == desk.rows()
    sessions = [line.split() for line in desk.ok("sessions", desk.event).splitlines()[1:]]
    assert [row[2:] for row in sessions] == [["1", "any", "Talk"], ["0", "1", "Tour"]]


def test_a_walk_in_is_checked_in_at_once(desk: Desk) -> None:
    add = ("add", desk.event, "--email", "ann@example.com", "--walk-in")
    assert desk.ok(*add).splitlines()[1] == "Checked in."
    assert desk.ok(*add).splitlines()[1] == "They were checked in before."
    assert len(desk.rows("--checked", "yes")) == 1


def test_one_is_cancelled_restored_and_passed_on(desk: Desk) -> None:
    ann = desk.add("ann", "--session", desk.tour)
    assert desk.ok("cancel", ann, "--message", "The bus is full.") == (
        f"Registration {ann} is cancelled. The person is told by mail.\n"
    )
    assert desk.ok("cancel", ann) == f"Registration {ann} was cancelled before.\n"
    assert desk.ok("restore", ann).startswith(f"Registration {ann} is confirmed; its ticket is ")
    assert desk.ok("restore", ann) == f"Registration {ann} is not cancelled.\n"
    assert desk.ok("resend", ann) == "Tickets to be mailed again: 1.\n"
    said = desk.ok("transfer", ann, "--email", "bob@example.com")
    done, hint = said.splitlines()
    told = "Whose it was is told by mail."
    assert done.endswith(f"registration {ann} is cancelled. {told}")
    assert desk.subjects() == [
        "Your registration is cancelled: Party",
        "Your ticket was passed on: Party",
    ]
    assert hint.startswith("No name was given: lists and badges stay without one")
    assert [row[-1] for row in desk.rows("--state", "confirmed")] == ["bob@example.com"]
    assert [row[-1] for row in desk.rows("--session", desk.tour)] == ["bob@example.com"]


def test_somebody_at_the_event_is_cancelled_only_on_purpose(desk: Desk) -> None:
    ann = desk.add("ann", "--walk-in")
    refusal = f"The person of registration {ann} is checked in. Add --yes to cancel it"
    assert refusal in desk.refused("cancel", "acme", ann)
    assert len(desk.rows("--state", "confirmed")) == 1
    quiet = desk.ok("cancel", ann, "--yes", "--quiet")
    assert quiet == f"Registration {ann} is cancelled.\n"
    assert desk.subjects() == []
    assert desk.rows("--state", "confirmed") == []
    assert desk.ok("cancel", ann) == f"Registration {ann} was cancelled before.\n"


def test_a_quiet_change_mails_nothing(desk: Desk) -> None:
    ann = desk.add("ann", "--no-mail", "--session", desk.talk)
    change = ("--ticket-type", desk.hall, "--leave", desk.talk, "--quiet")
    assert desk.ok("change", ann, *change) == f"Registration {ann} is changed.\n"
    assert desk.ok("change", ann, "--answer", "Diet=none") == f"Registration {ann} is changed.\n"
    desk.ok("bulk", desk.event, "cancel", "--yes", "--quiet")
    desk.ok("restore", ann, "--quiet")
    desk.ok("bulk", desk.event, "book", "--to", desk.talk, "--yes", "--quiet")
    desk.ok("transfer", ann, "--email", "bob@example.com", "--quiet")
    assert desk.subjects() == []
    with desk.run.database() as db:
        assert [mail.email for mail in db.call(claim_ticket_mails)] == ["bob@example.com"]


def test_tickets_by_code_tell_what_became_of_them(desk: Desk) -> None:
    said = desk.ok("add", desk.event, "--email", "ann@example.com", "--no-mail")
    code = said.split("ticket ")[1].rstrip(".\n")
    desk.run.ok("ticket", "change-type", "acme", code, desk.hall)
    desk.run.ok("ticket", "transfer", "acme", code, "--email", "bob@example.com")
    assert desk.subjects() == [
        "Your registration was changed: Party",
        "Your ticket was passed on: Party",
    ]


def test_a_guest_without_an_address_gets_one(desk: Desk) -> None:
    party = ("--contact", "host@example.com", "--guest", "Zoe Lee")
    desk.ok("add-party", desk.event, *party)
    ((zoe, *_),) = desk.rows()
    assert desk.ok("change", zoe, "--email", "zoe@example.com") == (
        f"Registration {zoe} is changed.\n"
    )
    assert "Zoe Lee <zoe@example.com>" in desk.show(zoe)
    taken = desk.refused("change", "acme", desk.add("ann"), "--email", "zoe@example.com")
    assert "zoe@example.com is the address of person" in taken


def test_a_filter_that_names_nothing_of_the_event_is_refused(desk: Desk, tmp_path: Path) -> None:
    desk.add("ann")
    types = "The event has no ticket type 7. It has these: "
    sessions = f"The event has no session 7. It has these: {desk.talk} Talk, {desk.tour} Tour."
    for filters, words in ((("--ticket-type", 7), types), (("--session", 7), sessions)):
        assert words in " ".join(desk.refused("list", "acme", desk.event, *filters).split())
        bulk = ("bulk", "acme", desk.event, "cancel", *filters)
        assert words in " ".join(desk.refused(*bulk).split())
        export = ("export", "acme", desk.event, tmp_path / "out.csv", *filters)
        assert words in " ".join(desk.refused(*export).split())
    assert not (tmp_path / "out.csv").exists()


def test_the_ticket_of_a_guest_without_an_address_goes_to_the_contact_again(desk: Desk) -> None:
    party = ("--contact", "host@example.com", "--guest", "Zoe Lee")
    desk.ok("add-party", desk.event, *party)
    ((zoe, *_),) = desk.rows()
    assert desk.ok("resend", zoe) == "Tickets to be mailed again: 1.\n"
    with desk.run.database() as db:
        mails = db.call(claim_ticket_mails)
    assert [mail.email for mail in mails] == ["host@example.com"]


def test_a_refusal_says_how_many_places_are_left_and_held(desk: Desk) -> None:
    three = ("--guest", "Ann", "--guest", "Bob", "--guest", "Cid")
    party = ("add-party", "acme", desk.event, "--contact", "host@example.com", *three)
    desk.run.ok("event", "set", "acme", desk.event, "--capacity", "2")
    few = "error: Too few places are left: {}, and {} are wanted."
    assert desk.refused(*party) == few.format(2, 3) + "\n"
    ann, _ = desk.add("ann"), desk.add("bob")
    assert desk.refused("add", "acme", desk.event, "--email", "cid@example.com") == (
        few.format(0, 1) + "\n"
    )
    general = desk.run.ok("ticket", "types", "acme", desk.event).splitlines()[1].split()[0]
    desk.run.ok("waiting", "add", "acme", desk.event, general, "--email", "eve@example.com")
    desk.ok("cancel", ann)
    held = " 1 more are held for offers to the waiting list: see `turnout waiting list`.\n"
    assert desk.refused("restore", "acme", ann) == few.format(0, 1) + held


def test_the_list_of_a_cancelled_event_says_so(desk: Desk) -> None:
    desk.add("ann")
    desk.run.ok("event", "cancel", "acme", desk.event)
    first, headings, _ = desk.ok("list", desk.event).splitlines()
    assert first == f"Event {desk.event} is cancelled: no ticket of it is let in."
    assert headings.split()[:2] == ["NUMBER", "STATE"]


def test_badges_without_a_name_are_listed(desk: Desk, tmp_path: Path) -> None:
    desk.add("ann", "--first-name", "Ann")
    said = desk.ok("add", desk.event, "--email", "bob@example.com")
    code = said.split("ticket ")[1].rstrip(".\n")
    out = tmp_path / "badges.pdf"
    printed = desk.run.ok("badge", "print", "acme", desk.event, out)
    assert printed.splitlines()[1:] == [f"1 badge has no name: tickets {code}."]


def test_many_are_changed_after_a_look(desk: Desk) -> None:
    for name in ("ann", "bob", "cid"):
        desk.add(name, "--answer", f"Comes={'no' if name == 'cid' else 'yes'}")
    cancel = ("bulk", desk.event, "cancel", "--answer", "NO")
    assert desk.ok(*cancel) == "Registrations that fit: 1. Add --yes to cancel them.\n"
    assert len(desk.rows("--state", "confirmed")) == 3
    assert desk.ok(*cancel, "--yes") == "1 registration: cancel.\n"
    assert len(desk.rows("--state", "confirmed")) == 2
    for action, to in (("change-type", desk.hall), ("tag", "late"), ("book", desk.talk)):
        many = ("bulk", desk.event, action, "--to", to, "--state", "confirmed", "--yes")
        assert desk.ok(*many) == f"2 registrations: {action}.\n"
    assert len(desk.rows("--ticket-type", desk.hall, "--tag", "late", "--session", desk.talk)) == 2
    result = desk.run(
        "registration", "bulk", "acme", desk.event, "book", "--to", desk.tour, "--yes"
    )
    assert result.code == 1
    assert " is full: 1 of 1 places are taken." in result.error
    assert "2 registrations stayed as before, for the reasons above; 1 is changed." in (
        " ".join(result.error.split())
    )
    # One of the three never had the tag.
    untagged = desk.ok("bulk", desk.event, "untag", "--to", "late", "--yes")
    assert untagged == "2 registrations: untag.\n"
    assert desk.ok("list", desk.event, "--tag", "late") == "No registration fits.\n"


def test_what_cannot_be_done_is_said(desk: Desk) -> None:
    ann = desk.add("ann")
    for arguments, words in (
        (("change", "acme", ann), "Say what to change"),
        (("change", "acme", ann, "--answer", "vegan"), 'write it as "Question=answer"'),
        (("change", "acme", ann, "--first-name", "A\x1bn"), "control character"),
        (("cancel", "acme", "99999"), "There is no registration 99999."),
        (("show", "acme", "99999"), "There is no registration 99999."),
        (("transfer", "acme", ann, "--email", "ann@example.com"), "is registered for it already"),
        (("bulk", "acme", desk.event, "tag"), "Name the tag with --to."),
        (("bulk", "acme", desk.event, "book", "--to", "x"), "needs --to with the number"),
        (("bulk", "acme", desk.event, "cancel", "--to", "1"), "takes no --to"),
        (("list", "acme", desk.event, "--since", "today"), "is not a day such as"),
    ):
        assert words in desk.refused(*arguments)


def test_what_the_event_does_not_ask_is_kept_only_on_purpose(desk: Desk) -> None:
    free = desk.add("free", "--answer", "Nope=1")
    desk.run.ok("question", "add", "acme", desk.event, "Diet", "--required")
    add = ("add", "acme", desk.event, "--email", "ann@example.com")
    said = desk.refused(*add, "--answer", "diet=vegan", "--answer", "Dyet=x")
    assert "The event does not ask 'Dyet'. It asks: Diet." in said
    assert desk.rows("--text", "ann@") == []
    ann = desk.add("ann", "--answer", "diet=vegan", "--new-answer", "Bus=late")
    assert "Bus: late" in desk.show(ann)
    assert "does not ask 'Bush'" in desk.refused("change", "acme", ann, "--answer", "Bush=1")
    desk.ok("change", ann, "--answer", "bus=early", "--new-answer", "Hat=red")
    assert all(line in desk.show(ann) for line in ("Diet: vegan", "Hat: red"))
    desk.ok("change", free, "--answer", "Nope=2")
    assert "Nope: 2" in desk.show(free)


def test_the_guests_of_a_party_answer_too(desk: Desk) -> None:
    desk.run.ok("question", "add", "acme", desk.event, "Diet", "--required")
    party = ("add-party", "acme", desk.event, "--contact", "ann@example.com")
    guests = ("--guest", "Ann Lee <ann@example.com>", "--guest", "Zoe Lee")
    assert "'Diet' must be answered." in desk.refused(*party, *guests)
    only_one = desk.refused(*party, *guests, "--answer", "2:Diet=none")
    assert "'Diet' must be answered." in only_one
    assert "does not ask 'Dyet'" in desk.refused(*party, *guests, "--answer", "Dyet=none")
    wrong = desk.refused(*party, *guests, "--answer", "3:Diet=none")
    assert "There is no guest 3: the party has 2." in wrong
    assert desk.rows("--text", "lee") == []
    desk.run.ok(
        "registration", *party, *guests, "--answer", "Diet=vegan", "--answer", "2:Diet=none"
    )
    said = [desk.show(row[0]) for row in desk.rows("--text", "lee")]
    assert ["Diet: vegan" in said[0], "Diet: none" in said[1]] == [True, True]
    again = desk.run.ok("registration", *party, "--guest", "ann@example.com", "--guest", "Bo",
                        "--incomplete")  # fmt: skip
    assert "1 of 2 tickets is new" in again


def test_one_name_is_shown_everywhere_and_a_change_of_it_is_told(desk: Desk) -> None:
    ann = desk.add("ann", "--first-name", "Ann", "--last-name", "Lee")
    add = (desk.event, "--email", "ann@example.com", "--first-name", "Anna", "--last-name", "Lee")
    told = desk.ok("add", *add).splitlines()[1]
    assert told == "The name was Ann Lee; it is Anna Lee now, at all events."
    assert len(desk.ok("add", *add).splitlines()) == 1
    desk.run.ok("person", "set", "acme", "ann@example.com", "--first-name", "Anne")
    assert desk.show(ann).splitlines()[1:3] == [
        "Anne Lee <ann@example.com>",
        "Registered with the name Anna Lee.",
    ]
    assert [row[-2:] for row in desk.rows()] == [["Anne", "Lee"]]


def test_a_cancelled_one_keeps_its_bookings_in_the_timeline_and_is_not_passed_on(
    desk: Desk,
) -> None:
    ann = desk.add("ann", "--session", desk.talk)
    bob = desk.add("bob")
    desk.ok("cancel", ann, "--quiet")
    said = [line.split()[2:] for line in desk.show(ann).splitlines()]
    assert ["session", "Booked", "Talk"] in said
    assert ["session", "Gave", "back", "Talk"] in said
    refused = desk.refused("transfer", "acme", ann, "--email", "zoe@example.com")
    assert f"Registration {ann} is cancelled." in refused
    taken = desk.refused("change", "acme", bob, "--email", "ann@example.com")
    assert "merge them: `turnout person set --email … --merge`, or `turnout person merge`." in taken
