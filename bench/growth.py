"""What a registration and a scan cost as the tables grow, on both databases.

The server runs as in production, with the queue in the same process. At each size some are
registered to warm it up, then rounds are measured from the first request to the empty queue; and as
many of the tickets that were there are scanned.
"""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from bench.big_event import make_big
from bench.door import template_of_scan
from bench.drain import CONNECTIONS, Queue, accept, look_into
from bench.figures import Table, Target, median
from bench.fill import fill
from bench.load import TEXT, Order, run
from bench.origins import BACKENDS, Origin, origin_on
from bench.processes import cpu_seconds
from bench.servers import Demo, Server, turnout
from turnout.store.sqlite import path_of

Progress = Callable[[str], None]


class Size(msgspec.Struct, frozen=True):
    """How far the tables grow, and how much is measured at each size."""

    people: tuple[int, ...]
    rounds: int
    registrations: int
    backends: tuple[str, ...] = BACKENDS
    is_durable: bool = True


FULL = Size(people=(1_000, 10_000, 100_000, 1_000_000), rounds=4, registrations=1_000)
QUICK = Size(people=(1_000, 10_000), rounds=2, registrations=500)


class Row(msgspec.Struct, kw_only=True):
    """Medians of the rounds at one size, in µs a registration and a scan."""

    database: str
    people: int
    database_mb: float
    cpu_us: float
    wall_us: float
    scan_cpu_us: float
    scan_wall_us: float
    rounds: list[tuple[float, float]]


Figures = list[Row]


def measure(demo: Demo, folder: Path, size: Size, progress: Progress) -> list[Row]:
    """One row a size and database, all sizes in one database that grows."""
    rows: list[Row] = []
    for backend in size.backends:
        with origin_on(backend, demo, folder / backend, is_durable=size.is_durable) as origin:
            rows += _measure_on(origin, folder / backend / "growing", size, progress)
    return rows


def _measure_on(origin: Origin, folder: Path, size: Size, progress: Progress) -> Iterator[Row]:
    first, *more = size.people
    url = make_big(origin, folder, first, progress)
    yield _measure_at(origin, folder, url, size, first)
    for people in more:
        fill(url, people, lambda done: progress(f"{origin.name}: filling: {done:,} people"))
        progress(f"{origin.name}: registering and scanning beside {people:,} people")
        yield _measure_at(origin, folder, url, size, people)


def _measure_at(origin: Origin, folder: Path, url: str, size: Size, people: int) -> Row:
    # Numbers of their own at each size, and never 1: that is the model.
    number = people * 10
    rounds = []
    with look_into(url) as queue, turnout(folder, url) as server:
        for _ in range(1 + size.rounds):
            rounds.append(_round(server, queue, origin.demo, size.registrations, number))
            number += size.registrations
        queue.check((1 + size.rounds) * size.registrations)
        codes = folder / f"codes-{people}.txt"
        turns = 1 + size.rounds
        count = _write_codes(queue, codes, size.registrations * turns) // turns
        scans = [
            _scan(server, origin.demo, codes, 1 + turn * count, count) for turn in range(turns)
        ]
        database_mb = _measure_mb(queue, url)
    measured = rounds[1:]
    return Row(
        database=origin.name,
        people=people,
        database_mb=database_mb,
        cpu_us=median(cpu for cpu, _ in measured),
        wall_us=median(wall for _, wall in measured),
        scan_cpu_us=median(cpu for cpu, _ in scans[1:]),
        scan_wall_us=median(wall for _, wall in scans[1:]),
        rounds=measured,
    )


def _write_codes(queue: Queue, file: Path, count: int) -> int:
    """Codes of tickets that are not checked in, from everywhere in the table, a line each; how
    many, at most `count`."""
    codes = queue.list_codes()
    chosen = codes[:: max(1, len(codes) // count)][:count]
    file.write_text("\n".join(chosen))
    return len(chosen)


def _scan(server: Server, demo: Demo, codes: Path, first: int, count: int) -> tuple[float, float]:
    """Processor and wall time in µs a scan, of so many codes of the file."""
    measured = run(
        Order(
            port=server.port,
            pids=[server.pid],
            template=template_of_scan(demo, TEXT),
            texts=str(codes),
            connections=CONNECTIONS,
            first=first,
            requests=count,
        )
    )
    assert measured.statuses == {"200": count}, measured
    return measured.server_cpu_us, measured.seconds / count * 1e6


def _measure_mb(queue: Queue, url: str) -> float:
    if url.startswith("sqlite:"):
        return os.path.getsize(path_of(url)) / 1e6
    return queue.measure_bytes() / 1e6


def _round(
    server: Server, queue: Queue, demo: Demo, count: int, number: int
) -> tuple[float, float]:
    """Processor and wall time in µs a registration."""
    cpu = cpu_seconds(server.pid)
    accepted = accept(server, demo, count, first=number)
    queue.wait_until_empty()
    wall = accepted.seconds + time.perf_counter() - accepted.ended
    return (cpu_seconds(server.pid) - cpu) / count * 1e6, wall / count * 1e6


def targets(rows: list[Row]) -> list[Target]:
    """The highest cost at any size against that at the smallest, of each database."""
    found = []
    for name in dict.fromkeys(row.database for row in rows):
        own = [row for row in rows if row.database == name]
        for field, what in _COSTS.items():
            costs = [getattr(row, field) for row in own]
            growth = max(costs) / costs[0]
            where = f"cost of a {what}, {own[0].people:,} to {own[-1].people:,} people, {name}"
            found.append(Target(where, "≤ 1.5 times", f"{growth:.2f} times", growth <= 1.5))
    return found


_COSTS = {
    "cpu_us": "registration: processor time",
    "wall_us": "registration: wall time",
    "scan_wall_us": "scan: wall time",
}


def tables(rows: list[Row]) -> list[Table]:
    """One row a size and database."""
    first = {row.database: row for row in reversed(rows)}
    return [
        Table(
            f"Cost of a registration and of a scan as the tables grow, {CONNECTIONS} connections",
            (
                *("database", "people", "database MB", "CPU µs each", "of the first"),
                *("wall µs each", "of the first", "scan CPU µs", "scan wall µs", "of the first"),
            ),
            [_cells(row, first[row.database]) for row in rows],
        )
    ]


def _cells(row: Row, first: Row) -> tuple[str, ...]:
    return (
        row.database,
        f"{row.people:,}",
        f"{row.database_mb:,.0f}",
        f"{row.cpu_us:,.0f}",
        f"{row.cpu_us / first.cpu_us:.0%}",
        f"{row.wall_us:,.0f}",
        f"{row.wall_us / first.wall_us:.0%}",
        f"{row.scan_cpu_us:,.0f}",
        f"{row.scan_wall_us:,.0f}",
        f"{row.scan_wall_us / first.scan_wall_us:.0%}",
    )
