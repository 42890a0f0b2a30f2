"""Failures within the console: those who are signed in get them in its frame, with the way on.

A form of a session that has ended is not lost: the answer is a page that has all that was typed,
leads to the sign-in page in a tab of its own, and sends the form again. After signing in, a form of
the former session is shown once more, for the new one: a button of this very browser sends it.
Passwords and files are never kept so.
"""

from typing import Any

import falcon
from falcon.asgi import Request, Response

from turnout.catalogue.translations import label
from turnout.errors import Conflict, Denied, Failure, Gone, Invalid, Missing, Unauthenticated
from turnout.http.cross_site import NAMES
from turnout.http.dialect import DialectApp
from turnout.http.errors import MethodNotAllowed, translate, write_answer
from turnout.web.console.access import ACCOUNT
from turnout.web.console.page import Console
from turnout.web.console.words import render_console
from turnout.web.failures import STATUS, present_failure
from turnout.web.languages import language
from turnout.web.policy import asks_for_html
from turnout.web.refusals import say_refusal

FOREIGN_FORM = "page.form"
FRAMED = (Conflict, Denied, Gone, Invalid, MethodNotAllowed, Missing)
BEGINS, GATE = "/console/", "/console/sign-in"


class ConsoleFailures:
    """Answers failures as all pages do, and those of the console's pages in its frame."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def install(self, app: DialectApp) -> None:
        """Have `app` answer by this."""
        app.add_error_handler(Failure, self.answer)
        app.add_error_handler(falcon.HTTPError, self.answer_http_error)

    async def answer_http_error(
        self, req: Request, resp: Response, error: Any, params: Any
    ) -> None:
        """Answer what Falcon refused."""
        await self.answer(req, resp, translate(error, req), params)

    async def answer(self, req: Request, resp: Response, failure: Any, _params: Any) -> None:
        """Answer a failure."""
        answer = present_failure(failure)
        write_answer(resp, answer)
        if await self._keeps_form(req, resp, failure):
            return
        is_framed = type(failure) in FRAMED and asks_for_html.get()
        if not is_framed or not req.path.startswith(BEGINS) or req.path.startswith(GATE):
            return
        if not await self._find_frame(req):
            return
        kind = type(failure).__name__.lower()
        values = {
            "status": answer.status,
            "title": label(language.get(), STATUS[type(failure)][1]),
            "message": "" if failure.code == "user.denied" else say_refusal(failure),
            "advice": "console.failure." + kind,
        }
        resp.data = None
        self._console.show(req, resp, "console/failure.html", **values)

    async def _keeps_form(self, req: Request, resp: Response, failure: Failure) -> bool:
        """Whether the form that was sent is of a session that has ended, and is shown again."""
        form = getattr(req.context, "form", None)
        is_out = isinstance(failure, Unauthenticated)
        if form is None or not asks_for_html.get() or not (is_out or failure.code == FOREIGN_FORM):
            return False
        if any("password" in name for name in form.names) or not _is_from_own_page(req):
            return False
        account = None if is_out else await self._console.sessions.find_account(req)
        resp.data = None
        resp.text = render_console(
            "console/gate/resend.html",
            kind="in" if account else "out",
            address=req.relative_uri,
            form_token=account.form_token if account else form.token,
            fields=form.typed,
        )
        return True

    async def _find_frame(self, req: Request) -> bool:
        """Whether who asks is signed in. The frame is that of the event or organization in the
        address, if they may see it, else of their own."""
        if await self._console.sessions.find_account(req) is None:
            return False
        scope = req.path.split("/")[2]
        permission = "event.see" if scope.isascii() and scope.isdigit() else ACCOUNT
        for asked, where in ((permission, scope), (ACCOUNT, "")):
            try:
                await self._console.find_frame(req, asked, where)
            except (Denied, Missing, Unauthenticated):
                continue
            return True
        return False


def _is_from_own_page(req: Request) -> bool:
    """Whether a browser says where the form is from: the front door refuses those of other sites,
    and lets pass what says nothing."""
    return any(req.get_header(name.decode()) for name in NAMES)
