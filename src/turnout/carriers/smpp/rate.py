"""How fast a session submits: its rate, and the pauses that the network asks for.

A token bucket keeps the rate. When the network answers "throttled" or "queue full", the session
pauses, twice as long each time, and starts again with one submission at a time and one more for
each that is accepted.
"""

from turnout.store.back_off import growing

BURST_S = 0.02
PAUSES_S = growing(0.25, 15.0)


class Pace:
    """The rate (a second; 0 = no limit) and the window of one session, both as the network has them
    now. Instants are seconds of the event loop's clock."""

    def __init__(self, rate: float, window: int, now: float) -> None:
        self._bucket = Bucket(rate, now)
        self._window = window
        self._pauses = 0
        self._paused_until = now
        self.allowance = window
        """How many submissions may be unanswered."""

    def wait_s(self, now: float) -> float:
        """How long to wait before the next; 0 when it may go."""
        return max(self._paused_until - now, 0.0) or self._bucket.wait_s(now)

    def is_paused(self, now: float) -> bool:
        """Whether the network's pause lasts."""
        return now < self._paused_until

    def spend(self) -> None:
        """One goes."""
        self._bucket.spend()

    def speed_up(self, now: float) -> None:
        """One was accepted."""
        # What was under way when the pause began says nothing about now.
        if now >= self._paused_until:
            self.allowance = min(self.allowance + 1, self._window)
            self._pauses = 0

    def slow_down(self, now: float) -> float | None:
        """The network wants a pause: how many seconds it lasts, None if it lasts already."""
        self.allowance = 1
        if now < self._paused_until:
            return None
        self._pauses += 1
        pause_s = PAUSES_S.draw(self._pauses)
        self._paused_until = now + pause_s
        return pause_s


class Bucket:
    """At most `rate` a second (0 = no limit), in bursts of a fiftieth of a second's worth."""

    def __init__(self, rate: float, now: float) -> None:
        self._rate = rate
        self._capacity = max(1.0, rate * BURST_S)
        self._tokens = self._capacity
        self._filled_at = now

    def wait_s(self, now: float) -> float:
        """How long to wait before the next; 0 when it may go."""
        if not self._rate:
            return 0.0
        self._tokens = min(self._capacity, self._tokens + (now - self._filled_at) * self._rate)
        self._filled_at = now
        return max(0.0, (1 - self._tokens) / self._rate)

    def spend(self) -> None:
        """One goes."""
        self._tokens -= 1
