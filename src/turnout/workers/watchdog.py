"""Ends a process that hangs, so that it is started again.

A loop that no longer turns, or a command that holds SQLite's writer for minutes, serves nobody, and
waits for ever. The timer runs outside of the interpreter (faulthandler), so that code which holds
the interpreter's lock is ended too. It is set again every few seconds while all is well; when it
runs out, where every thread stood is written to standard error, and the process ends with code 1.
The row that was in hand has its claim counted, and is set aside after the third time
(core/work/claims.py).
"""

import faulthandler

from turnout.store import Database
from turnout.workers.loop import Loop

EVERY_S = 2.0


class Watchdog(Loop):
    """Ends this process once it has hung for `limit_s`; 0 = never."""

    def __init__(self, db: Database, limit_s: int) -> None:
        # Often enough that a process which does well is never taken for one that hangs.
        self._patience_s = min(EVERY_S, limit_s / 4) or EVERY_S
        super().__init__("watchdog", self._rearm, self._patience_s)
        self._db = db
        self._limit_s = limit_s

    async def stop(self) -> None:
        """Watch no more."""
        await super().stop()
        faulthandler.cancel_dump_traceback_later()

    async def _rearm(self) -> bool:
        if self._limit_s and self._db.writing_s() < self._patience_s:
            faulthandler.dump_traceback_later(self._limit_s, exit=True)
        return False
