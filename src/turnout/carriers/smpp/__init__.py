"""Text messages over SMPP 3.4. README.md says what is promised and how statuses are read."""

from turnout.carriers import Network
from turnout.carriers.smpp.carrier import SmppCarrier
from turnout.carriers.smpp.settings import SmppSettings

__all__ = ["NETWORK", "SmppCarrier", "SmppSettings"]

NETWORK = Network(
    name="smpp",
    channels=SmppCarrier.channels,
    settings=SmppSettings,
    make=lambda name, settings, house: SmppCarrier(settings, house.db.clock, name),
    has_accounts=True,
)
