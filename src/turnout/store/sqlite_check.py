"""SQLite's own check of a file, within a time."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from turnout.store.sqlite import open_to_read

STEPS_BETWEEN_LOOKS = 100_000


class Soundness(NamedTuple):
    """The faults that were found, whether all of the file was looked at, and why it could not be
    read."""

    faults: list[str]
    is_whole: bool = True
    error: Exception | None = None


def check_pages(path: Path, limit_s: float, faults_limit: int) -> Soundness:
    """Look for damage in a database's file for `limit_s` at most; never raises for the file."""
    try:
        with closing(open_to_read(path)) as connection:
            deadline = time.monotonic() + limit_s
            connection.set_progress_handler(
                lambda: time.monotonic() > deadline, STEPS_BETWEEN_LOOKS
            )
            found = connection.execute(f"PRAGMA quick_check({faults_limit})").fetchall()
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_INTERRUPT:
            return Soundness([], is_whole=False)
        return Soundness([], error=error)
    return Soundness([str(text) for (text,) in found if text != "ok"])
