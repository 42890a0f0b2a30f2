"""Back-pressure: no more is accepted into a queue than it may hold."""

from turnout.errors import Unavailable
from turnout.http import metrics

RETRY_AFTER_S = 30


class Backlog:
    """How long a queue is, as last counted; refreshed once a second while it is fed."""

    def __init__(self, queue: str, limit: int) -> None:
        self.queue = queue
        self.limit = limit
        self.fed = True
        self._waiting = 0

    def admit(self) -> None:
        """Let one more in. Raises Unavailable while the queue is full."""
        self.fed = True
        if self._waiting >= self.limit:
            raise Unavailable("queue.full", waiting=self._waiting, retry_after=RETRY_AFTER_S)

    def counted(self, waiting: int) -> None:
        """Take note of a fresh count (counted up to `limit`)."""
        self._waiting = waiting
        self.fed = waiting > 0
        metrics.waiting.labels(self.queue).set(waiting)
