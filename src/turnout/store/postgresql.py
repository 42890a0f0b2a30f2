"""PostgreSQL: a pool of connections, one thread each, behind the same bridge.

Writes run in READ COMMITTED; a command that meets a serialization failure or a deadlock is run
again (verbs have no effect outside their transaction, so that is safe), and so is one whose
connection was lost, once. Where it was lost at COMMIT, PostgreSQL is asked what became of it
(outcomes.py). Reads run in REPEATABLE
READ and may not write, so that one read sees one state, as on SQLite. Counters that must never
oversell are single guarded `UPDATE … WHERE` statements. Workers on other nodes are woken by
NOTIFY after the commit, at most every 50 ms a queue, and poll besides.
"""

import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import structlog
from psycopg import errors as pg

from turnout.errors import Unavailable
from turnout.settings import Settings
from turnout.store.database import Command, CommandQueue, Database, Lane
from turnout.store.outcomes import ASK_S, CommitLostError, Outcome, as_unknown, find_outcome
from turnout.store.pg_sessions import Session, Use, check_reachable, connect, limits_of
from turnout.store.sources import Clock, Ids
from turnout.store.sqlstates import LOST, TRANSIENT, Meaning, as_failure, meaning_of
from turnout.store.transaction import Tx
from turnout.store.troubles import Troubles

CHANNEL = "turnout"
ATTEMPTS = 10
NOTIFY_EVERY_S = 0.05
# A transaction of a request gets this long even if it began late; one of a worker so many times as
# long as a request.
GRACE_S = 10.0
WORK_FACTOR = 10

log = structlog.get_logger()


class PostgresqlDatabase(Database):
    """A PostgreSQL database that any number of nodes share."""

    backend = "postgresql"

    def __init__(self, settings: Settings, clock: Clock, ids: Ids) -> None:
        super().__init__(settings, clock, ids)
        self._url = settings.database_url
        self._limits = limits_of(settings)
        check_reachable(self._url)
        writers = max(2, settings.database_threads)
        self._stopping = threading.Event()
        self._to_notify: set[str] = set()
        self._sessions: set[Session] = set()
        self._request_seconds = settings.request_seconds
        self._threads = [
            threading.Thread(target=self._loop, args=(self.writes, Use.WRITE), name=f"writer-{n}")
            for n in range(writers)
        ] + [
            threading.Thread(target=self._loop, args=(self.reads, Use.READ), name=f"reader-{n}")
            for n in range(2)
        ]
        self._notifier = threading.Thread(target=self._notify_loop, name="notifier")
        for thread in (*self._threads, self._notifier):
            thread.daemon = True
            thread.start()
        self._start_sweeping()

    def schema_version(self) -> str | None:
        try:
            with self._connect(Use.READ) as connection:
                row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        except pg.UndefinedTable:
            return None
        except psycopg.Error as error:
            raise self._translate(error) from error
        return row[0] if row else None

    def close(self) -> None:
        self.writes.close()
        self.reads.close()
        self.streams.close()
        for thread in self._threads:
            thread.join()
        self._sweeper.stop()
        self._stopping.set()
        self._notifier.join()

    def _loop(self, queue: CommandQueue, use: Use) -> None:
        with self._session(use) as session:
            while group := queue.take(1):
                for command in group:
                    self._run(session, command, reads=queue is self.reads)
                self._deliver(group)

    @contextmanager
    def _session(self, use: Use) -> Iterator[Session]:
        session = Session(self._url, use, self._limits[use])
        self._sessions.add(session)
        try:
            yield session
        finally:
            self._sessions.discard(session)
            session.close()

    def _sweep(self, now: float) -> None:
        super()._sweep(now)
        for session in tuple(self._sessions):
            session.cut(now)

    def _until(self, command: Command) -> float | None:
        """When the transaction of a command is cut off; None where somebody at a command line
        waits as long as it takes."""
        if command.loop is None:
            return None
        now = time.monotonic()
        if command.patience is None:
            factor = WORK_FACTOR if command.lane is Lane.BACKGROUND else 1
            return now + factor * self._request_seconds
        return max(command.patience.until, now + GRACE_S)

    def _connect(self, use: Use, *, autocommit: bool = False) -> "psycopg.Connection[Any]":
        return connect(self._url, use, self._limits[use], autocommit=autocommit)

    def _tx(self, connection: "psycopg.Connection[Any]") -> Tx:
        return Tx(
            "postgresql",
            connection,
            self.clock(),
            self.ids,
            self.sequences,
            TRANSIENT,
            self.permitted,
        )

    @contextmanager
    def _reader(self) -> Iterator[Tx]:
        with self._connect(Use.STREAM) as connection:
            yield self._tx(connection)

    def _translate(self, error: BaseException) -> BaseException:
        meaning = meaning_of(error)
        return as_failure(error, meaning) if meaning else error

    def _run(self, session: Session, command: Command, *, reads: bool) -> None:
        is_repeated = False
        who = "reading" if reads else "writing"
        for attempt in range(ATTEMPTS):
            command.error, command.woken = None, set()
            try:
                with session.transaction(self._until(command)) as connection:
                    command.run(self._tx(connection))
            except BaseException as error:  # noqa: BLE001 - whatever a verb raises is its caller's
                meaning, command.error = self._judge(error)
            else:
                self.troubles.worked(who)
                return
            if meaning is None:
                self._tell(command.error, who)
                return
            if meaning.runs_again:
                time.sleep(random.uniform(0, 0.005 * 2**attempt))  # noqa: S311
                continue
            self._tell(command.error, who)
            if is_repeated or not meaning.repeats or _is_over(command):
                return
            is_repeated = True

    def _judge(self, error: BaseException) -> tuple[Meaning | None, BaseException | None]:
        """What it means that a command failed, if that may be mended, and what its caller gets;
        None where it has not failed after all."""
        if not isinstance(error, CommitLostError):
            meaning = meaning_of(error)
            return meaning, as_failure(error, meaning) if meaning else error
        outcome = self._ask(error)
        log.warning("a lost commit was asked for", outcome=outcome.name.lower(), xid=error.number)
        if outcome is Outcome.ABORTED:
            return LOST, as_failure(error, LOST)
        return None, None if outcome is Outcome.COMMITTED else as_unknown(error)

    def _ask(self, lost: CommitLostError) -> Outcome:
        with self._session(Use.READ) as session:
            until = time.monotonic() + ASK_S
            return find_outcome(lambda: session.transaction(until), lost, until)

    def _tell(self, error: BaseException | None, who: str) -> None:
        if isinstance(error, Unavailable) and error.__cause__ is not None:
            self.troubles.failed(error.code, who, error=str(error.__cause__))

    # -- waking other nodes ----------------------------------------------------------------

    def _wake(self, queues: Any) -> None:
        super()._wake(queues)
        self._to_notify.update(queues)

    def _notify_loop(self) -> None:
        troubles = Troubles("notifications interrupted")
        while not self._stopping.is_set():
            try:
                with self._connect(Use.NOTIFY, autocommit=True) as connection:
                    troubles.worked("notifier")
                    self._exchange(connection)
            except psycopg.Error as error:
                troubles.failed("store.notify", "notifier", error=str(error))
                self._stopping.wait(1)

    def _exchange(self, connection: "psycopg.Connection[Any]") -> None:
        own = connection.info.backend_pid
        connection.execute(f"LISTEN {CHANNEL}")
        while not self._stopping.is_set():
            for notice in connection.notifies(timeout=NOTIFY_EVERY_S, stop_after=1):
                if notice.pid != own:
                    super()._wake([notice.payload])
            while self._to_notify:
                connection.execute("SELECT pg_notify(%s, %s)", (CHANNEL, self._to_notify.pop()))


def _is_over(command: Command) -> bool:
    return command.patience is not None and command.patience.is_over(time.monotonic())
