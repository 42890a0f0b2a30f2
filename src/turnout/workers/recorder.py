"""The outcomes of one delivery loop on their way to the database.

Whatever is not recorded when the process dies or is frozen may be sent again. So outcomes are
recorded beside the claims, not between them: RECORD_S after the first, or as soon as there are
PROMPT (of codes: one). While one transaction runs the next gathers, so a busy loop has larger ones:
a transaction for each piece would cost more than the piece.

While outcomes cannot be recorded they stay, and so do the leases of what is ended. Until they are,
a journal has what was sent (journal.py).
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from turnout.carriers import Lease
from turnout.core.messaging.prices import Prices
from turnout.core.messaging.recording import Patience, Result, record
from turnout.errors import Unavailable
from turnout.http import metrics
from turnout.workers.journal import Journal
from turnout.workers.leases import Leases
from turnout.workers.loop import Loop, end_with

PROMPT = 250
# How long an outcome waits for others to be recorded with it.
RECORD_S = 0.05


class Recorder(Loop):
    """Records what it is told, together; `recorded` is called when some of it is."""

    def __init__(
        self,
        name: str,
        write: Callable[..., Awaitable[Any]],
        leases: Leases,
        prices: Prices,
        patience: Patience,
        recorded: Callable[[], None],
        journal: Journal,
        *,
        prompt: int = PROMPT,
    ) -> None:
        super().__init__(f"{name}-record", self._turn)
        self._write = write
        self._leases = leases
        self._prices = prices
        self._patience = patience
        self._recorded = recorded
        self._journal = journal
        self._prompt = prompt
        self._results: list[Result] = []
        self._ended: list[Lease] = []
        self._waking: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        """How many outcomes wait."""
        return len(self._results)

    def add(self, *results: Result) -> None:
        """Record these soon."""
        self._journal.note(results)
        self._results += results
        if len(self._results) >= self._prompt:
            self.wake()
        elif self._waking is None:
            self._waking = asyncio.get_running_loop().call_later(RECORD_S, self._wake_now)

    def end(self, lease: Lease) -> None:
        """End a lease once all that was added before is recorded."""
        self._ended.append(lease)
        self.add()

    async def stop(self) -> None:
        """Record what is left, and end."""
        await super().stop()
        if self._waking:
            self._waking.cancel()
        await end_with(self.name, self._record())
        if not self._results:
            self._journal.close()

    def _wake_now(self) -> None:
        self._waking = None
        self.wake()

    async def _turn(self) -> bool:
        await self._record()
        return len(self._results) >= self._prompt

    async def _record(self) -> None:
        results, self._results = self._results, []
        ended, self._ended = self._ended, []
        self._journal.begin()
        try:
            if results:
                await self._write(record, results, self._prices, self._patience)
        except Unavailable:
            # With the next ones; what is ended then keeps its lease until it is recorded.
            self._results = results + self._results
            self._ended = ended + self._ended
            raise
        except BaseException:
            self._leases.end(ended)  # they run out
            raise
        self._journal.cut()
        self._leases.end(ended)
        for result in results:
            _count(result)
        if ended:
            self._recorded()


def _count(result: Result) -> None:
    outcome = type(result.outcome).__name__.lower()
    metrics.messages.labels(result.head.job_type.channel.value, outcome).inc()
    if result.carrier:
        metrics.account_messages.labels(result.carrier, outcome).inc()
