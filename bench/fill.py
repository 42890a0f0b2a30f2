"""Fills a database with people who registered, some 20,000 a second.

Theory. One person who registered through the server is the model; everybody else is a copy of the
model's rows by one INSERT … SELECT a table, with keys, names and codes of their own. So the rows
are what the product writes, whatever columns it has: a new column is copied, a new unique one
makes this fail. Places taken and the sequences are set to match. The addresses are those of the
load (`load.spread`), so that new people and filled ones stand mixed in the indexes.

The server must not run. Indexes are kept while filling: their pages are filled as far
as real ones, and not packed.
"""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from bench.load import spread
from turnout.core.tickets.issuing import CODE_LENGTH
from turnout.store import Ids

CHUNK = 50_000
# Numbers of filled people begin here, so that they are never those of a load.
FIRST_NUMBER = 100_000_000_000

# What the copies have of their own; `n` counts from 1, `model` is the row copied. All other
# columns are the model's.
_OWN = {
    "people": {
        "id": ":last_person + n",
        "uuid": "new_uuid()",
        "email": "email_of(n)",
        "email_key": "email_of(n)",
    },
    "registrations": {
        "id": ":last_registration + n",
        "uuid": "new_uuid()",
        "person_id": ":last_person + n",
        "answers": "replace(model.answers, :email, email_of(n))",
    },
    "session_bookings": {"registration_id": ":last_registration + n"},
    "tickets": {
        "id": ":last_ticket + n",
        "code": "new_code()",
        "registration_id": ":last_registration + n",
    },
    "submissions": {
        "id": "model.id + n * :span + :shift",
        "last_item_id": "model.last_item_id + n * :span + :shift",
        "email": "email_of(n)",
        "contact": "replace(model.contact, :email, email_of(n))",
    },
    "queue_items": {
        "id": "model.id + n * :span + :shift",
        "submission_id": "model.submission_id + n * :span + :shift",
        "person_id": ":last_person + n",
    },
}
_MODEL = {
    "people": "id = :person",
    "registrations": "id = :registration",
    "session_bookings": "registration_id = :registration",
    "tickets": "registration_id = :registration",
    "submissions": "id = :submission",
    "queue_items": "submission_id = :submission",
}
# `span` is how many numbers the model's queue items take, `shift` leads from the model's last to
# the last there is.
_FIND_MODEL = """
SELECT p.org_id, p.id AS person, p.email, r.id AS registration, s.id AS submission,
    s.last_item_id - s.id + 1 AS span,
    (SELECT max(id) FROM queue_items) - s.last_item_id AS shift,
    (SELECT max(id) FROM people) AS last_person,
    (SELECT max(id) FROM registrations) AS last_registration,
    (SELECT max(id) FROM tickets) AS last_ticket
FROM people p
JOIN registrations r ON r.org_id = p.org_id AND r.person_id = p.id
JOIN submissions s ON s.org_id = p.org_id AND s.email = p.email
WHERE r.id = (SELECT max(id) FROM registrations WHERE source = 'registration')
    AND s.id = (SELECT max(id) FROM submissions)
"""
_TAKE_PLACES = (
    """
    UPDATE events SET held = held + :count WHERE org_id = :org_id AND id =
        (SELECT event_id FROM registrations WHERE org_id = :org_id AND id = :registration)
    """,
    """
    UPDATE ticket_types SET held = held + :count WHERE org_id = :org_id AND id =
        (SELECT ticket_type_id FROM registrations WHERE org_id = :org_id AND id = :registration)
    """,
    """
    UPDATE sessions SET held = held + :count WHERE org_id = :org_id AND id IN
        (SELECT session_id FROM session_bookings
        WHERE org_id = :org_id AND registration_id = :registration)
    """,
)
_SEQUENCES = {
    "person": "people",
    "registration": "registrations",
    "ticket": "tickets",
    "queue_item": "queue_items",
}


def fill(database: Path, people: int, progress: Callable[[int], object]) -> None:
    """Copy the person who registered last until there are `people`. Leaves the log empty.

    `progress` is told how many there are. That person must have one registration, decided.
    """
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        _prepare(connection)
        while (there := _count_people(connection)) < people:
            _copy_model(connection, min(CHUNK, people - there), FIRST_NUMBER + there)
            progress(there)
        connection.execute("PRAGMA journal_mode=WAL")


def _prepare(connection: sqlite3.Connection) -> None:
    """Trade the safety of the fill for speed: a fill that broke off is begun again."""
    for pragma in ("journal_mode=MEMORY", "synchronous=OFF", "cache_size=-1000000"):
        connection.execute(f"PRAGMA {pragma}")
    ids = Ids(seed=_count_people(connection))
    now = connection.execute("SELECT max(created_at) FROM people").fetchone()[0]
    connection.create_function("new_uuid", 0, lambda: ids.uuid(now))
    connection.create_function("new_code", 0, lambda: ids.code(CODE_LENGTH))


def _copy_model(connection: sqlite3.Connection, count: int, number: int) -> None:
    connection.row_factory = sqlite3.Row
    model = dict(connection.execute(_FIND_MODEL).fetchone()) | {"count": count}
    connection.create_function("email_of", 1, lambda n: f"guest-{spread(number + n)}@example.com")
    connection.execute("BEGIN")
    for table, own in _OWN.items():
        _copy_rows(connection, table, own, model)
    for statement in _TAKE_PLACES:
        connection.execute(statement, model)
    for sequence, table in _SEQUENCES.items():
        connection.execute(
            f"UPDATE sequences SET next_value = (SELECT max(id) + 1 FROM {table}) WHERE name = ?",
            [sequence],
        )
    connection.execute("COMMIT")


def _copy_rows(
    connection: sqlite3.Connection, table: str, own: dict[str, str], model: dict[str, object]
) -> None:
    columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
    values = [own.get(column, f"model.{column}") for column in columns]
    connection.execute(
        f"CREATE TEMP TABLE model AS SELECT * FROM {table} WHERE org_id = :org_id"
        f" AND {_MODEL[table]}",
        model,
    )
    connection.execute(
        f"""
        WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers LIMIT :count)
        INSERT INTO {table} ({", ".join(columns)}) SELECT {", ".join(values)}
        FROM numbers CROSS JOIN model
        """,
        model,
    )
    connection.execute("DROP TABLE model")


def _count_people(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT count(*) FROM people").fetchone()[0])
