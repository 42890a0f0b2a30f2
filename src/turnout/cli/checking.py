"""All checks of `turnout doctor`, in their order, and those that look into the database."""

import time
from collections.abc import Callable, Iterator
from functools import partial

from turnout.carriers import networks
from turnout.cli.app import counted
from turnout.cli.checking_clock import check_clock
from turnout.cli.checking_disk import check_disk
from turnout.cli.checking_messages import (
    MAX_WAIT_S,
    check_calls,
    check_domains,
    check_messages,
    check_numbers,
)
from turnout.cli.checking_networks import (
    check_carriers,
    check_links,
    check_resolver,
    check_sender,
    check_voices,
)
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
from turnout.core.registrations.queue_items import find_next_due, list_oldest_waits
from turnout.core.work.listing import count_set_aside
from turnout.errors import Failure
from turnout.http.client_address import TrustedProxies
from turnout.schema import check_version
from turnout.settings import Settings, hide_password
from turnout.store import Database, open_database
from turnout.store.migrations.revisions import HEAD
from turnout.store.sqlite import check_exists

Check = Callable[[Settings], Iterator[Finding]]


def examine(chosen: Settings) -> list[Finding]:
    """What all checks find, in their order."""
    return [finding for check in CHECKS for finding in look(check, chosen)]


def look(check: Check, chosen: Settings) -> Iterator[Finding]:
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
        from turnout.cli.checking_postgresql import check_rights, check_search, check_server
        from turnout.cli.checking_transactions import check_transactions

        yield from _try("server", told, lambda: check_server(db))
        yield from _try("transactions", told, lambda: check_transactions(db))
        rights = partial(check_rights, db, needs_migration=not is_current)
        yield from _try("rights", told, rights)
    yield _judge_schema(version)
    if is_current and db.backend == "postgresql":
        yield from _try("search", told, partial(check_search, db))
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


CHECKS: tuple[Check, ...] = (
    check_database,
    check_connections,
    check_file,
    check_clock,
    check_disk,
    check_carriers,
    check_sender,
    check_voices,
    check_resolver,
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
    "schema.none": "Run `turnout migrate`.",
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


def _check_identity(db: Database, settings: Settings) -> Iterator[Finding]:
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
        taken = "accepts, as TURNOUT_ALLOW_DEMO permits" if settings.allow_demo else "refuses"
        yield Finding(
            "demo",
            f"{counted(count, 'credential')} of a demo, which `turnout serve` {taken}",
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
    "numbers": lambda db, _: filter(None, [check_numbers(db)]),
    "calls": lambda db, chosen: filter(None, [check_calls(db, networks.read_fence(chosen))]),
    "mail domains": lambda db, _: filter(None, [check_domains(db)]),
    "other queues": lambda db, _: iter([_check_waits(db)]),
    "set aside": lambda db, _: iter([_check_aside(db)]),
    "zone data": lambda db, _: iter([check_zone_data(db, time.gmtime().tm_year)]),
    "proxy": _check_proxies,
    "identity": _check_identity,
}
