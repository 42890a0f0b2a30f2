"""Running an ASGI app with Granian inside this process, and stopping it gracefully.

One process is one server: when it is killed, nothing of it lives on. On SIGTERM or SIGINT the
listening socket closes, streams of events end, requests that were accepted are finished, then the
queues.
"""

import asyncio
import errno
import os
import signal
import socket
from collections.abc import Awaitable, Callable

import structlog
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.net import SocketHolder  # type: ignore[attr-defined]
from granian.server.embed import Server

from turnout.http.app import RootApp
from turnout.http.connections import (
    BACKLOG,
    ConnectionLimits,
    Surplus,
    keep_running,
    limit_connections,
    listening,
    raise_file_limit,
)

POLL_S = 0.02
CANCELLING_S = 1.0
HEAD_BYTES = 65_536
"""What a connection may hold in memory of a request's head, and of a body's next part. hyper reads
ahead of the check, so a head that comes in one piece may be nearly three times as long."""

log = structlog.get_logger()


async def run(
    app: RootApp,
    *,
    host: str,
    port: int,
    limits: ConnectionLimits,
    grace_seconds: int,
    started: Callable[[], None],
    drain: Callable[[], Awaitable[None]],
) -> None:
    """Serve until SIGTERM or SIGINT; then finish what was accepted and return.

    `started` is called once the port listens, `drain` after the last request was answered, or
    `grace_seconds` after the signal, whatever comes first: a client that sends half a request, or
    reads nothing of its answer, holds nobody up for longer. Raises OSError when the port cannot be
    had.
    """
    files = raise_file_limit()
    connections = limit_connections(limits.connections, files)
    stopping = asyncio.ensure_future(until_signal())
    with listening(host, port, limits.write_seconds) as listener:
        server = _Server(app, listener, limits.idle_seconds, connections)
        serving = asyncio.ensure_future(server.serve())
        refusing = asyncio.ensure_future(
            keep_running(Surplus(listener, connections, files).run, "refusing connections")
        )
        started()
        await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
        log.info("stopping", in_flight=app.in_flight)
        app.stopping.set()
        ends_at = asyncio.get_running_loop().time() + grace_seconds
        refusing.cancel()
        server.stop()  # type: ignore[no-untyped-call]
    await _end(serving, ends_at)
    await _until_idle(app, ends_at)
    await drain()
    log.info("stopped")


class _Server(Server):
    """Granian, accepting from a socket that it did not make."""

    def __init__(
        self, app: RootApp, listener: socket.socket, idle_seconds: int, connections: int
    ) -> None:
        host, port = listener.getsockname()[:2]
        super().__init__(
            app,
            address=host,
            port=port,
            interface=Interfaces.ASGINL,
            http=HTTPModes.http1,
            backlog=BACKLOG,
            backpressure=connections,
            websockets=False,
            log_enabled=False,
            http1_settings=HTTP1Settings(
                header_read_timeout=idle_seconds * 1000, max_buffer_size=HEAD_BYTES
            ),
        )
        self._listener = listener

    def _init_shared_socket(self) -> None:
        # Granian closes the one that it is given.
        copy = os.dup(self._listener.fileno())
        self._shd = SocketHolder(copy, False, BACKLOG)  # type: ignore[assignment, call-arg]


def check_port(host: str, port: int) -> None:
    """Raise OSError, saying what to do, unless the port is free.

    It is asked before the database is touched, which the other server may be using.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        # Names that cannot be looked up have numbers below 0 (EAI_…).
        if (error.errno or 0) < 0 or error.errno == errno.EADDRNOTAVAIL:
            raise OSError(
                f"Cannot listen on {host}: {error.strerror}. Give an address of this machine with "
                "--host or TURNOUT_HOST, such as 127.0.0.1, or 0.0.0.0 for all."
            ) from error
        raise OSError(
            f"Cannot listen: {error.strerror}. "
            "Stop what listens there, or choose another port with --port or TURNOUT_PORT."
        ) from error


async def until_signal() -> None:
    """Wait for SIGTERM or SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()


async def _end(serving: "asyncio.Future[None]", ends_at: float) -> None:
    """Let it end by itself, or end it at that time. Raises what it raises."""
    seconds = ends_at - asyncio.get_running_loop().time()
    done, _ = await asyncio.wait({serving}, timeout=seconds)
    if not done:
        serving.cancel()
        await asyncio.wait({serving}, timeout=CANCELLING_S)
    elif error := serving.exception():
        raise error


async def _until_idle(app: RootApp, ends_at: float) -> None:
    seconds = ends_at - asyncio.get_running_loop().time()
    for _ in range(int(seconds / POLL_S)):
        if not app.in_flight:
            return
        await asyncio.sleep(POLL_S)
