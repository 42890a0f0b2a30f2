"""The sign-in page, and signing out. Both work without JavaScript; passkeys need it."""

from collections.abc import Collection
from http import HTTPStatus
from urllib.parse import quote

import falcon
from falcon.asgi import Request, Response

from turnout.core.identity.passkeys import relying_party
from turnout.core.text import is_storable
from turnout.errors import Failure, Limited, Unauthenticated
from turnout.http.dialect import Resource
from turnout.web.canonical import lead_on
from turnout.web.console.gate.page import go_to, own_path
from turnout.web.documents import NO_STORE
from turnout.web.failures import CHALLENGE
from turnout.web.form_states import FormState, FormStates, failure_of, refusal_of
from turnout.web.forms import read_form
from turnout.web.languages import stay_in_language
from turnout.web.refusals import answer_limited, say_refusal
from turnout.web.sessions import PATH, STEP_PATH, PageSessions
from turnout.web.templates import render

BODY_LIMIT = 16_384
LONGEST = 255
KEPT = ("user_code", "next")
_FIELDS_OF = {"login.user_code": ("user_code",), "login.password": ("password",)}


class SignInResource(Resource):
    """`/console/sign-in`."""

    def __init__(self, sessions: PageSessions, states: FormStates) -> None:
        self._sessions = sessions
        self._states = states

    async def on_get(self, req: Request, resp: Response) -> None:
        """Ask for user code and password, or say why it was refused."""
        state = await self._states.read(req)
        refusal = failure_of(state.refusal) if state else None
        if state and refusal:
            self._answer(req, resp, state.given, say_refusal(refusal), _wrong(refusal))
            return
        wanted = own_path(req.get_param("next", default=""))
        self._answer(req, resp, {"next": wanted})

    async def on_post(self, req: Request, resp: Response) -> None:
        """Sign in, and go on to the page that was wanted. Raises Denied for a form of another
        site; what can be put right is said on the page."""
        given = await _read_form(req)
        self._sessions.check_form(req, given.get("token", ""))
        user_code, password = given.get("user_code", ""), given.get("password", "")
        try:
            _check_filled(user_code, password)
            if not _is_possible(user_code, password):
                raise Unauthenticated("login.wrong")
            is_in = await self._sessions.sign_in(req, resp, user_code, password)
        except (Limited, Unauthenticated) as refusal:
            # The password is kept nowhere.
            typed = {name: given[name][:LONGEST] for name in KEPT if name in given}
            state = FormState(typed, refusal=refusal_of(refusal))
            if await self._states.lead_on(req, resp, state):
                return
            self._answer(req, resp, given, say_refusal(refusal), _wrong(refusal))
            if isinstance(refusal, Limited):
                answer_limited(resp, refusal)
            else:
                resp.status = HTTPStatus.UNAUTHORIZED
                resp.set_header("WWW-Authenticate", CHALLENGE)
            return
        wanted = own_path(given.get("next", ""))
        step = stay_in_language(f"{STEP_PATH}?next={quote(wanted, safe='')}")
        go_to(resp, wanted if is_in else step)

    def _answer(
        self,
        req: Request,
        resp: Response,
        given: dict[str, str],
        refusal: str = "",
        faults: Collection[str] = (),
    ) -> None:
        resp.content_type = falcon.MEDIA_HTML
        resp.set_header("Cache-Control", NO_STORE)
        resp.text = render(
            "sign_in.html",
            token=self._sessions.open_form(req, resp),
            next=own_path(given.get("next", "")),
            user_code=given.get("user_code", "")[:LONGEST],
            refusal=refusal,
            faults=faults,
            is_private=self._sessions.is_private(req),
            has_passkeys=relying_party(self._sessions.base_url) is not None,
        )


class FormerSignInResource(Resource):
    """`/sign-in`, where the page was before; links and forms go on to where it is."""

    async def on_get(self, req: Request, resp: Response) -> None:
        """Redirect."""
        lead_on(req, resp, PATH)

    async def on_post(self, req: Request, resp: Response) -> None:
        """Redirect, with the form."""
        await self.on_get(req, resp)


class SignOutResource(Resource):
    """`/sign-in/out`."""

    def __init__(self, sessions: PageSessions) -> None:
        self._sessions = sessions

    async def on_post(self, req: Request, resp: Response) -> None:
        """Sign out. Idempotent. Raises Denied for a form of another site."""
        given = await _read_form(req)
        await self._sessions.sign_out(req, resp, given.get("token", ""))
        go_to(resp, PATH)


async def _read_form(req: Request) -> dict[str, str]:
    return await read_form(req, BODY_LIMIT, verbatim=("password",))


def _check_filled(user_code: str, password: str) -> None:
    """Raise Unauthenticated for a field without anything in it."""
    if not user_code:
        raise Unauthenticated("login.user_code")
    if not password:
        raise Unauthenticated("login.password")


def _wrong(refusal: Failure) -> tuple[str, ...]:
    """The fields that a refusal is about. Which of the two is wrong is told to nobody."""
    if isinstance(refusal, Limited):
        return ()
    return _FIELDS_OF.get(refusal.code, ("user_code", "password"))


def _is_possible(user_code: str, password: str) -> bool:
    is_short = max(len(user_code), len(password)) <= LONGEST
    return bool(user_code) and is_short and is_storable(user_code + password)
