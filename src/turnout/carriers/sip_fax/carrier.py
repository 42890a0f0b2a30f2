"""The carrier of faxes by way of a SIP trunk, sent by worker processes (placing.py, worker.py)."""

from collections.abc import Sequence

from turnout.carriers import House, Message, Parcel
from turnout.carriers.sip_fax.placing import FaxPlacing
from turnout.carriers.sip_fax.settings import SipFaxSettings
from turnout.carriers.sip_fax.trunk import FaxTrunk
from turnout.carriers.trunks.carrying import TrunkCarrier
from turnout.core.messaging.model import Channel


class SipFaxCarrier(TrunkCarrier):
    """See `turnout.carriers.Carrier` and `Account` in routing.py; `name` is the account's."""

    channels = frozenset({Channel.FAX})

    def __init__(
        self, name: str, settings: SipFaxSettings, house: House, command: Sequence[str] = ()
    ) -> None:
        """`command` is another worker than worker.py."""
        self._faxes = FaxTrunk(name, settings, house, command)
        super().__init__(self._faxes)

    def _new_call(self, message: Message, parcel: Parcel) -> FaxPlacing:
        return FaxPlacing(self._faxes, message, parcel)
