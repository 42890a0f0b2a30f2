"""Long lists, row by row: one read transaction that never waits for a slow client.

A thread of its own reads and hands over batches. While the client keeps up they pass through
memory; when it lags by a few, the rest goes to a temporary file at full speed, and the
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
from collections import deque
from collections.abc import AsyncIterator, Callable, Generator
from contextlib import AbstractContextManager, closing
from typing import IO, Any, TypeVar

import msgspec

from turnout.errors import Failure, Unavailable
from turnout.store.transaction import Tx

BATCH_ROWS = 500
LAG_BATCHES = 4
MOST_STREAMS = 4
RETRY_AFTER_S = 5
_FRAME = 8

V = TypeVar("V", bound=Callable[..., Any])

Batch = list[tuple[Any, ...]]
Reader = Callable[[], AbstractContextManager[Tx]]
RowVerb = Callable[..., Generator[tuple[Any, ...], None, None]]

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(list[tuple[Any, ...]])


def piecewise(verb: V) -> V:
    """Mark a verb that yields few, large pieces: each is handed over by itself, at once."""
    verb.is_piecewise = True  # type: ignore[attr-defined]
    return verb


class Stream:
    """The rows of one query, in batches; made by `Database.stream`."""

    def __init__(
        self, reader: Reader, verb: RowVerb, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        self._reader = reader
        self._verb, self._args, self._kwargs = verb, args, kwargs
        self._loop = asyncio.get_running_loop()
        self._news = asyncio.Event()
        self._turn = threading.Lock()
        self._passing: deque[Batch] = deque()
        self._spool: IO[bytes] | None = None
        self._read_to = 0
        self._ended = False
        self._given_up = False
        self._error: BaseException | None = None

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

    def run(self) -> None:
        """Read everything; in a thread of its own."""
        error: BaseException | None = None
        most = 1 if getattr(self._verb, "is_piecewise", False) else BATCH_ROWS
        try:
            with self._reader() as tx, closing(self._verb(tx, *self._args, **self._kwargs)) as rows:
                while batch := list(itertools.islice(rows, most)):
                    if not self._hand_over(batch):
                        break
        except BaseException as raised:  # noqa: BLE001 - whatever it is, it is the client's
            error = raised
        with self._turn:
            self._error = error if isinstance(error, Failure) else _broken(error)
            self._ended = True
            if self._given_up and self._spool:
                self._spool.close()
        self._tell()

    def _hand_over(self, batch: Batch) -> bool:
        with self._turn:
            if self._given_up:
                return False
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


def _broken(error: BaseException | None) -> Unavailable | None:
    if error is None:
        return None
    failure = Unavailable("stream.broken", f"The list broke off: {error}. Ask for it again.")
    failure.__cause__ = error
    return failure


class StreamPlaces:
    """How many streams may run at once; the next caller is told to come back."""

    def __init__(self) -> None:
        self._free = threading.BoundedSemaphore(MOST_STREAMS)

    def start(self, stream: Stream) -> None:
        """Run the stream in a thread. Raises Unavailable when all places are taken."""
        if not self._free.acquire(blocking=False):
            raise Unavailable(
                "stream.places",
                f"{MOST_STREAMS} long lists are being read already. Try again in a few seconds.",
                retry_after=RETRY_AFTER_S,
            )

        def run() -> None:
            try:
                stream.run()
            finally:
                self._free.release()

        threading.Thread(target=run, name="stream", daemon=True).start()
