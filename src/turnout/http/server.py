"""Running an ASGI app with Granian inside this process, and stopping it gracefully.

One process is one server: when it is killed, nothing of it lives on. On SIGTERM or SIGINT the
listening socket closes, requests that were accepted are finished, then the queues.
"""

import asyncio
import signal
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress

import structlog
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.server.embed import Server

from turnout.http.app import RootApp

BACKLOG = 2048
POLL_S = 0.02

log = structlog.get_logger()


async def run(
    app: RootApp,
    *,
    host: str,
    port: int,
    grace_seconds: int,
    started: Callable[[], None],
    drain: Callable[[], Awaitable[None]],
) -> None:
    """Serve until SIGTERM or SIGINT; then finish what was accepted and return.

    `started` is called once the port listens, `drain` after the last request was answered.
    Raises OSError when the port cannot be had.
    """
    server = Server(
        app,
        address=host,
        port=port,
        interface=Interfaces.ASGINL,
        http=HTTPModes.http1,
        backlog=BACKLOG,
        websockets=False,
        log_enabled=False,
        http1_settings=HTTP1Settings(header_read_timeout=15_000),
    )
    serving = asyncio.ensure_future(server.serve())
    stopping = asyncio.ensure_future(until_signal())
    await _until_listening(host, port, serving)
    started()
    await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    log.info("stopping", in_flight=app.in_flight)
    server.stop()  # type: ignore[no-untyped-call]
    with suppress(TimeoutError):
        await asyncio.wait_for(serving, grace_seconds)
    await _until_idle(app, grace_seconds)
    await drain()
    log.info("stopped")


def check_port(host: str, port: int) -> None:
    """Raise OSError, saying what to do, unless the port is free.

    Granian shares a port with whoever listens there already, and so would two servers by mistake.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, port), family=family).close()
    except OSError as error:
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


async def _until_listening(host: str, port: int, serving: "asyncio.Future[None]") -> None:
    reachable = "127.0.0.1" if host == "0.0.0.0" else host  # noqa: S104
    for _ in range(500):
        if serving.done():
            serving.result()
            return
        with suppress(OSError):
            _, writer = await asyncio.open_connection(reachable, port)
            writer.close()
            return
        await asyncio.sleep(POLL_S)


async def _until_idle(app: RootApp, seconds: int) -> None:
    for _ in range(int(seconds / POLL_S)):
        if not app.in_flight:
            return
        await asyncio.sleep(POLL_S)
