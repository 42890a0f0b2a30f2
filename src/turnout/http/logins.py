"""Basic authentication that costs no argon2 run a request.

A name and password that were right are remembered for five minutes by a keyed digest; the key
is random and lives in this process only, so what is remembered tells nothing to somebody who
reads it. Remembered is which user and which stored password it was. Whether both still stand
(and what role the user has) is read in every request's own transaction, so a changed password
or a disabled user drops out at once; then the password is checked again, once.

Not remembered: each check takes one read and one argon2 run (http/sign_ins.py). Several requests
with one and the same new credential share a check.
"""

import asyncio
import base64
import binascii
import hashlib
import secrets
from collections.abc import Awaitable, Callable
from typing import Any, ParamSpec, TypeVar

import falcon.asgi

from turnout.core.identity.addresses import place_of
from turnout.core.identity.members import require_member
from turnout.core.identity.model import Principal
from turnout.core.text import is_storable
from turnout.errors import Unauthenticated
from turnout.http.admission import LastUses, Verb
from turnout.http.client_address import address_of
from turnout.http.sign_ins import Shown, SignIns
from turnout.store import Database
from turnout.store.windows import has_ended

P = ParamSpec("P")
T = TypeVar("T")

REMEMBERED_MS = 5 * 60 * 1000
CACHE_SIZE = 10_000
LONGEST = 255


class Logins:
    """Who sends a request, by user code and password. `way` names the way in for the log."""

    def __init__(self, way: str, db: Database, sign_ins: SignIns, last_uses: LastUses) -> None:
        self._way = way
        self._db = db
        self._sign_ins = sign_ins
        self._key = secrets.token_bytes(32)
        self._remembered: dict[bytes, tuple[Principal, int]] = {}
        self._checks: dict[bytes, asyncio.Task[Principal]] = {}
        self._last_uses = last_uses

    async def read(
        self, req: falcon.asgi.Request, verb: Verb[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """`db.read` for who sent the request: `verb(tx, principal, …)`.

        Raises Unauthenticated, and Limited after too many wrong passwords.
        """
        return await self._run(self._db.read, req, verb, args, kwargs)

    async def write(
        self, req: falcon.asgi.Request, verb: Verb[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """`db.write` for who sent the request, as `read`."""
        return await self._run(self._db.write, req, verb, args, kwargs)

    async def write_first(
        self, req: falcon.asgi.Request, verb: Verb[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """`db.write_first` for who sent the request, as `read`."""
        return await self._run(self._db.write_first, req, verb, args, kwargs)

    async def require(self, req: falcon.asgi.Request) -> None:
        """Raise Unauthenticated, or Limited, unless somebody sent the request."""
        await self.read(req, require_member)

    async def hash(self, password: str) -> str:
        """The hash of a new password. Raises Unavailable when too many wait."""
        return await self._sign_ins.hash(password)

    async def _run(
        self,
        bridge: Callable[..., Awaitable[T]],
        req: falcon.asgi.Request,
        verb: Callable[..., T],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> T:
        shown = _shown(req)
        digest = self._digest(shown)
        if principal := self._recall(digest):
            await self._sign_ins.check_open(shown)
            try:
                result = await bridge(verb, principal, *args, **kwargs)
                self._last_uses.note(principal)
                return result
            except Unauthenticated:
                self._remembered.pop(digest, None)
        principal = await self._check(digest, shown)
        result = await bridge(verb, principal, *args, **kwargs)
        self._last_uses.note(principal)
        return result

    def _digest(self, shown: Shown) -> bytes:
        # With the place: a password is right at each place on its own (http/sign_ins.py).
        text = f"{place_of(shown.address)} {shown.user_code.casefold()}:{shown.password}"
        return hashlib.blake2b(text.encode(), key=self._key, digest_size=32).digest()

    def _recall(self, digest: bytes) -> Principal | None:
        principal, until = self._remembered.get(digest, (None, 0))
        return None if has_ended(until, REMEMBERED_MS, self._db.clock()) else principal

    async def _check(self, digest: bytes, shown: Shown) -> Principal:
        task = self._checks.get(digest)
        if task is None:
            task = asyncio.create_task(self._check_password(digest, shown))
            self._checks[digest] = task
            task.add_done_callback(lambda done: self._checked(digest, done))
        # One caller who goes away does not end the check for the others.
        return await asyncio.shield(task)

    def _checked(self, digest: bytes, task: "asyncio.Task[Principal]") -> None:
        self._checks.pop(digest, None)
        if not task.cancelled():
            task.exception()  # seen, also where every caller has gone away

    async def _check_password(self, digest: bytes, shown: Shown) -> Principal:
        principal = await self._sign_ins.check(self._way, shown)
        self._remember(digest, principal)
        return principal

    def _remember(self, digest: bytes, principal: Principal) -> None:
        self._remembered.pop(digest, None)
        while len(self._remembered) >= CACHE_SIZE:
            del self._remembered[next(iter(self._remembered))]
        self._remembered[digest] = (principal, self._db.clock() + REMEMBERED_MS)


def _shown(req: falcon.asgi.Request) -> Shown:
    scheme, _, encoded = (req.get_header("Authorization") or "").strip().partition(" ")
    if scheme.lower() != "basic":
        raise Unauthenticated("login.absent")
    try:
        decoded = base64.b64decode(encoded.strip(), validate=True)
    except (binascii.Error, ValueError) as error:
        raise Unauthenticated("login.not_base64") from error
    user_code, colon, password = _text(decoded).partition(":")
    user_code = user_code.strip()
    is_possible = max(len(user_code), len(password)) <= LONGEST and is_storable(user_code)
    if not colon or not user_code or not is_possible:
        raise Unauthenticated("login.malformed")
    return Shown(user_code, password, address_of(req.scope))


def _text(decoded: bytes) -> str:
    try:
        return decoded.decode()
    except UnicodeDecodeError:
        return decoded.decode("latin-1")  # as older clients send it
