"""A carrier for SMS and MMS providers that are reached by HTTP forms; see README.md."""

from turnout.carriers import Network
from turnout.carriers.http_sms.carrier import HttpSmsCarrier
from turnout.carriers.http_sms.settings import HttpSmsSettings
from turnout.carriers.http_sms.webhook import PATH, build_webhook
from turnout.http.dialect import mount_all

__all__ = ["NETWORK", "PATH", "HttpSmsCarrier", "HttpSmsSettings", "build_webhook"]

NETWORK = Network(
    name="http_sms",
    channels=HttpSmsCarrier.channels,
    settings=HttpSmsSettings,
    make=lambda settings, db, base_url: HttpSmsCarrier(settings, db.clock, base_url),
    mount_webhook=lambda settings, db, inbox, base_url: mount_all(
        "http_sms", build_webhook(settings, db, inbox, base_url), PATH
    ),
)
