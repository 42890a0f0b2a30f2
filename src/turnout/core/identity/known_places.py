"""Where a user's password was right before: there it is checked ahead of strangers.

Kept is a keyed digest of user and place, so the table tells nobody where people are. A user has a
bounded number of places; those not seen for half a year are forgotten. Browsers on the pages are
kept likewise, by a secret in a cookie: a new one is told to the user by mail.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from typing import NamedTuple

from turnout.core.identity.members import Password, find_password
from turnout.core.identity.model import Principal
from turnout.core.identity.sql import sql
from turnout.store import Tx
from turnout.store.windows import is_over

PLACES_LIMIT = 20
DAY_MS = 24 * 3_600_000
FORGOTTEN_MS = 180 * DAY_MS


class Named(NamedTuple):
    """The passwords of those whom a name may mean, and how many are checked whatever they are."""

    passwords: list[Password]
    checks: int = 1


Find = Callable[[Tx, str], Named]


class Claim(NamedTuple):
    """What a sign-in is held against. `is_known` when one of them was right at that place, or in
    that browser, before; `fresh` are those of which that was noted within a day. `browser` names
    the browser that one of them signed in with, empty = it is not known."""

    passwords: list[Password]
    checks: int
    is_known: bool
    fresh: list[Password]
    browser: str


def find_by_code(tx: Tx, user_code: str) -> Named:
    """The password of the user of that code."""
    found = find_password(tx, user_code)
    return Named([found] if found else [])


def find_claim(
    tx: Tx, name: str, place: str, find: Find = find_by_code, browser: str = ""
) -> Claim:
    """What a sign-in as `name` from `place` is held against; `find` says whose name it may be,
    `browser` is the secret of its cookie. Those who are known there come first."""
    found = find(tx, name)
    key = sql.find_place_key(tx) if found.passwords else None
    known: list[Password] = []
    fresh: list[Password] = []
    shown = ""
    for password in found.passwords if key else ():
        principal = password.principal
        seen_at = _find_seen(tx, principal, _digest(key or "", principal, place))
        if seen_at is not None:
            known.append(password)
            fresh += [] if is_over(seen_at, DAY_MS, tx.now) else [password]
        digest = _digest(key or "", principal, _browser(browser)) if browser else ""
        if digest and _find_seen(tx, principal, digest) is not None:
            shown = shown or f"browser {digest}"
    passwords = known + [password for password in found.passwords if password not in known]
    return Claim(passwords, found.checks, bool(known or shown), fresh, shown)


def _find_seen(tx: Tx, principal: Principal, digest: str) -> int | None:
    """Since when (epoch ms) a place is known, None = it is not, or not any more."""
    seen_at = sql.find_known_place(
        tx, org_id=principal.org_id, user_id=principal.user_id, digest=digest
    )
    return None if seen_at is None or seen_at <= tx.now - FORGOTTEN_MS else seen_at


def is_known_browser(tx: Tx, principal: Principal, secret: str) -> bool:
    """Whether the user signed in before with the browser that keeps this secret."""
    key = sql.find_place_key(tx)
    digest = _digest(key or "", principal, _browser(secret))
    found = sql.find_known_place(
        tx, org_id=principal.org_id, user_id=principal.user_id, digest=digest
    )
    return bool(secret and key) and found is not None and found > tx.now - FORGOTTEN_MS


def remember_browser(tx: Tx, principal: Principal, secret: str) -> None:
    """The user signed in with the browser that keeps this secret. Idempotent."""
    remember_place(tx, principal, _browser(secret))


def _browser(secret: str) -> str:
    return f"browser {secret}"


def remember_place(tx: Tx, principal: Principal, place: str) -> None:
    """The user's password was right at `place`. Idempotent."""
    key = ensure_place_key(tx)
    org_id, user_id = principal.org_id, principal.user_id
    sql.put_known_place(
        tx, org_id=org_id, user_id=user_id, digest=_digest(key, principal, place), now=tx.now
    )
    sql.delete_old_places(
        tx, org_id=org_id, user_id=user_id, before=tx.now - FORGOTTEN_MS, kept=PLACES_LIMIT
    )


def ensure_place_key(tx: Tx) -> str:
    """The key of the digests, made when it is first needed."""
    if known := sql.find_place_key(tx):
        return known
    sql.add_place_key(tx, secret=secrets.token_hex(32), now=tx.now)
    return ensure_place_key(tx)


def _digest(key: str, principal: Principal, place: str) -> str:
    text = f"{principal.org_id}:{principal.user_id}:{place}".encode()
    return hmac.new(key.encode(), text, hashlib.sha256).hexdigest()
