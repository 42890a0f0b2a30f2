"""The installation's clock, as a process has it: steady, whatever becomes of the machine's."""

import pytest

from tests.support.node import BACKENDS, new_database
from turnout.settings import Settings
from turnout.store import open_database, system_clock
from turnout.store.steady import JUMP_MS, LEASES_LAG_MS, ClockReading, SteadyClock, look

NOW = 1_800_000_000_000
HOUR = 3_600_000


class Machine:
    """A machine's clock, which can be set, and what has passed since it was started."""

    def __init__(self) -> None:
        self.now, self.passed = NOW, 5_000

    def advance(self, ms: int) -> None:
        self.now += ms
        self.passed += ms

    def steady(self) -> SteadyClock:
        return SteadyClock(lambda: self.now, lambda: self.passed)


@pytest.fixture
def machine() -> Machine:
    return Machine()


def test_it_goes_on_with_what_passes(machine):
    clock = machine.steady()
    machine.advance(1_234)
    assert (clock(), clock.lease_now()) == (NOW + 1_234, NOW + 1_234)


@pytest.mark.parametrize("jump", [HOUR, -HOUR, 48 * HOUR])
def test_it_does_not_follow_a_machine_whose_clock_is_set_until_it_is_told_to(machine, jump):
    clock = machine.steady()
    machine.now += jump
    machine.advance(10)
    assert clock() == NOW + 10
    clock.move(jump)
    assert clock() == NOW + jump + 10


def test_leases_go_on_by_the_old_time_after_a_jump_ahead(machine):
    clock = machine.steady()
    clock.move(HOUR)
    assert (clock(), clock.lease_now()) == (NOW + HOUR, NOW)
    machine.advance(LEASES_LAG_MS - 1)
    assert clock.lease_now() == NOW + LEASES_LAG_MS - 1
    machine.advance(1)
    assert clock.lease_now() == clock() == NOW + HOUR + LEASES_LAG_MS


def test_two_jumps_ahead_hold_leases_back_together(machine):
    clock = machine.steady()
    clock.move(HOUR)
    machine.advance(1_000)
    clock.move(HOUR)
    assert (clock(), clock.lease_now()) == (NOW + 2 * HOUR + 1_000, NOW + 1_000)


@pytest.mark.parametrize("by_ms", [-HOUR, JUMP_MS - 1])
def test_leases_follow_a_jump_back_and_a_small_step_at_once(machine, by_ms):
    clock = machine.steady()
    clock.move(by_ms)
    assert clock.lease_now() == clock() == NOW + by_ms


def test_a_look_on_sqlite_sees_how_far_the_machines_clock_was_set(tmp_path, machine):
    db = open_database(Settings(database_url=new_database("sqlite", tmp_path)))
    try:
        clock = machine.steady()
        machine.now -= HOUR
        assert db.call(look, clock) == ClockReading(-HOUR, 0)
    finally:
        db.close()


def test_a_look_on_postgresql_sees_the_servers_clock_and_how_far_the_machines_is_off(
    cluster, tmp_path, machine
):
    db = open_database(Settings(database_url=new_database("postgresql", tmp_path, cluster)))
    try:
        clock = machine.steady()
        machine.now += HOUR
        seen = db.call(look, clock)
        assert seen is not None
        assert abs(seen.jump - (system_clock() - NOW)) < 1_000
        assert abs(seen.machine - (NOW + HOUR - system_clock())) < 1_000
    finally:
        db.close()


def test_a_slow_answer_of_the_server_says_nothing(cluster, tmp_path, machine):
    db = open_database(Settings(database_url=new_database("postgresql", tmp_path, cluster)))
    passed = iter([0, 0, 1_001])
    try:
        clock = SteadyClock(lambda: NOW, lambda: next(passed))
        assert db.call(look, clock) is None
    finally:
        db.close()


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_database_is_opened_with_the_installations_clock(backend, tmp_path, request):
    cluster = request.getfixturevalue("cluster") if backend == "postgresql" else None
    db = open_database(Settings(database_url=new_database(backend, tmp_path, cluster)))
    try:
        assert isinstance(db.clock, SteadyClock)
        assert abs(db.clock() - system_clock()) < 1_000
        assert abs(db.lease_now() - db.clock()) < 1_000
    finally:
        db.close()


def test_a_clock_that_is_moved_while_it_is_read_gives_instants_of_one_time():
    moves = [HOUR]

    def elapse() -> int:
        if is_made and moves:
            clock.move(moves.pop())
        return 0

    is_made = False
    clock = SteadyClock(lambda: NOW, elapse)
    is_made = True
    assert clock.read() == (NOW, NOW)
    assert clock.read() == (NOW + HOUR, NOW)
