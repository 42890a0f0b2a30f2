"""Bringing a database to the newest schema, guarded against two nodes doing it at once."""

import fcntl
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import OperationalError, ProgrammingError

from turnout.errors import Unavailable
from turnout.store.migrations.planning import tell_planner
from turnout.store.migrations.revisions import HEAD
from turnout.store.pg_fitness import check_fit, check_may_migrate, refuse_rights
from turnout.store.pg_sessions import Use
from turnout.store.pg_sessions import connect as connect_postgresql
from turnout.store.sqlite import connect, path_of

ADVISORY_LOCK = 0x7475726E

Progress = Callable[[str, float, int], None]
"""Called with what is being done, how many steps of the migration are done, and of how many."""


def say_nothing(_what: str, _done: float, _total: int) -> None:
    """Progress that nobody watches."""


def migrate(
    url: str, target: str = "head", *, progress: Progress = say_nothing, keeps_copy: bool = True
) -> tuple[str | None, str]:
    """Migrate the database at `url` (a TURNOUT_DATABASE_URL) forward to `target`.

    Returns the revisions before and after. Idempotent; all revisions are one transaction, so a
    failure leaves the database as it was. A SQLite file with data is copied first (`copy_path`)
    unless `keeps_copy` is off. Waits while another process migrates the same database. Raises
    Unavailable when the database cannot be reached, is newer than this program, or the disk has
    no room for the copy.
    """
    engine = _engine(url)
    try:
        with _alone(engine, url), engine.begin() as connection:
            before = _revision(connection)
            _check_known(before)
            config = _config(connection, progress)
            config.attributes["steps"] = steps = _count_steps(config, before, target)
            if steps and connection.dialect.name == "postgresql":
                check_may_migrate(_raw(connection))
            if before and steps and keeps_copy and connection.dialect.name == "sqlite":
                progress("copying the database", 0, steps)
                _copy(path_of(url), copy_path(url, before))
            command.upgrade(config, target)
            if connection.dialect.name == "sqlite":
                tell_planner(connection)
            return before, _revision(connection) or HEAD
    except ProgrammingError as error:
        if isinstance(error.orig, psycopg.errors.InsufficientPrivilege):
            raise _refuse(url, error.orig) from error
        raise
    except OperationalError as error:
        raise Unavailable("schema.migration", said=str(error.orig)) from error
    finally:
        engine.dispose()


def _raw(connection: Connection) -> "psycopg.Connection[Any]":
    return connection.connection.driver_connection  # type: ignore[return-value]


def _refuse(url: str, error: psycopg.errors.InsufficientPrivilege) -> Unavailable:
    with connect_postgresql(url, Use.MIGRATE) as connection:
        return refuse_rights(connection, error)


def copy_path(url: str, revision: str) -> Path:
    """Where the copy of a SQLite file that had schema `revision` is kept: beside it."""
    path = path_of(url)
    return path.with_name(f"{path.name}.schema-{revision}")


def _copy(path: Path, copy: Path) -> None:
    """Copy the last committed state, whole or not at all. The caller holds the write lock."""
    draft = copy.with_name(copy.name + ".new")
    draft.unlink(missing_ok=True)
    _check_room(path)
    draft.touch(mode=0o600)
    with closing(connect(path, read_only=True)) as source, closing(sqlite3.connect(draft)) as to:
        source.backup(to)
    draft.replace(copy)


def _check_room(path: Path) -> None:
    size = sum(file.stat().st_size for file in path.parent.glob(f"{path.name}*") if file.is_file())
    needed = path.stat().st_size + size // 10
    if shutil.disk_usage(path.parent).free < needed:
        raise Unavailable("store.no_room", folder=path.parent, megabytes=needed // 2**20 + 1)


def _count_steps(config: Config, before: str | None, target: str) -> int:
    script = ScriptDirectory.from_config(config)
    return sum(1 for _ in script.iterate_revisions(target, before or "base"))


def _config(connection: Connection, progress: Progress) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    config.attributes["progress"] = progress
    return config


def _check_known(revision: str | None) -> None:
    if revision is not None and revision > HEAD:
        raise Unavailable("schema.newer", revision=revision, head=HEAD)


def _revision(connection: Connection) -> str | None:
    from alembic.runtime.migration import MigrationContext

    return MigrationContext.configure(connection).get_current_revision()


def _engine(url: str) -> Engine:
    if not url.startswith("sqlite:"):
        check_fit(url)
        # psycopg reads the address here too, so that both sides understand it alike.
        return create_engine(
            "postgresql+psycopg://", creator=lambda: connect_postgresql(url, Use.MIGRATE)
        )
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
