"""Why a database cannot write, in words that an operator can act on."""

import errno
import getpass
import os
import sqlite3
from pathlib import Path
from typing import NamedTuple

from turnout.errors import Unavailable


class Fault(NamedTuple):
    """A code for programs and a sentence for people."""

    code: str
    message: str

    def as_failure(self, cause: BaseException, note: str = "") -> Unavailable:
        """The failure to raise. `note` is for the operator: it is not shown to clients, who must
        not learn the names of files; commands and `turnout doctor` print it."""
        failure = Unavailable(self.code, self.message)
        failure.__cause__ = cause
        if note:
            failure.add_note(note)
        return failure


FULL = Fault("store.full", "Disk full: the database cannot write. Nothing was changed.")
READ_ONLY = Fault("store.read_only", "Read-only: the database cannot be written.")
DAMAGED = Fault(
    "store.damaged", "The database is damaged. Nothing was changed; run `turnout doctor`."
)
WRITE = Fault("store.write", "The database could not write. Nothing was changed; try again.")
FAILED = Fault("store.failed", "The database failed. Nothing was changed; try again.")

NOT_OURS = Fault("store.not_a_database", "This is not a Turnout database. Nothing was changed.")

_OF_SQLITE = {
    sqlite3.SQLITE_FULL: FULL,
    sqlite3.SQLITE_READONLY: READ_ONLY,
    sqlite3.SQLITE_CORRUPT: DAMAGED,
    sqlite3.SQLITE_NOTADB: NOT_OURS,
}


_OF_FILES = {errno.ENOSPC: FULL, errno.EDQUOT: FULL, errno.EROFS: READ_ONLY}


def fault_of(error: BaseException, otherwise: Fault) -> Fault:
    """What an error of SQLite means; that which caused it decides, where it says nothing."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, sqlite3.Error):
            number = getattr(cause, "sqlite_errorcode", None) or 0
            return _OF_SQLITE.get(number & 0xFF, otherwise)
        if isinstance(cause, OSError) and cause.errno in _OF_FILES:
            return _OF_FILES[cause.errno]
        cause = cause.__cause__
    return otherwise


def advise(fault: Fault, file: Path) -> str:
    """What to do about a fault of an embedded database's file; empty where nothing is known."""
    folder = file.absolute().parent
    return {
        FULL: f"Free some space on {folder}, where {file.name} is.",
        READ_ONLY: f"Mount {folder} writable, or let the user {user_name()} write {file.name} and "
        "its folder.",
        NOT_OURS: f"Correct TURNOUT_DATABASE_URL, which names {file}; if that was Turnout's "
        "database, restore a backup.",
    }.get(fault, "")


def user_name() -> str:
    """Who runs this process; the number of a user without a name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())
