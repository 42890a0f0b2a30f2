"""`/my/{token}` and `/my/{token}/{part}`: a guest's own pages, without signing in.

The link is the proof of who asks, so forms need no token against other sites, which do not know it.
Looking changes nothing. An event may ask a new browser for a mailed code first; what is shown until
then names nobody. Every answer is `private, no-store`.
"""

from http import HTTPStatus

from falcon.asgi import Request, Response

from turnout.core.erasure.guests import export_own
from turnout.core.events.showing import get_shown_event
from turnout.core.identity.addresses import place_of
from turnout.core.ids import EventId, OrgId
from turnout.core.registrations.guest_access import Access, Proof, prove_browser
from turnout.core.tickets.signing import ensure_ticket_key
from turnout.errors import Conflict, Failure, Invalid, Limited, Missing
from turnout.http.client_address import address_of
from turnout.http.dialect import Resource
from turnout.store import Database, Tx
from turnout.web.form_states import LOST, FormState, FormStates, failure_of, refusal_of
from turnout.web.forms import FIELDS, go_on, keep_done, read_form, take_done
from turnout.web.hosts import find_host
from turnout.web.languages import settle_language
from turnout.web.my.actions import (
    ACTIONS,
    COPY,
    EXPORT,
    LONGEST_CODE,
    MAIL_CODE,
    MAIN,
    OPEN,
    PARTS,
    Action,
    Sent,
    mail_code,
)
from turnout.web.my.copies import Reader, to_json, to_page
from turnout.web.my.pages import (
    NO_FORM,
    Ended,
    GuestForm,
    end,
    make_closed_page,
    make_done_page,
    make_page,
)
from turnout.web.my.reading import Mine, read_mine
from turnout.web.questions import names_of, size_of
from turnout.web.refusals import answer_limited

BODY_LIMIT = 16_384
PRIVATE = "private, no-store"
COOKIE = "guest"
COOKIE_S = 180 * 24 * 3600
BROWSERS = 8
# The step at which a link has ended with what was done.
ENDED = "ended"


class GuestResource(Resource):
    """`/my/{token}`, and `/my/{token}/{part}` for what changes something."""

    def __init__(self, db: Database, base_url: str) -> None:
        self._db = db
        self._states = FormStates(db, is_secure=base_url.startswith("https:"))
        self._is_secure = base_url.startswith("https:")

    async def on_get(self, req: Request, resp: Response, token: str, part: str = MAIN) -> None:
        """Show the page. Raises Missing for a link that was never made or has ended."""
        state = await self._states.read(req)
        if state and state.step == ENDED:
            ended = await self._db.read(_read_ended, state)
            self._answer_ended(resp, ended)
            return
        mine = await self._read(access_of(req, token), part)
        done = ACTIONS.get(take_done(req, resp)) if part == MAIN else None
        form = GuestForm(done=done.done if done else "")
        self._answer(resp, token, mine, part, _form_of(state) if state and not done else form)

    async def on_post(self, req: Request, resp: Response, token: str, part: str = MAIN) -> None:
        """Do what a button says. Raises Missing, Invalid for what cannot be read."""
        if self._states.try_cookie(req, resp):
            return
        access = access_of(req, token)
        mine = await self._read(access, part)
        size, fields = BODY_LIMIT + size_of(mine.questions), FIELDS + len(names_of(mine.questions))
        given = await read_form(req, size, fields=fields + len(mine.choosable))
        button = given.get("do", "")
        sent = Sent(access, given, place_of(address_of(req.scope)), self._db.clock())
        if button == MAIL_CODE:
            await self._mail_code(req, resp, mine, part, sent)
        elif button == OPEN:
            await self._open(req, resp, mine, part, sent)
        elif not mine.guest.is_known:
            await self._turn(req, resp, mine, sent, part, FormState())
        elif button in (EXPORT, COPY) and part == "data":
            await self._export(req, resp, mine, sent)
        elif (action := ACTIONS.get(button)) and action.part == part:
            await self._act(req, resp, mine, action, sent)
        else:
            await self._refuse(req, resp, mine, part, sent, Invalid("waiting.answer"))

    async def _act(
        self, req: Request, resp: Response, mine: Mine, action: Action, sent: Sent
    ) -> None:
        part = action.part
        try:
            outcome = await self._db.write(action.verb, sent)
        except (Conflict, Invalid) as refusal:
            outcome = refusal
        if isinstance(outcome, Failure):
            again = await self._read(sent.access, part)
            await self._refuse(req, resp, again, part, sent, outcome)
        elif isinstance(outcome, str):
            await self._turn(req, resp, mine, sent, part, FormState(dict(sent.given), outcome))
        elif action.is_last:
            ended = end(mine, action.done, sent.given.get("email", ""))
            if not await self._states.lead_on(req, resp, _keep_ended(ended)):
                self._answer_ended(resp, ended)
        else:
            self._go_home(req, resp, sent, part)

    async def _mail_code(
        self, req: Request, resp: Response, mine: Mine, part: str, sent: Sent
    ) -> None:
        try:
            refusal: Failure | None = await self._db.write(mail_code, sent.access, part, sent.place)
        except Conflict as conflict:
            refusal = conflict
        if refusal:
            await self._refuse(req, resp, mine, part, sent, refusal)
        else:
            state = FormState(dict(sent.given), more={MAIL_CODE: part or MAIL_CODE})
            await self._turn(req, resp, mine, sent, part, state)

    async def _open(self, req: Request, resp: Response, mine: Mine, part: str, sent: Sent) -> None:
        """Let the browser open the link that has the code from the guest's mailbox."""
        proof = Proof(sent.given.get("code", "")[:LONGEST_CODE], sent.place)
        outcome = await self._db.write(prove_browser, sent.access, proof)
        if isinstance(outcome, Failure):
            await self._refuse(req, resp, mine, part, sent, outcome)
            return
        kept = [*filter(None, sent.access.browser.split(".")), outcome][-BROWSERS:]
        resp.set_cookie(
            COOKIE,
            ".".join(dict.fromkeys(kept)),
            max_age=COOKIE_S,
            path="/my/",
            secure=self._is_secure,
            http_only=True,
            same_site="Lax",
        )
        go_on(req, resp)

    async def _export(self, req: Request, resp: Response, mine: Mine, sent: Sent) -> None:
        outcome = await self._db.write(export_own, sent.access, sent.proof)
        if isinstance(outcome, Failure):
            await self._refuse(req, resp, mine, "data", sent, outcome)
            return
        _begin(resp)
        spoken = settle_language(mine.shown.locale, own=mine.language)
        is_page = sent.given["do"] == COPY
        name = "my-data.html" if is_page else "my-data.json"
        reader = Reader(mine.host.name, spoken, mine.shown.event.timezone)
        if not is_page:
            resp.content_type = "application/json; charset=utf-8"
        resp.set_header("Content-Disposition", f'attachment; filename="{name}"')
        resp.data = to_page(outcome, reader) if is_page else to_json(outcome)

    def _go_home(self, req: Request, resp: Response, sent: Sent, part: str) -> None:
        """Answer a form that was done with 303 to the guest's first page, which says so once."""
        home = f"/my/{sent.access.token}"
        go_on(req, resp)
        resp.set_header("Cache-Control", PRIVATE)
        self._states.forget(req, resp)
        keep_done(resp, sent.given["do"], home, is_secure=self._is_secure)
        if part and resp.location:
            resp.location = resp.location.replace(f"{home}/{part}", home, 1)

    async def _refuse(
        self,
        req: Request,
        resp: Response,
        mine: Mine,
        part: str,
        sent: Sent,
        refusal: Failure,
    ) -> None:
        """Show what was typed, and what is wrong with it: to a program 422, or 429 for a limit."""
        given = dict(sent.given)
        if refusal.code == "guest.step":
            given.pop("step", None)  # back to the first: no code is on its way
        if await self._turn(
            req, resp, mine, sent, part, FormState(given, refusal=refusal_of(refusal))
        ):
            return
        resp.status = HTTPStatus.UNPROCESSABLE_ENTITY
        if isinstance(refusal, Limited):
            answer_limited(resp, refusal)

    async def _turn(
        self,
        req: Request,
        resp: Response,
        mine: Mine,
        sent: Sent,
        part: str,
        state: FormState,
    ) -> bool:
        """Lead a browser on to the page as its form stands now; False = it is answered with it, as
        others are."""
        if await self._states.lead_on(req, resp, state):
            return True
        self._answer(resp, sent.access.token, mine, part, _form_of(state))
        return False

    def _answer_ended(self, resp: Response, ended: Ended) -> None:
        _begin(resp)
        resp.text = make_done_page(ended)

    def _answer(
        self, resp: Response, token: str, mine: Mine, part: str, state: GuestForm = NO_FORM
    ) -> None:
        _begin(resp)
        if not mine.guest.is_known:
            resp.text = make_closed_page(mine, state)
            return
        resp.text = make_page(mine, token, part, self._db.clock(), state)

    async def _read(self, access: Access, part: str) -> Mine:
        if part not in (MAIN, *PARTS):
            raise Missing("link.missing")
        mine = await self._db.read(read_mine, access)
        if any(not ticket.signed for ticket in mine.tickets):
            await self._db.write(ensure_ticket_key, mine.guest.org_id)
            mine = await self._db.read(read_mine, access)
        return mine


def access_of(req: Request, token: str) -> Access:
    """The link that is asked for, and what its browser has proved."""
    values = req.get_cookie_values(COOKIE)
    return Access(token, values[0][:400] if values else "")


def _form_of(state: FormState) -> GuestForm:
    """A form as the page shows it."""
    return GuestForm(
        None if state is LOST else state.given,
        failure_of(state.refusal),
        state.step,
        is_code_sent=MAIL_CODE in state.more,
    )


def _keep_ended(ended: Ended) -> FormState:
    names = ("language", "done", "email", "gone")
    more = {name: getattr(ended, name) for name in names}
    more |= {"org": str(ended.org_id), "event": str(ended.shown.event.id)}
    return FormState(step=ENDED, more=more)


def _read_ended(tx: Tx, state: FormState) -> Ended:
    """What was kept of a link that has ended."""
    more = state.more
    org_id = OrgId(int(more["org"]))
    shown = get_shown_event(tx, org_id, EventId(int(more["event"])))
    said = (more["language"], more["done"], more["email"], more["gone"])
    return Ended(org_id, shown, find_host(tx, org_id, shown), *said)


def _begin(resp: Response) -> None:
    resp.content_type = "text/html; charset=utf-8"
    resp.set_header("Cache-Control", PRIVATE)
