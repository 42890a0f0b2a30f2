"""Fills a database with people who registered, some 20,000 a second.

Theory. One person who registered through the server is the model; everybody else is a copy of the
model's rows by one INSERT … SELECT a table, with keys, names and codes of their own. So the rows
are what the product writes, whatever columns it has: a new column is copied, a new unique one
makes this fail. Places taken and the sequences are set to match. The addresses are those of the
load (`load.spread`), so that new people and filled ones stand mixed in the indexes.

They came long ago: nobody is noted to be indexed for the search (`FORGET_NOTED`), which would run
beside what is measured.

On PostgreSQL the functions that make names are functions of the database, for as long as it is
filled, and its statistics are up to date afterwards.

The server must not run. Indexes are kept while filling: their pages are filled as far
as real ones, and not packed.
"""

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row

from bench.load import DIGITS, GOLDEN, spread
from turnout.core.tickets.issuing import CODE_LENGTH
from turnout.store import Ids

CHUNK = 50_000
FORGET_NOTED = "DELETE FROM people_search_due"
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
        "first_name": "first_name_of(n)",
        "last_name": "last_name_of(n)",
    },
    "registrations": {
        "id": ":last_registration + n",
        "uuid": "new_uuid()",
        "person_id": ":last_person + n",
        "answers": "replace(model.answers, :email, email_of(n))",
        "name_key": "lower(last_name_of(n) || ' ' || first_name_of(n) || ' ' || email_of(n))",
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
# Names of three syllables each, spread over the alphabet: 512,000 in all.
CONSONANTS, VOWELS = "bcdfghklmnprstvz", "aeiou"


def name_of(number: int) -> str:
    """A name for each number."""
    parts = [int(digits) for digits in re.findall(r"..", spread(number)[-6:])]
    return "".join(
        CONSONANTS[part % len(CONSONANTS)] + VOWELS[part % len(VOWELS)] for part in parts
    ).title()


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


def fill(database: Path | str, people: int, progress: Callable[[int], object]) -> None:
    """Copy the person who registered last until there are `people`, in a file or in the database
    of an address. Leaves the log empty.

    `progress` is told how many there are. That person must have one registration, decided.
    """
    if isinstance(database, str) and not database.startswith("sqlite:"):
        _fill_postgresql(database, people, progress)
        return
    database = Path(str(database).removeprefix("sqlite:///"))
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        _prepare(connection)
        while (there := _count_people(connection)) < people:
            _copy_model(connection, min(CHUNK, people - there), FIRST_NUMBER + there)
            progress(there)
        connection.execute(FORGET_NOTED)
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
    connection.create_function("first_name_of", 1, lambda n: name_of(number + n))
    connection.create_function("last_name_of", 1, lambda n: name_of(3 * (number + n)))
    connection.execute("BEGIN")
    for table, own in _OWN.items():
        columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
        _copy_rows(connection, table, columns, own, model)
    _take_places(connection, model)
    _move_sequences(connection)
    connection.execute("COMMIT")


def _take_places(connection: Any, model: dict[str, object]) -> None:
    for statement in _TAKE_PLACES:
        connection.execute(statement, model)


def _move_sequences(connection: sqlite3.Connection) -> None:
    for sequence, table in _SEQUENCES.items():
        connection.execute(
            f"UPDATE sequences SET next_value = (SELECT max(id) + 1 FROM {table}) WHERE name = ?",
            [sequence],
        )


def _copy_rows(
    connection: Any,
    table: str,
    columns: list[str],
    own: dict[str, str],
    model: dict[str, object],
) -> None:
    values = [own.get(column, f"model.{column}") for column in columns]
    connection.execute(
        f"CREATE TEMP TABLE model AS SELECT * FROM {table} WHERE org_id = :org_id"
        f" AND {_MODEL[table]}",
        model,
    )
    connection.execute(
        f"""
        WITH RECURSIVE numbers (n) AS (
            SELECT CAST(1 AS BIGINT) UNION ALL SELECT n + 1 FROM numbers WHERE n < :count)
        INSERT INTO {table} ({", ".join(columns)}) SELECT {", ".join(values)}
        FROM numbers CROSS JOIN model
        """,
        model,
    )
    connection.execute("DROP TABLE model")


# -- PostgreSQL ----------------------------------------------------------------------------

SPREAD = f"""
CREATE FUNCTION spread(n BIGINT) RETURNS TEXT LANGUAGE sql AS $$
    SELECT lpad(mod(CAST(n AS NUMERIC) * {GOLDEN}, {10**DIGITS})::text, {DIGITS}, '0')
$$
"""
_FUNCTIONS = f"""
{SPREAD};
CREATE FUNCTION email_of(n BIGINT) RETURNS TEXT LANGUAGE sql AS $$
    SELECT 'guest-' || spread(CAST(current_setting('bench.number') AS BIGINT) + n) || '@example.com'
$$;
CREATE FUNCTION syllable(part INT) RETURNS TEXT LANGUAGE sql AS $$
    SELECT substr('{CONSONANTS}', 1 + part % {len(CONSONANTS)}, 1)
        || substr('{VOWELS}', 1 + part % {len(VOWELS)}, 1)
$$;
CREATE FUNCTION name_of(n BIGINT) RETURNS TEXT LANGUAGE sql AS $$
    SELECT initcap(syllable(CAST(substr(d, 1, 2) AS INT)) || syllable(CAST(substr(d, 3, 2) AS INT))
        || syllable(CAST(substr(d, 5, 2) AS INT))) FROM (SELECT right(spread(n), 6) d) x
$$;
CREATE FUNCTION first_name_of(n BIGINT) RETURNS TEXT LANGUAGE sql AS $$
    SELECT name_of(CAST(current_setting('bench.number') AS BIGINT) + n)
$$;
CREATE FUNCTION last_name_of(n BIGINT) RETURNS TEXT LANGUAGE sql AS $$
    SELECT name_of(3 * (CAST(current_setting('bench.number') AS BIGINT) + n))
$$;
CREATE FUNCTION new_uuid() RETURNS TEXT LANGUAGE sql VOLATILE AS $$
    SELECT substr(t, 1, 8) || '-' || substr(t, 9, 4) || '-7' || substr(r, 16)
    FROM (SELECT gen_random_uuid()::text r,
        lpad(to_hex(CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)), 12, '0') t) x
$$;
CREATE FUNCTION new_code() RETURNS TEXT LANGUAGE sql VOLATILE AS $$
    SELECT upper(replace(substr(gen_random_uuid()::text, 1, 23), '-', ''))
$$
"""
_DROP_FUNCTIONS = """
DROP FUNCTION new_code(), new_uuid(), email_of(BIGINT), first_name_of(BIGINT), last_name_of(BIGINT),
    name_of(BIGINT), syllable(INT), spread(BIGINT)
"""


class NamedValues:
    """A session that takes `:name` for a value, as SQLite does."""

    def __init__(self, connection: "psycopg.Connection[Any]", row_factory: Any = dict_row) -> None:
        self._connection = connection
        self._row_factory = row_factory

    def execute(self, text: str, values: dict[str, object] | None = None) -> Any:
        cursor = psycopg.ClientCursor(self._connection, row_factory=self._row_factory)
        # Without values a % is one already.
        text = text if values is None else text.replace("%", "%%")
        return cursor.execute(re.sub(r"(?<!:):(\w+)", r"%(\1)s", text), values)


def _fill_postgresql(url: str, people: int, progress: Callable[[int], object]) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(_FUNCTIONS)
        while (there := _count_people(connection)) < people:
            with connection.transaction():
                count = min(CHUNK, people - there)
                _copy_model_in(NamedValues(connection), count, FIRST_NUMBER + there)
            progress(there)
        connection.execute(_DROP_FUNCTIONS)
        connection.execute(FORGET_NOTED)
        connection.execute("ANALYZE")


def _copy_model_in(session: NamedValues, count: int, number: int) -> None:
    session.execute(f"SET LOCAL bench.number = '{number}'")
    session.execute("SET LOCAL synchronous_commit = off")
    model = session.execute(_FIND_MODEL).fetchone() | {"count": count}
    for table, own in _OWN.items():
        found = session.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' "
            f"AND table_name = '{table}' ORDER BY ordinal_position"
        )
        columns = [row["column_name"] for row in found.fetchall()]
        _copy_rows(session, table, columns, own, model)
    _take_places(session, model)
    for sequence, table in _SEQUENCES.items():
        session.execute(f"SELECT setval('{sequence}_ids', max(id)) FROM {table}")


def _count_people(connection: Any) -> int:
    return int(connection.execute("SELECT count(*) FROM people").fetchone()[0])
