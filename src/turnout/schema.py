"""The database's schema: whether it is the one that this program expects, and bringing it there."""

import os
import subprocess
import sys

from turnout.errors import Unavailable
from turnout.settings import Settings
from turnout.store import check_room, open_database
from turnout.store.migrations.revisions import HEAD
from turnout.store.sqlite import check_exists


def ensure_schema(settings: Settings, *, makes_database: bool = False) -> None:
    """For a process that is to run for long: see that the database has connections enough, and the
    newest schema; bring it there where the settings allow it.

    Raises Unavailable, saying what to do, when it has not and may not be migrated here, or when
    there is no database: a mistyped path is not made unless `makes_database`.
    """
    if not makes_database:
        check_exists(settings.database_url)
    check_room(settings)
    version = read_version(settings)
    if version == HEAD:
        if settings.auto_migrate:
            follow_zones(settings)
    elif settings.auto_migrate and not is_newer(version):
        migrate(settings)
    else:
        check_version(version)


def is_newer(version: str | None) -> bool:
    """Whether a newer program has made the schema."""
    return version is not None and version > HEAD


def check_version(version: str | None) -> None:
    """Raise Unavailable, saying what to do, unless the database is at the newest schema."""
    if is_newer(version):
        raise Unavailable("schema.newer", revision=version, head=HEAD)
    if version != HEAD:
        failure = _older(version)
        if version is None and "search_path" in os.environ.get("PGOPTIONS", ""):
            failure.add_note(
                "On PostgreSQL, first see that PGOPTIONS, which sets search_path, is right: if it "
                "is, run `turnout migrate`."
            )
        raise failure


def _older(version: str | None) -> Unavailable:
    if version is None:
        return Unavailable("schema.none", head=HEAD)
    return Unavailable("schema.older", version=version, head=HEAD)


def follow_zones(settings: Settings) -> int | None:
    """Derive what lies ahead again after an upgrade of the zone data; see `follow_zone_data`."""
    from turnout.workers.time_zones import follow_zone_data  # most commands do not need it

    db = open_database(settings)
    try:
        return follow_zone_data(db)
    finally:
        db.close()


def make_database(settings: Settings) -> None:
    """Make the embedded database where there is none; what exists is left as it is."""
    try:
        check_exists(settings.database_url)
    except Unavailable:
        migrate(settings)


def migrate(settings: Settings) -> None:
    """Bring the database to the newest schema, in a process of its own (Alembic is heavy).

    Raises Unavailable when that fails; the process has said why.
    """
    environ = {"TURNOUT_DATABASE_URL": settings.database_url}
    done = subprocess.run(
        [sys.executable, "-m", "turnout", "migrate", "--quiet"],
        env=_without_settings() | environ,
        check=False,
    )
    if done.returncode:
        raise Unavailable("schema.failed")


def read_version(settings: Settings) -> str | None:
    """The schema revision of the database, None where it is empty."""
    db = open_database(settings)
    try:
        return db.schema_version()
    finally:
        db.close()


def _without_settings() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("TURNOUT_")}
