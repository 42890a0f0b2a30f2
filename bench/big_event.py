"""The big event that scans are measured on: its people, and the codes of its tickets."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psycopg

from bench.drain import accept, look_into
from bench.fill import SPREAD, fill
from bench.load import spread
from bench.origins import Origin
from bench.servers import turnout
from turnout.core.ids import EventId, OrgId, TicketTypeId
from turnout.core.tickets.signing import ensure_ticket_key, sign_ticket
from turnout.settings import Settings
from turnout.store import Tx, open_database
from turnout.store.sqlite import path_of

Progress = Callable[[str], None]


def make_big(origin: Origin, folder: Path, people: int, progress: Progress) -> str:
    """A copy in which so many people are registered: its address."""
    url = origin.copy(folder)
    with look_into(url) as queue, turnout(folder, url) as server:
        accept(server, origin.demo, 1, first=1)
        queue.wait_until_empty()
    fill(url, people, lambda done: progress(f"{origin.name}: filling: {done:,} people"))
    return url


_FIND_TICKETS = """
SELECT t.org_id, t.id FROM tickets t JOIN registrations r ON r.org_id = t.org_id
    AND r.id = t.registration_id WHERE t.state = 'valid' AND t.checked_in_at IS NULL
    AND r.event_id = (SELECT target_id FROM directory WHERE namespace = 'pak'
        AND noun = 'event' ORDER BY target_id LIMIT 1)
"""


def name_tickets(url: str) -> int:
    """Give the event's tickets codes that the load can count through; how many there are."""
    if not url.startswith("sqlite:"):
        return _name_tickets_on_postgresql(url)
    with closing(sqlite3.connect(path_of(url), isolation_level=None)) as connection:
        connection.create_function("spread", 1, spread)
        connection.execute("BEGIN")
        rows = connection.execute(_FIND_TICKETS).fetchall()
        connection.executemany(
            "UPDATE tickets SET code = spread(?) WHERE org_id = ? AND id = ?",
            [(number, *row) for number, row in enumerate(rows, start=1)],
        )
        connection.execute("COMMIT")
    return len(rows)


def _name_tickets_on_postgresql(url: str) -> int:
    with psycopg.connect(url) as connection:
        connection.execute(SPREAD)
        named = connection.execute(
            "UPDATE tickets SET code = spread(n) FROM "
            f"(SELECT *, row_number() OVER () n FROM ({_FIND_TICKETS}) f) found "
            "WHERE tickets.org_id = found.org_id AND tickets.id = found.id"
        ).rowcount
        connection.execute("DROP FUNCTION spread(BIGINT)")
        connection.commit()
        connection.autocommit = True
        connection.execute("VACUUM ANALYZE tickets")
    return named


def sign_tickets(url: str, count: int, texts: Path) -> Path:
    """The signed form of the first so many tickets, a line each, in their order, in a file."""
    with closing(open_database(Settings(database_url=url))) as db:
        org_id, event_id, type_id = db.call(find_event)
        key = db.call(ensure_ticket_key, org_id)
    codes = [sign_ticket(key, event_id, spread(n), type_id) for n in range(1, count + 1)]
    texts.write_text("\n".join(codes))
    return texts


def find_event(tx: Tx) -> tuple[OrgId, EventId, TicketTypeId]:
    row = tx.connection.execute(
        "SELECT y.org_id, y.event_id, y.id FROM ticket_types y WHERE y.is_default = 1 "
        "AND y.event_id = (SELECT target_id FROM directory WHERE namespace = 'pak' "
        "AND noun = 'event' ORDER BY target_id LIMIT 1)"
    ).fetchone()
    return OrgId(row[0]), EventId(row[1]), TicketTypeId(row[2])
