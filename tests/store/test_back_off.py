"""Pauses grow, end, and differ."""

from hypothesis import given
from hypothesis import strategies as st

from turnout.store.back_off import BackOff, growing, part_of

back_offs = st.builds(
    growing, st.floats(0.001, 1000), st.floats(0.001, 100_000), st.floats(1.01, 100)
)
counts = st.integers(-5, 10**12)
rows = st.integers(0, 2**63 - 1)


def test_pauses_grow_by_the_factor_to_the_longest_and_stay_there():
    doubling = growing(0.25, 4)
    assert doubling == BackOff((0.25, 0.5, 1, 2, 4))
    assert [doubling.pause(failures) for failures in (1, 2, 3, 5, 6, 10**9)] == [0.25, 0.5, 1] + [
        4
    ] * 3
    assert growing(5, 300, 4) == BackOff((5, 20, 80, 300))
    assert growing(60, 10) == BackOff((10,))
    assert growing(1, 1e300, 1e5).pause(10**9) == 1e300


def test_a_part_shortens_by_up_to_half():
    assert [growing(8, 60).pause(2, part) for part in (0, 0.25, 0.5, 1)] == [16, 14, 12, 8]


def test_what_has_not_failed_waits_as_after_the_first_time():
    assert [growing(8, 60).pause(failures) for failures in (-5, 0, 1)] == [8, 8, 8]


@given(back_offs, counts, rows)
def test_a_pause_is_between_half_and_the_whole_whatever_failed(back_off, failures, row):
    whole = back_off.pause(failures)
    assert back_off.steps[0] <= whole <= back_off.steps[-1]
    for pause in (back_off.draw(failures), back_off.scatter(failures, row)):
        assert whole / 2 <= pause <= whole


@given(back_offs, st.integers(1, 100), st.floats(0, 1))
def test_pauses_never_shrink(back_off, failures, part):
    assert back_off.pause(failures, part) <= back_off.pause(failures + 1, part)


def test_chance_draws_other_pauses():
    assert len({growing(1, 60).draw(3) for _ in range(100)}) > 90


@given(rows, st.integers(0, 1000))
def test_the_part_of_a_row_is_less_than_one(row, failures):
    assert 0 <= part_of(row, failures) < 1


@given(st.integers(0, 2**62), st.integers(0, 40))
def test_rows_that_failed_together_come_back_evenly(first, failures):
    tenths = [int(part_of(row, failures) * 10) for row in range(first, first + 1000)]
    assert all(80 <= tenths.count(tenth) <= 120 for tenth in range(10))


def test_a_row_that_fails_again_has_another_part():
    assert len({part_of(7, failures) for failures in range(100)}) == 100
