"""The watch over the clock, on either database: a process whose time is not the reference's."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from structlog.testing import capture_logs

from tests.core.messaging.jobs import LEASE_MS, NUMBERS, claim_all, make_login, new_job, post, rows
from tests.support.builder import make_organization
from tests.support.node import new_database
from tests.workers.conftest import until
from turnout.core.maintenance.clock import look_at_clocks, note_time
from turnout.core.messaging.pulling import LongestWaits
from turnout.http import metrics
from turnout.settings import Settings
from turnout.store import Database, open_database
from turnout.store.sources import counting_ms, system_clock
from turnout.store.steady import LEASES_LAG_MS, SteadyClock
from turnout.workers.clock import ClockWatch

HOUR = 3_600_000
WAITS = LongestWaits(LEASE_MS, 72 * HOUR)


class Process:
    """A process on a database: its time, and what a test adds to what has passed."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.slept = 0
        self.clock = db.clock = SteadyClock(elapsed=lambda: counting_ms() + self.slept)
        self.login = db.call(_make_login)

    def sleep(self, ms: int) -> None:
        """Let time pass that no clock but its own shows: the reference seems set back by it."""
        self.slept += ms

    def watch(self, is_so: Callable[[], bool]) -> list[Any]:
        """Watch the clock until something is so; what was logged."""

        async def scenario() -> None:
            loop = ClockWatch(self.db, self.clock, WAITS, every_s=0.01)
            loop.start()
            try:
                await until(lambda: asyncio.to_thread(is_so))
            finally:
                await loop.stop()

        with capture_logs() as logs:
            asyncio.run(scenario())
        return logs

    def is_right(self) -> bool:
        return abs(self.clock() - system_clock()) < 1_000


def _make_login(tx: Any) -> Any:
    return make_login(tx, make_organization(tx, "acme"), "au/jo")


@pytest.fixture
def process(url: str) -> Iterator[Process]:
    db = open_database(Settings(database_url=url))
    yield Process(db)
    db.close()


def jumps(direction: str) -> float:
    return metrics.clock_jumps.labels(direction)._value.get()


def set_back(process: Process) -> None:
    """The reference is an hour behind what this process has gone by."""
    process.clock.move(HOUR, with_leases=True)


def test_a_clock_that_goes_right_is_noted_and_nothing_told(process):
    logs = process.watch(lambda: process.db.call(note_time) == 0)
    assert logs == []
    assert process.db.call(look_at_clocks) == (0, None)


def test_a_clock_that_is_set_back_is_told_and_what_waits_is_pulled_back(process):
    before = jumps("back")
    set_back(process)
    job_id = post(process.db, process.login, new_job(), NUMBERS[:2])
    db = process.db
    logs = process.watch(
        lambda: (
            process.is_right()
            and all(due_at <= db.clock() for (due_at,) in rows(db, job_id, "due_at"))
        )
    )
    (told,) = logs
    assert (told["event"], told["direction"]) == ("the clock was set", "back")
    assert told["seconds"] == pytest.approx(3600, abs=60)
    assert jumps("back") == before + 1
    found = db.call(look_at_clocks)
    assert found.ahead_ms == 0
    assert abs(found.jump.by_ms + HOUR) < 60_000
    assert [len(job.recipients) for job in claim_all(db)] == [2]


def test_what_a_process_has_in_hand_is_its_own_until_a_lease_has_passed(process):
    set_back(process)
    job_id = post(process.db, process.login, new_job(), NUMBERS[:2])
    (claimed,) = claim_all(process.db)
    db = process.db
    process.watch(process.is_right)
    assert claim_all(db) == []
    assert all(due_at > db.clock() + LEASE_MS for (due_at,) in rows(db, job_id, "due_at"))
    assert len(claimed.recipients) == 2


def test_after_a_jump_ahead_nothing_under_way_is_claimed_again_before_its_lease_has_passed(process):
    before = jumps("ahead")
    process.clock.move(-HOUR)
    post(process.db, process.login, new_job(), NUMBERS[:2])
    db = process.db
    assert len(claim_all(db)) == 1
    process.watch(process.is_right)
    assert jumps("ahead") == before + 1
    assert claim_all(db) == []
    process.sleep(LEASES_LAG_MS)
    (again,) = claim_all(db)
    assert len(again.recipients) == 2


def test_a_clock_that_was_set_back_while_nothing_ran_is_noticed_at_the_start(process):
    set_back(process)
    process.db.call(note_time)
    job_id = post(process.db, process.login, new_job(), NUMBERS[:1])
    process.clock.move(-HOUR)
    db = process.db
    logs = process.watch(
        lambda: all(due_at <= db.clock() for (due_at,) in rows(db, job_id, "due_at"))
    )
    (told,) = logs
    assert told["direction"] == "back"
    assert told["seconds"] == pytest.approx(3600, abs=60)
    assert db.call(look_at_clocks).ahead_ms == 0


def test_a_lease_of_the_dead_is_taken_over_when_it_would_have_ended(process):
    set_back(process)
    job_id = post(process.db, process.login, new_job(), NUMBERS[:1])
    claim_all(process.db)
    db = process.db

    def is_taken_over() -> bool:
        if process.is_right() and not process.slept:
            process.sleep(LEASE_MS)
            process.clock.move(-LEASE_MS)
        return all(due_at <= db.clock() for (due_at,) in rows(db, job_id, "due_at"))

    process.watch(is_taken_over)
    assert [len(job.recipients) for job in claim_all(db)] == [1]


def test_a_machine_whose_clock_is_not_the_databases_is_told(cluster, tmp_path):
    db = open_database(Settings(database_url=new_database("postgresql", tmp_path, cluster)))
    try:
        process = Process(db)
        process.clock.wall = lambda: system_clock() + 2 * HOUR
        logs = process.watch(lambda: metrics.clock_difference._value.get() > 7_000)
        assert metrics.clock_difference._value.get() == pytest.approx(7_200, abs=60)
        (told,) = logs
        assert told["event"] == "this machine's clock is not the database's"
        assert told["code"] == "clock.differs"
        assert told["seconds"] == pytest.approx(7_200, abs=60)
        assert process.is_right()
    finally:
        db.close()
