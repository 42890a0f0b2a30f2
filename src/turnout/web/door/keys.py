"""Which device asks, by a cookie that only this server reads and sets, or by a header.

`Authorization: Door TOKEN` is for programs; a browser has the cookie, and then what changes
something needs the header `X-Door-Form`, which no other site knows. A device has no rights of a
user: its credential is good for `/door` alone.
"""

import datetime
import hmac
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Concatenate, ParamSpec, TypeVar

from falcon.asgi import Request, Response

from turnout.core.door.devices import find_standing
from turnout.core.door.model import Standing
from turnout.core.identity.credentials import UNKNOWN
from turnout.core.identity.page_sessions import form_token_of
from turnout.errors import Denied, Invalid, Unauthenticated
from turnout.http.admission import Bridge
from turnout.http.client_address import address_of
from turnout.http.sign_ins import SignIns
from turnout.store import Database, Tx
from turnout.web.policy import is_unread

P = ParamSpec("P")
T = TypeVar("T")
DoorVerb = Callable[Concatenate[Tx, Standing, P], T]
"""What a device asks for: `verb(tx, standing, …)`."""

WAY = "door"
COOKIE = "turnout-door"
FORM_HEADER = "X-Door-Form"
SCHEME = "door"
YEAR_S = 365 * 24 * 3600
LONG_AGO = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
SAFE = ("GET", "HEAD")


class DoorKeys:
    """Says which device asks, and runs verbs for it."""

    def __init__(self, db: Database, sign_ins: SignIns | None, base_url: str) -> None:
        self.db = db
        self._sign_ins = sign_ins
        self._base_url = base_url
        self._is_secure = base_url.startswith("https://")

    async def read(self, req: Request, verb: DoorVerb[P, T], *args: P.args, **kw: P.kwargs) -> T:
        """`verb(tx, standing, …)` in a transaction that reads. Raises Unauthenticated, Limited
        after many wrong tokens of a place, Denied for a cookie without its form's header."""
        return await self._run(self.db.read, req, verb, args, kw)

    async def write(self, req: Request, verb: DoorVerb[P, T], *args: P.args, **kw: P.kwargs) -> T:
        """The same ahead of all other requests, in a transaction that writes."""
        return await self._run(self.db.write_first, req, verb, args, kw)

    @asynccontextmanager
    async def knowing(self, req: Request) -> AsyncIterator[None]:
        """What is read of a request in here is judged for devices alone: who is none hears just
        that. Raises as `read` does, else the Invalid from inside."""
        try:
            yield
        except Invalid:
            await self.read(req, _know)
            raise

    async def write_form(
        self, req: Request, token: str, verb: DoorVerb[P, T], *args: P.args, **kw: P.kwargs
    ) -> T:
        """`write` for a form of this device's page. Raises Denied for one that is not."""
        self.check_form(req, token)
        return await self.db.write_first(_with_standing, self.secret_of(req), verb, args, kw)

    async def _run(
        self, bridge: Bridge, req: Request, verb: Callable[..., T], args: Any, kwargs: Any
    ) -> T:
        secret = self._secret(req)
        try:
            done: T = await bridge(_with_standing, secret, verb, args, kwargs)
        except Unauthenticated as failure:
            if failure.code != UNKNOWN or self._sign_ins is None:
                raise
            raise self._sign_ins.judge_token(WAY, address_of(req.scope), failure) from failure
        return done

    def secret_of(self, req: Request) -> str:
        """The credential in the cookie, empty = none."""
        values = req.get_cookie_values(self._name) or [""]
        return values[0] if len(values) == 1 and values[0].isascii() else ""

    def is_private(self, req: Request) -> bool:
        """Whether the browser lets a page of this address use the camera and work offline."""
        return is_unread(req, self._base_url)

    def form_token(self, req: Request) -> str:
        """What forms of this device's pages carry; empty where it has no cookie."""
        secret = self.secret_of(req)
        return form_token_of(secret) if secret else ""

    def check_form(self, req: Request, token: str) -> None:
        """Raise Denied for a form that is not of this device's pages."""
        if not hmac.compare_digest(self.form_token(req).encode(), token.encode()):
            raise Denied("page.form")

    def keep(self, resp: Response, secret: str) -> None:
        """Hand a device its credential; empty = take it away."""
        resp.set_cookie(
            self._name,
            secret,
            expires=None if secret else LONG_AGO,
            max_age=YEAR_S if secret else None,
            path="/",
            secure=self._is_secure,
            http_only=True,
            same_site="Strict",
        )

    @property
    def _name(self) -> str:
        return f"__Host-{COOKIE}" if self._is_secure else COOKIE

    def _secret(self, req: Request) -> str:
        given, _, token = (req.get_header("Authorization") or "").strip().partition(" ")
        if given.lower() == SCHEME and token.isascii():
            return token.strip()
        secret = self.secret_of(req)
        if not secret:
            raise Unauthenticated("door.unpaired")
        if req.method not in SAFE:
            self.check_form(req, req.get_header(FORM_HEADER) or "")
        return secret


def _with_standing(tx: Tx, secret: str, verb: Callable[..., T], args: Any, kwargs: Any) -> T:
    return verb(tx, find_standing(tx, secret), *args, **kwargs)


def _know(tx: Tx, standing: Standing) -> None:
    """Nothing more than that the device is known."""
