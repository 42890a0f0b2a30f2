"""The bridge: the one way in which work reaches the database.

Verbs are plain synchronous functions `verb(tx, …)`. `await db.write(verb, …)` or
`await db.read(verb, …)` is one hop to a database thread and one transaction, committed or
rolled back there; nobody else commits. `call` is the same hop for threads that have no event
loop (the command line, tests), and `db.stream` is for long lists.
"""

import asyncio
import concurrent.futures
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, suppress
from typing import Any

from turnout.errors import Unavailable
from turnout.settings import Settings
from turnout.store import deadlines
from turnout.store.commands import Command, CommandQueue, Lane, P, T, Verb, call_in
from turnout.store.deadlines import Sweeper
from turnout.store.late import LATE_MS, LATE_SCHEMA, OVERLAP_MS, TransactionStart, note_late
from turnout.store.sequences import Sequences
from turnout.store.sources import Clock, Ids
from turnout.store.steady import SteadyClock, follow_reference
from turnout.store.streaming import (
    Batches,
    RowVerb,
    ShortList,
    Stream,
    StreamPlaces,
    read_first,
)
from turnout.store.transaction import Tx
from turnout.store.troubles import Troubles

BUSY_S = 0.02


class Database(ABC):
    """What both databases offer; `open_database` makes the right one."""

    backend: str

    def __init__(self, settings: Settings, clock: Clock, ids: Ids) -> None:
        self.clock = clock
        self.ids = ids
        self.permitted = settings.permitted
        self.sequences = Sequences()
        self.writes = CommandQueue(settings.write_queue)
        self.lanes: tuple[CommandQueue, ...] = (self.writes,) * len(Lane)
        self.reads = CommandQueue(settings.write_queue)
        self.streams = StreamPlaces()
        self.troubles = Troubles("database failed")
        self._writing_since: float | None = None
        self._has_late = False
        self._wakers: dict[str, list[tuple[asyncio.AbstractEventLoop, Callable[[], None]]]] = {}

    async def write(self, verb: Verb[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `verb` in a transaction of its own; returns once its effect is on disk.

        Raises what the verb raises (then nothing was written), or Unavailable.
        """
        return await self._submit(self.lanes[Lane.REQUEST], Lane.REQUEST, verb, args, kwargs)

    def submit(self, verb: Verb[P, T], *args: P.args, **kwargs: P.kwargs) -> "asyncio.Future[T]":
        """`write`, for those who wait for the future by other means than awaiting it."""
        return self._submit(self.lanes[Lane.REQUEST], Lane.REQUEST, verb, args, kwargs)

    def submit_for_many(
        self, lane: Lane, verb: Verb[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> "asyncio.Future[T]":
        """`submit` on behalf of several requests, none of which decides how long it may wait."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        command = Command(verb, args, kwargs, future, loop)
        self.lanes[lane].put(command, lane)
        return future

    async def write_first(self, verb: Verb[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """`write`, ahead of every other request: for the door and for verification codes."""
        return await self._submit(self.lanes[Lane.DOOR], Lane.DOOR, verb, args, kwargs)

    async def write_behind(self, verb: Verb[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """`write`, behind the requests: for workers. One such verb runs in a group."""
        return await self._submit(self.lanes[Lane.BACKGROUND], Lane.BACKGROUND, verb, args, kwargs)

    async def read(self, verb: Verb[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `verb` in a transaction that reads one consistent state."""
        return await self._submit(self.reads, Lane.REQUEST, verb, args, kwargs)

    @asynccontextmanager
    async def stream(self, verb: RowVerb, *args: Any, **kwargs: Any) -> AsyncIterator[Batches]:
        """The rows that `verb(tx, …)` yields, in batches, from one consistent state.

        For reports and lists: memory stays bounded, and the transaction never waits for the
        client. A short list is an ordinary read; for a long one the verb is called once more.
        `async with db.stream(…) as batches: async for batch in batches: …`. Raises what the verb
        raises before its first row, Unavailable when too many streams run for too long, and in
        the middle when the database fails.
        """
        rows, is_whole = await self.read(read_first, verb, args, kwargs)
        if is_whole:
            yield ShortList(rows)
            return
        del rows  # they are read again, in the state of the rest
        stream = Stream(self._reader, self._translate, verb, args, kwargs)
        await self.streams.start(stream)
        try:
            await stream.begin()
            yield stream
        finally:
            stream.give_up()

    def call(self, verb: Verb[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """`write`, for threads without an event loop."""
        future: concurrent.futures.Future[T] = concurrent.futures.Future()
        command = Command(verb, args, kwargs, future)
        self.lanes[Lane.REQUEST].put(command, Lane.REQUEST)
        return future.result()

    def look(self, verb: Verb[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """`read`, for threads without an event loop."""
        future: concurrent.futures.Future[T] = concurrent.futures.Future()
        self.reads.put(Command(verb, args, kwargs, future), Lane.REQUEST)
        return future.result()

    @abstractmethod
    def scrub(self, tables: Sequence[str]) -> bool:
        """Have what was deleted from these tables leave the disk, too; False = try again later.
        Waits for the disk: call it in a thread."""

    def _note_if_late(self, tx: Tx, began: TransactionStart) -> int:
        """Before the commit: where it comes late already, let the transaction say so. Returns how
        late (ms), else 0."""
        took_ms = began.took_ms(self.clock)
        if took_ms <= LATE_MS or not self._keeps_late():
            return 0
        note_late(tx, began.at, took_ms)
        return took_ms

    def _note_late_commit(
        self, began: TransactionStart, noted_ms: int, commands: Iterable[Command]
    ) -> None:
        """After the commit: where it took longer than was noted, say so in another transaction."""
        took_ms = began.took_ms(self.clock)
        if took_ms - noted_ms <= OVERLAP_MS:
            return
        if any(command.error is None and command.verb is not note_late for command in commands):
            if not self._keeps_late():
                return
            with suppress(Unavailable):  # the queue is closed or full
                future: concurrent.futures.Future[None] = concurrent.futures.Future()
                command = Command(note_late, (began.at, took_ms), {}, future)
                self.lanes[Lane.DOOR].put(command, Lane.DOOR)

    def _keeps_late(self) -> bool:
        """Whether the database has a table for it; one that is to be migrated may not. False, too,
        while it cannot be asked: nobody's change fails for that, and it is asked again."""
        if not self._has_late:
            with suppress(Unavailable):
                self._has_late = (self.schema_version() or "") >= LATE_SCHEMA
        return self._has_late

    def on_wake(self, queue: str, callback: Callable[[], None]) -> None:
        """Call `callback` in the running event loop whenever a commit woke `queue`."""
        self._wakers.setdefault(queue, []).append((asyncio.get_running_loop(), callback))

    def lease_now(self) -> int:
        """The instant (epoch ms) by which a lease has ended; see `Tx.lease_now`."""
        return self._read_clock()[1]

    def _read_clock(self) -> tuple[int, int]:
        """The present instant, and that by which leases end."""
        if isinstance(self.clock, SteadyClock):
            return self.clock.read()
        now = self.clock()
        return now, now

    def writing_s(self) -> float:
        """For how many seconds the one writer has been in one command; 0 where it is in none."""
        since = self._writing_since
        return 0.0 if since is None else time.monotonic() - since

    @property
    def busy(self) -> bool:
        """Whether a request came to write just now; workers then hold back."""
        last_at = max(queue.last_request_at for queue in self.lanes)
        return time.monotonic() - last_at < BUSY_S

    def count_waiting(self) -> int:
        """How many requests wait to write."""
        return sum(len(queue) for queue in dict.fromkeys(self.lanes))

    @abstractmethod
    def schema_version(self) -> str | None:
        """The revision that the database is at, or None where it is empty."""

    @abstractmethod
    def _reader(self) -> AbstractContextManager[Tx]:
        """A read transaction on a connection of its own."""

    @abstractmethod
    def _translate(self, error: BaseException) -> BaseException:
        """What callers get for an error of the database; others as they are."""

    @abstractmethod
    def close(self) -> None:
        """Carry out what waits, end the streams, then stop the threads and close every
        connection."""

    def _start_sweeping(self) -> None:
        self._sweeper = Sweeper(self._sweep)

    def _sweep(self, now: float) -> None:
        for queue in dict.fromkeys((*self.lanes, self.reads)):
            queue.sweep(now)

    def _submit(
        self,
        queue: CommandQueue,
        lane: Lane,
        verb: Callable[..., T],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> "asyncio.Future[T]":
        patience = None if lane is Lane.BACKGROUND else deadlines.current.get()
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        queue.put(Command(verb, args, kwargs, future, loop, patience), lane)
        return future

    def _deliver(self, commands: Iterable[Command]) -> None:
        """Settle the commands, with one wake-up for each event loop."""
        by_loop: dict[asyncio.AbstractEventLoop, list[Command]] = {}
        woken: set[str] = set()
        for command in commands:
            if command.error is None:
                woken |= command.woken
            if command.loop is None:
                command.settle()
            else:
                by_loop.setdefault(command.loop, []).append(command)
        for loop, settled in by_loop.items():
            call_in(loop, _settle_all, settled)
        self._wake(woken)

    def _wake(self, queues: Iterable[str]) -> None:
        for queue in queues:
            for loop, callback in self._wakers.get(queue, ()):
                call_in(loop, callback)


def check_room(settings: Settings) -> None:
    """For a process that is to run for long: raise Unavailable, with what to do as its note, unless
    the database has as many connections for it as it may want. Takes up to ten seconds."""
    if settings.database_url.startswith(("postgresql:", "postgres:")):
        from turnout.store import pg_refusals, pg_room

        pg_refusals.check_url(settings.database_url)
        pg_room.check_room(settings.database_url, settings.database_threads)


def open_database(
    settings: Settings, clock: Clock | None = None, ids: Ids | None = None
) -> Database:
    """Open the database that `settings.database_url` names and start its threads. Its clock is
    `clock`, or the installation's (store/steady.py).

    Raises Unavailable, naming the database, where it cannot be reached.
    """
    steady = SteadyClock()
    if settings.database_url.startswith("sqlite:"):
        from turnout.store.sqlite import SqliteDatabase

        return SqliteDatabase(settings, clock or steady, ids or Ids())
    if settings.database_url.startswith(("postgresql:", "postgres:")):
        from turnout.store.postgresql import PostgresqlDatabase

        db = PostgresqlDatabase(settings, clock or steady, ids or Ids())
        with suppress(Unavailable):  # until it answers, the machine's clock has to do
            db.look(follow_reference, steady)
        return db
    raise Unavailable("store.url_scheme")


def _settle_all(commands: list[Command]) -> None:
    for command in commands:
        command.settle()
