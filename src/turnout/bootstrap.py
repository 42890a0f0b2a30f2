"""The one module that knows all others and puts them together."""

import asyncio
from contextlib import suppress

from falcon.asgi import Request

from turnout.carriers import networks
from turnout.carriers.simulator.outbox import list_sent
from turnout.core.identity.credentials import touch_credentials
from turnout.core.identity.members import require_member
from turnout.core.identity.signing import ensure_signing_key, generate_key_pair, list_published_keys
from turnout.core.ids import OrgId
from turnout.core.registrations.accepting import QUEUE
from turnout.core.registrations.form_limits import FormLimits
from turnout.dialects import Services
from turnout.dialects.attendance import routes as attendance
from turnout.dialects.booking import routes as booking
from turnout.dialects.messaging import routes as messaging
from turnout.dialects.registration import routes as registration
from turnout.dialects.reporting import routes as reporting
from turnout.dialects.reporting.files import REPORT_FILES
from turnout.errors import Failure
from turnout.http.admission import LastUses
from turnout.http.app import RootApp
from turnout.http.backlog import Backlog
from turnout.http.client_address import ClientAddresses, TrustedProxies
from turnout.http.dialect import Dialect, mount_all
from turnout.http.logins import Logins
from turnout.http.mounts import Mount
from turnout.http.outbound import Outbound
from turnout.http.rate_limit import RateLimiter
from turnout.http.readiness import Readiness
from turnout.http.sign_ins import SignIns
from turnout.settings import Settings, split_list
from turnout.speech.speaking import Speech
from turnout.store import Database
from turnout.web.catalogue import Demo, Examine, NetworkState, Served, WebParts
from turnout.web.console.messages.sending import Sending
from turnout.web.door.keys import DoorKeys
from turnout.web.door.routes import DoorParts, mount_door_api
from turnout.web.heartbeats import Heartbeats
from turnout.web.routes import build as build_web
from turnout.web.sessions import PageSessions
from turnout.workers.housekeeping import housekeeping_loops
from turnout.workers.inbox import CarrierInbox, reply_receiver
from turnout.workers.loop import Loop
from turnout.workers.messages import as_sent, to_message
from turnout.workers.running import Workers

DIALECTS: tuple[Dialect[Services], ...] = (
    registration.DIALECT,
    messaging.DIALECT,
    attendance.DIALECT,
    booking.DIALECT,
    reporting.DIALECT,
)
"""Every API, in the order of the start page."""


class Node:
    """One running Turnout: the database, the apps and the loops, not yet listening."""

    def __init__(
        self,
        settings: Settings,
        db: Database,
        demo: Demo | None,
        base_url: str | None = None,
        dialects: tuple[Dialect[Services], ...] = DIALECTS,
        examine: Examine | None = None,
    ) -> None:
        self.settings = settings
        self.examine = examine
        self.db = db
        self.base_url = base_url or settings.public_url
        self.limiter = RateLimiter(db, settings.rate_limit_per_minute)
        self.last_uses = LastUses(db.clock)
        self.sign_ins = SignIns(db)
        self.page_sessions = PageSessions(
            db, self.sign_ins, self.base_url, takes_risk=settings.insecure_http
        )
        self.logins = Logins("messaging", db, self.sign_ins, self.last_uses)
        self.outbound = Outbound(settings.outbound_allow, settings.outbound_ports)
        self.clients = ClientAddresses(TrustedProxies.parse(settings.trusted_proxies), db.clock)
        self.backlog = Backlog(QUEUE, settings.intake_backlog)
        self.heartbeats = Heartbeats(db)
        self.speech = Speech(settings)
        self.door_keys = DoorKeys(db, self.sign_ins, self.base_url)
        inbox = CarrierInbox(db, reply_receiver(settings))
        self.app = RootApp(
            [
                *(mount for dialect in dialects for mount in dialect.build(self._services())),
                *mount_door_api(DoorParts(self.door_keys, self.outbound)),
                *networks.mount_webhooks(settings, db, inbox, self.base_url),
                *self._pages(dialects, demo),
            ],
            is_ready=Readiness(db).check,
            access_log=settings.access_log,
            clients=self.clients,
            base_url=self.base_url,
            request_seconds=settings.request_seconds,
        )
        self.workers = Workers(settings, db, self.outbound, self.base_url)
        self._loops: list[Loop] = []

    def _services(self) -> Services:
        return Services(
            settings=self.settings,
            db=self.db,
            base_url=self.base_url,
            limiter=self.limiter,
            sign_ins=self.sign_ins,
            last_uses=self.last_uses,
            logins=self.logins,
            find_member=self._find_member,
            backlog=self.backlog,
            outbound=self.outbound,
            policy=networks.read_policy(self.settings),
        )

    def _pages(self, dialects: tuple[Dialect[Services], ...], demo: Demo | None) -> list[Mount]:
        app = build_web(
            WebParts(
                base_url=self.base_url,
                apis=dialects,
                demo=demo,
                db=self.db,
                sessions=self.page_sessions,
                list_sent=list_sent,
                has_own_name=bool(self.settings.base_url),
                has_mail=networks.has_mail(self.settings),
                limits=FormLimits(self.settings.forms_per_place, self.settings.forms_before_code),
                file_quota=self.settings.file_quota_mb * 1_000_000,
                prices=networks.read_prices(self.settings),
                report_files=REPORT_FILES,
                sending=_read_sending(self.settings, self.speech),
                served=self._served(),
                door=self.door_keys,
            )
        )
        return [*mount_all("web", app, "/"), self.heartbeats.mount]

    def _served(self) -> Served:
        carried = networks.chosen(self.settings).items()
        return Served(
            tuple(
                NetworkState(channel.value, name, name == networks.SIMULATOR)
                for channel, name in carried
            ),
            self.settings.rate_limit_per_minute,
            self.examine,
            list_sent,
        )

    async def _find_member(self, req: Request) -> OrgId:
        """The organization of a member: with Basic as programs send it, else signed in on pages."""
        ways = self.logins if req.get_header("Authorization") else self.page_sessions
        return (await ways.read(req, require_member)).user.org_id

    async def start(self) -> None:
        """Start the loops."""
        await _ensure_signing_key(self.db)
        self._loops = housekeeping_loops(
            self.db, self.limiter, self.backlog, self.last_uses.take, self.clients.take_noted
        )
        for loop in self._loops:
            loop.start()
        if self.settings.work_in_process:
            await self.workers.start()

    async def drain(self) -> None:
        """Stop the loops between two steps, and store what is only in memory."""
        await self.workers.stop()
        for loop in self._loops:
            await loop.stop()
        await self.outbound.close()
        await self.speech.stop()
        with suppress(Failure):
            await self.limiter.flush()
            if used := self.last_uses.take():
                await self.db.write(touch_credentials, used)


async def _ensure_signing_key(db: Database) -> None:
    keys = await db.read(list_published_keys)
    if not any(key.retired_at is None for key in keys):
        await db.write(ensure_signing_key, *await asyncio.to_thread(generate_key_pair))


def _read_sending(settings: Settings, speech: Speech) -> Sending:
    """What the operator has set about messages, for the console."""
    return Sending(
        networks.read_policy(settings),
        networks.read_quiet_hours(settings),
        split_list(settings.tts_voices),
        networks.read_mail_domains(settings)[1],
        settings.sender_resolver,
        lambda head, language: as_sent(to_message(head, ()), head, language),
        speech,
    )
