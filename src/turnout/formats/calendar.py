"""Calendar files (RFC 5545) with one entry, which calendars take in and later replace.

They are published (RFC 5546, PUBLISH): nobody is asked for an answer. A newer file with the same
`uid` and a higher `sequence` replaces the entry, and one that is cancelled takes it out (CANCEL).
Importing the library takes a tenth of a second, so that is done by anyone who makes the first file.
"""

import datetime
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from icalendar import Calendar, Event, vCalAddress

YEAR = datetime.timedelta(days=366)


class Entry(NamedTuple):
    """What stands in the calendar. Instants in epoch ms; `timezone` is an IANA name; `uid` names
    the entry for good. `made_at`: when this file was made; `changed_at`: when what it says changed
    last; `sequence` grows with every change. `organizer` is who to ask: a name, and an address that
    standards require. Empty text = not given."""

    uid: str
    title: str
    timezone: str
    starts_at: int
    ends_at: int
    made_at: int
    organizer: tuple[str, str]
    changed_at: int
    sequence: int = 0
    place: str = ""
    description: str = ""
    url: str = ""
    is_cancelled: bool = False
    is_tentative: bool = False

    @property
    def method(self) -> str:
        """What the file does (RFC 5546)."""
        return "CANCEL" if self.is_cancelled else "PUBLISH"

    @property
    def status(self) -> str:
        """Whether it takes place."""
        if self.is_cancelled:
            return "CANCELLED"
        return "TENTATIVE" if self.is_tentative else "CONFIRMED"

    @property
    def content_type(self) -> str:
        """The type of the file as a part of a mail (RFC 6047)."""
        return f"text/calendar; method={self.method}; charset=utf-8"


def calendar_file(entry: Entry) -> bytes:
    """The entry as an `.ics` file, with the rules of its zone in it."""
    return _write([entry], entry.method)


def calendar_feed(entries: Sequence[Entry], name: str) -> bytes:
    """Entries as a calendar of that name, which programs subscribe to and read again."""
    return _write(entries, "PUBLISH", name)


def _write(entries: Sequence[Entry], method: str, name: str = "") -> bytes:
    import icalendar

    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//Turnout//Turnout//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    if name:
        calendar.add("name", name)
        calendar.add("x-wr-calname", name)
        calendar.add("refresh-interval", datetime.timedelta(hours=6), {"value": "DURATION"})
    for entry in entries:
        calendar.add_component(_make_event(entry))
    days = [
        _instant(at, ZoneInfo(entry.timezone)).date()
        for entry in entries
        for at in (entry.starts_at, entry.ends_at)
    ]
    if days:
        calendar.add_missing_timezones(first_date=min(days) - YEAR, last_date=max(days) + YEAR)
    _begin_by_the_old_clock(calendar)
    return bytes(calendar.to_ical())


def _make_event(entry: Entry) -> "Event":
    import icalendar

    zone = ZoneInfo(entry.timezone)
    event = icalendar.Event()
    event.add("uid", entry.uid)
    event.add("sequence", entry.sequence)
    event.add("summary", entry.title)
    event.add("dtstamp", _instant(entry.made_at, datetime.UTC))
    event.add("last-modified", _instant(entry.changed_at, datetime.UTC))
    event.add("dtstart", _instant(entry.starts_at, zone))
    event.add("dtend", _instant(entry.ends_at, zone))
    event.add("status", entry.status)
    event.add("organizer", _organizer(*entry.organizer))
    for name, value in (
        ("location", entry.place),
        ("description", entry.description),
        ("url", entry.url),
    ):
        if value:
            event.add(name, value)
    return event


def _begin_by_the_old_clock(calendar: "Calendar") -> None:
    """Say when the clock is put forward as it shows the time before (RFC 5545, 3.6.5); the library
    says it as the clock shows it afterwards."""
    for rule in (rule for zone in calendar.timezones for rule in zone.subcomponents):
        forward = rule.TZOFFSETTO - rule.TZOFFSETFROM
        if forward > datetime.timedelta():
            rule.DTSTART -= forward
            if later := rule.pop("RDATE", None):
                rule.add("RDATE", [moment.dt - forward for moment in later.dts])


def load() -> None:
    """Load the library, before a transaction in which a file is made."""
    import icalendar  # noqa: F401


def _organizer(name: str, email: str) -> "vCalAddress":
    import icalendar

    address = icalendar.vCalAddress(f"mailto:{email}")
    if name:
        # A parameter can hold neither a quotation mark nor a line end (RFC 5545, 3.1).
        plain = "".join(max(character, " ") for character in name)
        address.params["cn"] = plain.replace('"', "'")
    return address


def _instant(at: int, zone: datetime.tzinfo) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(at // 1000, zone)
