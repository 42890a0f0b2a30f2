"""A day's exams as SVG: a row for each room, time from left to right. The table that stands below
it says the same. Colours and type are those of charts."""

import datetime
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from markupsafe import Markup

from turnout.core.exams.calendars import PlannedExam
from turnout.core.times import local
from turnout.web.console.figures import say_at_time

WIDTH, NAMES, TOP, ROW, BAR = 900, 190, 24, 40, 30
LEAST_HOURS = 6
# So many signs of a bar's words fit into a pixel of it.
SIGNS = 0.15
HOUR = 60


class Track(NamedTuple):
    """A room of a venue with its exams; `room` empty = those without one."""

    venue: str
    room: str
    exams: list[PlannedExam]


def list_tracks(exams: Iterable[PlannedExam]) -> list[Track]:
    """Rooms by venue and name, those without a room last; two that meet stand below each other."""
    rooms: dict[tuple[str, bool, str], list[PlannedExam]] = {}
    for exam in exams:
        name = exam.room_name or ""
        rooms.setdefault((exam.venue_name, not name, name), []).append(exam)
    return [Track(venue, room, found) for (venue, _, room), found in sorted(rooms.items())]


def draw_day(tracks: Sequence[Track], label: str, without: str) -> Markup:
    """The drawing. `label` is what it says to those who do not see it, `without` heads the row of
    exams without a room."""
    exams = [exam for track in tracks for exam in track.exams]
    first = min(_minute(exam.starts_at, exam) for exam in exams) // HOUR
    last = max(-(-_end(exam) // HOUR) for exam in exams)
    last = max(last, first + LEAST_HOURS)
    scale = (WIDTH - NAMES) / (last - first)
    parts, y = [], float(TOP)
    for track in tracks:
        lanes = _lanes(track.exams)
        parts.append(_text(0, y + 13, track.room or without, "strong"))
        parts.append(_text(0, y + 28, track.venue))
        for number, lane in enumerate(lanes):
            parts += [_bar(exam, y + number * ROW, first, scale) for exam in lane]
        y += ROW * len(lanes)
    return Markup(
        '<svg class="chart month" viewBox="0 0 {} {}" role="img" aria-label="{}">{}{}</svg>'
    ).format(WIDTH, int(y), label, _hours(first, last, scale, y), Markup().join(parts))


def _lanes(exams: Sequence[PlannedExam]) -> list[list[PlannedExam]]:
    lanes: list[list[PlannedExam]] = []
    for exam in exams:
        free = next((lane for lane in lanes if lane[-1].is_over_at <= exam.starts_at), None)
        if free is None:
            lanes.append([exam])
        else:
            free.append(exam)
    return lanes


def _bar(exam: PlannedExam, y: float, first: int, scale: float) -> Markup:
    starts, planned = _minute(exam.starts_at, exam), _minute(exam.ends_at, exam)
    x = NAMES + (starts / HOUR - first) * scale
    width = (planned - starts) / HOUR * scale
    more = max(0.0, (_end(exam) - planned) / HOUR * scale)
    from_, until = (say_at_time(at, exam.timezone) for at in (exam.starts_at, exam.is_over_at))
    title = f"{exam.title}, {from_} \u2013 {until}"
    drawn = _rect("bar faint", x, y, width, title)
    if more:
        drawn += _rect("bar second", x + width, y, more, title)
    room = int((width + more) * SIGNS)
    words = exam.title if len(exam.title) <= room else exam.title[: max(1, room - 1)] + "\u2026"
    return drawn + _text(x + 6, y + 19, words, "strong")


def _hours(first: int, last: int, scale: float, floor: float) -> Markup:
    every = 1 if last - first <= 12 else 2
    return Markup().join(
        Markup('<path class="grid" d="M{:.1f} {}V{:.1f}"/>').format(
            NAMES + (hour - first) * scale, TOP - 6, floor
        )
        + _text(
            NAMES + (hour - first) * scale, 12, f"{hour % 24}:00", "end" if hour == last else "mid"
        )
        for hour in range(first, last + 1, every)
    )


def _minute(at: int, exam: PlannedExam) -> int:
    """Minutes from the midnight before the exam."""
    begins = local(exam.starts_at, exam.timezone)
    midnight = begins.replace(hour=0, minute=0, second=0, tzinfo=None)
    passed = local(at, exam.timezone).replace(tzinfo=None) - midnight
    return int(passed / datetime.timedelta(minutes=1))


def _end(exam: PlannedExam) -> int:
    return _minute(exam.is_over_at, exam)


def _rect(kind: str, x: float, y: float, width: float, title: str) -> Markup:
    return Markup(
        '<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{}" rx="3">'
        "<title>{}</title></rect>"
    ).format(kind, x, y, width, BAR, title)


def _text(x: float, y: float, said: str, kind: str = "") -> Markup:
    named = Markup(' class="{}"').format(kind) if kind else ""
    return Markup('<text{} x="{:.1f}" y="{:.1f}">{}</text>').format(named, x, y, said)
