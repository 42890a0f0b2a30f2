"""Many callers, one command: requests that come at the same time share a transaction.

While one batch is being written, the next gathers; so the busier it is, the more a batch holds
and the less each caller costs, and a lone caller waits for nobody. The verb takes the list and
answers each in its place, with a result or with the Failure that this caller shall see: then
one caller's refusal does not concern the others.
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
        self._at_once = 1 if db.backend == "sqlite" else 3
        self._waiting: deque[tuple[I, asyncio.Future[R]]] = deque()
        self._running = 0
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
        if not self._is_scheduled and self._running < self._at_once:
            self._is_scheduled = True
            loop.call_soon(self._send)
        return await future

    def _send(self) -> None:
        self._is_scheduled = False
        batch = [self._waiting.popleft() for _ in range(min(MOST, len(self._waiting)))]
        if not batch:
            return
        self._running += 1
        items = [item for item, _ in batch]
        try:
            writing = self._db.submit(self._verb, items)
        except Failure as failure:
            self._settle(batch, failure)
        else:
            writing.add_done_callback(
                lambda done: self._settle(batch, done.exception() or done.result())
            )

    def _settle(self, batch: list[tuple[I, "asyncio.Future[R]"]], result: Any) -> None:
        self._running -= 1
        answers = [result] * len(batch) if isinstance(result, BaseException) else result
        for (_, future), answer in zip(batch, answers, strict=True):
            if future.done():
                continue
            if isinstance(answer, BaseException):
                future.set_exception(answer)
            else:
                future.set_result(answer)
        if self._waiting:
            self._send()
