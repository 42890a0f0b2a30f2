"""The RSA keys that sign tokens: two are published while one is rotated out."""

import hashlib

import msgspec
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from turnout.core.audit.recording import record_installation
from turnout.core.identity.sql import sql
from turnout.store import Tx

TOKEN_SECONDS = 3600
# A retired key stays published until the last token that it signed has run out.
_PUBLISHED_AFTER_RETIREMENT_MS = (TOKEN_SECONDS + 300) * 1000


class SigningKey(msgspec.Struct, frozen=True):
    """An RSA key pair in PEM. The one that signs has no `retired_at` (epoch ms), a retired one no
    private half any more."""

    kid: str
    private_pem: str
    public_pem: str
    created_at: int
    retired_at: int | None


def generate_key_pair() -> tuple[str, str, str]:
    """A new 2048-bit pair as (kid, private PEM, public PEM); slow, so not in a transaction."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public_pem = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    private_pem = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return hashlib.sha256(public_pem).hexdigest()[:16], private_pem.decode(), public_pem.decode()


def list_published_keys(tx: Tx) -> list[SigningKey]:
    """The keys whose tokens are good, those that sign before the retired ones, newest first."""
    return sql.list_signing_keys(tx, retired_since=tx.now - _PUBLISHED_AFTER_RETIREMENT_MS)


def ensure_signing_key(tx: Tx, kid: str, private_pem: str, public_pem: str) -> bool:
    """Store the key pair unless one signs already; says whether it was stored."""
    if any(key.retired_at is None for key in list_published_keys(tx)):
        return False
    sql.add_signing_key(tx, kid=kid, private_pem=private_pem, public_pem=public_pem, now=tx.now)
    return True


def rotate_signing_key(
    tx: Tx, kid: str, private_pem: str, public_pem: str, *, at_once: bool = False, actor: str
) -> None:
    """Sign with a new pair from now on, and forget the private half of the others.

    Their public half stays published until their tokens run out; with `at_once` it goes too, and
    everybody signs in again.
    """
    sql.add_signing_key(tx, kid=kid, private_pem=private_pem, public_pem=public_pem, now=tx.now)
    sql.retire_signing_keys(tx, kid=kid, now=tx.now)
    if at_once:
        sql.delete_signing_keys(tx, kid=kid)
    record_installation(tx, actor, "rotated", "signing_key", kid=kid, at_once=at_once)
