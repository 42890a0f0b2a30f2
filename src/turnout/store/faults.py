"""Why a database cannot write, in words that an operator can act on."""

import sqlite3
from typing import NamedTuple

from turnout.errors import Unavailable


class Fault(NamedTuple):
    """A code for programs and a sentence for people."""

    code: str
    message: str

    def as_failure(self, cause: BaseException) -> Unavailable:
        """The failure to raise."""
        failure = Unavailable(self.code, self.message)
        failure.__cause__ = cause
        return failure


FULL = Fault("store.full", "Disk full: the database cannot write. Nothing was changed; try again.")
READ_ONLY = Fault(
    "store.read_only", "Read-only: the database cannot be written. Nothing was changed; try again."
)
DAMAGED = Fault(
    "store.damaged", "The database is damaged. Nothing was changed; run `turnout doctor`."
)
WRITE = Fault("store.write", "The database could not write. Nothing was changed; try again.")
FAILED = Fault("store.failed", "The database failed. Nothing was changed; try again.")

_OF_SQLITE = {
    sqlite3.SQLITE_FULL: FULL,
    sqlite3.SQLITE_READONLY: READ_ONLY,
    sqlite3.SQLITE_CORRUPT: DAMAGED,
    sqlite3.SQLITE_NOTADB: DAMAGED,
}


def fault_of(error: BaseException, otherwise: Fault) -> Fault:
    """What an error of SQLite means; that which caused it decides, where it says nothing."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, sqlite3.Error):
            number = getattr(cause, "sqlite_errorcode", None) or 0
            return _OF_SQLITE.get(number & 0xFF, otherwise)
        cause = cause.__cause__
    return otherwise
