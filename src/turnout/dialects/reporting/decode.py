"""Requests → model: parameters of the query or of a form."""

import datetime
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from falcon.asgi import Request

from turnout.core.audience.model import ReportFilter
from turnout.core.identity.organizations import check_zone
from turnout.core.text import is_storable
from turnout.dialects.reporting.envelope import GMT
from turnout.errors import Invalid
from turnout.http.body import read_body

BODY_LIMIT = 65_536
LONGEST = 4000
MOST_VALUES = 500
VERSION = "2.0"
Parameters = dict[str, str]


async def read_parameters(req: Request) -> Parameters:
    """The query's parameters and, of a POST, those of the form, which win. Raises Invalid."""
    given = parse_qsl(req.query_string, keep_blank_values=True)
    if req.method == "POST":
        body = await read_body(req, BODY_LIMIT)
        try:
            given += parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=200)
        except ValueError as error:
            raise Invalid("form.unreadable", "The form cannot be read.") from error
    for name, value in given:
        if len(value) > LONGEST or not is_storable(value) or not is_storable(name):
            raise Invalid("parameter.value", f"The value of {name[:50]!r} cannot be taken.")
    return dict(given)


def check_version(given: Parameters) -> None:
    """Raise Invalid for a version that is given and not 2.0."""
    version = given.get("ver", "").strip()
    if version and version != VERSION:
        raise Invalid("ver.unknown", f"ver is always {VERSION}.")


def decode_event_id(given: Parameters) -> int:
    """Contract, `ei`. Raises Invalid."""
    text = given.get("ei", "").strip()
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise Invalid("ei.malformed", "ei is the number of an event, seven digits.")
    return int(text)


def decode_zone(given: Parameters) -> str:
    """Contract, `tz`: GMT or an IANA name. Raises Invalid."""
    zone = given.get("tz", "").strip() or GMT
    if zone.upper() == GMT:
        return GMT
    try:
        check_zone(zone)
    except Invalid as error:
        raise Invalid("tz.unknown", f"tz {zone!r} is not a known time zone.") from error
    return zone


def decode_filter(given: Parameters, zone: str) -> ReportFilter:
    """Contract, Event Report Request. Raises Invalid."""
    only, others = _values(given, "incl_domain"), _values(given, "excl_domain")
    if only and others:
        raise Invalid("domain.both", "excl_domain cannot be used with incl_domain.")
    return ReportFilter(
        from_at=_day(given, "date_range_start", zone, days=0),
        until_at=_day(given, "date_range_end", zone, days=1),
        by_registration=_switch(given, "dr_regs", otherwise=True),
        by_viewing=_switch(given, "dr_sessions", otherwise=True),
        tags=_values(given, "sti_filter"),
        only_domains=tuple(each.lower() for each in only),
        not_domains=tuple(each.lower() for each in others),
        asked=_switch(given, "users_qa"),
        answered=_switch(given, "user_survey"),
        live=_switch(given, "live_viewers"),
        on_demand=_switch(given, "od_viewers"),
        simlive=_switch(given, "simlive_viewers"),
        no_shows=_switch(given, "no_shows"),
    )


def _switch(given: Parameters, name: str, *, otherwise: bool = False) -> bool:
    text = given.get(name, "").strip().lower()
    if not text:
        return otherwise
    if text not in ("on", "off"):
        raise Invalid("switch.value", f"{name} is on or off.")
    return text == "on"


def _values(given: Parameters, name: str) -> tuple[str, ...]:
    values = [each.strip() for each in given.get(name, "").split("|")]
    found = tuple(dict.fromkeys(each for each in values if each))
    if len(found) > MOST_VALUES:
        raise Invalid("values.many", f"{name} has more than {MOST_VALUES} values.")
    return found


def _day(given: Parameters, name: str, zone: str, *, days: int) -> int | None:
    """The beginning of a day in that zone, `days` later, in epoch ms."""
    text = given.get(name, "").strip()
    if not text:
        return None
    try:
        day = datetime.datetime.strptime(text, "%m/%d/%Y").date()  # noqa: DTZ007 - a date
        begin = datetime.datetime.combine(
            day + datetime.timedelta(days=days),
            datetime.time(),
            ZoneInfo("UTC" if zone == GMT else zone),
        )
        return int(begin.timestamp() * 1000)
    except (ValueError, OverflowError) as error:
        raise Invalid("date.value", f"{name} must be a date such as 03/31/2027.") from error
