"""The door: scans a second beside the bare server, and the attendee list of a big event.

The event has 150,000 tickets. Each request checks in another one, with a device and a nonce, as a
check-in app does; no ticket is scanned twice. Both servers take turns, as in `register.py`. Signed
codes, as they are printed, take turns with plain ones on the same server: each is verified. All of
it is done on both databases; the list of attendees (attendees.py) is read there, too, and a phone
asks for what it holds (phones.py).
"""

from collections.abc import Callable
from pathlib import Path

import msgspec

from bench.attendees import Listed, listed_cells, read_attendees
from bench.big_event import make_big, name_tickets, sign_tickets
from bench.figures import (
    Beside,
    Job,
    Summary,
    Table,
    Target,
    job_beside_shell,
    median,
    sum_up,
)
from bench.load import MARK, TEXT, Measured, Order, run
from bench.origins import BACKENDS, Origin, origin_on
from bench.phones import HEADINGS, Held, Hour, held_cells, held_targets, measure_phone
from bench.servers import Demo, Server, bare, turnout

CONNECTIONS = (1, 8, 32, 256)
TARGET_CONNECTIONS = 32

Progress = Callable[[str], None]


class Size(msgspec.Struct, frozen=True):
    """How many tickets there are, and how long is measured."""

    tickets: int
    rounds: int
    seconds: float
    warm_up: float
    connections: tuple[int, ...] = CONNECTIONS
    reads: int = 3
    hour: Hour = Hour(changes=2_000, uploaded=5_000)
    backends: tuple[str, ...] = BACKENDS
    is_durable: bool = True


FULL = Size(tickets=150_000, rounds=3, seconds=1.6, warm_up=0.4)
QUICK = Size(tickets=40_000, rounds=1, seconds=0.8, warm_up=0.2, connections=(32,), reads=1)


class Row(msgspec.Struct, kw_only=True):
    """Scans at one number of connections, and the ratio to the bare server."""

    database: str
    connections: int
    turnout: Summary
    bare: Summary
    ratio: float
    turnout_rounds: list[Measured]
    bare_rounds: list[Measured]


class Signed(msgspec.Struct, kw_only=True):
    """Scans of signed codes and of plain ones on the same server, and the ratio of the two."""

    database: str
    connections: int
    signed: Summary
    plain: Summary
    ratio: float


class Doors(msgspec.Struct, kw_only=True):
    """All of it on one database."""

    database: str
    tickets: int
    scans: list[Row]
    signed: Signed
    listed: Listed
    held: Held


Figures = list[Doors]


def measure(demo: Demo, folder: Path, size: Size, progress: Progress) -> list[Doors]:
    """Scans at each number of connections, on a copy of the big event each time; then the list."""
    found = []
    for backend in size.backends:
        with origin_on(backend, demo, folder / backend, is_durable=size.is_durable) as origin:
            found.append(_measure_on(origin, folder / backend, size, progress))
    return found


def _measure_on(origin: Origin, folder: Path, size: Size, progress: Progress) -> Doors:
    url = make_big(origin, folder / "big", size.tickets, progress)
    tickets = name_tickets(url)
    big = origin.of(url)
    scans = []
    for connections in size.connections:
        progress(f"{origin.name}: scans, {connections} connections, {tickets:,} tickets")
        scans.append(_beside(big, folder / f"scans-{connections}", size, connections, tickets))
    progress(f"{origin.name}: scans of signed codes")
    texts = sign_tickets(url, tickets, folder / "signed.txt")
    signed = _signed(big, folder / "signed", size, texts, tickets)
    progress(f"{origin.name}: the list of attendees")
    return Doors(
        database=origin.name,
        tickets=tickets,
        scans=scans,
        signed=signed,
        listed=read_attendees(big, folder / "list", size.reads),
        held=measure_phone(big, folder / "phone", tickets, size.hour, size.reads),
    )


def template_of_scan(demo: Demo, mark: str) -> str:
    lines = [
        f"POST /v1/event/attendees/code/{mark}/check.json HTTP/1.1",
        "Host: 127.0.0.1",
        f"Authorization: event {demo.event_token}",
        "X-Device: door-1",
        f"X-Nonce: {MARK}",
        "Content-Length: 0",
    ]
    return "\r\n".join([*lines, "", ""])


def _beside(origin: Origin, folder: Path, size: Size, connections: int, tickets: int) -> Row:
    ours, limit = (origin.copy(folder / name) for name in ("turnout", "bare"))
    mine: list[Measured] = []
    others: list[Measured] = []
    with turnout(folder / "turnout", ours) as first, bare(folder / "bare", limit) as second:
        number = {first: 1, second: 1}
        for _ in range(size.rounds):
            for server, other, into in ((first, second, mine), (second, first, others)):
                with other.suspended():
                    measured = _round(server, origin.demo, size, connections, number[server])
                number[server] += measured.sent
                into.append(measured)
        _check_enough(tickets, *number.values())
    return Row(
        database=origin.name,
        connections=connections,
        turnout=sum_up(mine),
        bare=sum_up(others),
        ratio=median(a.per_second / b.per_second for a, b in zip(mine, others, strict=True)),
        turnout_rounds=mine,
        bare_rounds=others,
    )


def _signed(origin: Origin, folder: Path, size: Size, texts: Path, tickets: int) -> Signed:
    signed: list[Measured] = []
    plain: list[Measured] = []
    number = 1
    url = origin.copy(folder)
    with turnout(folder, url) as server:
        for _ in range(size.rounds):
            for given, into in ((texts, signed), (None, plain)):
                measured = _round(server, origin.demo, size, TARGET_CONNECTIONS, number, given)
                number += measured.sent
                into.append(measured)
    _check_enough(tickets, number)
    return Signed(
        database=origin.name,
        connections=TARGET_CONNECTIONS,
        signed=sum_up(signed),
        plain=sum_up(plain),
        ratio=median(a.per_second / b.per_second for a, b in zip(signed, plain, strict=True)),
    )


def _check_enough(tickets: int, *numbers: int) -> None:
    if max(numbers) > tickets:
        raise RuntimeError(f"{tickets} tickets are too few for {max(numbers)} scans")


def _round(
    server: Server,
    demo: Demo,
    size: Size,
    connections: int,
    first: int,
    texts: Path | None = None,
) -> Measured:
    return run(
        Order(
            port=server.port,
            pids=[server.pid],
            template=template_of_scan(demo, TEXT if texts else MARK),
            texts=str(texts) if texts else None,
            connections=connections,
            first=first,
            seconds=size.seconds,
            warm_up=size.warm_up,
        )
    )


def targets(found: list[Doors]) -> list[Target]:
    """Speed at 32 and 256 connections; the list's memory."""
    return [target for doors in found for target in _targets(doors)]


# Of the bare server, on SQLite.
WANTED_RATIOS = {32: 0.85, 256: 0.70}
WANTED_OF_PLAIN = 0.75
WANTED_OF_SHELL = 1.5


def _targets(doors: Doors) -> list[Target]:
    found = []
    for row in doors.scans:
        ours, where = row.turnout, f"check-in scan, {row.connections} connections, {doors.database}"
        wanted = WANTED_RATIOS.get(row.connections)
        if wanted is None:
            continue
        if row.connections == TARGET_CONNECTIONS:
            rate = f"{ours.per_second:,.0f}/s"
            found += [
                Target(where, "≥ 1,500/s", rate, ours.per_second >= 1500),
                Target(f"{where}: p99", "< 50 ms", f"{ours.p99_ms:.1f} ms", ours.p99_ms < 50),
                Target(
                    f"{where}: answers other than 200", "none", str(ours.failed), not ours.failed
                ),
            ]
        if doors.database == "SQLite":
            ratio = f"{row.ratio:.0%}"
            name = f"{where}: of the bare server"
            found.append(Target(name, f"≥ {wanted:.0%}", ratio, row.ratio >= wanted))
    signed, listed = doors.signed, doors.listed
    where = f"scan of a signed code, {doors.database}"
    share = f"{signed.ratio:.0%}"
    memory = f"{listed.memory_mb:.0f} MB"
    where_listed = f"list of {listed.attendees:,} attendees, {doors.database}"
    return [
        *found,
        Target(f"{where}: of a plain one", "≥ 75%", share, signed.ratio >= WANTED_OF_PLAIN),
        Target(f"{where_listed}: memory above idle", "< 50 MB", memory, listed.memory_mb < 50),
        *held_targets(doors.held),
    ]


def jobs(found: list[Doors]) -> list[Job]:
    """Scans by connections and signed codes, with the ratio on SQLite, and the list."""
    doors = {door.database: door for door in found}
    beside = doors["SQLite"]
    rates = {
        name: {row.connections: f"{row.turnout.per_second:,.0f}/s" for row in door.scans}
        for name, door in doors.items()
    }
    jobs = []
    for row in beside.scans:
        wanted = WANTED_RATIOS.get(row.connections)
        jobs.append(
            Job(
                f"check-in scan, {row.connections} connections",
                rates["SQLite"][row.connections],
                rates.get("PostgreSQL", {}).get(row.connections, ""),
                f"{row.bare.per_second:,.0f}/s",
                f"{row.ratio:.0%}",
                f"≥ {wanted:.0%}" if wanted else "",
                row.ratio >= wanted if wanted else None,
            )
        )
    signed = {name: f"{door.signed.signed.per_second:,.0f}/s" for name, door in doors.items()}
    jobs.append(
        Job(
            f"scan of a signed code, {TARGET_CONNECTIONS} connections",
            signed["SQLite"],
            signed.get("PostgreSQL", ""),
            f"a plain one: {beside.signed.plain.per_second:,.0f}/s",
            f"{beside.signed.ratio:.0%}",
            f"≥ {WANTED_OF_PLAIN:.0%}",
            beside.signed.ratio >= WANTED_OF_PLAIN,
        )
    )
    lists = {name: Beside(door.listed.seconds, door.listed.shell_s) for name, door in doors.items()}
    name = f"list of {beside.listed.attendees:,} attendees"
    return [*jobs, job_beside_shell(name, lists, WANTED_OF_SHELL)]


def tables(found: list[Doors]) -> list[Table]:
    """Scans of each database, signed codes, and the list."""
    headings = (
        *("connections", "scans/s", "p50 ms", "p99 ms", "max ms", "CPU µs each"),
        *("other than 200", "bare/s", "bare p99 ms", "Turnout : bare"),
    )
    return [
        *(
            Table(
                f"Check-in scans, {doors.tickets:,} tickets, {doors.database}",
                headings,
                [_cells(row) for row in doors.scans],
            )
            for doors in found
        ),
        Table(
            "Signed codes and plain ones, in turns on one server",
            (
                *("database", "connections", "signed/s", "signed p99 ms", "signed CPU µs"),
                *("plain/s", "plain p99 ms", "plain CPU µs", "signed : plain"),
            ),
            [_signed_cells(doors.signed) for doors in found],
        ),
        Table(
            "The list of attendees, streamed",
            (
                *("database", "attendees", "MB", "first byte ms", "whole s"),
                *("memory above idle MB", "database alone s"),
            ),
            [listed_cells(doors.listed) for doors in found],
        ),
        Table(
            "A phone: its snapshot, an hour's changes, and what it did without a network",
            HEADINGS,
            [held_cells(doors.held) for doors in found],
        ),
    ]


def _cells(row: Row) -> tuple[str, ...]:
    ours = row.turnout
    return (
        str(row.connections),
        f"{ours.per_second:,.0f}",
        f"{ours.p50_ms:.1f}",
        f"{ours.p99_ms:.1f}",
        f"{ours.max_ms:.0f}",
        f"{ours.server_cpu_us:.0f}",
        str(ours.failed),
        f"{row.bare.per_second:,.0f}",
        f"{row.bare.p99_ms:.1f}",
        f"{row.ratio:.0%}",
    )


def _signed_cells(row: Signed) -> tuple[str, ...]:
    rates = (
        cell
        for of in (row.signed, row.plain)
        for cell in (f"{of.per_second:,.0f}", f"{of.p99_ms:.1f}", f"{of.server_cpu_us:.0f}")
    )
    return (row.database, str(row.connections), *rates, f"{row.ratio:.0%}")
