"""Idempotency keys: the first answer to a request is the answer to all its repetitions.

The key is claimed, and the answer kept, in the transaction of the effect: either both are on
disk or neither. Two callers with one key at the same time are put in a row by the database;
the second then finds the first one's answer. Where the answer is known before the effect is
written, many keys are claimed with their answers in one statement.
"""

import hashlib
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from turnout.core.identity.sql import sql
from turnout.core.ids import OrgId
from turnout.errors import Conflict, Invalid
from turnout.store import Tx, to_json
from turnout.store.windows import edges

LIFETIME_MS = 24 * 3600 * 1000
KEY_LENGTH = 255


class IdempotentRequest(msgspec.Struct, frozen=True):
    """What a key is bound to, apart from its owner."""

    key: str
    method: str
    path: str
    body_digest: str


def idempotent_request(key: str, method: str, path: str, body: bytes) -> IdempotentRequest:
    """Bind a key to its request; a path is the same in any letter case. Raises Invalid for a key
    that is too long or not printable."""
    if not key.isprintable() or not key.isascii() or not 1 <= len(key) <= KEY_LENGTH:
        raise Invalid(
            "idempotency_key.malformed", limit=KEY_LENGTH, fields={"Idempotency-Key": ["malformed"]}
        )
    return IdempotentRequest(key, method, path.lower(), hashlib.sha256(body).hexdigest())


def first_answer(tx: Tx, org_id: OrgId, owner: str, request: IdempotentRequest) -> str | None:
    """Claim the key, or return the answer that was given to it in the last 24 hours.

    A key belongs to `owner`, who is `user:ID` or `credential:ID` of the organization: two with
    the same key do not meet.
    None means: go on, and call `keep_answer`, in this transaction or in one that asks again; the
    key is held until this one ends. Raises Conflict when the key was used for another request.
    """
    bound = msgspec.structs.asdict(request)
    expired_at = tx.now - LIFETIME_MS
    owned: dict[str, Any] = {"org_id": org_id, "owner": owner}
    while not sql.claim_idempotency_key(tx, **owned, now=tx.now, **bound):
        row = sql.hold_idempotency_key(tx, **owned, key=request.key)
        if row is None:
            continue  # it was swept just now
        method, path, digest, answer, created_at = row
        if created_at > expired_at:
            _check_same(request, method, path, digest)
            return answer
        if sql.reuse_idempotency_key(tx, **owned, now=tx.now, expired_at=expired_at, **bound):
            break
    return None


class OwnedKey(NamedTuple):
    """A key, and whose it is; see `first_answer`."""

    org_id: OrgId
    owner: str
    key: str


class NewAnswer(NamedTuple):
    """The answer that a request is to get, if its key was never used."""

    key: OwnedKey
    request: IdempotentRequest
    answer: str


def claim_answers(tx: Tx, new: Sequence[NewAnswer]) -> set[OwnedKey]:
    """Claim many keys, each once, and keep their answers, in the transaction of the effects;
    returns which keys were never used. For the others ask `first_answer`, in their order."""
    rows = [
        (*key, request.method, request.path, request.body_digest, answer)
        for key, request, answer in sorted(new, key=lambda wanted: wanted.key)
    ]
    return {OwnedKey(*row) for row in sql.claim_answers(tx, rows=to_json(rows), now=tx.now)}


def _check_same(request: IdempotentRequest, method: str, path: str, digest: str) -> None:
    if (method, path, digest) != (request.method, request.path, request.body_digest):
        raise Conflict("idempotency_key.reused", key=request.key)


def keep_answer(tx: Tx, org_id: OrgId, owner: str, request: IdempotentRequest, answer: str) -> None:
    """Keep the answer for repetitions, in the transaction of the effect."""
    sql.keep_answer(tx, org_id=org_id, owner=owner, key=request.key, answer=answer)


def restart_keys(tx: Tx) -> None:
    """Let keys that were used in the future count as used now, so that none lives for longer than
    24 hours."""
    sql.restart_keys(tx, now=tx.now, ahead=edges(LIFETIME_MS, tx.now).ahead)


def forget_old_keys(tx: Tx, limit: int = 1000) -> int:
    """Delete up to `limit` keys that are over 24 hours old; returns how many were found."""
    before = tx.now - LIFETIME_MS
    rows = sql.list_old_keys(tx, before=before, limit=limit)
    sql.delete_old_key(
        tx,
        [
            {"org_id": org_id, "owner": owner, "key": key, "before": before}
            for org_id, owner, key in rows
        ],
    )
    return len(rows)
