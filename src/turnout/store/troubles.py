"""Telling of a trouble that lasts: at first, then ever more rarely, and when it is over.

A full disk or a database that is away meets every worker and request again and again; one known
cause must not fill the log that an operator reads to find it. One success among many failures ends
nothing: on a full disk a small row fits now and then. So a trouble is over once those whom it met
have worked again, and nobody has met it for a while.
"""

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from turnout.errors import Unavailable
from turnout.log import log
from turnout.store.back_off import growing

PAUSES_S = growing(10.0, 600.0)
QUIET_S = 10.0


class Troubles:
    """Which troubles last, and whom they meet; logged at `level`. Used by several threads."""

    def __init__(
        self,
        event: str,
        clock: Callable[[], float] = time.monotonic,
        quiet_s: float = QUIET_S,
        level: int = logging.ERROR,
    ) -> None:
        self._event = event
        self._quiet_s = quiet_s
        self._level = level
        self._clock = clock
        self._lock = threading.Lock()
        self._met: dict[str, set[str]] = {}
        self._counts: dict[str, int] = {}
        self._next: dict[str, tuple[float, int]] = {}
        self._last: dict[str, float] = {}

    def failed(self, code: str, who: str, **facts: Any) -> None:
        """`who` met the trouble `code`: log it, unless it was told a short time ago."""
        with self._lock:
            self._met.setdefault(code, set()).add(who)
            self._counts[code] = self._counts.get(code, 0) + 1
            now = self._last[code] = self._clock()
            due, told = self._next.get(code, (now, 0))
            if now < due:
                return
            self._next[code] = (now + PAUSES_S.pause(told + 1), told + 1)
            count = self._counts[code]
        log.log(self._level, self._event, code=code, times=count, **facts)

    def met(self, error: Exception, who: str, **facts: Any) -> None:
        """`who` met an error: one that has a known cause (Unavailable) is `failed`, any other is a
        fault and is logged each time, with its traceback."""
        if isinstance(error, Unavailable):
            self.failed(error.code, who, error=error.message)
        else:
            log.error(self._event, who=who, exc_info=error, **facts)

    def worked(self, who: str) -> None:
        """`who` meets no trouble now; one that meets nobody for a while is over: logged."""
        if not self._met:
            return
        with self._lock:
            for met in self._met.values():
                met.discard(who)
            quiet_since = self._clock() - self._quiet_s
            over = [
                (code, self._forget(code))
                for code, met in list(self._met.items())
                if not met and self._last[code] <= quiet_since
            ]
        for code, count in over:
            log.warning("works again", code=code, times=count)

    def lasts(self, code: str, who: str, quiet_s: float) -> bool:
        """Whether `who` has not worked since it met `code`, or somebody met it within `quiet_s`."""
        with self._lock:
            if code not in self._met:
                return False
            return who in self._met[code] or self._clock() - self._last[code] < quiet_s

    def _forget(self, code: str) -> int:
        del self._met[code], self._next[code], self._last[code]
        return self._counts.pop(code)
