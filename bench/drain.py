"""The queue: how fast it is worked off, and how long after the last answer it is empty."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import msgspec
import psycopg

from bench.figures import Job, Table, Target
from bench.load import Measured, Order, run
from bench.origins import BACKENDS, Origin, origin_on
from bench.processes import cpu_seconds
from bench.registrations import SESSIONS, template
from bench.servers import Demo, Server, sign_in, turnout

CONNECTIONS = 32
POLL_S = 0.01
DRAIN_TIMEOUT_S = 300

Progress = Callable[[str], None]


class Size(msgspec.Struct, frozen=True):
    """How many registrations are accepted and worked off."""

    registrations: int
    on_postgresql: int
    backends: tuple[str, ...] = BACKENDS
    is_durable: bool = True


FULL = Size(20_000, 6_000)
QUICK = Size(3_000, 1_000)


class Backlog(msgspec.Struct, kw_only=True):
    """A queue that was full when the server was started, and nothing came in."""

    registrations: int
    seconds: float
    cpu_us: float

    @property
    def per_second(self) -> float:
        return self.registrations / self.seconds


class Flood(msgspec.Struct, kw_only=True):
    """Registrations that came in as fast as the server took them; `tail_s` after the last answer
    the queue was empty."""

    accepted: Measured
    tail_s: float

    @property
    def per_second(self) -> float:
        """Registrations a second from the first request to the empty queue."""
        return self.accepted.answered / (self.accepted.seconds + self.tail_s)


class Drained(msgspec.Struct, kw_only=True):
    """Both ways on one database."""

    database: str
    backlog: Backlog
    flood: Flood


Figures = list[Drained]


class Queue:
    """A look from outside into the database of a running server."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._seeded = self._count()

    def is_empty(self) -> bool:
        return not self._value("SELECT EXISTS (SELECT 1 FROM submissions WHERE done_at IS NULL)")

    def wait_until_empty(self) -> None:
        """Raises TimeoutError when that does not come to pass."""
        deadline = time.monotonic() + DRAIN_TIMEOUT_S
        while not self.is_empty():
            if time.monotonic() > deadline:
                raise TimeoutError(f"the queue was not empty after {DRAIN_TIMEOUT_S} s")
            time.sleep(POLL_S)

    def count_done(self) -> int:
        """How many submissions are decided."""
        return self._value("SELECT count(*) FROM submissions WHERE done_at IS NOT NULL")

    def list_codes(self) -> list[str]:
        """Codes of the tickets of the event of the load that can be checked in."""
        rows = self._connection.execute(
            "SELECT t.code FROM tickets t JOIN registrations r ON r.org_id = t.org_id "
            "AND r.id = t.registration_id WHERE t.state = 'valid' AND t.checked_in_at IS NULL "
            "AND r.event_id = (SELECT target_id FROM directory "
            "WHERE namespace = 'pak' AND noun = 'event' ORDER BY target_id LIMIT 1) ORDER BY t.id"
        )
        return [code for (code,) in rows.fetchall()]

    def measure_bytes(self) -> int:
        """How large the database is, on PostgreSQL."""
        return self._value("SELECT pg_database_size(current_database())")

    def check(self, registrations: int) -> None:
        """Raises AssertionError unless all that was accepted was done, exactly once."""
        added = {name: count - self._seeded[name] for name, count in self._count().items()}
        expected = dict.fromkeys(added, registrations) | {
            "succeeded items": registrations * SESSIONS
        }
        assert added == expected, added

    def _count(self) -> dict[str, int]:
        return {name: self._value(text) for name, text in _COUNTS.items()}

    def _value(self, text: str) -> int:
        return int(self._connection.execute(text).fetchone()[0])


_COUNTS = {
    "submissions": "SELECT count(*) FROM submissions",
    "succeeded items": "SELECT count(*) FROM queue_items WHERE status = 'success'",
    "people": "SELECT count(*) FROM people",
    "registrations": "SELECT count(*) FROM registrations",
    "tickets": "SELECT count(*) FROM tickets",
}


@contextmanager
def look_into(database: Path | str) -> Iterator[Queue]:
    """Open the database, a file or an address, for reading, beside the server."""
    if isinstance(database, str) and not database.startswith("sqlite:"):
        with psycopg.connect(database, autocommit=True) as connection:
            connection.execute("SET default_transaction_read_only = on")
            yield Queue(connection)
        return
    path = Path(str(database).removeprefix("sqlite:///"))
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA query_only=ON")
        yield Queue(connection)


def measure(demo: Demo, folder: Path, size: Size, progress: Progress) -> list[Drained]:
    """Both ways on each database, each on a copy of the demo."""
    found = []
    for backend in size.backends:
        with origin_on(backend, demo, folder / backend, is_durable=size.is_durable) as origin:
            found.append(_measure_on(origin, folder / backend, size, progress))
    return found


def _measure_on(origin: Origin, folder: Path, size: Size, progress: Progress) -> Drained:
    count = size.registrations if origin.backend == "sqlite" else size.on_postgresql
    progress(f"{origin.name}: a backlog of {count:,}")
    backlog = _work_off(origin, folder / "backlog", count)
    progress(f"{origin.name}: a flood of {count:,}")
    flood = _flood(origin, folder / "flood", count)
    return Drained(database=origin.name, backlog=backlog, flood=flood)


def _work_off(origin: Origin, folder: Path, count: int) -> Backlog:
    url = origin.copy(folder)
    with look_into(url) as queue:
        with turnout(folder, url, work=False) as server:
            accept(server, origin.demo, count, first=1)
        with turnout(folder, url) as server:
            began, cpu = time.perf_counter(), cpu_seconds(server.pid)
            done_before = server.count_processed()
            queue.wait_until_empty()
            seconds, cpu = time.perf_counter() - began, cpu_seconds(server.pid) - cpu
        queue.check(count)
    done = count - done_before
    return Backlog(registrations=done, seconds=seconds, cpu_us=cpu / done * 1e6)


def _flood(origin: Origin, folder: Path, count: int) -> Flood:
    url = origin.copy(folder)
    with look_into(url) as queue, turnout(folder, url) as server:
        accepted = accept(server, origin.demo, count, first=1)
        queue.wait_until_empty()
        tail = time.perf_counter() - accepted.ended
        queue.check(count)
    return Flood(accepted=accepted, tail_s=tail)


def accept(server: Server, demo: Demo, count: int, first: int) -> Measured:
    """Register `count` people, numbered from `first`. Raises AssertionError if one is refused."""
    measured = run(
        Order(
            port=server.port,
            pids=[server.pid],
            template=template(demo, sign_in(server, demo)),
            connections=CONNECTIONS,
            first=first,
            requests=count,
        )
    )
    assert measured.statuses == {"200": count}, measured
    return measured


def targets(_found: list[Drained]) -> list[Target]:
    """None is set for the queue alone."""
    return []


def jobs(found: list[Drained]) -> list[Job]:
    """Deciding a backlog on each database."""
    rates = {drain.database: f"{drain.backlog.per_second:,.0f}/s" for drain in found}
    return [Job("decide a backlog", rates.get("SQLite", ""), rates.get("PostgreSQL", ""))]


def tables(found: list[Drained]) -> list[Table]:
    """One row a way."""
    return [_table(drained) for drained in found]


def _table(drained: Drained) -> Table:
    backlog, flood = drained.backlog, drained.flood
    return Table(
        f"The queue, {drained.database}",
        ("case", "registrations", "accepted in s", "empty after s more", "finished/s"),
        [
            (
                "backlog, nothing else to do",
                f"{backlog.registrations:,}",
                "—",
                f"{backlog.seconds:.1f}",
                f"{backlog.per_second:,.0f}",
            ),
            (
                f"flood on {CONNECTIONS} connections",
                f"{flood.accepted.answered:,}",
                f"{flood.accepted.seconds:.1f}",
                f"{flood.tail_s:.1f}",
                f"{flood.per_second:,.0f}",
            ),
        ],
    )
