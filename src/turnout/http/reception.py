"""What comes in of one request, and whether its client is still there.

ASGI tells of a client that has closed its connection only to those who ask for the next message.
While an app waits for the database nobody does. So requests that have come in whole and are still
not answered after a second are watched: somebody asks in the app's place. If the app asks after
all, it gets what the watcher got.

A client that writes first and then reads never gets an answer that comes before its body is
through: the connection breaks under it. So before a request is refused, what it still sends is read
and forgotten, up to a size and a time.

Granian tells of chunks that cannot be read as it does of a client that has left. So who announced a
length and sent less has left; who sends chunks may still be there, and wait for an answer.
"""

import asyncio
import math
import time
from contextlib import suppress
from typing import Any

from turnout.http.mounts import Message, Receive
from turnout.store.deadlines import Patience

WATCHED_AFTER_S = 1.0
LENGTH, CHUNKED = b"content-length", b"transfer-encoding"
LENGTH_DIGITS = 18
# What is read of a refused request, for how long, and how long each next part is waited for.
# The proxies of deploy/ let no larger body through: some lose an answer that comes before its end.
FORGOTTEN_BYTES, FORGETTING_S, PAUSE_S = 65 * 1024 * 1024, 10.0, 3.0
# So much the HTTP server reads by itself, and keeps the connection.
KEPT_BYTES = 64 * 1024
EXPECT = b"expect"


class Reception:
    """`receive` of one request. The patience of the request is over once its client has gone;
    `has_left` where that is certain."""

    __slots__ = (
        "_is_begun",
        "_is_whole",
        "_receive",
        "_received",
        "_scope",
        "_watcher",
        "began_at",
        "has_left",
        "patience",
    )

    def __init__(self, scope: dict[str, Any], receive: Receive, patience: Patience) -> None:
        self._scope = scope
        self._receive = receive
        self.patience = patience
        self.began_at = patience.until - patience.seconds
        self.has_left = False
        self._is_begun = False
        self._is_whole = False
        self._received = 0
        self._watcher: asyncio.Task[Message] | None = None

    async def __call__(self) -> Message:
        """The next message."""
        if self._watcher is not None:
            return await asyncio.shield(self._watcher)
        return self._note(await self._receive())

    async def begin_without_waiting(self) -> Message:
        """The next message; the first time one with no bytes, at once.

        Falcon takes the first part of the body before it looks at anything else. A client that
        announces a body and sends none would be waited for without end; now only `read_body` waits.
        """
        if self._is_begun:
            return await self()
        self._is_begun = True
        return {"type": "http.request", "body": b"", "more_body": True}

    def watch(self) -> None:
        """Begin to watch, if the request has come in whole. Idempotent."""
        if self._watcher is None and self._has_all():
            self._watcher = asyncio.get_running_loop().create_task(self._until_gone())

    async def forget_rest(self) -> bool:
        """Read what a request that is refused still sends, in parts, within the bounds; whether
        there was anything, so that the connection is to be closed. A client that asks before it
        sends, or that announces more than is read, is answered at once."""
        left = self._announced() - self._received
        is_asking = not self._received and any(name == EXPECT for name, _ in self._scope["headers"])
        if self._is_whole or self._watcher or self.patience.is_gone or left <= KEPT_BYTES:
            return False
        if not is_asking and (left == math.inf or left <= FORGOTTEN_BYTES):
            with suppress(TimeoutError):
                async with asyncio.timeout(FORGETTING_S):
                    await self._forget(self._received + FORGOTTEN_BYTES)
        return True

    async def _forget(self, until: int) -> None:
        while not self._is_whole and not self.patience.is_gone and self._received < until:
            async with asyncio.timeout(PAUSE_S):
                await self()

    def end(self) -> None:
        """The request is answered."""
        if self._watcher is not None:
            self._watcher.cancel()

    def _has_all(self) -> bool:
        return self._is_whole or self._received >= self._announced()

    def _announced(self) -> float:
        """How many bytes the client said that it would send; infinite where it did not say."""
        for name, value in self._scope["headers"]:
            if name == CHUNKED or (name == LENGTH and not value.isdigit()):
                return math.inf
            if name == LENGTH:
                return int(value[:LENGTH_DIGITS])
        return 0

    async def _until_gone(self) -> Message:
        while True:
            message = self._note(await self._receive())
            if message["type"] != "http.request":
                return message

    def _note(self, message: Message) -> Message:
        if message["type"] != "http.request":
            is_cut = not self._has_all()
            self.patience.is_gone, self.patience.is_cut = True, is_cut
            self.has_left = not is_cut or self._announced() < math.inf
        else:
            self._received += len(message.get("body", b""))
            self._is_whole = not message.get("more_body")
        return message


class Receptions:
    """The requests that are being answered; the slow ones among them are watched."""

    def __init__(self, after_s: float = WATCHED_AFTER_S) -> None:
        self._after_s = after_s
        self._open: dict[Reception, None] = {}
        self._is_looking = False

    def open(self, reception: Reception) -> None:
        """A request has begun."""
        self._open[reception] = None
        if not self._is_looking:
            self._is_looking = True
            asyncio.get_running_loop().call_later(self._after_s, self._look)

    def close(self, reception: Reception) -> None:
        """It has been answered."""
        del self._open[reception]
        reception.end()

    def _look(self) -> None:
        before = time.monotonic() - self._after_s
        for reception in self._open:  # the oldest first
            if reception.began_at > before:
                break
            reception.watch()
        self._is_looking = bool(self._open)
        if self._is_looking:
            asyncio.get_running_loop().call_later(self._after_s, self._look)
