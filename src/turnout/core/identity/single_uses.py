"""Secrets that are good once and for a short time: links to reset a password, to set an empty
installation up and to sign in to a demo; the wait between two steps; a passkey's challenge; the
button that takes back what was just done with many.

Only the digest is kept. A secret is used up by the statement that finds it, so of two uses at once
one is refused. A user's new link of a purpose ends the former one.
"""

import enum
import secrets
from typing import NamedTuple

from turnout.core.identity.credentials import digest_of
from turnout.core.identity.sql import sql
from turnout.core.ids import NO_ORG, NO_USER, CredentialId, OrgId, UserId
from turnout.errors import Gone
from turnout.store import Tx

MINUTE_MS = 60_000
LONGEST = 200
NO_CREDENTIAL = CredentialId(0)


class Purpose(enum.StrEnum):
    """What a secret is good for."""

    RESET = "reset"
    SET_UP = "set up"
    SIGN_IN = "sign in"
    SECOND_STEP = "second step"
    PASSKEY = "passkey"
    UNDO = "undo"


LASTING_MS = {
    Purpose.RESET: 60 * MINUTE_MS,
    Purpose.SET_UP: 24 * 60 * MINUTE_MS,
    Purpose.SIGN_IN: 24 * 60 * MINUTE_MS,
    Purpose.SECOND_STEP: 10 * MINUTE_MS,
    Purpose.PASSKEY: 5 * MINUTE_MS,
    Purpose.UNDO: 60 * MINUTE_MS,
}


class SingleUse(NamedTuple):
    """What a secret was made for. Instants in epoch ms; the ids are 0 where it is nobody's."""

    org_id: OrgId
    user_id: UserId
    credential_id: CredentialId
    note: str
    created_at: int
    ends_at: int


def make_single_use(
    tx: Tx,
    purpose: Purpose,
    org_id: OrgId = NO_ORG,
    user_id: UserId = NO_USER,
    *,
    credential_id: CredentialId = NO_CREDENTIAL,
    note: str = "",
    secret: str = "",
) -> str:
    """Make a secret, or keep the given one; those of the user for the same purpose end."""
    secret = secret or secrets.token_urlsafe(32)
    if user_id:
        sql.delete_single_uses_of(tx, org_id=org_id, user_id=user_id, purpose=purpose.value)
    sql.add_single_use(
        tx,
        org_id=org_id,
        digest=digest_of(secret),
        purpose=purpose.value,
        user_id=user_id,
        credential_id=credential_id,
        note=note,
        now=tx.now,
        ends_at=tx.now + LASTING_MS[purpose],
    )
    return secret


def get_single_use(tx: Tx, purpose: Purpose, secret: str) -> SingleUse:
    """What a secret was made for; it stays good. Raises Gone for one that is used or over."""
    return _check(
        sql.find_single_use(tx, digest=_digest(secret), purpose=purpose.value, now=tx.now)
    )


def take_single_use(tx: Tx, purpose: Purpose, secret: str) -> SingleUse:
    """Use a secret up. Raises Gone for one that is used or over."""
    return _check(
        sql.take_single_use(tx, digest=_digest(secret), purpose=purpose.value, now=tx.now)
    )


def end_single_uses(tx: Tx, purpose: Purpose, org_id: OrgId, user_id: UserId) -> None:
    """End the user's secrets of a purpose. Idempotent."""
    sql.delete_single_uses_of(tx, org_id=org_id, user_id=user_id, purpose=purpose.value)


def forget_single_uses(tx: Tx, limit: int) -> int:
    """Delete up to `limit` secrets that are over; returns how many."""
    rows = sql.list_ended_single_uses(tx, now=tx.now, limit=limit)
    for org_id, digest in rows:
        sql.delete_single_use(tx, org_id=org_id, digest=digest)
    return len(rows)


def _check(found: SingleUse | None) -> SingleUse:
    if found is None:
        raise Gone("link.used")
    return found


def _digest(secret: str) -> str:
    return digest_of(secret[:LONGEST])
