"""Instants (epoch ms), and how they read on a clock in an IANA time zone.

Local times that people plan by are read strictly: one that the clock skips is refused, and one that
comes twice is the first unless its offset says which (`2027-10-31T02:30+01:00`). What is stored has
the offset then, so that it stays certain. Stored times are read leniently: the rules of a zone may
have changed since.
"""

import datetime
import re
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from turnout.catalogue import fill_label
from turnout.errors import Invalid

# Which moments may be kept: those of years in which each has a date in every zone.
YEARS = range(1970, 3000)
# The epoch ms when these years are over.
OVER_AT = 32_503_680_000_000
_END_OF_DAY = re.compile(
    r"(\d{4}-\d\d-\d\d[T ])24(:00(?::00(?:\.0{1,6})?)?(?:Z|[+-]\d\d:?\d\d)?)", re.ASCII
)


class Planned(NamedTuple):
    """A time as it is kept: `local` ISO in its zone, with the offset where it comes twice; `at` in
    epoch ms. `other` is how to write the other time with that clock reading, empty = it is one."""

    local: str
    at: int
    other: str = ""


def plan(local: str, timezone: str) -> Planned:
    """Read an ISO local time (`2027-03-01T09:00`) in an IANA zone.

    Raises Invalid for what is no time there: unreadable, skipped when the clock goes forward, or
    with an offset that the zone does not have then."""
    time, zone = _read(local, timezone)
    wall = time.replace(tzinfo=None)
    first, second = _at(wall, zone), _at(wall.replace(fold=1), zone)
    if second < first:
        raise _skipped(wall, zone, timezone)
    if time.tzinfo is not None:
        wall = wall.replace(fold=_fold(time, zone, local, timezone))
    if time.tzinfo is not None or _END_OF_DAY.fullmatch(local):
        local = wall.isoformat(timespec="minutes" if not wall.second else "seconds")
    if first == second:
        return Planned(local, first)
    return Planned(
        _with_offset(wall, zone),
        second if wall.fold else first,
        _with_offset(wall.replace(fold=1 - wall.fold), zone),
    )


def instant(local: str, timezone: str) -> int:
    """The epoch ms of an ISO local time in an IANA zone, as `plan` reads it. Raises Invalid."""
    return plan(local, timezone).at


def derive(local: str, timezone: str) -> int:
    """The epoch ms of a local time that was stored, by the rules of today: a time that they skip is
    moved on, and an offset that they do not know is left out."""
    time, zone = _read(local, timezone)
    wall = time.replace(tzinfo=None)
    if time.tzinfo is not None and _at(wall.replace(fold=1), zone) == time.timestamp() * 1000:
        wall = wall.replace(fold=1)
    return _at(wall, zone)


def end_of_day(day: datetime.date, timezone: str) -> int:
    """The last second (epoch ms) of a day in an IANA zone."""
    after = day + datetime.timedelta(days=1)
    return derive(f"{after.isoformat()}T00:00", timezone) - 1000


def say_twice(planned: Planned, timezone: str) -> str:
    """What to tell about a time that comes twice: which is meant, and how to write the other one.
    Empty for any other time."""
    if not planned.other:
        return ""
    return (
        f"The clock shows {planned.local[:16]} twice in {timezone}: {planned.local} is meant; "
        f"write {planned.other} for the other."
    )


def local(at: int, timezone: str) -> datetime.datetime:
    """An instant in an IANA zone, in whole seconds."""
    return datetime.datetime.fromtimestamp(at // 1000, ZoneInfo(timezone))


def wall_clock(at: int, timezone: str) -> str:
    """The same as `YYYY-MM-DD HH:MM:SS`."""
    return local(at, timezone).strftime("%Y-%m-%d %H:%M:%S")


def stamp(at: int, timezone: str = "UTC") -> str:
    """The same as lists show it (RFC 3339 with a blank): `2027-03-01 09:00:00+01:00`, with `Z` in
    UTC."""
    text = str(local(at, timezone))
    return text.removesuffix("+00:00") + "Z" if timezone == "UTC" else text


def say_days(count: int) -> str:
    """`1 day`, `30 days`."""
    return fill_label("{count:day|days}", {"count": count})


def read_wall(local: str) -> datetime.datetime:
    """A local time as the clock on the wall shows it, whatever the zone. Raises Invalid."""
    return _read(local, "UTC")[0].replace(tzinfo=None)


def read_iso(text: str) -> datetime.datetime:
    """A time in ISO 8601, in which a day ends at 24:00. Raises ValueError."""
    ends = _END_OF_DAY.fullmatch(text)
    if ends is None:
        return datetime.datetime.fromisoformat(text)
    try:
        midnight = datetime.datetime.fromisoformat(f"{ends[1]}00{ends[2]}")
        return midnight + datetime.timedelta(days=1)
    except OverflowError as error:
        raise ValueError(text) from error


def _read(text: str, timezone: str) -> tuple[datetime.datetime, ZoneInfo]:
    try:
        time = read_iso(text)
        zone = ZoneInfo(timezone)
    except (ValueError, OSError, ZoneInfoNotFoundError) as error:
        raise Invalid("time.unreadable", local=text, timezone=timezone) from error
    if time.year not in YEARS:
        raise Invalid("time.year", local=text, first=YEARS.start, last=YEARS.stop - 1)
    return time, zone


def _at(wall: datetime.datetime, zone: ZoneInfo) -> int:
    return int(wall.replace(tzinfo=zone).timestamp() * 1000)


def _fold(time: datetime.datetime, zone: ZoneInfo, text: str, timezone: str) -> int:
    for fold in (0, 1):
        in_zone = time.replace(tzinfo=zone, fold=fold)
        if in_zone.utcoffset() == time.utcoffset():
            return fold
    right = _with_offset(time.replace(tzinfo=None), zone)
    raise Invalid("time.offset", local=text, timezone=timezone, right=right)


def _skipped(wall: datetime.datetime, zone: ZoneInfo, timezone: str) -> Invalid:
    """Two times would do: as long before the clock goes forward, or as long behind."""
    before, after = (
        datetime.datetime.fromtimestamp(_at(wall.replace(fold=fold), zone) // 1000, zone)
        for fold in (1, 0)
    )
    return Invalid(
        "time.skipped",
        local=wall.isoformat(timespec="minutes"),
        timezone=timezone,
        before=before.replace(tzinfo=None).isoformat(timespec="minutes"),
        after=after.replace(tzinfo=None).isoformat(timespec="minutes"),
    )


def _with_offset(wall: datetime.datetime, zone: ZoneInfo) -> str:
    timespec = "seconds" if wall.second else "minutes"
    return wall.replace(tzinfo=zone).isoformat(timespec=timespec)
