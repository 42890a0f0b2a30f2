"""The door: scans a second beside the bare server, and the attendee list of a big event.

The event has 100,000 tickets. Each request checks in another one, with a device and a nonce, as a
check-in app does; no ticket is scanned twice. Codes are plain, or signed as they are printed, and
then each is verified. Both servers take turns, as in `register.py`. The list is read to its end by
one client while the server's memory is watched, and beside `sqlite3 -csv` of the same statement.
"""

import http.client
import sqlite3
import subprocess
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec

from bench.drain import accept, look_into
from bench.figures import Summary, Table, Target, median, sum_up
from bench.fill import fill
from bench.load import MARK, TEXT, Measured, Order, run, spread
from bench.memory import sampling
from bench.processes import memory_mb
from bench.servers import Demo, Server, bare, turnout, url_of
from turnout.core.checkin.attendees import ALL
from turnout.core.checkin.sql import sql
from turnout.core.ids import EventId, OrgId, TicketTypeId
from turnout.core.tickets.signing import ensure_ticket_key, sign_ticket
from turnout.settings import Settings
from turnout.store import Tx, open_database

CONNECTIONS = (1, 8, 32, 256)
TARGET_CONNECTIONS = 32
LIST = "/v1/event/attendees.json"

Progress = Callable[[str], None]


class Size(msgspec.Struct, frozen=True):
    """How many tickets there are, and how long is measured."""

    tickets: int
    rounds: int
    seconds: float
    warm_up: float
    connections: tuple[int, ...] = CONNECTIONS
    reads: int = 3
    signed: int = 50_000


FULL = Size(tickets=100_000, rounds=3, seconds=2.0, warm_up=0.4)
QUICK = Size(tickets=20_000, rounds=1, seconds=1.0, warm_up=0.3, reads=1, signed=15_000)


class Row(msgspec.Struct, kw_only=True):
    """Scans at one number of connections."""

    connections: int
    turnout: Summary
    bare: Summary
    ratio: float
    is_signed: bool = False
    turnout_rounds: list[Measured]
    bare_rounds: list[Measured]


class Listed(msgspec.Struct, kw_only=True):
    """The whole list, medians; memory in MB above what the server had before."""

    attendees: int
    megabytes: float
    first_byte_ms: float
    seconds: float
    memory_mb: float
    sqlite3_s: float


class Doors(msgspec.Struct, kw_only=True):
    """Both."""

    tickets: int
    scans: list[Row]
    listed: Listed


Figures = Doors


def measure(demo: Demo, folder: Path, size: Size, progress: Progress) -> Doors:
    """Scans at each number of connections, on a copy of the big event each time; then the list."""
    database = demo.copy_database(folder / "big")
    with look_into(database) as queue, turnout(database.parent, url_of(database)) as server:
        accept(server, demo, 1, first=1)
        queue.wait_until_empty()
    fill(database, size.tickets, lambda done: progress(f"filling the event: {done:,} people"))
    tickets = _name_tickets(database)
    big = demo._replace(folder=database.parent)
    scans = []
    for connections in size.connections:
        progress(f"scans, {connections} connections, {tickets:,} tickets")
        scans.append(_beside(big, folder / f"scans-{connections}", size, connections, tickets))
    progress("scans of signed codes")
    texts = _sign_tickets(database, min(tickets, size.signed))
    signed = _beside(big, folder / "signed", size, TARGET_CONNECTIONS, size.signed, texts)
    scans.append(signed)
    progress("the list of attendees")
    return Doors(tickets=tickets, scans=scans, listed=_list(big, folder / "list", size))


def _name_tickets(database: Path) -> int:
    """Give the event's tickets codes that the load can count through; how many there are."""
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.create_function("spread", 1, spread)
        connection.execute("BEGIN")
        rows = connection.execute(
            "SELECT t.org_id, t.id FROM tickets t JOIN registrations r ON r.org_id = t.org_id "
            "AND r.id = t.registration_id WHERE t.state = 'valid' AND t.checked_in_at IS NULL "
            "AND r.event_id = (SELECT target_id FROM directory WHERE namespace = 'pak' "
            "AND noun = 'event' ORDER BY target_id LIMIT 1)"
        ).fetchall()
        connection.executemany(
            "UPDATE tickets SET code = spread(?) WHERE org_id = ? AND id = ?",
            [(number, *row) for number, row in enumerate(rows, start=1)],
        )
        connection.execute("COMMIT")
    return len(rows)


def _sign_tickets(database: Path, count: int) -> Path:
    """A file with the signed form of the first so many tickets, a line each, in their order."""
    with closing(open_database(Settings(database_url=url_of(database)))) as db:
        org_id, event_id, type_id = db.call(_find_event)
        key = db.call(ensure_ticket_key, org_id)
    codes = [sign_ticket(key, event_id, spread(n), type_id) for n in range(1, count + 1)]
    texts = database.with_name("signed.txt")
    texts.write_text("\n".join(codes))
    return texts


def _find_event(tx: Tx) -> tuple[OrgId, EventId, TicketTypeId]:
    row = tx.connection.execute(
        "SELECT y.org_id, y.event_id, y.id FROM ticket_types y WHERE y.is_default = 1 "
        "AND y.event_id = (SELECT target_id FROM directory WHERE namespace = 'pak' "
        "AND noun = 'event' ORDER BY target_id LIMIT 1)"
    ).fetchone()
    return OrgId(row[0]), EventId(row[1]), TicketTypeId(row[2])


def _template(demo: Demo, mark: str) -> str:
    lines = [
        f"POST /v1/event/attendees/code/{mark}/check.json HTTP/1.1",
        "Host: 127.0.0.1",
        f"Authorization: event {demo.event_token}",
        "X-Device: door-1",
        f"X-Nonce: {MARK}",
        "Content-Length: 0",
    ]
    return "\r\n".join([*lines, "", ""])


def _beside(
    demo: Demo,
    folder: Path,
    size: Size,
    connections: int,
    tickets: int,
    texts: Path | None = None,
) -> Row:
    ours, limit = (demo.copy_database(folder / name) for name in ("turnout", "bare"))
    mine: list[Measured] = []
    others: list[Measured] = []
    with turnout(ours.parent, url_of(ours)) as first, bare(limit) as second:
        number = {first: 1, second: 1}
        for _ in range(size.rounds):
            for server, other, into in ((first, second, mine), (second, first, others)):
                with other.suspended():
                    measured = _round(server, demo, size, connections, number[server], texts)
                number[server] += measured.sent
                into.append(measured)
        if number[first] > tickets:
            raise RuntimeError(f"{tickets} tickets are too few for {number[first]} scans")
    return Row(
        connections=connections,
        is_signed=texts is not None,
        turnout=sum_up(mine),
        bare=sum_up(others),
        ratio=median(a.per_second / b.per_second for a, b in zip(mine, others, strict=True)),
        turnout_rounds=mine,
        bare_rounds=others,
    )


def _round(
    server: Server, demo: Demo, size: Size, connections: int, first: int, texts: Path | None
) -> Measured:
    return run(
        Order(
            port=server.port,
            pids=[server.pid],
            template=_template(demo, TEXT if texts else MARK),
            texts=str(texts) if texts else None,
            connections=connections,
            first=first,
            seconds=size.seconds,
            warm_up=size.warm_up,
        )
    )


# -- the list ------------------------------------------------------------------------------


def _list(demo: Demo, folder: Path, size: Size) -> Listed:
    database = demo.copy_database(folder)
    reads, peaks = [], []
    with turnout(database.parent, url_of(database)) as server:
        _read_list(server, demo)
        before = memory_mb(server.pid)
        for _ in range(size.reads):
            with sampling(server.pid) as samples:
                reads.append(_read_list(server, demo))
            peaks.append(max(samples) - before)
    return Listed(
        attendees=reads[0][0],
        megabytes=reads[0][1] / 1e6,
        first_byte_ms=median(read[2] for read in reads) * 1000,
        seconds=median(read[3] for read in reads),
        memory_mb=max(peaks),
        sqlite3_s=median(_with_sqlite3(database) for _ in range(size.reads)),
    )


def _read_list(server: Server, demo: Demo) -> tuple[int, int, float, float]:
    """Attendees, bytes, and seconds to the first byte and to the end."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
    since = time.perf_counter()
    connection.request("GET", LIST, headers={"Authorization": f"event {demo.event_token}"})
    answer: Any = connection.getresponse()
    content = answer.read(1)
    first_byte = time.perf_counter() - since
    attendees, length = 0, len(content)
    rest = b""
    while part := answer.read(1 << 20):
        length += len(part)
        joined = rest + part
        attendees += joined.count(b'"reference_key"')
        rest = joined[-14:]
    took = time.perf_counter() - since
    connection.close()
    if answer.status != 200:
        raise RuntimeError(f"{LIST} was answered {answer.status}")
    return attendees, length, first_byte, took


def _with_sqlite3(database: Path) -> float:
    """Seconds of SQLite's own shell for the same statement, as CSV to nowhere."""
    text = sql["list_attendees"].text["sqlite"]
    with closing(sqlite3.connect(database)) as connection:
        org_id, event_id = connection.execute(
            "SELECT org_id, target_id FROM directory WHERE namespace = 'pak' AND noun = 'event' "
            "ORDER BY target_id LIMIT 1"
        ).fetchone()
    values = {
        "org_id": org_id,
        "event_id": event_id,
        "after": 0,
        "until": ALL,
        "which": "''",
        "since": 0,
        "ticket_type_id": 0,
    }
    return ask_sqlite3(database, text, values)


def ask_sqlite3(database: Path, text: str, values: dict[str, Any]) -> float:
    """Seconds of SQLite's own shell for a statement, as CSV to nowhere."""
    script = [f".parameter set :{name} {value}" for name, value in values.items()]
    since = time.perf_counter()
    subprocess.run(
        ["sqlite3", "-csv", "-readonly", str(database)],
        input="\n".join([*script, f"{text};"]).encode(),
        stdout=subprocess.DEVNULL,
        check=True,
    )
    return time.perf_counter() - since


def targets(doors: Doors) -> list[Target]:
    """Speed at 32 connections; the list's memory."""
    found = []
    for row in doors.scans:
        if row.connections == TARGET_CONNECTIONS:
            kind = "check-in scan of a signed code" if row.is_signed else "check-in scan"
            ours, where = row.turnout, f"{kind}, {row.connections} connections"
            rate = f"{ours.per_second:,.0f}/s"
            found += [
                Target(where, "≥ 1,500/s", rate, ours.per_second >= 1500),
                Target(f"{where}: p99", "< 50 ms", f"{ours.p99_ms:.1f} ms", ours.p99_ms < 50),
                Target(
                    f"{where}: answers other than 200", "none", str(ours.failed), not ours.failed
                ),
            ]
    listed = doors.listed
    name = f"list of {listed.attendees:,} attendees: memory above idle"
    used = f"{listed.memory_mb:.0f} MB"
    return [*found, Target(name, "< 50 MB", used, listed.memory_mb < 50)]


def tables(doors: Doors) -> list[Table]:
    """Scans by connections, and the list."""
    listed = doors.listed
    return [
        Table(
            f"Check-in scans, {doors.tickets:,} tickets, SQLite",
            (
                *("connections", "scans/s", "p50 ms", "p99 ms", "max ms", "CPU µs each"),
                *("other than 200", "bare/s", "bare p99 ms", "Turnout : bare"),
            ),
            [_cells(row) for row in doors.scans],
        ),
        Table(
            "The list of attendees, streamed",
            ("attendees", "MB", "first byte ms", "whole s", "memory above idle MB", "sqlite3 s"),
            [
                (
                    f"{listed.attendees:,}",
                    f"{listed.megabytes:.0f}",
                    f"{listed.first_byte_ms:.0f}",
                    f"{listed.seconds:.2f}",
                    f"{listed.memory_mb:.0f}",
                    f"{listed.sqlite3_s:.2f}",
                )
            ],
        ),
    ]


def _cells(row: Row) -> tuple[str, ...]:
    ours = row.turnout
    return (
        f"{row.connections}, signed" if row.is_signed else str(row.connections),
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
