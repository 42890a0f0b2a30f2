"""How much of an answer is read, and how much of it at once.

For calls to addresses that users or operators name. An HTTP client that waits for an answer reads
endless `103 Early Hints`, heads and chunk sizes as long as they come, in steps as large as the
network gives, and nothing else happens in the event loop until then. Here each answer has

- a head of up to HEAD_BYTES, with up to EARLY_HEADS informational ones before it;
- a body whose framing (chunk sizes, trailers) is smaller than itself, but for HEAD_BYTES;

and what comes is given to the parser SLICE bytes at a time, of one connection in each round of the
event loop. What is waiting so is not read from the network. How long a body may be is up to anyone
who reads it: `read_body` stops there.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any, cast

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.helpers import set_exception

HEAD_BYTES = 64 * 1024
EARLY_HEADS = 10
SLICE = 8 * 1024


class AnswerTooLong(aiohttp.ClientPayloadError):
    """An answer has more around its content than any has; the message says what."""


def make_connector(**options: Any) -> aiohttp.TCPConnector:
    """A connector whose connections read with patience; `options` as aiohttp's. To be called in
    the event loop."""
    connector = aiohttp.TCPConnector(**options)
    loop = asyncio.get_running_loop()
    connector._factory = cast(Any, partial(_Handler, loop, _Turns(loop)))
    return connector


async def read_body(answer: aiohttp.ClientResponse, limit: int) -> bytes:
    """The body up to `limit` bytes. Raises aiohttp.ClientError when the connection breaks."""
    pieces: list[bytes] = []
    size = 0
    while size < limit and (piece := await answer.content.read(limit - size)):
        pieces.append(piece)
        size += len(piece)
    return b"".join(pieces)


class _Turns:
    """Gives one of those who wait a turn in each round of the event loop, the first first."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waiting: deque[Callable[[], None]] = deque()

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def wait(self, work: Callable[[], None]) -> None:
        """Do `work` when its turn has come."""
        self._waiting.append(work)
        if len(self._waiting) == 1:
            self._loop.call_soon(self._next)

    def _next(self) -> None:
        work = self._waiting[0]
        try:
            work()
        finally:
            self._waiting.popleft()
            if self._waiting:
                self._loop.call_soon(self._next)


class _Handler(ResponseHandler):
    """One connection. `_held` is what came and was not parsed yet; while there is any, nothing
    more is read. `_raw`, `_early` and `_content` count for the answer that is being read."""

    def __init__(self, loop: asyncio.AbstractEventLoop, turns: _Turns) -> None:
        super().__init__(loop)
        self._turns = turns
        self._held = bytearray()
        self._is_waiting = False
        self._begin_answer()

    def _begin_answer(self) -> None:
        self._raw = self._early = 0
        self._content: aiohttp.StreamReader | None = None

    @property
    def should_close(self) -> bool:
        return bool(self._held) or super().should_close

    def set_response_params(self, **options: Any) -> None:
        self._begin_answer()
        super().set_response_params(**options)

    def data_received(self, data: bytes) -> None:
        if not data:
            return self._go_on()  # aiohttp resumes what its parser has kept
        if self._held or len(data) > SLICE or self._turns:
            self._held += data
            return self._ask_for_turn()
        return self._feed(data)

    def connection_lost(self, exc: BaseException | None) -> None:
        held, self._held = bytes(self._held), bytearray()
        if held and not self._reading_paused:
            self._feed(held)
        elif held and self._content is not None:
            set_exception(self._content, aiohttp.ClientPayloadError("the connection broke"))
        super().connection_lost(exc)

    def feed_data(self, data: Any, size: int = 0) -> None:
        message, payload = data
        if 100 <= message.code < 200 and message.code != 101:
            self._early += 1
        else:
            self._content = payload
        super().feed_data(data, size)

    def _go_on(self) -> None:
        super().data_received(b"")
        self._ask_for_turn()

    def _ask_for_turn(self) -> None:
        if not self._held or self._is_waiting or self._reading_paused:
            return
        self._is_waiting = True
        self._pause_reading_for_buffer()
        self._turns.wait(self._take_turn)

    def _take_turn(self) -> None:
        self._is_waiting = False
        if self._held and not self._reading_paused:
            piece = bytes(self._held[:SLICE])
            del self._held[:SLICE]
            self._feed(piece)
        if self._held:
            self._ask_for_turn()
        elif self._buffer_paused:
            self._resume_reading_for_buffer()

    def _feed(self, data: bytes) -> None:
        self._raw += len(data)
        super().data_received(data)
        content = self._content.total_bytes if self._content else 0
        if self._early > EARLY_HEADS:
            self._refuse(f"over {EARLY_HEADS} informational answers and no other")
        elif self._raw - content > HEAD_BYTES + content:
            self._refuse(f"over {HEAD_BYTES} bytes around its content")

    def _refuse(self, what: str) -> None:
        error = AnswerTooLong(f"its answer has {what}")
        self._held.clear()
        self.set_exception(error)
        if self._content is not None:
            set_exception(self._content, error)
        if self.transport is not None:
            self.transport.abort()
