"""The one module that knows all others and puts them together."""

import asyncio
import gc
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import structlog
import uvloop
from falcon.asgi import Request

from turnout import networks
from turnout.carriers import Carrier
from turnout.carriers.simulator.outbox import list_messages
from turnout.core.audience.links import PATH as WATCH
from turnout.core.audience.permissions import ReportedEvent, require_event
from turnout.core.audience.summary import Summary, summarize
from turnout.core.exams.printing import PATH as SCRAP_PAPER
from turnout.core.identity.credentials import touch_credentials
from turnout.core.identity.demo import PERMISSION as DEMO_PERMISSION
from turnout.core.identity.demo import count_demo_credentials
from turnout.core.identity.distributors import count_shared_distributors
from turnout.core.identity.link_keys import ensure_link_key, find_link_key
from turnout.core.identity.members import SHARED_DISTRIBUTOR, require_member
from turnout.core.identity.model import Principal, Role
from turnout.core.identity.organizations import get_organization_of
from turnout.core.identity.signing import ensure_signing_key, generate_key_pair, list_published_keys
from turnout.core.ids import EventId, RecipientId
from turnout.core.invitations.inviting import PATH as INVITATION
from turnout.core.messaging.accepting import Policy
from turnout.core.messaging.model import Channel
from turnout.core.messaging.opt_outs import PATH as UNSUBSCRIBE
from turnout.core.messaging.opt_outs import unsubscribe_url
from turnout.core.messaging.pulling import LongestWaits
from turnout.core.messaging.replies import receive_replies
from turnout.core.registrations.form_limits import FormLimits
from turnout.core.registrations.intake import QUEUE
from turnout.core.registrations.live_lists import resolve
from turnout.core.site.address import find_address, store_address
from turnout.core.tickets.mails import TICKET
from turnout.core.waiting_list.entries import PATH as WAITING
from turnout.dialects import Services
from turnout.dialects.attendance import routes as attendance
from turnout.dialects.booking import routes as booking
from turnout.dialects.messaging import routes as messaging
from turnout.dialects.registration import routes as registration
from turnout.dialects.reporting import routes as reporting
from turnout.errors import Denied, Failure, Unauthenticated, Unavailable
from turnout.http import logs, server
from turnout.http.admission import LastUses
from turnout.http.app import RootApp
from turnout.http.backlog import Backlog
from turnout.http.client_address import ClientAddresses, TrustedProxies
from turnout.http.connections import ConnectionLimits
from turnout.http.dialect import Dialect, mount_all
from turnout.http.logins import Logins
from turnout.http.masks import Masks
from turnout.http.mounts import Mount
from turnout.http.outbound import Outbound
from turnout.http.rate_limit import RateLimiter
from turnout.http.readiness import Readiness
from turnout.http.sign_ins import SignIns
from turnout.settings import Settings, split_list
from turnout.store import Database, Tx, check_room, open_database
from turnout.store.migrations.revisions import HEAD
from turnout.store.sqlite import check_exists
from turnout.store.steady import SteadyClock
from turnout.web.catalogue import OUTBOX_PAGE, OutboxFilter, SentMessage, WebParts
from turnout.web.heartbeats import Heartbeats
from turnout.web.routes import build as build_web
from turnout.web.sessions import PageSessions
from turnout.workers.callbacks import callback_loops
from turnout.workers.clock import ClockWatch
from turnout.workers.delivery import Delivery, delivery_loops
from turnout.workers.housekeeping import housekeeping_loops
from turnout.workers.inbox import CarrierInbox
from turnout.workers.intake import intake_loops
from turnout.workers.loop import Loop
from turnout.workers.schedules import schedule_loops
from turnout.workers.time_zones import follow_zone_data
from turnout.workers.waiting_list import waiting_loops
from turnout.workers.watchdog import Watchdog

ADDRESS_POLL_S = 1
# A rotated key of links is picked up within this time.
LINK_KEY_READ_S = 30
# The event loop and the writer thread share one interpreter: with the default of 5 ms a
# waiting thread would add that much to every statement under load.
SWITCH_INTERVAL_S = 0.001

# Where personal links lead: hidden in the log of a process that serves no routes, too.
LINKS = (
    *(f"{path}{{token}}" for path in (UNSUBSCRIBE, INVITATION, TICKET, WAITING, SCRAP_PAPER)),
    f"{WATCH}{{pak}}/{{token}}",
)

log = structlog.get_logger()

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
        demo: dict[str, Any] | None,
        base_url: str | None = None,
        dialects: tuple[Dialect[Services], ...] = DIALECTS,
    ) -> None:
        self.settings = settings
        self.db = db
        self.base_url = base_url or settings.public_url
        self.limiter = RateLimiter(db, settings.rate_limit_per_minute)
        self.last_uses = LastUses(db.clock)
        self.sign_ins = SignIns(db)
        self.page_sessions = PageSessions(db, self.sign_ins, self.base_url)
        self.logins = Logins("messaging", db, self.sign_ins, self.last_uses)
        self.outbound = Outbound(settings.outbound_allow, settings.outbound_ports)
        self.clients = ClientAddresses(TrustedProxies.parse(settings.trusted_proxies), db.clock)
        self.backlog = Backlog(QUEUE, settings.intake_backlog)
        self.heartbeats = Heartbeats(db)
        self.app = RootApp(
            [
                *(mount for dialect in dialects for mount in dialect.build(self._services())),
                *self._webhooks(),
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
            policy=policy_of(self.settings),
        )

    def _webhooks(self) -> list[Mount]:
        inbox = CarrierInbox(self.db, receive_replies)
        made = networks.make_webhooks(self.settings, self.db, inbox, self.base_url)
        return [mount for path, name, app in made for mount in mount_all(name, app, path)]

    def _pages(
        self, dialects: tuple[Dialect[Services], ...], demo: dict[str, Any] | None
    ) -> list[Mount]:
        app = build_web(
            WebParts(
                base_url=self.base_url,
                apis=dialects,
                demo=demo,
                db=self.db,
                read_outbox=self._read_outbox,
                read_summary=self._read_summary,
                sessions=self.page_sessions,
                has_own_name=bool(self.settings.base_url),
                limits=FormLimits(self.settings.forms_per_place, self.settings.forms_before_code),
            )
        )
        return [*mount_all("web", app, "/"), self.heartbeats.mount]

    async def _find_member(self, req: Request) -> int:
        """The organization of a member: with Basic as programs send it, else signed in on pages."""
        ways = self.logins if req.get_header("Authorization") else self.page_sessions
        return (await ways.read(req, require_member)).user.org_id

    async def _read_outbox(self, req: Request, wanted: OutboxFilter) -> list[SentMessage]:
        return await self.page_sessions.read(req, _list_sent, wanted)

    async def _read_summary(self, req: Request, event_id: EventId) -> tuple[ReportedEvent, Summary]:
        return await self.page_sessions.read(req, _summarize, event_id)

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
        with suppress(Failure):
            await self.limiter.flush()
            if used := self.last_uses.take():
                await self.db.write(touch_credentials, used)


class Workers:
    """Everything that works off queues, with the carriers: in `serve` or in `work`."""

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
        policy = policy_of(settings)
        delivery = Delivery(
            carriers=self._carriers,
            prices=policy.prices,
            unsubscribe_url=self._unsubscribe_url,
            mail_from=settings.mail_from,
            lease_ms=settings.delivery_lease_seconds * 1000,
            report_wait_ms=settings.receipt_wait_hours * 3_600_000,
        )
        inbox = CarrierInbox(self._db, receive_replies)
        for carrier in set(self._carriers.values()):
            await carrier.start(inbox)
        self._loops = [
            Loop("link-key", self._read_link_key, every_s=LINK_KEY_READ_S),
            *intake_loops(self._db),
            *schedule_loops(self._db, resolve),
            *waiting_loops(self._db, self._base_url),
            *delivery_loops(self._db, delivery),
            *callback_loops(self._db, self._outbound),
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
        await asyncio.gather(*(loop.stop() for loop in self._loops))
        await asyncio.gather(*(carrier.stop() for carrier in set(self._carriers.values())))


def serve(
    settings: Settings,
    *,
    demo: dict[str, Any] | None = None,
    started: Callable[[], None] = lambda: None,
) -> None:
    """Serve until SIGTERM or SIGINT. `demo` is what the start page shows of a demo.

    Raises Unavailable when the database cannot be used, OSError when the port cannot be had.
    """
    server.check_port(settings.host, settings.port)
    prepare(settings)
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    try:
        uvloop.run(_serve(settings, demo, started))
    finally:
        logs.close()


async def _serve(
    settings: Settings, demo: dict[str, Any] | None, started: Callable[[], None]
) -> None:
    db = open_database(settings)
    watches = _watch(settings, db)
    try:
        node = Node(settings, db, demo, await _announce_address(settings, db))
        await _warn_of_identity(db, is_demo=demo is not None)
        await node.start()
        gc.freeze()
        await server.run(
            node.app,
            host=settings.host,
            port=settings.port,
            grace_seconds=settings.shutdown_seconds,
            started=started,
            drain=node.drain,
            limits=ConnectionLimits(
                settings.idle_seconds, settings.write_seconds, settings.connection_limit
            ),
        )
    finally:
        for loop in watches:
            await loop.stop()
        db.close()


def _watch(settings: Settings, db: Database) -> list[Loop]:
    """Start what every process runs as long as it lives: it ends where it hangs, and keeps to the
    installation's clock."""
    watches: list[Loop] = [Watchdog(db, settings.hang_seconds)]
    if isinstance(db.clock, SteadyClock):
        waits = LongestWaits(
            settings.delivery_lease_seconds * 1000, settings.receipt_wait_hours * 3_600_000
        )
        watches.append(ClockWatch(db, db.clock, waits))
    for loop in watches:
        loop.start()
    return watches


def work(settings: Settings, *, started: Callable[[], None] = lambda: None) -> None:
    """Process the queues until SIGTERM or SIGINT, without serving anything."""
    prepare(settings)
    try:
        uvloop.run(_work(settings, started))
    finally:
        logs.close()


async def _work(settings: Settings, started: Callable[[], None]) -> None:
    db = open_database(settings)
    outbound = Outbound(settings.outbound_allow, settings.outbound_ports)
    stopping = asyncio.ensure_future(server.until_signal())
    watches = _watch(settings, db)
    try:
        base_url = await _wait_for_address(settings, db, stopping)
        if not base_url:
            return
        workers = Workers(settings, db, outbound, base_url)
        await _warn_of_identity(db, is_demo=False)
        await workers.start()
        asyncio.get_running_loop().call_soon(started)
        await stopping
        await workers.stop()
    finally:
        for loop in watches:
            await loop.stop()
        await outbound.close()
        db.close()


async def _announce_address(settings: Settings, db: Database) -> str:
    """Store the address of this serving process; the one that counts in links."""
    own = settings.public_url
    base_url = await db.write(store_address, own, is_set=bool(settings.base_url))
    if base_url != own:
        log.warning(
            "links lead to the address set for another server; TURNOUT_BASE_URL changes it",
            base_url=base_url,
        )
    return base_url


async def _wait_for_address(
    settings: Settings, db: Database, stopping: "asyncio.Future[None]"
) -> str | None:
    """The address for links of a process that does not serve: the setting, else what a serving
    one has stored, as soon as one has. None if the process is to stop before."""
    base_url = settings.public_url if settings.base_url else await db.read(find_address)
    if not base_url:
        log.warning("waiting until the address for links is known: set TURNOUT_BASE_URL, or serve")
    while not base_url and not stopping.done():
        await asyncio.wait({stopping}, timeout=ADDRESS_POLL_S)
        base_url = await db.read(find_address)
    return base_url


def policy_of(settings: Settings) -> Policy:
    """What the operator has set about messages. Raises SettingsError for prices that are none."""
    numbers = tuple(number.lstrip("+") for number in split_list(settings.reply_numbers))
    return Policy(networks.read_prices(settings), numbers, settings.mail_from)


def prepare(settings: Settings, *, makes_database: bool = False) -> None:
    """Set up logs and see that the database has the schema which this program expects.

    Raises Unavailable, saying what to do, when it has not and may not be migrated here, or when
    there is no database: a mistyped path is not made unless `makes_database`.
    """
    logs.configure(settings.log_level, settings.log_format)
    logs.hide_by(Masks(LINKS))
    if not makes_database:
        check_exists(settings.database_url)
    check_room(settings)
    version = schema_version(settings)
    if version == HEAD:
        if settings.auto_migrate:
            follow_zones(settings)
        return
    if version is not None and version > HEAD:
        raise Unavailable(
            "schema.newer",
            f"The database has schema {version}, newer than this program's {HEAD}. "
            "Install the newer Turnout.",
        )
    if not settings.auto_migrate:
        raise Unavailable(
            "schema.older",
            f"The database has schema {version or 'none'}, not {HEAD}: run `turnout migrate`.",
        )
    migrate(settings)


def follow_zones(settings: Settings) -> int | None:
    """Derive what lies ahead again after an upgrade of the zone data; see `follow_zone_data`."""
    db = open_database(settings)
    try:
        return follow_zone_data(db)
    finally:
        db.close()


def make_database(settings: Settings) -> None:
    """Make the embedded database where there is none; what exists is left as it is."""
    try:
        check_exists(settings.database_url)
    except Unavailable:
        migrate(settings)


def migrate(settings: Settings) -> None:
    """Bring the database to the newest schema, in a process of its own (Alembic is heavy).

    Raises Unavailable when that fails; the process has said why.
    """
    environ = {"TURNOUT_DATABASE_URL": settings.database_url}
    done = subprocess.run(
        [sys.executable, "-m", "turnout", "migrate", "--quiet"],
        env=_without_settings() | environ,
        check=False,
    )
    if done.returncode:
        raise Unavailable("schema.failed", "The database could not be migrated; see above.")


def schema_version(settings: Settings) -> str | None:
    """The schema revision of the database, None where it is empty."""
    db = open_database(settings)
    try:
        return db.schema_version()
    finally:
        db.close()


async def _warn_of_identity(db: Database, *, is_demo: bool) -> None:
    """Tell the operator what of the identities in the database is not as it should be."""
    count = await db.read(count_demo_credentials)
    if count and not is_demo:
        log.warning(
            "the database has credentials of a demo",
            credentials=count,
            sign_ins="accepted" if DEMO_PERMISSION in db.permitted else "refused",
            advice="Use another database than a demo's, or, to try things, `turnout serve "
            "--allow-demo`.",
        )
    if shared := await db.read(count_shared_distributors):
        log.warning(
            "organizations share a distributor",
            distributors=shared,
            admins="rule all of them"
            if SHARED_DISTRIBUTOR in db.permitted
            else "see their own organization only",
            advice="`turnout distributor split --dry-run` says who loses what when each gets its "
            "own.",
        )


async def _ensure_signing_key(db: Database) -> None:
    keys = await db.read(list_published_keys)
    if not any(key.retired_at is None for key in keys):
        await db.write(ensure_signing_key, *await asyncio.to_thread(generate_key_pair))


def _summarize(tx: Tx, principal: Principal, event_id: EventId) -> tuple[ReportedEvent, Summary]:
    event = _require_event(tx, principal, event_id)
    return event, summarize(tx, principal.org_id, event_id)


def _require_event(tx: Tx, principal: Principal, event_id: EventId) -> ReportedEvent:
    """`require_event`, which tells people on pages who they are and who can let them in."""
    member = require_member(tx, principal)
    try:
        return require_event(tx, principal, event_id)
    except (Denied, Unauthenticated) as error:
        slug = get_organization_of(tx, principal.org_id).slug
        code = member.user.user_code
        raise Denied(
            "reporting.page",
            f"You are signed in as {code}, and {code} may not see reports of event {event_id}. Who "
            f"runs this server grants it with `turnout reporting grant {slug} {code}`.",
        ) from error


def _list_sent(tx: Tx, principal: Principal, wanted: OutboxFilter) -> list[SentMessage]:
    member = require_member(tx, principal)
    is_own = member.user.role is Role.ACCT
    found = list_messages(
        tx,
        principal.org_id,
        user_id=principal.user_id if is_own else 0,
        codes_of=principal.user_id,
        channel=wanted.channel,
        destination=wanted.destination,
        job_id=wanted.job_id,
        before=wanted.before,
        limit=OUTBOX_PAGE + 1,
    )
    return [
        SentMessage(
            each.id,
            each.at,
            each.job_id,
            each.channel.value,
            each.sender,
            each.destination,
            each.subject,
            each.text,
            each.verdict.status,
            each.verdict.notes,
            each.verdict.reply,
        )
        for each in found
    ]


def _without_settings() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("TURNOUT_")}
