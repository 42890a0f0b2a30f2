"""A span that was stored: when it is over, and how long somebody waits for its end."""

import pytest

from turnout.store.windows import (
    TOLERANCE_MS,
    Edges,
    Window,
    Windows,
    edges,
    has_ended,
    is_over,
    seconds_left,
)

NOW = 1_800_000_000_000
MINUTE = 60_000
HOUR = 60 * MINUTE


@pytest.mark.parametrize(
    ("began_at", "expected"),
    [
        (NOW, False),
        (NOW - MINUTE + 1, False),
        (NOW - MINUTE, True),
        (NOW - HOUR, True),
        (NOW + TOLERANCE_MS, False),
        (NOW + TOLERANCE_MS + 1, True),
        (NOW + HOUR, True),
    ],
)
def test_a_span_is_over_after_its_length_and_where_it_begins_in_the_future(began_at, expected):
    assert is_over(began_at, MINUTE, NOW) is expected
    assert has_ended(began_at + MINUTE, MINUTE, NOW) is expected
    over, ahead = edges(MINUTE, NOW)
    assert (not over < began_at <= ahead) is expected


def test_the_edges_are_those_of_a_span_that_runs():
    assert edges(MINUTE, NOW) == Edges(NOW - MINUTE, NOW + TOLERANCE_MS)


@pytest.mark.parametrize(
    ("ends_at", "expected"),
    [
        (NOW + 1, 1),
        (NOW + 1_001, 2),
        (NOW + MINUTE, 60),
        (NOW + 2 * HOUR, 60),
        (NOW - HOUR, 1),
    ],
)
def test_nobody_waits_for_longer_than_the_whole_span(ends_at, expected):
    assert seconds_left(ends_at, MINUTE, NOW) == expected


# -- counting in memory ----------------------------------------------------------------------


class Watch:
    """A clock that is set."""

    now = 1_000_000

    def __call__(self) -> int:
        return self.now


def test_a_window_counts_from_its_first_use_to_its_end():
    watch = Watch()
    windows = Windows(watch, 60_000, 10, Window)
    window = windows.get("a")
    window.count += 2
    watch.now += 59_999
    assert windows.get("a") is window
    assert windows.seconds_left(window) == 1
    watch.now += 1
    assert (windows.get("a").count, windows.get("a").started_at) == (0, watch.now)
    assert windows.seconds_left(windows.get("a")) == 60


def test_a_window_that_begins_in_the_future_is_over():
    watch = Watch()
    windows = Windows(watch, 60_000, 10, Window)
    windows.get("a").count = 5
    watch.now -= 3_600_000
    assert windows.get("a").count == 0


def test_the_oldest_windows_go_first_and_keys_can_be_dropped():
    windows = Windows(Watch(), 60_000, 3, Window)
    for key in "abcd":
        windows.get(key).count = 1
    assert len(windows) == 3
    assert windows.find("a") is None
    windows.drop("b")
    windows.drop("unknown")
    assert [windows.find(key) is not None for key in "abcd"] == [False, False, True, True]
