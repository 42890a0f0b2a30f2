"""Registrations over time as bars: a day each for four weeks, a week each for longer.

What is not over yet is drawn faint. Flags mark what the organizer did.
"""

import datetime
from collections.abc import Mapping, Sequence
from typing import NamedTuple

DAY = datetime.timedelta(days=1)
WEEK = 7 * DAY
LONGEST_BY_DAY = 28
MOST_BARS = 104


class Bar(NamedTuple):
    """How many registered in a stretch that begins on a day; `is_open`: it is not over."""

    begins: datetime.date
    total: int
    is_open: bool


class Flag(NamedTuple):
    """Something that the organizer did on a day; `label` in words."""

    day: datetime.date
    label: str


class Bars(NamedTuple):
    """Bars in order, each of a week or a day."""

    bars: list[Bar]
    is_weekly: bool

    def place(self, day: datetime.date) -> int | None:
        """The number of the bar in which a day is."""
        found = [number for number, bar in enumerate(self.bars) if bar.begins <= day]
        return found[-1] if found else None


def make_bars(days: Mapping[datetime.date, int], today: datetime.date) -> Bars:
    """Bars from the first registration until today; none where nobody registered."""
    if not days:
        return Bars([], is_weekly=False)
    first, last = min(days), max(today, max(days))
    is_weekly = (last - first).days >= LONGEST_BY_DAY
    step = WEEK if is_weekly else DAY
    begins = first - DAY * first.weekday() if is_weekly else first
    starts = []
    while begins <= last:
        starts.append(begins)
        begins += step
    bars = [Bar(start, _sum(days, start, step), start + step > today) for start in starts]
    return Bars(bars[-MOST_BARS:], is_weekly)


def list_ticks(limit: int) -> Sequence[int]:
    """Three or four round numbers from 0 that reach `limit`."""
    step = 1
    for step in (size * 10**power for power in range(9) for size in (1, 2, 5)):
        if step * 3 >= limit:
            break
    return [0, step, 2 * step, 3 * step]


def _sum(days: Mapping[datetime.date, int], start: datetime.date, step: datetime.timedelta) -> int:
    return sum(days.get(start + DAY * number, 0) for number in range(step.days))
