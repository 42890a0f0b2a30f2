"""A span that was stored: when it is over, and how long somebody waits for its end."""

import pytest

from turnout.store.windows import TOLERANCE_MS, Edges, edges, has_ended, is_over, seconds_left

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
