"""E-mail over SMTP: a relay takes what is sent, a small listener of our own takes the bounces."""

from turnout.carriers import Network
from turnout.carriers.smtp.carrier import SmtpCarrier
from turnout.carriers.smtp.settings import SmtpSettings

__all__ = ["NETWORK", "SmtpCarrier", "SmtpSettings"]

NETWORK = Network(
    name="smtp",
    channels=SmtpCarrier.channels,
    settings=SmtpSettings,
    make=lambda name, settings, house: SmtpCarrier(settings, name=name, clock=house.db.clock),
)
