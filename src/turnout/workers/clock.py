"""Watching the clock: noticing that it was set, taking the new time over, and pulling back what
waits (store/steady.py, core/maintenance/clock.py).

A look costs two readings of clocks (and on PostgreSQL a question to the server). The leases of
those who may still be at work are pulled last, when the longest of them would have ended.
"""

import structlog

from turnout.core.callbacks.pulling import pull_calls
from turnout.core.maintenance.clock import (
    follow_jump,
    note_time,
    pull_queues,
    restart_what_is_ahead,
)
from turnout.core.messaging.pulling import START, LongestWaits, Place, pull_leases, pull_recipients
from turnout.core.tickets.mails import CLAIM_MS
from turnout.core.work.claims import PAUSE_MS
from turnout.core.work.pulling import pull_claims
from turnout.http import metrics
from turnout.store import Database, Tx
from turnout.store.steady import JUMP_MS, ClockReading, SteadyClock, look
from turnout.store.troubles import Troubles
from turnout.workers.callbacks import LEASE_MS
from turnout.workers.loop import Loop

EVERY_S = 2.0
NOTE_EVERY_MS = 60_000
# Drawing tickets has the longest claims of all, beside the pauses of what failed (claims.py).
LONGEST_CLAIM_MS = max(CLAIM_MS, PAUSE_MS)

log = structlog.get_logger()
differences = Troubles("this machine's clock is not the database's")


class ClockWatch(Loop):
    """Keeps one process on the installation's clock."""

    def __init__(
        self, db: Database, clock: SteadyClock, waits: LongestWaits, every_s: float = EVERY_S
    ) -> None:
        super().__init__("clock", self._turn, every_s)
        self._db = db
        self._clock = clock
        self._waits = waits
        self._noted_at: int | None = None
        self._unsaved_ms = 0
        self._to_pull = False
        self._leases_at: int | None = None

    async def _turn(self) -> bool:
        if seen := await self._db.read(look, self._clock):
            self._judge_machine(seen)
            self._follow(seen.jump)
        await self._save()
        await self._note()
        if self._to_pull:
            await self._pull()
            self._to_pull = False
        if self._leases_at is not None and self._clock.elapsed() >= self._leases_at:
            await self._pull_leases()
            self._leases_at = None
        return False

    def _follow(self, by_ms: int) -> None:
        self._clock.move(by_ms)
        if abs(by_ms) >= JUMP_MS:
            self._was_set(by_ms)

    def _was_set(self, by_ms: int) -> None:
        direction = "ahead" if by_ms > 0 else "back"
        metrics.clock_jumps.labels(direction).inc()
        log.warning("the clock was set", direction=direction, seconds=abs(by_ms) / 1000)
        if by_ms < 0:
            self._to_pull = True
            self._leases_at = self._clock.elapsed() + max(self._waits.lease_ms, LEASE_MS)
        self._unsaved_ms += by_ms

    async def _save(self) -> None:
        if self._unsaved_ms:
            await self._db.write(follow_jump, self._unsaved_ms)
            self._unsaved_ms = 0

    async def _note(self) -> None:
        elapsed = self._clock.elapsed()
        if self._noted_at is not None and elapsed - self._noted_at < NOTE_EVERY_MS:
            return
        if ahead_ms := await self._db.write_behind(note_time):
            self._was_set(-ahead_ms)
            await self._save()
        await self._db.write_behind(restart_what_is_ahead)
        self._noted_at = elapsed

    async def _pull(self) -> None:
        await self._db.write_behind(restart_what_is_ahead)
        while await self._db.write_behind(pull_queues):
            pass
        place: Place | None = START
        while place is not None:
            place = await self._db.write_behind(pull_recipients, place, self._waits)

    async def _pull_leases(self) -> None:
        await self._db.write_behind(_pull_claims)
        place: Place | None = START
        while place is not None:
            place = await self._db.write_behind(pull_leases, place, self._waits)

    def _judge_machine(self, seen: ClockReading) -> None:
        metrics.clock_difference.set(seen.machine / 1000)
        if abs(seen.machine) < JUMP_MS:
            differences.worked(self.name)
        else:
            differences.failed("clock.differs", self.name, seconds=seen.machine / 1000)


def _pull_claims(tx: Tx) -> None:
    pull_calls(tx, LEASE_MS)
    pull_claims(tx, LONGEST_CLAIM_MS)
