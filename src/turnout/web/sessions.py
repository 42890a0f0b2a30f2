"""Who is signed in on the pages, by a cookie that only this server reads and sets.

The cookie is HttpOnly and SameSite=Lax; where the base URL is https it is Secure, and its name
begins with `__Host-`, so that no other host and no page without TLS can set it. Basic credentials
count for nothing here: a browser would send them with whatever another site makes it send.
"""

import datetime
import hmac
import secrets
from collections.abc import Callable
from typing import Any, NamedTuple, ParamSpec, TypeVar
from urllib.parse import quote

import falcon
from falcon.asgi import Request, Response

from turnout.core.identity.page_sessions import (
    TOUCH_MS,
    PageSession,
    begin_page_session,
    end_page_session,
    form_token_of,
    read_page_session,
    touch_page_session,
)
from turnout.errors import Denied, Unauthenticated
from turnout.http.admission import Verb
from turnout.http.client_address import address_of
from turnout.http.sign_ins import Shown, SignIns
from turnout.store import Database, Tx
from turnout.store.windows import is_over
from turnout.web.policy import asks_for_html

P = ParamSpec("P")
T = TypeVar("T")

WAY = "pages"
LONG_AGO = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
PATH = "/sign-in"
SESSION, FORM = "turnout-session", "turnout-form"


class Account(NamedTuple):
    """Who is signed in, as pages show it, and what their forms carry."""

    user_code: str
    form_token: str


class PageSessions:
    """Signs people in and out, and says who asks."""

    def __init__(self, db: Database, sign_ins: SignIns, base_url: str) -> None:
        self._db = db
        self._sign_ins = sign_ins
        self._is_secure = base_url.startswith("https://")

    async def read(self, req: Request, verb: Verb[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """`db.read` for who is signed in: `verb(tx, principal, …)`. A browser without a session is
        sent to the sign-in page; raises Unauthenticated for others, Denied for a user whom the
        verb does not know."""
        try:
            session, result = await self._db.read(
                _with_session, self._cookie(req, SESSION), verb, args, kwargs
            )
        except Unauthenticated as failure:
            if asks_for_html.get() and req.method in ("GET", "HEAD"):
                where = quote(req.relative_uri, safe="")
                raise falcon.HTTPSeeOther(
                    f"{PATH}?next={where}", headers={"Cache-Control": "no-store"}
                ) from failure
            raise Unauthenticated("page.sign_in", path=PATH) from failure
        req.context.account = Account(session.member.user.user_code, session.form_token)
        if is_over(session.used_at, TOUCH_MS, self._db.clock()):
            await self._db.write_behind(
                touch_page_session, session.principal.org_id, session.digest
            )
        return result

    async def sign_in(self, req: Request, resp: Response, user_code: str, password: str) -> None:
        """Begin a session. Raises Unauthenticated, Limited, Unavailable."""
        shown = Shown(user_code, password, address_of(req.scope))
        principal = await self._sign_ins.check(WAY, shown)
        token = await self._db.write(begin_page_session, principal, self._cookie(req, SESSION))
        self._set(resp, SESSION, token)

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
        self, resp: Response, name: str, value: str, expires: datetime.datetime | None = None
    ) -> None:
        resp.set_cookie(
            self._name(name),
            value,
            expires=expires,
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


def _is_same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


def _foreign() -> Denied:
    return Denied("page.form")
