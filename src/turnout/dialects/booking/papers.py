"""Drawing scrap paper: each content once, a few at a time, and not without end.

Drawing takes some milliseconds a page. So a paper that was drawn is kept by its content and handed
out again; callers who want the same one at once wait for one drawing; two are drawn at a time, a
few may wait, and an organization has a number of drawings a minute.
"""

import asyncio
from collections import OrderedDict
from functools import partial

from turnout.core.exams.printing import ScrapPaper, draw_scrap_paper
from turnout.core.ids import OrgId
from turnout.errors import Limited, Unavailable
from turnout.store import Clock
from turnout.store.windows import Window, Windows

AT_ONCE = 2
WAITING_LIMIT = 8
MINUTE_MS = 60_000
DRAWINGS_A_MINUTE = 30
ORGANIZATIONS_LIMIT = 10_000
KEPT_BYTES = 16 * 1024 * 1024
RETRY_AFTER_S = 10


class PaperDesk:
    """Draws papers and keeps the last of them; for one event loop."""

    def __init__(self, clock: Clock) -> None:
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._size = 0
        self._drawing: dict[str, asyncio.Task[bytes]] = {}
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._drawn = Windows(clock, MINUTE_MS, ORGANIZATIONS_LIMIT, Window)

    async def get_pdf(self, org_id: OrgId, paper: ScrapPaper) -> bytes:
        """The paper as PDF. Raises Limited when the organization had too many drawn, Unavailable
        when too many others are being drawn."""
        digest = f"{org_id}:{paper.digest}"
        if digest in self._kept:
            self._kept.move_to_end(digest)
            return self._kept[digest]
        task = self._drawing.get(digest)
        if task is None:
            self._count(org_id)
            task = asyncio.create_task(self._draw(digest, paper))
            self._drawing[digest] = task
            task.add_done_callback(partial(self._end, digest))
        # A caller who goes away does not end the drawing for the others.
        return await asyncio.shield(task)

    def _count(self, org_id: OrgId) -> None:
        if len(self._drawing) >= AT_ONCE + WAITING_LIMIT:
            raise Unavailable("paper.busy", retry_after=RETRY_AFTER_S)
        window = self._drawn.get(org_id)
        if window.count >= DRAWINGS_A_MINUTE:
            raise Limited(
                "paper.throttled",
                limit=DRAWINGS_A_MINUTE,
                retry_after=self._drawn.seconds_left(window),
            )
        window.count += 1

    async def _draw(self, digest: str, paper: ScrapPaper) -> bytes:
        async with self._turns:
            pdf = await asyncio.to_thread(draw_scrap_paper, paper)
        if len(pdf) <= KEPT_BYTES:
            self._kept[digest] = pdf
            self._size += len(pdf)
        while self._size > KEPT_BYTES:
            self._size -= len(self._kept.popitem(last=False)[1])
        return pdf

    def _end(self, digest: str, task: "asyncio.Task[bytes]") -> None:
        del self._drawing[digest]
        if not task.cancelled():
            task.exception()  # anyone who waits has it
