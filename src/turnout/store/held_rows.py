"""Rows that another transaction holds, and commands that wait for one (PostgreSQL).

Theory. A row may be held for seconds or for good: its transaction is on a frozen node, or in an
open `psql`. If every command that wants it waited where it is, such commands would soon have all
the writers, and everything else would stand still. So a command waits in its lane for a quarter of
a second only. Then it is taken back (it can be run again, as after a deadlock) and waits in the
waiting room, which has threads of its own, for as long as the operator has set. The process
remembers the row (`HeldRows`), so that the next command which says that it wants it (`Tx.about`)
goes to the room at once.

Rules.
- A verb says `tx.about(table, id)` before the statement that locks a row which many want. One that
  does not say so costs its lane a quarter of a second each time.
- Commands are told apart by their *subject*, the first row that they said they want: one event that
  is held shows as its own row, its ticket types, and the count of its forms.
- Commands about one subject never have more than half of the room. Subjects that are *kept* (a
  command has waited for its whole time and not got the row) have half of it together, however many
  they are, and take turns: so a row that is busy for a moment always finds a thread.
- A command whose time in the room is over is Unavailable, begun or not: nothing of it was written.
  It waits again, up to five times in all, where others in the room got the row (nobody
  keeps it, it is only wanted by many), or where it has only waited for a thread.
- Anyone who gets a row forgets that it was held. What is remembered lasts for seconds only.
"""

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import NamedTuple

from turnout.errors import Unavailable
from turnout.store.commands import Command

REMEMBERED_S = 3.0
ROOM_REMEMBERS_S = 60.0
ROUNDS_LIMIT = 5

Row = tuple[str, Hashable]
"""A table, and what names one of its rows."""


class HeldError(Exception):
    """A row that the command wants is known to be held."""

    def __init__(self, row: Row) -> None:
        super().__init__(f"{row[0]} {row[1]} is held by another transaction")
        self.row = row


class HeldRows:
    """Which rows this process has found held within the last seconds. Used by all its threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._until: dict[Row, float] = {}

    def note(self, rows: Iterable[Row]) -> None:
        """The rows are held by another transaction."""
        now = self._clock()
        with self._lock:
            self._until = {row: until for row, until in self._until.items() if until > now}
            self._until |= dict.fromkeys(rows, now + REMEMBERED_S)

    def forget(self, rows: Iterable[Row]) -> bool:
        """The rows could be had. Whether that leaves none of those that were held."""
        if not self._until:
            return False
        with self._lock:
            found = [row for row in rows if self._until.pop(row, None)]
            return bool(found) and not self._until

    def find(self, rows: Iterable[Row]) -> Row | None:
        """The first of the rows that is known to be held."""
        if not self._until:
            return None
        now = self._clock()
        return next((row for row in rows if self._until.get(row, now) > now), None)

    def list_of(self, table: str) -> list[Hashable]:
        """Which rows of a table are known to be held."""
        now = self._clock()
        with self._lock:
            held = [row for row, until in self._until.items() if until > now]
        return [key for name, key in held if name == table]


class Wants:
    """Which rows one transaction has said that it wants. One that has a `wait` does not mind which
    of them are known to be held; that is called before each is waited for."""

    def __init__(self, held: HeldRows) -> None:
        self.held = held
        self.wait: Callable[[], None] | None = None
        self._rows: list[Row] = []

    @property
    def subject(self) -> Row | None:
        """What the transaction is about: the first row that it wanted."""
        return self._rows[0] if self._rows else None

    def add(self, table: str, ids: Sequence[Hashable]) -> None:
        """Raises HeldError."""
        rows = [(table, id_) for id_ in ids]
        self._rows += rows
        if self.wait is not None:
            self.wait()
        elif row := self.held.find(rows):
            raise HeldError(row)

    def had(self) -> bool:
        """The transaction has committed, so it could have them all. Whether one of them was known
        to be held, and now none is any more."""
        return self.held.forget(self._rows)

    def blame(self, error: Exception) -> Row | None:
        """Which of them an error speaks of, if one; from then on it is known to be held. A time-out
        of the server names the relation only: all that were wanted of it count as held."""
        if isinstance(error, HeldError):
            return error.row
        context = getattr(getattr(error, "diag", None), "context", None) or ""
        blamed = [row for row in self._rows if f'relation "{row[0]}"' in context]
        self.held.note(blamed)
        return blamed[0] if blamed else None


class Waiter(NamedTuple):
    """A command in the waiting room; `subject` is what it is about, as far as is known, and
    `ends_at` when it has waited for long enough (`time.monotonic`)."""

    command: Command
    subject: Hashable
    ends_at: float
    rounds: int = 1

    def again(self, seconds: float) -> "Waiter":
        """The same for that long from now."""
        return self._replace(ends_at=time.monotonic() + seconds, rounds=self.rounds + 1)

    @property
    def left_s(self) -> float:
        """For how long it may still wait; 0 or less = no longer."""
        return self.ends_at - time.monotonic()


class WaitingRoom:
    """A bounded queue of commands that wait for held rows, for a few threads of their own; those of
    one subject, and those of all that are kept, run on up to `share` of them."""

    def __init__(self, limit: int, share: int) -> None:
        self._limit = limit
        self._share = share
        self._waiting: dict[Hashable, deque[Waiter]] = {}
        self._count = 0
        self._running: Counter[Hashable] = Counter()
        self._had_at: dict[Hashable, float] = {}
        self._kept_at: dict[Hashable, float] = {}
        self._changed = threading.Condition()
        self._is_closed = False

    def put(self, waiter: Waiter) -> None:
        """Let a command wait. Raises Unavailable when the room is full."""
        with self._changed:
            if self._count >= self._limit:
                raise Unavailable("store.busy")
            self._waiting.setdefault(waiter.subject, deque()).append(waiter)
            self._count += 1
            self._changed.notify()

    def take(self) -> Waiter | None:
        """Wait for one that can be run now, or that has waited for long enough; None = the room is
        closed and empty. Call `end` when it has been dealt with."""
        with self._changed:
            while True:
                heads = [queue[0] for queue in self._waiting.values()]
                if waiter := self._find(heads):
                    self._leave(waiter)
                    return waiter
                if self._is_closed and not heads:
                    return None
                self._changed.wait(max(0.0, _first(heads).left_s) if heads else None)

    def end(self, waiter: Waiter, *, had_row: bool | None = None) -> None:
        """A command that was taken has come to an end: with the row, or without it though it waited
        for it; None where that is not known."""
        with self._changed:
            if had_row is not None:
                self._note(waiter.subject, had_row=had_row)
            self._running[waiter.subject] -= 1
            self._running += Counter()  # which drops what is not running any more
            self._changed.notify_all()

    def was_had(self, subject: Hashable, seconds: float) -> bool:
        """Whether a command in the room got the row within the last seconds."""
        with self._changed:
            return subject in _since(self._had_at, seconds)

    def is_kept(self, subject: Hashable) -> bool:
        """Whether the last command that waited for the row for its whole time did not get it."""
        with self._changed:
            return subject in _since(self._kept_at, ROOM_REMEMBERS_S)

    def close(self) -> None:
        """Those that wait are still dealt with."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def _note(self, subject: Hashable, *, had_row: bool) -> None:
        self._had_at = _since(self._had_at, ROOM_REMEMBERS_S)
        self._kept_at = _since(self._kept_at, ROOM_REMEMBERS_S)
        self._kept_at.pop(subject, None)
        noted = self._had_at if had_row else self._kept_at
        noted[subject] = time.monotonic()

    def _find(self, heads: list[Waiter]) -> Waiter | None:
        """The first that is over; or that which can be run and of whose subject fewest run."""
        if heads and _first(heads).left_s <= 0:
            return _first(heads)
        kept = _since(self._kept_at, ROOM_REMEMBERS_S)
        of_kept = sum(count for subject, count in self._running.items() if subject in kept)
        possible = [
            head
            for head in heads
            if (of_kept if head.subject in kept else self._running[head.subject]) < self._share
        ]
        return min(
            possible, key=lambda head: (self._running[head.subject], head.ends_at), default=None
        )

    def _leave(self, waiter: Waiter) -> None:
        queue = self._waiting[waiter.subject]
        queue.popleft()
        if not queue:
            del self._waiting[waiter.subject]
        self._count -= 1
        self._running[waiter.subject] += 1


def _first(waiters: list[Waiter]) -> Waiter:
    return min(waiters, key=lambda waiter: waiter.ends_at)


def _since(moments: dict[Hashable, float], seconds: float) -> dict[Hashable, float]:
    after = time.monotonic() - seconds
    return {what: at for what, at in moments.items() if at > after}
