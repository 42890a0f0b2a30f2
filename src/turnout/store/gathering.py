"""Many callers, one command: requests that come at the same time share a transaction.

While one batch is being written, the next gathers; so the busier it is, the more a batch holds
and the less each caller costs, and a lone caller waits for nobody. The verb takes the list and
answers each in its place, with a result or with the Failure that this caller shall see: then
one caller's refusal does not concern the others.

A command is on its way to the database as soon as somebody waits, and takes whoever waits at the
moment when a database thread begins with it: the thread goes from one commit to the next batch
without waiting for the event loop. `_is_awaited` says that such a command has not begun yet. The
thread clears it *before* it takes the callers, and a caller enters the line before looking at it:
so nobody is left in the line without a command, and at worst a command finds nobody.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from turnout.errors import Failure, Unavailable
from turnout.store.database import Database
from turnout.store.transaction import Tx

I = TypeVar("I")  # noqa: E741
R = TypeVar("R")

MOST = 128

_Entry = tuple[I, "asyncio.Future[R]"]


class Gathering(Generic[I, R]):
    """`await gathering(item)` is `(await db.write(verb, [item]))[0]`, shared with others.

    All that wait have committed, or none of their batch has. Raises the Failure that the verb
    put in the item's place, what the verb itself raises, or Unavailable.
    """

    def __init__(
        self,
        db: Database,
        verb: Callable[[Tx, list[I]], list[R | Failure]],
        *,
        limit: int,
    ) -> None:
        self._db = db
        self._verb = verb
        self._limit = limit
        # One that is carried out (on PostgreSQL three), and one that has not begun.
        self._at_once = 2 if db.backend == "sqlite" else 4
        self._waiting: deque[_Entry[I, R]] = deque()
        self._running = 0
        self._is_awaited = False
        self._is_scheduled = False

    async def __call__(self, item: I) -> R:
        """The verb's result for `item`, once it is on disk."""
        if len(self._waiting) >= self._limit:
            raise Unavailable(
                "store.busy", "Too many requests wait for the database. Try again in a second."
            )
        loop = asyncio.get_running_loop()
        future: asyncio.Future[R] = loop.create_future()
        self._waiting.append((item, future))
        if not (self._is_awaited or self._is_scheduled) and self._running < self._at_once:
            self._is_scheduled = True
            loop.call_soon(self._send)
        return await future

    def _send(self) -> None:
        self._is_scheduled = False
        batch: list[_Entry[I, R]] = []
        self._is_awaited = True
        try:
            writing = self._db.submit(self._carry_out, batch)
        except Failure as failure:
            self._take(batch)
            self._settle(batch, failure)
            return
        self._running += 1
        writing.add_done_callback(lambda done: self._end(batch, done))

    def _carry_out(self, tx: Tx, batch: "list[_Entry[I, R]]") -> list[R | Failure]:
        """In a database thread. Run anew after a conflict, it has its callers already."""
        if not batch:
            self._take(batch)
        return self._verb(tx, [item for item, _ in batch]) if batch else []

    def _take(self, batch: "list[_Entry[I, R]]") -> None:
        self._is_awaited = False
        while self._waiting and len(batch) < MOST:
            batch.append(self._waiting.popleft())

    def _end(self, batch: "list[_Entry[I, R]]", done: "asyncio.Future[list[R | Failure]]") -> None:
        self._running -= 1
        error = done.exception()
        if error is not None and not batch:
            self._take(batch)  # it never began
        self._settle(batch, error or done.result())
        if self._waiting and not self._is_awaited:
            self._send()

    def _settle(self, batch: "list[_Entry[I, R]]", result: Any) -> None:
        answers = [result] * len(batch) if isinstance(result, BaseException) else result
        for (_, future), answer in zip(batch, answers, strict=True):
            if future.done():
                continue
            if isinstance(answer, BaseException):
                future.set_exception(answer)
            else:
                future.set_result(answer)
