"""Connections: where they come in, how many there may be, and when a dead one ends.

Granian (its HTTP part is hyper) has one clock for a connection that waits: the time for a request's
head, which also runs while a kept connection is idle. It has no time-out for a client that reads
nothing, and at its limit it leaves further clients waiting without a word. So Turnout makes the
listening socket itself, and Granian accepts from it:

- *A client that reads nothing* is cut off by the kernel: accepted sockets inherit TCP_USER_TIMEOUT.
- *The limit* is below the number of files that the process may open, which is raised to the hard
  limit first. At the limit Granian stops accepting; what then waits is accepted here, answered
  503 and closed.
"""

import asyncio
import errno
import math
import os
import resource
import select
import socket
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, contextmanager, suppress
from typing import NamedTuple

import structlog

from turnout.http import metrics

BACKLOG = 2048
RESERVED_FILES = 256
"""Files kept for all else: databases, outbound calls, spooled lists, refusals under way."""
FILES_LIMIT = 1_048_576
LOOK_S = 0.05
REFUSALS_AT_ONCE = 128
KEPT_FILES = 8
"""Opened only to be closed when no file is left, for one refusal each."""
NO_FILE_LEFT = (errno.EMFILE, errno.ENFILE)
AFTER_ERROR_S = 1.0
LINGER_S = 2
TELL_EVERY_S = 10
_BODY = b'{"error":"The server has too many connections. Try again in a few seconds."}'
REFUSAL = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nRetry-After: 5\r\n"
    b"Cache-Control: no-store\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s"
    % (len(_BODY), _BODY)
)

log = structlog.get_logger()


class ConnectionLimits(NamedTuple):
    """How long a connection may be idle, or read nothing of its answer, and how many there are."""

    idle_seconds: int = 75
    write_seconds: int = 60
    connections: int = 8192


def raise_file_limit() -> int:
    """Raise the limit of open files as far as the system allows; returns it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES_LIMIT if hard == resource.RLIM_INFINITY else min(hard, FILES_LIMIT)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return FILES_LIMIT if soft == resource.RLIM_INFINITY else soft


def limit_connections(wanted: int, files: int) -> int:
    """How many connections there may be where `files` can be open: half of few, else nearly all.

    Logs a warning where that is less than `wanted`.
    """
    possible = max(files - RESERVED_FILES, files // 2)
    if possible < wanted:
        log.warning("fewer connections than set", limit=possible, wanted=wanted, open_files=files)
    return min(wanted, possible)


@contextmanager
def listening(host: str, port: int, write_seconds: int) -> Iterator[socket.socket]:
    """A listening socket, closed at the end. Raises OSError when the port cannot be had."""
    is_v6 = ":" in host
    listener = socket.create_server(
        (host, port),
        family=socket.AF_INET6 if is_v6 else socket.AF_INET,
        backlog=BACKLOG,
        dualstack_ipv6=is_v6 and socket.has_dualstack_ipv6(),
    )
    with closing(listener):
        listener.setblocking(False)
        if hasattr(socket, "TCP_USER_TIMEOUT"):  # on Linux; elsewhere the proxy has to do it
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, write_seconds * 1000)
        yield listener


async def keep_running(run: Callable[[], Awaitable[None]], name: str) -> None:
    """Run what is to run until it is cancelled; if it ends, log that and start it again."""
    while True:
        try:
            await run()
            log.error("task ended; it starts again", task=name)
        except Exception:
            log.exception("task ended; it starts again", task=name)
        await asyncio.sleep(AFTER_ERROR_S)


class Surplus:
    """Answers 503 to whatever waits at the listening socket while the server is at its limit.

    `limit` is of connections, `files` of open files. Closed at the end of `run`, which may be
    called again.
    """

    def __init__(self, listener: socket.socket, limit: int, files: int) -> None:
        self._listener = listener
        self._poll = select.poll()
        self._poll.register(listener, select.POLLIN)
        self._kept: list[int] = []
        self._keep_files()
        # Files opened later count as connections: near the limit it may refuse a few too early.
        self._full_at = min(_count_files() + limit, files)
        self._at_once = max(1, min(REFUSALS_AT_ONCE, int(files - self._full_at) // 2))
        self._refused: list[tuple[float, socket.socket]] = []
        self._told_at = -float(TELL_EVERY_S)

    async def run(self) -> None:
        """Look twenty times a second, until cancelled."""
        try:
            while True:
                await asyncio.sleep(LOOK_S)
                self._hang_up(time.monotonic())
                self._keep_files()
                if self._poll.poll(0) and _count_files() >= self._full_at:
                    self._refuse()
        finally:
            self._hang_up(math.inf)
            self._give_files(len(self._kept))

    def _refuse(self) -> None:
        with suppress(BlockingIOError, ConnectionError):  # none waits any more
            for _ in range(self._at_once):
                client = self._accept()
                if client is None:
                    break
                _answer(client)
                self._refused.append((time.monotonic() + LINGER_S, client))
                metrics.refused.inc()
        for _, client in self._refused[: -self._at_once]:
            client.close()
        del self._refused[: -self._at_once]
        if time.monotonic() - self._told_at >= TELL_EVERY_S:
            self._told_at = time.monotonic()
            log.warning("too many connections")

    def _accept(self) -> socket.socket | None:
        """The next that waits; None where no file is left for it, not even a kept one."""
        while True:
            try:
                return self._listener.accept()[0]
            except OSError as error:
                if error.errno not in NO_FILE_LEFT:
                    raise
                if not self._make_room():
                    return None

    def _make_room(self) -> bool:
        """Close the refused client that has lingered longest, else a kept file."""
        if self._refused:
            self._refused.pop(0)[1].close()
            return True
        return self._give_files(1)

    def _keep_files(self) -> None:
        with suppress(OSError):  # none is left: what is kept has to do
            while len(self._kept) < KEPT_FILES:
                self._kept.append(os.dup(self._listener.fileno()))

    def _give_files(self, count: int) -> bool:
        given, self._kept = self._kept[:count], self._kept[count:]
        for file in given:
            os.close(file)
        return bool(given)

    def _hang_up(self, now: float) -> None:
        """Close those who left, or had the time to read why."""
        kept = []
        for until, client in self._refused:
            if _has_left(client) or now >= until:
                client.close()
            else:
                kept.append((until, client))
        self._refused = kept


def _answer(client: socket.socket) -> None:
    client.setblocking(False)
    _has_left(client)
    with suppress(OSError):
        client.send(REFUSAL)
        client.shutdown(socket.SHUT_WR)


def _has_left(client: socket.socket) -> bool:
    """Whether the client closed. What it sent is read: closing over it would take the answer from
    it again."""
    try:
        return not client.recv(65_536)
    except BlockingIOError:
        return False
    except OSError:
        return True


def _count_files() -> float:
    """How many files this process has open; infinite where not even one more can be opened."""
    try:
        return len(os.listdir("/dev/fd"))
    except OSError as error:
        if error.errno not in NO_FILE_LEFT:
            raise
        return math.inf
