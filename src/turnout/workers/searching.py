"""The loop that writes what people are searched by (core/people/searching.py)."""

from turnout.core.people.searching import has_due, index_due
from turnout.core.registrations.intake import count_waiting
from turnout.store import Database
from turnout.workers.loop import Loop

# While so many wait to be decided, they go first: who came last is found all the same.
MOST_WAITING = 500


def search_loop(db: Database) -> Loop:
    """The loop on this node: a slice of people a step, behind everything else."""

    async def step() -> bool:
        if not await db.read(has_due) or await db.read(count_waiting, MOST_WAITING) >= MOST_WAITING:
            return False
        return await db.write_behind(index_due)

    return Loop("search", step)
