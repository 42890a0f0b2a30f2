"""How a loop runs: woken or once a second, never stopped by an error, stopped between steps."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import structlog

from turnout.errors import Unavailable
from turnout.store.troubles import Troubles

log = structlog.get_logger()
troubles = Troubles("workers wait")

POLL_S = 1.0
AFTER_ERROR_S = 2.0


async def end_with(worker: str, recording: Awaitable[object]) -> None:
    """Wait for what a loop records when it is stopped. Where that cannot be written, say so in one
    line: what was not recorded is done again once its lease has run out."""
    try:
        await recording
    except Unavailable as failure:
        facts = {"code": failure.code, "error": failure.message}
        log.warning("stopped with results that are not recorded", worker=worker, **facts)
    except Exception:
        log.exception("stopped with results that are not recorded", worker=worker)


class Loop:
    """Calls `step` when woken, and also every `every_s` seconds; again while it returns True.

    `step` is one bounded piece of work. When it raises, that is logged and it is called again
    after a pause: a loop ends only when it is stopped. What is Unavailable (the database is away,
    its disk is full) has a known cause: all loops together tell of it now and then, in one line.
    """

    def __init__(
        self, name: str, step: Callable[[], Awaitable[bool]], every_s: float = POLL_S
    ) -> None:
        self.name = name
        self._step = step
        self._every_s = every_s
        self._woken = asyncio.Event()
        self._stopping = False
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin, in the running event loop."""
        self._task = asyncio.get_running_loop().create_task(self._run(), name=self.name)

    def wake(self) -> None:
        """There is work: do not wait for the next poll."""
        self._woken.set()

    async def stop(self) -> None:
        """Finish the step at hand and end."""
        self._stopping = True
        self._woken.set()
        if self._task:
            await self._task

    async def _run(self) -> None:
        while not self._stopping:
            self._woken.clear()
            try:
                while await self._step() and not self._stopping:
                    pass
                troubles.worked(self.name)
            except Unavailable as failure:
                troubles.failed(failure.code, self.name, worker=self.name, error=failure.message)
                await self._pause(AFTER_ERROR_S)
            except Exception:
                log.exception("worker failed; it goes on", worker=self.name)
                await self._pause(AFTER_ERROR_S)
            await self._pause(self._every_s)

    async def _pause(self, seconds: float) -> None:
        if not self._stopping:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), seconds)
