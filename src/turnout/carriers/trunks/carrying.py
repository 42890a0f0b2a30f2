"""What every carrier that dials does: its trunk is started, asked and stopped."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from turnout.carriers import Inbox, Message, Outcome, Parcel
from turnout.carriers.trunks.cancelling import Cancelling
from turnout.carriers.trunks.placing import Placing
from turnout.carriers.trunks.trunk import Trunk
from turnout.core.ids import OrgId, RecipientId
from turnout.core.messaging.model import Channel
from turnout.core.messaging.outcomes import name_call
from turnout.http import metrics

STOP_S = 20.0


class TrunkCarrier(ABC):
    """See `turnout.carriers.Carrier` and `Account` in routing.py; `name` is the account's."""

    name: str
    channels: frozenset[Channel]
    has_line = True

    def __init__(self, trunk: Trunk) -> None:
        self.name = trunk.name
        self._house = trunk.house
        self._trunk = trunk
        self._tasks: set[asyncio.Task[None]] = set()
        self._cancelling: asyncio.Task[None] | None = None
        self._ends_at = 0.0

    @abstractmethod
    def _new_call(self, message: Message, parcel: Parcel) -> Placing[Any]:
        """A call that is not begun."""

    async def start(self, inbox: Inbox) -> None:
        """Start the workers, which register where that is asked for."""
        self._trunk.start(inbox)
        metrics.calls.labels(self.name).set_function(lambda: len(self._trunk.calls))
        looking = Cancelling(self.name, self._house.db, self._cancel, self._list_calls)
        self._cancelling = asyncio.create_task(looking.run(), name=f"{self.name}-cancelling")

    def is_open(self) -> bool:
        """Whether a call could begin now."""
        return self._trunk.is_open()

    async def send(
        self, message: Message, parcels: Sequence[Parcel], *, is_yielding: bool = False
    ) -> list[Outcome]:
        """Call these; one outcome each, in their order. Never raises for the network. Yielding,
        what has no channel at once is Retry."""
        calls = [self._new_call(message, parcel) for parcel in parcels]
        for call in calls:
            task = asyncio.create_task(call.run(is_yielding=is_yielding))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return list(await asyncio.gather(*(call.outcome for call in calls)))

    def hurry(self) -> None:
        """See `Hurried`; what is answered goes on until STOP_S later. Idempotent."""
        self._trunk.is_stopping = True
        if not self._ends_at:
            self._ends_at = asyncio.get_running_loop().time() + STOP_S
            for call in list(self._trunk.calls.values()):
                call.end("stopped")

    async def stop(self) -> None:
        """Begin no more calls, let those that are answered go on for a while, then end them.
        Idempotent."""
        self.hurry()
        if self._cancelling is not None:
            self._cancelling.cancel()
            await asyncio.gather(self._cancelling, return_exceptions=True)
        if self._tasks:
            left = self._ends_at - asyncio.get_running_loop().time()
            await asyncio.wait(self._tasks, timeout=max(0.0, left))
        for call in list(self._trunk.calls.values()):
            call.end("stopped", is_answered_too=True)
        await self._trunk.stop()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _list_calls(self) -> list[tuple[OrgId, RecipientId]]:
        return [call.key for call in self._trunk.calls.values()]

    def _cancel(self, id_: RecipientId) -> None:
        if call := self._trunk.calls.get(name_call(id_)):
            call.end("cancelled")
