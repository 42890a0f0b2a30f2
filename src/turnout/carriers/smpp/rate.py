"""A token bucket: how many submissions a second."""

BURST_S = 0.02


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
