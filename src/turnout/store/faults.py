"""Why a database cannot write: the code of the failure, and what an operator can do about it."""

import errno
import getpass
import os
import sqlite3
from pathlib import Path

from turnout.errors import Unavailable

FULL = "store.full"
READ_ONLY = "store.read_only"
DAMAGED = "store.damaged"
WRITE = "store.write"
FAILED = "store.failed"
NOT_OURS = "store.not_a_database"

_OF_SQLITE = {
    sqlite3.SQLITE_FULL: FULL,
    sqlite3.SQLITE_READONLY: READ_ONLY,
    sqlite3.SQLITE_CORRUPT: DAMAGED,
    sqlite3.SQLITE_NOTADB: NOT_OURS,
}

_OF_FILES = {errno.ENOSPC: FULL, errno.EDQUOT: FULL, errno.EROFS: READ_ONLY}


def as_failure(code: str, cause: BaseException, note: str = "") -> Unavailable:
    """The failure to raise. `note` is for the operator: it is not shown to clients, who must
    not learn the names of files; commands and `turnout doctor` print it."""
    failure = Unavailable(code)
    failure.__cause__ = cause
    if note:
        failure.add_note(note)
    return failure


def fault_of(error: BaseException, otherwise: str) -> str:
    """The code for an error of SQLite; that which caused it decides, where it says nothing."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, sqlite3.Error):
            number = getattr(cause, "sqlite_errorcode", None) or 0
            return _OF_SQLITE.get(number & 0xFF, otherwise)
        if isinstance(cause, OSError) and cause.errno in _OF_FILES:
            return _OF_FILES[cause.errno]
        cause = cause.__cause__
    return otherwise


def advise(code: str, file: Path) -> str:
    """What to do about the failure of an embedded database's file; empty where nothing is known."""
    folder = file.absolute().parent
    return {
        FULL: f"Free some space on {folder}, where {file.name} is.",
        READ_ONLY: f"Mount {folder} writable, or let the user {user_name()} write {file.name} and "
        "its folder.",
        NOT_OURS: f"Correct TURNOUT_DATABASE_URL, which names {file}; if that was Turnout's "
        "database, restore a backup.",
    }.get(code, "")


def user_name() -> str:
    """Who runs this process; the number of a user without a name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())
