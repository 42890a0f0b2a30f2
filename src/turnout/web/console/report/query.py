"""What a report is about, as its address says it, and the addresses of other reports.

The address is the state: it has every filter of the audience report (reporting contract, Filters),
the zone of its days, and the event that is compared. What cannot be read is a fault beside its
field, and left out.
"""

import datetime
import zoneinfo
from collections.abc import Sequence
from typing import Any, NamedTuple
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from falcon.asgi import Request

from turnout.core.audience.model import Mode
from turnout.core.audience.reports import LATEST, ReportFilter
from turnout.core.text import is_storable
from turnout.http.forms import parse_form
from turnout.web.console.forms import Form
from turnout.web.numbers import parse_number

MOST_FIELDS = 200
MOST_VALUES = 50
NONE = "none"
SECOND_MS, MINUTE_MS = 1_000, 60_000
LATEST_S = 10**11
REGISTERED, WATCHED = "registered", "watched"
VIEWERS = (*(mode.value for mode in Mode), NONE)
_DAY = datetime.timedelta(days=1)


class ReportQuery(NamedTuple):
    """The filters; empty = everybody. Days are ISO dates of the zone `tz` (empty = the event's);
    `about` is what was done on them, of `viewers` anyone has one. `watched` are whole minutes, the
    second one not included (0 = open), `came` instants of checking in (epoch seconds), the second
    one not included. `compare` is an event's number,
    0 = none."""

    first: str = ""
    last: str = ""
    about: tuple[str, ...] = (REGISTERED, WATCHED)
    sources: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    has_asked: bool = False
    has_answered: bool = False
    viewers: tuple[str, ...] = ()
    watched: tuple[int, int] | None = None
    came: tuple[int, int] | None = None
    tz: str = ""
    compare: int = 0

    @property
    def filters(self) -> int:
        """How many filters there are."""
        return sum(
            map(
                bool,
                (
                    self.first or self.last,
                    self.sources,
                    self.domains,
                    self.without,
                    self.has_asked,
                    self.has_answered,
                    self.viewers,
                    self.watched,
                    self.came,
                ),
            )
        )

    def zone(self, usual: str) -> ZoneInfo:
        """The zone of its days."""
        return ZoneInfo(self.tz or usual)

    def to_filter(self, zone: ZoneInfo) -> ReportFilter:
        """The same for the core."""
        last = datetime.date.fromisoformat(self.last) if self.last else None
        return ReportFilter(
            starts_at=_midnight(datetime.date.fromisoformat(self.first), zone)
            if self.first
            else None,
            ends_at=_midnight(last + _DAY, zone) if last else None,
            by_regs=REGISTERED in self.about,
            by_views=WATCHED in self.about,
            stis=self.sources,
            included_domains=self.domains,
            excluded_domains=self.without,
            has_asked=self.has_asked,
            has_answered=self.has_answered,
            viewers=frozenset(Mode(viewer) for viewer in self.viewers if viewer != NONE),
            no_shows=NONE in self.viewers,
            watched=_stretch(self.watched, MINUTE_MS),
            came=_stretch(self.came, SECOND_MS),
        )

    def link(self, **changes: Any) -> str:
        """The address's query of this report with changes, with its question mark."""
        return f"?{urlencode(self._replace(**changes).pairs)}"

    def toggle(self, viewer: str) -> str:
        """The query with that kind of viewers, or without it where they are asked for."""
        rest = tuple(own for own in self.viewers if own != viewer)
        return self.link(viewers=rest if viewer in self.viewers else (*rest, viewer))

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The parameters; what is usual is left out."""
        about = () if len(self.about) == 2 else self.about
        named = [
            ("from", self.first),
            ("until", self.last),
            *(("about", one) for one in about),
            *(("source", one or "-") for one in self.sources),
            ("domain", " ".join(self.domains)),
            ("without", " ".join(self.without)),
            ("asked", "1" if self.has_asked else ""),
            ("answered", "1" if self.has_answered else ""),
            *(("viewer", one) for one in self.viewers),
            ("minutes", "{}-{}".format(*self.watched) if self.watched else ""),
            ("came", "{}-{}".format(*self.came) if self.came else ""),
            ("tz", self.tz),
            ("compare", str(self.compare or "")),
        ]
        return [(name, text) for name, text in named if text]


def parse_report(req: Request) -> tuple[ReportQuery, Form]:
    """What the address asks for, and the form that says so, with its faults."""
    return read_query(req.query_string)


def read_query(text: str) -> tuple[ReportQuery, Form]:
    """As `parse_report`, from the query of an address."""
    pairs = parse_form(text.encode(), MOST_FIELDS)
    form = Form([(name, value) for name, value in pairs if is_storable(value)])
    first, last = _day(form, "from"), _day(form, "until")
    if first and last and first > last:
        form.fault("until", "console.report.fault.order")
        first = last = ""
    about = tuple(one for one in (REGISTERED, WATCHED) if one in form.values("about"))
    domains, without = _words(form.value("domain")), _words(form.value("without"))
    if domains and without:
        form.fault("without", "console.report.fault.domains")
        without = ()
    query = ReportQuery(
        first,
        last,
        about or (REGISTERED, WATCHED),
        tuple("" if one == "-" else one for one in form.values("source") if one)[:MOST_VALUES],
        domains,
        without,
        form.has("asked"),
        form.has("answered"),
        tuple(viewer for viewer in VIEWERS if viewer in form.values("viewer")),
        _pair(form, "minutes"),
        _pair(form, "came"),
        _zone(form),
        _number(form.value("compare")),
    )
    return query, form


def _day(form: Form, name: str) -> str:
    text = form.value(name)
    if not text:
        return ""
    try:
        day = datetime.date.fromisoformat(text)
        if datetime.date(1971, 1, 1) <= day < datetime.date(9999, 1, 1):
            return day.isoformat()
    except ValueError:
        pass
    form.fault(name, "console.report.fault.day")
    return ""


def _zone(form: Form) -> str:
    text = form.value("tz")
    if text and text not in zoneinfo.available_timezones():
        form.fault("tz", "console.report.fault.zone")
        return ""
    return text


def _pair(form: Form, name: str) -> tuple[int, int] | None:
    """Two numbers with a hyphen between them; the second may be 0. Only bars make such an address:
    what cannot be read is left out, and said above the form."""
    text = form.value(name)
    first, _, last = text.partition("-")
    least, most = parse_number(first), parse_number(last)
    if least is None or most is None or 0 < most <= least or max(least, most) > LATEST_S:
        if text:
            form.fault("", "console.report.fault.bar")
        return None
    return least, most


def _stretch(pair: tuple[int, int] | None, unit: int) -> tuple[int, int] | None:
    if pair is None:
        return None
    least, most = pair
    return least * unit, (most * unit if most else LATEST) - 1


def _words(text: str) -> tuple[str, ...]:
    parts: Sequence[str] = text.replace(",", " ").replace(";", " ").split()
    return tuple(dict.fromkeys(part.lower().lstrip("@") for part in parts))[:MOST_VALUES]


def _number(text: str) -> int:
    return parse_number(text) or 0


def _midnight(day: datetime.date, zone: ZoneInfo) -> int:
    return int(datetime.datetime.combine(day, datetime.time(), zone).timestamp()) * 1000
