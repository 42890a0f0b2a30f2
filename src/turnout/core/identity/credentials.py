"""Keys, tokens and secrets: making them, finding whose one is, revoking them.

Only a digest is kept. The secrets are random and long (238 bits or more), so a plain SHA-256
finds them by index and gives a thief of the database nothing; passwords are another matter
(users.py).
"""

import base64
import hashlib
import secrets
import string

from turnout.core.audit.recording import record
from turnout.core.identity.demo import check_demo
from turnout.core.identity.model import Credential, CredentialKind, Principal
from turnout.core.identity.names import Target, find_name, take_name
from turnout.core.identity.sql import sql
from turnout.core.ids import CredentialId, EventId, OrgId, UserId
from turnout.errors import Missing, Unauthenticated
from turnout.store import Tx
from turnout.store.windows import edges

UNKNOWN = "credential.unknown"

CredentialKey = tuple[OrgId, CredentialId]
"""Organization and number of a credential."""

_ALPHABET = string.ascii_letters + string.digits


def issue_credential(
    tx: Tx,
    org_id: OrgId,
    kind: CredentialKind,
    name: str,
    *,
    event_id: EventId | None = None,
    user_id: UserId | None = None,
    expires_at: int | None = None,
    actor: str,
) -> tuple[Credential, str]:
    """Make a credential and return it with its secret, which is shown this once and never again.

    `expires_at` in epoch ms. API keys and tokens have 40 letters and digits, developer secrets
    88 characters of base64.
    """
    secret = _make_secret(kind)
    credential_id = CredentialId(tx.next_id("identity"))
    sql.add_credential(
        tx,
        org_id=org_id,
        id=credential_id,
        kind=kind.value,
        name=name,
        digest=digest_of(secret),
        hint=secret[:4],
        user_id=user_id,
        event_id=event_id,
        now=tx.now,
        expires_at=expires_at,
    )
    take_name(tx, kind.value, digest_of(secret), Target(org_id, "credential", credential_id))
    record(tx, org_id, actor, "issued", "credential", credential_id, kind=kind.value, name=name)
    return get_credential(tx, org_id, credential_id), secret


def authenticate(tx: Tx, kind: CredentialKind, secret: str) -> Credential:
    """The active credential that `secret` belongs to. Raises Unauthenticated."""
    target = find_name(tx, kind.value, digest_of(secret))
    if target is None:
        raise Unauthenticated(UNKNOWN)
    return require_active(tx, Principal(target.org_id, CredentialId(target.target_id)))


def require_active(tx: Tx, principal: Principal) -> Credential:
    """The principal's credential. Raises Unauthenticated when it was revoked or has expired,
    and for the demo's where they are not let in."""
    credential = find_credential(tx, principal.org_id, principal.credential_id)
    state = credential.state(tx.now) if credential else "unknown"
    if credential is None or state != "active":
        raise Unauthenticated(f"credential.{state}")
    check_demo(tx, credential.is_demo)
    return credential


def find_credential(tx: Tx, org_id: OrgId, credential_id: CredentialId) -> Credential | None:
    """The organization's credential of that number, if there is one."""
    return sql.find_credential(tx, org_id=org_id, id=credential_id)


def get_credential(tx: Tx, org_id: OrgId, credential_id: CredentialId) -> Credential:
    """The organization's credential of that number. Raises Missing."""
    credential = find_credential(tx, org_id, credential_id)
    if credential is None:
        raise Missing("credential.missing", credential_id=credential_id)
    return credential


def list_credentials(tx: Tx, org_id: OrgId) -> list[Credential]:
    """All credentials of the organization, oldest first, revoked ones too."""
    return sql.list_credentials(tx, org_id=org_id)


def revoke_credential(
    tx: Tx, org_id: OrgId, credential_id: CredentialId, *, actor: str
) -> Credential:
    """End a credential and every token that was signed for it, at once.

    Idempotent. Raises Missing.
    """
    credential = get_credential(tx, org_id, credential_id)
    if sql.revoke_credential(tx, org_id=org_id, id=credential_id, now=tx.now):
        record(tx, org_id, actor, "revoked", "credential", credential_id, name=credential.name)
    return get_credential(tx, org_id, credential_id)


def touch_credentials(tx: Tx, used: dict[CredentialKey, int]) -> None:
    """Note when (epoch ms) credentials were last used; called in bulk, at most once a minute."""
    ahead = edges(0, tx.now).ahead
    for (org_id, credential_id), at in used.items():
        sql.touch_credential(tx, org_id=org_id, id=credential_id, at=at, ahead=ahead)


def digest_of(secret: str) -> str:
    """The SHA-256 of a secret, in hex."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _make_secret(kind: CredentialKind) -> str:
    if kind is CredentialKind.DEVELOPER_SECRET:
        return base64.b64encode(secrets.token_bytes(64)).decode()
    return "".join(secrets.choice(_ALPHABET) for _ in range(40))
