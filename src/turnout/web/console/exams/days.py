"""What part of the calendar an address asks for, and exams put into its days."""

import datetime
from calendar import Calendar
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple
from urllib.parse import urlencode

from falcon.asgi import Request

from turnout.core.events.model import EventState
from turnout.core.exams.calendars import LATEST, PlannedExam, PlannedFilter
from turnout.core.ids import VenueId
from turnout.core.times import YEARS, local

MONTH, WEEK, DAY, LIST = "month", "week", "day", "list"
VIEWS = (MONTH, WEEK, DAY, LIST)
PAGE = 50
DAY_MS = 86_400_000
LONGEST_NUMBER = 15
TODAY = datetime.date.min
# What is asked for is padded: a day begins at other instants elsewhere.
PADDING = 15 * 3_600_000


class CalendarQuery(NamedTuple):
    """What an address asks for. `after` is a place in the list, `start-number`; empty = the
    first."""

    view: str
    day: datetime.date
    venue_id: int = 0
    state: str = ""
    after: str = ""

    def to(self, **changed: object) -> str:
        """The query of this, with what is changed; the place in the list goes unless it is
        given."""
        asked = self._replace(after="")._replace(**changed)  # type: ignore[arg-type]
        named = {
            "view": asked.view,
            "date": asked.day.isoformat(),
            "venue": asked.venue_id or "",
            "state": asked.state,
            "after": asked.after,
        }
        return "?" + urlencode({name: value for name, value in named.items() if value})

    @property
    def first(self) -> datetime.date:
        """The first day that is shown."""
        if self.view == MONTH:
            return self.day.replace(day=1)
        return self.day - datetime.timedelta(days=self.day.weekday() if self.view == WEEK else 0)

    @property
    def last(self) -> datetime.date:
        """The last day that is shown."""
        if self.view == MONTH:
            return _add_month(self.first, 1) - datetime.timedelta(days=1)
        return self.first + datetime.timedelta(days=6 if self.view == WEEK else 0)

    @property
    def before(self) -> datetime.date:
        """A day of the stretch before."""
        return _clamp(_add_month(self.first, -1) if self.view == MONTH else self._step(-1))

    @property
    def next(self) -> datetime.date:
        """A day of the stretch after."""
        return _clamp(_add_month(self.first, 1) if self.view == MONTH else self._step(1))

    def _step(self, count: int) -> datetime.date:
        return self.first + datetime.timedelta(days=count * (7 if self.view == WEEK else 1))

    @property
    def is_filtered(self) -> bool:
        return bool(self.venue_id or self.state)

    @property
    def wanted(self) -> PlannedFilter:
        """What the core is asked for."""
        wanted = PlannedFilter(venue_id=VenueId(self.venue_id), state=self.state)
        if self.view == LIST:
            begin = _start_of(self.day) - PADDING
            at, _, number = self.after.partition("-")
            place = (int(at), int(number)) if at else (-LATEST, 0)
            return wanted._replace(from_at=begin, after=place)
        return wanted._replace(
            from_at=_start_of(self.first) - PADDING,
            until_at=_start_of(self.last) + DAY_MS + PADDING,
        )


def parse_calendar(req: Request) -> CalendarQuery:
    """What the address asks for; what cannot be read is left out. Its day is TODAY where none is
    named."""
    view = req.get_param("view", default="")
    state = req.get_param("state", default="")
    venue = req.get_param("venue", default="")
    after = req.get_param("after", default="")
    parts = after.split("-")
    return CalendarQuery(
        view if view in VIEWS else MONTH,
        _read_day(req.get_param("date", default="")),
        int(venue) if _is_number(venue) else 0,
        state if state in set(EventState) else "",
        after if len(parts) == 2 and all(map(_is_number, parts)) else "",
    )


def by_day(
    query: CalendarQuery, exams: Iterable[PlannedExam]
) -> dict[datetime.date, list[PlannedExam]]:
    """The exams that begin within what is shown, by the day at their venue; only days with one."""
    found: dict[datetime.date, list[PlannedExam]] = {}
    for exam in exams:
        day = local(exam.starts_at, exam.timezone).date()
        if query.first <= day and (query.view == LIST or day <= query.last):
            found.setdefault(day, []).append(exam)
    return dict(sorted(found.items()))


def weeks_of(
    query: CalendarQuery, days: Mapping[datetime.date, Sequence[PlannedExam]]
) -> list[list[tuple[datetime.date, bool, Sequence[PlannedExam]]]]:
    """The month's weeks: each day, whether it is of the month, and its exams."""
    month = Calendar().monthdatescalendar(query.first.year, query.first.month)
    return [
        [(day, day.month == query.first.month, days.get(day, ())) for day in week] for week in month
    ]


def _read_day(text: str) -> datetime.date:
    with suppress(ValueError):
        return _clamp(datetime.date.fromisoformat(text))
    return TODAY


def _clamp(day: datetime.date) -> datetime.date:
    """A day that leaves room for the months around it."""
    if YEARS.start < day.year < YEARS.stop - 1:
        return day
    return datetime.date(YEARS.start + 1 if day.year <= YEARS.start else YEARS.stop - 2, 1, 1)


def _add_month(first: datetime.date, count: int) -> datetime.date:
    months = first.year * 12 + first.month - 1 + count
    return datetime.date(months // 12, months % 12 + 1, 1)


def _start_of(day: datetime.date) -> int:
    midnight = datetime.datetime(day.year, day.month, day.day, tzinfo=datetime.UTC)
    return int(midnight.timestamp()) * 1000


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER
