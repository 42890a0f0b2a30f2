"""The SIP carrier: calls by way of a trunk, made by worker processes (placing.py, worker.py)."""

from collections.abc import Sequence

from turnout.carriers import House, Message, Parcel
from turnout.carriers.sip.placing import CallPlacing
from turnout.carriers.sip.settings import SipSettings
from turnout.carriers.sip.trunk import SipTrunk
from turnout.carriers.trunks.carrying import TrunkCarrier
from turnout.core.messaging.model import Channel


class SipCarrier(TrunkCarrier):
    """See `turnout.carriers.Carrier` and `Account` in routing.py; `name` is the account's."""

    channels = frozenset({Channel.TTS, Channel.VOICE})

    def __init__(
        self, name: str, settings: SipSettings, house: House, command: Sequence[str] = ()
    ) -> None:
        """`command` is another worker than worker.py."""
        self._calling = SipTrunk(name, settings, house, command)
        super().__init__(self._calling)

    def _new_call(self, message: Message, parcel: Parcel) -> CallPlacing:
        return CallPlacing(self._calling, message, parcel)

    async def stop(self) -> None:
        """Begin no more calls, let those go on for a while, then end them. Idempotent."""
        await super().stop()
        await self._house.speech.stop()
