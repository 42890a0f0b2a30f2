"""What was handed over, in a file of this machine, until the database has it.

Theory. Between a network's answer and the commit that records it lie some milliseconds, and more
while the database is busy. A process that is killed then would send a second copy to everybody of
that time. So each answer that says "sent" is also appended to a file, which outlives the process
(not the machine: nothing is flushed to disk). The next process of this installation on the machine
records what it finds in the files of those that are gone, before it claims anything. That is the
same as a worker that stood still and came back: if another has claimed the recipient since, the
rules of core/messaging/late.py hold.

Rules.
- A file belongs to who holds its lock; nobody else reads it. A process that dies loses its locks.
- It holds numbers and networks' ids, never an address or a text.
- What is recorded is cut off at once: a line says nothing of what was decided later.
- What comes in one turn of the event loop is written together.
- Where a file cannot be written, all goes on without, and the log says so.
"""

import asyncio
import fcntl
import hashlib
import os
import secrets
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec
import structlog

from turnout.core.messaging.left import Handed, hand, record_left
from turnout.core.messaging.prices import Prices
from turnout.core.messaging.recording import Patience, Result
from turnout.store import Database

_SUFFIX = ".journal"
_FLAGS = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC

log = structlog.get_logger()
_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Handed)


def find_folder(database_url: str) -> Path:
    """Where the files of an installation are: beside a database that is a file, else among this
    user's temporary files."""
    if database_url.startswith("sqlite:///"):
        path = Path(database_url.removeprefix("sqlite:///"))
        return path.with_name(f"{path.name}-sent")
    digest = hashlib.sha256(database_url.encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"turnout-{os.getuid()}-{digest}"


class Journal:
    """A file of one loop, made when there is something to write. Without a folder it does
    nothing."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._path: Path | None = None
        self._fd = -1
        self._waiting: list[Result] = []
        self._soon: asyncio.Handle | None = None
        self._new: list[bytes] = []
        """Lines of what is not being recorded yet."""

    def note(self, results: Sequence[Result]) -> None:
        """Write down at once which of these were handed over."""
        if self._folder is not None:
            self._waiting += results
            if self._soon is None:
                self._soon = asyncio.get_running_loop().call_soon(self._flush)

    def begin(self) -> None:
        """All that was noted until now is being recorded."""
        self._flush()
        self._new = []

    def cut(self) -> None:
        """What was being recorded is."""
        if self._fd >= 0:
            with suppress(OSError):
                os.ftruncate(self._fd, 0)
            if self._new:
                self._write(b"".join(self._new))

    def close(self) -> None:
        """All is recorded."""
        if self._soon:
            self._soon.cancel()
        if self._fd >= 0 and self._path:
            self._path.unlink(missing_ok=True)
            os.close(self._fd)
            self._fd = -1
            with suppress(OSError):  # others have theirs there
                self._path.parent.rmdir()

    def _flush(self) -> None:
        if self._soon:
            self._soon.cancel()
            self._soon = None
        waiting, self._waiting = self._waiting, []
        if handed := [line for line in map(hand, waiting) if line]:
            lines = _encoder.encode_lines(handed)
            self._new.append(lines)
            self._write(lines)

    def _write(self, lines: bytes) -> None:
        try:
            if self._fd < 0:
                self._open(self._folder)
            os.write(self._fd, lines)
        except OSError as error:
            log.warning("no journal of what is sent", folder=str(self._folder), error=str(error))
            self._folder = None

    def _open(self, folder: Path | None) -> None:
        assert folder  # noqa: S101 - `note` has looked
        make_folder(folder)
        path = folder / f"{os.getpid()}-{secrets.token_hex(4)}{_SUFFIX}"
        self._fd = os.open(path, _FLAGS, 0o600)
        fcntl.flock(self._fd, fcntl.LOCK_EX)
        self._path = path


def make_folder(folder: Path) -> None:
    """Make the folder, for this user alone. Raises OSError when it is another's."""
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if found.st_uid != os.getuid() or folder.is_symlink():
        raise PermissionError(f"{folder} is another user's")


async def record_what_is_left(
    db: Database, folder: Path, prices: Prices, patience: Patience
) -> None:
    """Record what processes left that are gone. What cannot be read is left alone, and told."""
    try:
        for path, handed in _read_left(folder):
            count = await db.write(record_left, handed, prices, patience)
            path.unlink(missing_ok=True)
            log.info("recorded what a stopped process had sent", messages=count)
    except OSError as error:
        log.warning("a journal cannot be read", folder=str(folder), error=str(error))


def _read_left(folder: Path) -> Iterator[tuple[Path, list[Handed]]]:
    """The files of processes that are gone, each with its lines; locked until the next."""
    if folder.exists():
        make_folder(folder)
    for path in sorted(folder.glob(f"*{_SUFFIX}")):
        with suppress(BlockingIOError, FileNotFoundError), path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield path, _read(file.read())


def _read(content: bytes) -> list[Handed]:
    """The lines that are whole."""
    lines = []
    for raw in content.split(b"\n")[:-1]:
        with suppress(msgspec.DecodeError):
            lines.append(_decoder.decode(raw))
    return lines
