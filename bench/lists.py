"""Many callers of the attendee list at once: a list of 300, which is one read, and a long one.

The callers are one process: each opens a connection, asks, and reads its list to the end; the next
round begins when all have theirs. The time of a caller is from its connection to its last byte.
"""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from bench.door import LIST
from bench.drain import accept, look_into
from bench.figures import Table, Target, median
from bench.fill import fill
from bench.memory import sampling
from bench.processes import memory_mb
from bench.servers import Demo, Server, turnout, url_of

PART = 1 << 20

Progress = Callable[[str], None]


class Case(msgspec.Struct, frozen=True):
    """So many callers at once, of a list so long."""

    callers: int
    people: int


class Size(msgspec.Struct, frozen=True):
    """What is measured, and how often."""

    rounds: int
    cases: tuple[Case, ...]


FULL = Size(rounds=3, cases=(Case(6, 300), Case(64, 300), Case(16, 100_000)))
QUICK = Size(rounds=1, cases=(Case(6, 300), Case(64, 300), Case(16, 10_000)))


class Row(msgspec.Struct, kw_only=True):
    """One case: times over all rounds, memory in MB above what the server had before."""

    callers: int
    people: int
    megabytes: float
    p50_s: float
    p99_s: float
    max_s: float
    failed: int
    memory_mb: float


Figures = list[Row]


class Got(msgspec.Struct, frozen=True):
    """One caller's list."""

    status: str
    size: int
    seconds: float


def measure(demo: Demo, folder: Path, size: Size, progress: Progress) -> list[Row]:
    """All cases, each on a database of its own."""
    model = demo.copy_database(folder / "model")
    with look_into(model) as queue, turnout(model.parent, url_of(model)) as server:
        accept(server, demo, 1, first=1)
        queue.wait_until_empty()
    rows = []
    for case in size.cases:
        progress(f"{case.callers} callers of a list of {case.people:,}")
        own = demo._replace(folder=model.parent).copy_database(
            folder / f"{case.callers}-{case.people}"
        )
        fill(own, case.people, lambda _done: None)
        with turnout(own.parent, url_of(own), work=False) as server:
            rows.append(_measure_case(server, demo.event_token, case, size.rounds))
    return rows


def _measure_case(server: Server, token: str, case: Case, rounds: int) -> Row:
    asyncio.run(_ask(server.port, token))
    before = memory_mb(server.pid)
    got: list[Got] = []
    with sampling(server.pid) as samples:
        for _ in range(rounds):
            got += asyncio.run(_ask_at_once(server.port, token, case.callers))
    times = sorted(answer.seconds for answer in got)
    return Row(
        callers=case.callers,
        people=case.people,
        megabytes=median(answer.size for answer in got) / 1e6,
        p50_s=median(times),
        p99_s=times[int(len(times) * 0.99)],
        max_s=times[-1],
        failed=sum(answer.status != "200" for answer in got),
        memory_mb=max(samples) - before,
    )


async def _ask_at_once(port: int, token: str, callers: int) -> list[Got]:
    return await asyncio.gather(*(_ask(port, token) for _ in range(callers)))


async def _ask(port: int, token: str) -> Got:
    since = time.perf_counter()
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=PART)
    writer.write(
        f"GET {LIST} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        f"Authorization: event {token}\r\n\r\n".encode()
    )
    head = await reader.readuntil(b"\r\n\r\n")
    size = 0
    while part := await reader.read(PART):
        size += len(part)
    writer.close()
    return Got(head.split(b" ", 2)[1].decode(), size, time.perf_counter() - since)


def targets(rows: list[Row]) -> list[Target]:
    """Every caller is answered; short lists soon, long ones in bounded memory."""
    found = []
    for row in rows:
        name = f"{row.callers} callers at once of a list of {row.people:,}"
        found.append(
            Target(f"{name}: answers other than 200", "none", str(row.failed), not row.failed)
        )
        if row.people <= 300:
            found.append(Target(f"{name}: p99", "< 1 s", f"{row.p99_s:.2f} s", row.p99_s < 1))
        else:
            used = f"{row.memory_mb:.0f} MB"
            found.append(
                Target(f"{name}: memory above idle", "< 150 MB", used, row.memory_mb < 150)
            )
    return found


def tables(rows: list[Row]) -> list[Table]:
    """One line a case."""
    return [
        Table(
            "Many callers of the attendee list at once, SQLite",
            (
                *("callers", "people", "MB each", "p50 s", "p99 s", "max s"),
                *("other than 200", "memory above idle MB"),
            ),
            [_cells(row) for row in rows],
        )
    ]


def _cells(row: Row) -> tuple[str, ...]:
    return (
        str(row.callers),
        f"{row.people:,}",
        f"{row.megabytes:.2f}",
        f"{row.p50_s:.2f}",
        f"{row.p99_s:.2f}",
        f"{row.max_s:.2f}",
        str(row.failed),
        f"{row.memory_mb:.0f}",
    )
