"""Viewings: merged, cut at the session's end, and corrected with a trace."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.audience.theatre import MINUTE, SHOW, Theatre
from tests.support.node import START
from turnout.core.audience import viewing
from turnout.core.audience.model import Interval, Mode, merge, seconds_of, split_by_mode
from turnout.core.audit.recording import list_entries
from turnout.core.people.model import Contact
from turnout.errors import Invalid, Missing

HOUR = 60 * MINUTE
intervals = st.lists(
    st.tuples(st.integers(0, 40), st.integers(0, 40)).map(lambda pair: Interval(*sorted(pair))),
    max_size=12,
)


def instants(spans: list[Interval]) -> set[int]:
    """Every instant that is in one of them."""
    return {at for each in spans for at in range(each.starts_at, each.ends_at)}


@given(intervals)
def test_merging_keeps_every_instant_once(spans):
    merged = merge(spans)
    assert instants(merged) == instants(spans)
    assert sum(each.ends_at - each.starts_at for each in merged) == len(instants(spans))
    gaps = itertools.pairwise(merged)
    assert all(left.ends_at < right.starts_at for left, right in gaps)


@given(intervals, st.randoms())
def test_the_order_in_which_it_is_told_does_not_matter(spans, dice):
    shuffled = spans[:]
    dice.shuffle(shuffled)
    assert merge(shuffled) == merge(spans) == merge(merge(spans[:5]) + spans[5:])


@given(intervals, st.integers(0, 40))
def test_a_session_ends_for_everybody_at_the_same_instant(spans, end):
    for each in merge(spans):
        parts = split_by_mode(each, end, Mode.LIVE)
        assert instants([part for _, part in parts]) == instants([each])
        for mode, part in parts:
            assert (part.ends_at <= end) == (mode is Mode.LIVE)


def test_whole_seconds_are_counted_together():
    assert seconds_of([Interval(0, 1500), Interval(2000, 2600)]) == 2


@pytest.fixture
def theatre(node) -> Theatre:
    node.clock.now = START
    theatre = Theatre(node)
    theatre.register("a", Contact(email="a@example.com"), START)
    return theatre


def test_beats_grow_into_one_interval(theatre):
    theatre.node.clock.now = SHOW + 40_000
    assert theatre.beat("a", (SHOW, SHOW + 10_000)) == 10_000
    assert theatre.beat("a", (SHOW + 10_000, SHOW + 20_000)) == 10_000
    # Told again, and by a second device at once.
    assert theatre.beat("a", (SHOW, SHOW + 20_000)) == 0
    assert theatre.beat("a", (SHOW + 15_000, SHOW + 25_000)) == 5_000
    # A gap, as of a sleeping tab, and its end.
    assert theatre.beat("a", (SHOW + 30_000, SHOW + 40_000)) == 10_000
    assert theatre.watched("a") == [("live", 0, 25_000), ("live", 30_000, 10_000)]
    assert theatre.beat("a", (SHOW + 20_000, SHOW + 35_000)) == 5_000
    assert theatre.watched("a") == [("live", 0, 40_000)]


def test_live_ends_with_the_session(theatre):
    theatre.node.clock.now = SHOW + 2 * HOUR
    theatre.beat("a", (SHOW + 50 * MINUTE, SHOW + 70 * MINUTE))
    assert theatre.watched("a") == [
        ("live", 50 * MINUTE, 10 * MINUTE),
        ("od", HOUR, 10 * MINUTE),
    ]


def test_what_cannot_have_been_watched_is_cut_off(theatre):
    theatre.node.clock.now = SHOW + 10_000
    theatre.beat("a", (SHOW, SHOW + HOUR), (SHOW - 3 * 24 * HOUR, SHOW - 2 * 24 * HOUR))
    assert theatre.beat("a", (SHOW + 5, SHOW + 5), (SHOW + HOUR, SHOW + 2 * HOUR)) == 0
    assert theatre.watched("a") == [("live", 0, 10_000)]


def test_a_correction_leaves_the_rest_and_a_trace(theatre):
    theatre.node.clock.now = SHOW + 2 * HOUR
    theatre.watch("a", Mode.LIVE, 0, 30)
    theatre.watch("a", Mode.ON_DEMAND, 10, 10)
    removed = theatre.db.call(
        viewing.remove_viewing,
        theatre.org_id,
        theatre.registrants["a"],
        theatre.live_id,
        Interval(SHOW + 5 * MINUTE, SHOW + 15 * MINUTE),
        reason="a test run",
        actor="jo",
    )
    assert removed == 15 * MINUTE
    assert theatre.watched("a") == [
        ("live", 0, 5 * MINUTE),
        ("live", 15 * MINUTE, 15 * MINUTE),
        ("od", 15 * MINUTE, 5 * MINUTE),
    ]
    entries = theatre.db.call(
        list_entries, theatre.org_id, "registration", theatre.registrants["a"]
    )
    assert [(each.actor, each.action, each.facts["reason"]) for each in entries] == [
        ("jo", "corrected viewing", "a test run")
    ]


def test_what_cannot_be_is_refused(theatre):
    session = theatre.session()
    with pytest.raises(Invalid):
        theatre.db.call(
            viewing.add_viewing,
            theatre.org_id,
            theatre.registrants["a"],
            session,
            Mode.LIVE,
            Interval(5, 5),
        )
    with pytest.raises(Missing):
        theatre.db.call(viewing.add_viewing, theatre.org_id, 0, session, Mode.LIVE, Interval(5, 6))
    with pytest.raises(Missing):
        theatre.session(999_999)
    for options in (
        {"delivery": Mode.ON_DEMAND, "media_kind": "", "media_url": ""},
        {"delivery": Mode.LIVE, "media_kind": "tape", "media_url": "https://x"},
        {"delivery": Mode.LIVE, "media_kind": "hls", "media_url": "javascript:x"},
    ):
        with pytest.raises(Invalid):
            theatre.db.call(
                viewing.set_media, theatre.org_id, theatre.live_id, actor="test", **options
            )
