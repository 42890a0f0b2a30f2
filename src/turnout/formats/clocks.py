"""Instants as clocks in a zone show them, by the million.

Theory. Nearly every quarter of an hour has one date and one offset. So what stands before and
behind the time of day is made once a quarter, and the times of a day are a table. That is several
times as fast as `datetime`, which it agrees with. The few quarters in which a clock was put back or
forward are spelled out.
"""

import datetime
from collections.abc import Iterable
from functools import cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

QUARTER_S, DAY_S = 900, 86_400
MOST_QUARTERS = 10_000


class _Quarter(NamedTuple):
    """What stands before and behind each of its seconds."""

    date: str
    times: tuple[str, ...]
    offset: str


class Clock:
    """Shows instants (epoch ms) in a zone as ISO 8601 with the offset, in whole seconds; without
    one as `YYYY-MM-DD HH:MM:SS`."""

    def __init__(self, zone: ZoneInfo, *, has_offset: bool = True) -> None:
        self._quarters = _Quarters(zone, has_offset=has_offset)

    def __call__(self, at: int) -> str:
        second = at // 1000
        date, times, offset = self._quarters[second // QUARTER_S]
        return date + times[second % QUARTER_S] + offset

    def show_all(self, instants: Iterable[int]) -> list[str]:
        """Each of them, at half the cost."""
        quarters = self._quarters
        return [
            (quarter := quarters[(second := at // 1000) // QUARTER_S]).date
            + quarter.times[second % QUARTER_S]
            + quarter.offset
            for at in instants
        ]


class _Quarters(dict[int, _Quarter]):
    """Quarters of an hour since 1970, made when they are asked for; a few at a time are kept."""

    def __init__(self, zone: ZoneInfo, *, has_offset: bool) -> None:
        super().__init__()
        self._zone, self._has_offset = zone, has_offset

    def __missing__(self, number: int) -> _Quarter:
        if len(self) >= MOST_QUARTERS:
            self.clear()
        self[number] = found = self._make(number * QUARTER_S)
        return found

    def _make(self, begin: int) -> _Quarter:
        first, last = self._show(begin), self._show(begin + QUARTER_S - 1)
        times = _times().get(first[11:19], ())
        if first[:11] == last[:11] and first[19:] == last[19:] and times[-1:] == (last[11:19],):
            return _Quarter(first[:11], times, first[19:])
        return _Quarter("", tuple(self._show(begin + n) for n in range(QUARTER_S)), "")

    def _show(self, second: int) -> str:
        moment = datetime.datetime.fromtimestamp(second, self._zone)
        return moment.isoformat() if self._has_offset else str(moment)[:19]


@cache
def _times() -> dict[str, tuple[str, ...]]:
    """Every second of each quarter of a day, by the first. (The collector of garbage lets tuples
    of texts be.)"""
    day = [f"{n // 3600:02}:{n // 60 % 60:02}:{n % 60:02}" for n in range(DAY_S)]
    return {day[n]: tuple(day[n : n + QUARTER_S]) for n in range(0, DAY_S, QUARTER_S)}
