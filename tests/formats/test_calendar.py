"""Calendar files, as calendars read them."""

import datetime
from typing import Any

import icalendar

from turnout.formats.calendar import Entry, calendar_file

ENTRY = Entry(
    uid="1000001@turnout",
    title="Tag der offenen Tür, heute; mit\nallem",
    timezone="Europe/Berlin",
    starts_at=1_803_819_600_000,
    ends_at=1_803_826_800_000,
    changed_at=1_790_000_000_000,
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


def test_a_cancelled_event_takes_itself_out_of_calendars():
    content = calendar_file(ENTRY._replace(is_cancelled=True))
    assert b"METHOD:CANCEL\r\n" in content
    assert b"STATUS:CANCELLED\r\n" in content


def test_no_line_is_longer_than_the_standard_allows():
    content = calendar_file(ENTRY._replace(description="ü" * 500))
    assert max(len(line) for line in content.split(b"\r\n")) <= 75
