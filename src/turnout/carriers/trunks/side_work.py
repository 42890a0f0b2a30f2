"""What goes on beside the turns of a call, such as dialling and hanging up."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Protocol

from turnout.carriers.trunks.pipe import say_fault, tell_fault


class Failing(Protocol):
    """A call that a fault can end."""

    @property
    def is_over(self) -> bool:
        """Whether its end was told."""
        ...

    def fail(self, reason: str) -> None:
        """End it."""
        ...


class SideWork:
    """The work beside the turns of one call; a fault of it ends the call as one of theirs does.
    `tell` takes what the parent is told, `id_` is the call's. To be made in the event loop."""

    def __init__(self, call: Failing, id_: str, tell: Callable[[dict[str, Any]], None]) -> None:
        self._call, self._id, self._tell = call, id_, tell
        self._loop = asyncio.get_running_loop()
        self._tasks: set[asyncio.Task[None]] = set()

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        """Begin some."""
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._end)

    def _end(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            self._tell(tell_fault(error, self._id))
            if not self._call.is_over:
                self._call.fail(say_fault(error))
