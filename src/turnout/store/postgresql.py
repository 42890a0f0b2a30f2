"""PostgreSQL: a pool of connections, one thread each, behind the same bridge.

Writes run in READ COMMITTED; a command that meets a serialization failure or a deadlock is run
again (verbs have no effect outside their transaction, so that is safe). Reads run in REPEATABLE
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
from psycopg import errors as pg

from turnout.errors import Unavailable
from turnout.settings import Settings
from turnout.store.database import Command, CommandQueue, Database
from turnout.store.faults import FULL, READ_ONLY
from turnout.store.pg_sessions import Session, Use, check_reachable, connect, limits_of
from turnout.store.sources import Clock, Ids
from turnout.store.transaction import Tx
from turnout.store.troubles import Troubles

CHANNEL = "turnout"
ATTEMPTS = 10
NOTIFY_EVERY_S = 0.05


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
        with self._connect(Use.READ) as connection:
            try:
                row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
            except pg.UndefinedTable:
                connection.rollback()
                return None
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
        session = Session(self._url, use, self._limits[use])
        while group := queue.take(1):
            for command in group:
                self._run(session, command, reads=queue is self.reads)
            self._deliver(group)
        session.close()

    def _connect(self, use: Use, *, autocommit: bool = False) -> "psycopg.Connection[Any]":
        return connect(self._url, use, self._limits[use], autocommit=autocommit)

    def _tx(self, connection: "psycopg.Connection[Any]") -> Tx:
        return Tx(
            "postgresql",
            connection,
            self.clock(),
            self.ids,
            self.sequences,
            (psycopg.OperationalError,),
            self.permitted,
        )

    @contextmanager
    def _reader(self) -> Iterator[Tx]:
        with self._connect(Use.STREAM) as connection:
            yield self._tx(connection)

    def _translate(self, error: BaseException) -> BaseException:
        if isinstance(error, pg.DiskFull | pg.ReadOnlySqlTransaction):
            if isinstance(error, pg.DiskFull):
                return FULL.as_failure(error, "Free some space where PostgreSQL keeps its data.")
            return READ_ONLY.as_failure(error, "Name the primary, not a replica.")
        if not isinstance(error, psycopg.OperationalError):
            return error
        translated = Unavailable("store.failed", "The database cannot be reached. Try again.")
        translated.__cause__ = error
        return translated

    def _run(self, session: Session, command: Command, *, reads: bool) -> None:
        for attempt in range(ATTEMPTS):
            command.error, command.woken = None, set()
            try:
                with session.transaction() as connection:
                    command.run(self._tx(connection))
                self.troubles.worked("reading" if reads else "writing")
                return
            except (pg.SerializationFailure, pg.DeadlockDetected):
                time.sleep(random.uniform(0, 0.005 * 2**attempt))  # noqa: S311
                command.error = Unavailable(
                    "store.contention", "Too many changes to the same thing at once. Try again."
                )
            except BaseException as error:  # noqa: BLE001 - whatever a verb raises is its caller's
                command.error = self._translate(error)
                if isinstance(command.error, Unavailable) and command.error is not error:
                    who = "reading" if reads else "writing"
                    self.troubles.failed(command.error.code, who, error=str(error))
                return

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
