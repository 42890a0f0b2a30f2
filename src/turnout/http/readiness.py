"""Whether requests can be served: the database answers, and what is written gets onto its disk.

Every call reads. Writing is tried at most every few seconds, by one probe at a time, and what the
last one said is the answer until then. A probe writes in the lane of requests and in that of the
door, since either may be held up alone. A probe that hangs is not repeated before it has ended, so
that a stalled disk does not fill the queue with probes; until then nothing is ready.

What other writes met counts too: on a full disk a small row may still fit, and a database that is
read-only may be so for some sessions. Until they have worked again and some seconds have passed
without that fault, nothing is ready, and the probe writes so much that it needs new room.
"""

import asyncio
import time

from turnout.errors import Failure, Unavailable
from turnout.store import Database, Tx
from turnout.store.faults import FULL, READ_ONLY
from turnout.store.installation import write_probe

EVERY_S = 2.0
TIMEOUT_S = 3.0
LARGE_BYTES = 128 * 1024
# Faults that a small write may not meet, and for how long none of them must have been met. A
# database that was read-only has failed over: it must not stay away for long.
LASTING = ((FULL, 5.0), (READ_ONLY, 3.0))


class Readiness:
    """The answer of `/readyz`."""

    def __init__(
        self, db: Database, *, every_s: float = EVERY_S, timeout_s: float = TIMEOUT_S
    ) -> None:
        self._db = db
        self._every_s = every_s
        self._timeout_s = timeout_s
        self._failure: Failure | None = None
        self._written_at = float("-inf")
        self._probe: asyncio.Task[None] | None = None

    async def check(self) -> None:
        """Raise what keeps requests from being served: Unavailable, with the reason."""
        try:
            async with asyncio.timeout(self._timeout_s):
                await self._db.read(_ping)
                if self._probe is None and time.monotonic() - self._written_at >= self._every_s:
                    self._probe = asyncio.create_task(self._write(), name="readiness")
                if self._probe is not None:
                    await asyncio.shield(self._probe)
        except TimeoutError as error:
            raise Unavailable("store.slow") from error
        if self._failure is not None:
            raise self._failure
        if (fault := self._lasting()) is not None:
            raise Unavailable(fault)

    def _lasting(self) -> str | None:
        lasts = self._db.troubles.lasts
        return next((fault for fault, s in LASTING if lasts(fault, "writing", s)), None)

    async def _write(self) -> None:
        size = LARGE_BYTES if self._lasting() == FULL else 0
        try:
            await asyncio.gather(
                self._db.write(write_probe, size), self._db.write_first(write_probe, size)
            )
            self._failure = None
        except Failure as failure:
            self._failure = failure
        finally:
            self._written_at = time.monotonic()
            self._probe = None


def _ping(tx: Tx) -> None:
    tx.connection.execute("SELECT 1").fetchall()
