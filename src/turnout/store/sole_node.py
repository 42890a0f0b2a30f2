"""One SQLite file has one serving node: limits, caches and waiting requests are its own.

The node holds a lock on a file beside the database as long as it lives, however it ends. The lock
is the process's (lockf): what it forks has none of it. Workers and commands take no lock, as they
may run beside the node.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from turnout.errors import Unavailable
from turnout.settings import Settings
from turnout.store.sqlite import path_of


@contextmanager
def serve_alone(settings: Settings) -> Iterator[bool]:
    """Hold the database for this serving process as long as the block runs; whether it is alone.

    Raises Unavailable where another one holds it, unless `allow_second_node` is set. A database of
    several nodes, or one that cannot be locked, is not held.
    """
    if not settings.database_url.startswith("sqlite:"):
        yield True
        return
    path = path_of(settings.database_url)
    file = _open(path.resolve())
    if file is None:
        yield True
        return
    try:
        is_alone = _lock(file)
        if not is_alone and not settings.allow_second_node:
            pid = os.pread(file, 20, 0).decode("ascii", "replace").strip()
            raise Unavailable("store.served", path=path, pid=pid or "?")
        yield is_alone
    finally:
        os.close(file)


def _open(path: Path) -> int | None:
    """None where there is no database, or nothing can be written beside it."""
    if not path.exists():
        return None
    try:
        return os.open(path.with_name(path.name + ".serve"), os.O_RDWR | os.O_CREAT, 0o600)
    except OSError:
        return None


def _lock(file: int) -> bool:
    """Whether the lock is ours; it says whose it is. A file system without locks gives everybody
    theirs."""
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:
        return True
    os.ftruncate(file, 0)
    os.pwrite(file, f"{os.getpid()}\n".encode(), 0)
    return True
