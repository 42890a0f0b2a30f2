"""Whether a span of time that began at a stored instant is over, whatever the clock did since.

Theory. A window, a lease, a pause or a session is an instant and a length. The clock that wrote the
instant may have been ahead: it was set back since, or it is another machine's. Such a span would
last until the clock is there again, for hours or for ever. So a span that begins in the future has
ended: nobody has to wait for it, and nobody may use it. A little is let pass, for the clocks of two
machines are never the same.

Statements compare with the edges of the spans that run: those that began after `edges(…).over` and
not after `edges(…).ahead`. `Windows` counts in the memory of one process.
"""

from collections.abc import Callable, Hashable
from typing import Generic, NamedTuple, TypeVar

TOLERANCE_MS = 5_000


class Edges(NamedTuple):
    """A span of that length runs if it began after `over` and not after `ahead` (epoch ms)."""

    over: int
    ahead: int


def edges(length_ms: int, now: int) -> Edges:
    """Between which instants a span of `length_ms` has begun that runs now."""
    return Edges(now - length_ms, now + TOLERANCE_MS)


def is_over(began_at: int, length_ms: int, now: int) -> bool:
    """Whether a span of `length_ms` that began then has ended, or begins in the future."""
    # The same as by `edges`, which would cost each request twice as much.
    return not now - length_ms < began_at <= now + TOLERANCE_MS


def has_ended(ends_at: int, length_ms: int, now: int) -> bool:
    """`is_over` for a span of which the end was kept."""
    return is_over(ends_at - length_ms, length_ms, now)


def seconds_left(ends_at: int, length_ms: int, now: int) -> int:
    """How long a caller is told to wait for the end: at least 1 second, and never longer than the
    whole span."""
    return max(1, -(-min(ends_at - now, length_ms) // 1000))


class Window:
    """What was counted since `started_at` (epoch ms)."""

    __slots__ = ("count", "started_at")

    def __init__(self, started_at: int) -> None:
        self.started_at = started_at
        self.count = 0


W = TypeVar("W", bound=Window)


class Windows(Generic[W]):
    """Fixed windows of `length_ms` by key, each from its first use; at most `limit` of them. Used
    from one thread."""

    def __init__(
        self, clock: Callable[[], int], length_ms: int, limit: int, make: Callable[[int], W]
    ) -> None:
        self._clock = clock
        self._length_ms = length_ms
        self._limit = limit
        self._make = make
        self._windows: dict[Hashable, W] = {}

    def __len__(self) -> int:
        return len(self._windows)

    def get(self, key: Hashable) -> W:
        """The running window of a key; a new one if there is none, or if it is over."""
        now = self._clock()
        window = self._windows.get(key)
        if window is None or is_over(window.started_at, self._length_ms, now):
            # The oldest windows stand first, so what is dropped is what ends soonest.
            self._windows.pop(key, None)
            while len(self._windows) >= self._limit:
                del self._windows[next(iter(self._windows))]
            window = self._windows[key] = self._make(now)
        return window

    def find(self, key: Hashable) -> W | None:
        """The window of a key, if there is one."""
        return self._windows.get(key)

    def drop(self, key: Hashable) -> None:
        """Forget a key."""
        self._windows.pop(key, None)

    def seconds_left(self, window: W) -> int:
        """Whole seconds until the window ends, at least 1."""
        return seconds_left(window.started_at + self._length_ms, self._length_ms, self._clock())
