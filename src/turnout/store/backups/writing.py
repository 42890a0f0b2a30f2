"""Filling an empty database from a backup: all rows in one transaction, then the newer migrations.

The tables are made at the backup's own schema. SQLite checks what refers to what at the end, once;
PostgreSQL at the end of each table, which is why a backup has tables behind those they refer to.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from typing import Any, Protocol

import psycopg
from psycopg.sql import SQL, Identifier

from turnout.errors import Conflict, Invalid, Unavailable
from turnout.settings import hide_password
from turnout.store.backups.reading import open_source
from turnout.store.backups.stream import Contents, Row
from turnout.store.pg_sessions import Use
from turnout.store.pg_sessions import connect as connect_postgresql
from turnout.store.sequences import SEQUENCES
from turnout.store.sqlite import connect, path_of

Fill = Callable[[Sequence[Row]], None]


class Target(Protocol):
    """A database that is being filled."""

    def fill(self, table: str, columns: tuple[str, ...]) -> AbstractContextManager[Fill]:
        """A function that takes batches of rows of one table."""

    def finish(self, contents: Contents) -> None:
        """Set the sequences, check, and commit."""


@contextmanager
def open_target(url: str, schema: str) -> Iterator[Target]:
    """The empty database at `url`, made at `schema`; a failure inside leaves it empty.

    Raises Conflict if it has anything, Unavailable if it cannot be reached or written.
    """
    from turnout.store.migrations.running import migrate  # Alembic is heavy

    check_empty(url, schema)
    migrate(url, schema)
    try:
        if url.startswith("sqlite:"):
            with closing(connect(path_of(url))) as connection:
                yield SQLiteTarget(connection)
        else:
            with connect_postgresql(url, Use.MIGRATE) as session:
                yield PostgreSQLTarget(session)
    except psycopg.OperationalError as error:
        raise Unavailable("backup.lost", said=str(error)) from error


def check_empty(url: str, schema: str) -> None:
    """Raise Conflict unless the database has no tables, or only the empty ones of this schema."""
    if url.startswith("sqlite:") and _is_new(url):
        return
    with open_source(url) as source:
        if source.schema is None:
            return
        # A server that was started once has written its own address and keys, and no more.
        counts = {table.name: table.row_count for table in source.list_tables()}
        if source.schema != schema or counts["organizations"] or counts["people"]:
            raise Conflict("backup.not_empty", path=hide_password(url), schema=source.schema)


def _is_new(url: str) -> bool:
    path = path_of(url)
    return not path.exists() or path.stat().st_size == 0


def upgrade(url: str) -> str:
    """Bring a filled database to the newest schema, which is returned."""
    from turnout.store.migrations.running import migrate

    return migrate(url, keeps_copy=False)[1]


class SQLiteTarget:
    """An SQLite file."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute("BEGIN IMMEDIATE")

    @contextmanager
    def fill(self, table: str, columns: tuple[str, ...]) -> Iterator[Fill]:
        """A function that takes batches of rows of one table."""
        names = ", ".join(f'"{column}"' for column in columns)
        marks = ", ".join("?" * len(columns))
        self._connection.execute(f'DELETE FROM "{table}"')  # noqa: S608
        insert = f'INSERT INTO "{table}" ({names}) VALUES ({marks})'  # noqa: S608
        yield lambda rows: self._connection.executemany(insert, rows)

    def finish(self, contents: Contents) -> None:
        """Set the sequences, check, and commit."""
        for name, value in contents.sequences.items():
            self._connection.execute(
                "UPDATE sequences SET next_value = ? WHERE name = ?", (value, name)
            )
        wrong = self._connection.execute("PRAGMA foreign_key_check").fetchone()
        if wrong is not None:
            raise Invalid("backup.unlike", table=wrong[0])
        self._connection.execute("COMMIT")


class PostgreSQLTarget:
    """The schema that a connection to PostgreSQL works in."""

    def __init__(self, connection: "psycopg.Connection[Any]") -> None:
        self._connection = connection
        names = [
            name
            for (name,) in connection.execute(
                "SELECT table_name FROM information_schema.tables WHERE table_schema ="
                " current_schema() AND table_type = 'BASE TABLE' AND table_name <>"
                " 'alembic_version'"
            )
        ]
        connection.execute(SQL("TRUNCATE {}").format(SQL(", ").join(map(Identifier, names))))

    @contextmanager
    def fill(self, table: str, columns: tuple[str, ...]) -> Iterator[Fill]:
        """A function that takes batches of rows of one table."""
        names = SQL(", ").join(map(Identifier, columns))
        query = SQL("COPY {} ({}) FROM STDIN").format(Identifier(table), names)
        try:
            with self._connection.cursor() as cursor, cursor.copy(query) as copy:
                yield lambda rows: _write_rows(copy, rows)
        except psycopg.errors.ForeignKeyViolation as error:
            raise Invalid("backup.unlike", table=table) from error

    def finish(self, contents: Contents) -> None:
        """Set the sequences, check, and commit."""
        for name, value in contents.sequences.items():
            if name in SEQUENCES:
                self._connection.execute("SELECT setval(%s, %s, false)", (f"{name}_ids", value))
        self._connection.commit()


def _write_rows(copy: psycopg.Copy, rows: Sequence[Row]) -> None:
    for row in rows:
        copy.write_row(row)
