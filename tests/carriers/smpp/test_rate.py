from hypothesis import given
from hypothesis import strategies as st

from turnout.carriers.smpp.rate import Bucket


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
