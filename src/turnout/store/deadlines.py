"""How long a request waits for the database, and what it gets once that is over.

A client that was told nothing for half a minute has given up, or asks again. So what it asked for
is *dropped* if it has not begun by then, or once the client has closed its connection: it is
answered 503 (counted as 499 where the client has left), and never carried out. What has begun is
carried to its end. A command is dropped at two places: where a database thread would begin with it
(so that nothing too old is ever begun), and once a second where it waits (so that it is answered
even while every thread hangs).

Commands of workers and of the command line belong to no request and are not dropped.
"""

import threading
import time
from collections.abc import Callable
from contextvars import ContextVar

from turnout.errors import Unavailable

REQUEST_S = 30.0
RETRY_AFTER_S = 5
SWEEP_EVERY_S = 0.5


class Patience:
    """How long one request is waited for; `is_gone` once its client has closed its connection, and
    `is_cut` where its body had not come in whole by then."""

    __slots__ = ("is_cut", "is_gone", "seconds", "until")

    def __init__(self, seconds: float = REQUEST_S) -> None:
        self.seconds = seconds
        self.is_gone = self.is_cut = False
        self.until = time.monotonic() + seconds

    def renew(self) -> None:
        """Begin again: the request has only now come in whole, or has come a step further."""
        self.until = time.monotonic() + self.seconds

    def is_over(self, now: float) -> bool:
        """Whether it is over at `now` (monotonic seconds)."""
        return self.is_gone or now >= self.until


current: ContextVar[Patience | None] = ContextVar("patience", default=None)


def renew() -> None:
    """`Patience.renew` for the request at hand, if it is one."""
    if patience := current.get():
        patience.renew()


def is_cut() -> bool:
    """Whether the body of the request at hand ended before it was whole."""
    patience = current.get()
    return patience is not None and patience.is_cut


def as_dropped(patience: Patience) -> Unavailable:
    """What a request gets whose command was dropped."""
    if patience.is_gone:
        return Unavailable("request.gone")
    return Unavailable("store.late", seconds=patience.seconds, retry_after=RETRY_AFTER_S)


class Sweeper:
    """Calls `sweep` with the time (monotonic seconds) twice a second, in a thread of its own."""

    def __init__(self, sweep: Callable[[float], None], every_s: float = SWEEP_EVERY_S) -> None:
        self._sweep = sweep
        self._every_s = every_s
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sweeper", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread; returns once it has ended."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(self._every_s):
            self._sweep(time.monotonic())
