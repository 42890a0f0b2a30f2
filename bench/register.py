"""Registrations accepted a second, beside the bare server.

Both servers begin with a copy of the same seeded database and take turns in short rounds; the one
whose turn it is not is suspended. The ratio is the median of the ratios of neighbouring rounds, so
that a machine that is slow for a while is slow for both. "Paused": nobody processes the queue.
"Draining": Turnout processes it in the same process at the same time; the bare server only accepts
in either case.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from bench.figures import Summary, Table, Target, median, sum_up
from bench.load import Measured, Order, run
from bench.registrations import template
from bench.servers import Demo, Server, bare, make_demo, sign_in, turnout, url_of
from tests.support.postgresql import Cluster

CONNECTIONS = (1, 8, 32, 256)
TARGET_CONNECTIONS = 32

Progress = Callable[[str], None]


class Case(msgspec.Struct, frozen=True):
    """One line of the table. `work`: the queue is processed; `keyed`: every request has
    an Idempotency-Key."""

    name: str
    connections: int = TARGET_CONNECTIONS
    work: bool = False
    keyed: bool = False


class Size(msgspec.Struct, frozen=True):
    """How much is measured, on SQLite beside the bare server and on PostgreSQL alone."""

    rounds: int
    seconds: float
    warm_up: float
    cases: tuple[Case, ...] = (
        *(Case("paused", connections) for connections in CONNECTIONS),
        *(Case("draining", connections, work=True) for connections in CONNECTIONS),
        Case("paused, keyed", keyed=True),
    )
    postgresql: tuple[Case, ...] = (Case("paused"), Case("draining", work=True))


FULL = Size(rounds=3, seconds=2.5, warm_up=0.5)
QUICK = Size(rounds=1, seconds=1.0, warm_up=0.3)


class Row(msgspec.Struct, kw_only=True):
    """One case. `processed` is what Turnout's queue finished a second."""

    database: str
    case: str
    connections: int
    turnout: Summary
    processed: float
    bare: Summary | None = None
    ratio: float | None = None
    turnout_rounds: list[Measured]
    bare_rounds: list[Measured] = []


Figures = list[Row]


def measure(demo: Demo, folder: Path, size: Size, progress: Progress) -> list[Row]:
    """All cases, with data under `folder`."""
    rows = []
    for case in size.cases:
        progress(f"{case.name}, {case.connections} connections")
        with _pair(folder / f"{case.name}-{case.connections}", demo, case) as pair:
            rows.append(_beside(pair, demo, size, case))
    if size.postgresql:
        rows += _on_postgresql(folder / "postgresql", size, progress)
    return rows


@contextmanager
def _pair(folder: Path, demo: Demo, case: Case) -> Iterator[tuple[Server, Server]]:
    ours, limit = (demo.copy_database(folder / name) for name in ("turnout", "bare"))
    with turnout(ours.parent, url_of(ours), work=case.work) as first, bare(limit) as second:
        yield first, second


def _beside(pair: tuple[Server, Server], demo: Demo, size: Size, case: Case) -> Row:
    ours, limit = pair
    request = template(demo, sign_in(ours, demo), idempotent=case.keyed)
    mine, others, processed, number = [], [], [], 1
    for _ in range(size.rounds):
        with limit.suspended():
            measured, rate = _round(ours, request, size, case, number)
        with ours.suspended():
            other, _none = _round(limit, request, size, case, number)
        number += max(measured.sent, other.sent)
        mine.append(measured)
        others.append(other)
        processed.append(rate)
    return Row(
        database="SQLite",
        case=case.name,
        connections=case.connections,
        turnout=sum_up(mine),
        processed=median(processed),
        bare=sum_up(others),
        ratio=median(a.per_second / b.per_second for a, b in zip(mine, others, strict=True)),
        turnout_rounds=mine,
        bare_rounds=others,
    )


def _on_postgresql(folder: Path, size: Size, progress: Progress) -> Iterator[Row]:
    with Cluster.start(fsync=True) as cluster:
        seeded = cluster.create_database()
        demo = make_demo(folder, seeded)
        for case in size.postgresql:
            progress(f"PostgreSQL, {case.name}, {case.connections} connections")
            url = cluster.create_database(template=seeded)
            with turnout(folder / case.name, url, work=case.work) as server:
                yield _alone(server, demo, size, case)


def _alone(server: Server, demo: Demo, size: Size, case: Case) -> Row:
    request = template(demo, sign_in(server, demo), idempotent=case.keyed)
    rounds, processed, number = [], [], 1
    for _ in range(size.rounds):
        measured, rate = _round(server, request, size, case, number)
        number += measured.sent
        rounds.append(measured)
        processed.append(rate)
    return Row(
        database="PostgreSQL",
        case=case.name,
        connections=case.connections,
        turnout=sum_up(rounds),
        processed=median(processed),
        turnout_rounds=rounds,
    )


def _round(
    server: Server, request: str, size: Size, case: Case, number: int
) -> tuple[Measured, float]:
    """One round, and what the server's queue finished a second during it and its warm-up."""
    before = server.count_processed()
    measured = run(
        Order(
            port=server.port,
            pids=[server.pid],
            template=request,
            connections=case.connections,
            first=number,
            seconds=size.seconds,
            warm_up=size.warm_up,
        )
    )
    done = server.count_processed() - before
    return measured, done / (size.seconds + size.warm_up)


# The bare server keeps no idempotency keys: beside "keyed" it does another job.
COMPARABLE = ("paused", "draining")


def targets(rows: list[Row]) -> list[Target]:
    """Speed and answers at 32 connections, paused and draining, on SQLite."""
    found = []
    for row in rows:
        if row.connections != TARGET_CONNECTIONS or row.bare is None or row.ratio is None:
            continue
        ours, where = row.turnout, f"register, {row.connections} connections, {row.case}"
        rate = f"{ours.per_second:,.0f}/s"
        found += [
            Target(where, "≥ 1,000/s", rate, ours.per_second >= 1000),
            Target(f"{where}: p99", "< 100 ms", f"{ours.p99_ms:.1f} ms", ours.p99_ms < 100),
            Target(f"{where}: answers other than 200", "none", str(ours.failed), not ours.failed),
        ]
        if row.case in COMPARABLE:
            ratio = Target(
                f"{where}: of the bare server", "≥ 70 %", f"{row.ratio:.0%}", row.ratio >= 0.7
            )
            found.append(ratio)
    return found


def tables(rows: list[Row]) -> list[Table]:
    """The rows on SQLite beside the bare server, and those on PostgreSQL."""
    headings = (
        *("case", "connections", "registrations/s", "p50 ms", "p99 ms", "max ms", "CPU µs each"),
        *("other than 200", "processed/s", "others' cores"),
    )
    bare_headings = ("bare/s", "bare p99 ms", "bare CPU µs", "Turnout : bare")
    return [
        Table(
            "Register with three sessions, SQLite",
            (*headings, *bare_headings),
            [(*_cells(row), *_bare_cells(row)) for row in rows if row.bare],
        ),
        Table(
            "Register with three sessions, PostgreSQL with fsync, on the same machine",
            headings,
            [_cells(row) for row in rows if row.bare is None],
        ),
    ]


def _cells(row: Row) -> tuple[str, ...]:
    ours = row.turnout
    return (
        row.case,
        str(row.connections),
        f"{ours.per_second:,.0f}",
        f"{ours.p50_ms:.1f}",
        f"{ours.p99_ms:.1f}",
        f"{ours.max_ms:.0f}",
        f"{ours.server_cpu_us:.0f}",
        str(ours.failed),
        f"{row.processed:,.0f}",
        f"{ours.others:.2f}",
    )


def _bare_cells(row: Row) -> tuple[str, ...]:
    assert row.bare
    assert row.ratio is not None
    return (
        f"{row.bare.per_second:,.0f}",
        f"{row.bare.p99_ms:.1f}",
        f"{row.bare.server_cpu_us:.0f}",
        f"{row.ratio:.0%}",
    )
