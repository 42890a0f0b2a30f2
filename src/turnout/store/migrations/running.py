"""Bringing a database to the newest schema, guarded against two nodes doing it at once."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import OperationalError

from turnout.errors import Unavailable
from turnout.store.migrations.planning import tell_planner
from turnout.store.migrations.revisions import HEAD
from turnout.store.postgresql import check_reachable
from turnout.store.sqlite import connect, path_of

ADVISORY_LOCK = 0x7475726E


def migrate(url: str, target: str = "head") -> tuple[str | None, str]:
    """Migrate the database at `url` (a TURNOUT_DATABASE_URL) forward to `target`.

    Returns the revisions before and after. Doing it again changes nothing; a failure leaves the
    database as it was. Waits while another process migrates the same database. Raises
    Unavailable when it cannot be reached, or is newer than this program.
    """
    engine = _engine(url)
    try:
        with _alone(engine, url), engine.begin() as connection:
            before = _revision(connection)
            _check_known(before)
            command.upgrade(_config(connection), target)
            if connection.dialect.name == "sqlite":
                tell_planner(connection)
            return before, _revision(connection) or HEAD
    except OperationalError as error:
        raise Unavailable("store.failed", f"The migration failed: {error.orig}") from error
    finally:
        engine.dispose()


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _check_known(revision: str | None) -> None:
    if revision is not None and revision > HEAD:
        raise Unavailable(
            "schema.newer",
            f"The database has schema {revision}, newer than this program's {HEAD}. "
            "Install the newer Turnout.",
        )


def _revision(connection: Connection) -> str | None:
    from alembic.runtime.migration import MigrationContext

    return MigrationContext.configure(connection).get_current_revision()


def _engine(url: str) -> Engine:
    if not url.startswith("sqlite:"):
        check_reachable(url)
        # psycopg reads the address here too, so that both sides understand it alike.
        return create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(url))
    path = path_of(url)
    engine = create_engine("sqlite://", creator=lambda: connect(path))

    # SQLAlchemy's SQLite driver would otherwise commit before every CREATE TABLE.
    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


@contextmanager
def _alone(engine: Engine, url: str) -> Iterator[None]:
    if url.startswith("sqlite:"):
        path = path_of(url)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        with open(path.with_name(path.name + ".migrate"), "w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
        return
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as guard:
        _lock(guard, "pg_advisory_lock")
        try:
            yield
        finally:
            _lock(guard, "pg_advisory_unlock")


def _lock(connection: Connection, function: str) -> Any:
    return connection.execute(text(f"SELECT {function}(:key)"), {"key": ADVISORY_LOCK})
