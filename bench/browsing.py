"""The console's lists of an event with a million registrations, and finding people among as many.

Each list is read through its verb, in this process, as a page is: the first page and the one behind
it, newest first and by name, with each filter; the counts that stand around it; and searches of the
organization, once a slice of the people is indexed. Medians of a few readings of each.
"""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import psycopg

from bench.big_event import make_big
from bench.figures import Table, Target, median
from bench.fill import FORGET_NOTED
from bench.origins import BACKENDS, Origin, origin_on
from bench.servers import Demo
from turnout.core.ids import EventId, OrgId, SessionId, TicketTypeId
from turnout.core.people.searching import find_people, index_due
from turnout.core.registrations.browsing import browse_page
from turnout.core.registrations.counting import count_browsed, read_counts
from turnout.core.registrations.walking import Browsed, Order
from turnout.settings import Settings
from turnout.store import Database, Tx, open_database
from turnout.store.sqlite import path_of

PAGE = 50
FAST_MS, SLOW_MS = 10.0, 300.0
ORDERS = {Order.NEWEST: "newest", Order.NAME: "by name"}

Progress = Callable[[str], None]


class Size(msgspec.Struct, frozen=True):
    """How many are registered, how often each list is read, and how long people are indexed."""

    people: int
    readings: int
    index_s: float
    backends: tuple[str, ...] = BACKENDS
    is_durable: bool = True


FULL = Size(people=1_000_000, readings=7, index_s=60)
QUICK = Size(people=50_000, readings=3, index_s=5)


class Row(msgspec.Struct, kw_only=True):
    """One list: milliseconds of its first page and of the next one."""

    database: str
    people: int
    name: str
    first_ms: float
    next_ms: float
    found: int
    limit_ms: float


Figures = list[Row]

# A third is checked in, a fiftieth cancelled; a tag that many have, one that few have; a ticket
# type of one in a thousand.
_VARY = (
    "UPDATE tickets SET checked_in_at = created_at WHERE id % 3 = 0",
    "UPDATE registrations SET state = 'cancelled' WHERE id % 50 = 0",
    "INSERT INTO registration_tags (org_id, registration_id, tag_key, tag, created_at)"
    " SELECT org_id, id, 'many', 'Many', created_at FROM registrations WHERE id % 20 = 0",
    "INSERT INTO registration_tags (org_id, registration_id, tag_key, tag, created_at)"
    " SELECT org_id, id, 'few', 'Few', created_at FROM registrations WHERE id % 10000 = 7",
    "UPDATE tickets SET ticket_type_id = (SELECT max(o.id) FROM ticket_types o"
    " JOIN ticket_types t ON t.org_id = o.org_id AND t.event_id = o.event_id"
    " WHERE t.org_id = tickets.org_id AND t.id = tickets.ticket_type_id) WHERE id % 1000 = 5",
    "ANALYZE",
)


def measure(demo: Demo, folder: Path, size: Size, progress: Progress) -> list[Row]:
    """All lists on each database."""
    rows: list[Row] = []
    for backend in size.backends:
        with origin_on(backend, demo, folder / backend, is_durable=size.is_durable) as origin:
            url = make_big(origin, folder / backend / "lists", size.people, progress)
            progress(f"{origin.name}: checking in, cancelling, tagging")
            _vary(url)
            db = open_database(Settings(database_url=url))
            try:
                rows += _measure_on(origin, db, size, progress)
            finally:
                db.close()
    return rows


def _vary(url: str) -> None:
    is_file = url.startswith("sqlite:")
    connection: Any = (
        sqlite3.connect(path_of(url), isolation_level=None)
        if is_file
        else psycopg.connect(url, autocommit=True)
    )
    with closing(connection):
        # What SQLite is told of its tables stays what a migration says (store/migrations).
        for statement in _VARY[:-1] if is_file else _VARY:
            connection.execute(statement)


def _measure_on(origin: Origin, db: Database, size: Size, progress: Progress) -> Iterator[Row]:
    org_id, event_id = _find_event(db)
    for name, wanted in _list_wanted(db, event_id).items():
        progress(f"{origin.name}: {name}")
        for order, word in ORDERS.items():
            after, found, times = 0, 0, []
            for _ in range(2):
                read = (browse_page, org_id, wanted, order)
                page, ms = _time(db, size.readings, *read, after=after, limit=PAGE)
                after, found = page.after, found + len(page.rows)
                times.append(ms)
                if not after:
                    break
            is_fast = order is Order.NEWEST or name == "everybody"
            limit_ms = FAST_MS if is_fast else SLOW_MS
            yield _row(origin, size, f"{name}, {word}", times, found, limit_ms)
        _, ms = _time(db, size.readings, count_browsed, org_id, wanted)
        yield _row(origin, size, f"{name}, counted", [ms], 0, SLOW_MS)
    _, ms = _time(db, size.readings, read_counts, org_id, event_id)
    yield _row(origin, size, "the counts around the list", [ms], 0, SLOW_MS)
    yield from _search(origin, db, org_id, size, progress)


def _search(
    origin: Origin, db: Database, org_id: OrgId, size: Size, progress: Progress
) -> Iterator[Row]:
    progress(f"{origin.name}: indexing people for {size.index_s:.0f} s")
    db.call(_run, "INSERT INTO people_search_due (org_id, person_id) SELECT org_id, id FROM people")
    until = time.monotonic() + size.index_s
    while time.monotonic() < until and db.call(index_due, 1_000):
        pass
    db.call(_run, FORGET_NOTED)
    for name, text in (
        ("rare letters", "guest-31415"),
        ("two words", "bacede guest"),
        ("a name", "vavi"),
    ):
        found, ms = _time(db, size.readings, find_people, org_id, text)
        yield _row(origin, size, f"people: {name}", [ms], len(found or ()), SLOW_MS)


def _find_event(db: Database) -> tuple[OrgId, EventId]:
    query = "SELECT org_id, event_id FROM registrations ORDER BY id DESC LIMIT 1"
    [(org_id, event_id)] = db.look(lambda tx: tx.connection.execute(query).fetchall())
    return OrgId(org_id), EventId(event_id)


def _list_wanted(db: Database, event_id: EventId) -> dict[str, Browsed]:
    def ask(table: str) -> list[int]:
        query = f"SELECT id FROM {table} WHERE event_id = {int(event_id)} ORDER BY id"
        return [row[0] for row in db.look(lambda tx: tx.connection.execute(query).fetchall())]

    types, sessions = ask("ticket_types"), ask("sessions")
    wanted = Browsed(event_id)
    return {
        "everybody": wanted,
        "registered": wanted._replace(state="confirmed"),
        "cancelled": wanted._replace(state="cancelled"),
        "checked in": wanted._replace(state="confirmed", is_checked_in=True),
        "expected": wanted._replace(state="confirmed", is_checked_in=False),
        "a ticket type of most": wanted._replace(ticket_type_id=TicketTypeId(types[0])),
        "a ticket type of few": wanted._replace(ticket_type_id=TicketTypeId(types[-1])),
        "a session": wanted._replace(session_id=SessionId(sessions[0])),
        "a tag of many": wanted._replace(tag="many"),
        "a tag of few": wanted._replace(tag="few"),
        "a source of nobody": wanted._replace(source="nowhere"),
    }


def _run(tx: Tx, statement: str) -> None:
    tx.connection.execute(statement)


def _time(
    db: Database, readings: int, verb: Callable[..., Any], *args: Any, **named: Any
) -> tuple[Any, float]:
    """What the verb reads, and the median of its milliseconds, after a reading that is not
    counted."""
    found = db.look(verb, *args, **named)
    times = []
    for _ in range(readings):
        since = time.perf_counter()
        db.look(verb, *args, **named)
        times.append((time.perf_counter() - since) * 1000)
    return found, median(times)


def _row(
    origin: Origin, size: Size, name: str, times: list[float], found: int, limit_ms: float
) -> Row:
    return Row(
        database=origin.name,
        people=size.people,
        name=name,
        first_ms=times[0],
        next_ms=times[-1],
        found=found,
        limit_ms=limit_ms,
    )


def targets(rows: list[Row]) -> list[Target]:
    """How many of the lists are read in time, on each database."""
    found = []
    for database in dict.fromkeys(row.database for row in rows):
        for limit_ms in (FAST_MS, SLOW_MS):
            asked = [row for row in rows if (row.database, row.limit_ms) == (database, limit_ms)]
            slow = [row.name for row in asked if max(row.first_ms, row.next_ms) > limit_ms]
            name = f"console lists that are to take {limit_ms:.0f} ms, {database}"
            within = f"{len(asked) - len(slow)} of {len(asked)}"
            found.append(Target(name, f"all {len(asked)}", within, not slow))
    return found


def tables(rows: list[Row]) -> list[Table]:
    """One line a list, both databases beside each other."""
    databases = list(dict.fromkeys(row.database for row in rows))
    by_name: dict[str, dict[str, Row]] = {}
    for row in rows:
        by_name.setdefault(row.name, {})[row.database] = row
    headings = [f"{database}, {page}" for database in databases for page in ("first", "next")]
    people = rows[0].people if rows else 0
    return [
        Table(
            f"Pages of {PAGE} of an event with {people:,} registrations, ms",
            ("list", *headings, "target"),
            [
                (name, *_cells(found, databases), f"{next(iter(found.values())).limit_ms:.0f}")
                for name, found in by_name.items()
            ],
        )
    ]


def _cells(found: dict[str, Row], databases: list[str]) -> list[str]:
    rows = [found[database] for database in databases]
    return [f"{ms:.1f}" for row in rows for ms in (row.first_ms, row.next_ms)]
