"""Many callers of the attendee list at once: a list of 300, which is one read, and a long one.

The callers are one process: each opens a connection, asks, and reads its list to the end; the next
round begins when all have theirs. The time of a caller is from its connection to its last byte.
Both databases are measured; no bare server streams lists, and attendees.py has the database alone.
"""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from bench.attendees import LIST
from bench.big_event import make_big
from bench.figures import Table, Target, median
from bench.fill import fill
from bench.memory import sampling
from bench.origins import Origin, origin_on
from bench.processes import memory_mb
from bench.servers import Demo, Server, turnout

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
    on_postgresql: tuple[Case, ...]
    is_durable: bool = True


SHORT = (Case(6, 300), Case(64, 300))
FULL = Size(3, cases=(*SHORT, Case(16, 100_000)), on_postgresql=(*SHORT, Case(16, 30_000)))
QUICK = Size(1, cases=(*SHORT, Case(16, 10_000)), on_postgresql=SHORT)


class Row(msgspec.Struct, kw_only=True):
    """One case: times over all rounds, memory in MB above what the server had before."""

    database: str
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
    """All cases on each database, each on one of its own."""
    rows = []
    for backend, cases in (("sqlite", size.cases), ("postgresql", size.on_postgresql)):
        with origin_on(backend, demo, folder / backend, is_durable=size.is_durable) as origin:
            model = origin.of(make_big(origin, folder / backend / "model", 1, progress))
            for case in cases:
                progress(f"{origin.name}: {case.callers} callers of a list of {case.people:,}")
                own = folder / backend / f"{case.callers}-{case.people}"
                rows.append(_measure_case(model, own, case, size.rounds))
    return rows


def _measure_case(model: Origin, folder: Path, case: Case, rounds: int) -> Row:
    url = model.copy(folder)
    fill(url, case.people, lambda _done: None)
    with turnout(folder, url, work=False) as server:
        return _measure(model, server, case, rounds)


def _measure(model: Origin, server: Server, case: Case, rounds: int) -> Row:
    token = model.demo.event_token
    asyncio.run(_ask(server.port, token))
    before = memory_mb(server.pid)
    got: list[Got] = []
    with sampling(server.pid) as samples:
        for _ in range(rounds):
            got += asyncio.run(_ask_at_once(server.port, token, case.callers))
    times = sorted(answer.seconds for answer in got)
    return Row(
        database=model.name,
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
        name = f"{row.callers} callers at once of a list of {row.people:,}, {row.database}"
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
    """One line a case, by database."""
    headings = (
        *("callers", "people", "MB each", "p50 s", "p99 s", "max s"),
        *("other than 200", "memory above idle MB"),
    )
    return [
        Table(
            f"Many callers of the attendee list at once, {database}",
            headings,
            [_cells(row) for row in rows if row.database == database],
        )
        for database in dict.fromkeys(row.database for row in rows)
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
