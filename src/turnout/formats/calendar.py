"""Calendar files (RFC 5545) with one entry, which calendars take in and later replace.

Importing the library takes a tenth of a second, so that is done by anyone who makes the first file.
"""

import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

YEAR = datetime.timedelta(days=366)


class Entry(NamedTuple):
    """What stands in the calendar. Instants in epoch ms; `timezone` is an IANA name; `uid` names
    the entry for good, so that a newer file replaces it. Empty text = not given."""

    uid: str
    title: str
    timezone: str
    starts_at: int
    ends_at: int
    changed_at: int
    place: str = ""
    description: str = ""
    url: str = ""
    is_cancelled: bool = False


def calendar_file(entry: Entry) -> bytes:
    """The entry as an `.ics` file, with the rules of its zone in it."""
    import icalendar

    zone = ZoneInfo(entry.timezone)
    event = icalendar.Event()
    event.add("uid", entry.uid)
    event.add("summary", entry.title)
    event.add("dtstamp", _instant(entry.changed_at, datetime.UTC))
    event.add("dtstart", _instant(entry.starts_at, zone))
    event.add("dtend", _instant(entry.ends_at, zone))
    event.add("status", "CANCELLED" if entry.is_cancelled else "CONFIRMED")
    for name, value in (
        ("location", entry.place),
        ("description", entry.description),
        ("url", entry.url),
    ):
        if value:
            event.add(name, value)
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//Turnout//Turnout//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "CANCEL" if entry.is_cancelled else "PUBLISH")
    calendar.add_component(event)
    calendar.add_missing_timezones(
        first_date=_instant(entry.starts_at, zone).date() - YEAR,
        last_date=_instant(entry.ends_at, zone).date() + YEAR,
    )
    return bytes(calendar.to_ical())


def _instant(at: int, zone: datetime.tzinfo) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(at // 1000, zone)
