"""Answers of server-sent events: a proxy passes each event on at once, and a stream ends as soon
as its node is stopping. The client then opens the next one, at another node where there is one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

from falcon.asgi import Request, Response, SSEvent

STOPPING = "turnout.stopping"
"""Where the front door puts its `asyncio.Event` in the scope of each request."""


def answer_events(resp: Response, events: AsyncIterator[SSEvent]) -> None:
    """Answer with events, while they come. nginx would keep them until its buffer is full."""
    resp.set_header("Cache-Control", "no-store")
    resp.set_header("X-Accel-Buffering", "no")
    resp.sse = events


async def paced(req: Request, times: int, pause_s: float) -> AsyncIterator[int]:
    """The numbers from 0 below `times`, with a pause after each; none once the node is stopping."""
    stopping: asyncio.Event = req.scope[STOPPING]
    for number in range(times):
        if stopping.is_set():
            return
        yield number
        with suppress(TimeoutError):
            async with asyncio.timeout(pause_s):
                await stopping.wait()
