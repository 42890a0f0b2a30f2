"""The loops that remove erased people everywhere (core/erasure/erasing.py), and from the disk, and
find whose time is over (core/erasure/expiring.py)."""

import asyncio

from turnout.core.erasure.erasing import (
    QUEUE,
    find_step,
    list_uncleaned,
    mark_cleaned,
    take_step,
)
from turnout.core.erasure.expiring import find_run, take_stretch
from turnout.core.erasure.places import TABLES
from turnout.store import Database
from turnout.store.trigrams import compact
from turnout.workers.loop import Loop

EVERY_S = 60.0


def erasure_loop(db: Database) -> Loop:
    """The loop on this node: one slice of rows a step; the last one cleans the disk."""

    async def step() -> bool:
        if found := await db.read(find_step):
            await db.write_behind(take_step, found)
            return True
        erased = await db.read(list_uncleaned)
        if erased:
            await forget_letters()
            if await scrub():
                await db.write_behind(mark_cleaned, erased)
        return False

    async def forget_letters() -> None:
        is_more = await db.write_behind(compact, is_first=True)
        while is_more:
            is_more = await db.write_behind(compact, is_first=False)

    async def scrub() -> bool:
        return await asyncio.to_thread(db.scrub, TABLES)

    loop = Loop("erasure", step, every_s=EVERY_S)
    db.on_wake(QUEUE, loop.wake)
    return loop


def retention_loop(db: Database) -> Loop:
    """The loop that works off the daily runs of organizations with a rule, a stretch a step."""

    async def step() -> bool:
        run = await db.read(find_run)
        if run is not None:
            await db.write_behind(take_stretch, run)
        return run is not None

    return Loop("retention", step, every_s=EVERY_S)
