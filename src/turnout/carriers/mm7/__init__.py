"""A carrier for MMS by way of an MMSC that speaks MM7; see README.md."""

from turnout.carriers import Network
from turnout.carriers.mm7.carrier import Mm7Carrier
from turnout.carriers.mm7.settings import Mm7Settings
from turnout.carriers.mm7.webhook import build_webhook, path_of
from turnout.http.dialect import mount_all

__all__ = ["NETWORK", "Mm7Carrier", "Mm7Settings", "build_webhook", "path_of"]

NETWORK = Network(
    name="mm7",
    channels=Mm7Carrier.channels,
    settings=Mm7Settings,
    make=lambda name, settings, house: Mm7Carrier(settings, house.db.clock, name),
    mount_webhook=lambda name, settings, db, inbox, _url: mount_all(
        "mm7", build_webhook(settings, db, inbox, name), path_of(name)
    ),
    has_accounts=True,
)
