"""The end of a lease is known to its worker, on two clocks, and a little before everybody else."""

import pytest

from turnout.core.work.leases import Lease
from turnout.store.sources import counting_clock


class Time:
    """A machine's clock (ms) and counter (s)."""

    def __init__(self) -> None:
        self.now = 1_000_000
        self.counted_s = 50.0

    def lease(self, lease_ms: int) -> Lease:
        return Lease(
            lambda: self.now, self.now + lease_ms, self.counted_s, lease_ms, lambda: self.counted_s
        )

    def pass_by(self, ms: int) -> None:
        self.now += ms
        self.counted_s += ms / 1000


@pytest.mark.parametrize(
    ("lease_ms", "usable_ms"), [(8_000, 7_000), (40_000, 35_000), (120_000, 115_000)]
)
def test_it_ends_for_its_worker_before_it_ends_for_others(lease_ms, usable_ms):
    time = Time()
    lease = time.lease(lease_ms)
    time.pass_by(usable_ms - 1)
    assert lease.holds(1)
    time.pass_by(1)
    assert not lease.holds(1)


def test_one_clock_that_says_so_is_enough():
    time = Time()
    lease = time.lease(8_000)
    time.now += 7_000  # set forward
    assert not lease.holds(1)
    time.now -= 3_600_000  # set back
    assert lease.holds(1)
    time.counted_s += 7
    assert not lease.holds(1)


def test_it_is_renewed_when_a_third_has_passed():
    time = Time()
    lease = time.lease(9_000)
    assert not lease.is_worn()
    time.pass_by(3_000)
    assert lease.is_worn()
    time.pass_by(60_000)
    assert not lease.holds(1)
    lease.extend(time.now + 9_000, time.counted_s)
    assert lease.holds(1)
    assert not lease.is_worn()


def test_a_renewal_that_was_itself_frozen_is_worth_nothing():
    time = Time()
    lease = time.lease(8_000)
    until, since_s = time.now + 8_000, time.counted_s
    time.pass_by(30_000)
    lease.extend(until, since_s)
    assert not lease.holds(1)


def test_what_is_lost_stays_lost():
    time = Time()
    lease = time.lease(8_000)
    lease.lose({1})
    lease.extend(time.now + 8_000, time.counted_s)
    assert (lease.holds(1), lease.holds(2)) == (False, True)


def test_the_counter_goes_forward():
    assert counting_clock() <= counting_clock()
