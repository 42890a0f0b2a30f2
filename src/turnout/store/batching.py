"""Many callers, one command: requests that come at the same time share a transaction.

While one batch is being written, the next gathers; so the busier it is, the more a batch holds
and the less each caller costs, and a lone caller waits for nobody. The verb takes the list and
answers each in its place, with a result or with the Failure that this caller shall see: then
one caller's refusal does not concern the others.

What the verb raises for a list is often one caller's: a name that the database cannot take must not
fail 127 neighbours. So a list that fails, with any error but Unavailable, is done once more in one
command, each item in a savepoint of its own and in their order; then an error is its own caller's.

A command is on its way to the database as soon as somebody waits, and takes anyone who waits at the
moment when a database thread begins with it: the thread goes from one commit to the next batch
without waiting for the event loop. `_is_awaited` says that such a command has not begun yet. The
thread clears it *before* it takes the callers, and a caller enters the line before looking at it:
so nobody is left in the line without a command, and at worst a command finds nobody.

Each caller waits as long as its own request does (deadlines.py). `_turn` guards the line against
its being swept while a thread takes from it: a caller is either taken or dropped.
"""

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Generic, TypeVar

from turnout.errors import Failure, Unavailable
from turnout.store import deadlines
from turnout.store.commands import Lane
from turnout.store.database import Database
from turnout.store.deadlines import SWEEP_EVERY_S, Patience, as_dropped
from turnout.store.transaction import Tx

I = TypeVar("I")  # noqa: E741
R = TypeVar("R")

MOST = 128

_Entry = tuple[I, "asyncio.Future[R]", Patience | None]


class Batcher(Generic[I, R]):
    """`await batcher(item)` is `(await db.write(verb, [item]))[0]`, shared with others.

    All that wait have committed, or none of their batch has. Raises the Failure that the verb
    put in the item's place, what the verb raises for the item alone, or Unavailable.
    """

    def __init__(
        self,
        db: Database,
        verb: Callable[[Tx, list[I]], list[R | Failure]],
        *,
        limit: int,
        lane: Lane = Lane.REQUEST,
        most: int = MOST,
        is_alone: bool = False,
    ) -> None:
        """`limit` callers wait at most, and `most` share a command. `is_alone`: one command at a
        time, for a verb that holds the rows that the next one wants."""
        self._db = db
        self._verb = verb
        self._limit = limit
        self._lane = lane
        # One that is carried out (on PostgreSQL three), and one that has not begun.
        self._at_once = 1 if is_alone else 2 if db.backend == "sqlite" else 4
        self._most = most
        self._waiting: deque[_Entry[I, R]] = deque()
        self._running = 0
        self._is_awaited = False
        self._is_scheduled = False
        self._is_swept = False
        self._turn = threading.Lock()

    async def __call__(self, item: I) -> R:
        """The verb's result for `item`, once it is on disk."""
        if len(self._waiting) >= self._limit:
            raise Unavailable("store.busy")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[R] = loop.create_future()
        self._waiting.append((item, future, deadlines.current.get()))
        if not (self._is_awaited or self._is_scheduled) and self._running < self._at_once:
            self._is_scheduled = True
            loop.call_soon(self._send)
        if not self._is_swept:
            self._is_swept = True
            loop.call_later(SWEEP_EVERY_S, self._sweep)
        return await future

    def _sweep(self) -> None:
        """Drop those who have waited too long, while any wait."""
        now = time.monotonic()
        with self._turn:
            for _ in range(len(self._waiting)):
                entry = self._waiting.popleft()
                if not _is_dropped(entry, now):
                    self._waiting.append(entry)
        self._is_swept = bool(self._waiting)
        if self._is_swept:
            asyncio.get_running_loop().call_later(SWEEP_EVERY_S, self._sweep)

    def _send(self) -> None:
        self._is_scheduled = False
        batch: list[_Entry[I, R]] = []
        self._is_awaited = True
        try:
            writing = self._db.submit_for_many(self._lane, self._carry_out, batch)
        except Failure as failure:
            self._take(batch)
            self._settle(batch, failure)
            return
        self._running += 1
        writing.add_done_callback(lambda done: self._end(batch, done))

    def _carry_out(self, tx: Tx, batch: "list[_Entry[I, R]]") -> list[R | Failure]:
        """In a database thread. Run again after a conflict, it has its callers already."""
        if not batch:
            self._take(batch)
        return self._verb(tx, [item for item, *_ in batch]) if batch else []

    def _take(self, batch: "list[_Entry[I, R]]") -> None:
        self._is_awaited = False
        now = time.monotonic()
        with self._turn:
            while self._waiting and len(batch) < self._most:
                entry = self._waiting.popleft()
                if not _is_dropped(entry, now):
                    batch.append(entry)

    def _end(self, batch: "list[_Entry[I, R]]", done: "asyncio.Future[list[R | Failure]]") -> None:
        self._running -= 1
        error = done.exception()
        if error is not None and not batch:
            self._take(batch)  # it never began
        if error is None or isinstance(error, Unavailable) or len(batch) == 1:
            self._settle(batch, error or done.result())
        else:
            self._send_apart(batch)
        if self._waiting and not self._is_awaited:
            self._send()

    def _send_apart(self, batch: "list[_Entry[I, R]]") -> None:
        try:
            writing = self._db.submit_for_many(self._lane, self._carry_out_apart, batch)
        except Failure as failure:
            self._settle(batch, failure)
            return
        writing.add_done_callback(
            lambda done: self._settle(batch, done.exception() or done.result())
        )

    def _carry_out_apart(self, tx: Tx, batch: "list[_Entry[I, R]]") -> list[R | Exception]:
        """In a database thread: each item as if it had come alone."""
        return [self._do_alone(tx, item) for item, *_ in batch]

    def _do_alone(self, tx: Tx, item: I) -> R | Exception:
        try:
            with tx.savepoint():
                [answer] = self._verb(tx, [item])
                return answer
        except Unavailable:
            raise
        except Exception as error:  # whatever else the verb raises is its caller's
            if tx.is_transient(error):
                raise
            return error

    def _settle(self, batch: "list[_Entry[I, R]]", result: Any) -> None:
        answers = [result] * len(batch) if isinstance(result, BaseException) else result
        for (_, future, _), answer in zip(batch, answers, strict=True):
            if future.done():
                continue
            if isinstance(answer, BaseException):
                future.set_exception(answer)
            else:
                future.set_result(answer)


def _is_dropped(entry: "_Entry[Any, Any]", now: float) -> bool:
    """Whether it must not begin any more; then its caller is told so. In any thread."""
    _, future, patience = entry
    if patience is None or not patience.is_over(now):
        return False
    with suppress(RuntimeError):  # its event loop is closed
        future.get_loop().call_soon_threadsafe(_refuse, future, as_dropped(patience))
    return True


def _refuse(future: "asyncio.Future[Any]", failure: Failure) -> None:
    if not future.done():
        future.set_exception(failure)
