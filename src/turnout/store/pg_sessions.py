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
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import psycopg

from turnout.errors import Unavailable
from turnout.settings import Settings

CONNECT_TIMEOUT_S = 5
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
    return {
        Use.DOOR: request,
        Use.WRITE: request,
        Use.WAIT: request,
        Use.WORK: request._replace(statement_ms=WORK_FACTOR * statement_ms),
        Use.READ: request,
        Use.STREAM: request._replace(statement_ms=STREAM_FACTOR * statement_ms),
        Use.NOTIFY: request,
        Use.MIGRATE: NONE,
    }


def connect(
    url: str, use: Use, limits: Limits = NONE, *, autocommit: bool = False
) -> "psycopg.Connection[Any]":
    """A new session. One that reads sees one state in each transaction, and cannot write.
    Raises psycopg.Error."""
    connection = psycopg.connect(
        url,
        autocommit=True,
        connect_timeout=CONNECT_TIMEOUT_S,
        application_name=f"turnout-{use}",
        client_encoding="UTF8",
    )
    try:
        _limit(connection, limits)
        connection.autocommit = autocommit
        if use in READING:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.read_only = True
    except BaseException:
        connection.close()
        raise
    return connection


def check_reachable(url: str) -> None:
    """Raise Unavailable with the reason why the database cannot be reached, if it cannot."""
    if not url.startswith(("postgresql:", "postgres:")):
        raise Unavailable(
            "store.url", "TURNOUT_DATABASE_URL must begin with sqlite:/// or postgresql://"
        )
    try:
        connect(url, Use.READ).close()
    except psycopg.Error as error:
        raise Unavailable(
            "store.unreachable", f"The PostgreSQL database cannot be reached: {error}"
        ) from error


def _limit(connection: "psycopg.Connection[Any]", limits: Limits) -> None:
    connection.execute(
        "SELECT set_config('lock_timeout', %s, false), set_config('statement_timeout', %s, false),"
        " set_config('idle_in_transaction_session_timeout', %s, false)",
        [str(limit) for limit in limits],
    )


class Session:
    """A session that one thread keeps, opened when it is wanted and again when it was lost."""

    def __init__(self, url: str, use: Use, limits: Limits) -> None:
        self._url = url
        self._use = use
        self._limits = limits
        self._connection: psycopg.Connection[Any] | None = None

    @contextmanager
    def transaction(self) -> Iterator["psycopg.Connection[Any]"]:
        """One transaction, committed unless the block raises. Raises psycopg.Error."""
        connection = self._open()
        try:
            yield connection
            connection.commit()
        except BaseException:
            self._roll_back()
            raise

    def _open(self) -> "psycopg.Connection[Any]":
        if self._connection is None or self._connection.closed:
            self._connection = connect(self._url, self._use, self._limits)
        return self._connection

    def _roll_back(self) -> None:
        """Undo what is open; a connection on which even that fails is not kept."""
        try:
            if self._connection is not None:
                self._connection.rollback()
        except psycopg.Error:
            self.close()

    def close(self) -> None:
        """Give the connection up; the next transaction makes another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
