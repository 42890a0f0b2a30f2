"""The keys that sign personal links: one signs, and those rotated out are good until their end.

A link names its thing by number, and bears a keyed digest of that. What reads a link asks every key
that is still good (`find_link_keys`), newest first; what makes one takes the newest.
"""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from turnout.core.audit.recording import record_installation
from turnout.core.identity.sql import sql
from turnout.store import Tx

NOUN = "link_key"
DIGITS = 32


class LinkKey(NamedTuple):
    """A key as lists show it. Instants in epoch ms; the one that signs has no `ends_at`."""

    kid: str
    created_at: int
    ends_at: int | None


def ensure_link_key(tx: Tx) -> str:
    """The key that signs links; made when first needed."""
    return find_link_key(tx) or _add(tx)


def find_link_key(tx: Tx) -> str:
    """The key that signs links, empty where none was made yet: then no link is ours."""
    return next((secret for _, secret, _, ends_at in _rows(tx) if ends_at is None), "")


def find_link_keys(tx: Tx) -> tuple[str, ...]:
    """Every key whose links are good, the one that signs first."""
    return tuple(secret for _, secret, *_ in _rows(tx))


@lru_cache(maxsize=50_000)
def sign_link(key: str, text: str, digits: int = DIGITS) -> str:
    """The signature of what a link names, in hex digits. `text` begins with the kind of link, so
    that no signature of one is good for another."""
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()[:digits]


def is_link_signed(keys: Sequence[str], text: str, signature: str) -> bool:
    """Whether one of `keys` signed `text` so, in DIGITS digits or more: the first few of a
    signature are soon guessed."""
    if len(signature) < DIGITS:
        return False
    given = signature.encode("utf-8", "surrogatepass")
    return any(
        hmac.compare_digest(sign_link(key, text, len(signature)).encode(), given) for key in keys
    )


def list_link_keys(tx: Tx) -> list[LinkKey]:
    """The keys whose links are good, the one that signs first."""
    return [LinkKey(kid, created_at, ends_at) for kid, _, created_at, ends_at in _rows(tx)]


def rotate_link_key(tx: Tx, grace_ms: int, *, actor: str) -> LinkKey:
    """Sign with a new key from now on. Links that the former ones signed work for `grace_ms` more;
    0 ends them, and those of keys that were rotated out before, at once."""
    _add(tx)
    new, *former = list_link_keys(tx)
    ends_at = tx.now + grace_ms
    for key in former:
        sql.end_link_key(tx, kid=key.kid, ends_at=ends_at)
    sql.delete_ended_link_keys(tx, now=tx.now)
    record_installation(tx, actor, "rotated", NOUN, kid=new.kid, former_until=ends_at)
    return new


def _add(tx: Tx) -> str:
    secret = secrets.token_hex(32)
    kid = hashlib.sha256(secret.encode()).hexdigest()[:12]
    # Later than every other, also where clocks differ: the newest signs.
    latest = max((created_at for _, _, created_at, _ in _rows(tx)), default=0)
    sql.add_link_key(tx, kid=kid, secret=secret, created_at=max(tx.now, latest + 1))
    return secret


def _rows(tx: Tx) -> list[tuple[str, str, int, int | None]]:
    return list(sql.list_link_keys(tx, now=tx.now))
