"""What waits for a database's writer: commands, in lanes, each with whom it is settled for."""

import asyncio
import concurrent.futures
import enum
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

from turnout.errors import Unavailable
from turnout.store.deadlines import Patience, as_dropped
from turnout.store.draws import Draws
from turnout.store.transaction import Tx

P = ParamSpec("P")
T = TypeVar("T")
Verb = Callable[Concatenate[Tx, P], T]


class Lane(enum.IntEnum):
    """Who goes first when writes queue up."""

    DOOR = 0
    REQUEST = 1
    BACKGROUND = 2


class Command:
    """One verb on its way through a database thread, and the future that waits for it.

    `draws` is what it has drawn, where it may be run again.
    `patience` is of the request that it belongs to; None: of none, or of many. `lane` is known
    once it is queued."""

    __slots__ = (
        "args",
        "draws",
        "error",
        "future",
        "kwargs",
        "lane",
        "loop",
        "patience",
        "result",
        "verb",
        "woken",
    )

    def __init__(
        self,
        verb: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        future: "asyncio.Future[Any] | concurrent.futures.Future[Any]",
        loop: asyncio.AbstractEventLoop | None = None,
        patience: Patience | None = None,
    ) -> None:
        self.patience = patience
        self.draws: Draws | None = None
        self.lane = Lane.REQUEST
        self.verb = verb
        self.args = args
        self.kwargs = kwargs
        self.loop = loop
        self.future = future
        self.result: Any = None
        self.error: BaseException | None = None
        self.woken: set[str] = set()

    def run(self, tx: Tx) -> None:
        """Run the verb; what it raises goes to the caller."""
        tx.woken = self.woken
        self.result = self.verb(tx, *self.args, **self.kwargs)

    def settle(self) -> None:
        """Hand over the result or the error, unless the caller gave up waiting."""
        if self.future.done():
            return
        if self.error is None:
            self.future.set_result(self.result)
            return
        if isinstance(self.error, StopIteration):  # which no future can carry (PEP 479)
            wrapped = RuntimeError("the verb raised StopIteration")
            wrapped.__cause__ = self.error
            self.error = wrapped
        self.future.set_exception(self.error)

    def is_dropped(self, now: float) -> bool:
        """Whether it must not begin any more; then its caller is told so."""
        if self.patience is None or not self.patience.is_over(now):
            return False
        self.error = as_dropped(self.patience)
        if self.loop is None:
            self.settle()
        else:
            call_in(self.loop, self.settle)
        return True


class Waiting:
    """Threads that wait for work, under a lock. Who began last is woken first: its session has
    prepared the statements, and the others are not opened until they are needed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._threads: list[threading.Lock] = []

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    def __len__(self) -> int:
        return len(self._threads)

    def wait(self) -> None:
        """Give the lock back until this thread is woken."""
        mine = threading.Lock()
        mine.acquire()
        self._threads.append(mine)
        self._lock.release()
        try:
            mine.acquire()
        finally:
            self._lock.acquire()

    def wake(self) -> None:
        """Wake one, if there is any."""
        if self._threads:
            self._threads.pop().release()

    def wake_all(self) -> None:
        while self._threads:
            self.wake()


class CommandQueue:
    """A bounded queue with lanes, between the callers and the database threads."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._lanes: tuple[deque[Command], ...] = tuple(deque() for _ in Lane)
        self._ready = Waiting()
        self._closed = False
        self.last_request_at = 0.0

    def put(self, command: Command, lane: Lane) -> None:
        """Queue a command. Raises Unavailable when the queue is full or closed."""
        with self._ready:
            if lane is not Lane.BACKGROUND:
                self.last_request_at = time.monotonic()
            if self._closed:
                raise Unavailable("store.stopping")
            if lane is not Lane.BACKGROUND and len(self) >= self._limit:
                raise Unavailable("store.busy")
            command.lane = lane
            self._lanes[lane].append(command)
            self._ready.wake()

    def take(self, limit: int) -> list[Command]:
        """Wait for work, then take up to `limit` commands, of which one from the background.

        Those whose request is over are dropped. An empty list means that the queue is closed and
        drained.
        """
        with self._ready:
            while True:
                while not (waiting := len(self) + len(self._lanes[Lane.BACKGROUND])):
                    if self._closed:
                        return []
                    self._ready.wait()
                if group := self._take(limit, waiting):
                    return group

    def sweep(self, now: float) -> None:
        """Drop the commands that wait and whose request is over at `now` (monotonic seconds)."""
        with self._ready:
            for commands in self._lanes:
                for _ in range(len(commands)):
                    command = commands.popleft()
                    if not command.is_dropped(now):
                        commands.append(command)

    def _take(self, limit: int, waiting: int) -> list[Command]:
        now = time.monotonic()
        background = self._lanes[Lane.BACKGROUND]
        kept = 1 if background and limit > 1 else 0
        group: list[Command] = []
        for lane in (Lane.DOOR, Lane.REQUEST):
            while self._lanes[lane] and len(group) < limit - kept:
                command = self._lanes[lane].popleft()
                if not command.is_dropped(now):
                    group.append(command)
        if background and (kept or not group):
            group.append(background.popleft())
        if waiting > len(group):
            self._ready.wake()
        return group

    def close(self) -> None:
        """Refuse new commands; those that wait are still carried out."""
        with self._ready:
            self._closed = True
            self._ready.wake_all()

    def __len__(self) -> int:
        return len(self._lanes[Lane.DOOR]) + len(self._lanes[Lane.REQUEST])


def call_in(loop: asyncio.AbstractEventLoop, callback: Callable[..., None], *args: Any) -> None:
    try:
        loop.call_soon_threadsafe(callback, *args)
    except RuntimeError:
        if not loop.is_closed():
            raise
