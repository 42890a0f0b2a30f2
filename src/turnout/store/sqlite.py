"""SQLite: a few reader threads, and one writer thread that commits in groups.

The writer takes what waits, opens one `BEGIN IMMEDIATE`, runs each command inside a savepoint
and commits once: one fsync pays for the whole group, and every caller is answered only after
it. A command that raises is rolled back alone. SQLite may roll back the whole transaction by
itself (a full disk, an I/O error); so after each command the writer checks that it is still
inside, and if not, or if the commit fails, every caller of the group gets Unavailable and
nothing of the group is on disk.

Statements never use `OR ROLLBACK`, and always fetch `RETURNING` to the end.

The log (WAL) is copied into the database once a second by a thread of its own, so that no
caller waits for that. Under a load without a pause the log never starts again by itself; when it
has grown too far the writer copies the last few pages and makes it.
"""

import os
import shutil
import sqlite3
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from turnout.errors import Unavailable
from turnout.settings import Settings
from turnout.store import faults
from turnout.store.commands import Command
from turnout.store.database import Database
from turnout.store.faults import FAILED, FULL, NOT_OURS, READ_ONLY, WRITE, advise, fault_of
from turnout.store.late import TransactionStart
from turnout.store.sources import Clock, Ids
from turnout.store.transaction import Tx
from turnout.store.troubles import Troubles

GROUP_SIZE = 256
BUSY_TIMEOUT_MS = 5_000
CHECKPOINT_EVERY_S = 1.0
RESTART_PAGES = 16_384
INDEX_BYTES = 32_768
# What the writer and each reader keep of the file. The system has the rest: beside a million people
# a registration costs the same processor time with 4, 16 and 64 MB.
WRITER_CACHE_KB, READER_CACHE_KB = 4_096, 4_096


def path_of(url: str) -> Path:
    """The file that a `sqlite:///…` address names; four slashes make it absolute."""
    if not url.startswith("sqlite:///") or len(url) <= len("sqlite:///"):
        raise Unavailable("store.url_file", url=url)
    return Path(url.removeprefix("sqlite:///"))


def check_exists(url: str) -> None:
    """Raise Unavailable where opening an embedded database would make an empty one."""
    if url.startswith("sqlite:") and not path_of(url).exists():
        raise Unavailable("store.missing", path=path_of(url))


def is_writable(path: Path) -> bool:
    """Whether this process may write the file, and the log and index beside it."""
    if not path.exists():
        return True  # it is to be made, or that fails and says why
    files = (path, *(Path(f"{path}{ending}") for ending in ("-wal", "-shm")))
    return all(os.access(file if file.exists() else path.parent, os.W_OK) for file in files)


def open_to_read(path: Path) -> sqlite3.Connection:
    """A connection that cannot write. Where not even the log's index can be made (a read-only file
    system), the file is read as it stands, unless a log beside it holds what is newer."""
    name = str(path.resolve()).replace("%", "%25").replace("?", "%3f").replace("#", "%23")
    connection = _connect(f"file:{name}?mode=ro", uri=True)
    try:
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    except sqlite3.OperationalError:
        connection.close()
        log_file = Path(f"{path}-wal")
        if log_file.exists() and log_file.stat().st_size:
            raise
        connection = _connect(f"file:{name}?mode=ro&immutable=1", uri=True)
    connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    connection.execute("PRAGMA temp_store=MEMORY")
    return connection


def _connect(name: str, *, uri: bool = False) -> sqlite3.Connection:
    return sqlite3.connect(
        name, isolation_level=None, check_same_thread=False, cached_statements=512, uri=uri
    )


def connect(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """A connection with the pragmas that every part of Turnout relies on.

    Where the file cannot be written, it can be read.
    """
    try:
        if not is_writable(path):
            return open_to_read(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = _connect(str(path))
        connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA temp_store=MEMORY")
        connection.execute("PRAGMA cache_size=-65536")
        connection.execute("PRAGMA wal_autocheckpoint=0")
        # What is deleted is overwritten: an erased person is not in the file's free pages.
        connection.execute("PRAGMA secure_delete=ON")
        if read_only:
            connection.execute("PRAGMA query_only=ON")
            connection.execute(f"PRAGMA cache_size=-{READER_CACHE_KB}")
    except (OSError, sqlite3.Error) as error:
        raise _cannot_open(path, error) from error
    return connection


def _cannot_open(path: Path, error: Exception) -> Unavailable:
    code = fault_of(error, FAILED)
    if code == FAILED and not is_writable(path):
        code = READ_ONLY
    if code == FAILED and _is_disk_full(path):
        code = FULL
    if code in (FULL, READ_ONLY, NOT_OURS):
        return faults.as_failure(code, error, advise(code, path))
    return Unavailable("store.unreachable", path=path, said=str(error))


def _is_transient(error: BaseException) -> bool:
    return isinstance(error, sqlite3.OperationalError)


def _is_disk_full(path: Path) -> bool:
    """Whether not even the index of the log could be made; SQLite only says "disk I/O error"."""
    try:
        return shutil.disk_usage(path.parent).free < INDEX_BYTES
    except OSError:
        return False


class SqliteDatabase(Database):
    """The embedded database, the default."""

    backend = "sqlite"

    def __init__(self, settings: Settings, clock: Clock, ids: Ids) -> None:
        super().__init__(settings, clock, ids)
        self.path = path_of(settings.database_url)
        self._written = False
        self._log_too_long = False
        self._log_troubles = Troubles("checkpoint failed")
        self._stopping = threading.Event()
        writer = connect(self.path)
        writer.execute(f"PRAGMA cache_size=-{WRITER_CACHE_KB}")
        # What cannot be written can be read: the command that tries to write is told so.
        self._is_writable = is_writable(self.path)
        self._begin = "BEGIN IMMEDIATE" if self._is_writable else "BEGIN"
        with suppress(OSError):  # another user's file
            os.chmod(self.path, 0o600)
        self._threads = [threading.Thread(target=self._write_loop, args=(writer,), name="writer")]
        self._threads += [
            threading.Thread(target=self._read_loop, name=f"reader-{n}")
            for n in range(settings.database_threads)
        ]
        self._checkpointer = threading.Thread(target=self._checkpoint_loop, name="checkpointer")
        for thread in (*self._threads, self._checkpointer):
            thread.daemon = True
            thread.start()
        self._start_sweeping()

    def schema_version(self) -> str | None:
        connection = connect(self.path, read_only=True)
        try:
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        except sqlite3.OperationalError:
            return None
        finally:
            connection.close()
        return row[0] if row else None

    def close(self) -> None:
        self.writes.close()
        self.reads.close()
        self.streams.close()
        for thread in self._threads:
            thread.join()
        self._stopping.set()
        self._checkpointer.join()
        self._sweeper.stop()

    def scrub(self, tables: Sequence[str]) -> bool:
        """Copy the log into the database and empty it; False while somebody reads."""
        connection = connect(self.path)
        try:
            busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        finally:
            connection.close()
        return not busy

    def _tx(self, connection: sqlite3.Connection) -> Tx:
        now, lease_now = self._read_clock()
        return Tx(
            "sqlite",
            connection,
            now,
            self.ids,
            self.sequences,
            _is_transient,
            self.permitted,
            lease_now=lease_now,
        )

    # -- writing ---------------------------------------------------------------------------

    def _write_loop(self, connection: sqlite3.Connection) -> None:
        while group := self.writes.take(GROUP_SIZE):
            self._commit_group(connection, group)
            self._deliver(group)
            self._tend_log(connection)
        connection.close()

    def _commit_group(self, connection: sqlite3.Connection, group: list[Command]) -> None:
        try:
            connection.execute(self._begin)
            began = TransactionStart.now(self.clock)
            for command in group:
                self._run_command(connection, command)
            noted_ms = 0
            if any(command.error is None for command in group):
                noted_ms = self._note_if_late(self._tx(connection), began)
            connection.execute("COMMIT")
            self.sequences.committed()
            self._note_late_commit(began, noted_ms, group)
            self._judge_group(group)
        except (sqlite3.Error, _GroupLostError) as error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            self.sequences.forget_uncommitted()
            failure = self._as_failure(error, WRITE)
            self.troubles.failed(failure.code, "writing", error=str(error), lost=len(group))
            for command in group:
                command.error = failure

    def _run_command(self, connection: sqlite3.Connection, command: Command) -> None:
        connection.execute("SAVEPOINT command")
        self._writing_since = time.monotonic()
        try:
            command.run(self._tx(connection))
        except BaseException as error:
            command.error = self._translate(error)
            if not connection.in_transaction:
                raise _GroupLostError(str(error)) from error
            connection.execute("ROLLBACK TO SAVEPOINT command")
            self.sequences.forget_uncommitted()
        finally:
            self._writing_since = None
        if not connection.in_transaction:
            raise _GroupLostError("the database rolled back by itself")
        connection.execute("RELEASE SAVEPOINT command")

    @contextmanager
    def _reader(self) -> Iterator[Tx]:
        connection = connect(self.path, read_only=True)
        try:
            connection.execute("BEGIN")
            yield self._tx(connection)
        finally:
            connection.close()

    def _translate(self, error: BaseException) -> BaseException:
        is_known = fault_of(error, FAILED) != FAILED
        if is_known or isinstance(error, sqlite3.OperationalError):
            return self._as_failure(error, FAILED)
        return error

    def _as_failure(self, error: BaseException, otherwise: str) -> Unavailable:
        code = fault_of(error, otherwise)
        return faults.as_failure(code, error, advise(code, self.path))

    def _judge_group(self, group: list[Command]) -> None:
        """Tell of the commands that the database refused, or that it works again."""
        if not any(self._tell(command.error, "writing") for command in group):
            self.troubles.worked("writing")

    def _tell(self, error: BaseException | None, who: str) -> bool:
        is_told = isinstance(error, Unavailable) and error.__cause__ is not None
        if isinstance(error, Unavailable) and is_told:
            self.troubles.failed(error.code, who, error=str(error.__cause__))
        return is_told

    # -- reading ---------------------------------------------------------------------------

    def _read_loop(self) -> None:
        connection = connect(self.path, read_only=True)
        while group := self.reads.take(1):
            for command in group:
                self._read(connection, command)
                if not self._tell(command.error, "reading"):
                    self.troubles.worked("reading")
            self._deliver(group)
        connection.close()

    def _read(self, connection: sqlite3.Connection, command: Command) -> None:
        try:
            connection.execute("BEGIN")
            command.run(self._tx(connection))
        except BaseException as error:  # noqa: BLE001 - whatever a verb raises is its caller's
            command.error = self._translate(error)
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")

    # -- the log ---------------------------------------------------------------------------

    def _tend_log(self, connection: sqlite3.Connection) -> None:
        self._written = True
        if self._log_too_long:
            self._log_too_long = False
            connection.execute("PRAGMA busy_timeout=50")
            try:
                connection.execute("PRAGMA wal_checkpoint(RESTART)")
            except sqlite3.Error as error:
                self._log_troubles.failed("store.log", "writer", error=str(error))
            else:
                self._log_troubles.worked("writer")
            connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")

    def _checkpoint_loop(self) -> None:
        if not self._is_writable:
            return
        connection = connect(self.path)
        while not self._stopping.wait(CHECKPOINT_EVERY_S):
            if not self._written:
                continue
            self._written = False
            try:
                row = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
                self._log_too_long = row[1] > RESTART_PAGES
            except sqlite3.Error as error:
                self._log_troubles.failed("store.log", "checkpointer", error=str(error))
            else:
                self._log_troubles.worked("checkpointer")
        connection.close()


class _GroupLostError(Exception):
    """The group's transaction is no longer open."""


def disk_fsync_ms(folder: Path) -> float:
    """How long the disk under `folder` takes to make 4 KiB durable, in milliseconds."""
    with tempfile.NamedTemporaryFile(dir=folder) as file:
        started = time.perf_counter()
        for _ in range(5):
            file.write(b"x" * 4096)
            file.flush()
            os.fsync(file.fileno())
        return (time.perf_counter() - started) * 200
