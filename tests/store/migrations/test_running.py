"""Migrations on both databases: forward once, together, whole or not at all."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic.script import ScriptDirectory
from sqlalchemy.exc import SQLAlchemyError

from tests.support.node import BACKENDS, new_database
from tests.support.server import clean_environment
from turnout import serving
from turnout.errors import Unavailable
from turnout.settings import Settings
from turnout.store.migrations import running
from turnout.store.migrations.revisions import HEAD
from turnout.store.migrations.running import migrate
from turnout.store.sqlite import path_of

TABLES = {
    "sqlite": "SELECT name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'",
    "postgresql": """
        SELECT c.relname, c.relkind, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
        WHERE c.relnamespace = 'public'::regnamespace AND a.attnum > 0
    """,
}
COLUMNS = {
    "sqlite": """
        SELECT t.name, c.name, replace(replace(c.type, 'INTEGER', 'BIGINT'), 'BLOB', 'BYTEA'),
            c."notnull", c.pk > 0
        FROM sqlite_master t JOIN pragma_table_info(t.name) c WHERE t.type = 'table'
        AND t.name NOT IN ('alembic_version', 'sequences', 'sqlite_stat1')
        AND t.name NOT LIKE 'people_search_grams%'
    """,
    "postgresql": """
        SELECT c.relname, a.attname, upper(format_type(a.atttypid, a.atttypmod)),
            CAST(a.attnotnull AS INTEGER), CAST(EXISTS (
                SELECT 1 FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary
                AND a.attnum = ANY(i.indkey)) AS INTEGER)
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0
        AND NOT a.attisdropped AND c.relname <> 'alembic_version'
    """,
}
INDEXES = {
    "sqlite": """
        SELECT t.name, i.name, i."unique" FROM sqlite_master t JOIN pragma_index_list(t.name) i
        WHERE t.type = 'table' AND i.origin = 'c'
    """,
    "postgresql": """
        SELECT t.relname, c.relname, CAST(i.indisunique AS INTEGER) FROM pg_index i
        JOIN pg_class t ON t.oid = i.indrelid JOIN pg_class c ON c.oid = i.indexrelid
        WHERE c.relnamespace = 'public'::regnamespace
        AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = i.indexrelid)
        AND c.relname <> 'people_search_trigrams'
    """,
}


def ask(url: str, statement: str) -> list[tuple[Any, ...]]:
    if url.startswith("sqlite:"):
        with closing(sqlite3.connect(path_of(url), isolation_level=None)) as connection:
            return sorted(connection.execute(statement).fetchall())
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement)
        return sorted(cursor.fetchall()) if cursor.description else []


@pytest.fixture(params=["sqlite", "postgresql"])
def backend(request) -> str:
    return request.param


@pytest.fixture
def empty(backend, tmp_path, request) -> str:
    """The address of a database without any table."""
    if backend == "sqlite":
        return f"sqlite:///{tmp_path}/100% new/turnout.db"
    return request.getfixturevalue("cluster").create_database()


@pytest.fixture
def current(backend, tmp_path, request) -> str:
    """The address of a database of the newest schema."""
    cluster = request.getfixturevalue("cluster") if backend == "postgresql" else None
    return new_database(backend, tmp_path, cluster)


def settings(url: str, **others: Any) -> Settings:
    return Settings(database_url=url, log_level="error", **others)


def test_the_program_expects_alembics_own_newest_revision():
    script = ScriptDirectory(str(Path(running.__file__).parent))
    assert script.get_heads() == [HEAD]
    assert [revision.revision for revision in script.walk_revisions()][-1] == "0001"


def test_an_empty_database_gets_the_newest_schema_and_the_same_again_changes_nothing(
    empty, backend
):
    assert migrate(empty) == (None, HEAD)
    made = ask(empty, TABLES[backend])
    assert ask(empty, "SELECT version_num FROM alembic_version") == [(HEAD,)]
    assert migrate(empty) == (HEAD, HEAD)
    assert ask(empty, TABLES[backend]) == made


def test_both_databases_have_the_same_tables_columns_and_indexes(tmp_path, cluster):
    one, other = (new_database(backend, tmp_path, cluster) for backend in BACKENDS)
    for questions in (COLUMNS, INDEXES):
        answers = ask(one, questions["sqlite"])
        assert len(answers) > 5
        assert answers == ask(other, questions["postgresql"])


def test_on_sqlite_a_check_compares_values_one_by_one(tmp_path):
    """A list of three would be built as a table for every row that is written."""
    url = new_database("sqlite", tmp_path)
    texts = dict(ask(url, "SELECT name, sql FROM sqlite_master WHERE type = 'table'"))
    assert [name for name, text in texts.items() if " IN (" in text] == []
    kept = "status = 'queued' OR status = 'success' OR status = 'failed'"
    assert f"CHECK ({kept})" in texts["queue_items"]


def test_every_table_of_an_organization_leads_its_key_with_it(tmp_path):
    url = new_database("sqlite", tmp_path)
    keys = ask(
        url,
        """
        SELECT t.name, c.name FROM sqlite_master t JOIN pragma_table_info(t.name) c
        WHERE t.type = 'table' AND c.pk = 1 AND t.name NOT LIKE 'people_search_grams%'
        """,
    )
    assert {table for table, column in keys if column != "org_id"} == {
        "agents",
        "alembic_version",
        "conversations",
        "directory",
        "distributors",
        "early_reports",
        "installation",
        "late_commits",
        "installation_entries",
        "installation_secrets",
        "link_keys",
        "network_ids",
        "reply_keys",
        "sequences",
        "signing_keys",
        "site_address",
        "untrusted_proxies",
        "sign_in_tries",
        "stray_replies",
    }


def test_processes_that_migrate_at_once_make_one_schema(empty, backend, tmp_path, request):
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "turnout", "migrate"],
            env=clean_environment(database_url=empty),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for _ in range(2)
    ]
    said = [process.communicate(timeout=90)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], said
    assert sum("migrated from nothing" in words for words in said) == 1
    assert sum("already at" in words for words in said) == 1
    cluster = request.getfixturevalue("cluster") if backend == "postgresql" else None
    alone = new_database(backend, tmp_path, cluster)
    assert ask(empty, TABLES[backend]) == ask(alone, TABLES[backend])


def test_a_migration_that_fails_leaves_the_database_as_it_was(empty, backend):
    if backend == "sqlite":
        path_of(empty).parent.mkdir()
    ask(empty, "CREATE TABLE tickets (mine TEXT)")
    before = ask(empty, TABLES[backend])
    with pytest.raises((Unavailable, SQLAlchemyError)):
        migrate(empty)
    assert ask(empty, TABLES[backend]) == before
    ask(empty, "DROP TABLE tickets")
    assert migrate(empty) == (None, HEAD)


def test_a_schema_newer_than_the_program_is_refused_and_left_alone(current, backend):
    ask(current, "UPDATE alembic_version SET version_num = '9999'")
    before = ask(current, TABLES[backend])
    for attempt in (migrate, lambda url: serving.prepare(settings(url))):
        with pytest.raises(Unavailable, match="Install the newer Turnout") as refusal:
            attempt(current)
        assert refusal.value.code == "schema.newer"
    assert ask(current, TABLES[backend]) == before
    assert ask(current, "SELECT version_num FROM alembic_version") == [("9999",)]


def test_a_server_prepares_an_empty_database_and_leaves_a_current_one_alone(empty, backend):
    serving.prepare(settings(empty), makes_database=True)
    made = ask(empty, TABLES[backend])
    serving.prepare(settings(empty, auto_migrate=False))
    assert ask(empty, TABLES[backend]) == made
    assert ask(empty, "SELECT version_num FROM alembic_version") == [(HEAD,)]


def test_without_auto_migrate_an_old_database_is_refused_with_what_to_do(empty, backend):
    with pytest.raises(Unavailable, match="turnout migrate") as refusal:
        serving.prepare(settings(empty, auto_migrate=False), makes_database=True)
    assert refusal.value.code == "schema.none"
    assert ask(empty, TABLES[backend]) == []


def test_a_server_whose_migration_fails_does_not_start(empty, backend, capfd):
    if backend == "sqlite":
        path_of(empty).parent.mkdir()
    ask(empty, "CREATE TABLE tickets (mine TEXT)")
    with pytest.raises(Unavailable) as refusal:
        serving.prepare(settings(empty))
    assert refusal.value.code == "schema.failed"
    assert "tickets" in capfd.readouterr().err
