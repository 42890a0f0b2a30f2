"""The list of attendees of a big event, read to its end by one client.

The server's memory is watched, and the same statement is run as CSV by the database alone
(`sqlite3 -csv`, PostgreSQL's `COPY`).
"""

import http.client
import sqlite3
import subprocess
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import psycopg

from bench.figures import median
from bench.memory import sampling
from bench.origins import Origin
from bench.processes import memory_mb
from bench.servers import Demo, Server, turnout
from turnout.core.checkin.attendees import ALL
from turnout.core.checkin.sql import sql
from turnout.store.sqlite import path_of

LIST = "/v1/event/attendees.json"


class Listed(msgspec.Struct, kw_only=True):
    """The whole list, medians; memory in MB above what the server had before; `shell_s` is what the
    database alone takes."""

    database: str
    attendees: int
    megabytes: float
    first_byte_ms: float
    seconds: float
    memory_mb: float
    shell_s: float


def read_attendees(origin: Origin, folder: Path, count: int) -> Listed:
    """Read the list so many times on a copy of the big event."""
    url = origin.copy(folder)
    reads, peaks = [], []
    with turnout(folder, url) as server:
        _read_list(server, origin.demo)
        before = memory_mb(server.pid)
        for _ in range(count):
            with sampling(server.pid) as samples:
                reads.append(_read_list(server, origin.demo))
            peaks.append(max(samples) - before)
    return Listed(
        database=origin.name,
        attendees=reads[0][0],
        megabytes=reads[0][1] / 1e6,
        first_byte_ms=median(read[2] for read in reads) * 1000,
        seconds=median(read[3] for read in reads),
        memory_mb=max(peaks),
        shell_s=median(_without_turnout(url) for _ in range(count)),
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


_EVENT = """
SELECT org_id, target_id FROM directory WHERE namespace = 'pak' AND noun = 'event'
ORDER BY target_id LIMIT 1
"""


def _without_turnout(url: str) -> float:
    """Seconds of the database for the same statement, as CSV to nowhere."""
    values = {"after": 0, "until": ALL, "since": 0, "ticket_type_id": 0, "has_cancelled": 0}
    if url.startswith("sqlite:"):
        with closing(sqlite3.connect(path_of(url))) as connection:
            org_id, event_id = connection.execute(_EVENT).fetchone()
        own = {"org_id": org_id, "event_id": event_id, "which": "''"}
        return ask_sqlite3(path_of(url), sql["list_attendees"].text["sqlite"], own | values)
    with psycopg.connect(url) as connection:
        org_id, event_id = connection.execute(_EVENT).fetchone()  # type: ignore[misc]
        own = {"org_id": org_id, "event_id": event_id, "which": ""}
        text = sql["list_attendees"].text["postgresql"]
        return ask_postgresql(connection, text, own | values)


def ask_postgresql(
    connection: "psycopg.Connection[Any]", text: str, values: dict[str, Any]
) -> float:
    """Seconds of PostgreSQL's COPY for a statement, as CSV to nowhere."""
    query = f"COPY ({text.strip().rstrip(';')}) TO STDOUT (FORMAT csv)"
    since = time.perf_counter()
    with psycopg.ClientCursor(connection).copy(query, values) as rows:
        for _ in rows:
            pass
    return time.perf_counter() - since


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


def listed_cells(listed: Listed) -> tuple[str, ...]:
    """A row of the table."""
    return (
        listed.database,
        f"{listed.attendees:,}",
        f"{listed.megabytes:.0f}",
        f"{listed.first_byte_ms:.0f}",
        f"{listed.seconds:.2f}",
        f"{listed.memory_mb:.0f}",
        f"{listed.shell_s:.2f}",
    )
