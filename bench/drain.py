"""The queue: how fast it is worked off, and how long after the last answer it is empty."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import msgspec

from bench.figures import Table, Target
from bench.load import Measured, Order, run
from bench.processes import cpu_seconds
from bench.registrations import SESSIONS, template
from bench.servers import Demo, Server, sign_in, turnout, url_of

CONNECTIONS = 32
POLL_S = 0.01
DRAIN_TIMEOUT_S = 300

Progress = Callable[[str], None]


class Size(msgspec.Struct, frozen=True):
    """How many registrations are accepted and worked off."""

    registrations: int


FULL = Size(20_000)
QUICK = Size(3_000)


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
    """Both ways."""

    backlog: Backlog
    flood: Flood


Figures = Drained


class Queue:
    """A look from outside into the database of a running server."""

    def __init__(self, connection: sqlite3.Connection) -> None:
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
def look_into(database: Path) -> Iterator[Queue]:
    """Open the database for reading, beside the server."""
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("PRAGMA query_only=ON")
        yield Queue(connection)


def measure(demo: Demo, folder: Path, size: Size, progress: Progress) -> Drained:
    """Both ways, each on a copy of the demo."""
    progress(f"a backlog of {size.registrations:,}")
    backlog = _work_off(demo.copy_database(folder / "backlog"), demo, size.registrations)
    progress(f"a flood of {size.registrations:,}")
    flood = _flood(demo.copy_database(folder / "flood"), demo, size.registrations)
    return Drained(backlog=backlog, flood=flood)


def _work_off(database: Path, demo: Demo, count: int) -> Backlog:
    with look_into(database) as queue:
        with turnout(database.parent, url_of(database), work=False) as server:
            accept(server, demo, count, first=1)
        with turnout(database.parent, url_of(database)) as server:
            began, cpu = time.perf_counter(), cpu_seconds(server.pid)
            done_before = server.count_processed()
            queue.wait_until_empty()
            seconds, cpu = time.perf_counter() - began, cpu_seconds(server.pid) - cpu
        queue.check(count)
    done = count - done_before
    return Backlog(registrations=done, seconds=seconds, cpu_us=cpu / done * 1e6)


def _flood(database: Path, demo: Demo, count: int) -> Flood:
    with look_into(database) as queue, turnout(database.parent, url_of(database)) as server:
        accepted = accept(server, demo, count, first=1)
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


def targets(_drained: Drained) -> list[Target]:
    """None is set for the queue alone."""
    return []


def tables(drained: Drained) -> list[Table]:
    """One row a way."""
    backlog, flood = drained.backlog, drained.flood
    return [
        Table(
            "The queue, SQLite",
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
    ]
