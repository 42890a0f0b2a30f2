"""PostgreSQL: lanes of threads, each with a session of its own, behind the same bridge.

The door, requests, workers and reads each have a lane: a queue and a few threads. So whatever holds
up the ones (workers that wait, a flood of requests) leaves the others alone. What wants a row that
another transaction holds leaves its lane and waits in a room of its own (held_rows.py).

Writes run in READ COMMITTED; a command that meets a serialization failure or a deadlock is run
again (verbs have no effect outside their transaction, so that is safe), and so is one whose
connection was lost, once. Where it was lost at COMMIT, PostgreSQL is asked for the outcome
(outcomes.py). Reads run in REPEATABLE READ and may not write, so that one read sees one state, as
on SQLite. Counters that must never oversell are single guarded `UPDATE … WHERE` statements. Workers
on other nodes are woken by NOTIFY after the commit, at most every 50 ms a queue, and they also
poll.
"""

import logging
import threading
import time
from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

import psycopg
from psycopg import errors as pg

from turnout.errors import Unavailable
from turnout.log import log
from turnout.settings import Settings
from turnout.store.back_off import growing
from turnout.store.commands import Command, CommandQueue, Lane
from turnout.store.database import Database
from turnout.store.draws import DrawnIds, DrawnNumbers, Draws
from turnout.store.held_rows import ROUNDS_LIMIT, HeldError, HeldRows, Waiter, WaitingRoom, Wants
from turnout.store.late import TransactionStart
from turnout.store.outcomes import ASK_S, CommitLostError, Outcome, as_unknown, find_outcome
from turnout.store.pg_fitness import check_fit
from turnout.store.pg_room import count_threads
from turnout.store.pg_scrubbing import scrub_tables
from turnout.store.pg_sessions import (
    Session,
    Use,
    connect,
    limits_of,
    wait_for_rows,
)
from turnout.store.sources import Clock, Ids
from turnout.store.sqlstates import LOST, Meaning, as_failure, is_transient, meaning_of
from turnout.store.transaction import Tx
from turnout.store.troubles import Troubles

CHANNEL = "turnout"
ATTEMPTS = 10
CONFLICT_S = growing(0.005, 2.56)
NOTIFY_EVERY_S = 0.05
RETRY_AFTER_S = 3
HELD = (pg.LockNotAvailable, HeldError)
HELD_CODE = "store.held"
HELD_EVENT = "rows are held by another transaction, which may be this server's own work"
# A transaction of a request gets this long even if it began late; one of a worker so many times as
# long as a request.
GRACE_S = 10.0
WORK_FACTOR = 10


class PostgresqlDatabase(Database):
    """A PostgreSQL database that any number of nodes share."""

    backend = "postgresql"

    def __init__(self, settings: Settings, clock: Clock, ids: Ids) -> None:
        super().__init__(settings, clock, ids)
        self._url = settings.database_url
        self._limits = limits_of(settings)
        check_fit(self._url)
        self.lanes = tuple(CommandQueue(settings.write_queue) for _ in Lane)
        self._held = HeldRows()
        self._held_troubles = Troubles(HELD_EVENT, level=logging.WARNING)
        counts = count_threads(settings.database_threads)
        self._room = WaitingRoom(settings.write_queue, max(1, counts[Use.WAIT] // 2))
        self._stopping = threading.Event()
        self._to_notify: set[str] = set()
        self._sessions: set[Session] = set()
        self._request_seconds = settings.request_seconds
        self._threads = [
            threading.Thread(target=self._loop, args=(queue, use), name=f"{use}-{n}")
            for queue, use in (
                (self.lanes[Lane.DOOR], Use.DOOR),
                (self.lanes[Lane.REQUEST], Use.WRITE),
                (self.lanes[Lane.BACKGROUND], Use.WORK),
                (self.reads, Use.READ),
            )
            for n in range(counts[use])
        ]
        self._waiting_threads = [
            threading.Thread(target=self._wait_loop, name=f"wait-{n}")
            for n in range(counts[Use.WAIT])
        ]
        self._notifier = threading.Thread(target=self._notify_loop, name="notifier")
        for thread in (*self._threads, *self._waiting_threads, self._notifier):
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
        for queue in (*self.lanes, self.reads):
            queue.close()
        self.streams.close()
        for thread in self._threads:
            thread.join()
        self._room.close()
        for thread in self._waiting_threads:
            thread.join()
        self._sweeper.stop()
        self._stopping.set()
        self._notifier.join()

    def _loop(self, queue: CommandQueue, use: Use) -> None:
        with self._session(use) as session:
            while group := queue.take(1):
                self._deliver([command for command in group if self._run(session, command, use)])

    def _wait_loop(self) -> None:
        with self._session(Use.WAIT) as session:
            while waiter := self._room.take():
                if waiter.command.is_dropped(time.monotonic()):
                    self._room.end(waiter)
                    continue
                has_run = waiter.left_s > 0
                if has_run:
                    self._run(session, waiter.command, Use.WAIT, waiter.ends_at)
                else:
                    waiter.command.error = _as_held()
                error = waiter.command.error
                is_known = error is None or (has_run and _is_held(error))
                self._room.end(waiter, had_row=error is None if is_known else None)
                if not (_is_held(error) and self._waits_on(waiter, has_run=has_run)):
                    self._deliver([waiter.command])

    def _waits_on(self, waiter: Waiter, *, has_run: bool) -> bool:
        """Whether a command whose time is over waits again: nobody is known to keep the row."""
        lock_s = self._limits[Use.WAIT].lock_ms / 1000
        is_wanted_only = (
            self._room.was_had(waiter.subject, lock_s)
            if has_run
            else not self._room.is_kept(waiter.subject)
        )
        if waiter.rounds >= ROUNDS_LIMIT or not is_wanted_only:
            return False
        with suppress(Unavailable):  # the room is full
            self._room.put(waiter.again(lock_s))
            return True
        return False

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

    def scrub(self, tables: Sequence[str]) -> bool:
        """Vacuum the tables; False where one of them is held."""
        try:
            with self._connect(Use.MIGRATE, autocommit=True) as connection:
                return scrub_tables(connection, tables)
        except psycopg.Error as error:
            log.warning("vacuum failed; it is tried again", error=str(error))
            return False

    def _tx(
        self,
        connection: "psycopg.Connection[Any]",
        wants: Wants | None = None,
        command: Command | None = None,
    ) -> Tx:
        now, lease_now = self._read_clock()
        ids, sequences = self.ids, self.sequences
        if command is not None:
            draws = command.draws = command.draws or Draws()
            draws.begin()
            ids, sequences = DrawnIds(ids, draws), DrawnNumbers(sequences, draws)
        return Tx(
            "postgresql",
            connection,
            now,
            ids,
            sequences,
            _is_transient,
            self.permitted,
            HELD,
            wants,
            lease_now=lease_now,
        )

    @contextmanager
    def _reader(self) -> Iterator[Tx]:
        with self._connect(Use.STREAM) as connection:
            yield self._tx(connection)

    def _translate(self, error: BaseException) -> BaseException:
        meaning = meaning_of(error)
        return as_failure(error, meaning) if meaning else error

    def _run(
        self, session: Session, command: Command, use: Use, ends_at: float | None = None
    ) -> bool:
        """Run a command, again after a conflict; False = it waits in the waiting room now. With
        `ends_at` (monotonic seconds) it waits for no row any longer than until then."""
        is_repeated = False
        who = "reading" if use is Use.READ else "writing"
        for attempt in range(ATTEMPTS):
            command.error, command.woken = None, set()
            wants = Wants(self._held)
            try:
                self._transact(session, command, use, wants, ends_at)
            except HELD as error:
                row = wants.blame(error) or command.verb
                return self._put_off(command, use, row, wants.subject or row)
            except BaseException as error:  # noqa: BLE001 - whatever a verb raises is its caller's
                meaning, command.error = self._judge(error)
            else:
                self._note_success(who, wants)
                return True
            if meaning is None:
                self._tell(command.error, who)
                return True
            if meaning.runs_again:
                time.sleep(CONFLICT_S.draw(attempt + 1))
                continue
            self._tell(command.error, who)
            if is_repeated or not meaning.repeats or _is_over(command):
                return True
            is_repeated = True
        return True

    def _transact(
        self,
        session: Session,
        command: Command,
        use: Use,
        wants: Wants,
        ends_at: float | None,
    ) -> None:
        """Run a command in a transaction, which tells where its commit comes late."""
        began, noted_ms = TransactionStart.now(self.clock), 0
        try:
            with session.transaction(self._until(command)) as connection:
                if ends_at is not None:
                    wants.wait = partial(wait_for_rows, connection, ends_at)
                    wants.wait()
                tx = self._tx(connection, wants, command)
                command.run(tx)
                if use is not Use.READ:
                    noted_ms = self._note_if_late(tx, began)
        except CommitLostError:  # it may have been made
            self._note_late_commit(began, noted_ms, [command])
            raise
        if use is not Use.READ:
            self._note_late_commit(began, noted_ms, [command])

    def _note_success(self, who: str, wants: Wants) -> None:
        self.troubles.worked(who)
        if wants.had():
            self._held_troubles.worked("rows")

    def _put_off(self, command: Command, use: Use, row: Hashable, subject: Hashable) -> bool:
        """A command wants a row that is held; True = that is its end."""
        self._held_troubles.failed(HELD_CODE, "rows", row=getattr(row, "__qualname__", row))
        command.error = _as_held()
        if use not in (Use.DOOR, Use.WRITE):
            return True
        ends_at = time.monotonic() + self._limits[Use.WAIT].lock_ms / 1000
        try:
            self._room.put(Waiter(command, subject, ends_at))
        except Unavailable as full:
            command.error = full
            return True
        return False

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
        """Connected once somebody here waits for others, or has something to tell them."""
        while not (self._wakers or self._to_notify):
            if self._stopping.wait(NOTIFY_EVERY_S) and not self._to_notify:
                return
        troubles = Troubles("notifications interrupted")
        is_over = False
        while not is_over:
            try:
                with self._connect(Use.NOTIFY, autocommit=True) as connection:
                    troubles.worked("notifier")
                    self._exchange(connection)
                is_over = True
            except psycopg.Error as error:
                troubles.failed("store.notify", "notifier", error=str(error))
                is_over = self._stopping.wait(1)

    def _exchange(self, connection: "psycopg.Connection[Any]") -> None:
        """Until the end, before which all is told that there is to tell."""
        own = connection.info.backend_pid
        connection.execute(f"LISTEN {CHANNEL}")
        is_last = False
        while not is_last:
            is_last = self._stopping.is_set()
            while self._to_notify:
                connection.execute("SELECT pg_notify(%s, %s)", (CHANNEL, self._to_notify.pop()))
            if not is_last:
                self._hear(connection, own)

    def _hear(self, connection: "psycopg.Connection[Any]", own: int) -> None:
        for notice in connection.notifies(timeout=NOTIFY_EVERY_S, stop_after=1):
            if notice.pid != own:
                super()._wake([notice.payload])


def _as_held() -> Unavailable:
    return Unavailable(HELD_CODE, retry_after=RETRY_AFTER_S)


def _is_transient(error: BaseException) -> bool:
    return is_transient(error) or isinstance(error, HeldError)


def _is_held(error: BaseException | None) -> bool:
    return isinstance(error, Unavailable) and error.code == HELD_CODE


def _is_over(command: Command) -> bool:
    return command.patience is not None and command.patience.is_over(time.monotonic())
