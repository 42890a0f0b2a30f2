"""The SIP carrier: calls by way of a trunk, made by worker processes (placing.py, worker.py)."""

import asyncio
from collections.abc import Sequence

from turnout.carriers import House, Inbox, Message, Outcome, Parcel
from turnout.carriers.sip.cancelling import Cancelling
from turnout.carriers.sip.placing import Placing
from turnout.carriers.sip.settings import SipSettings
from turnout.carriers.sip.trunk import Trunk
from turnout.core.ids import OrgId, RecipientId
from turnout.core.messaging.model import Channel
from turnout.core.messaging.outcomes import name_call
from turnout.http import metrics

STOP_S = 20.0


class SipCarrier:
    """See `turnout.carriers.Carrier` and `Account` in routing.py; `name` is the account's."""

    channels = frozenset({Channel.TTS, Channel.VOICE})
    has_line = True

    def __init__(
        self, name: str, settings: SipSettings, house: House, command: Sequence[str] = ()
    ) -> None:
        """`command` is another worker than worker.py."""
        self.name = name
        self._house = house
        self._trunk = Trunk(name, settings, house, command)
        self._tasks: set[asyncio.Task[None]] = set()
        self._cancelling: asyncio.Task[None] | None = None

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
        calls = [Placing(self._trunk, message, parcel) for parcel in parcels]
        for call in calls:
            task = asyncio.create_task(call.run(is_yielding=is_yielding))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return list(await asyncio.gather(*(call.outcome for call in calls)))

    async def stop(self) -> None:
        """Begin no more calls, let those go on for a while, then end them. Idempotent."""
        self._trunk.is_stopping = True
        if self._cancelling is not None:
            self._cancelling.cancel()
            await asyncio.gather(self._cancelling, return_exceptions=True)
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=STOP_S)
        for id_, call in list(self._trunk.calls.items()):
            call.process.cancel(id_, "stopped", is_answered_too=True)
        await self._trunk.stop()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._house.speech.stop()

    def _list_calls(self) -> list[tuple[OrgId, RecipientId]]:
        return [call.key for call in self._trunk.calls.values()]

    def _cancel(self, id_: RecipientId) -> None:
        if call := self._trunk.calls.get(name_call(id_)):
            call.process.cancel(name_call(id_), "cancelled")
