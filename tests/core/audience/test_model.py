"""Intervals against sets of seconds, which nobody can get wrong."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from turnout.core.audience.model import (
    Interval,
    Media,
    MediaKind,
    Mode,
    merge,
    split,
    subtract,
    whole_seconds,
)

SECONDS = st.integers(0, 60)
INTERVALS = st.lists(
    st.tuples(SECONDS, SECONDS).map(lambda pair: Interval(pair[0] * 1000, pair[1] * 1000)),
    max_size=12,
)
LIVE, UNTIL = 20_000, 40_000


def seconds(intervals) -> set[int]:
    return {second for start, end in intervals for second in range(start // 1000, end // 1000)}


@given(INTERVALS)
def test_merged_intervals_are_the_same_seconds_and_never_touch(intervals):
    merged = merge(intervals)
    assert seconds(merged) == seconds(intervals)
    assert sum(interval.seconds for interval in merged) == len(seconds(intervals))
    assert all(one.end < other.start for one, other in pairwise(merged))
    assert merge(merged) == merged
    assert merge(reversed(intervals)) == merged


@given(INTERVALS, INTERVALS)
def test_merging_in_parts_is_merging_at_once(one, other):
    assert merge([*merge(one), *other]) == merge([*one, *other])


@given(INTERVALS, st.tuples(SECONDS, SECONDS))
def test_what_is_taken_away_is_gone_and_nothing_else(intervals, taken):
    interval = Interval(taken[0] * 1000, taken[1] * 1000)
    left = subtract(intervals, interval)
    assert seconds(left) == seconds(intervals) - seconds([interval])
    assert merge(left) == left


@given(st.lists(st.integers(1, 5000), min_size=1, max_size=10), st.integers(0, 10_000))
def test_pieces_that_follow_one_another_are_one_at_whole_seconds(lengths, start):
    pieces, at = [], start
    for length in lengths:
        pieces.append(whole_seconds(at, at + length))
        at += length
    whole = whole_seconds(start, at)
    assert merge(pieces) == merge([whole])


@given(st.tuples(st.integers(0, 60_000), st.integers(0, 60_000)), st.booleans(), st.booleans())
def test_each_second_is_watched_in_the_mode_that_it_has(interval, is_simulated, is_on_demand):
    media = Media(MediaKind.HLS, "/x", is_simulated, is_on_demand, LIVE, UNTIL)
    parts = split(Interval(*interval), media)
    start, end = whole_seconds(*interval)
    expected = {
        (mode, second)
        for second in range(start // 1000, end // 1000)
        if (mode := media.mode_at(second * 1000))
    }
    assert {(mode, second) for mode, part in parts for second in seconds([part])} == expected
    assert len(parts) == len({mode for mode, _ in parts})


def test_modes():
    media = Media(MediaKind.MP4, "/x", False, True, LIVE, UNTIL)
    assert [media.mode_at(at) for at in (LIVE - 1, LIVE, UNTIL - 1, UNTIL)] == [
        None,
        Mode.LIVE,
        Mode.LIVE,
        Mode.ON_DEMAND,
    ]
    only = Media(MediaKind.MP4, "/x", True, False, LIVE, UNTIL)
    assert [only.mode_at(at) for at in (LIVE, UNTIL)] == [Mode.SIMLIVE, None]
