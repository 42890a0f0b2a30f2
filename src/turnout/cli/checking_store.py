"""What `turnout doctor` looks at in the database: is its file sound, and can it be written?"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from turnout.cli.app import errors
from turnout.cli.finding import Finding
from turnout.errors import Failure, Unavailable
from turnout.settings import Settings
from turnout.store import Database
from turnout.store.faults import FAILED, FULL, READ_ONLY, fault_of
from turnout.store.installation import write_probe
from turnout.store.sqlite import path_of

LONGEST_CHECK_S = 60.0
STEPS_BETWEEN_LOOKS = 100_000
SHOWN_FAULTS = 5

# What keeps a database from being written, in a word, and what to do about it.
WRITING = {
    FULL.code: ("disk full", "Free some space: nothing can be registered or sent before."),
    READ_ONLY.code: (
        "read-only",
        "Let this user write the database's file and its folder, or the file system be written; "
        "with PostgreSQL, name the primary, not a replica.",
    ),
}


def check_writing(db: Database) -> Finding:
    """Whether the database can be written, found by writing something small."""
    try:
        db.call(write_probe)
    except Failure as failure:
        return judge_writing(failure)
    return Finding("writing", "works")


def judge_writing(failure: Failure) -> Finding:
    """What a failed write says."""
    word, advice = WRITING.get(failure.code, ("fails", "See the log of the server."))
    return Finding("writing", f"{word}: {failure.message}", advice, is_failure=True)


def check_file(chosen: Settings, limit_s: float = LONGEST_CHECK_S) -> Iterator[Finding]:
    """Is the file of an embedded database sound? Reads all of it, for a minute at most."""
    if not chosen.database_url.startswith("sqlite:"):
        return
    try:
        path = path_of(chosen.database_url)
    except Unavailable:
        return  # the address is wrong, as the database's own finding says
    if path.is_file() and path.stat().st_size:
        with errors.status(f"Checking {path} …"):
            yield quick_check(path, limit_s)


def quick_check(path: Path, limit_s: float) -> Finding:
    """What SQLite's own check of a file says, within `limit_s`."""
    size = f"{path.stat().st_size / 2**20:.0f} MiB"
    try:
        with closing(_open_to_read(path)) as connection:
            deadline = time.monotonic() + limit_s
            connection.set_progress_handler(
                lambda: time.monotonic() > deadline, STEPS_BETWEEN_LOOKS
            )
            found = connection.execute(f"PRAGMA quick_check({SHOWN_FAULTS})").fetchall()
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_INTERRUPT:
            return Finding(
                "file", f"nothing wrong in the {limit_s:.0f} s that were looked ({size})"
            )
        return _judge_faults([str(error)], fault_of(error, FAILED).message)
    faults = [str(text) for (text,) in found if text != "ok"]
    return _judge_faults(faults, "damaged") if faults else Finding("file", f"sound ({size})")


def _open_to_read(path: Path) -> sqlite3.Connection:
    """A connection that cannot write: where the log's index cannot even be made (a read-only file
    system), the file is read as it stands."""
    name = str(path.resolve()).replace("%", "%25").replace("?", "%3f").replace("#", "%23")
    try:
        connection = sqlite3.connect(f"file:{name}?mode=ro", uri=True)
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    except sqlite3.OperationalError:
        connection = sqlite3.connect(f"file:{name}?mode=ro&immutable=1", uri=True)
    return connection


def _judge_faults(faults: list[str], word: str) -> Finding:
    return Finding(
        "file",
        f"{word.partition('. ')[0]}: {'; '.join(faults)}",
        "Stop Turnout, keep a copy of the file, and restore a backup, or save what can be read "
        "with `sqlite3 turnout.db .recover`.",
        is_failure=True,
    )
