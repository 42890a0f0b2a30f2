"""Numbers, dates and amounts as pages of the console write them; filters of its templates.

English has patterns of its own (`Tue 12 Jan 2027, 9:00`); other languages have those of CLDR.
"""

import datetime
from zoneinfo import ZoneInfo

from turnout.catalogue.translations import ENGLISH
from turnout.formats.local_dates import with_offset

_ENGLISH = {
    "MMMEd": "EEE d MMM",
    "yMMMEd": "EEE d MMM y",
    "MMMd": "d MMM",
    "yMMMd": "d MMM y",
    "yMMMM": "MMMM y",
}


def say_number(value: float, language: str = ENGLISH) -> str:
    """`1,184`."""
    from babel.numbers import format_decimal

    return format_decimal(value, locale=language)


def say_local(text: str, language: str = ENGLISH) -> str:
    """An ISO local time: `Tue 12 Jan 2027, 9:00`."""
    at = datetime.datetime.fromisoformat(text)
    return f"{_date(at, 'yMMMEd', language)}, {_time(at, language)}"


def say_local_day(text: str, language: str = ENGLISH) -> str:
    """The day of an ISO local time: `12 Jan 2027`."""
    return _date(datetime.datetime.fromisoformat(text), "yMMMd", language)


def say_local_month(text: str, language: str = ENGLISH) -> str:
    """An ISO month: `January 2027`."""
    return _date(datetime.datetime.fromisoformat(f"{text}-01"), "yMMMM", language)


def say_local_date(text: str, language: str = ENGLISH) -> str:
    """The day of an ISO local time, or an ISO day: `Tue 12 Jan 2027`."""
    return _date(datetime.datetime.fromisoformat(text), "yMMMEd", language)


def say_local_time(text: str, language: str = ENGLISH) -> str:
    """The time of day of an ISO local time: `9:00`."""
    return _time(datetime.datetime.fromisoformat(text), language)


def say_at(at: int | None, zone: str, language: str = ENGLISH) -> str:
    """An instant (epoch ms) in a zone: `Tue 12 Jan 2027, 9:00`; empty for None."""
    if at is None:
        return ""
    moment = in_zone(at, zone)
    return f"{_date(moment, 'yMMMEd', language)}, {_time(moment, language)}"


def say_at_day(at: int | None, zone: str, language: str = ENGLISH) -> str:
    """The day of an instant in a zone: `12 Jan 2027`; empty for None."""
    return "" if at is None else _date(in_zone(at, zone), "yMMMd", language)


def say_at_time(at: int | None, zone: str, language: str = ENGLISH) -> str:
    """The time of an instant in a zone: `9:00`; empty for None."""
    return "" if at is None else _time(in_zone(at, zone), language)


def in_zone(at: int, zone: str) -> datetime.datetime:
    """An instant (epoch ms) as a time in a zone."""
    return datetime.datetime.fromtimestamp(at / 1000, ZoneInfo(zone))


def _date(at: datetime.datetime, skeleton: str, language: str) -> str:
    from babel.dates import format_date, format_skeleton

    if language == ENGLISH:
        return format_date(at, _ENGLISH[skeleton], locale="en")
    return format_skeleton(skeleton, at, locale=language)


def _time(at: datetime.datetime, language: str) -> str:
    from babel.dates import format_time

    own = "H:mm" if language == ENGLISH else "short"
    said = format_time(at.time(), own, locale=language)
    # A planned time has an offset where clocks show it twice.
    is_planned = isinstance(at.tzinfo, datetime.timezone)
    return f"{said} ({at.isoformat()[-6:]})" if is_planned else with_offset(said, at)
