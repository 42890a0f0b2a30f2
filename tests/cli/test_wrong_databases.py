"""Databases that Turnout cannot use: every command says why, and what to do, and the statement that
it names is the right one. Nobody sees a traceback or a password."""

import json
import re
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from psycopg import sql

from tests.cli.runner import Result, Turnout
from tests.cli.test_servers import run_process
from tests.support.node import new_database
from tests.support.pooler import Pooler
from tests.support.ports import free_port
from tests.support.postgresql import Cluster
from turnout.cli.checking_postgresql import judge_room
from turnout.errors import Unavailable
from turnout.settings import Settings
from turnout.store import open_database, pg_fitness
from turnout.store.migrations.running import migrate
from turnout.store.pg_connection import BoundedConnection, NotAnsweredError
from turnout.store.pg_fitness import check_fit, judge_version
from turnout.store.pg_refusals import explain_refusal, names_in, quote
from turnout.store.pg_room import Room, check_room

COMMANDS = (("migrate",), ("doctor",), ("org", "list"))
Commands = tuple[tuple[str, ...], ...]
SERVING = (("serve",), ("work",))  # they are run in a process of their own


def run(url: str, *command: str) -> Result:
    if command in SERVING:
        place = {"port": free_port(), "log_format": "text"}
        result = run_process(*command, folder=Path("/"), database_url=url, **place)
    else:
        result = Turnout(url)(*command)
    said = result.output + result.error
    assert "Traceback" not in said
    secret = urlsplit(url).password if url.count("[") == url.count("]") else "pass-word"
    assert not secret or secret not in said
    return result


def said_by(result: Result) -> str:
    """What a command says, `doctor` in its table."""
    return " ".join((result.error + result.output).split())


def refuse_everywhere(url: str, words: str, advice: str, commands: Commands = COMMANDS) -> None:
    for command in commands:
        result = run(url, *command)
        assert (command, result.code) == (command, 1)
        assert words in said_by(result), said_by(result)
        assert advice in said_by(result), said_by(result)


@pytest.fixture
def admin(cluster: Cluster) -> Iterator[psycopg.Connection]:
    """The server's owner, connected to a database of its own."""
    with psycopg.connect(cluster.create_database(), autocommit=True) as connection:
        yield connection


def address(url: str, **changed: str) -> str:
    """The address with another user, password or database."""
    parts = urlsplit(url)
    user = changed.get("user", parts.username or "").replace(" ", "%20")
    password = changed.get("password", parts.password or "")
    place = f"{changed.get('host', parts.hostname)}:{changed.get('port', parts.port)}"
    return f"postgresql://{user}:{password}@{place}/{changed.get('name', parts.path[1:])}"


def make_role(admin: psycopg.Connection, name: str, login: str = "LOGIN") -> None:
    role = sql.Identifier(name)
    admin.execute(sql.SQL("CREATE ROLE {} PASSWORD 'wk' " + login).format(role))


def statement_in(result: Result, word: str) -> str:
    """The SQL that was advised, from `word` to its semicolon."""
    found = re.search(rf"{word} [^;]*;( GRANT [^;]*;)*", said_by(result))
    assert found, said_by(result)
    return found[0]


# -- addresses ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "mysql://u:pass-word@host/name",
        "postgresql:",
        "postgresql:/u:pass-word@host/name",
        "postgresql://u:pass-word@[::1/name",
        "postgresql://u:pass-word%zz@host/name",
        "postgresql://u:pa/ss-word@host/name",
        "postgresql://u:pass-word@host/name?colour=red",
        "postgresql://u:pass-word@127.0.0.1:99999/name",
        "postgresql://u:pass-word@127.0.0.1:port/name",
        "postgresql://u:pass-word@127.0.0.1/name?sslmode=maybe",
        "postgresql://u:pass-word@" + "a" * 300 + "/name",
        "sqlite://",
        "sqlite:///",
    ],
)
def test_what_is_no_address_is_a_wrong_setting(url: str) -> None:
    for command in COMMANDS:
        result = run(url, *command)
        assert (command, result.code) == (command, 2)
        assert "ss-word" not in result.output + result.error
        assert "TURNOUT_DATABASE_URL" in said_by(result)


def test_what_serves_refuses_a_wrong_setting_too() -> None:
    for command in SERVING[1:]:
        result = run("postgresql://u:pass-word@host/name?colour=red", *command)
        assert (command, result.code) == (command, 2)
        assert result.error.startswith("settings: TURNOUT_DATABASE_URL is not the address")


def test_a_password_with_signs_gets_told_how_they_are_written() -> None:
    result = run("postgresql://u:pa/ss-word@host/name", "migrate")
    assert result.error == (
        "settings: TURNOUT_DATABASE_URL is not the address of a database: failed to resolve host "
        "'u': [Errno -8] Servname not supported for ai_socktype. "
        "Write sqlite:///FILE or postgresql://USER:PASSWORD@HOST:PORT/NAME, and signs such as "
        "@ : / ? # % in the password as %40 %3A %2F %3F %23 %25.\n"
    )


def test_the_names_in_an_address_are_those_that_libpq_takes() -> None:
    assert names_in("postgresql://ada:x@h/shop") == ("ada", "shop")
    assert names_in("postgresql://ada@h") == ("ada", "ada")
    assert quote('o"dd') == '"o""dd"'


# -- connections that are refused ------------------------------------------------------------


def test_connections_that_the_server_refuses(cluster: Cluster, admin: psycopg.Connection) -> None:
    url = cluster.create_database()
    make_role(admin, "nologin", "NOLOGIN")
    for wrong, words, advice in (
        (address(url, password="wrong"), "password authentication failed", "ALTER ROLE"),
        (address(url, password=""), "no password supplied", 'ALTER ROLE "turnout" LOGIN'),
        (address(url, user="nologin", password="wk"), "permitted", 'ALTER ROLE "nologin" LOGIN;'),
        (address(url, name="none"), 'database "none" does not exist', 'DATABASE "none" OWNER'),
        (address(url, host="no.such.host.invalid"), "failed to resolve", "Correct the host"),
        (address(url, port=str(free_port())), "Connection refused", "see that the database runs"),
        (f"{url}?sslmode=require", "does not support SSL", "ssl = on"),
        (f"{url}?target_session_attrs=read-only", "not read-only", "primary"),
    ):
        refuse_everywhere(wrong, words, advice)


@pytest.mark.parametrize(
    ("said", "advice"),
    [
        ('FATAL: unrecognized configuration parameter "nonsense"', "Correct PGOPTIONS"),
        ("failed to resolve host 'ss'", "write @ as %40 and / as %2F"),
        ('FATAL:  role "ada" does not exist', 'CREATE ROLE "ada" LOGIN PASSWORD'),
        (
            'FATAL:  no pg_hba.conf entry for host "10.0.0.7", user "ada", database "shop", '
            "no encryption",
            "?sslmode=require",
        ),
        (
            'FATAL:  no pg_hba.conf entry for host "10.0.0.7", user "ada", database "shop", '
            "SSL encryption",
            "the server's pg_hba.conf needs a line",
        ),
        ('FATAL:  permission denied for database "shop"', 'GRANT CONNECT ON DATABASE "shop"'),
        ("SSL error: certificate verify failed", "sslrootcert"),
        ("FATAL:  sorry, too many clients already", "max_connections"),
        ("FATAL:  the database system is starting up", "Wait until the server is up."),
        ("FATAL:  unsupported startup parameter: options", "pool_mode = session"),
        ("FATAL:  le rôle n'existe pas", "see that the database runs and lets this user in"),
    ],
)
def test_what_a_server_may_say_has_advice(said: str, advice: str) -> None:
    error = psycopg.OperationalError(f'connection to server at "h", port 5432 failed: {said}')
    failure = explain_refusal("postgresql://ada:x@h/shop", error)
    assert failure.code == "store.unreachable_server"
    assert " ".join(said.split()) in failure.message
    assert advice in failure.__notes__[0]


def test_what_a_server_asks_ends_with_one_mark() -> None:
    said = "connection refused\n\tIs the server running on that host?"
    failure = explain_refusal("postgresql://a@b/c", psycopg.OperationalError(said))
    assert failure.message == (
        "The PostgreSQL database cannot be reached: connection refused Is the server running on"
        " that host."
    )


# -- servers that are too old ----------------------------------------------------------------


def test_a_server_that_is_too_old_is_told_which_is_the_least(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = cluster.create_database()
    monkeypatch.setattr(pg_fitness, "OLDEST_SERVER", 99)
    refuse_everywhere(
        url,
        "and Turnout needs 99 or newer",
        "Upgrade the server to PostgreSQL 99 or newer.",
    )


def test_the_least_version_is_a_number_of_libpq() -> None:
    judge_version(140_000)
    with pytest.raises(Unavailable) as refusal:
        judge_version(130_016)
    assert refusal.value.code == "store.old_server"
    assert refusal.value.message == "This is PostgreSQL 13, and Turnout needs 14 or newer."


# -- encodings -------------------------------------------------------------------------------


def test_a_database_in_another_encoding_gets_the_line_that_makes_a_right_one(
    cluster: Cluster, admin: psycopg.Connection
) -> None:
    admin.execute("DROP DATABASE IF EXISTS latin")
    admin.execute("DROP DATABASE IF EXISTS latin_utf8")
    admin.execute(
        "CREATE DATABASE latin ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
    )
    url = address(cluster.create_database(), name="latin")
    refuse_everywhere(
        url,
        "The database latin has the encoding LATIN1, and Turnout needs UTF8",
        'CREATE DATABASE "latin_utf8" OWNER "turnout" ENCODING \'UTF8\'',
        (*COMMANDS, SERVING[0]),
    )
    admin.execute(statement_in(run(url, "migrate"), "CREATE DATABASE"))
    right = address(url, name="latin_utf8")
    assert run(right, "migrate").code == 0
    assert run(right, "doctor").code == 0
    cluster.drop_database(right)
    cluster.drop_database(url)


def test_the_environment_does_not_decide_the_encoding_of_a_session(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGCLIENTENCODING", "LATIN1")
    url = f"{new_database('postgresql', None, cluster)}?client_encoding=SQL_ASCII"  # type: ignore[arg-type]
    with closing(open_database(Settings(database_url=url))) as db:
        encodings = db.call(lambda tx: tx.connection.execute("SHOW client_encoding").fetchone())
        text = db.call(lambda tx: tx.connection.execute("SELECT '東京 é'").fetchone())
    assert (encodings, text) == (("UTF8",), ("東京 é",))
    turnout = Turnout(url)
    turnout.ok("org", "create", "tokyo", "--name", "東京 é")
    assert "東京 é" in turnout.ok("org", "list")


# -- rights ----------------------------------------------------------------------------------


def test_a_role_that_may_not_create_gets_the_grant_that_it_lacks(
    cluster: Cluster, admin: psycopg.Connection
) -> None:
    make_role(admin, "may not create")
    url = address(cluster.create_database(), user="may not create", password="wk")
    for command in (("migrate",), ("doctor",)):
        result = run(url, *command)
        assert result.code == 1
        assert "may not make tables in the schema public" in said_by(result)
    grant = statement_in(run(url, "migrate"), "GRANT")
    assert grant == 'GRANT USAGE, CREATE ON SCHEMA "public" TO "may not create";'
    with psycopg.connect(address(admin_url(cluster), name=urlsplit(url).path[1:])) as owner:
        owner.execute(grant)
    assert run(url, "migrate").code == 0
    assert run(url, "doctor").code == 0


def test_serve_refuses_what_it_may_not_migrate(cluster: Cluster, admin: psycopg.Connection) -> None:
    make_role(admin, "may not migrate")
    url = address(cluster.create_database(), user="may not migrate", password="wk")
    result = run(url, "serve")
    assert result.code == 1
    assert result.error.endswith("The database could not be migrated; see above.\n")


def test_a_role_that_may_not_use_the_tables_gets_the_grant(
    cluster: Cluster, admin: psycopg.Connection
) -> None:
    make_role(admin, "may not use")
    owned = new_database("postgresql", Path(), cluster)
    url = address(owned, user="may not use", password="wk")
    refuse_everywhere(url, "may not use", "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL")
    with psycopg.connect(owned) as owner:
        owner.execute(statement_in(run(url, "doctor"), "GRANT"))
    turnout = Turnout(url)
    turnout.ok("org", "create", "acme")
    result = turnout("doctor")
    assert result.code == 0
    assert "Only `turnout migrate` must." in result.output
    assert "The role may not use does not own" in result.output
    owner_advice = 'GRANT "turnout" TO "may not use";'
    assert owner_advice in said_by(result)


# -- poolers ---------------------------------------------------------------------------------


def test_a_pooler_in_transaction_mode_is_refused(cluster: Cluster) -> None:
    with Pooler.start(new_database("postgresql", None, cluster), "transaction") as pooler:  # type: ignore[arg-type]
        refuse_everywhere(
            pooler.url,
            "a pooler in transaction mode",
            "Name PostgreSQL itself in TURNOUT_DATABASE_URL, or let the pooler keep one back end",
        )


def test_a_pooler_in_statement_mode_is_refused(cluster: Cluster) -> None:
    with Pooler.start(new_database("postgresql", None, cluster), "statement") as pooler:  # type: ignore[arg-type]
        refuse_everywhere(pooler.url, "statement pooling mode", "pool_mode = session")


def test_a_pooler_that_keeps_sessions_is_taken(cluster: Cluster) -> None:
    with Pooler.start(cluster.create_database(), "session", size=18) as pooler:
        migrate(pooler.url)
        turnout = Turnout(pooler.url)
        assert turnout("doctor").code == 0
        turnout.ok("org", "create", "acme")
        assert "acme" in json.dumps(turnout.ok("org", "list"))


# -- too few connections ---------------------------------------------------------------------


def test_a_pooler_with_too_few_sessions_is_told_so_before_anything_hangs(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = "4 connections, and this process needs 18 (and up to 4 for long lists)"
    advice = "Raise what the pooler allows (PgBouncer: default_pool_size, max_db_connections)."
    with Pooler.start(new_database("postgresql", None, cluster), "session") as pooler:  # type: ignore[arg-type]
        started = time.monotonic()
        result = run(pooler.url, "serve")
        assert (result.code, result.output) == (1, "")
        assert f"{missing}: no answer within 8 seconds. {advice}" in said_by(result)
        assert time.monotonic() - started < 40  # of which 9 are waited
        monkeypatch.setattr(BoundedConnection, "answer_s", 1.0)
        # For a moment the sessions of the server that ended may still count as those of another.
        tries = (run(pooler.url, "doctor") for _ in range(4))
        result = next(result for result in tries if result.code)
        assert result.code == 1, result.output
        assert "4 more can be had, and a process needs 18 (no answer within 1 s" in said_by(result)
        assert advice in said_by(result)


def test_a_pooler_without_a_session_is_told_so(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(BoundedConnection, "answer_s", 1.0)
    with (
        Pooler.start(cluster.create_database(), "session", size=1) as pooler,
        closing(psycopg.connect(pooler.url)) as holder,
    ):
        holder.execute("SELECT 1")
        for refuse in (lambda: check_room(pooler.url, 4), lambda: check_fit(pooler.url)):
            with pytest.raises(Unavailable) as refusal:
                refuse()
            assert refusal.value.message == (
                "The PostgreSQL database cannot be reached: no answer within 1 seconds."
            )
            assert "it has no session left" in refusal.value.__notes__[0]


def test_a_role_with_too_few_connections_gets_the_statement_that_helps(
    cluster: Cluster, admin: psycopg.Connection
) -> None:
    make_role(admin, "few", "LOGIN CONNECTION LIMIT 12")
    owned = new_database("postgresql", Path(), cluster)
    with psycopg.connect(owned) as owner:
        owner.execute('GRANT "turnout" TO few')
    url = address(owned, user="few", password="wk")
    result = run(url, "serve")
    assert result.code == 1
    assert "gives 12 connections, and this process needs 18" in said_by(result)
    assert 'too many connections for role "few"' in said_by(result)
    assert "Or set TURNOUT_DATABASE_THREADS=2, which needs 10." in said_by(result)
    assert run(url, "doctor").code == 1
    admin.execute(statement_in(result, "ALTER ROLE"))
    assert run(url, "doctor").code == 0


def test_doctor_does_not_count_what_running_processes_have_against_them(cluster: Cluster) -> None:
    room, url = Room(18, 3, NotAnsweredError()), cluster.create_database()
    assert not judge_room(url, room, 18).is_failure
    assert judge_room(url, room, 18).mark == "warn"
    assert judge_room(url, room, 0).is_failure
    assert judge_room(url, room._replace(had=18), 0).mark == "ok"


def test_one_reason_that_libpq_gives_twice_is_told_once(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGOPTIONS", "-c nonsense=1")
    said = said_by(run(cluster.create_database(), "migrate"))
    assert said.count('unrecognized configuration parameter "nonsense"') == 1


def admin_url(cluster: Cluster) -> str:
    return cluster.create_database()
