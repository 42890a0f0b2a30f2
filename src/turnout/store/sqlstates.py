"""What an error of PostgreSQL means: which failure the caller gets, and what happens to the
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
from turnout.store import faults
from turnout.store.faults import FULL, READ_ONLY
from turnout.store.pg_connection import NotAnsweredError

_AWAY = "store.away"
_STALLED = "store.stalled"
_SLOW = "store.slow"
_CROWDED = "store.crowded"
_HELD = "store.held"
_CLASH = "store.contention"


class Meaning(NamedTuple):
    """The failure's code, and what happens then. `closes`: the connection is of no use any more.
    `repeats`: on another one it may go well, so it is tried once more at once. `runs_again`: it is
    run again until it goes well, some ten times. `note` is for the operator."""

    code: str
    closes: bool = False
    repeats: bool = False
    runs_again: bool = False
    note: str = ""


LOST = Meaning(_AWAY, closes=True, repeats=True)
_READ_ONLY = Meaning(
    READ_ONLY,
    closes=True,
    repeats=True,
    note="Name the primary, not a replica; where it is the primary, see what sets "
    "default_transaction_read_only (`turnout doctor` says it), or why else it takes no changes.",
)
_CONTENTION = Meaning(_CLASH, runs_again=True)
_NOT_ANSWERED = Meaning(_SLOW, closes=True)

_CODES = {
    "25006": _READ_ONLY,
    # Silent in the middle of a transaction: as we count, or the administrator.
    "25P03": Meaning(_STALLED, closes=True, repeats=True),
    "25P04": Meaning(_SLOW, closes=True),
    "42P05": LOST,  # a pooler that mixes sessions up: a prepared statement is there already
    "53100": Meaning(FULL, note="Free some space where PostgreSQL keeps its data."),
    "55P03": Meaning(_HELD),
    "57014": Meaning(_SLOW),
}
_CLASSES = {
    "08": LOST,
    "26": LOST,  # likewise: it is gone
    "28": LOST,  # signing in
    "3D": LOST,  # the database is gone
    "40": _CONTENTION,
    "53": Meaning(_CROWDED, closes=True),
    "57": LOST,
    "58": LOST,
}
# What libpq says, which has no code, of a server that `target_session_attrs` does not want.
_UNWANTED = ("read-only", "hot standby")

_TRANSIENT = (
    psycopg.OperationalError,
    pg.ReadOnlySqlTransaction,
    pg.IdleInTransactionSessionTimeout,
    pg.TransactionTimeout,
    pg.InvalidSqlStatementName,
    pg.DuplicatePreparedStatement,
)
# Psycopg counts class 54 (a value too long for its index, a statement too deep) to the operational
# errors. But it comes again wherever the statement is run: it is a fault of this row.
_TOO_LARGE = pg.ProgramLimitExceeded, pg.StatementTooComplex, pg.TooManyColumns, pg.TooManyArguments


def is_transient(error: BaseException) -> bool:
    """Whether the error concerns the database and no row: a verb that catches everything lets it
    pass."""
    return isinstance(error, _TRANSIENT) and not isinstance(error, _TOO_LARGE)


def meaning_of(error: BaseException) -> Meaning | None:
    """What the error means; None for a fault of the statement, and for what is no error of
    PostgreSQL."""
    if not isinstance(error, psycopg.Error):
        return None
    if isinstance(error, NotAnsweredError):
        return _NOT_ANSWERED
    code = error.sqlstate or ""
    known = _CODES.get(code) or _CLASSES.get(code[:2])
    if known or not isinstance(error, psycopg.OperationalError) or isinstance(error, _TOO_LARGE):
        return known
    is_unwanted = not code and any(word in str(error) for word in _UNWANTED)
    return _READ_ONLY if is_unwanted else LOST


def as_failure(error: BaseException, meaning: Meaning) -> Unavailable:
    """The failure to raise."""
    return faults.as_failure(meaning.code, error, meaning.note)
