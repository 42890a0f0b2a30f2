"""Addresses that mail is not sent to again: they bounced for good, or their owners complained.

A list for each organization. A bounce counts for every mail, also for tickets and codes, as nobody
would get them; a complaint, and what an operator has added, for mailings. The message's notes
say so. An erased person stays on it as a keyed hash, like an opt-out.
"""

import enum
from collections.abc import Collection, Iterable

import msgspec

from turnout.core.audit.recording import record
from turnout.core.ids import JobId, OrgId
from turnout.core.messaging.model import Channel
from turnout.core.messaging.numbers import address_key, to_address
from turnout.core.messaging.opt_outs import hash_addresses, hash_erased
from turnout.core.messaging.sql import sql
from turnout.errors import Invalid, Missing
from turnout.store import Tx, to_json


class Reason(enum.StrEnum):
    """Why an address is not written to again."""

    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    MANUAL = "manual"


class Suppression(msgspec.Struct, frozen=True):
    """An address that is not written to again. `created_at` in epoch ms."""

    address: str
    reason: Reason
    notes: str
    job_id: JobId | None
    created_at: int


def suppress(
    tx: Tx,
    org_id: OrgId,
    address: str,
    reason: Reason,
    *,
    notes: str = "",
    job_id: JobId | None = None,
) -> bool:
    """Write to this mail address no more. Idempotent; a bounce takes the place of other reasons,
    since it counts for more. Returns whether it is new."""
    added = sql.add_suppression(
        tx,
        org_id=org_id,
        address=address_key(Channel.EMAIL, address),
        reason=reason.value,
        notes=notes,
        job_id=job_id,
        now=tx.now,
    )
    return bool(added)


def suppress_recipients(
    tx: Tx, org_id: OrgId, job_id: JobId, found: Iterable[tuple[str, str]], reason: Reason
) -> None:
    """Suppress the addresses of a job's recipients: (address, what was said)."""
    for address, notes in sorted(found):
        suppress(tx, org_id, address, reason, notes=notes, job_id=job_id)


def add_suppression(tx: Tx, org_id: OrgId, address: str, *, actor: str) -> bool:
    """An operator adds an address; whether it is new. Raises Invalid unless it is one."""
    added = suppress(tx, org_id, _check(address), Reason.MANUAL)
    if added:
        record(tx, org_id, actor, "added", "suppression", 0)
    return added


def remove_suppression(tx: Tx, org_id: OrgId, address: str, *, actor: str) -> None:
    """Let mail reach an address again. Raises Invalid unless it is one, Missing."""
    key = address_key(Channel.EMAIL, _check(address))
    removed = [
        sql.remove_suppression(tx, org_id=org_id, address=known)
        for known in (key, *hash_addresses(tx, org_id, {key}).values())
    ]
    if not any(removed):
        raise Missing("suppression.missing", address=address)
    record(tx, org_id, actor, "removed", "suppression", 0)


def list_suppressions(tx: Tx, org_id: OrgId, limit: int) -> list[Suppression]:
    """The addresses that an organization does not write to, newest first."""
    return sql.list_suppressions(tx, org_id=org_id, limit=limit)


def find_suppressed(tx: Tx, org_id: OrgId, addresses: Collection[str]) -> dict[str, Suppression]:
    """Those of these mail addresses that are suppressed, and why."""
    keys = {address: address_key(Channel.EMAIL, address) for address in addresses}
    hashes = hash_addresses(tx, org_id, set(keys.values()))
    wanted = to_json(sorted({*keys.values(), *hashes.values()}))
    rows = sql.find_suppressed(tx, org_id=org_id, addresses=wanted)
    found = {row.address: row for row in rows}
    suppressed = {
        address: found.get(key) or found.get(hashes.get(key, "")) for address, key in keys.items()
    }
    return {address: row for address, row in suppressed.items() if row}


def keep_suppression_hash(tx: Tx, org_id: OrgId, address: str, reason: str) -> None:
    """Keep that an erased person's address is not written to: as a keyed hash. Idempotent."""
    (hashed,) = hash_erased(tx, org_id, {address}).values()
    sql.add_suppression(
        tx,
        org_id=org_id,
        address=hashed,
        reason=reason,
        notes="",
        job_id=None,
        now=tx.now,
    )


def _check(address: str) -> str:
    known = to_address(Channel.EMAIL, address)
    if not known:
        raise Invalid("suppression.address", address=address)
    return known
