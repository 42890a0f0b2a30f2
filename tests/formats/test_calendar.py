"""Calendar files, as calendars read them."""

import datetime
import re
from typing import Any

import icalendar
import pytest

from tests.formats.rfc5545 import faults_of
from turnout.formats.calendar import Entry, calendar_file

ENTRY = Entry(
    uid="1000001@turnout",
    title="Tag der offenen Tür, heute; mit\nallem",
    timezone="Europe/Berlin",
    starts_at=1_803_819_600_000,
    ends_at=1_803_826_800_000,
    made_at=1_790_000_000_000,
    organizer=('Haus "Süd"\r\n; GmbH', "noreply@events.example.com"),
    changed_at=1_780_000_000_000,
    sequence=7,
    place="Halle 3",
)


def read(entry: Entry) -> Any:
    (found,) = icalendar.Calendar.from_ical(calendar_file(entry)).walk("VEVENT")
    return found


def test_says_what_when_and_where():
    entry = read(ENTRY)
    assert (str(entry["summary"]), str(entry["location"]), str(entry["status"])) == (
        "Tag der offenen Tür, heute; mit\nallem",
        "Halle 3",
        "CONFIRMED",
    )
    assert entry["dtstart"].dt.isoformat() == "2027-02-28T14:00:00+01:00"
    assert entry["dtend"].dt.isoformat() == "2027-02-28T16:00:00+01:00"
    assert entry["dtstamp"].dt == datetime.datetime(2026, 9, 21, 14, 13, 20, tzinfo=datetime.UTC)


def test_what_is_not_known_is_left_out():
    assert not {"url", "description"} & {name.lower() for name in read(ENTRY)}


def test_an_entry_has_what_a_newer_one_needs_to_replace_it():
    entry = read(ENTRY)
    assert (str(entry["uid"]), int(entry["sequence"])) == ("1000001@turnout", 7)
    assert entry["last-modified"].dt == datetime.datetime(
        2026, 5, 28, 20, 26, 40, tzinfo=datetime.UTC
    )
    assert str(entry["organizer"]) == "mailto:noreply@events.example.com"
    assert entry["organizer"].params["cn"] == "Haus 'Süd'  ; GmbH"
    assert ENTRY.content_type == "text/calendar; method=PUBLISH; charset=utf-8"
    assert b"METHOD:PUBLISH\r\n" in calendar_file(ENTRY)


def test_a_cancelled_event_takes_itself_out_of_calendars():
    gone = ENTRY._replace(is_cancelled=True, sequence=8)
    content = calendar_file(gone)
    assert b"METHOD:CANCEL\r\n" in content
    assert b"STATUS:CANCELLED\r\n" in content
    assert (read(gone)["uid"], int(read(gone)["sequence"])) == (read(ENTRY)["uid"], 8)
    assert gone.content_type == "text/calendar; method=CANCEL; charset=utf-8"
    assert b"STATUS:TENTATIVE\r\n" in calendar_file(ENTRY._replace(is_tentative=True))


@pytest.mark.parametrize(
    "entry",
    [
        ENTRY,
        ENTRY._replace(is_cancelled=True),
        ENTRY._replace(
            timezone="UTC", description="a\\b;c,d\ne" * 40, url="https://x.test/1?a=b;c"
        ),
        ENTRY._replace(timezone="America/St_Johns", organizer=("", "a@example.com")),
        ENTRY._replace(title="🎪 " * 60, place="\r\nBEGIN:VEVENT\r\n"),
    ],
)
def test_a_file_is_as_the_standards_say(entry: Entry):
    assert faults_of(calendar_file(entry)) == []


def test_the_validator_finds_what_is_wrong():
    good = calendar_file(ENTRY)
    for old, new, fault in (
        (b"UID:", b"X-UID:", "VEVENT needs one UID, has 0"),
        (b"ORGANIZER;", b"X-O;", "VEVENT needs one ORGANIZER, has 0"),
        (b"STATUS:CONFIRMED", b"STATUS:GONE", "STATUS GONE is not known"),
        (b"METHOD:PUBLISH", b"METHOD:CANCEL", "CANCEL needs STATUS CANCELLED"),
        (b"SEQUENCE:7", b"SEQUENCE:-1", "SEQUENCE is not a number"),
        (b"DTSTAMP:20260921T141320Z", b"DTSTAMP:20260921T141320", "DTSTAMP is not in UTC"),
        (b"TZID:Europe/Berlin", b"TZID:Europe/Paris", "TZID Europe/Berlin has no VTIMEZONE"),
        (b"END:VEVENT\r\n", b"", "END:VCALENDAR closes VEVENT"),
        (b"\r\nUID", b"\nUID", "a line does not end with CR LF"),
    ):
        assert old in good
        assert fault in faults_of(good.replace(old, new, 1))


def test_no_line_is_longer_than_the_standard_allows():
    content = calendar_file(ENTRY._replace(description="ü" * 500))
    assert max(len(line) for line in content.split(b"\r\n")) <= 75


@pytest.mark.parametrize(
    ("zone", "forward", "back"),
    [
        ("Europe/Berlin", {"20270328T020000", "20260329T020000"}, {"20261025T030000"}),
        ("America/New_York", {"20260308T020000", "20270314T020000"}, {"20261101T020000"}),
        ("Australia/Lord_Howe", {"20261004T020000", "20271003T020000"}, {"20270404T020000"}),
    ],
)
def test_the_clock_is_changed_when_it_shows_the_time_before(zone, forward, back):
    """RFC 5545, 3.6.5: DTSTART and RDATE are in local time with TZOFFSETFROM."""
    text = calendar_file(ENTRY._replace(timezone=zone)).decode()
    rules = re.findall(r"BEGIN:(DAYLIGHT|STANDARD)\r\n(.*?)END:", text, re.DOTALL)
    begins: dict[str, set[str]] = {"DAYLIGHT": set(), "STANDARD": set()}
    for kind, lines in rules:
        fields = dict(line.split(":", 1) for line in lines.splitlines())
        if fields["TZOFFSETFROM"] != fields["TZOFFSETTO"]:
            begins[kind] |= {fields["DTSTART"], *filter(None, fields.get("RDATE", "").split(","))}
    assert forward & begins["DAYLIGHT"]
    assert begins["DAYLIGHT"] & {start.replace("T02", "T03") for start in forward} == set()
    assert back <= begins["STANDARD"]
