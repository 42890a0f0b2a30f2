"""What a registration costs as the tables grow: accepted and processed, all counted.

The server runs as in production, with the queue in the same process. At each size some are
registered to warm it up, then rounds are measured from the first request to the empty queue.
"""

import os
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from bench.drain import CONNECTIONS, Queue, accept, look_into
from bench.figures import Table, Target, median
from bench.fill import fill
from bench.processes import cpu_seconds
from bench.servers import Demo, Server, turnout, url_of

Progress = Callable[[str], None]


class Size(msgspec.Struct, frozen=True):
    """How far the tables grow, and how much is measured at each size."""

    people: tuple[int, ...]
    rounds: int
    registrations: int


FULL = Size(people=(1_000, 10_000, 100_000, 1_000_000), rounds=5, registrations=1_000)
QUICK = Size(people=(1_000, 10_000), rounds=2, registrations=500)


class Row(msgspec.Struct, kw_only=True):
    """Medians of the rounds at one size, in µs a registration."""

    people: int
    database_mb: float
    cpu_us: float
    wall_us: float
    rounds: list[tuple[float, float]]


Figures = list[Row]


def measure(demo: Demo, folder: Path, size: Size, progress: Progress) -> list[Row]:
    """One row a size, all on one database that grows."""
    database = demo.copy_database(folder / "growing")
    _register_the_model(database, demo)
    rows = []
    for people in size.people:
        fill(database, people, lambda done: progress(f"filling the tables: {done:,} people"))
        progress(f"registering beside {people:,} people")
        rows.append(_measure_at(database, demo, size, people))
    return rows


def _register_the_model(database: Path, demo: Demo) -> None:
    with look_into(database) as queue, turnout(database.parent, url_of(database)) as server:
        accept(server, demo, 1, first=1)
        queue.wait_until_empty()


def _measure_at(database: Path, demo: Demo, size: Size, people: int) -> Row:
    # Numbers of their own at each size, and never 1: that is the model.
    number = people * 10
    rounds = []
    with look_into(database) as queue, turnout(database.parent, url_of(database)) as server:
        for _ in range(1 + size.rounds):
            rounds.append(_round(server, queue, demo, size.registrations, number))
            number += size.registrations
        queue.check((1 + size.rounds) * size.registrations)
    measured = rounds[1:]
    return Row(
        people=people,
        database_mb=os.path.getsize(database) / 1e6,
        cpu_us=median(cpu for cpu, _ in measured),
        wall_us=median(wall for _, wall in measured),
        rounds=measured,
    )


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
    """The highest cost at any size against that at the smallest."""
    name = f"cost of a registration, {rows[0].people:,} to {rows[-1].people:,} people"
    found = []
    for kind in ("cpu_us", "wall_us"):
        costs = [getattr(row, kind) for row in rows]
        growth = max(costs) / costs[0]
        what = {"cpu_us": "processor time", "wall_us": "wall time"}[kind]
        found.append(Target(f"{name}: {what}", "≤ 1.5 times", f"{growth:.2f} times", growth <= 1.5))
    return found


def tables(rows: list[Row]) -> list[Table]:
    """One row a size."""
    first = rows[0]
    return [
        Table(
            f"Cost of a registration as the tables grow, {CONNECTIONS} connections",
            (
                "people",
                "database MB",
                "CPU µs each",
                "of the first",
                "wall µs each",
                "of the first",
            ),
            [
                (
                    f"{row.people:,}",
                    f"{row.database_mb:,.0f}",
                    f"{row.cpu_us:,.0f}",
                    f"{row.cpu_us / first.cpu_us:.0%}",
                    f"{row.wall_us:,.0f}",
                    f"{row.wall_us / first.wall_us:.0%}",
                )
                for row in rows
            ],
        )
    ]
