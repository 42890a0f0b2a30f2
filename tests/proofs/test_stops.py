"""A server that is stopped under load ends in time and in peace, however often it is done.

A real server takes registrations, scans and heartbeats from many connections, some of which say
nothing, send half of a request or read nothing of their answer, while its workers decide and send.
At a random instant it gets SIGTERM. It must end by itself, with exit code 0, before the deadline;
nothing of it lives on; and what was answered is in the database.
"""

import asyncio
import random
import re
import signal
import time
from contextlib import suppress
from pathlib import Path

import pytest

from tests.proofs.test_crash import Clients, check, make_account
from tests.proofs.wire import connection
from tests.support import proof
from tests.support.node import BACKENDS, Account, new_database
from tests.support.server import Server

LONGEST_LOAD_S = 1.2
# In which clients that hold a request open have sent it.
HOLD_S = 0.4
SHUTDOWN_S = proof.scale(2, 6)
# What the workers' last steps, closing the database and a busy machine take beyond the deadline.
LATER_S = 8
SETTLE_TIMEOUT_S = 120
SILENT = b""
HALF_A_HEAD = b"PUT /v1.0/register HTTP/1.1\r\nHost: turnout\r\nContent-"
HALF_A_BODY = (
    b"PUT /v1.0/register HTTP/1.1\r\nHost: turnout\r\nAuthorization: Bearer %s\r\n"
    b"Content-Type: application/json\r\nContent-Length: 500\r\n\r\n{"
)


async def hold(port: int, sent: bytes) -> None:
    """A client that sends this and no more, and reads nothing."""
    with suppress(OSError, asyncio.IncompleteReadError):
        async with connection(port) as (_, writer):
            writer.write(sent)
            await writer.drain()
            await asyncio.sleep(SHUTDOWN_S * 10)


async def load_and_stop(
    server: Server, clients: Clients, account: Account, seconds: float, *, is_held: bool
) -> float:
    """How long the server took to end."""
    await clients.repeat_unanswered()
    half = HALF_A_BODY % account.token.encode()
    held = [
        asyncio.ensure_future(hold(server.port, sent))
        for sent in ((SILENT, SILENT, HALF_A_HEAD, half, half) if is_held else ())
    ]
    if is_held:
        seconds = max(seconds, HOLD_S)
    load = asyncio.ensure_future(clients.load(seconds + SHUTDOWN_S + LATER_S))
    await asyncio.sleep(seconds)
    since = time.monotonic()
    assert await asyncio.to_thread(stop, server) == 0
    took = time.monotonic() - since
    for task in held:
        task.cancel()
    await load
    return took


def stop(server: Server) -> int:
    """Stop it gracefully; its exit code. One that goes on says where it is."""
    pid = server.pid
    server.terminate()
    deadline = time.monotonic() + SHUTDOWN_S + LATER_S
    while time.monotonic() < deadline:
        if is_over(pid):
            return server.wait()
        time.sleep(0.01)
    server.send(signal.SIGABRT)  # faulthandler writes where every thread is
    server.wait()
    pytest.fail(f"still running {SHUTDOWN_S + LATER_S} s after SIGTERM:\n{server.read_log()}")


def is_over(pid: int) -> bool:
    """Whether the process has ended, and waits to be asked for its exit code."""
    return (
        re.search(r"^State:\s+Z", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE) is not None
    )


def list_group(group: int) -> list[int]:
    """The processes of the group that live."""
    found = []
    for folder in Path("/proc").iterdir():
        with suppress(OSError, ValueError):
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            if int(fields[2]) == group and fields[0] != "Z":
                found.append(int(folder.name))
    return found


async def settle(server: Server) -> None:
    for _ in range(SETTLE_TIMEOUT_S * 2):
        metrics = server.ask("GET", "/metrics").body.decode()
        if re.search(r'^turnout_queue_waiting\{queue="intake"\} 0\.0$', metrics, re.MULTILINE):
            return
        await asyncio.sleep(0.5)
    pytest.fail(f"the queue was not drained in {SETTLE_TIMEOUT_S} seconds")


@pytest.mark.proof
@pytest.mark.parametrize("backend", BACKENDS)
def test_a_server_that_is_stopped_under_load_ends_in_time(
    backend: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    cluster = request.getfixturevalue("cluster") if backend == "postgresql" else None
    url = new_database(backend, tmp_path, cluster)
    account = make_account(url)
    dice = proof.random_for(f"stops {backend}")
    server = Server(
        tmp_path,
        database_url=url,
        command=("serve",),
        environment={"PYTHONFAULTHANDLER": "1"},
        rate_limit_per_minute=0,
        access_log="false",
        shutdown_seconds=SHUTDOWN_S,
    )
    clients = Clients(server.port, account, dice)
    took = []
    stops = proof.scale(2, 100)
    for number in range(stops):
        server.start()
        group = server.pid
        took.append(
            asyncio.run(
                load_and_stop(server, clients, account, draw(dice), is_held=number % 3 == 0)
            )
        )
        assert list_group(group) == []
    with server:
        asyncio.run(clients.repeat_unanswered())
        asyncio.run(settle(server))
        assert server.stop() == 0
    check(url, clients.book)
    proof.report(
        "stops under load",
        backend=backend,
        stops=stops,
        longest_s=round(max(took), 1),
        answered=len(clients.book.answered),
        unanswered=len(clients.book.unanswered),
        seed=proof.seed(),
    )


def draw(dice: random.Random) -> float:
    """When a server is stopped: often in its first moments, and else under full load."""
    return dice.choice((0, 0.05, dice.uniform(0, LONGEST_LOAD_S)))
