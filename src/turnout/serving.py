"""Running what bootstrap.py has put together: one process that serves, or that only works.

A process sets its log up, sees to the schema, and opens the database; it watches that it does not
hang and that its clock is the installation's; it says at which address links lead to; and on
SIGTERM or SIGINT it finishes what it has begun.
"""

import asyncio
import gc
import sys
from collections.abc import Callable
from functools import partial

import structlog
import uvloop

from turnout.bootstrap import Node
from turnout.core.accounts.mailing import INVITATION_PATH, RESET_PATH
from turnout.core.audience.links import PATH as WATCH
from turnout.core.audience.sharing import PATH as SHARED_REPORT
from turnout.core.exams.printing import PATH as SCRAP_PAPER
from turnout.core.identity.demo import PERMISSION as DEMO_PERMISSION
from turnout.core.identity.demo import count_demo_credentials
from turnout.core.identity.distributors import count_shared_distributors
from turnout.core.identity.first_start import LINK_PATH, SET_UP_PATH, make_set_up
from turnout.core.identity.members import SHARED_DISTRIBUTOR
from turnout.core.invitations.campaigns import PATH as INVITATION
from turnout.core.messaging.opt_outs import PATH as UNSUBSCRIBE
from turnout.core.messaging.pulling import LongestWaits
from turnout.core.site.address import find_address, store_address
from turnout.core.tickets.guest_links import MY
from turnout.core.tickets.mails import TICKET
from turnout.core.waiting_list.entries import PATH as WAITING
from turnout.garbage import look_as_usual
from turnout.heap import share_heap
from turnout.http import logs, server
from turnout.http.connections import ConnectionLimits
from turnout.http.masks import Masks
from turnout.http.outbound import Outbound
from turnout.schema import ensure_schema
from turnout.settings import Settings
from turnout.store import Database, open_database
from turnout.store.sole_node import serve_alone
from turnout.store.steady import SteadyClock
from turnout.web.catalogue import Demo, Examine
from turnout.workers.clock import ClockWatch
from turnout.workers.loop import Loop
from turnout.workers.running import Workers
from turnout.workers.watchdog import Watchdog

ADDRESS_POLL_S = 1
# The event loop and the writer thread share one interpreter: with the default of 5 ms a
# waiting thread would add that much to every statement under load.
SWITCH_INTERVAL_S = 0.001

# Where personal links lead: hidden in the log of a process that serves no routes, too.
LINKS = (
    *(f"{path}{{token}}" for path in (UNSUBSCRIBE, INVITATION, TICKET, WAITING, SCRAP_PAPER)),
    *(f"{path}{{token}}" for path in (RESET_PATH, INVITATION_PATH, SET_UP_PATH, LINK_PATH)),
    *(f"{MY}{{token}}", f"{WATCH}{{pak}}/{{token}}"),
    f"{SHARED_REPORT}{{token}}",
)

log = structlog.get_logger()


def prepare(settings: Settings, *, makes_database: bool = False) -> None:
    """Set up logs, and see to the schema as `ensure_schema` does. Raises Unavailable."""
    share_heap()
    logs.configure(settings.log_level, settings.log_format)
    logs.hide_by(Masks(LINKS))
    ensure_schema(settings, makes_database=makes_database)


def serve(
    settings: Settings,
    *,
    demo: Demo | None = None,
    started: Callable[[], None] = lambda: None,
    empty: Callable[[str], None] = lambda _: None,
    examine: Examine | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT. `demo` is what the start page shows of a demo; an installation
    without an organization has its link to be set up handed to `empty`.

    Raises Unavailable when the database cannot be used or is another node's, OSError when the port
    cannot be had.
    """
    server.check_port(settings.host, settings.port)
    with serve_alone(settings) as is_alone:
        prepare(settings)
        if not is_alone:
            log.warning(
                "another process serves this database, too",
                advice="Limits hold for each by itself. Use PostgreSQL for several nodes.",
            )
        sys.setswitchinterval(SWITCH_INTERVAL_S)
        try:
            uvloop.run(_serve(settings, demo, started, empty, examine))
        finally:
            logs.close()


async def _serve(
    settings: Settings,
    demo: Demo | None,
    started: Callable[[], None],
    empty: Callable[[str], None],
    examine: Examine | None,
) -> None:
    db = open_database(settings)
    watches = _watch(settings, db)
    try:
        address = await _announce_address(settings, db)
        node = Node(settings, db, demo, address, examine=examine)
        await _warn_of_identity(db, is_demo=demo is not None)
        token = await db.write(make_set_up)
        await node.start()
        look_as_usual()
        gc.freeze()
        await server.run(
            node.app,
            host=settings.host,
            port=settings.port,
            grace_seconds=settings.shutdown_seconds,
            started=partial(_say_started, started, empty, node.base_url, token),
            drain=node.drain,
            limits=ConnectionLimits(
                settings.idle_seconds, settings.write_seconds, settings.connection_limit
            ),
        )
    finally:
        for loop in watches:
            await loop.stop()
        db.close()


def _say_started(
    started: Callable[[], None],
    empty: Callable[[str], None],
    base_url: str,
    token: str | None,
) -> None:
    started()
    if token:
        empty(f"{base_url}{SET_UP_PATH}{token}")


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
        look_as_usual()
        asyncio.get_running_loop().call_soon(started)
        await stopping
        log.info("stopping")
        await workers.stop()
        log.info("stopped")
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
