"""The loop that decides submissions (core/registrations/intake.py).

Requests go first: while any came just now, the loop rests many times as long as it worked, so that
it takes a tenth of the writer; the queue catches up when they are done. Should they not be done
soon, the loop takes more, so that a queue which can be kept up with is: nobody waits for minutes
because others keep coming, and what is too much fills the backlog and is refused (http/backlog.py).
"""

import asyncio
import time
from contextlib import suppress

from turnout.core.registrations.accepting import QUEUE
from turnout.core.registrations.intake import turn_intake
from turnout.core.work.claims import LEASE_MS, Claim, take
from turnout.errors import Failure
from turnout.http import metrics
from turnout.store import Database
from turnout.workers.loop import Loop

# One transaction decides this many at most: some 10 ms of SQLite's writer, or 5 ms while requests
# come. On PostgreSQL the loops wait for each other at one event, and what they have claimed waits
# with them.
BATCH = {"sqlite": 64, "postgresql": 128}
BATCH_AMONG_REQUESTS = {"sqlite": 32, "postgresql": 64}
LOOPS = {"sqlite": 1, "postgresql": 3}
# How long to rest, in times of the work, while requests come and the first in the queue has not
# waited longer than so many ms.
# What is claimed waits, so a rest is never longer than half of its time.
LONGEST_REST_S = LEASE_MS / 2000
RESTS = ((10_000, 9), (60_000, 4), (float("inf"), 1))


def intake_loops(db: Database) -> list[Loop]:
    """The loops that process the intake queue on this node."""
    return [IntakeLoop(db, number) for number in range(LOOPS[db.backend])]


class IntakeLoop(Loop):
    """Decides what the turn before claimed, and claims the next, in one transaction. It claims more
    while all that it claims is decided at once, and less where it has to leave some."""

    def __init__(self, db: Database, number: int) -> None:
        super().__init__(f"{QUEUE}-{number}", self._turn)
        self._db = db
        self._claimed: list[Claim] = []
        self._limit = 1
        db.on_wake(QUEUE, self.wake)

    async def stop(self) -> None:
        """End, and give back what was claimed and not begun."""
        await super().stop()
        with suppress(Failure):
            await self._db.write_behind(take, QUEUE, self._claimed)

    async def _turn(self) -> bool:
        db = self._db
        limit = min(self._limit, (BATCH_AMONG_REQUESTS if db.busy else BATCH)[db.backend])
        started = time.perf_counter()
        progress, self._claimed = await db.write_behind(turn_intake, self._claimed, limit)
        metrics.processed.labels(QUEUE).inc(progress.done)
        self._limit = 1 + limit // 4 if progress.left else 2 * limit
        # A turn that decided nothing was little work, however long it waited for a held row.
        if progress.done and db.busy:
            rest_s = rest_for(progress.waited_ms) * (time.perf_counter() - started)
            await asyncio.sleep(min(rest_s, LONGEST_REST_S))
        return bool(self._claimed)


def rest_for(waited_ms: int) -> int:
    """How many times as long as it worked the loop rests while requests come."""
    return next(rest for longest, rest in RESTS if waited_ms <= longest)
