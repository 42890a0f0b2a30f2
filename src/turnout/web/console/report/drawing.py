"""A report as charts of the console's kit; each has its figures as a table."""

import datetime
from collections.abc import Mapping
from typing import NamedTuple

from markupsafe import Markup

from turnout.core.audience.summary import Curve
from turnout.core.audience.turnout import QUARTER_MS, Turnout
from turnout.web.console.charts import (
    Bar,
    Chart,
    Flag,
    Part,
    draw_area,
    draw_bars,
    draw_stacked,
)
from turnout.web.console.events.weeks import WEEK, make_bars
from turnout.web.console.figures import in_zone, say_at, say_at_time, say_local_day, say_number
from turnout.web.console.report.query import REGISTERED, SECOND_MS, ReportQuery
from turnout.web.console.report.reading import Compared, Report
from turnout.web.console.words import say, say_count

MOST_BARS = 48
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
# Where each stretch of minutes begins.
STRETCHES = (0, 5, 15, 30, 45, 60, 90)
_DAY = datetime.timedelta(days=1)
# What two events have in common: figures of a turnout, and their words.
COMPARED = (
    ("registered", "console.report.registered"),
    ("attended", "console.report.attended"),
    ("door", "console.report.door"),
    ("screen", "console.report.screen"),
    ("both", "console.report.both"),
    ("asked", "console.report.asked"),
    ("answered", "console.report.answered"),
)


class Watching(NamedTuple):
    """How many watched a session at once; `when` in words."""

    title: str
    when: str
    chart: Chart


class Charts(NamedTuple):
    """The charts of a report; None where there is nothing to draw."""

    shares: Chart
    days: Chart | None
    watching: list[Watching]
    arrivals: Chart | None
    minutes: Chart | None


def draw_report(report: Report, query: ReportQuery | None) -> Charts:
    """The charts; bars lead to narrower reports where there is a `query` to be narrowed."""
    turnout = report.turnout
    return Charts(
        _draw_shares(turnout, is_over=report.event.ends_at <= report.now),
        _draw_days(report, query) if turnout.days else None,
        [_draw_curve(curve, report) for curve in report.curves if max(curve.viewers, default=0)],
        _draw_arrivals(turnout, report.zone.key, query) if turnout.arrivals else None,
        _draw_minutes(turnout, query) if turnout.minutes else None,
    )


def compare(report: Report, compared: Compared) -> list[tuple[Markup, str, str]]:
    """What both events have, side by side: words, this one, the other one."""
    this, that = report.turnout, compared.turnout
    return [
        *((say(code), _with_share(this, name), _with_share(that, name)) for name, code in COMPARED),
        (
            say("console.report.median"),
            _say_median(this),
            _say_median(that),
        ),
    ]


def percent(part: int, whole: int) -> str:
    """`89 %`; empty where there is no whole."""
    return f"{100 * part / whole:.0f} %" if whole else ""


def _with_share(turnout: Turnout, name: str) -> str:
    count: int = getattr(turnout, name)
    share = "" if name == "registered" else percent(count, turnout.registered)
    return f"{say_number(count)} ({share})" if share else say_number(count)


def _say_median(turnout: Turnout) -> str:
    if not turnout.screen:
        return "\u2013"
    minutes = say_number(turnout.median_minutes)
    return say("console.report.minutes_short", count=minutes).unescape()


def _draw_shares(turnout: Turnout, *, is_over: bool) -> Chart:
    # Before the end nobody is absent for good.
    absent = "console.report.part.absent" if is_over else "console.report.part.awaited"
    parts = [
        Part(say("console.report.part.door").unescape(), turnout.door - turnout.both),
        Part(say("console.report.part.both").unescape(), turnout.both, is_both=True),
        Part(
            say("console.report.part.screen").unescape(),
            turnout.screen - turnout.both,
            is_second=True,
        ),
        Part(say(absent).unescape(), turnout.absent),
    ]
    label = ", ".join(f"{say_number(part.total)} {part.name}" for part in parts)
    headings = ("how", "people", "share")
    return draw_stacked(parts, f"{label}.", _headings(*headings))


def _draw_days(report: Report, query: ReportQuery | None) -> Chart:
    today = in_zone(report.now, report.zone.key).date()
    made = make_bars(report.turnout.days, min(today, max(report.turnout.days)))
    bars = []
    for bar in made.bars:
        last = bar.begins + (WEEK if made.is_weekly else _DAY) - _DAY
        day = _say_day(bar.begins)
        words = say_count(
            "console.report.week_bar" if made.is_weekly else "console.report.day_bar",
            bar.total,
            day=day,
        )
        href = ""
        if query:
            href = query.link(
                first=bar.begins.isoformat(), last=last.isoformat(), about=(REGISTERED,)
            )
        bars.append(Bar(_short(bar.begins), bar.total, words.unescape(), bar.is_open, href=href))
    label = say("console.report.days_label", total=say_number(report.turnout.registered))
    return draw_bars(bars, label.unescape(), _headings("when", "registered"))


def _draw_curve(curve: Curve, report: Report) -> Watching:
    zone = report.zone.key
    begins = report.live_from[curve.session_id]
    step = curve.step_seconds * 1000
    points = [
        (say_at_time(begins + number * step, zone), viewers)
        for number, viewers in enumerate(curve.viewers)
    ]
    most = max(curve.viewers)
    place = curve.viewers.index(most)
    words = say("console.report.peak", count=say_number(most), at=points[place][0])
    label = say(
        "console.report.curve_label",
        title=curve.title,
        count=say_number(most),
        at=points[place][0],
    )
    chart = draw_area(
        points, label.unescape(), _headings("at", "viewers"), [Flag(place, words.unescape())]
    )
    return Watching(curve.title, say_at(begins, zone), chart)


def _draw_arrivals(turnout: Turnout, zone: str, query: ReportQuery | None) -> Chart:
    counts, step = _thin(turnout.arrivals)
    bars = []
    for at in range(min(counts), max(counts) + 1, step):
        count = counts.get(at, 0)
        is_long = step == DAY_MS
        name = _short(in_zone(at, zone).date()) if is_long else say_at_time(at, zone)
        words = say_count("console.report.arrival_bar", count, at=say_at(at, zone))
        href = query.link(came=(at // SECOND_MS, (at + step) // SECOND_MS)) if query else ""
        bars.append(Bar(name, count, words.unescape(), href=href))
    most = max(counts, key=lambda at: counts[at])
    label = say(
        "console.report.arrivals_label", count=say_number(counts[most]), at=say_at(most, zone)
    )
    return draw_bars(bars, label.unescape(), _headings("from", "people"))


def _thin(arrivals: Mapping[int, int]) -> tuple[dict[int, int], int]:
    """The arrivals in quarters, hours or days: as few as fit."""
    length = max(arrivals) - min(arrivals)
    steps = (QUARTER_MS, HOUR_MS, DAY_MS)
    step = next((step for step in steps if length < step * MOST_BARS), DAY_MS)
    counts: dict[int, int] = {}
    for at, count in arrivals.items():
        counts[at - at % step] = counts.get(at - at % step, 0) + count
    latest = max(counts) - MOST_BARS * step
    return {at: count for at, count in counts.items() if at > latest}, step


def _draw_minutes(turnout: Turnout, query: ReportQuery | None) -> Chart:
    counts = dict.fromkeys(STRETCHES, 0)
    for minutes, count in turnout.minutes.items():
        begin = max(start for start in STRETCHES if start <= minutes)
        counts[begin] += count
    ends = [*STRETCHES[1:], 0]
    bars = []
    for (begin, count), end in zip(counts.items(), ends, strict=True):
        name = f"{begin}\u2013{end}" if end else f"{begin}+"
        words = say_count("console.report.minutes_bar", count, stretch=name)
        href = query.link(watched=(begin, end)) if query else ""
        bars.append(Bar(name, count, words.unescape(), href=href))
    label = say("console.report.minutes_label", minutes=say_number(turnout.median_minutes))
    return draw_bars(bars, label.unescape(), _headings("minutes", "people"))


def _headings(*names: str) -> tuple[str, ...]:
    return tuple(say("console.report.heading." + name).unescape() for name in names)


def _say_day(day: datetime.date) -> str:
    return say_local_day(day.isoformat())


def _short(day: datetime.date) -> str:
    return f"{day.day} {day:%b}"
