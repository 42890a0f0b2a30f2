"""Reading a whole database as of one instant, while others write.

SQLite: a read transaction of the log (WAL), which grows until it ends. PostgreSQL: REPEATABLE READ,
and a cursor of the server for each table. Sequences of PostgreSQL stand outside of transactions:
they are read last, so that no number of a row that was read comes again.
"""

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from graphlib import TopologicalSorter
from typing import Any

import psycopg
from psycopg.sql import SQL, Identifier

from turnout.errors import Unavailable
from turnout.store.backups.stream import BATCH, FILE_BATCH, Row, Source, Table
from turnout.store.pg_refusals import reach
from turnout.store.pg_sessions import Limits, Use, connect
from turnout.store.sequences import SEQUENCES
from turnout.store.sqlite import check_exists, open_to_read, path_of

_OWN = ("alembic_version", "sequences")
# What people are searched by is made again from them (core/people/searching.py).
_MADE = "people_search"
_BYTES = ("BLOB", "bytea")
# A minute for a lock (somebody migrates), and an hour for one statement: a batch of rows.
_LIMITS = Limits(60_000, 3_600_000, 0)


@contextmanager
def open_source(url: str) -> Iterator[Source]:
    """The database at `url` in a transaction that only reads. Raises Unavailable."""
    if url.startswith("sqlite:"):
        check_exists(url)
        with closing(open_to_read(path_of(url))) as connection:
            connection.execute("BEGIN")
            yield SQLiteSource(connection)
        return
    with reach(url):
        pass  # what refuses us says what to do about it
    try:
        with connect(url, Use.STREAM, _LIMITS) as session:
            yield PostgreSQLSource(session)
    except psycopg.OperationalError as error:
        raise Unavailable("backup.lost", said=str(error)) from error


class SQLiteSource:
    """An SQLite file."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self.schema = self._find_schema()
        self.at = time.time_ns() // 1_000_000

    def list_tables(self) -> list[Table]:
        """All tables, each behind those that it refers to."""
        names = [
            name
            for (name,) in self._connection.execute(
                "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
            )
            if not is_made(name)
        ]
        needs = {name: self._list_needs(name) for name in names}
        return [self._describe(name) for name in sort_by_needs(needs)]

    def read_rows(self, table: Table) -> Iterator[list[Row]]:
        """Its rows in batches."""
        columns = ", ".join(f'"{column}"' for column in table.columns)
        cursor = self._connection.execute(f'SELECT {columns} FROM "{table.name}"')  # noqa: S608
        while rows := cursor.fetchmany(batch_of(table)):
            yield rows

    def read_sequences(self) -> dict[str, int]:
        """The next number of each sequence."""
        return dict(self._connection.execute("SELECT name, next_value FROM sequences"))

    def _find_schema(self) -> str | None:
        has = "SELECT 1 FROM sqlite_schema WHERE name = 'alembic_version'"
        if self._connection.execute(has).fetchone() is None:
            return None
        row = self._connection.execute("SELECT version_num FROM alembic_version").fetchone()
        return str(row[0]) if row else None

    def _list_needs(self, name: str) -> set[str]:
        query = 'SELECT "table" FROM pragma_foreign_key_list(?)'
        return {needed for (needed,) in self._connection.execute(query, (name,))} - {name}

    def _describe(self, name: str) -> Table:
        query = "SELECT name, type FROM pragma_table_info(?) ORDER BY cid"
        columns = list(self._connection.execute(query, (name,)))
        ((count,),) = self._connection.execute(f'SELECT count(*) FROM "{name}"')  # noqa: S608
        return make_table(name, columns, count)


class PostgreSQLSource:
    """The schema that a connection to PostgreSQL works in."""

    def __init__(self, connection: "psycopg.Connection[Any]") -> None:
        self._connection = connection
        self.schema = self._find_schema()
        self.at = time.time_ns() // 1_000_000

    def list_tables(self) -> list[Table]:
        """All tables, each behind those that it refers to."""
        names = self._connection.execute(
            "SELECT table_name FROM information_schema.tables"
            " WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'"
        )
        needs: dict[str, set[str]] = {name: set() for (name,) in names if not is_made(name)}
        for name, needed in self._connection.execute(_NEEDS):
            if name in needs and needed != name:
                needs[name].add(needed)
        return [self._describe(name) for name in sort_by_needs(needs)]

    def read_rows(self, table: Table) -> Iterator[list[Row]]:
        """Its rows in batches."""
        columns = SQL(", ").join(map(Identifier, table.columns))
        query = SQL("SELECT {} FROM {}").format(columns, Identifier(table.name))
        with self._connection.cursor(name="backup") as cursor:
            cursor.execute(query)
            while rows := cursor.fetchmany(batch_of(table)):
                yield rows

    def read_sequences(self) -> dict[str, int]:
        """The next number of each sequence; a schema of before has not all of them."""
        return {name: self._read_next(name) for name in SEQUENCES if self._has(f"{name}_ids")}

    def _has(self, relation: str) -> bool:
        query = "SELECT to_regclass(%s) IS NOT NULL"
        return bool(self._connection.execute(query, (relation,)).fetchall()[0][0])

    def _read_next(self, name: str) -> int:
        query = SQL("SELECT last_value, is_called FROM {}").format(Identifier(f"{name}_ids"))
        ((last, is_called),) = self._connection.execute(query)
        return int(last) + (SEQUENCES[name].size if is_called else 0)

    def _find_schema(self) -> str | None:
        has = "SELECT to_regclass('alembic_version') IS NOT NULL"
        if not self._connection.execute(has).fetchall()[0][0]:
            return None
        row = self._connection.execute("SELECT version_num FROM alembic_version").fetchone()
        return str(row[0]) if row else None

    def _describe(self, name: str) -> Table:
        columns = self._connection.execute(
            "SELECT column_name, data_type FROM information_schema.columns"
            " WHERE table_schema = current_schema() AND table_name = %s ORDER BY ordinal_position",
            (name,),
        ).fetchall()
        query = SQL("SELECT count(*) FROM {}").format(Identifier(name))
        ((count,),) = self._connection.execute(query)
        return make_table(name, columns, count)


_NEEDS = """
    SELECT c.relname, f.relname FROM pg_constraint k
    JOIN pg_class c ON c.oid = k.conrelid
    JOIN pg_class f ON f.oid = k.confrelid
    WHERE k.contype = 'f' AND k.connamespace = current_schema()::regnamespace
"""


def is_made(name: str) -> bool:
    """Whether the table is the database's own, or made of others."""
    return name in _OWN or name.startswith(_MADE)


def make_table(name: str, columns: list[tuple[str, str]], count: int) -> Table:
    """A table from its columns' names and types."""
    places = enumerate(columns)
    bytes_at = tuple(place for place, (_, kind) in places if kind in _BYTES)
    return Table(name, tuple(column for column, _ in columns), count, bytes_at)


def batch_of(table: Table) -> int:
    """How many of its rows are a line: few where rows hold pieces of files."""
    return FILE_BATCH if table.bytes_at else BATCH


def sort_by_needs(needs: dict[str, set[str]]) -> list[str]:
    """The names in an order in which each comes behind all that it needs."""
    return list(TopologicalSorter({name: needs[name] for name in sorted(needs)}).static_order())
