"""Where a user's password was right before: there a right one is never refused.

Kept is a keyed digest of user and place, so the table tells nobody where people are. A user has a
bounded number of places; those not seen for half a year are forgotten.
"""

import hashlib
import hmac
import secrets
from typing import NamedTuple

from turnout.core.identity.members import Password, find_password
from turnout.core.identity.model import Principal
from turnout.core.identity.sql import sql
from turnout.store import Tx
from turnout.store.windows import is_over

PLACES_LIMIT = 20
DAY_MS = 24 * 3_600_000
FORGOTTEN_MS = 180 * DAY_MS


class Claim(NamedTuple):
    """What a sign-in is held against; `is_known` when it was right at that place before, and
    `is_fresh` when that was noted within a day."""

    password: Password | None
    is_known: bool
    is_fresh: bool


def find_claim(tx: Tx, user_code: str, place: str) -> Claim:
    """What a sign-in as `user_code` from `place` is held against."""
    password = find_password(tx, user_code)
    key = sql.find_place_key(tx) if password else None
    if password is None or key is None:
        return Claim(password, is_known=False, is_fresh=False)
    principal = password.principal
    digest = _digest(key, principal, place)
    seen_at = sql.find_known_place(
        tx, org_id=principal.org_id, user_id=principal.user_id, digest=digest
    )
    if seen_at is None or seen_at <= tx.now - FORGOTTEN_MS:
        return Claim(password, is_known=False, is_fresh=False)
    return Claim(password, is_known=True, is_fresh=not is_over(seen_at, DAY_MS, tx.now))


def remember_place(tx: Tx, principal: Principal, place: str) -> None:
    """The user's password was right at `place`. Idempotent."""
    key = sql.find_place_key(tx) or _make_key(tx)
    org_id, user_id = principal.org_id, principal.user_id
    sql.put_known_place(
        tx, org_id=org_id, user_id=user_id, digest=_digest(key, principal, place), now=tx.now
    )
    sql.delete_old_places(
        tx, org_id=org_id, user_id=user_id, before=tx.now - FORGOTTEN_MS, kept=PLACES_LIMIT
    )


def _make_key(tx: Tx) -> str:
    sql.add_place_key(tx, secret=secrets.token_hex(32), now=tx.now)
    return sql.find_place_key(tx) or _make_key(tx)


def _digest(key: str, principal: Principal, place: str) -> str:
    text = f"{principal.org_id}:{principal.user_id}:{place}".encode()
    return hmac.new(key.encode(), text, hashlib.sha256).hexdigest()
