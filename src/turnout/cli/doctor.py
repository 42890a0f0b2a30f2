"""`turnout doctor`: what is wrong with this installation, and what to do about it."""

import shutil
import socket
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from rich.text import Text

from turnout.carriers import networks
from turnout.cli.app import console, database, settings
from turnout.cli.checking_messages import MAX_WAIT_S, check_messages
from turnout.cli.checking_store import (
    WRITING,
    advise_operator,
    check_file,
    check_writing,
    judge_writing,
)
from turnout.cli.checking_time_zones import check_zone_data
from turnout.cli.finding import Finding
from turnout.core.identity.demo import count_demo_credentials
from turnout.core.identity.distributors import count_shared_distributors
from turnout.core.identity.organizations import list_organizations
from turnout.core.identity.proxies import list_untrusted_proxies
from turnout.core.identity.short_names import ELSEWHERE, is_reserved
from turnout.core.maintenance.clock import Clocks, look_at_clocks
from turnout.core.messaging.model import Channel
from turnout.core.registrations.queue_items import find_next_due, list_oldest_waits
from turnout.core.site.address import StoredAddress, find_stored_address
from turnout.core.work.listing import count_set_aside
from turnout.errors import Failure
from turnout.http.client_address import TrustedProxies
from turnout.schema import check_version
from turnout.settings import Settings, hide_password
from turnout.store import Database, open_database
from turnout.store.faults import FAILED, advise, fault_of
from turnout.store.migrations.revisions import HEAD
from turnout.store.sqlite import check_exists, disk_fsync_ms, path_of
from turnout.store.windows import is_over

MIN_FREE_BYTES = 1 << 30
LEAST_FREE_BYTES = 8 << 20
MAX_FSYNC_MS = 20.0
JUMP_SHOWN_MS = 7 * 24 * 3_600_000
CONNECT_S = 5
EARLIEST_PLAUSIBLE_YEAR = 2026
LOOPBACK = ("127.0.0.1", "::1", "localhost")

Check = Callable[[Settings], Iterator[Finding]]


def doctor() -> None:
    """Check database, clock, disk and carriers, and say what to do.

    Exits 1 on a failure, 2 if TURNOUT_DATABASE_URL is no address of a database.
    """
    chosen = settings()
    findings = [finding for check in CHECKS for finding in _go_on(check, chosen)]
    for finding in findings:
        show(finding)
    if any(finding.is_failure for finding in findings):
        sys.exit(2 if any(finding.is_setting for finding in findings) else 1)


def _go_on(check: Check, chosen: Settings) -> Iterator[Finding]:
    """What one check finds; a check that fails is a finding, and the others go on."""
    try:
        yield from check(chosen)
    except Failure as failure:
        yield (
            judge_writing(failure)
            if failure.code in WRITING
            else Finding(_name_of(check), failure.message, _advise(failure), is_failure=True)
        )
    except Exception as error:  # noqa: BLE001 - whatever it is, the operator wants the rest too
        seen = f"could not be looked at: {type(error).__name__}: {error}"
        yield Finding(_name_of(check), seen, "See what it says.", is_failure=True)


def _name_of(check: Check) -> str:
    return check.__name__.removeprefix("check_").replace("_", " ")


STYLES = {"ok": "green", "warn": "bold yellow", "FAIL": "bold red"}


def show(finding: Finding) -> None:
    """Print a finding, and below it what to do."""
    mark = (f"{finding.mark:5}", STYLES[finding.mark])
    console.print(Text.assemble(mark, f"{finding.what:16}{' '.join(finding.seen.split())}"))
    if finding.advice:
        console.print(Text.assemble(" " * 5, (f"-> {finding.advice}", "bold")))


def check_database(chosen: Settings) -> Iterator[Finding]:
    """Can it be reached, is its schema current, is its queue processed?"""
    url = hide_password(chosen.database_url)
    try:
        check_exists(chosen.database_url)
        db = open_database(chosen)
    except Failure as failure:
        seen = f"{url}: {failure.message.partition('. ')[0]}"
        is_setting = failure.code.startswith("store.url")
        yield Finding("database", seen, _advise(failure), is_failure=True, is_setting=is_setting)
        return
    try:
        yield Finding("database", f"{url} answers")
        yield from _look_into(db, chosen)
    finally:
        db.close()


def _look_into(db: Database, chosen: Settings) -> Iterator[Finding]:
    """What a database that answers says. Each step that fails is a finding, and the others go on:
    what cannot be written can be read. One reason is told once."""
    told: set[str] = set()
    version = db.schema_version()
    is_current = version == HEAD
    if db.backend == "postgresql":
        from turnout.cli.checking_postgresql import check_rights, check_server
        from turnout.cli.checking_transactions import check_transactions

        yield from _try("server", told, lambda: check_server(db))
        yield from _try("transactions", told, lambda: check_transactions(db))
        rights = partial(check_rights, db, needs_migration=not is_current)
        yield from _try("rights", told, rights)
    yield _judge_schema(version)
    if is_current:
        for name, step in _STEPS.items():
            yield from _try(name, told, partial(step, db, chosen))


def _try(name: str, told: set[str], step: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    try:
        yield from step()
    except Failure as failure:
        if failure.code not in told:
            yield Finding(name, failure.message, _advise(failure), is_failure=True)
        told.add(failure.code)


def _judge_schema(version: str | None) -> Finding:
    try:
        check_version(version)
    except Failure as failure:
        return Finding("schema", version or "none", _advise(failure), is_failure=True)
    return Finding("schema", version or "")


def check_connections(chosen: Settings) -> Iterator[Finding]:
    """Does PostgreSQL give as many connections as a process needs?"""
    if chosen.database_url.startswith(("postgresql:", "postgres:")):
        from turnout.cli.checking_postgresql import check_room

        yield from check_room(chosen)


def check_clock(chosen: Settings) -> Iterator[Finding]:
    """Is the machine's clock plausible, and was the installation's set?"""
    yield judge_clock(time.gmtime())
    try:
        with database(chosen) as db:
            clocks, now = db.look(look_at_clocks), db.clock()
    except Failure:
        return  # as the database's own finding says
    yield from judge_clocks(clocks, now)


def judge_clocks(clocks: Clocks, now: int) -> Iterator[Finding]:
    """What stored times say of the installation's clock, which shows `now` (epoch ms)."""
    if clocks.ahead_ms:
        yield Finding(
            "stored times",
            f"the newest is {clocks.ahead_ms / 1000:.0f} s in the future: the clock was set back, "
            "or was ahead when it was stored",
            "See that the clock is right and a time service runs. A running server puts right what "
            "waits within a minute; what began in the future begins again.",
        )
    jump = clocks.jump
    if jump and not is_over(jump.at, JUMP_SHOWN_MS, now):
        direction = "ahead" if jump.by_ms > 0 else "back"
        at = time.strftime("%Y-%m-%d %H:%M:%SZ", time.gmtime(jump.at // 1000))
        yield Finding(
            "clock was set",
            f"{abs(jump.by_ms) / 1000:.0f} s {direction}, at {at}",
            "Run a time service that slews the clock, and find out what set it.",
        )


def judge_clock(now: time.struct_time) -> Finding:
    """What the time `now` says of the clock that it was read from."""
    seen = time.strftime("%Y-%m-%d %H:%M:%SZ", now)
    if now.tm_year >= EARLIEST_PLAUSIBLE_YEAR:
        return Finding("clock", seen)
    return Finding("clock", seen, "Set the clock, and run a time service.", is_failure=True)


def check_disk(chosen: Settings) -> Iterator[Finding]:
    """Is there room, and does the disk make writes durable quickly?"""
    if not chosen.database_url.startswith("sqlite:"):
        yield Finding("disk", "the database's is its server's, and cannot be seen from here")
        return
    try:
        folder = path_of(chosen.database_url).resolve().parent
    except Failure:
        return  # the address is wrong, as the database's own finding says
    try:
        yield judge_room(folder, shutil.disk_usage(folder).free)
        yield judge_speed(disk_fsync_ms(folder))
    except OSError as error:
        must = "The folder must exist, and this user must be allowed to write there."
        advice = advise(fault_of(error, FAILED), folder / "the database") or must
        yield Finding("disk", f"{folder}: {error.strerror}", advice, is_failure=True)


def judge_room(folder: Path, free_bytes: int) -> Finding:
    """Whether `free_bytes` are enough to go on for a while."""
    low = "Free some space: without any, nothing more can be registered."
    seen = f"{free_bytes / (1 << 30):.1f} GiB free at {folder}"
    is_full = free_bytes < LEAST_FREE_BYTES
    return Finding("disk", seen, low if free_bytes < MIN_FREE_BYTES else "", is_failure=is_full)


def judge_speed(fsync_ms: float) -> Finding:
    """Whether a disk that takes so long to make a write durable is fit for a database."""
    slow = "Put the database on a local SSD: every commit waits this long."
    seen = f"{fsync_ms:.1f} ms to make a write durable"
    return Finding("disk speed", seen, slow if fsync_ms > MAX_FSYNC_MS else "")


def check_carriers(chosen: Settings) -> Iterator[Finding]:
    """Is there a network for each channel, and does it answer?"""
    for name, channels in networks.list_used(chosen).items():
        seen = f"carries {', '.join(channels)}"
        where = networks.find_address(chosen, name)
        if where is None:
            yield Finding(name, f"{seen}; it is a simulator, and reaches nobody")
            continue
        host, port = where
        seen = f"{seen}; {host}:{port}"
        try:
            socket.create_connection(where, timeout=CONNECT_S).close()
            yield Finding(name, f"{seen} answers")
        except OSError as error:
            advice = (
                f"Correct the TURNOUT_{name.upper()}_… settings, or see that the network is up and "
                "lets this machine in. Messages wait."
            )
            yield Finding(name, f"{seen} does not answer: {error}", advice, is_failure=True)
    for name in networks.unused(chosen):
        advice = "Choose it with TURNOUT_CARRIER_…, or remove its settings."
        yield Finding(name, "has settings, and carries nothing", advice)


def check_sender(chosen: Settings) -> Iterator[Finding]:
    """Does Turnout's own mail come from an address that others can answer?"""
    carrier = networks.chosen(chosen)[Channel.EMAIL]
    if carrier == networks.SIMULATOR or not chosen.mail_from.endswith("@localhost"):
        return
    yield Finding(
        "mail sender",
        f"mails come from {chosen.mail_from}, which no network takes as an address",
        "Set TURNOUT_MAIL_FROM to an address of your own domain.",
    )


def check_links(chosen: Settings) -> Iterator[Finding]:
    """Do links lead to where others reach this server?"""
    try:
        with database(chosen) as db:
            stored = db.look(find_stored_address)
    except Failure:  # as the database's own finding says
        if chosen.base_url:
            yield judge_links(chosen, None)
        return
    yield judge_links(chosen, stored)


def judge_links(chosen: Settings, stored: StoredAddress | None) -> Finding:
    """Which address counts in links, where it comes from, and whether others can use it."""
    if chosen.base_url:
        return _judge_setting(chosen.public_url, stored)
    if stored is None:
        return Finding(
            "links",
            "their address is not known: commands that write links refuse, and `turnout work` "
            "waits",
            "Set TURNOUT_BASE_URL to the address at which others reach the server, or start "
            "`turnout serve` once.",
        )
    if stored.is_set:
        return Finding("links", f"{stored.url}, set for a server of this database")
    seen = f"{stored.url}, where a server listens; TURNOUT_BASE_URL is not set"
    is_real = set(networks.list_used(chosen)) - {networks.SIMULATOR}
    if urlsplit(stored.url).hostname in LOOPBACK and not is_real and chosen.host in LOOPBACK:
        return Finding("links", f"{seen}: this machine only")
    advice = "Set TURNOUT_BASE_URL to the address at which others reach this server."
    return Finding("links", seen, advice)


def _judge_setting(url: str, stored: StoredAddress | None) -> Finding:
    seen = f"{url}, set here (TURNOUT_BASE_URL)"
    if stored is None or not stored.is_set or stored.url == url:
        return Finding("links", seen)
    return Finding(
        "links",
        f"{seen}; {stored.url}, set for a server, counts in processes without the setting",
        "Give every process the same TURNOUT_BASE_URL, and start the server again.",
    )


CHECKS: tuple[Check, ...] = (
    check_database,
    check_connections,
    check_file,
    check_clock,
    check_disk,
    check_carriers,
    check_sender,
    check_links,
)

REACH = "Correct TURNOUT_DATABASE_URL, or see that the database runs and lets this user in."
ADVICE = {
    "store.missing": "Run `turnout migrate` to make it, or correct TURNOUT_DATABASE_URL.",
    "store.url": "Correct TURNOUT_DATABASE_URL.",
    "store.url_file": "Correct TURNOUT_DATABASE_URL.",
    "store.url_scheme": "Correct TURNOUT_DATABASE_URL.",
    "store.unreachable": REACH,
    "store.unreachable_server": REACH,
    "schema.older": "Run `turnout migrate`.",
    "schema.newer": "Install the newer Turnout: this one must not touch the database.",
}


def _advise(failure: Failure) -> str:
    return advise_operator(failure, (ADVICE | WRITING).get(failure.code, "See its log."))


def _check_queue(db: Database) -> Finding:
    due_at = db.look(find_next_due)
    late_s = max(0, db.clock() - due_at) // 1000 if due_at is not None else 0
    if late_s <= MAX_WAIT_S:
        return Finding("intake queue", "nothing waits" if due_at is None else f"{late_s} s behind")
    return Finding(
        "intake queue",
        f"the oldest registration has waited for {late_s} s",
        "See that a `turnout serve` or `turnout work` runs; if one does, its log says more. With "
        "TURNOUT_WORK_IN_PROCESS=false, servers leave the queue to `turnout work`.",
    )


def _check_waits(db: Database) -> Finding:
    """Mails of tickets and waiting lists become messages, and offers lapse, by workers too."""
    now = db.clock()
    late_s = {queue: max(0, now - at) // 1000 for queue, at in db.look(list_oldest_waits).items()}
    shown = ", ".join(f"{queue}: {seconds} s behind" for queue, seconds in late_s.items())
    if max(late_s.values(), default=0) <= MAX_WAIT_S:
        return Finding("other queues", shown or "nothing waits")
    return Finding(
        "other queues",
        shown,
        "See that a `turnout serve` or `turnout work` runs; if one does, its log says more.",
    )


def _check_proxies(db: Database, chosen: Settings) -> Iterator[Finding]:
    trusted = TrustedProxies.parse(chosen.trusted_proxies)
    for address in db.look(list_untrusted_proxies):
        if not trusted.trusts(address):
            yield Finding(
                "proxy",
                f"{address} forwards requests and is not trusted: everybody behind it counts as "
                "one address",
                f"If it is your proxy, set TURNOUT_TRUSTED_PROXIES={address}, beside what stands "
                "there, and start the server again; if not, there is nothing to do.",
            )


def _check_identity(db: Database) -> Iterator[Finding]:
    slugs = [
        organization.slug
        for organization in db.look(list_organizations)
        if is_reserved(organization.slug)
    ]
    if slugs:
        yield Finding(
            "short names",
            ", ".join(slugs[:5]) + (f" and {len(slugs) - 5} more" if len(slugs) > 5 else ""),
            f"This server uses such names itself, so the pages of these are at {ELSEWHERE}/NAME/…; "
            "links made before lead there too.",
        )
    if shared := db.look(count_shared_distributors):
        yield Finding(
            "distributors",
            f"{shared} shared by organizations since before each had its own",
            "`turnout distributor split --dry-run` says who loses what when each gets its own.",
        )
    if count := db.look(count_demo_credentials):
        yield Finding(
            "demo",
            f"{count} credentials of a demo, which `turnout serve` refuses",
            "Use a database of its own for what is not a demo.",
        )


def _check_aside(db: Database) -> Finding:
    counts = {queue: count for queue, count in db.look(count_set_aside).items() if count}
    if not counts:
        return Finding("set aside", "nothing")
    shown = ", ".join(f"{count} of {queue}" for queue, count in counts.items())
    return Finding(
        "set aside",
        f"{shown}: it stopped its worker three times",
        "Look at `turnout aside list` and the log; then `turnout aside release` or `drop` each.",
    )


_STEPS: dict[str, Callable[[Database, Settings], Iterator[Finding]]] = {
    "writing": lambda db, _: iter([check_writing(db)]),
    "intake queue": lambda db, _: iter([_check_queue(db)]),
    "messages": lambda db, _: iter([check_messages(db)]),
    "other queues": lambda db, _: iter([_check_waits(db)]),
    "set aside": lambda db, _: iter([_check_aside(db)]),
    "zone data": lambda db, _: iter([check_zone_data(db, time.gmtime().tm_year)]),
    "proxy": _check_proxies,
    "identity": lambda db, _: _check_identity(db),
}
