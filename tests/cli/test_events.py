"""`turnout event` and `channel`."""

import re
from pathlib import Path

import pytest

from tests.cli.runner import Result, Turnout, on_new_database
from tests.core.messaging.jobs import PRICES
from tests.support.turns import run_schedules
from turnout.core.audit.recording import list_entries
from turnout.core.events.model import EventState, span
from turnout.core.events.passwords import find_registration_password
from turnout.core.events.programme import (
    create_event,
    get_event,
    list_channels,
    list_events,
    list_sessions,
)
from turnout.core.identity.passwords import is_password
from turnout.core.ids import EventId, OrgId
from turnout.core.messaging.delivering import claim
from turnout.core.registrations.live_lists import resolve

WHEN = ("--starts", "2027-03-01T09:00", "--ends", "2027-03-01T17:00")
LATER = ("--starts", "2099-03-01T09:00", "--ends", "2099-03-01T17:00")
ORG = OrgId(10001)
FIRST_EVENT = EventId(1000001)


@pytest.fixture
def acme(tmp_path: Path) -> Turnout:
    turnout = on_new_database(tmp_path)
    turnout.ok("org", "create", "acme", "--timezone", "Europe/Berlin")
    return turnout


def rows_of(table: str) -> list[list[str]]:
    return [re.split(r"  +", line.strip()) for line in table.splitlines()[1:]]


def test_event_create_makes_one_session_of_the_same_title(acme: Turnout) -> None:
    output = acme.ok("event", "create", "acme", "Rail Summit", *WHEN)
    with acme.database() as db:
        event = db.call(get_event, ORG, FIRST_EVENT)
        sessions = db.call(list_sessions, ORG, FIRST_EVENT)
    assert output == (
        f"Event 1000001, pak {event.pak}: Rail Summit\n"
        "It is a draft: `turnout event publish acme 1000001` opens it.\n"
        f"  Session {sessions[0].id}, pak {sessions[0].pak}: Rail Summit\n"
    )
    assert (event.state, event.timezone, event.capacity) == ("draft", "Europe/Berlin", None)
    assert [session.title for session in sessions] == ["Rail Summit"]


def test_event_create_names_the_page_where_its_address_is_known(acme: Turnout) -> None:
    where = {"base_url": "https://events.example.org"}
    output = acme.ok("event", "create", "acme", "Rail Summit", *WHEN, "--publish", **where)
    page = f"Page to register on: https://events.example.org/acme/{FIRST_EVENT}"
    assert output.splitlines()[1] == page


def test_event_create_makes_the_sessions_that_are_named(acme: Turnout) -> None:
    more = ("--capacity", "50", "--timezone", "Asia/Tokyo", "--session", "A", "--session", "B")
    acme.ok("event", "create", "acme", "Rail Summit", *WHEN, *more)
    with acme.database() as db:
        event = db.call(get_event, ORG, FIRST_EVENT)
        sessions = db.call(list_sessions, ORG, FIRST_EVENT)
    assert (event.timezone, event.capacity) == ("Asia/Tokyo", 50)
    assert [(s.title, s.starts_local) for s in sessions] == [
        ("A", "2027-03-01T09:00"),
        ("B", "2027-03-01T09:00"),
    ]


@pytest.mark.parametrize(
    ("times", "error"),
    [
        (
            ("--starts", "soon", "--ends", "2027-03-01T17:00"),
            "error: 'soon' in 'Europe/Berlin' is not a time such as 2027-03-01T09:00.\n",
        ),
        (
            ("--starts", "2027-03-01T17:00", "--ends", "2027-03-01T09:00"),
            "error: The end 2027-03-01T09:00 must be after the start 2027-03-01T17:00.\n",
        ),
    ],
)
def test_event_create_refuses_impossible_times(
    acme: Turnout, times: tuple[str, ...], error: str
) -> None:
    assert acme("event", "create", "acme", "Summit", *times) == Result(1, "", error)
    with acme.database() as db:
        assert db.call(list_events, ORG) == []


@pytest.mark.parametrize("capacity", ["-1", "9" * 30])
def test_event_create_refuses_impossible_capacities(acme: Turnout, capacity: str) -> None:
    result = acme("event", "create", "acme", "Summit", *WHEN, "--capacity", capacity)
    assert (result.code, result.output) == (2, "")
    assert result.error.startswith("usage: Invalid value")


def test_event_add_session_takes_the_events_times_or_its_own(acme: Turnout) -> None:
    acme.ok("event", "create", "acme", "Summit", *WHEN)
    own = ("--starts", "2027-03-01T10:00", "--ends", "2027-03-01T11:00", "--capacity", "12")
    acme.ok("event", "add-session", "acme", FIRST_EVENT, "Workshop", *own)
    output = acme.ok("event", "add-session", "acme", FIRST_EVENT, "All day")
    with acme.database() as db:
        sessions = {s.title: s for s in db.call(list_sessions, ORG, FIRST_EVENT)}
    workshop, all_day = sessions["Workshop"], sessions["All day"]
    assert (workshop.starts_local, workshop.ends_local) == ("2027-03-01T10:00", "2027-03-01T11:00")
    assert (workshop.capacity, all_day.capacity) == (12, None)
    assert (all_day.starts_local, all_day.ends_local) == ("2027-03-01T09:00", "2027-03-01T17:00")
    assert output == f"  Session {all_day.id}, pak {all_day.pak}: All day\n"


def test_a_session_outside_of_its_event_is_told(acme: Turnout) -> None:
    acme.ok("event", "create", "acme", "Summit", *WHEN)
    own = ("--starts", "2027-03-02T10:00", "--ends", "2027-03-02T11:00")
    made = acme("event", "add-session", "acme", FIRST_EVENT, "Walk", *own)
    assert (made.code, "not within the event, 2027-03-01T09:00 to" in made.error) == (0, True)
    with acme.database() as db:
        [number] = [s.id for s in db.call(list_sessions, ORG, FIRST_EVENT) if s.title == "Walk"]
    where = ("event", "set-session", "acme", FIRST_EVENT, str(number))
    assert "not within" in acme(*where, "--starts", "2027-03-01T10:00").error
    assert acme(*where, "--ends", "2027-03-01T11:00").error == ""


def test_event_set_changes_state_and_capacity(acme: Turnout) -> None:
    acme.ok("event", "create", "acme", "Summit", *WHEN)
    output = acme.ok("event", "set", "acme", FIRST_EVENT, "--state", "closed", "--capacity", "9")
    assert output == "Event 1000001 (Summit) is closed and holds 9.\n"
    output = acme.ok("event", "set", "acme", FIRST_EVENT, "--unlimited")
    assert output == "Event 1000001 (Summit) is closed and holds any number.\n"
    with acme.database() as db:
        event = db.call(get_event, ORG, FIRST_EVENT)
        entries = db.call(list_entries, ORG, "event", FIRST_EVENT)
    assert (event.state, event.capacity) == (EventState.CLOSED, None)
    assert [entry.action for entry in entries] == ["created", "changed", "changed", "changed"]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["1000001"], "error: Say what to set; `turnout event set --help` lists it.\n"),
        (
            ["1000001", "--capacity", "5", "--unlimited"],
            "error: Give either --capacity or --unlimited, not both.\n",
        ),
        (["7", "--state", "open"], "error: There is no event 7.\n"),
    ],
)
def test_event_set_refuses(acme: Turnout, arguments: list[str], error: str) -> None:
    acme.ok("event", "create", "acme", "Summit", *WHEN)
    assert acme("event", "set", "acme", *arguments) == Result(1, "", error)
    with acme.database() as db:
        assert db.call(get_event, ORG, FIRST_EVENT).state is EventState.DRAFT


def test_set_session_changes_how_many_a_session_holds(acme: Turnout) -> None:
    acme.ok("event", "create", "acme", "Summit", *WHEN)
    acme.ok("event", "create", "acme", "Meetup", *WHEN)
    with acme.database() as db:
        (session,) = db.call(list_sessions, ORG, FIRST_EVENT)
    number = str(session.id)

    def capacity() -> int | None:
        with acme.database() as db:
            (found,) = db.call(list_sessions, ORG, FIRST_EVENT)
        return found.capacity

    set_session = ("event", "set-session", "acme", FIRST_EVENT, number)
    assert acme.ok(*set_session, "--capacity", "5") == f"Session {number} holds 5.\n"
    assert capacity() == 5
    other = ("event", "set-session", "acme", FIRST_EVENT + 1, number, "--unlimited")
    refused = Result(1, "", f"error: There is no session {number}.\n")
    assert acme(*other) == refused
    either = Result(1, "", "error: Give either --capacity or --unlimited.\n")
    unchanged = "Say what to set; `turnout event set-session --help` lists it."
    assert acme(*set_session) == Result(1, "", f"error: {unchanged}\n")
    assert acme(*set_session, "--capacity", "6", "--unlimited") == either
    assert capacity() == 5
    assert acme.ok(*set_session, "--unlimited") == f"Session {number} holds any number.\n"
    assert capacity() is None


def test_event_list_shows_events_and_their_sessions(acme: Turnout) -> None:
    acme.ok("event", "create", "acme", "[bold]Summit[/x]", *WHEN, "--capacity", "80")
    acme.ok("event", "create", "acme", "Meetup", *WHEN, "--session", "Talks")
    with acme.database() as db:
        first, second = db.call(list_events, ORG)
        (summit,) = db.call(list_sessions, ORG, first.id)
        (talks,) = db.call(list_sessions, ORG, second.id)
    start, berlin = "2027-03-01 09:00:00+01:00", "Europe/Berlin"
    event_rows = [
        ["1000001", first.pak, "[bold]Summit[/x]", "draft", start, berlin, "0", "80"],
        ["1000002", second.pak, "Meetup", "draft", start, berlin, "0", "any number"],
    ]
    session_rows = [
        [str(summit.id), summit.pak, "[bold]Summit[/x]", "open", start, "0", "any number"],
        [str(talks.id), talks.pak, "Talks", "open", start, "0", "any number"],
    ]
    assert rows_of(acme.ok("event", "list", "acme")) == event_rows
    assert rows_of(acme.ok("event", "list", "acme", "--sessions")) == [
        event_rows[0],
        session_rows[0],
        event_rows[1],
        session_rows[1],
    ]


def test_event_list_leaves_nothing_out_when_there_are_many(acme: Turnout) -> None:
    when = span("2027-03-01T09:00", "2027-03-01T17:00", "Europe/Berlin")
    with acme.database() as db:
        for number in range(101):
            db.call(create_event, ORG, f"Event {number}", when, actor="test")
    titles = [row[2] for row in rows_of(acme.ok("event", "list", "acme"))]
    assert titles == [f"Event {number}" for number in range(101)]


def test_event_list_never_cuts_a_long_title_when_piped(acme: Turnout) -> None:
    title = "A very long title " * 30
    acme.ok("event", "create", "acme", title, *WHEN)
    assert title.strip() in acme.ok("event", "list", "acme")


def test_event_password_is_made_chosen_and_cleared(acme: Turnout) -> None:
    acme.ok("event", "create", "acme", "Rail Summit", *WHEN)
    name = ("event", "password", "acme", FIRST_EVENT)
    first, shown = acme.ok(*name).splitlines()
    assert first == f"Event {FIRST_EVENT} has a registration password:"
    assert re.fullmatch(r"[\w-]{24}", shown)

    def is_good(password: str) -> bool:
        with acme.database() as db:
            found = db.call(find_registration_password, FIRST_EVENT)
        return found is not None and is_password(password, found.hashed)

    assert is_good(shown)
    output = acme.ok(*name, "--stdin", stdin="correct horse battery\n")
    assert output == f"Event {FIRST_EVENT} has a registration password.\n"
    assert (is_good("correct horse battery"), is_good(shown)) == (True, False)
    output = acme.ok(*name, "--clear")
    assert output == f"Event {FIRST_EVENT} has no registration password any more.\n"
    assert not is_good("correct horse battery")


@pytest.mark.parametrize(
    ("arguments", "stdin", "error"),
    [
        (
            [FIRST_EVENT, "--clear"],
            "",
            f"error: Event {FIRST_EVENT} has no registration password.\n",
        ),
        (
            [FIRST_EVENT, "--stdin"],
            "short\n",
            "error: The password needs at least 10 characters.\n",
        ),
        ([FIRST_EVENT, "--stdin", "--clear"], "", "error: Use --stdin or --clear, not both.\n"),
        ([9], "", "error: There is no event 9.\n"),
    ],
)
def test_event_password_refuses(
    acme: Turnout, arguments: list[str], stdin: str, error: str
) -> None:
    acme.ok("event", "create", "acme", "Rail Summit", *WHEN)
    assert acme("event", "password", "acme", *arguments, stdin=stdin) == Result(1, "", error)


def test_channel_create_groups_events(acme: Turnout) -> None:
    for title in ("One", "Two"):
        acme.ok("event", "create", "acme", title, *WHEN)
    output = acme.ok(
        "channel", "create", "acme", "Webinars", "--event", "1000001", "--event", 1000002
    )
    with acme.database() as db:
        (channel,) = db.call(list_channels, ORG)
        entries = db.call(list_entries, ORG, "channel", channel.id)
    assert output == f"Channel {channel.id}, pak {channel.pak}: Webinars\n"
    assert [entry.facts.get("event_id") for entry in entries] == [None, 1000001, 1000002]
    assert rows_of(acme.ok("channel", "list", "acme")) == [
        [str(channel.id), channel.pak, "Webinars"]
    ]


def test_channel_create_with_an_unknown_event_makes_nothing(acme: Turnout) -> None:
    expected = Result(1, "", "error: There is no event 1000001.\n")
    assert acme("channel", "create", "acme", "Webinars", "--event", "1000001") == expected
    with acme.database() as db:
        assert db.call(list_channels, ORG) == []


def test_a_start_when_the_clock_changes_is_refused_or_said(acme: Turnout) -> None:
    create = ("event", "create", "acme", "Night", "--timezone", "Europe/Berlin")
    skipped = acme(*create, "--starts", "2027-03-28T02:30", "--ends", "2027-03-28T06:00")
    assert skipped == Result(
        1,
        "",
        "error: 2027-03-28T02:30 does not exist in Europe/Berlin, where the clock goes forward: "
        "write 2027-03-28T01:30 or 2027-03-28T03:30.\n",
    )
    twice = acme(*create, "--starts", "2027-10-31T02:30", "--ends", "2027-10-31T06:00")
    assert (twice.code, twice.error) == (
        0,
        "The clock shows 2027-10-31T02:30 twice in Europe/Berlin: 2027-10-31T02:30+02:00 is meant; "
        "write 2027-10-31T02:30+01:00 for the other.\n",
    )
    acme(*create, "--starts", "2027-10-31T02:30+01:00", "--ends", "2027-10-31T06:00")
    starts = [row[4] for row in rows_of(acme.ok("event", "list", "acme"))]
    assert starts == ["2027-10-31 02:30:00+02:00", "2027-10-31 02:30:00+01:00"]


@pytest.mark.parametrize(
    ("command", "field"),
    [
        (("event", "create", "acme", "", *WHEN), "title"),
        (("event", "create", "acme", " ", *WHEN), "title"),
        (("event", "create", "acme", "Rail", *WHEN, "--session", ""), "title"),
        (("event", "add-session", "acme", FIRST_EVENT, ""), "title"),
        (("channel", "create", "acme", ""), "title"),
        (("ticket", "create-type", "acme", FIRST_EVENT, ""), "name"),
        (("gate", "create", "acme", FIRST_EVENT, ""), "name"),
        (("org", "create", "other", "--name", " "), "name"),
    ],
)
def test_nothing_is_made_without_a_name(
    acme: Turnout, command: tuple[object, ...], field: str
) -> None:
    acme.ok("event", "create", "acme", "Rail Summit", *WHEN)
    assert acme(*command) == Result(1, "", f"error: The {field} cannot be empty. Give one.\n")
    assert len(rows_of(acme.ok("event", "list", "acme", "--sessions"))) == 2


def test_two_ticket_types_of_an_event_have_two_names(acme: Turnout) -> None:
    acme.ok("event", "create", "acme", "Rail Summit", *WHEN)
    create = ("ticket", "create-type", "acme", FIRST_EVENT)
    number = acme.ok(*create, "Hall").split()[2]
    taken = f"error: Ticket type {number} of the event is called 'hall' already: choose another "
    assert acme(*create, "hall ") == Result(1, "", f"{taken}name.\n")
    other = acme.ok(*create, "Stage").split()[2]
    renamed = ("ticket", "set-type", "acme", FIRST_EVENT, other, "--name", "hall")
    assert acme(*renamed) == Result(1, "", f"{taken}name.\n")
    acme.ok("ticket", "set-type", "acme", FIRST_EVENT, number, "--name", "HALL")


def test_cancelling_tells_contacts_and_the_waiting_list_and_is_taken_back_on_purpose(
    acme: Turnout,
) -> None:
    acme.ok("event", "create", "acme", "Rail", *LATER, "--capacity", "3", "--publish")
    event = ("acme", FIRST_EVENT)
    host = "Ann Lee <ann@example.com>"
    acme.ok("registration", "add-party", *event, "--contact", host, "--guest", host)
    for contact in ("bob@example.com", "ann@example.com"):
        acme.ok("registration", "add-party", *event, "--contact", contact, "--guest", "Zoe Lee")
    types = rows_of(acme.ok("ticket", "types", *event))
    acme.ok("waiting", "add", *event, types[0][0], "--email", "cid@example.com")

    set_ = ("event", "set", *event)
    said = acme.ok(*set_, "--state", "cancelled", "--message", "Snow.").splitlines()
    told = "Written to: 1 registered, 1 contact of parties, 1 on the waiting list."
    assert said == [f"Event {FIRST_EVENT} (Rail) is cancelled.", told]
    with acme.database() as db:
        while db.call(run_schedules, resolve, PRICES):
            pass
        jobs = db.call(claim, "email", 50, 1000)
    texts = {
        recipient.destination: f"{recipient.fields}{job.head.content.text}"
        for job in jobs
        for recipient in job.recipients
        if recipient.destination and "waiting list: Rail" not in recipient.fields
    }
    assert sorted(texts) == ["ann@example.com", "bob@example.com", "cid@example.com"]
    assert all("Snow." in text for text in texts.values())
    assert "Rail is cancelled." in texts["ann@example.com"]
    assert "as the contact of people who are registered" in texts["bob@example.com"]
    assert "Rail does not take place." in texts["cid@example.com"]
    listed = acme.ok("waiting", "list", *event, "--everybody")
    assert rows_of(listed)[0][1] == "lapsed"
    assert listed.rstrip().endswith("cid@example.com  The event is cancelled.")

    assert acme(*set_, "--state", "open") == Result(
        1,
        "",
        f"error: Event {FIRST_EVENT} is cancelled. With --revive, 3 registrations are valid again, "
        f"and nobody is told: a job to the list `event:{FIRST_EVENT}` writes to them.\n",
    )
    assert acme.ok(*set_, "--state", "open", "--revive").splitlines() == [
        f"Event {FIRST_EVENT} (Rail) is open and holds 3.",
        "Registrations that are valid again: 3. They were not told: a job to the list "
        f"`event:{FIRST_EVENT}` writes to them.",
    ]
    assert rows_of(acme.ok("waiting", "list", *event))[0][1] == "waiting"


def test_closing_says_what_is_taken_back(acme: Turnout) -> None:
    acme.ok("event", "create", "acme", "Rail", *LATER, "--capacity", "1", "--publish")
    event = ("acme", FIRST_EVENT)
    acme.ok("registration", "add", *event, "--email", "ann@example.com")
    types = rows_of(acme.ok("ticket", "types", *event))
    acme.ok("waiting", "add", *event, types[0][0], "--email", "cid@example.com")
    acme.ok("event", "set", *event, "--capacity", "2")
    assert rows_of(acme.ok("waiting", "list", *event))[0][1] == "offered"
    assert acme.ok("event", "close", *event).splitlines() == [
        f"Event {FIRST_EVENT} (Rail) is closed for registration.",
        "Offers that are taken back: 1. Those people are on the waiting list again, and are told "
        "by mail.",
    ]
    listed = acme.ok("waiting", "list", *event)
    assert rows_of(listed)[0][1] == "waiting"
    assert listed.rstrip().endswith("The event is closed for registration.")
    acme.ok("event", "reopen", *event)
    assert rows_of(acme.ok("waiting", "list", *event))[0][1] == "offered"
    assert acme.ok("event", "close", *event).count("taken back: 1") == 1
    assert acme.ok("event", "set", *event, "--state", "open").count("taken back") == 0


def test_an_event_that_ends_in_the_past_is_made_with_a_warning(acme: Turnout) -> None:
    when = ("--starts", "2020-03-01T09:00", "--ends", "2020-03-01T17:00")
    made = acme("event", "create", "acme", "Rail Summit", *when)
    assert (made.code, made.error) == (
        0,
        "Its end, 2020-03-01T17:00, is in the past: only the registration API takes people.\n",
    )
    assert acme("event", "create", "acme", "Rail Summit", *WHEN).error == ""


def test_a_capacity_that_is_no_number_is_named(acme: Turnout) -> None:
    result = acme("event", "create", "acme", "Summit", *WHEN, "--capacity", "1e9")
    assert (result.code, result.output) == (2, "")
    assert result.error.startswith("usage: --capacity is a whole number, not '1e9'. Try ")
