"""A loop over a queue whose work is done in one transaction (core/work/claims.py)."""

from contextlib import suppress

from turnout.core.work.claims import Claim, Queue, take, turn
from turnout.errors import Failure
from turnout.store import Database
from turnout.workers.loop import POLL_S, Loop


class TurnLoop(Loop):
    """Each turn does what the one before claimed, and claims what is next, up to `limit`.

    With `rests` it waits after a turn that was not full: for queues where what is done may be
    listed as due again.
    """

    def __init__(
        self,
        db: Database,
        queue: Queue,
        limit: int,
        every_s: float = POLL_S,
        *,
        rests: bool = False,
    ) -> None:
        super().__init__(queue.name, self._turn, every_s)
        self._db = db
        self._queue = queue
        self._limit = limit
        self._rests = rests
        self._claimed: list[Claim] = []

    async def stop(self) -> None:
        """End, and give back what was claimed and not begun."""
        await super().stop()
        with suppress(Failure):
            await self._db.write_behind(take, self._queue.name, self._claimed)

    async def _turn(self) -> bool:
        is_last = self._rests and 0 < len(self._claimed) < self._limit
        self._claimed = await self._db.write_behind(
            turn, self._queue, self._claimed, 0 if is_last else self._limit
        )
        return bool(self._claimed)
