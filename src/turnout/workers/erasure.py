"""The loop that removes erased people everywhere (core/erasure/erasing.py), and from the disk."""

import asyncio

from turnout.core.erasure.erasing import (
    QUEUE,
    find_step,
    list_uncleaned,
    mark_cleaned,
    take_step,
)
from turnout.core.erasure.places import TABLES
from turnout.store import Database
from turnout.workers.loop import Loop

EVERY_S = 60.0


def erasure_loop(db: Database) -> Loop:
    """The loop on this node: one slice of rows a step; the last one cleans the disk."""

    async def step() -> bool:
        if found := await db.read(find_step):
            await db.write_behind(take_step, found)
            return True
        erased = await db.read(list_uncleaned)
        if erased and await scrub():
            await db.write_behind(mark_cleaned, erased)
        return False

    async def scrub() -> bool:
        return await asyncio.to_thread(db.scrub, TABLES)

    loop = Loop("erasure", step, every_s=EVERY_S)
    db.on_wake(QUEUE, loop.wake)
    return loop
