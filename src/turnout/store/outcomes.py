"""Whether a change was made whose COMMIT was never answered.

Theory. A connection that is lost while COMMIT is under way leaves the client without an answer, and
the transaction made or not. PostgreSQL keeps the end of each transaction and tells it by its number
(`pg_xact_status`), which is asked for with BEGIN, in the same round trip: a number that were asked
for with COMMIT would be lost with its answer.

Rules.
- A number means a transaction only within one *life* of a server. A crash may take the newest
  numbers back, and a replica that was promoted may not have heard of them; then they are given to
  others. So each connection notes the life that it is in (timeline, and when the statistics began,
  which a crash clears). "Aborted" is true across lives: a transaction that had been committed would
  have kept its number. "Committed" is true within one life only, else it is UNKNOWN.
- A transaction whose client is lost but whose server has not noticed is ended by us, so that its
  rows are free and its end is known. One that is committing is waited for.
- If you change when a number is taken, also see `Session.transaction`, which tells a failure of
  COMMIT from one before it: what failed before was not made.
"""

import enum
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import psycopg
from psycopg import errors as pg
from psycopg.pq import ExecStatus

from turnout.errors import UNKNOWN as UNKNOWN_CODE
from turnout.errors import Unavailable
from turnout.store.back_off import growing

ASK_S = 15.0
BACK_OFF_S = growing(0.02, 1.0)
_BEGIN = b"BEGIN; SELECT pg_current_xact_id()::text"
_LIFE = """
    CASE WHEN pg_is_in_recovery() THEN NULL
         ELSE left(pg_walfile_name(pg_current_wal_lsn()), 8) || ' ' || stats_reset::text END
"""
_READ_LIFE = f"SELECT {_LIFE} FROM pg_stat_wal"  # noqa: S608 - both are written here
# In one statement, so that what is answered belongs together.
_READ_STATUS = f"SELECT pg_xact_status(%s::xid8), {_LIFE} FROM pg_stat_wal"  # noqa: S608
_END_IDLE = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND backend_xid = %s::xid8::xid
    AND state LIKE 'idle in transaction%%'
"""

Connection = psycopg.Connection[Any]
Begin = Callable[[], AbstractContextManager[Connection]]


class Outcome(enum.Enum):
    """How a transaction ended."""

    COMMITTED = enum.auto()
    ABORTED = enum.auto()
    UNKNOWN = enum.auto()


class CommitLostError(Exception):
    """COMMIT was not answered; `number` and `life` are the transaction's, for `find_outcome`."""

    def __init__(self, number: str, life: str | None) -> None:
        super().__init__("the connection was lost while a change was being committed")
        self.number = number
        self.life = life


def begin(connection: Connection) -> str:
    """Begin a transaction, and return its number. Raises psycopg.Error."""
    result = connection.pgconn.exec_(_BEGIN)
    if result.status != ExecStatus.TUPLES_OK:
        if connection.broken:  # what the server said last, if it did, is why
            raise psycopg.OperationalError(result.get_error_message("utf-8"))
        raise pg.error_from_result(result, encoding="utf-8")
    value = result.get_value(0, 0)
    return (value or b"").decode()


def read_life(connection: Connection) -> str | None:
    """In which life of its server the connection is; None where that cannot be told."""
    row = connection.execute(_READ_LIFE).fetchone()
    return row[0] if row else None


def find_outcome(transaction: Begin, lost: CommitLostError, until: float) -> Outcome:
    """How the lost transaction ended: asked in other ones, until `until` (monotonic seconds)."""
    tries = 0
    while True:
        outcome = _ask(transaction, lost)
        if outcome is not None:
            return outcome
        tries += 1
        pause = BACK_OFF_S.draw(tries)
        if time.monotonic() + pause >= until:
            return Outcome.UNKNOWN
        time.sleep(pause)


def as_unknown(cause: BaseException) -> Unavailable:
    """What the caller gets where nobody knows."""
    failure = Unavailable(UNKNOWN_CODE, retry_after=None)
    failure.__cause__ = cause
    return failure


def _ask(transaction: Begin, lost: CommitLostError) -> Outcome | None:
    """None: ask again."""
    try:
        with transaction() as connection:
            return _read(connection, lost)
    except pg.InvalidParameterValue:  # "is in the future": this server has never given it out
        return Outcome.ABORTED
    except psycopg.Error:
        return None


def _read(connection: Connection, lost: CommitLostError) -> Outcome | None:
    row = connection.execute(_READ_STATUS, [lost.number]).fetchone()
    status, life = row or (None, None)
    is_same_life = life is not None and life == lost.life
    if status == "aborted" or (status == "in progress" and life and not is_same_life):
        return Outcome.ABORTED
    if status == "in progress":
        connection.execute(_END_IDLE, [lost.number])
        return None
    is_sure = status == "committed" and is_same_life
    return Outcome.COMMITTED if is_sure else Outcome.UNKNOWN
