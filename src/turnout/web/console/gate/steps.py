"""The second step of signing in, passkeys, and the demo's link."""

import json
from urllib.parse import quote

import falcon
from falcon.asgi import Request, Response

from turnout.core.identity.addresses import is_loopback
from turnout.core.identity.first_start import sign_in_by_link
from turnout.core.identity.passkeys import begin_sign_in, check_passkey, relying_party
from turnout.core.identity.second_steps import SecondSteps
from turnout.core.identity.signing_in import (
    Browser,
    SignedIn,
    pass_second_step,
    read_second_step,
    sign_in,
)
from turnout.errors import Gone, Missing
from turnout.http.client_address import address_of
from turnout.store import Tx
from turnout.web.console.gate.page import GatePage, go_to, own_path
from turnout.web.documents import NO_STORE
from turnout.web.languages import stay_in_language
from turnout.web.sessions import PATH
from turnout.web.templates import render


class StepPage(GatePage):
    """`/console/sign-in/step`."""

    template = "second_step.html"

    async def on_get(self, req: Request, resp: Response) -> None:
        """Ask for a code; without a first step, begin at the beginning."""
        wanted = own_path(req.get_param("next", default=""))
        try:
            steps = await self.db.read(read_second_step, self.sessions.step_token(req))
        except Gone:
            go_to(resp, stay_in_language(f"{PATH}?next={quote(wanted, safe='')}"))
            return
        self._answer(req, resp, wanted, steps)

    async def on_post(self, req: Request, resp: Response) -> None:
        """Sign in. Raises Denied for a form of another site."""
        form = await self.read_form(req)
        wanted = own_path(form.value("next"))
        token = self.sessions.step_token(req)
        try:
            steps = await self.db.read(read_second_step, token)
            entering = self.sessions.enter(req, resp, pass_second_step, token, form.value("code"))
            if await self.attempt(resp, form, lambda _: "code", entering):
                go_to(resp, wanted)
                return
        except Gone:
            go_to(resp, stay_in_language(f"{PATH}?next={quote(wanted, safe='')}"))
            return
        self._answer(req, resp, wanted, steps, form.faults.get("code", ""))

    def _answer(
        self, req: Request, resp: Response, wanted: str, steps: SecondSteps, refusal: str = ""
    ) -> None:
        """Answer with the page, in the language of the one before."""
        resp.content_type = falcon.MEDIA_HTML
        resp.set_header("Cache-Control", NO_STORE)
        resp.text = render(
            self.template,
            form_token=self.sessions.open_form(req, resp),
            next=wanted,
            steps=steps,
            refusal=refusal,
            has_passkeys=relying_party(self.sessions.base_url) is not None,
        )


class PasskeyPage(GatePage):
    """`/console/sign-in/passkey`: what the script of the sign-in page asks."""

    async def on_post(self, req: Request, resp: Response) -> None:
        """Options for a passkey, or, with its `answer`, a sign-in. Raises Denied for a form of
        another site, Unauthenticated, Gone, Invalid."""
        form = await self.read_form(req)
        base_url = self.sessions.base_url
        resp.set_header("Cache-Control", NO_STORE)
        resp.content_type = falcon.MEDIA_JSON
        if not form.has("answer"):
            resp.text = await self.db.write(begin_sign_in, base_url)
            return
        await self.sessions.enter(req, resp, _sign_in_by_passkey, form.value("answer"), base_url)
        resp.text = json.dumps({"location": own_path(form.value("next"))})


class DemoLinkPage(GatePage):
    """`/console/sign-in/link/{token}`: what a demo prints; good once, on its own machine."""

    async def on_get(self, req: Request, resp: Response, token: str) -> None:
        """Sign in. Raises Missing for other machines, Gone for a link that was used."""
        if not is_loopback(address_of(req.scope)):
            raise Missing("link.missing")
        await self.sessions.enter(req, resp, sign_in_by_link, token, is_new=True)
        go_to(resp, "/console")


def _sign_in_by_passkey(tx: Tx, answer: str, base_url: str, browser: Browser) -> SignedIn:
    return sign_in(tx, check_passkey(tx, answer, base_url), browser)
