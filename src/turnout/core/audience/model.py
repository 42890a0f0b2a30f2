"""Viewings as intervals, and the pure rules about them. Instants in epoch ms.

An interval is half open, [start, end), and begins and ends at whole seconds. Two that overlap or
touch are one: so somebody who watches on two devices at once is counted once, and a heartbeat that
is sent again changes nothing.
"""

import enum
from collections.abc import Iterable
from typing import NamedTuple

import msgspec

SECOND_MS = 1000


class Mode(enum.StrEnum):
    """How a session was watched: while it was live, while it was shown as if live, or later."""

    LIVE = "live"
    SIMLIVE = "simlive"
    ON_DEMAND = "od"


class MediaKind(enum.StrEnum):
    """What the watch page plays."""

    HLS = "hls"
    MP4 = "mp4"
    EMBED = "embed"


class Interval(NamedTuple):
    """From when to when somebody watched."""

    start: int
    end: int

    @property
    def seconds(self) -> int:
        return (self.end - self.start) // SECOND_MS


class Media(msgspec.Struct, frozen=True):
    """What a session shows, and when that is live; `is_simulated`: a recording shown as if it
    were; `is_on_demand`: it can be watched once it was live."""

    kind: MediaKind
    url: str
    is_simulated: bool
    is_on_demand: bool
    live_from: int
    live_until: int

    def mode_at(self, at: int) -> Mode | None:
        """How it is watched at that instant; None when there is nothing to watch."""
        if self.live_from <= at < self.live_until:
            return self.live_mode
        return Mode.ON_DEMAND if at >= self.live_until and self.is_on_demand else None

    @property
    def live_mode(self) -> Mode:
        return Mode.SIMLIVE if self.is_simulated else Mode.LIVE


def whole_seconds(start: int, end: int) -> Interval:
    """The interval, both ends at the second that has begun: what follows one another still does."""
    return Interval(start - start % SECOND_MS, end - end % SECOND_MS)


def merge(intervals: Iterable[Interval]) -> list[Interval]:
    """The same time as intervals that neither overlap nor touch, earliest first; empty ones are
    left out."""
    merged: list[Interval] = []
    for interval in sorted(intervals):
        if interval.start >= interval.end:
            continue
        if merged and interval.start <= merged[-1].end:
            merged[-1] = Interval(merged[-1].start, max(merged[-1].end, interval.end))
        else:
            merged.append(interval)
    return merged


def subtract(intervals: Iterable[Interval], taken: Interval) -> list[Interval]:
    """What is left of the intervals without the time that is `taken`."""
    left = []
    for interval in intervals:
        left.append(Interval(interval.start, min(interval.end, taken.start)))
        left.append(Interval(max(interval.start, taken.end), interval.end))
    if taken.start >= taken.end:
        return merge(intervals)
    return merge(left)


def split(interval: Interval, media: Media) -> list[tuple[Mode, Interval]]:
    """The parts of an interval by how the session was watched; what is outside is left out."""
    start, end = interval
    live = Interval(max(start, media.live_from), min(end, media.live_until))
    parts = [(media.live_mode, whole_seconds(*live))]
    if media.is_on_demand:
        later = Interval(max(start, media.live_until), end)
        parts.append((Mode.ON_DEMAND, whole_seconds(*later)))
    return [(mode, part) for mode, part in parts if part.start < part.end]
