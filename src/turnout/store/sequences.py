"""Numbers for new rows, taken from the database a block at a time.

A block costs one statement, the numbers in it none. On SQLite the block is taken inside the
transaction that needs it, so it counts only once that transaction is on disk: until then it
is "uncommitted", and any rollback throws it away (the next taker asks the database again; a
number that was rolled back may come again, one that was committed never). On PostgreSQL blocks
come from a real sequence, which no rollback touches.

If you add a sequence, also create it in a migration (`sequence()` there does both databases).
"""

import threading
from typing import TYPE_CHECKING, NamedTuple

from turnout.store.sql import sql

if TYPE_CHECKING:
    from turnout.store.transaction import Tx


class Block(NamedTuple):
    """How a sequence counts: its first number and how many are taken at once."""

    start: int
    size: int


SEQUENCES = {
    "organization": Block(10001, 1),
    "identity": Block(1, 1),
    "programme": Block(1, 1),
    "event": Block(1_000_001, 1),
    "audit": Block(1, 20),
    "queue_item": Block(1, 100),
    "person": Block(1, 100),
    "registration": Block(1, 100),
    "ticket": Block(1, 100),
    "scan": Block(1, 100),
    "invitation": Block(1, 100),
    "waiting": Block(1, 1),
    "staff": Block(1, 1),
    "exam_change": Block(1, 100),
    "job": Block(60_000_001, 1),
    "recipient": Block(1, 500),
    "user_list": Block(1001, 1),
    "messaging": Block(1, 100),
    "callback": Block(1, 100),
    "audience": Block(1, 100),
}


class Sequences:
    """The blocks that this process holds. Shared by all its threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._left: dict[str, list[int]] = {}
        self._uncommitted: set[str] = set()

    def take(self, tx: "Tx", name: str, count: int) -> list[int]:
        """`count` rising numbers of the sequence `name`."""
        with self._lock:
            left = self._left.setdefault(name, [])
            while len(left) < count:
                left.extend(self._fetch(tx, name))
            taken = left[:count]
            del left[:count]
            return taken

    def committed(self) -> None:
        """The transaction that took the newest blocks is on disk."""
        self._uncommitted.clear()

    def forget_uncommitted(self) -> None:
        """Something was rolled back: drop every block that is not on disk yet."""
        with self._lock:
            for name in self._uncommitted:
                self._left.pop(name, None)
            self._uncommitted.clear()

    def _fetch(self, tx: "Tx", name: str) -> range:
        block = SEQUENCES[name]
        if tx.backend == "sqlite":
            self._uncommitted.add(name)
        first = sql.take_block(tx, name=name, regclass=f"{name}_ids", size=block.size)
        return range(first, first + block.size)
