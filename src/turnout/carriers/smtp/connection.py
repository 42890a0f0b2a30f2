"""A connection to the relay: commands go out, answers come back in order, and time runs.

`opening.py` makes one ready, `session.py` delivers over it. Rules:

- `_expected` has an entry for every answer that is still to come, in order; anyone who writes a
  command adds its entry first, with the time the answer may take.
- An answer that nobody expects, and 421 always, is the server's last word: it hangs up.
- An answer is bounded, in bytes and in lines, and one that is longer ends the connection.
- The instant by which something must happen is `_deadline`; one timer follows it lazily, so that
  moving it further away, as every message does, costs nothing.
"""

import asyncio
import math
import ssl
from collections import deque
from collections.abc import Callable
from typing import cast

from turnout.carriers.smtp.outcomes import Reply
from turnout.core.counterparts import tidy

# Bytes and lines of one answer, its line ends too.
ANSWER_BYTES = 64 * 1024
ANSWER_LINES = 500

Handler = Callable[[Reply], None]


class ConnectionFailed(Exception):
    """The connection ended before the answer came; the message says why."""


class Connection(asyncio.Protocol):
    """One connection. Who derives from it says what the `on_` methods do.

    `closed` is done when the connection has ended, or came never to be; `ended_because` says why
    as soon as that is known, and nothing more will come of the connection then.
    """

    transport: asyncio.Transport

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.closed: asyncio.Future[None] = self.loop.create_future()
        self.ended_because = ""
        self._is_connected = False
        self._buffer = b""
        self._lines: list[bytes] = []
        self._line_bytes = 0
        self._expected: deque[tuple[Handler, float]] = deque()
        self._answer: asyncio.Future[Reply] | None = None
        self._deadline = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = math.inf

    @property
    def is_waiting(self) -> bool:
        """Whether an answer is still to come."""
        return bool(self._expected)

    @property
    def has_unread(self) -> bool:
        """Whether there is the beginning of an answer."""
        return bool(self._buffer or self._lines)

    def expect(self, handler: Handler, seconds: float) -> None:
        """The next command's answer goes to `handler`; it may take so long."""
        self._expected.append((handler, seconds))

    def expect_answer(self, seconds: float) -> "asyncio.Future[Reply]":
        """The next answer, for one command at a time. Raises ConnectionFailed."""
        self._answer = self.loop.create_future()
        self.expect(self._answer.set_result, seconds)
        return self._answer

    async def ask(self, command: str, seconds: float) -> Reply:
        """The answer to a command. Raises ConnectionFailed."""
        answer = self.expect_answer(seconds)
        self.write(f"{command}\r\n".encode())
        self.set_deadline(seconds)
        return await answer

    def write(self, data: bytes | memoryview) -> None:
        self.transport.write(data)

    async def encrypt(self, context: ssl.SSLContext, host: str, seconds: float) -> None:
        """Do the TLS handshake. Raises OSError (ssl.SSLError is one), and has hung up then."""
        # The handshake has a time limit of its own; an abort of ours would leave it hanging.
        self.set_deadline(math.inf)
        try:
            upgraded = await self.loop.start_tls(
                self.transport, self, context, server_hostname=host, ssl_handshake_timeout=seconds
            )
        except BaseException as error:
            # Loops differ in whether they tell the protocol.
            self.transport.abort()
            self.connection_lost(error if isinstance(error, OSError) else None)
            raise
        self.transport = cast(asyncio.Transport, upgraded)

    def set_deadline(self, seconds: float) -> None:
        """Something must happen within so many seconds from now; replaces the last deadline."""
        self._deadline = self.loop.time() + seconds
        if self._deadline < self._timer_at and not self.ended_because:
            if self._timer:
                self._timer.cancel()
            self._timer_at = self._deadline
            self._timer = self.loop.call_at(self._deadline, self._watch)

    def abort(self, because: str) -> None:
        """Hang up at once."""
        self.ended_because = self.ended_because or because
        if self._is_connected:
            self.transport.abort()
        elif not self.closed.done():
            self.closed.set_result(None)

    def close(self) -> None:
        """Hang up when everything that was written has gone out."""
        self.transport.close()

    # What to do when something happens

    def on_ready(self) -> None:
        """An answer was handled: perhaps something can be written."""

    def on_last_word(self, reply: Reply) -> None:
        """An answer that nobody expects, or 421. The connection is aborted afterwards."""

    def on_silence(self) -> None:
        """The deadline has passed."""
        self.abort("no answer in time")

    def on_end(self, reason: str) -> None:
        """The connection has ended."""

    # What the event loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self._is_connected = True
        self.set_deadline(self._expected[0][1])

    def data_received(self, data: bytes) -> None:
        data = self._buffer + data
        start = 0
        while (end := data.find(b"\n", start)) >= 0:
            self._take_line(data[start:end])
            start = end + 1
            if self.ended_because:
                return
        self._buffer = data[start:]
        if self._line_bytes + len(self._buffer) > ANSWER_BYTES:
            self.abort("its answer has no end")

    def _take_line(self, line: bytes) -> None:
        """A line of an answer; its last one, which has no hyphen, makes it whole."""
        self._lines.append(line[4:])
        self._line_bytes += len(line) + 1
        if self._line_bytes > ANSWER_BYTES or len(self._lines) > ANSWER_LINES:
            return self.abort("its answer has no end")
        if line[3:4] == b"-":
            return None
        text = b"\n".join(self._lines).replace(b"\r", b"").decode("utf-8", "replace")
        self._lines, self._line_bytes = [], 0
        if not (line[:3].isdigit() and line[:3].isascii()):
            return self.abort(f"{line[:80]!r} is no answer")
        return self._receive(Reply(int(line[:3]), text))

    def connection_lost(self, error: Exception | None) -> None:
        if self.closed.done():
            return
        self.closed.set_result(None)
        if self._timer:
            self._timer.cancel()
        self.ended_because = self.ended_because or str(error or "the relay hung up")
        reason = tidy(f"connection lost: {self.ended_because}")
        if self._answer and not self._answer.done():
            self._answer.set_exception(ConnectionFailed(reason))
        self.on_end(reason)

    def _receive(self, reply: Reply) -> None:
        if reply.code == 421 or not self._expected:
            self.on_last_word(reply)
            return self.abort(f"{reply.code} {reply.text}")
        handler, _ = self._expected.popleft()
        handler(reply)
        self.on_ready()
        if self._expected:
            self.set_deadline(self._expected[0][1])
        return None

    def _watch(self) -> None:
        self._timer, self._timer_at = None, math.inf
        if (left := self._deadline - self.loop.time()) > 0:
            self.set_deadline(left)
        else:
            self.on_silence()
