"""Connections on a real server: idle ones, clients that read nothing, and one too many."""

import asyncio
import os
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from http.client import HTTPException
from pathlib import Path
from typing import Any

import pytest
import structlog

from tests.support.ports import free_port
from tests.support.server import Server
from turnout.http import connections, server
from turnout.http.connections import ConnectionLimits, limit_connections

DEADLINE_S = 20
PART = b"x" * 1_000_000
PARTS = 60
HEAD = b"GET /%s HTTP/1.1\r\nHost: x\r\n\r\n"

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Open = Callable[[], Awaitable[Stream]]


class PartsApp:
    """Answers `ok`; at /parts 60 MB. `ended` tells why the latter ended."""

    in_flight = 0

    def __init__(self) -> None:
        self.ended: asyncio.Queue[str] = asyncio.Queue()
        self.stopping = asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        if scope["path"] == "/parts":
            self.in_flight += 1
            self.ended.put_nowait(await self._send_parts(receive, send))
            self.in_flight -= 1
        else:
            await send({"type": "http.response.body", "body": b"ok"})

    async def _send_parts(self, receive: Any, send: Any) -> str:
        await receive()
        gone = asyncio.ensure_future(receive())
        for _ in range(PARTS):
            await send({"type": "http.response.body", "body": PART, "more_body": True})
            if gone.done():
                return str(gone.result()["type"])
        await send({"type": "http.response.body", "body": b""})
        gone.cancel()
        return "whole"


def serve(limits: ConnectionLimits, act: Callable[[Open, PartsApp], Awaitable[None]]) -> None:
    """Run `act` beside a server in this process; it connects with what it is given."""
    port = free_port()

    async def main() -> None:
        app = PartsApp()
        acting: list[asyncio.Future[None]] = []
        opened: list[Stream] = []

        async def open_stream() -> Stream:
            opened.append(await asyncio.open_connection("127.0.0.1", port))
            return opened[-1]

        async def act_and_stop() -> None:
            try:
                await asyncio.wait_for(act(open_stream, app), DEADLINE_S)
            finally:
                for _, writer in opened:
                    writer.close()
                os.kill(os.getpid(), signal.SIGTERM)

        async def drain() -> None:
            """Nothing waits."""

        await server.run(
            app,  # type: ignore[arg-type]
            host="127.0.0.1",
            port=port,
            limits=limits,
            grace_seconds=5,
            started=lambda: acting.append(asyncio.ensure_future(act_and_stop())),
            drain=drain,
        )
        await acting[0]

    asyncio.run(main())


async def ask(stream: Stream, path: bytes = b"") -> bytes:
    """The first line and what else came with it; nothing where the server closed."""
    reader, writer = stream
    with suppress(ConnectionError):
        writer.write(HEAD % path)
        return await reader.read(65_536)
    return b""


async def hold(open_stream: Open, count: int) -> list[Stream]:
    """So many connections that are served. Our own ends are files of the server's process as well,
    so it may refuse some too early."""
    held: list[Stream] = []
    while len(held) < count:
        stream = await open_stream()
        if (await ask(stream)).startswith(b"HTTP/1.1 200 "):
            held.append(stream)
        else:
            stream[1].close()
    return held


async def read_to_end(stream: Stream) -> int:
    count = 0
    with suppress(ConnectionError):
        while part := await stream[0].read(1_000_000):
            count += len(part)
    return count


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nHost", HEAD % b"", HEAD % b"" + b"GET"])
def test_a_connection_without_a_request_is_closed_after_the_idle_time(sent: bytes) -> None:
    async def act(open_stream: Open, _app: PartsApp) -> None:
        stream = await open_stream()
        started = time.monotonic()
        stream[1].write(sent)
        await read_to_end(stream)
        assert 0.9 <= time.monotonic() - started < DEADLINE_S / 2

    serve(ConnectionLimits(idle_seconds=1), act)


def test_a_connection_is_used_again_within_the_idle_time() -> None:
    async def act(open_stream: Open, _app: PartsApp) -> None:
        stream = await open_stream()
        for _ in range(3):
            assert (await ask(stream)).startswith(b"HTTP/1.1 200 ")
            await asyncio.sleep(1)
        assert (await ask(stream)).startswith(b"HTTP/1.1 200 ")

    serve(ConnectionLimits(idle_seconds=2), act)


def test_a_client_that_reads_nothing_is_cut_off() -> None:
    async def act(open_stream: Open, app: PartsApp) -> None:
        stream = await open_stream()
        stream[1].write(HEAD % b"parts")
        stream[1].transport.pause_reading()  # type: ignore[attr-defined]
        assert await app.ended.get() == "http.disconnect"
        stream[1].transport.resume_reading()  # type: ignore[attr-defined]
        assert await read_to_end(stream) < PARTS * len(PART)

    serve(ConnectionLimits(write_seconds=1), act)


def test_a_client_that_reads_slowly_gets_everything() -> None:
    async def act(open_stream: Open, app: PartsApp) -> None:
        reader, writer = stream = await open_stream()
        writer.write(HEAD % b"parts")
        slowly = 0
        for _ in range(25):  # for longer than one may read nothing
            slowly += len(await reader.read(1_000_000))
            await asyncio.sleep(0.1)
        assert slowly + await read_to_end(stream) > PARTS * len(PART)
        assert await app.ended.get() == "whole"

    serve(ConnectionLimits(write_seconds=2, idle_seconds=2), act)


def test_one_connection_too_many_is_answered_503_at_once() -> None:
    async def act(open_stream: Open, _app: PartsApp) -> None:
        held = await hold(open_stream, 20)
        for _ in range(3):
            started = time.monotonic()
            head = await ask(await open_stream())
            assert head.startswith(b"HTTP/1.1 503 ")
            assert b"\r\nRetry-After: 5\r\n" in head
            assert time.monotonic() - started < 1
        # Those who came first are served on, and one who leaves makes room.
        assert (await ask(held[0])).startswith(b"HTTP/1.1 200 ")
        held[1][1].close()
        while (await ask(await open_stream())).startswith(b"HTTP/1.1 503 "):
            assert len(await ask(held[0])) > 0

    serve(ConnectionLimits(connections=20), act)


def test_a_crowd_over_the_limit_is_told_so_one_by_one() -> None:
    async def act(open_stream: Open, _app: PartsApp) -> None:
        await hold(open_stream, 20)
        crowd = await asyncio.gather(*(open_stream() for _ in range(100)))
        answers = await asyncio.gather(*map(ask, crowd))
        assert {answer[:13] for answer in answers} == {b"HTTP/1.1 503 "}
        assert await asyncio.gather(*map(read_to_end, crowd)) == [0] * 100

    serve(ConnectionLimits(connections=20), act)


@contextmanager
def crowd(server: Server, count: int) -> Iterator[list[socket.socket]]:
    """So many clients that ask nothing, connected one after another without waiting for any."""
    with ExitStack() as opened:
        yield [
            opened.enter_context(socket.create_connection(("127.0.0.1", server.port), DEADLINE_S))
            for _ in range(count)
        ]


def ask_anew(server: Server) -> int:
    """The status that a new client gets; 0 where the connection broke without an answer."""
    with suppress(OSError, HTTPException):
        return server.ask("GET", "/healthz").status
    return 0


def test_a_burst_at_a_low_file_limit_does_not_end_the_refusals(tmp_path: Path) -> None:
    with Server(tmp_path, command=("serve",), open_files=256) as server:
        with crowd(server, 140) as held:
            assert ask_anew(server) == 503
            with crowd(server, 260):
                assert ask_anew(server) == 503
            assert [ask_anew(server) for _ in range(5)] == [503] * 5
            assert len(held) == 140
        while ask_anew(server) != 200:
            """Those who left make room, as soon as the server has noticed."""
        assert "too many connections" in server.read_log()
        assert "task ended" not in server.read_log()


def test_clients_are_refused_even_when_no_file_is_left() -> None:
    async def act(open_stream: Open, _app: PartsApp) -> None:
        held = await hold(open_stream, 20)
        waiting = [socket.socket() for _ in range(3)]  # their own files, before none is left
        with low_file_limit(256), every_file_taken():
            for client in waiting:
                client.connect(held[0][1].get_extra_info("peername"))
                client.setblocking(False)
                answer = await asyncio.get_running_loop().sock_recv(client, 65_536)
                assert answer.startswith(b"HTTP/1.1 503 ")
        for client in waiting:
            client.close()
        assert (await ask(await open_stream())).startswith(b"HTTP/1.1 503 ")

    serve(ConnectionLimits(connections=20), act)


@contextmanager
def low_file_limit(files: int) -> Iterator[None]:
    """This process may open few files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@contextmanager
def every_file_taken() -> Iterator[None]:
    """This process can open no more files."""
    taken: list[int] = []
    with suppress(OSError):
        while True:
            taken.append(os.open(os.devnull, os.O_RDONLY))
    try:
        yield
    finally:
        for file in taken:
            os.close(file)


def test_a_task_that_ends_is_logged_and_started_again() -> None:
    endings: list[Exception | None] = [OSError("no file is left"), None]
    third = asyncio.Event()

    async def run() -> None:
        if not endings:
            third.set()
            await asyncio.Event().wait()
        if ending := endings.pop(0):
            raise ending

    async def main() -> None:
        task = asyncio.ensure_future(connections.keep_running(run, "refusing"))
        await asyncio.wait_for(third.wait(), DEADLINE_S)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    with pytest.MonkeyPatch.context() as patch, structlog.testing.capture_logs() as logged:
        patch.setattr(connections, "AFTER_ERROR_S", 0)
        asyncio.run(main())
    assert [(line["event"], line["task"]) for line in logged] == [
        ("task ended; it starts again", "refusing")
    ] * 2


def test_the_file_limit_is_raised_to_the_hard_one() -> None:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    code = (
        "import resource; from turnout.http.connections import raise_file_limit;"
        f"resource.setrlimit(resource.RLIMIT_NOFILE, (100, {min(hard, 900)}));"
        "print(raise_file_limit(), resource.getrlimit(resource.RLIMIT_NOFILE)[0])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == [str(min(hard, 900))] * 2


@pytest.mark.parametrize(
    ("wanted", "files", "limit"),
    [(8192, 20_000, 8192), (8192, 8192, 7936), (8192, 300, 150), (10, 300, 10)],
)
def test_connections_stay_below_the_file_limit(wanted: int, files: int, limit: int) -> None:
    assert limit_connections(wanted, files) == limit
