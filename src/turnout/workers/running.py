"""Everything that works off queues, with the carriers: in `serve` or in `work`."""

import asyncio
from functools import partial

import structlog

from turnout.carriers import Carrier, Hurried, networks
from turnout.core.identity.link_keys import ensure_link_key, find_link_key
from turnout.core.ids import RecipientId
from turnout.core.messaging.alerts import AlertLimits
from turnout.core.messaging.model import Channel
from turnout.core.messaging.opt_outs import unsubscribe_url
from turnout.core.messaging.recording import Patience
from turnout.core.registrations.live_lists import resolve
from turnout.core.tickets.guest_links import MY
from turnout.http.name_lookups import look_up
from turnout.http.outbound import Outbound
from turnout.settings import Settings
from turnout.store import Database
from turnout.workers.callbacks import callback_loops
from turnout.workers.cards import card_loop
from turnout.workers.delivery import Delivery, delivery_loops
from turnout.workers.erasure import erasure_loop, retention_loop
from turnout.workers.inbox import CarrierInbox, reply_receiver
from turnout.workers.intake import intake_loops
from turnout.workers.journal import find_folder, record_what_is_left
from turnout.workers.loop import Loop
from turnout.workers.lost_calls import lost_calls_loop
from turnout.workers.schedules import schedule_loops
from turnout.workers.searching import search_loop
from turnout.workers.sender_checks import sender_check_loop
from turnout.workers.waiting_list import waiting_loops

# A rotated key of links is picked up within this time.
LINK_KEY_READ_S = 30
MINUTE_MS = 60_000
HOUR_MS = 3_600_000

log = structlog.get_logger()


class Workers:
    """The loops and the carriers of one process; `base_url` is the address in mailed links."""

    def __init__(self, settings: Settings, db: Database, outbound: Outbound, base_url: str) -> None:
        self._settings = settings
        self._db = db
        self._base_url = base_url
        self._outbound = outbound
        self._carriers: dict[Channel, Carrier] = {}
        self._link_key = ""
        self._loops: list[Loop] = []

    async def start(self) -> None:
        """Connect the carriers, and start the loops. Raises SettingsError when a carrier cannot
        be made."""
        settings = self._settings
        for name in networks.unused(settings):
            log.warning("a carrier has settings, but carries nothing", carrier=name)
        self._carriers = networks.make_carriers(settings, self._db, self._base_url)
        await self._read_link_key()
        policy = networks.read_policy(settings)
        folder = find_folder(settings.database_url)
        delivery = Delivery(
            carriers=self._carriers,
            prices=policy.prices,
            unsubscribe_url=self._unsubscribe_url,
            senders=policy.senders,
            fence=policy.fence,
            my_url=f"{self._base_url}{MY}",
            lease_ms=settings.delivery_lease_seconds * 1000,
            patience=Patience(
                settings.receipt_wait_hours * HOUR_MS, settings.mail_retry_hours * HOUR_MS
            ),
            quiet_hours=networks.read_quiet_hours(settings),
            journal=folder,
            scripts=policy.scripts,
        )
        await record_what_is_left(self._db, folder, delivery.prices, delivery.patience)
        inbox = CarrierInbox(self._db, reply_receiver(settings))
        for carrier in set(self._carriers.values()):
            await carrier.start(inbox)
        self._loops = [
            Loop("link-key", self._read_link_key, every_s=LINK_KEY_READ_S),
            *intake_loops(self._db),
            *schedule_loops(self._db, resolve, policy.prices, _alert_limits(settings)),
            *waiting_loops(self._db, self._base_url, policy.prices),
            *delivery_loops(self._db, delivery),
            lost_calls_loop(self._db),
            sender_check_loop(
                self._db,
                networks.read_mail_domains(settings)[1],
                partial(look_up, resolver=settings.sender_resolver),
            ),
            search_loop(self._db),
            erasure_loop(self._db),
            retention_loop(self._db),
            *callback_loops(self._db, self._outbound),
            card_loop(self._db),
        ]
        for loop in self._loops:
            loop.start()

    async def _read_link_key(self) -> bool:
        known = await self._db.read(find_link_key)
        self._link_key = known or await self._db.write(ensure_link_key)
        return False

    def _unsubscribe_url(self, recipient_id: RecipientId) -> str:
        return unsubscribe_url(self._base_url, self._link_key, recipient_id)

    async def stop(self) -> None:
        """Stop the loops between two steps, let carriers finish what they have, and record it."""
        for carrier in set(self._carriers.values()):
            if isinstance(carrier, Hurried):
                carrier.hurry()
        await asyncio.gather(*(loop.stop() for loop in self._loops))
        await asyncio.gather(*(carrier.stop() for carrier in set(self._carriers.values())))


def _alert_limits(settings: Settings) -> AlertLimits:
    return AlertLimits(
        settings.alert_bounce_percent,
        settings.alert_opt_out_percent,
        settings.alert_standing_minutes * MINUTE_MS,
    )
