"""The domains that an organization sends mail from: added, checked, removed."""

import ipaddress
import re
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from turnout.core.audit.recording import record
from turnout.core.ids import OrgId
from turnout.core.senders.keys import NewKey
from turnout.core.senders.model import DkimKey, Found, SenderDomain, SenderKey, Signing
from turnout.core.senders.sql import sql
from turnout.errors import Conflict, Invalid, Missing
from turnout.store import Tx

MOST = 100
LONGEST = 200
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")
NOUN = "sender_domain"


class Unproven(NamedTuple):
    """A domain that nobody has proven, or no longer."""

    org: str
    domain: str


class DueDomain(NamedTuple):
    """A verified domain at which nobody has looked for long."""

    org_id: OrgId
    domain: str


def add_domain(
    tx: Tx,
    org_id: OrgId,
    domain: str,
    keys: Sequence[NewKey],
    *,
    own_domains: Collection[str] = (),
    actor: str,
) -> tuple[SenderDomain, list[SenderKey]]:
    """A domain that the organization wants to send from, with keys of its own. It counts once they
    are published (`record_check`). Raises Invalid for what is no domain, Conflict for one that is
    there, for the installation's own (`own_domains`) and what lies below them, or when there are
    MOST."""
    name = read_domain(domain)
    for own in own_domains:
        if f".{name}".endswith(f".{_plain(own)}"):
            raise Conflict("sender.domain_own", domain=name, own=own)
    known = {row.domain for row in list_domains(tx, org_id)}
    if name in known:
        raise Conflict("sender.domain_known", domain=name)
    if len(known) >= MOST:
        raise Conflict("sender.domains_many", limit=MOST)
    sql.add_domain(tx, org_id=org_id, domain=name, now=tx.now)
    for key in keys:
        sql.add_key(
            tx,
            org_id=org_id,
            domain=name,
            selector=key.selector,
            algorithm=key.algorithm,
            private_pem=key.private_pem,
            public=key.public,
            now=tx.now,
        )
    record(tx, org_id, actor, "added", NOUN, 0, domain=name)
    return get_domain(tx, org_id, name)


def get_domain(tx: Tx, org_id: OrgId, domain: str) -> tuple[SenderDomain, list[SenderKey]]:
    """A domain and its keys. Raises Invalid, Missing."""
    name = read_domain(domain)
    found = next((row for row in list_domains(tx, org_id) if row.domain == name), None)
    if found is None:
        raise Missing("sender.domain_missing", domain=name)
    return found, sql.list_keys(tx, org_id=org_id, domain=name)


def list_domains(tx: Tx, org_id: OrgId) -> list[SenderDomain]:
    """An organization's domains, by name."""
    return sql.list_domains(tx, org_id=org_id)


def remove_domain(tx: Tx, org_id: OrgId, domain: str, *, actor: str) -> None:
    """Send from a domain no more, and forget its keys. Raises Invalid, Missing."""
    name = get_domain(tx, org_id, domain)[0].domain
    sql.remove_keys(tx, org_id=org_id, domain=name)
    sql.remove_domain(tx, org_id=org_id, domain=name)
    record(tx, org_id, actor, "removed", NOUN, 0, domain=name)


def record_check(
    tx: Tx,
    org_id: OrgId,
    domain: str,
    found: Mapping[str, Found],
    return_path: Found,
    *,
    actor: str,
) -> SenderDomain:
    """Keep what the DNS says: of each key by its selector, and of the return path. What no name
    server told stays as it was. Raises Invalid, Missing."""
    before, keys = get_domain(tx, org_id, domain)
    for key in keys:
        sql.set_key_verified(
            tx,
            org_id=org_id,
            domain=before.domain,
            selector=key.selector,
            at=_since(key.verified_at, found.get(key.selector, Found.UNKNOWN), tx.now),
        )
    sql.set_checked(
        tx,
        org_id=org_id,
        domain=before.domain,
        returning_at=_since(before.returning_at, return_path, tx.now),
        now=tx.now,
    )
    after = get_domain(tx, org_id, domain)[0]
    if bool(before.verified_at) != bool(after.verified_at):
        action = "verified" if after.verified_at else "lost"
        record(tx, org_id, actor, action, NOUN, 0, domain=after.domain)
    return after


def take_due_domain(tx: Tx, every_ms: int) -> DueDomain | None:
    """A verified domain at which nobody has looked for that long; it counts as looked at."""
    before = tx.now - every_ms
    due = sql.find_due_domain(tx, before=before)
    if due and sql.begin_check(tx, **due._asdict(), before=before, now=tx.now):
        return due
    return None  # or another worker was faster


def _since(at: int | None, found: Found, now: int) -> int | None:
    if found is Found.UNKNOWN:
        return at
    return (at or now) if found is Found.YES else None


def list_signings(tx: Tx, org_id: OrgId) -> dict[str, Signing]:
    """How mail of each verified domain of an organization is signed."""
    signings: dict[str, Signing] = {}
    for row in sql.list_signing_keys(tx, org_id=org_id):
        before = signings.get(row.domain, Signing(()))
        key = DkimKey(row.domain, row.selector, row.private_pem)
        signings[row.domain] = Signing((*before.keys, key), row.return_path)
    return signings


def list_unproven(tx: Tx, limit: int) -> list[Unproven]:
    """Domains of all organizations that are not verified, for the operator."""
    return sql.list_unproven(tx, limit=limit)


def read_domain(text: str) -> str:
    """A mail domain in lower case and ASCII. Raises Invalid if it is not one."""
    given = text.strip().rstrip(".")
    try:
        import idna

        name = idna.encode(given, uts46=True).decode("ascii") if given else ""
    except idna.IDNAError:
        name = ""
    if len(name) > LONGEST or not _HOST.fullmatch(name) or _is_ip(name):
        raise Invalid("sender.domain", domain=text)
    return name


def _plain(own: str) -> str:
    """A domain of the operator's as one of an organization is read; some are none, `localhost`."""
    try:
        return read_domain(own)
    except Invalid:
        return own.strip().lower()


def _is_ip(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
