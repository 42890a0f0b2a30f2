"""What a session with PostgreSQL may do, and for how long."""

from contextlib import closing

import pytest

from tests.store.notes import execute
from turnout.settings import Settings
from turnout.store.pg_sessions import Limits, Use, connect, limits_of

NAMES = ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout")
SHOWN = f"SELECT {', '.join(f'current_setting({name!r})' for name in NAMES)}"


@pytest.fixture
def backend() -> str:
    return "postgresql"


def test_each_kind_of_session_has_its_own_limits():
    settings = Settings(database_lock_seconds=1, database_statement_seconds=10)
    assert limits_of(settings) == {
        Use.DOOR: Limits(250, 10_000, 5_000),
        Use.WRITE: Limits(250, 10_000, 5_000),
        Use.WAIT: Limits(1_000, 10_000, 5_000),
        Use.WORK: Limits(500, 30_000, 5_000),
        Use.READ: Limits(1_000, 10_000, 5_000),
        Use.STREAM: Limits(1_000, 300_000, 5_000),
        Use.NOTIFY: Limits(1_000, 10_000, 5_000),
        Use.MIGRATE: Limits(0, 0, 0),
    }


def test_a_session_has_its_limits_name_and_encoding_whatever_the_database_has(url):
    with closing(connect(url, Use.MIGRATE, autocommit=True)) as connection:
        database = connection.info.dbname
        for name, value in [*dict.fromkeys(NAMES, "77").items(), ("client_encoding", "LATIN1")]:
            connection.execute(f"ALTER DATABASE {database} SET {name} = {value}")
    with closing(connect(url, Use.DOOR, Limits(2_000, 20_000, 5_000))) as connection:
        assert connection.execute(SHOWN).fetchone() == ("2s", "20s", "5s")
        assert connection.execute("SHOW application_name").fetchone() == ("turnout-door",)
        assert connection.execute("SHOW client_encoding").fetchone() == ("UTF8",)


def test_a_command_runs_within_the_limits_that_were_set(open_db):
    db = open_db(database_lock_seconds=3, database_statement_seconds=30)
    assert db.call(execute, SHOWN) == [("250ms", "30s", "5s")]


def test_limits_stay_when_a_transaction_is_rolled_back(url):
    with closing(connect(url, Use.WRITE, Limits(2_000, 20_000, 5_000))) as connection:
        connection.execute("SELECT 1")
        connection.rollback()
        assert connection.execute(SHOWN).fetchone() == ("2s", "20s", "5s")
