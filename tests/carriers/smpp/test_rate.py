from hypothesis import given
from hypothesis import strategies as st

from turnout.carriers.smpp.rate import Bucket, Pace


def send_for(bucket: Bucket, until: float, step: float) -> list[float]:
    """Send whenever it may go, at moments that are `step` apart; when it went."""
    sent = []
    now = 0.0
    while now <= until:
        while not bucket.wait_s(now):
            bucket.spend()
            sent.append(now)
        now += step
    return sent


def test_one_a_tenth_of_a_second():
    bucket = Bucket(10, 0.0)
    assert bucket.wait_s(0.0) == 0
    bucket.spend()
    assert bucket.wait_s(0.0) == 0.1
    assert round(bucket.wait_s(0.04), 9) == 0.06
    assert bucket.wait_s(0.125) == 0


@given(st.floats(1, 5000), st.floats(0.001, 0.05))
def test_no_second_has_more_than_the_rate_and_a_burst(rate: float, step: float):
    sent = send_for(Bucket(rate, 0.0), 2.0, step)
    for start in (0.0, 0.5, 0.99):
        assert len([at for at in sent if start <= at < start + 1]) <= rate + max(1, rate / 50) + 1


def test_a_long_silence_is_not_made_up_for():
    bucket = Bucket(100, 0.0)
    assert bucket.wait_s(3600.0) == 0
    bucket.spend()
    bucket.spend()
    assert round(bucket.wait_s(3600.0), 9) == 0.01


def test_no_limit():
    bucket = Bucket(0, 0.0)
    for _ in range(1000):
        assert bucket.wait_s(0.0) == 0
        bucket.spend()


def test_a_pause_starts_again_with_one_and_one_more_for_each_that_is_accepted():
    pace = Pace(0, 3, 0.0)
    assert (pace.allowance, pace.wait_s(0.0)) == (3, 0)
    pause_s = pace.slow_down(1.0)
    assert pause_s is not None
    assert 0.125 <= pause_s <= 0.25
    assert (pace.allowance, round(pace.wait_s(1.0), 9)) == (1, round(pause_s, 9))
    pace.speed_up(1.1)
    assert pace.slow_down(1.1) is None
    assert (pace.allowance, pace.wait_s(1.25)) == (1, 0)
    for allowance in (2, 3, 3):
        pace.speed_up(1.25)
        assert pace.allowance == allowance


def test_pauses_grow_to_the_longest_and_begin_again_with_what_is_accepted():
    pace = Pace(10, 3, 0.0)
    now = 0.0
    for longest in (0.25, 0.5, 1, 2, 4, 8, 15, 15):
        pause_s = pace.slow_down(now) or 0
        assert longest / 2 <= pause_s <= longest
        now += pause_s + 0.001
    pace.speed_up(now)
    assert 0.125 <= (pace.slow_down(now) or 0) <= 0.25
