"""`python -m tests.proofs.poison URL SECONDS`: a worker that one submission kills.

It runs the real intake loops. What stands for the unknown fault is `decide`, alone or together: at
the address `poison@example.com` it ends its process as the kernel does. SECONDS is how far its
clock is ahead, so that nobody has to wait for claims to run out. Ends with 0 once nothing is due.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Sequence
from typing import Any

from turnout.core.registrations import intake
from turnout.core.registrations.batches import decide_together
from turnout.core.registrations.deciding import decide
from turnout.core.work.listing import list_set_aside
from turnout.settings import Settings
from turnout.store import Database, Tx, open_database, system_clock
from turnout.workers.intake import intake_loops
from turnout.workers.loop import Loop

POISON = "poison@example.com"


def killing(tx: Tx, submission: Any) -> Any:
    if submission.submitted.contact.email == POISON:
        os.kill(os.getpid(), signal.SIGKILL)
    return decide(tx, submission)


def killing_together(tx: Tx, cases: Sequence[Any]) -> Any:
    if POISON in {case.submission.submitted.contact.email for case in cases}:
        os.kill(os.getpid(), signal.SIGKILL)
    return decide_together(tx, cases)


def count_open(tx: Tx) -> int:
    """How many submissions wait that are not set aside."""
    aside = [work for work in list_set_aside(tx) if work.queue == intake.QUEUE]
    return intake.count_waiting(tx, 1_000) - len(aside)


async def run(
    url: str,
    seconds: int,
    make_loops: Callable[[Database], Sequence[Loop]],
    count_open: Callable[[Tx], int],
) -> None:
    """Run loops, with a clock that is `seconds` ahead, until nothing is open."""
    db = open_database(Settings(database_url=url), clock=lambda: system_clock() + seconds * 1000)
    loops = make_loops(db)
    for loop in loops:
        loop.start()
    while await db.read(count_open):  # noqa: ASYNC110 - another process ends it, or this one
        await asyncio.sleep(0.05)
    for loop in loops:
        await loop.stop()
    db.close()


if __name__ == "__main__":
    intake.decide = killing  # type: ignore[attr-defined]
    intake.decide_together = killing_together  # type: ignore[attr-defined]
    asyncio.run(run(sys.argv[1], int(sys.argv[2]), intake_loops, count_open))
