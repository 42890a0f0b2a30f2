"""`python -m tests.proofs.poison URL SECONDS …`: workers that one submission kills.

It runs the real intake loops. What stands for the unknown fault is `decide`, alone or together: at
the address `poison@example.com` it ends its process as the kernel does. There is one
worker after the other, each in a process of its own: SECONDS is how far its clock is ahead, so that
nobody has to wait for claims to run out. It ends with 0 once nothing is due; how each ended is
printed.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Sequence
from typing import Any

from turnout.core.registrations import accepting, intake
from turnout.core.registrations.batches import decide_together
from turnout.core.registrations.deciding import decide
from turnout.core.work.listing import list_set_aside
from turnout.settings import Settings
from turnout.store import Database, Tx, open_database, system_clock
from turnout.workers.intake import intake_loops
from turnout.workers.loop import Loop

POISON = "poison@example.com"
ENDED = "worker ended:"


def killing(tx: Tx, submission: Any) -> Any:
    if submission.submitted.contact.email == POISON:
        os.kill(os.getpid(), signal.SIGKILL)
    return decide(tx, submission)


def killing_together(tx: Tx, simple: Sequence[Any]) -> Any:
    if POISON in {one.case.submission.submitted.contact.email for one in simple}:
        os.kill(os.getpid(), signal.SIGKILL)
    return decide_together(tx, simple)


def count_open(tx: Tx) -> int:
    """How many submissions wait that are not set aside."""
    aside = [work for work in list_set_aside(tx) if work.queue == accepting.QUEUE]
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


def run_each(seconds: Sequence[str], work: Callable[[int], None]) -> None:
    """Work in forks of this process, which has loaded all that they need; print how each ended."""
    for ahead in seconds:
        if not (pid := os.fork()):
            work(int(ahead))
            sys.exit()
        _, status = os.waitpid(pid, 0)
        print(ENDED, os.waitstatus_to_exitcode(status), flush=True)


def read_ends(output: str) -> list[int]:
    """How each worker ended, by what was printed."""
    lines = [line.partition(ENDED) for line in output.splitlines()]
    return [int(code) for before, found, code in lines if found and not before]


if __name__ == "__main__":
    intake.decide = killing  # type: ignore[attr-defined]
    intake.decide_together = killing_together  # type: ignore[attr-defined]
    run_each(
        sys.argv[2:],
        lambda ahead: asyncio.run(run(sys.argv[1], ahead, intake_loops, count_open)),
    )
