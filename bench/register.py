"""Registrations accepted a second, beside the bare server.

On each database, both servers begin with a copy of the same seeded one and take turns in short
rounds; the one whose turn it is not is suspended. The ratio is the median of the ratios of
neighbouring rounds, so that a machine that is slow for a while is slow for both. "Paused": nobody
processes the queue. "Draining": Turnout processes it in the same process at the same time; the bare
server only accepts in either case. On PostgreSQL also with two nodes, and with a node that only
serves beside a process that only works (`turnout work`).
"""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec

from bench.drain import Queue, look_into
from bench.figures import Job, Summary, Table, Target, median, sum_up
from bench.load import Measured, Order, run
from bench.origins import Origin, origin_on
from bench.registrations import template
from bench.servers import Demo, Server, bare, sign_in, turnout, worker

CONNECTIONS = (1, 8, 32, 256)
TARGET_CONNECTIONS = 32

Progress = Callable[[str], None]


class Case(msgspec.Struct, frozen=True):
    """One line of the table. `work`: the queue is processed; `keyed`: every request has
    an Idempotency-Key; so many `nodes` serve, and if `apart` another process works."""

    name: str
    connections: int = TARGET_CONNECTIONS
    work: bool = False
    keyed: bool = False
    nodes: int = 1
    apart: bool = False


class Size(msgspec.Struct, frozen=True):
    """How much is measured, on each database."""

    rounds: int
    seconds: float
    warm_up: float
    cases: tuple[Case, ...] = (
        *(Case("paused", connections) for connections in CONNECTIONS),
        *(Case("draining", connections, work=True) for connections in (1, 32, 256)),
        Case("paused, keyed", keyed=True),
    )
    postgresql: tuple[Case, ...] = (
        *(Case("paused", connections) for connections in (1, 32, 256)),
        Case("draining", work=True),
        Case("paused, keyed", keyed=True),
        Case("paused, two nodes", nodes=2),
        Case("draining, two nodes", work=True, nodes=2),
        Case("draining, a node and `turnout work`", apart=True),
    )
    is_durable: bool = True


FULL = Size(rounds=3, seconds=1.6, warm_up=0.3)
QUICK = Size(rounds=1, seconds=1.0, warm_up=0.3)


class Row(msgspec.Struct, kw_only=True):
    """One case. `processed` is what Turnout's queue finished a second."""

    database: str
    case: str
    connections: int
    turnout: Summary
    processed: float
    bare: Summary
    ratio: float
    turnout_rounds: list[Measured]
    bare_rounds: list[Measured]


Figures = list[Row]


class Nodes(NamedTuple):
    """Servers of one database, and the processes that work for them."""

    servers: list[Server]
    pids: list[int]
    queue: Queue


def measure(demo: Demo, folder: Path, size: Size, progress: Progress) -> list[Row]:
    """All cases, with data under `folder`."""
    rows = []
    for backend, cases in (("sqlite", size.cases), ("postgresql", size.postgresql)):
        if not cases:
            continue
        with origin_on(backend, demo, folder / backend, is_durable=size.is_durable) as origin:
            for number, case in enumerate(cases):
                progress(f"{origin.name}, {case.name}, {case.connections} connections")
                rows.append(_beside(origin, folder / f"{backend}-{number}", size, case))
    return rows


@contextmanager
def _nodes(origin: Origin, folder: Path, case: Case) -> Iterator[Nodes]:
    url = origin.copy(folder)
    with ExitStack() as stack:
        queue = stack.enter_context(look_into(url))
        servers = [
            stack.enter_context(turnout(folder, url, work=case.work)) for _ in range(case.nodes)
        ]
        working = [stack.enter_context(worker(folder, url))] if case.apart else []
        yield Nodes(servers, [*(server.pid for server in servers), *working], queue)


@contextmanager
def _suspended(pids: list[int]) -> Iterator[None]:
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def _beside(origin: Origin, folder: Path, size: Size, case: Case) -> Row:
    mine, others, processed, number = [], [], [], 1
    limit_url = origin.copy(folder / "bare")
    with (
        _nodes(origin, folder / "turnout", case) as ours,
        bare(folder / "bare", limit_url) as limit,
    ):
        token = sign_in(ours.servers[0], origin.demo)
        request = template(origin.demo, token, idempotent=case.keyed)
        for _ in range(size.rounds):
            with limit.suspended():
                before = ours.queue.count_done()
                measured = _round(ours.servers, ours.pids, request, size, case, number)
                done = ours.queue.count_done() - before
            with _suspended(ours.pids):
                other = _round([limit], [limit.pid], request, size, case, number)
            number += max(measured.sent, other.sent)
            mine.append(measured)
            others.append(other)
            processed.append(done / (size.seconds + size.warm_up))
    return Row(
        database=origin.name,
        case=case.name,
        connections=case.connections,
        turnout=sum_up(mine),
        processed=median(processed),
        bare=sum_up(others),
        ratio=median(a.per_second / b.per_second for a, b in zip(mine, others, strict=True)),
        turnout_rounds=mine,
        bare_rounds=others,
    )


def _round(
    servers: list[Server], pids: list[int], request: str, size: Size, case: Case, number: int
) -> Measured:
    first, *more = (server.port for server in servers)
    return run(
        Order(
            port=first,
            more_ports=more,
            pids=pids,
            template=request,
            connections=case.connections,
            first=number,
            seconds=size.seconds,
            warm_up=size.warm_up,
        )
    )


# Of the bare server on SQLite, by the case.
RATIOS = {"paused": 0.75, "draining": 0.75, "paused, keyed": 0.60}
LONGEST_P99_MS = {"draining": 25}
DECIDED = {"draining": 400}


def targets(rows: list[Row]) -> list[Target]:
    """Speed and answers at 32 connections, paused and draining, on SQLite."""
    found = []
    for row in rows:
        if row.connections != TARGET_CONNECTIONS or row.database != "SQLite":
            continue
        ours, where = row.turnout, f"register, {row.connections} connections, {row.case}"
        rate = f"{ours.per_second:,.0f}/s"
        found += [
            Target(where, "≥ 1,000/s", rate, ours.per_second >= 1000),
            _below(f"{where}: p99", ours.p99_ms, LONGEST_P99_MS.get(row.case, 100)),
            Target(f"{where}: answers other than 200", "none", str(ours.failed), not ours.failed),
        ]
        least = RATIOS[row.case]
        name = f"{where}: of the bare server"
        found.append(Target(name, f"≥ {least:.0%}", f"{row.ratio:.0%}", row.ratio >= least))
        if decided := DECIDED.get(row.case):
            rate = f"{row.processed:,.0f}/s"
            name = f"{where}: decided at the same time"
            found.append(Target(name, f"≥ {decided}/s", rate, row.processed >= decided))
    return found


def _below(name: str, ms: float, limit: int) -> Target:
    return Target(name, f"< {limit} ms", f"{ms:.1f} ms", ms < limit)


def jobs(rows: list[Row]) -> list[Job]:
    """Registering at 32 connections: each case on both databases, with the ratio on SQLite."""
    found = []
    for name in dict.fromkeys(row.case for row in rows):
        own = {
            row.database: row
            for row in rows
            if row.case == name and row.connections == TARGET_CONNECTIONS
        }
        if not own:
            continue
        beside = own.get("SQLite") or own["PostgreSQL"]
        wanted = RATIOS.get(name) if beside.database == "SQLite" else None
        found.append(
            Job(
                f"register, {TARGET_CONNECTIONS} connections{_ending(name)}",
                _say_rate(own.get("SQLite")),
                _say_rate(own.get("PostgreSQL")),
                f"{beside.bare.per_second:,.0f}/s",
                f"{beside.ratio:.0%}",
                f"≥ {wanted:.0%}" if wanted else "",
                beside.ratio >= wanted if wanted else None,
            )
        )
    return found


def _ending(case: str) -> str:
    return "" if case == "paused" else f", {case.removeprefix('paused, ')}"


def _say_rate(row: Row | None) -> str:
    return f"{row.turnout.per_second:,.0f}/s" if row else ""


def tables(rows: list[Row]) -> list[Table]:
    """The rows on each database."""
    headings = (
        *("case", "connections", "registrations/s", "p50 ms", "p99 ms", "max ms", "CPU µs each"),
        *("other than 200", "processed/s", "others' cores"),
        *("bare/s", "bare p99 ms", "bare CPU µs", "Turnout : bare"),
    )
    titles = {
        "SQLite": "Register with three sessions, SQLite",
        "PostgreSQL": "Register with three sessions, PostgreSQL with fsync, on the same machine",
    }
    return [
        Table(
            title,
            headings,
            [(*_cells(row), *_bare_cells(row)) for row in rows if row.database == database],
        )
        for database, title in titles.items()
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
    return (
        f"{row.bare.per_second:,.0f}",
        f"{row.bare.p99_ms:.1f}",
        f"{row.bare.server_cpu_us:.0f}",
        f"{row.ratio:.0%}",
    )
