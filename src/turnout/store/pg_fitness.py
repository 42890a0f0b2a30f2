"""Whether a PostgreSQL server, database and role are fit for Turnout, judged when it is opened.

Each of these faults would otherwise be found late and far from its cause: at the first name with
an accent, at a lock that a pooler gave to somebody else, in the middle of a migration.
"""

from typing import Any, NamedTuple

import psycopg

from turnout.errors import Unavailable
from turnout.store.pg_refusals import (
    CREATE_DATABASE,
    WITHOUT_POOLER,
    explain_refusal,
    fill_in,
    reach,
)
from turnout.store.pg_sessions import Use, connect

OLDEST_SERVER = 14
ENCODING = "UTF8"
_TRIES = 3

_GRANT_SCHEMA = "GRANT USAGE, CREATE ON SCHEMA {schema} TO {role};"
_GRANT_TABLES = "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role};"
_GRANT_NUMBERS = "GRANT USAGE ON ALL SEQUENCES IN SCHEMA {schema} TO {role};"
_AS_OWNER = "As the owner of the database {name}, connected to it, run: "

_RIGHTS = """
SELECT current_schema(), coalesce(has_schema_privilege(current_schema(), 'CREATE'), false),
    (SELECT count(*) FROM pg_class c
     WHERE c.relnamespace = to_regnamespace(quote_ident(current_schema())) AND CASE c.relkind
        WHEN 'S' THEN NOT has_sequence_privilege(c.oid, 'USAGE')
        WHEN 'r' THEN NOT (has_table_privilege(c.oid, 'SELECT') AND (c.relname = 'alembic_version'
            OR (has_table_privilege(c.oid, 'INSERT') AND has_table_privilege(c.oid, 'UPDATE')
                AND has_table_privilege(c.oid, 'DELETE')))) ELSE false END),
    (SELECT count(*) FROM pg_class c
     WHERE c.relnamespace = to_regnamespace(quote_ident(current_schema())) AND c.relkind = 'r'
        AND NOT pg_has_role(c.relowner, 'USAGE'))
"""


class Rights(NamedTuple):
    """What the role may do. `schema` is where new tables would come, None where it sees none;
    `closed` counts tables and sequences that it may not use, `foreign` those that it
    does not own and so cannot change in a migration."""

    schema: str | None
    may_create: bool
    closed: int
    foreign: int


def check_fit(url: str) -> None:
    """Raise Unavailable, with what to do as its note, unless the database at `url` can be reached
    and used: its version, its encoding, its tables' rights, and what stands between."""
    with reach(url) as connection:
        judge_version(connection.info.server_version)
        _judge_encoding(connection)
        try:
            if connection.info.backend_pid != _back_end(connection) and _shares(url, connection):
                raise _pooled()
            _judge_tables(connection)
        except psycopg.OperationalError as error:
            raise explain_refusal(url, error) from error


def judge_version(version: int) -> None:
    """Raise Unavailable for a server older than OLDEST_SERVER; `version` as libpq has it."""
    if version < OLDEST_SERVER * 10_000:
        raise _unfit(
            "store.old_server",
            f"Upgrade the server to PostgreSQL {OLDEST_SERVER} or newer.",
            version=version // 10_000,
            oldest=OLDEST_SERVER,
        )


def check_may_migrate(connection: "psycopg.Connection[Any]") -> None:
    """Raise Unavailable, with the statement that helps, unless the role may change the schema."""
    rights = read_rights(connection)
    if not rights.may_create:
        schema = rights.schema or "public"
        raise _not_granted("store.rights_schema", connection, schema=schema)
    if rights.foreign:
        owner = _owner(connection)
        raise _unfit(
            "store.rights_owner",
            fill_in(
                "Run `turnout migrate` as their owner, or run: GRANT {owner} TO {role};",
                connection.info.user,
                connection.info.dbname,
                owner=owner,
            ),
            role=connection.info.user,
            count=rights.foreign,
        )


def read_rights(connection: "psycopg.Connection[Any]") -> Rights:
    """What the role of this connection may do."""
    return Rights(*connection.execute(_RIGHTS).fetchall()[0])


def advise_grant(connection: "psycopg.Connection[Any]") -> str:
    """What lets the role of this connection make, read and write tables."""
    rights = read_rights(connection)
    wanted = [_GRANT_SCHEMA] if not rights.may_create else []
    wanted += [_GRANT_TABLES, _GRANT_NUMBERS] if rights.closed else []
    return fill_in(
        _AS_OWNER + " ".join(wanted or [_GRANT_SCHEMA]),
        connection.info.user,
        connection.info.dbname,
        schema=rights.schema or "public",
    )


def refuse_rights(
    connection: "psycopg.Connection[Any]", error: psycopg.errors.InsufficientPrivilege
) -> Unavailable:
    """The failure for a statement that the role has no right to."""
    said = error.diag.message_primary or "permission denied"
    return _not_granted("store.rights", connection, said=said)


def _judge_encoding(connection: "psycopg.Connection[Any]") -> None:
    encoding = connection.info.parameter_status("server_encoding") or ""
    if encoding == ENCODING:
        return
    name = connection.info.dbname
    line = fill_in(CREATE_DATABASE, connection.info.user, f"{name}_utf8")
    raise _unfit(
        "store.encoding",
        f"Make one that has it and name it in TURNOUT_DATABASE_URL: {line}",
        name=name,
        encoding=encoding,
        wanted=ENCODING,
    )


def _judge_tables(connection: "psycopg.Connection[Any]") -> None:
    if closed := read_rights(connection).closed:
        raise _not_granted("store.rights_tables", connection, count=closed)


def _not_granted(
    code: str, connection: "psycopg.Connection[Any]", **facts: str | int
) -> Unavailable:
    return _unfit(code, advise_grant(connection), role=connection.info.user, **facts)


def _shares(url: str, first: "psycopg.Connection[Any]") -> bool:
    """Whether two transactions of one connection come to two back ends, or one back end serves
    two connections that are both open: then nothing that outlives a transaction can be relied on.
    """
    for _ in range(_TRIES):
        own = _back_end(first)
        first.commit()
        with connect(url, Use.READ) as second:
            if _back_end(second) == own or _back_end(first) != own:
                return True
    return False


def _back_end(connection: "psycopg.Connection[Any]") -> int:
    return int(connection.execute("SELECT pg_backend_pid()").fetchall()[0][0])


def _owner(connection: "psycopg.Connection[Any]") -> str:
    row = connection.execute(
        "SELECT pg_get_userbyid(relowner) FROM pg_class "
        "WHERE relnamespace = to_regnamespace(quote_ident(current_schema())) AND relkind = 'r' "
        "AND NOT pg_has_role(relowner, 'USAGE') LIMIT 1"
    ).fetchone()
    return str(row[0]) if row else connection.info.user


def _pooled() -> Unavailable:
    return _unfit("store.pooler", WITHOUT_POOLER)


def _unfit(code: str, advice: str, **facts: str | int) -> Unavailable:
    failure = Unavailable(code, retry_after=1, **facts)
    failure.add_note(advice)
    return failure
