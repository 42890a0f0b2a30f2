"""Bringing a database to the newest schema, guarded against two nodes doing it at once."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event, text

from turnout.store.migrations.revisions import HEAD
from turnout.store.sqlite import connect, path_of

ADVISORY_LOCK = 0x7475726E


def migrate(url: str, target: str = "head") -> tuple[str | None, str]:
    """Migrate the database at `url` (a TURNOUT_DATABASE_URL) forward to `target`.

    Returns the revisions before and after. Doing it again changes nothing; a failure leaves the
    database as it was. Waits while another process migrates the same database.
    """
    engine = _engine(url)
    try:
        with _alone(engine, url), engine.begin() as connection:
            before = _revision(connection)
            command.upgrade(_config(connection), target)
            return before, _revision(connection) or HEAD
    finally:
        engine.dispose()


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _revision(connection: Connection) -> str | None:
    from alembic.runtime.migration import MigrationContext

    return MigrationContext.configure(connection).get_current_revision()


def _engine(url: str) -> Engine:
    if not url.startswith("sqlite:"):
        return create_engine("postgresql+psycopg://" + url.partition("://")[2])
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
