"""Requests → model; contract, Parameters, and reporting notes, Filters.

Parameters come in the query, in a form, or in both; of one that comes twice the first counts, and
the last must be readable too.
"""

import codecs
import datetime
import re
import zoneinfo
from functools import cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from falcon.asgi import Request

from turnout.core.audience.model import Mode
from turnout.core.audience.reports import ReportFilter
from turnout.core.ids import EventId
from turnout.core.text import is_storable
from turnout.dialects.reporting.auth import Ids
from turnout.dialects.reporting.envelope import GMT
from turnout.errors import Invalid, Missing
from turnout.http.forms import parse_form
from turnout.http.members import Limits, read_pairs
from turnout.http.readings import Readings, read_first

LIMITS = Limits(65_536, fields=200, depth=8)
VERSION = "2.0"
EVENT_DIGITS = 15
OFF = "off"
_DATE = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})", re.ASCII)
_DAY = datetime.timedelta(days=1)

Given = dict[str, str]
_VIEWERS = {
    "live_viewers": Mode.LIVE,
    "simlive_viewers": Mode.SIMLIVE,
    "od_viewers": Mode.ON_DEMAND,
}


class ReportRequest(NamedTuple):
    """A report that is asked for, in the zone in which it shows times."""

    event_id: EventId
    zone: ZoneInfo
    wanted: ReportFilter


async def read_parameters(req: Request) -> Readings[Given]:
    """The parameters of a GET or a POST. Raises Invalid for what cannot be read."""
    pairs = parse_form(req.query_string.encode(), LIMITS.fields)
    if req.method == "POST":
        pairs += await read_pairs(req, LIMITS)
    for name, value in pairs:
        if not is_storable(value):
            raise _refusal(name, "It has a character that cannot be stored.")
    return read_first([(name, value.strip()) for name, value in pairs])


def decode_ids(given: Given) -> Ids:
    """The ids of session and user, empty where they are missing."""
    return Ids(given.get("si", ""), given.get("ui", ""))


def check_version(given: Given) -> None:
    """Raise Invalid for another version than ours; it may be missing."""
    if given.get("ver", VERSION) != VERSION:
        raise _refusal("ver", f"It is always {VERSION}.")


def decode_event(given: Given) -> EventId:
    """The event asked for. Raises Invalid for what is no number, Missing for one beyond all."""
    ei = given.get("ei", "")
    if not (ei.isascii() and ei.isdigit()):
        raise _refusal("ei", "It is the number of an event, 7 digits.")
    if len(ei) > EVENT_DIGITS:
        raise Missing("event.beyond", text=ei)
    return EventId(int(ei))


def decode_report(given: Given) -> ReportRequest:
    """The whole of an audience report's parameters. Raises Invalid, Missing."""
    check_version(given)
    event_id = decode_event(given)
    zone = decode_zone(given)
    first, last = (_date(given, name) for name in ("date_range_start", "date_range_end"))
    if first and last and first > last:
        raise _refusal("date_range_end", "It is before date_range_start.")
    included, excluded = _list(given, "incl_domain"), _list(given, "excl_domain")
    if included and excluded:
        raise _refusal("incl_domain", "It cannot be used with excl_domain.")
    wanted = ReportFilter(
        starts_at=_midnight("date_range_start", first, zone),
        ends_at=_midnight("date_range_end", _next(last), zone),
        by_regs=_switch(given, "dr_regs", default=True),
        by_views=_switch(given, "dr_sessions", default=True),
        stis=_list(given, "sti_filter"),
        included_domains=included,
        excluded_domains=excluded,
        has_asked=_switch(given, "users_qa"),
        has_answered=_switch(given, "user_survey"),
        viewers=frozenset(mode for name, mode in _VIEWERS.items() if _switch(given, name)),
        no_shows=_switch(given, "no_shows"),
    )
    return ReportRequest(event_id, zone, wanted)


def decode_zone(given: Given) -> ZoneInfo:
    """The zone of all times, GMT where none is named. Raises Invalid for an unknown one."""
    name = given.get("tz", "")
    if not name:
        return GMT
    known = _zones().get(name.lower())
    if known is None:
        raise _refusal("tz", f"There is no time zone {name}: use an IANA name, such as Asia/Tokyo.")
    return ZoneInfo(known)


def decode_mark(given: Given) -> bytes:
    """What stands before a CSV: nothing, or a byte order mark with `bom=1`. Raises Invalid."""
    value = given.get("bom", "0")
    if value not in ("0", "1"):
        raise _refusal("bom", "It is 1 or 0.")
    return codecs.BOM_UTF8 if value == "1" else b""


@cache
def _zones() -> dict[str, str]:
    """The zones by their names in small letters."""
    return {name.lower(): name for name in zoneinfo.available_timezones()}


def _switch(given: Given, name: str, *, default: bool = False) -> bool:
    value = given.get(name)
    if value is None:
        return default
    value = value.lower()
    if value not in ("on", "off"):
        raise _refusal(name, "It is on or off.")
    return value == "on"


def _list(given: Given, name: str) -> tuple[str, ...]:
    value = given.get(name, "")
    if value.lower() == OFF:
        return ()
    parts = (part.strip() for part in value.split("|"))
    return tuple(part for part in parts if part)


def _date(given: Given, name: str) -> datetime.date | None:
    value = given.get(name, "")
    if not value:
        return None
    match = _DATE.fullmatch(value)
    try:
        if match:
            return datetime.date(int(match[3]), int(match[1]), int(match[2]))
    except ValueError:
        pass
    raise _refusal(name, "It is a day such as 02/28/2027.")


def _next(day: datetime.date | None) -> datetime.date | None:
    # Nothing lies beyond the last day that there is.
    return None if day is None or day == datetime.date.max else day + _DAY


def _midnight(name: str, day: datetime.date | None, zone: ZoneInfo) -> int | None:
    if day is None:
        return None
    try:
        midnight = datetime.datetime.combine(day, datetime.time(), zone)
        return int(midnight.timestamp()) * 1000
    except (OverflowError, ValueError) as error:
        raise _refusal(name, "It is too far away.") from error


def _refusal(name: str, fault: str) -> Invalid:
    return Invalid("parameter.invalid", fields={name: [fault]}, name=name, fault=fault)
