"""The way to the watch page of a session without a personal link: an address, and a mailed code."""

import falcon
from falcon.asgi import Request, Response

from turnout.core.audience.entering import enter, has_entry_code, send_entry_code
from turnout.core.audience.links import PATH
from turnout.core.identity.addresses import place_of
from turnout.core.registrations.form_limits import (
    FormLimits,
    Sender,
    admit_code,
    clear_codes,
    refuse_code,
)
from turnout.errors import Invalid, Limited, Unauthenticated
from turnout.http.client_address import address_of
from turnout.http.dialect import Resource
from turnout.store import Database, Tx
from turnout.web.documents import NO_STORE
from turnout.web.form_states import FormState, FormStates, say_state
from turnout.web.forms import read_form
from turnout.web.languages import language
from turnout.web.local_times import speak
from turnout.web.refusals import answer_limited, say_refusal
from turnout.web.watch import WatchableSession, answer_page, find_place, frame, list_times

BODY_LIMIT = 65_536
# The step at which a code was sent.
SENT = "sent"


class EntryResource(Resource):
    """`/watch/{session pak}`: an e-mail address and a code lead to the watch page."""

    def __init__(self, db: Database, base_url: str, limits: FormLimits) -> None:
        self._db = db
        self._states = FormStates(db, is_secure=base_url.startswith("https:"))
        self._limits = limits

    async def on_get(self, req: Request, resp: Response, pak: str) -> None:
        """Ask for the address, or for the code that was sent. Raises Missing."""
        state = await self._states.read(req) or FormState()
        self._answer(resp, await self._db.read(find_place, pak), state)

    async def on_post(self, req: Request, resp: Response, pak: str) -> None:
        """Send a code, or take the one that was entered. Raises Missing; what can be put right is
        said on the page."""
        if self._states.try_cookie(req, resp):
            return
        given = await read_form(req, BODY_LIMIT)
        place = await self._db.read(find_place, pak)
        speak(place.locale)
        email, code = given.get("email", ""), given.get("code", "")
        source = place_of(address_of(req.scope))
        sender = Sender(place.org_id, place.event.id, source, email)
        try:
            if "code" in given:
                token = await self._db.write_first(_enter, sender, code)
                if not isinstance(token, str):
                    raise token
                resp.status = falcon.HTTP_303
                resp.set_header("Cache-Control", NO_STORE)
                resp.location = f"{PATH}{pak}/{token}"
                return
            await self._db.write_first(_send_code, sender, self._limits, language.get())
            state, refused = FormState({"email": email}, SENT), None
        except (Invalid, Limited, Unauthenticated) as refusal:
            said = say_refusal(refusal)
            name = "code" if "code" in given else "email"
            faults = {} if isinstance(refusal, Limited) else {name: said}
            step = SENT if "code" in given else ""
            state, refused = FormState({"email": email}, step, said, faults), refusal
        if not await self._states.lead_on(req, resp, state):
            self._answer(resp, place, state)
            if isinstance(refused, Limited):
                answer_limited(resp, refused)

    def _answer(self, resp: Response, place: WatchableSession, state: FormState) -> None:
        speak(place.locale)
        answer_page(
            resp,
            "watch_entry.html",
            **frame(place),
            event=place.event,
            session=place.session,
            email=state.given.get("email", ""),
            refusal=say_state(state),
            is_sent=state.step == SENT,
            faults=state.faults,
            **list_times(place),
        )


def _send_code(tx: Tx, sender: Sender, limits: FormLimits, spoken: str) -> None:
    """Mail a code, or leave it at the one that was mailed. Raises Invalid, Limited."""
    where = (sender.org_id, sender.event_id, sender.email)
    if admit_code(tx, sender, limits):
        send_entry_code(tx, *where, language=spoken)
    elif not has_entry_code(tx, *where):
        raise refuse_code(tx, sender)


def _enter(tx: Tx, sender: Sender, code: str) -> str | Unauthenticated | Limited:
    entered = enter(tx, sender.org_id, sender.event_id, sender.email, code, sender.place)
    if isinstance(entered, str):
        clear_codes(tx, sender)
    return entered
