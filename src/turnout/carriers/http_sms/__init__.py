"""A carrier for SMS and MMS providers that are reached by HTTP forms; see README.md."""

from turnout.carriers import Network
from turnout.carriers.http_sms.carrier import HttpSmsCarrier
from turnout.carriers.http_sms.settings import HttpSmsSettings
from turnout.carriers.http_sms.webhook import build_webhook, path_of
from turnout.http.dialect import mount_all

__all__ = ["NETWORK", "HttpSmsCarrier", "HttpSmsSettings", "build_webhook", "path_of"]

NETWORK = Network(
    name="http_sms",
    channels=HttpSmsCarrier.channels,
    settings=HttpSmsSettings,
    make=lambda name, settings, house: HttpSmsCarrier(
        settings, house.db.clock, house.base_url, name, house.db
    ),
    mount_webhook=lambda name, settings, db, inbox, url: mount_all(
        "http_sms", build_webhook(settings, db, inbox, url, name), path_of(name)
    ),
    has_accounts=True,
)
