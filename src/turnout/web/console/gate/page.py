"""What the pages before the console have in common: a form of the browser, faults, a way on."""

import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import falcon
from falcon.asgi import Request, Response

from turnout.errors import Conflict, Failure, Invalid, Limited, Unauthenticated
from turnout.http.dialect import Resource
from turnout.store import Database
from turnout.web.console.forms import Form, read_console_form
from turnout.web.console.words import render_console
from turnout.web.documents import NO_STORE
from turnout.web.refusals import answer_limited
from turnout.web.sessions import PageSessions

BODY_LIMIT = 16_384
LONGEST_PATH = 500
START = "/console"
# A path on this server: one slash, and printable ASCII without backslashes.
_OWN_PATH = re.compile(r"/(?:[!-.0-\[\]-~][!-\[\]-~]*)?")
# Refusals of a form that its page shows beside the field; all others are pages of their own.
ON_THE_PAGE = (Invalid, Conflict, Limited, Unauthenticated)


class GatePage(Resource):
    """A page for somebody who is not signed in."""

    template = ""

    def __init__(self, db: Database, sessions: PageSessions) -> None:
        self.db = db
        self.sessions = sessions

    async def read_form(self, req: Request) -> Form:
        """A form that this browser was given. Raises Denied for another one, and for a password on
        its way in the open."""
        form = await read_console_form(req, BODY_LIMIT)
        self.sessions.check_form(req, form.token)
        self.sessions.require_private(req)
        return form

    def show(self, req: Request, resp: Response, form: Form | None = None, **values: Any) -> None:
        """Answer with the page."""
        resp.content_type = falcon.MEDIA_HTML
        resp.set_header("Cache-Control", NO_STORE)
        resp.text = render_console(
            self.template,
            form_token=self.sessions.open_form(req, resp),
            is_private=self.sessions.is_private(req),
            form=form,
            **values,
        )

    async def attempt(
        self, resp: Response, form: Form, place: Callable[[Failure], str], work: Any
    ) -> bool:
        """Await `work`; False where it was refused, which then stands beside the field that `place`
        names, with its status."""
        try:
            await work
        except ON_THE_PAGE as refusal:
            form.refuse(refusal, place(refusal))
            if isinstance(refusal, Limited):
                answer_limited(resp, refusal)
            else:
                resp.status = HTTPStatus.UNPROCESSABLE_ENTITY
            return False
        return True


def go_to(resp: Response, path: str) -> None:
    """Answer a form that was done."""
    resp.set_header("Cache-Control", NO_STORE)
    resp.status = HTTPStatus.SEE_OTHER
    resp.location = path


def own_path(text: str) -> str:
    """`text` where it is a path on this server, else where people begin."""
    is_own = len(text) <= LONGEST_PATH and _OWN_PATH.fullmatch(text)
    return text if is_own else START


def read_new_password(form: Form) -> str:
    """A password that was typed twice; leaves faults where the two differ or it is too short."""
    first, second = form.exact("password"), form.exact("again")
    if len(first) < 10:
        form.fault("password", "console.gate.fault.short")
    elif len(first) > 255:
        form.fault("password", "console.gate.fault.long")
    elif first != second:
        form.fault("again", "console.gate.fault.again")
    return first
