"""Sessions with PostgreSQL: how each is opened, and for how long it may hold up others.

Theory. A transaction that nobody ends (a frozen node, a paused machine, an open `psql`) keeps its
rows, and everybody who wants one of them waits. So each session of ours ends its own waiting
(`lock_timeout`) and its own slow statements (`statement_timeout`), and lets the server end it when
its process has gone quiet in the middle of a transaction (`idle_in_transaction_session_timeout`):
that is the server's clock, which ticks while our process is frozen.

Rules.
- Limits are set by a statement after connecting, not in the connection's options, which poolers
  refuse. So they hold behind a pooler in session mode, too.
- Whatever the role or the database has set as defaults, a session has our limits.
- If you add a kind of session, give it its limits here and a name by which `turnout doctor` and
  `pg_stat_activity` show it.
"""

import enum
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

import psycopg
from psycopg import errors as pg
from psycopg.pq import TransactionStatus

from turnout.settings import Settings
from turnout.store.outcomes import CommitLostError, begin, read_life
from turnout.store.pg_connection import BoundedConnection, NotAnsweredError
from turnout.store.pg_options import options_for
from turnout.store.sqlstates import meaning_of

# How long a command waits for a row where others wait for its thread, before it goes to the waiting
# room (held_rows.py), or back into its queue.
QUICK_MS = 250
WORK_QUICK_MS = 500
# How long a worker's statement, or one that makes a long list, may take: in times of a request's.
WORK_FACTOR = 3
STREAM_FACTOR = 30


class Use(enum.StrEnum):
    """What a session is for."""

    DOOR = "door"
    WRITE = "write"
    WAIT = "wait"
    WORK = "work"
    READ = "read"
    STREAM = "stream"
    NOTIFY = "notify"
    MIGRATE = "migrate"


READING = frozenset({Use.READ, Use.STREAM})
WRITING = frozenset(Use) - READING - {Use.NOTIFY}


class Limits(NamedTuple):
    """Longest times in ms; 0 = any: to wait for a lock, to run one statement, and to say nothing
    in the middle of a transaction."""

    lock_ms: int
    statement_ms: int
    idle_ms: int


NONE = Limits(0, 0, 0)


def limits_of(settings: Settings) -> dict[Use, Limits]:
    """The limits of each kind of session. Migrations have none: they rewrite whole tables."""
    lock_ms = settings.database_lock_seconds * 1000
    statement_ms = settings.database_statement_seconds * 1000
    idle_ms = settings.database_idle_seconds * 1000
    request = Limits(lock_ms, statement_ms, idle_ms)
    quick = request._replace(lock_ms=min(lock_ms, QUICK_MS))
    return {
        Use.DOOR: quick,
        Use.WRITE: quick,
        Use.WAIT: request,
        Use.WORK: Limits(min(lock_ms, WORK_QUICK_MS), WORK_FACTOR * statement_ms, idle_ms),
        Use.READ: request,
        Use.STREAM: request._replace(statement_ms=STREAM_FACTOR * statement_ms),
        Use.NOTIFY: request,
        Use.MIGRATE: NONE,
    }


def connect(
    url: str,
    use: Use,
    limits: Limits = NONE,
    *,
    autocommit: bool = False,
    opened: Callable[["psycopg.Connection[Any]"], None] = lambda _: None,
) -> "psycopg.Connection[Any]":
    """A new session. One that reads sees one state in each transaction, and cannot write. It is
    told to `opened` before it is asked anything. Raises psycopg.Error."""
    options = options_for(url, writes=use in WRITING)
    connection = BoundedConnection.connect(
        url,
        autocommit=True,
        application_name=f"turnout-{use}",
        client_encoding="UTF8",
        **options,
    )
    try:
        opened(connection)
        _limit(connection, limits)
        if limits is not NONE or use is Use.MIGRATE:
            connection.limit_answers(limits.statement_ms)
        connection.autocommit = autocommit
        if use in READING:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.read_only = True
    except BaseException:
        connection.close()
        raise
    return connection


def wait_for_rows(connection: "psycopg.Connection[Any]", until: float) -> None:
    """Let the transaction that is open wait for its next lock until then (monotonic seconds), and
    no other. Anyone who waits for one after another calls it before each."""
    limit_ms = max(1, round((until - time.monotonic()) * 1000))
    connection.execute("SELECT set_config('lock_timeout', %s, true)", [str(limit_ms)])


def _limit(connection: "psycopg.Connection[Any]", limits: Limits) -> None:
    connection.execute(
        "SELECT set_config('lock_timeout', %s, false), set_config('statement_timeout', %s, false),"
        " set_config('idle_in_transaction_session_timeout', %s, false)",
        [str(limit) for limit in limits],
    )


class Session:
    """A session that one thread keeps, opened when it is wanted and again when it was lost.

    Other threads may call `cut`.
    """

    def __init__(self, url: str, use: Use, limits: Limits) -> None:
        self._url = url
        self._use = use
        self._limits = limits
        self._connection: psycopg.Connection[Any] | None = None
        self._life: str | None = None
        self._until: float | None = None
        self._is_cut = False
        self._turn = threading.Lock()

    @contextmanager
    def transaction(self, until: float | None = None) -> Iterator["psycopg.Connection[Any]"]:
        """One transaction, committed unless the block raises; cut off if it is not over at `until`
        (monotonic seconds): then NotAnsweredError. Raises psycopg.Error: then nothing was changed;
        or CommitLostError."""
        self._until, self._is_cut = until, False
        try:
            connection = self._open()
            number = begin(connection) if self._use in WRITING else None
            yield connection
            self._commit(connection, number)
        except BaseException as error:
            self._give_up(error)
            if self._is_cut and isinstance(error, psycopg.OperationalError):
                raise NotAnsweredError("it was not over in time, and was cut off") from error
            raise
        finally:
            self._until = None

    def cut(self, now: float) -> None:
        """Cut a transaction off that should be over at `now`: a silent network, or a server that
        hangs. Anyone who waits for it gets an error at once."""
        with self._turn:
            connection, until = self._connection, self._until
            if connection is None or until is None or now < until:
                return
            with (
                suppress(OSError, psycopg.Error),  # it is closed already
                socket.socket(fileno=os.dup(connection.fileno())) as line,
            ):
                self._is_cut = True
                line.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Give the connection up; the next transaction makes another."""
        with self._turn:
            connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _open(self) -> "psycopg.Connection[Any]":
        if self._connection is None or self._connection.closed:
            connection = connect(self._url, self._use, self._limits, opened=self._keep)
            self._life = self._read_life(connection) if self._use in WRITING else None
            return connection
        return self._connection

    def _keep(self, connection: "psycopg.Connection[Any]") -> None:
        with self._turn:
            self._connection = connection

    def _read_life(self, connection: "psycopg.Connection[Any]") -> str | None:
        try:
            return read_life(connection)
        except (pg.InsufficientPrivilege, pg.UndefinedTable, pg.UndefinedFunction):
            return None  # no PostgreSQL, but one that speaks like it
        finally:
            connection.rollback()

    def _commit(self, connection: "psycopg.Connection[Any]", number: str | None) -> None:
        if connection.pgconn.transaction_status == TransactionStatus.INERROR:
            # COMMIT would undo it without a word.
            raise RuntimeError("a statement failed, and what called it went on")
        try:
            connection.commit()
        except psycopg.Error as error:
            if number is None or not connection.broken:
                raise
            raise CommitLostError(number, self._life) from error

    def _give_up(self, error: BaseException) -> None:
        """Undo what is open. A connection on which even that fails, or which the error says to be
        of no use, is not kept."""
        meaning = meaning_of(error)
        if self._connection is None:
            return
        if isinstance(error, CommitLostError) or (meaning and meaning.closes):
            self.close()
            return
        try:
            self._connection.rollback()
        except psycopg.Error:
            self.close()
