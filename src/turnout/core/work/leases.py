"""How long claims hold, as the worker knows that has them in hand.

Theory. Between a claim and the handing over a worker waits, for a place, a connection or a slow
network, and it may be frozen in between: a paused machine, a closed laptop. When it comes back it
cannot know what others have done. So the end of a lease travels with what was claimed, and is
looked at immediately before the first byte of each message is written. What waits is renewed.

Rules.
- Two clocks are asked, and the lease is over when either says so: the machine's clock, which other
  nodes go by, and a counter of seconds that goes on during a freeze, and which nobody sets back.
- Both are read before the claim is made, so the worker's end is never later than the database's.
- It ends a little earlier for its worker (an eighth, up to 5 s) than for others: by so much their
  clocks may differ, and so long may the first byte take.
"""

from collections.abc import Callable, Iterable

from turnout.store.sources import Clock, counting_clock

LONGEST_MARGIN_MS = 5_000


class Lease:
    """The time for which some rows are ours: `until` (epoch ms), claimed or renewed for `lease_ms`
    not before `since_s` by `counter`."""

    __slots__ = ("_clock", "_counter", "_ends_at", "_ends_s", "_lease_ms", "_lost", "settled")

    def __init__(
        self,
        clock: Clock,
        until: int,
        since_s: float,
        lease_ms: int,
        counter: Callable[[], float] = counting_clock,
    ) -> None:
        self._clock = clock
        self._counter = counter
        self._lease_ms = lease_ms
        self._lost: set[int] = set()
        self.settled: set[int] = set()
        """Rows whose result is known: they wait for nothing any more."""
        self.extend(until, since_s)

    def extend(self, until: int, since_s: float) -> None:
        """It was renewed: until when, and since when by the counter."""
        margin_ms = min(self._lease_ms // 8, LONGEST_MARGIN_MS)
        self._ends_at = until - margin_ms
        self._ends_s = since_s + (self._lease_ms - margin_ms) / 1000

    def lose(self, ids: Iterable[int]) -> None:
        """These rows are another worker's by now, or done."""
        self._lost.update(ids)

    def is_over(self) -> bool:
        """Whether none of the rows is certainly ours any more."""
        return self._counter() >= self._ends_s or self._clock() >= self._ends_at

    def holds(self, id_: int) -> bool:
        """Whether the row is still ours: what is begun with it now is nobody else's."""
        return id_ not in self._lost and not self.is_over()

    def is_past(self, at: int) -> bool:
        """Whether the instant `at` (epoch ms) has come, by the machine's clock."""
        return self._clock() >= at

    def is_worn(self) -> bool:
        """Whether so much of it has passed that it is to be renewed: a third."""
        left_s = min(self._ends_s - self._counter(), (self._ends_at - self._clock()) / 1000)
        return left_s < self._lease_ms * 2 / 3000
