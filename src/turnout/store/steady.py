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


class Look(NamedTuple):
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
        self._base = wall() - elapsed()
        self._lag = self._lag_until = 0

    def __call__(self) -> int:
        return self._base + self.elapsed()

    def lease_now(self) -> int:
        """The instant by which leases end."""
        elapsed = self.elapsed()
        return self._base + elapsed - (self._lag if elapsed < self._lag_until else 0)

    def lag(self) -> int:
        """How far that is behind the present instant (ms)."""
        return self._lag if self._lag and self.elapsed() < self._lag_until else 0

    def move(self, by_ms: int, *, with_leases: bool = False) -> None:
        """Go on from `by_ms` later, or earlier; leases follow at once, or when those that were
        given before have ended."""
        self._base += by_ms
        if by_ms < JUMP_MS or with_leases:
            return
        self._lag, self._lag_until = self.lag() + by_ms, self.elapsed() + LEASES_LAG_MS


def look(tx: Tx, clock: SteadyClock) -> Look | None:
    """Compare the process's time with the reference. None where the database took so long that its
    answer says little."""
    if tx.backend == "sqlite":
        machine = clock.wall()
        return Look(machine - clock(), 0)
    before = clock.elapsed()
    reference = _ask_server(tx.connection)
    took = clock.elapsed() - before
    if took > SLOWEST_ANSWER_MS:
        return None
    reference += took // 2
    return Look(reference - clock(), clock.wall() - reference)


def follow_reference(tx: Tx, clock: SteadyClock) -> None:
    """Take the reference's time over at once, for a process that has not begun to work."""
    if seen := look(tx, clock):
        clock.move(seen.jump, with_leases=True)


def _ask_server(connection: Any) -> int:
    sql = "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)"
    return int(connection.execute(sql).fetchone()[0])
