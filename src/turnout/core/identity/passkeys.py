"""Passkeys (WebAuthn): adding them to a user, and signing in with one.

Theory. A challenge is good once and for five minutes; it is kept as a single use, so an answer that
is sent again finds none. The authenticator must have verified the person, so a passkey counts as
both steps of a sign-in. The relying party is the host of the installation's address, never of a
request: browsers have passkeys for https and for localhost only, and not for bare numbers.
"""

import ipaddress
import json
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from turnout.core.audit.recording import record
from turnout.core.identity.model import Principal, User
from turnout.core.identity.second_steps import forget_unused_codes
from turnout.core.identity.single_uses import Purpose, make_single_use, take_single_use
from turnout.core.identity.sql import sql
from turnout.core.ids import NO_ORG, NO_USER, OrgId, UserId
from turnout.errors import Conflict, Gone, Invalid, Missing, Unauthenticated
from turnout.store import Tx

PASSKEYS_LIMIT = 20
NAME_LENGTH = 60


class Passkey(NamedTuple):
    """A stored passkey; `handle` and `public_key` in base64url. Instants in epoch ms."""

    org_id: OrgId
    user_id: UserId
    handle: str
    public_key: str
    sign_count: int
    name: str
    created_at: int
    used_at: int | None


def relying_party(base_url: str) -> str | None:
    """The host that passkeys are for, None where browsers have none."""
    parts = urlsplit(base_url)
    host = parts.hostname or ""
    is_local = host == "localhost" or host.endswith(".localhost")
    if not (is_local or parts.scheme == "https") or _is_number(host):
        return None
    return host


def begin_passkey(tx: Tx, user: User, base_url: str) -> str:
    """What a browser needs to make a passkey for the user, as JSON. Raises Invalid where passkeys
    cannot work, or for somebody with very many."""
    known = list_passkeys(tx, user)
    if len(known) >= PASSKEYS_LIMIT:
        raise Invalid("passkey.many", limit=PASSKEYS_LIMIT)
    from turnout.core.identity import authenticators

    party = _require_party(base_url)
    asked, challenge = authenticators.ask_to_make(user, party, [one.handle for one in known])
    _keep(tx, challenge, user.org_id, user.id)
    return asked


def add_passkey(tx: Tx, user: User, answer: str, name: str, base_url: str) -> None:
    """Keep the passkey that a browser made. Raises Gone for a challenge that is used or over,
    Invalid for an answer that is wrong, Conflict for a passkey that is somebody's already."""
    from turnout.core.identity import authenticators

    credential, challenge = _open(tx, answer, user.org_id, user.id)
    party = _require_party(base_url)
    made = authenticators.judge_made(credential, challenge, party, base_url)
    if made is None:
        raise Invalid("passkey.wrong")
    added = sql.add_passkey(
        tx,
        org_id=user.org_id,
        user_id=user.id,
        **made._asdict(),
        name=" ".join(name.split())[:NAME_LENGTH] or "Passkey",
        now=tx.now,
    )
    if not added:
        raise Conflict("passkey.taken")
    record(tx, user.org_id, f"user:{user.id}", "added", "passkey", user.id)


def begin_sign_in(tx: Tx, base_url: str) -> str:
    """What a browser needs to show a passkey, as JSON."""
    from turnout.core.identity import authenticators

    asked, challenge = authenticators.ask_to_show(_require_party(base_url))
    _keep(tx, challenge)
    return asked


def check_passkey(tx: Tx, answer: str, base_url: str) -> Principal:
    """Whose passkey answered. Raises Gone for a challenge that is used or over, Unauthenticated for
    an unknown or wrong one, and for a user who may not sign in."""
    from turnout.core.identity import authenticators

    credential, challenge = _open(tx, answer)
    passkey = sql.find_passkey(tx, handle=str(credential.get("id")))
    if passkey is None:
        raise _wrong()
    known = authenticators.Made(passkey.handle, passkey.public_key, passkey.sign_count)
    party = _require_party(base_url)
    sign_count = authenticators.judge_shown(credential, challenge, party, base_url, known)
    if sign_count is None:
        raise _wrong()
    password = sql.find_live_password(tx, org_id=passkey.org_id, user_id=passkey.user_id)
    if password is None or not _use(tx, passkey, sign_count):
        raise _wrong()
    return Principal(passkey.org_id, password, passkey.user_id)


def _use(tx: Tx, passkey: Passkey, sign_count: int) -> bool:
    """Note a use; False for a counter that goes back, as a copied passkey's does."""
    used = sql.use_passkey(
        tx,
        org_id=passkey.org_id,
        user_id=passkey.user_id,
        handle=passkey.handle,
        sign_count=sign_count,
        now=tx.now,
    )
    return bool(used)


def list_passkeys(tx: Tx, user: User) -> list[Passkey]:
    """The user's passkeys, oldest first."""
    return sql.list_passkeys(tx, org_id=user.org_id, user_id=user.id)


def remove_passkey(tx: Tx, user: User, handle: str, *, actor: str) -> None:
    """Forget a passkey. Raises Missing for one that is not the user's."""
    if not sql.delete_passkey(tx, org_id=user.org_id, user_id=user.id, handle=handle):
        raise Missing("passkey.missing")
    record(tx, user.org_id, actor, "removed", "passkey", user.id)
    forget_unused_codes(tx, user)


def _keep(tx: Tx, challenge: str, org_id: OrgId = NO_ORG, user_id: UserId = NO_USER) -> None:
    make_single_use(tx, Purpose.PASSKEY, org_id, user_id, secret=challenge)


def _open(
    tx: Tx, answer: str, org_id: OrgId = NO_ORG, user_id: UserId = NO_USER
) -> tuple[dict[str, Any], str]:
    """A browser's answer, and the challenge in it, which is used up: it must be ours, and have been
    made for the same purpose."""
    from turnout.core.identity import authenticators

    try:
        credential = json.loads(answer)
    except ValueError as error:
        raise Invalid("passkey.wrong") from error
    challenge = authenticators.find_challenge(credential)
    if challenge is None:
        raise Invalid("passkey.wrong")
    made = take_single_use(tx, Purpose.PASSKEY, challenge)
    if (made.org_id, made.user_id) != (org_id, user_id):
        raise Gone("link.used")
    return credential, challenge


def _require_party(base_url: str) -> str:
    party = relying_party(base_url)
    if party is None:
        raise Invalid("passkey.impossible")
    return party


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _wrong() -> Unauthenticated:
    return Unauthenticated("passkey.unknown")
