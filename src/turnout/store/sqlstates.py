"""What an error of PostgreSQL means: which failure the caller gets, and what becomes of the
connection.

An error has a code of five letters, SQLSTATE, whose first two are its class; one that came from no
server (the network, libpq) has none. The tables below say what the codes mean that are nobody's
mistake: the caller gets Unavailable, and the log one line now and then. All others are a fault of
the statement, which is ours, and are passed on as they are.
"""

from typing import NamedTuple

import psycopg
from psycopg import errors as pg

from turnout.errors import Unavailable
from turnout.store.faults import FULL, READ_ONLY, Fault

LOST = Fault("store.failed", "The database cannot be reached. Nothing was changed; try again.")
CROWDED = Fault(
    "store.crowded", "The database has no room for more connections or memory. Try again."
)
HELD = Fault(
    "store.held", "Somebody else is changing the same thing. Nothing was changed; try again."
)
SLOW = Fault("store.slow", "The database took too long. Nothing was changed; try again.")
CONTENTION = Fault(
    "store.contention", "Too many changes to the same thing at once. Nothing was changed; try again."
)


class Meaning(NamedTuple):
    """`closes`: the connection is of no use any more. `repeats`: on another one it may go well at
    once. `note` is for the operator."""

    fault: Fault
    closes: bool = False
    repeats: bool = False
    note: str = ""


_LOST = Meaning(LOST, closes=True, repeats=True)
_READ_ONLY = Meaning(
    READ_ONLY,
    closes=True,
    repeats=True,
    note="Name the primary, not a replica; where it is the primary, see why it takes no changes.",
)
_CONTENTION = Meaning(CONTENTION)

_CODES = {
    "25006": _READ_ONLY,
    "25P03": _LOST,  # silent in the middle of a transaction, as the administrator counts it
    "25P04": _LOST,
    "42P05": _LOST,  # a pooler that mixes sessions up: a prepared statement is there already
    "53100": Meaning(FULL, note="Free some space where PostgreSQL keeps its data."),
    "55P03": Meaning(HELD),
    "57014": Meaning(SLOW),
}
_CLASSES = {
    "08": _LOST,
    "26": _LOST,  # likewise: it is gone
    "28": _LOST,  # signing in
    "3D": _LOST,  # the database is gone
    "40": _CONTENTION,
    "53": Meaning(CROWDED, closes=True),
    "57": _LOST,
    "58": _LOST,
}
# What libpq says, which has no code, of a server that `target_session_attrs` does not want.
_UNWANTED = ("read-only", "hot standby")

TRANSIENT: tuple[type[Exception], ...] = (
    psycopg.OperationalError,
    pg.ReadOnlySqlTransaction,
    pg.IdleInTransactionSessionTimeout,
    pg.InvalidSqlStatementName,
    pg.DuplicatePreparedStatement,
)
"""The errors that concern the database and no row: a verb that catches everything lets them pass.
"""


def meaning_of(error: BaseException) -> Meaning | None:
    """What the error means; None where it is a fault of the statement, or no error of PostgreSQL."""
    if not isinstance(error, psycopg.Error):
        return None
    code = error.sqlstate or ""
    known = _CODES.get(code) or _CLASSES.get(code[:2])
    if known or not isinstance(error, psycopg.OperationalError):
        return known
    is_unwanted = not code and any(word in str(error) for word in _UNWANTED)
    return _READ_ONLY if is_unwanted else _LOST


def as_failure(error: BaseException, meaning: Meaning) -> Unavailable:
    """The failure to raise."""
    return meaning.fault.as_failure(error, meaning.note)
