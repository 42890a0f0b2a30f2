"""E-mail over SMTP: a relay takes what is sent, a small listener of our own takes the bounces."""

from turnout.carriers.smtp.carrier import SmtpCarrier
from turnout.carriers.smtp.settings import SmtpSettings

__all__ = ["SmtpCarrier", "SmtpSettings"]
