"""Who is signed in on the pages, by a cookie that only this server reads and sets.

The cookie is HttpOnly and SameSite=Lax; where the base URL is https it is Secure, and its name
begins with `__Host-`, so that no other host and no page without TLS can set it. Basic credentials
count for nothing here: a browser would send them with whatever another site makes it send.
"""

import datetime
import hmac
import secrets
from collections.abc import Callable
from typing import Any, NamedTuple, ParamSpec, TypeVar, cast
from urllib.parse import quote, urlsplit

import falcon
from falcon.asgi import Request, Response

from turnout.core.accounts.mailing import note_browser
from turnout.core.identity.addresses import is_loopback, place_of
from turnout.core.identity.known_places import find_by_code
from turnout.core.identity.page_sessions import (
    TOUCH_MS,
    PageSession,
    end_page_session,
    form_token_of,
    read_page_session,
    touch_page_session,
)
from turnout.core.identity.signing_in import (
    Browser,
    SecondStepWanted,
    SignedIn,
    find_passwords_of,
    pass_first_step,
)
from turnout.errors import Denied, Failure, Unauthenticated
from turnout.http.admission import Bridge, Verb
from turnout.http.client_address import address_of
from turnout.http.sign_ins import Shown, SignIns
from turnout.store import Database, Tx
from turnout.store.windows import is_over
from turnout.web.devices import device_of
from turnout.web.policy import asks_for_html, is_unread

P = ParamSpec("P")
T = TypeVar("T")

WAY = "pages"
YEAR_S = 365 * 24 * 3600
LONG_AGO = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
PATH = "/console/sign-in"
STEP_PATH = f"{PATH}/step"
SESSION, FORM = "turnout-session", "turnout-form"
# What leads from the first step to the second, and what tells a browser from a new one.
STEP, BROWSER = "turnout-step", "turnout-browser"


Entry = SignedIn | SecondStepWanted | Failure
"""The outcome of a proof that was shown; a Failure is committed before it is raised."""


class Account(NamedTuple):
    """Who is signed in, as pages show it, and what their forms carry."""

    user_code: str
    form_token: str
    digest: str = ""


class PageSessions:
    """Signs people in and out, and says who asks."""

    def __init__(
        self, db: Database, sign_ins: SignIns, base_url: str, *, takes_risk: bool = False
    ) -> None:
        self._db = db
        self._sign_ins = sign_ins
        self._is_secure = base_url.startswith("https://")
        self._is_local = is_loopback(urlsplit(base_url).hostname or "")
        self._takes_risk = takes_risk
        self.base_url = base_url

    async def read(self, req: Request, verb: Verb[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """`db.read` for who is signed in: `verb(tx, principal, …)`. A browser without a session is
        sent to the sign-in page; raises Unauthenticated for others, Denied for a user whom the
        verb does not know."""
        return await self._run(self._db.read, req, verb, args, kwargs)

    async def write(
        self, req: Request, form_token: str, verb: Verb[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """`db.write` for who is signed in and sent a form of this session. Raises Denied for a form
        that is not, and what `read` raises."""
        self.check_own_form(req, form_token)
        return await self._run(self._db.write, req, verb, args, kwargs)

    def check_own_form(self, req: Request, form_token: str) -> None:
        """Raise Denied for a form that is not of the session that the request shows."""
        token = self._cookie(req, SESSION)
        if token and not _is_same(form_token_of(token), form_token):
            raise _foreign()

    async def trace(self, req: Request, verb: Verb[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """`db.write` for a link of somebody who is signed in, whose only change is the audit."""
        return await self._run(self._db.write, req, verb, args, kwargs)

    async def _run(
        self, bridge: Bridge, req: Request, verb: Verb[..., T], args: Any, kwargs: Any
    ) -> T:
        try:
            session, result = await bridge(
                _with_session, self._cookie(req, SESSION), verb, args, kwargs
            )
        except Unauthenticated as failure:
            if asks_for_html.get() and req.method in ("GET", "HEAD"):
                where = quote(req.relative_uri, safe="")
                raise falcon.HTTPSeeOther(
                    f"{PATH}?next={where}", headers={"Cache-Control": "no-store"}
                ) from failure
            raise Unauthenticated("page.sign_in", path=PATH) from failure
        req.context.account = Account(
            session.member.user.user_code, session.form_token, session.digest
        )
        if is_over(session.used_at, TOUCH_MS, self._db.clock()):
            await self._db.write_behind(
                touch_page_session, session.principal.org_id, session.digest
            )
        return cast(T, result)

    async def find_account(self, req: Request) -> Account | None:
        """Who is signed in, for pages that are open to everybody."""
        try:
            session = await self._db.read(read_page_session, self._cookie(req, SESSION))
        except Unauthenticated:
            return None
        return Account(session.member.user.user_code, session.form_token, session.digest)

    def is_private(self, req: Request) -> bool:
        """Whether a password may come in by this request: nobody else can read it on its way, or
        the operator takes that risk."""
        may_be = self._is_secure or self._is_local
        return self._takes_risk or (may_be and is_unread(req, self.base_url))

    def require_private(self, req: Request) -> None:
        """Raise Denied unless `is_private`."""
        if not self.is_private(req):
            raise Denied("login.no_tls")

    async def sign_in(self, req: Request, resp: Response, name: str, password: str) -> bool:
        """Go on from a name and a password; whether the user is signed in, else a second step is
        wanted. Raises Unauthenticated, Limited, Unavailable, Denied."""
        self.require_private(req)
        shown = self._shown(req, name, password)
        principal = await self._sign_ins.check(WAY, shown, find_passwords_of)
        return await self.enter(req, resp, pass_first_step, principal)

    async def check_password(self, req: Request, user_code: str, password: str) -> None:
        """Raise Unauthenticated unless it is the password of the user who is signed in, Limited
        after too many wrong ones."""
        self.require_private(req)
        await self._sign_ins.check(WAY, self._shown(req, user_code, password), find_by_code)

    def _shown(self, req: Request, name: str, password: str) -> Shown:
        secret = self._cookie(req, BROWSER)
        return Shown(name, password, address_of(req.scope), secret if _is_secret(secret) else "")

    async def hash(self, password: str) -> str:
        """The hash of a new password. Raises Invalid for a short one, Unavailable."""
        return await self._sign_ins.hash(password)

    async def enter(
        self,
        req: Request,
        resp: Response,
        verb: Callable[..., Entry],
        *args: Any,
        is_new: bool = False,
    ) -> bool:
        """Run `verb(tx, *args, browser)`, which lets somebody in; whether they are signed in, else
        a second step is wanted. A new browser is told to the user by mail, unless `is_new`: the
        user has only just come to be. Raises what the verb raises or returns."""
        former, secret = self._cookie(req, SESSION), self._cookie(req, BROWSER)
        if not _is_secret(secret):
            secret = secrets.token_urlsafe(32)
        place = place_of(address_of(req.scope))
        browser = Browser(former, device_of(req.get_header("User-Agent") or ""), place)
        done = await self._db.write(_enter, verb, args, browser, secret, is_new)
        if isinstance(done, Failure):
            raise done
        if isinstance(done, SecondStepWanted):
            self._set(resp, STEP, done.token)
            return False
        self._set(resp, STEP, "", LONG_AGO)
        self._set(resp, BROWSER, secret, max_age=YEAR_S)
        self._set(resp, SESSION, done.token)
        return True

    def step_token(self, req: Request) -> str:
        """What leads this browser from the first step to the second; empty where nothing does."""
        return self._cookie(req, STEP)

    async def sign_out(self, req: Request, resp: Response, form_token: str) -> None:
        """End the session. Raises Denied for a form that is not of this session. A request without
        the cookie changes nothing: other sites can send one, and must not take the cookie away."""
        token = self._cookie(req, SESSION)
        if not token:
            return
        if not _is_same(form_token_of(token), form_token):
            raise _foreign()
        await self._db.write(end_page_session, token)
        self._set(resp, SESSION, "", LONG_AGO)

    def open_form(self, req: Request, resp: Response) -> str:
        """What the sign-in form carries, so that no other site's form signs somebody in."""
        token = self._cookie(req, FORM)
        if len(token) != len(secrets.token_urlsafe(32)):
            token = secrets.token_urlsafe(32)
            self._set(resp, FORM, token)
        return token

    def check_form(self, req: Request, form_token: str) -> None:
        """Raise Denied unless the browser was given this form."""
        token = self._cookie(req, FORM)
        if not token or not _is_same(token, form_token):
            raise _foreign()

    def _cookie(self, req: Request, name: str) -> str:
        values = req.get_cookie_values(self._name(name)) or [""]
        return values[0] if len(values) == 1 else ""

    def _set(
        self,
        resp: Response,
        name: str,
        value: str,
        expires: datetime.datetime | None = None,
        max_age: int | None = None,
    ) -> None:
        resp.set_cookie(
            self._name(name),
            value,
            expires=expires,
            max_age=max_age,
            path="/",
            secure=self._is_secure,
            http_only=True,
            same_site="Lax",
        )

    def _name(self, name: str) -> str:
        return f"__Host-{name}" if self._is_secure else name


def _with_session(
    tx: Tx, token: str, verb: Callable[..., T], args: Any, kwargs: Any
) -> tuple[PageSession, T]:
    session = read_page_session(tx, token)
    try:
        return session, verb(tx, session.principal, *args, **kwargs)
    except Unauthenticated as failure:
        # Signing in again would not help: who asks is known, and may not see it.
        raise Denied(failure.code, **failure.facts) from failure


def _enter(
    tx: Tx, verb: Callable[..., Entry], args: Any, browser: Browser, secret: str, is_new: bool
) -> Entry:
    done = verb(tx, *args, browser)
    if isinstance(done, SignedIn):
        note_browser(tx, done.principal, secret, browser.device, browser.place, tells=not is_new)
    return done


def _is_secret(text: str) -> bool:
    return len(text) == len(secrets.token_urlsafe(32))


def _is_same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


def _foreign() -> Denied:
    return Denied("page.form")
