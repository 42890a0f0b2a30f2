"""The loop that decides submissions (core/journeys/intake.py).

Requests go first: while any wait for the database, the loop rests four times as long as it
worked, so that it takes a fifth of the writer at most; the queue catches up when they are done.
"""

import asyncio
import time

from turnout.core.journeys.intake import QUEUE, process
from turnout.http import metrics
from turnout.store import Database
from turnout.workers.loop import Loop

# One transaction decides this many: on SQLite some 5 ms of the writer's time; on PostgreSQL one,
# since locks on places are held until its end.
BATCH = {"sqlite": 16, "postgresql": 1}
LOOPS = {"sqlite": 1, "postgresql": 3}
REST = 4


def intake_loops(db: Database) -> list[Loop]:
    """The loops that process the intake queue on this node."""
    return [_make(db, number) for number in range(LOOPS[db.backend])]


def _make(db: Database, number: int) -> Loop:
    most = BATCH[db.backend]

    async def step() -> bool:
        started = time.perf_counter()
        done = await db.write_behind(process, most)
        metrics.processed.labels(QUEUE).inc(done)
        if db.busy:
            await asyncio.sleep(REST * (time.perf_counter() - started))
        return done == most

    loop = Loop(f"{QUEUE}-{number}", step)
    db.on_wake(QUEUE, loop.wake)
    return loop
