"""The installation's clock: one for all its processes, and steady in each of them.

Theory. Leases, pauses and windows of several processes meet in one database, so they must be
measured by one clock: the machine's for SQLite, the database server's for PostgreSQL, whatever a
node's own clock says. And a clock that is set by an hour in the middle of the work would end every
lease at once, or none for an hour. So a process reads that clock (the *reference*) now and then,
and goes on by what has passed since, which nobody can set. Where the reference has jumped, the
process takes the new time over with care (workers/clock.py): after a jump back, what is stored is
pulled back with it; after a jump ahead, leases go on by the old time until those that were given
before have ended (`lease_now`), so that nothing under way is taken for dead, and done twice.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from turnout.store.sources import Clock, counting_ms, system_clock
from turnout.store.transaction import Tx

JUMP_MS = 2_000
"""From how far on a difference is a jump; less is followed without a word."""
SLOWEST_ANSWER_MS = 1_000
LEASES_LAG_MS = 300_000
"""For how long leases go on by the old time after a jump ahead. Longer than a lease, and than the
processes take to notice it one after another."""


class ClockReading(NamedTuple):
    """What a look at the reference saw, in ms: how far it is ahead of the process's time, and how
    far the machine's clock is ahead of the reference."""

    jump: int
    machine: int


class SteadyClock:
    """The present instant (epoch ms), as one process has it. `elapsed` goes on while the machine
    sleeps: a laptop that wakes up has made no jump."""

    def __init__(
        self, wall: Clock = system_clock, elapsed: Callable[[], int] = counting_ms
    ) -> None:
        self.wall = wall
        self.elapsed = elapsed
        # In one piece, since others read while it is moved: what is added to `elapsed`, how far
        # leases lag behind that, and until when.
        self._state = (wall() - elapsed(), 0, 0)

    def __call__(self) -> int:
        return self._state[0] + self.elapsed()

    def lease_now(self) -> int:
        """The instant by which leases end."""
        return self.read()[1]

    def read(self) -> tuple[int, int]:
        """The present instant, and that by which leases end."""
        base, lag, lag_until = self._state
        elapsed = self.elapsed()
        now = base + elapsed
        return now, now - lag if elapsed < lag_until else now

    def move(self, by_ms: int, *, with_leases: bool = False) -> None:
        """Go on from `by_ms` later, or earlier; leases follow at once, or when those that were
        given before have ended."""
        base, lag, lag_until = self._state
        if by_ms >= JUMP_MS and not with_leases:
            elapsed = self.elapsed()
            lag = (lag if elapsed < lag_until else 0) + by_ms
            lag_until = elapsed + LEASES_LAG_MS
        self._state = (base + by_ms, lag, lag_until)


def look(tx: Tx, clock: SteadyClock) -> ClockReading | None:
    """Compare the process's time with the reference. None where the database took so long that its
    answer says little."""
    if tx.backend == "sqlite":
        machine = clock.wall()
        return ClockReading(machine - clock(), 0)
    before = clock.elapsed()
    reference = _ask_server(tx.connection)
    took = clock.elapsed() - before
    if took > SLOWEST_ANSWER_MS:
        return None
    reference += took // 2
    return ClockReading(reference - clock(), clock.wall() - reference)


def follow_reference(tx: Tx, clock: SteadyClock) -> None:
    """Take the reference's time over at once, for a process that has not begun to work."""
    if seen := look(tx, clock):
        clock.move(seen.jump, with_leases=True)


def _ask_server(connection: Any) -> int:
    sql = "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)"
    return int(connection.execute(sql).fetchone()[0])
