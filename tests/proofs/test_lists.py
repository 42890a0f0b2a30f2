"""Many callers of lists at once: each gets its whole list, soon, and in bounded memory."""

import asyncio
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.dialects.attendance.hall import Hall
from tests.proofs.wire import connection
from tests.support import proof
from tests.support.crowd import add_attendees
from tests.support.node import BACKENDS, WallClock, new_database, open_node
from tests.support.server import Server
from turnout.core.identity.credentials import issue_credential
from turnout.core.identity.model import CredentialKind

SHORT = 300
LONG = proof.scale(3_000, 100_000)
MEMORY_MB = 150
DEADLINE_S = 300
_PEAK = re.compile(r"VmHWM:\s+(\d+) kB")


class Answered(NamedTuple):
    """How many `rows` the list has, and seconds until its end."""

    status: bytes
    rows: int
    took: float


class Site:
    """A server with an event, whose list grows by `grow`."""

    def __init__(self, server: Server, hall: Hall, secret: str, backend: str) -> None:
        self.server, self.hall, self.backend = server, hall, backend
        self._list = (
            "GET /v1/event/attendees.json HTTP/1.0\r\nHost: turnout\r\n"
            f"Authorization: event {hall.event_token}\r\n\r\n"
        )
        self._search = (
            "POST /api/registrations/search HTTP/1.0\r\nHost: turnout\r\nContent-Length: 2\r\n"
            f"Content-Type: application/json\r\nAuthorization: Bearer {secret}\r\n\r\n{{}}"
        )

    def grow(self, attendees: int) -> None:
        """Add attendees until the list has so many."""
        there = asyncio.run(self._ask(self._list)).rows
        self.hall.node.db.call(add_attendees, self.hall.event_id, attendees - there)

    def list_at_once(self, callers: int) -> list[Answered]:
        return asyncio.run(self._ask_at_once(self._list, callers))

    def list_in_turn(self, callers: int) -> float:
        """Seconds that as many lists take one after another: what this machine does now."""

        async def ask_in_turn() -> float:
            return sum([(await self._ask(self._list)).took for _ in range(callers)])

        return asyncio.run(ask_in_turn())

    def search_at_once(self, callers: int) -> list[Answered]:
        return asyncio.run(self._ask_at_once(self._search, callers))

    def leave_in_the_middle(self, callers: int) -> None:
        """Ask for the list, read a little of it and hang up."""
        asyncio.run(self._leave(callers))

    def peak_mb(self) -> float:
        """The most memory that the server has had."""
        status = Path(f"/proc/{self.server.pid}/status").read_text()
        found = _PEAK.search(status)
        assert found
        return int(found[1]) / 1000

    async def _ask_at_once(self, request: str, callers: int) -> list[Answered]:
        return await asyncio.gather(*(self._ask(request) for _ in range(callers)))

    async def _ask(self, request: str) -> Answered:
        started = time.perf_counter()
        parts = []
        async with asyncio.timeout(DEADLINE_S), connection(self.server.port) as (reader, writer):
            writer.write(request.encode())
            while part := await reader.read(1_000_000):
                parts.append(part)
        took = time.perf_counter() - started
        text = b"".join(parts)
        rows = text.count(b'"reference_key":') if text.endswith(b"]") else -1
        return Answered(text.split(b" ", 2)[1], rows, took)

    async def _leave(self, callers: int) -> None:
        async def leave() -> None:
            async with connection(self.server.port) as (reader, writer):
                writer.write(self._list.encode())
                assert (await reader.read(100)).startswith(b"HTTP/1.")
                writer.transport.abort()

        await asyncio.gather(*(leave() for _ in range(callers)))


@pytest.fixture(params=BACKENDS)
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    cluster = request.getfixturevalue("cluster") if request.param == "postgresql" else None
    url = new_database(request.param, tmp_path, cluster)
    with open_node(url, clock=WallClock()) as node:
        hall = Hall(node)
        kind = CredentialKind.DEVELOPER_SECRET
        _, secret = node.db.call(issue_credential, hall.org_id, kind, "lists", actor="test")
        with Server(tmp_path, database_url=url, command=("serve",), access_log="false") as server:
            yield Site(server, hall, secret, request.param)


@pytest.mark.proof
@pytest.mark.timed
def test_many_short_lists_at_once_all_come_soon(site: Site) -> None:
    callers = proof.scale(16, 64)
    site.grow(SHORT)
    in_turn_s = site.list_in_turn(callers)
    listed, searched = site.list_at_once(callers), site.search_at_once(callers)
    assert {(answer.status, answer.rows) for answer in listed} == {(b"200", SHORT)}
    assert {(answer.status, answer.rows) for answer in searched} == {(b"200", 0)}
    slowest = max(answer.took for answer in listed)
    # A second, or what the same lists take one after another where the machine is busy.
    assert slowest < max(1, 1.5 * in_turn_s)
    proof.report(
        "short lists",
        backend=site.backend,
        callers=callers,
        rows=SHORT,
        slowest_ms=int(slowest * 1000),
        in_turn_ms=int(in_turn_s * 1000),
    )


@pytest.mark.proof
@pytest.mark.timed
def test_many_long_lists_at_once_all_come_in_bounded_memory(site: Site) -> None:
    callers = proof.scale(8, 16)
    site.grow(LONG)
    site.leave_in_the_middle(callers)
    before = site.peak_mb()
    answers = site.list_at_once(callers)
    assert {(answer.status, answer.rows) for answer in answers} == {(b"200", LONG)}
    above = site.peak_mb() - before
    assert above < MEMORY_MB
    proof.report(
        "long lists", backend=site.backend, callers=callers, rows=LONG, memory_mb=int(above)
    )
