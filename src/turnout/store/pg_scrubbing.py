"""Having what was deleted leave the files of PostgreSQL.

VACUUM makes room of dead rows, but leaves their bytes where they were until something else is
written there, and statistics hold samples of values. So a small table is written again (VACUUM
FULL), which locks it for a fifth of a second or so. A large one is only vacuumed, because that
would take too long; its bytes go when the pages are next filled. The samples are taken again; of
an empty table they would stay, so its columns are given the type that they have, which drops them.
"""

from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.sql import SQL, Composed, Identifier

from turnout.log import log

if TYPE_CHECKING:
    from collections.abc import Sequence

REWRITTEN_BYTES = 8_000_000
LOCK_MS = 200
# Samples of values; only the owner of the database may.
STATISTICS = "pg_statistic"
_TYPES = {"text": SQL("text"), "bytea": SQL("bytea")}
_SAMPLED = """SELECT s.attname, c.data_type FROM pg_stats s JOIN information_schema.columns c
        ON c.table_schema = s.schemaname AND c.table_name = s.tablename
        AND c.column_name = s.attname AND c.data_type IN ('text', 'bytea')
    WHERE s.schemaname = current_schema() AND s.tablename = %s"""


def scrub_tables(connection: "psycopg.Connection[Any]", tables: "Sequence[str]") -> bool:
    """Vacuum the tables, and write small ones again; False if one was in use. Raises psycopg.Error.
    The connection commits by itself."""
    connection.execute(SQL("SET lock_timeout = {}").format(LOCK_MS))
    scrubbed = [_scrub(connection, table) for table in tables]
    return _run(connection, SQL("VACUUM FULL {}").format(Identifier(STATISTICS))) and all(scrubbed)


def _scrub(connection: "psycopg.Connection[Any]", table: str) -> bool:
    is_small = _is_small(connection, table)
    statement = SQL("VACUUM (ANALYZE, FULL {}) {}").format(is_small, Identifier(table))
    return _run(connection, statement) and _forget_samples(connection, table)


def _forget_samples(connection: "psycopg.Connection[Any]", table: str) -> bool:
    name = Identifier(table)
    if connection.execute(SQL("SELECT 1 FROM {} LIMIT 1").format(name)).fetchone():
        return True
    changes = [
        SQL("ALTER COLUMN {} TYPE {}").format(Identifier(column), _TYPES[type_])
        for column, type_ in connection.execute(_SAMPLED, [table])
    ]
    statement = SQL("ALTER TABLE {} {}").format(name, SQL(", ").join(changes))
    return not changes or _run(connection, statement)


def _is_small(connection: "psycopg.Connection[Any]", table: str) -> bool:
    size = "SELECT coalesce(pg_total_relation_size(to_regclass(%s)), 0)"
    ((found,),) = connection.execute(size, [table]).fetchall()
    return bool(found <= REWRITTEN_BYTES)


def _run(connection: "psycopg.Connection[Any]", statement: Composed) -> bool:
    try:
        connection.execute(statement)
    except psycopg.errors.LockNotAvailable:
        return False
    except psycopg.errors.InsufficientPrivilege as error:
        log.warning(
            "left to the owner of the table", statement=statement.as_string(), error=str(error)
        )
    return True
