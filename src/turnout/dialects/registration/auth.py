"""Bearer tokens of the registration API: RS256 JWTs, signed for an API key.

A verified token is remembered by its digest until it runs out, so a signature is checked once.
That the API key behind it was not revoked since is looked at in every request's own
transaction.
"""

import asyncio
import hashlib
import json
import secrets
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from jwt.algorithms import RSAAlgorithm

from turnout.core.identity.model import Principal
from turnout.core.identity.signing import TOKEN_SECONDS, SigningKey, list_published_keys
from turnout.core.ids import CredentialId, OrgId
from turnout.errors import Unauthenticated, Unavailable
from turnout.http.admission import LastUses
from turnout.http.fast_path import Incoming
from turnout.store import Database
from turnout.store.windows import has_ended, is_over

ACCOUNT_CLAIM = "custom:account_number"
CACHE_SIZE = 10_000
RELOAD_EVERY_MS = 1_000
FOLLOW_EVERY_MS = 30_000


class Tokens:
    """Signs and verifies tokens with the keys in the database."""

    def __init__(self, db: Database, issuer: str, last_uses: LastUses) -> None:
        self._db = db
        self._issuer = issuer
        self._last_uses = last_uses
        self._cache: dict[bytes, tuple[Principal, int]] = {}
        self._cache_key = secrets.token_bytes(32)
        self._keys: list[SigningKey] = []
        self._public: dict[str, RSAPublicKey] = {}
        self._private: Any = None
        self._loaded_at = 0

    async def sign(self, caller: Principal) -> str:
        """A token for the caller, good for an hour. Raises Unavailable when no key signs."""
        await self._load(FOLLOW_EVERY_MS)
        now = self._db.clock() // 1000
        claims = {
            "iss": self._issuer,
            "sub": str(caller.credential_id),
            ACCOUNT_CLAIM: str(caller.org_id),
            "token_use": "id",
            "auth_time": now,
            "iat": now,
            "exp": now + TOKEN_SECONDS,
        }
        # An RSA signature takes a millisecond of processor time: not on the event loop.
        return await asyncio.to_thread(
            jwt.encode, claims, self._private, "RS256", {"kid": self._keys[0].kid}
        )

    async def caller_of(self, req: Incoming) -> Principal:
        """Who sent the request. Raises Unauthenticated: no, malformed, bad or expired token."""
        if self._cache and is_over(self._loaded_at, FOLLOW_EVERY_MS, self._db.clock()):
            await self._load(FOLLOW_EVERY_MS)  # a key may have gone whose tokens are remembered
        header = (req.get_header("Authorization") or "").encode()
        # The digest is of the whole header: what is remembered need not be taken apart again.
        digest = hashlib.blake2b(header, key=self._cache_key, digest_size=16).digest()
        known = self._cache.get(digest)
        if known is None:
            known = await self._verify(_bearer(header.decode()))
            if len(self._cache) >= CACHE_SIZE:
                self._cache.pop(next(iter(self._cache)))
            self._cache[digest] = known
        caller, expires_at = known
        if has_ended(expires_at, TOKEN_SECONDS * 1000, self._db.clock()):
            self._cache.pop(digest, None)
            raise Unauthenticated("token.expired")
        return caller

    def used(self, caller: Principal) -> None:
        """Note that the caller's credential was used now."""
        self._last_uses.note(caller)

    async def jwks(self) -> list[dict[str, Any]]:
        """The published public keys as JSON Web Keys."""
        await self._load(max_age_ms=RELOAD_EVERY_MS)
        return [
            json.loads(RSAAlgorithm.to_jwk(public)) | {"kid": kid, "alg": "RS256", "use": "sig"}
            for kid, public in self._public.items()
        ]

    async def _verify(self, token: str) -> tuple[Principal, int]:
        try:
            kid = jwt.get_unverified_header(token).get("kid", "")
            # A key that was retired or deleted is no longer trusted half a minute later.
            await self._load(FOLLOW_EVERY_MS if kid in self._public else RELOAD_EVERY_MS)
            claims = jwt.decode(
                token,
                self._public[kid],
                algorithms=["RS256"],
                options={"require": ["exp", "sub"], "verify_exp": False, "verify_iat": False},
            )
            caller = Principal(OrgId(int(claims[ACCOUNT_CLAIM])), CredentialId(int(claims["sub"])))
            longest = self._db.clock() // 1000 + TOKEN_SECONDS
            return caller, min(int(claims["exp"]), longest) * 1000
        except (jwt.InvalidTokenError, KeyError, TypeError, ValueError) as error:
            raise Unauthenticated("token.bad") from error

    async def _load(self, max_age_ms: int) -> None:
        now = self._db.clock()
        if self._keys and not is_over(self._loaded_at, max_age_ms, now):
            return
        keys = await self._db.read(list_published_keys)
        if not keys or keys[0].retired_at is not None:
            raise Unavailable("signing.no_key")
        self._loaded_at = now
        if [key.kid for key in keys] != [key.kid for key in self._keys]:
            # The key is our own: checking it again would hold every request up for 60 ms or more.
            self._private = load_pem_private_key(
                keys[0].private_pem.encode(), password=None, unsafe_skip_rsa_key_validation=True
            )
            self._public = {
                key.kid: load_pem_public_key(key.public_pem.encode())  # type: ignore[misc]
                for key in keys
            }
        if {key.kid for key in self._keys} - {key.kid for key in keys}:
            self._cache.clear()
        self._keys = keys


def _bearer(header: str) -> str:
    scheme, _, token = header.strip().partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated("token.absent")
    return token
