"""Installations as they stood at earlier schemas: see the README here."""

import json
import lzma
import sqlite3
import tarfile
from collections.abc import Mapping
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from tests.support.postgresql import Cluster
from turnout.store.migrations.running import migrate
from turnout.store.sqlite import path_of

HERE = Path(__file__).parent
# The schemas, oldest first.
STATES = ("0007", "0018")
# One with a row in every table, and few of each.
FULL = "0058"
ORGANIZATION = "house"


def read_facts(state: str, backend: str) -> dict[str, Any]:
    """What was true when the data was made: secrets, links with the statuses they answered, …"""
    return json.loads((HERE / state / f"{backend}.json").read_text())


def restore(state: str, backend: str, folder: Path, cluster: Cluster | None) -> str:
    """The address of a database with the data, its schema as it was then."""
    if backend == "sqlite":
        path = folder / "turnout.db"
        path.write_bytes(lzma.decompress((HERE / state / "sqlite.db.xz").read_bytes()))
        return f"sqlite:///{path}"
    assert cluster is not None
    return cluster.create_database(_postgresql_state(state, cluster))


@cache
def _postgresql_state(state: str, cluster: Cluster) -> str:
    """A database to copy."""
    url = cluster.create_database()
    migrate(url, state)
    _fill(url, HERE / state / "postgresql.tar.xz")
    return url


def _fill(url: str, file: Path) -> None:
    with (
        psycopg.connect(url) as connection,
        tarfile.open(file) as tar,
    ):
        # Rows come in the order of the tables' names, whatever refers to what.
        connection.execute("SET session_replication_role = replica")
        for member in tar.getmembers():
            content = tar.extractfile(member)
            assert content is not None
            if member.name == "sequences.json":
                _set_sequences(connection, json.load(content))
            else:
                _copy(connection, member.name.removesuffix(".copy"), content.read())


def _copy(connection: psycopg.Connection, table: str, rows: bytes) -> None:
    name = sql.Identifier(table)
    connection.execute(sql.SQL("DELETE FROM {}").format(name))
    with connection.cursor().copy(sql.SQL("COPY {} FROM STDIN").format(name)) as copy:
        copy.write(rows)


def _set_sequences(connection: psycopg.Connection, last_values: dict[str, int]) -> None:
    for name, last in last_values.items():
        if last:
            connection.execute("SELECT setval(%s, %s)", (name, last))


def ask(url: str, statement: str) -> list[tuple[Any, ...]]:
    """Rows of a statement, sorted, read behind the product's back."""
    return ask_each(url, {"": statement})[""]


def ask_each(url: str, statements: Mapping[str, str]) -> dict[str, list[tuple[Any, ...]]]:
    """The rows of each statement, as `ask` gives them, over one connection."""
    connection: Any
    if url.startswith("sqlite:"):
        connection = sqlite3.connect(path_of(url))
    else:
        connection = psycopg.connect(url)
    with closing(connection):
        return {
            name: sorted(connection.execute(statement).fetchall())
            for name, statement in statements.items()
        }


def list_tables(url: str) -> list[str]:
    """Every table of ours, by name."""
    if url.startswith("sqlite:"):
        where = "FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
        rows = ask(url, f"SELECT name {where}")
    else:
        rows = ask(url, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    return [name for (name,) in rows if name != "alembic_version"]


def multiply(url: str, count: int) -> None:
    """Add `count` people who are registered for one event and hold a ticket, every tenth of them by
    an invitation, to an installation of the oldest state."""
    (org_id, event_id, type_id), *_ = ask(
        url,
        "SELECT e.org_id, e.id, t.id FROM events e JOIN organizations o ON o.org_id = e.org_id "
        "JOIN ticket_types t ON t.org_id = e.org_id AND t.event_id = e.id AND t.is_default = 1 "
        f"WHERE o.slug = '{ORGANIZATION}' AND e.title = 'Fair & Square'",
    )
    numbers = (
        f"WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {count})"
        if url.startswith("sqlite:")
        else f"WITH n(n) AS (SELECT generate_series(1, {count}))"
    )
    far = 1_000_000_000
    execute(
        url,
        f"""INSERT INTO people (org_id, id, uuid, email, email_key, title, first_name, last_name,
            company, job_title, address_line1, address_line2, address_line3, city, county_or_state,
            post_code, country_code, phone, created_at, updated_at)
        {numbers} SELECT {org_id}, {far} + n, 'u' || n, 'm' || n || '@many.example',
            'm' || n || '@many.example', '', 'M' || n, 'Many', '', '', '', '', '', '', '', '', '',
            '', 0, 0 FROM n""",
        f"""INSERT INTO registrations (org_id, id, uuid, event_id, person_id, sitting,
            ticket_type_id, state, source, answers, created_at, updated_at)
        {numbers} SELECT {org_id}, {far} + n, 'r' || n, {event_id}, {far} + n, 0, {type_id},
            'confirmed', CASE n % 10 WHEN 0 THEN 'invitation' ELSE 'registration' END,
            '{{"contact":{{"email":"m@many.example"}}}}', 0, 0 FROM n""",
        f"""INSERT INTO tickets (org_id, id, code, registration_id, ticket_type_id, state,
            created_at, updated_at)
        {numbers} SELECT {org_id}, {far} + n, 'MANY' || n, {far} + n, {type_id}, 'valid', 0, 0
        FROM n""",
        f"""INSERT INTO campaigns (org_id, id, event_id, ticket_type_id, name, subject,
            sender_email, sender_name, body, user_id, created_at, updated_at)
        VALUES ({org_id}, {far}, {event_id}, {type_id}, 'Many', 'Come', 'm@many.example', '',
            '%%link%%', 1, 0, 0)""",
        f"""INSERT INTO invitations (org_id, id, uuid, campaign_id, event_id, person_id, state,
            answered_at, created_at, updated_at)
        {numbers} SELECT {org_id}, {far} + n, 'i' || n, {far}, {event_id}, {far} + n,
            'confirmed', 0, 0, 0 FROM n WHERE n % 10 = 0""",
        f"UPDATE events SET held = held + {count} WHERE org_id = {org_id} AND id = {event_id}",
        f"UPDATE ticket_types SET held = held + {count} WHERE org_id = {org_id} AND id = {type_id}",
    )


def execute(url: str, *statements: str) -> None:
    """Change rows behind the product's back."""
    if url.startswith("sqlite:"):
        with closing(sqlite3.connect(path_of(url))) as file, file:
            for statement in statements:
                file.execute(statement)
        return
    with psycopg.connect(url) as connection:
        for statement in statements:
            connection.execute(statement)
