"""Lists, row by row: one read transaction that never waits for a slow client.

The first rows of every list are an ordinary read (`read_first`). Most lists end there. A longer one
is read again from its beginning as a stream, in one consistent state; streams are few, and callers
wait for one in the order in which they came (`StreamPlaces`). Either way the first rows, or what
went wrong, are there before anything is answered.

A thread of its own reads a stream and hands over batches. While the client keeps up they pass
through memory; when it lags by a few, the rest goes to a temporary file at full speed, and the
transaction ends as soon as the last row was read. (An open reader lets SQLite's log grow
without bound, and holds up PostgreSQL's vacuum.) So memory is bounded by a few batches, and the
transaction's length by the database's speed.

States of a stream: passing → spooling (once, never back) → read to the end, or failed, or given
up by the client. `_turn` guards all of them.
"""

import asyncio
import itertools
import tempfile
import threading
import time
from collections import deque
from collections.abc import AsyncIterable, AsyncIterator, Callable, Generator, Iterator
from contextlib import AbstractContextManager, closing, suppress
from typing import IO, Any, TypeVar

import msgspec

from turnout.errors import Failure, Unavailable
from turnout.store.transaction import Tx

BATCH_ROWS = 500
LAG_BATCHES = 4
STREAMS_LIMIT = 4
FIRST_BYTES = 262_144
"""So much of a list that is made in pieces is read at first; of others BATCH_ROWS."""
WAIT_S = 60
WAITING_LIMIT = 256
RETRY_AFTER_S = 5
CLOSE_S = 5.0
_FRAME = 8

V = TypeVar("V", bound=Callable[..., Any])

Batch = list[tuple[Any, ...]]
Batches = AsyncIterable[Batch]
Translate = Callable[[BaseException], BaseException]
Reader = Callable[[], AbstractContextManager[Tx]]
RowVerb = Callable[..., Generator[tuple[Any, ...], None, None]]

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(list[tuple[Any, ...]])


def piecewise(verb: V) -> V:
    """Mark a verb that yields few, large pieces: each is handed over by itself, at once."""
    verb.is_piecewise = True  # type: ignore[attr-defined]
    return verb


def read_first(
    tx: Tx, verb: RowVerb, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[Batch, bool]:
    """The first rows that the verb yields, and whether they are all."""
    with closing(verb(tx, *args, **kwargs)) as rows:
        first = list(_take_pieces(rows) if _is_piecewise(verb) else _take_rows(rows))
        return first, next(rows, None) is None


def _take_rows(rows: Iterator[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    return itertools.islice(rows, BATCH_ROWS)


def _take_pieces(pieces: Iterator[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    size = 0
    while size < FIRST_BYTES and (piece := next(pieces, None)):
        size += len(piece[0])
        yield piece


def _is_piecewise(verb: RowVerb) -> bool:
    return getattr(verb, "is_piecewise", False)


class ShortList(Batches):
    """The rows of a list that was read at once."""

    def __init__(self, rows: Batch) -> None:
        self._rows = rows

    async def __aiter__(self) -> AsyncIterator[Batch]:
        if self._rows:
            yield self._rows


class Stream(Batches):
    """The rows of a long list; made by `Database.stream`, which says how to `translate` errors."""

    def __init__(
        self,
        reader: Reader,
        translate: Translate,
        verb: RowVerb,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> None:
        self._reader, self._translate = reader, translate
        self._verb, self._args, self._kwargs = verb, args, kwargs
        self._loop = asyncio.get_running_loop()
        self._news = asyncio.Event()
        self._turn = threading.Lock()
        self._passing: deque[Batch] = deque()
        self._spool: IO[bytes] | None = None
        self._read_to = 0
        self._begun = False
        self._ended = False
        self._given_up = False
        self._is_broken_off = False
        self._error: BaseException | None = None

    async def begin(self) -> None:
        """Wait for the first batch. Raises what went wrong before it."""
        await self._news.wait()
        with self._turn:
            error = None if self._begun else self._error
        if error is not None:
            raise error

    async def __aiter__(self) -> AsyncIterator[Batch]:
        while True:
            with self._turn:
                batch = self._passing.popleft() if self._passing else None
                is_spooled = self._spool is not None
                ended, error = self._ended, self._error
                self._news.clear()
            if batch is not None:
                yield batch
            elif error is not None:
                raise error
            elif is_spooled and (spooled := await asyncio.to_thread(self._read_spool)):
                yield spooled
            elif ended:
                return
            else:
                await self._news.wait()

    def give_up(self) -> None:
        """The client is gone: stop reading at the next batch, and drop what was read."""
        with self._turn:
            self._given_up = True
            self._passing.clear()
            if self._ended and self._spool:
                self._spool.close()

    def break_off(self) -> None:
        """Stop reading at the next batch; the client sees that the list is not whole."""
        with self._turn:
            self._is_broken_off = True

    def run(self) -> None:
        """Read everything; in a thread of its own."""
        error: BaseException | None = None
        limit = 1 if _is_piecewise(self._verb) else BATCH_ROWS
        try:
            with self._reader() as tx, closing(self._verb(tx, *self._args, **self._kwargs)) as rows:
                while batch := list(itertools.islice(rows, limit)):
                    if not self._hand_over(batch):
                        break
        except BaseException as raised:  # noqa: BLE001 - whatever it is, it is the client's
            error = raised
        with self._turn:
            if error is not None and not isinstance(error, Failure):
                error = self._tell_apart(error)
            self._error = error
            self._ended = True
            if self._given_up and self._spool:
                self._spool.close()
        self._tell()

    def _tell_apart(self, error: BaseException) -> BaseException:
        if not self._begun:
            return self._translate(error)
        broken = _break_off(error)
        broken.__cause__ = error
        return broken

    def _hand_over(self, batch: Batch) -> bool:
        with self._turn:
            if self._is_broken_off:
                raise Unavailable("stream.stopped")
            if self._given_up:
                return False
            self._begun = True
            if self._spool is None and len(self._passing) < LAG_BATCHES:
                self._passing.append(batch)
            else:
                self._write_spool(batch)
        self._tell()
        return True

    def _tell(self) -> None:
        try:
            self._loop.call_soon_threadsafe(self._news.set)
        except RuntimeError:
            self._given_up = True  # the event loop is closed

    def _write_spool(self, batch: Batch) -> None:
        if self._spool is None:
            self._spool = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the stream
        frame = _encoder.encode(batch)
        self._spool.seek(0, 2)
        self._spool.write(len(frame).to_bytes(_FRAME, "big") + frame)

    def _read_spool(self) -> Batch | None:
        with self._turn:
            if self._spool is None or self._spool.closed:
                return None
            self._spool.seek(self._read_to)
            size = int.from_bytes(self._spool.read(_FRAME), "big")
            if not size:
                return None
            frame = self._spool.read(size)
            self._read_to += _FRAME + size
        return _decoder.decode(frame)


def _break_off(error: BaseException) -> Unavailable:
    return Unavailable("stream.broken", said=str(error))


class _Waiter:
    """A caller that waits for a place. `_turn` of its places guards `is_given`."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.woken = asyncio.Event()
        self.is_given = False


class StreamPlaces:
    """How many streams may run at once. Callers wait for a place in the order in which they came,
    up to `wait_s` seconds."""

    def __init__(self, wait_s: float = WAIT_S, waiting_limit: int = WAITING_LIMIT) -> None:
        self.wait_s = wait_s
        self._waiting_limit = waiting_limit
        self._turn = threading.Lock()
        self._free = STREAMS_LIMIT
        self._waiting: deque[_Waiter] = deque()
        self._running: dict[Stream, threading.Thread] = {}
        self.is_closed = False

    @property
    def waiting(self) -> int:
        """How many callers wait for a place."""
        return len(self._waiting)

    async def start(self, stream: Stream) -> None:
        """Run the stream in a thread, once there is a place. Raises Unavailable when there is none
        for too long."""
        await self._take()

        def run() -> None:
            try:
                stream.run()
            finally:
                with self._turn:
                    del self._running[stream]
                self._give_back()

        thread = threading.Thread(target=run, name="stream", daemon=True)
        with self._turn:
            if not self.is_closed:
                self._running[stream] = thread
                thread.start()
                return
        self._give_back()
        raise Unavailable("store.stopping")

    def close(self) -> None:
        """Break off the streams that run, and begin none any more; returns once none runs, or
        after CLOSE_S. A thread that went on reading would outlive the database that it reads."""
        with self._turn:
            self.is_closed = True
            running = dict(self._running)
        for stream in running:
            stream.break_off()
        until = time.monotonic() + CLOSE_S
        for thread in running.values():
            thread.join(max(0.0, until - time.monotonic()))

    async def _take(self) -> None:
        with self._turn:
            if self._free:
                self._free -= 1
                return
            if len(self._waiting) >= self._waiting_limit:
                raise _busy()
            waiter = _Waiter()
            self._waiting.append(waiter)
        try:
            async with asyncio.timeout(self.wait_s):
                await waiter.woken.wait()
        except TimeoutError:
            if not self._leave(waiter):
                raise _busy() from None
        except BaseException:
            if self._leave(waiter):
                self._give_back()
            raise

    def _leave(self, waiter: _Waiter) -> bool:
        """Wait no longer; whether a place was given all the same."""
        with self._turn:
            if not waiter.is_given:
                self._waiting.remove(waiter)
            return waiter.is_given

    def _give_back(self) -> None:
        with self._turn:
            while self._waiting:
                waiter = self._waiting.popleft()
                waiter.is_given = True
                with suppress(RuntimeError):  # its event loop is closed: the next one's turn
                    waiter.loop.call_soon_threadsafe(waiter.woken.set)
                    return
            self._free += 1


def _busy() -> Unavailable:
    return Unavailable("stream.places", retry_after=RETRY_AFTER_S)
