"""What `turnout doctor` says of a PostgreSQL server: its version, its clock and our rights."""

import time
from collections.abc import Iterator

from turnout.cli.checking_store import advise_operator
from turnout.cli.finding import Finding
from turnout.errors import Failure
from turnout.settings import Settings
from turnout.store import Database, Tx
from turnout.store.pg_fitness import check_may_migrate
from turnout.store.pg_refusals import fill_in
from turnout.store.pg_room import Room, advise_room, count_ours, count_sessions, find_room
from turnout.store.trigrams import MAKE_INDEX, is_ready

MAX_CLOCK_DIFFERENCE_MS = 1000
MAKE_TRIGRAMS = (
    f"As an administrator of the database: CREATE EXTENSION IF NOT EXISTS pg_trgm; {MAKE_INDEX};"
)
READ_ONLY = "default_transaction_read_only"

# What makes new transactions read-only, as pg_settings.source has it, and what takes it away.
_RESETS = {
    "database": f"ALTER DATABASE {{name}} RESET {READ_ONLY};",
    "user": f"ALTER ROLE {{role}} RESET {READ_ONLY};",
    "database user": f"ALTER ROLE {{role}} IN DATABASE {{name}} RESET {READ_ONLY};",
    "global": f"ALTER ROLE ALL RESET {READ_ONLY};",
    "configuration file": f"ALTER SYSTEM RESET {READ_ONLY}; SELECT pg_reload_conf(); or correct "
    "postgresql.conf.",
}
_ELSEWHERE = "take it out of PGOPTIONS, TURNOUT_DATABASE_URL or what starts the server."


def check_server(db: Database) -> Iterator[Finding]:
    """Which server answers, does its clock agree with ours, and does it take changes?"""
    version, now = db.look(_ask_server)
    yield Finding("server", f"PostgreSQL {version}")
    difference = abs(now - time.time_ns() // 1_000_000)
    apart = "Run a time service on both machines. Turnout goes by the database's clock."
    yield Finding(
        "database clock",
        f"{difference} ms from this machine's",
        apart if difference > MAX_CLOCK_DIFFERENCE_MS else "",
    )
    setting, source, role, name = db.look(_ask_read_only)
    if setting == "on":
        yield judge_read_only(source, role, name)


def check_room(chosen: Settings) -> Iterator[Finding]:
    """Can a process have all the connections that it may want, beside those that run?"""
    ours = count_ours(chosen.database_url)
    if ours is None:
        return  # as the database's own finding says
    room = find_room(chosen.database_url, count_sessions(chosen.database_threads))
    yield judge_room(chosen.database_url, room, ours)


def judge_room(url: str, room: Room, ours: int) -> Finding:
    """What it means that so many can be had, where processes of Turnout have `ours`."""
    if room.had >= room.wanted:
        return Finding("connections", f"{room.wanted} more can be had, as a process needs")
    seen = f"{room.had} more can be had, and a process needs {room.wanted}"
    if ours:
        seen += "; while others of Turnout run, there is no room for one more"
    return Finding(
        "connections", f"{seen} ({room.said})", advise_room(url, room), is_failure=not ours
    )


def judge_read_only(source: str, role: str, name: str) -> Finding:
    """What to do where all transactions are read-only, because of `source` in pg_settings."""
    reset = _RESETS.get(source)
    first = f"As an administrator: SET {READ_ONLY} = off; "
    return Finding(
        "read-only",
        f"{READ_ONLY} is on, set by: {source}",
        first + fill_in(reset, role, name) if reset else f"Turn it off: {_ELSEWHERE}",
        is_failure=True,
    )


def check_rights(db: Database, *, needs_migration: bool) -> Iterator[Finding]:
    """May this role migrate? One that cannot is fine until there is a newer schema."""
    try:
        db.look(_check_may_migrate)
    except Failure as failure:
        only = "" if needs_migration else " Only `turnout migrate` must."
        advice = advise_operator(failure, "See its log.")
        yield Finding("rights", failure.message + only, advice, is_failure=needs_migration)


def check_search(db: Database) -> Iterator[Finding]:
    """Can people be found by a part of their names?"""
    if not db.look(is_ready):
        yield Finding("search", "finds names by their beginning alone", MAKE_TRIGRAMS)


def _check_may_migrate(tx: Tx) -> None:
    check_may_migrate(tx.connection)


def _ask_server(tx: Tx) -> tuple[int, int]:
    sql = """SELECT CAST(current_setting('server_version_num') AS INTEGER) / 10000,
        CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)"""
    [(version, now)] = tx.connection.execute(sql).fetchall()
    return int(version), int(now)


def _ask_read_only(tx: Tx) -> tuple[str, str, str, str]:
    sql = """SELECT setting, source, current_user, current_database() FROM pg_settings
        WHERE name = %s"""
    [(setting, source, role, name)] = tx.connection.execute(sql, (READ_ONLY,)).fetchall()
    return str(setting), str(source), str(role), str(name)
