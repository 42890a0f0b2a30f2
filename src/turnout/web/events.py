"""An event's own page: what it is, when and where, and the form with which people register.

Anybody may send the form, so it tells nobody who else is registered: what it answers depends on the
event alone, and the rest goes to the address by mail (core/registrations/forms.py). It changes
nothing of what is known of a person.
There is no session that another site could misuse, so the form needs no token against that.
"""

from collections.abc import Mapping, Sequence
from http import HTTPStatus

import msgspec
from falcon.asgi import Request, Response

from turnout.core.events.showing import get_shown_event
from turnout.core.identity.addresses import place_of
from turnout.core.ids import EventQuestionId
from turnout.core.registrations.form_limits import (
    FormLimits,
    Proof,
    Sender,
    prove_address,
)
from turnout.core.tickets.documents import event_entry
from turnout.errors import Conflict, Failure, Invalid, Limited
from turnout.formats.calendar import calendar_file
from turnout.http.client_address import address_of
from turnout.http.dialect import Resource
from turnout.store import Database, Tx
from turnout.web.at_once import show_at_once
from turnout.web.canonical import lead_on
from turnout.web.companions import PEOPLE, Wrong, list_names, press
from turnout.web.documents import PERSONAL
from turnout.web.event_forms import WAIT, faults_of, take_choice
from turnout.web.event_page import (
    NOTHING_WRONG,
    FoundEvent,
    find_event_page,
    gather,
    list_dates,
    make_page,
)
from turnout.web.event_sending import CODE_LIMIT, Form, judge, list_sessions, say, send
from turnout.web.form_states import BY_COOKIE, FormState, FormStates, say_state
from turnout.web.forms import (
    AGAIN,
    NO_FAULTS,
    keep_address,
    keep_ticket,
    read_address,
    read_form,
    take_ticket,
)
from turnout.web.forms import FIELDS as FIELDS_LIMIT
from turnout.web.languages import asked_language, settle_language
from turnout.web.offers import OTHERS, WAITING, list_said, name_thanks
from turnout.web.page_cache import PageCache, answer_kept, is_for_everybody
from turnout.web.questions import names_of, size_of
from turnout.web.refusals import answer_limited, say_to_guest
from turnout.web.said import EARLIER, go_on_saying, read_said
from turnout.web.shared_reads import SharedReads

BODY_LIMIT = 16_384
# What a page in another language is asked for by, with all that was typed.
SWITCH = "switch"
# The fields of a form that shows a mailed code.
CODE = ("proof", "code")
# How its form stands: it was judged, and is again when it is shown; a mailed code is asked for.
JUDGED, ASKED = "judged", "asked"


class EventResource(Resource):
    """`/{slug}/{event number}`, or the event's name instead of the number."""

    template = "event.html"
    # Whether it is shown in frames on other sites.
    is_framed = False

    def __init__(self, db: Database, base_url: str, limits: FormLimits) -> None:
        self._db = db
        self._base_url = base_url
        self._handing = {"is_secure": base_url.startswith("https:"), "is_framed": self.is_framed}
        self._states = FormStates(db, **self._handing)
        self._limits = limits
        self._reads = SharedReads(db)
        self._pages = PageCache()

    async def on_get(self, req: Request, resp: Response, slug: str, number: str) -> None:
        """Show the event. Raises Missing, for a draft and a private one too."""
        given = {
            "sti": req.get_param("sti", default="").strip(),
            "access": req.get_param("code", default="").strip()[:CODE_LIMIT],
        }
        key = (req.path, slug, number)
        found = await self._reads.read(key, find_event_page, *key)
        if lead_to_name(req, resp, found, number):
            return
        if is_for_everybody(req):
            self._answer_all(req, resp, found)
            return
        state = await self._states.read(req)
        if done := await read_said(self._db, req, list_said(found.shown)):
            if done != EARLIER:
                given |= await self._read_thanks(req, resp, found, state, done)
            self._answer(resp, found, given, done=done.partition(OTHERS)[0])
        elif state:
            self._show(resp, found, given, state)
        else:
            self._answer(resp, found, given)

    async def on_post(self, req: Request, resp: Response, slug: str, number: str) -> None:
        """Register, or join the waiting list; or ask for the code that proves the address. Raises
        Missing; what can be put right is said on the page, beside what was typed."""
        # What is decided by it is judged again where it is written.
        key = (req.path, slug, number)
        found = await self._reads.read(key, find_event_page, *key)
        if lead_to_name(req, resp, found, number):
            return
        if self._states.try_cookie(req, resp):
            return
        asked = found.questions
        most = found.shown.details.companions
        size = BODY_LIMIT + (most + 1) * size_of(asked)
        names = (*names_of(asked), *list_names(asked, most))
        given = take_choice(await read_form(req, size, fields=FIELDS_LIMIT + len(names)))
        if (pressed := press(given, most)) is not None:
            await self._turn(req, resp, found, FormState(pressed))
        elif SWITCH in given:
            await self._turn(req, resp, found, FormState(given))
        else:
            await self._take(req, resp, found, given)

    async def _take(
        self, req: Request, resp: Response, found: FoundEvent, given: dict[str, str]
    ) -> None:
        """Answer a form that was sent."""
        details = found.shown.details
        spoken = settle_language(details.locale, found.organization.locale)
        place = place_of(address_of(req.scope))
        if given.get("proof"):
            proved = await self._prove(found, given, place)
            if isinstance(proved, Failure):
                await self._refuse_code(req, resp, found, given, proved)
                return
            given = {name: given[name] for name in given if name not in CODE} | {"proved": proved}
        judged = judge(found, given, self._db.clock())
        filled, others = judged.filled, judged.others
        if judged.is_refused:
            await self._turn(req, resp, found, FormState(given, JUDGED))
            if filled.is_malformed and resp.status_code == HTTPStatus.OK:
                resp.status = HTTPStatus.UNPROCESSABLE_ENTITY
            return
        contact = filled.contact
        try:
            sessions = list_sessions(found, given)
            facts = (found, given, contact, filled.answers, self._base_url)
            form = Form(*facts, place, spoken, sessions, others.companions)
            refused, key = await self._db.write(send, form, self._limits)
        except (Conflict, Invalid, Limited) as refusal:
            await self._refuse(req, resp, found, given, refusal, "event_page.nothing_sent")
            return
        if isinstance(refused, str):
            state = FormState(given | {"proof": refused}, ASKED)
            await self._turn(req, resp, found, state)
            return
        if isinstance(refused, Conflict):
            await self._refuse(req, resp, found, given, refused, "event_page.mail_sent")
            return
        is_waiting = given.get("answer") == WAIT
        done = WAITING if is_waiting else name_thanks(found.shown, given["ticket"])
        done += OTHERS if others.companions else ""
        typed, more = {"email": contact.email}, {"ticket": refused.code} if refused else {}
        again = await self._states.keep(req, resp, FormState(typed, more=more), key=key)
        if refused:
            keep_ticket(req, resp, refused.code, **self._handing)
        asked = {
            "key": key,
            "sti": given.get("sti", ""),
            AGAIN: "" if again == BY_COOKIE else again,
        }
        said = await go_on_saying(self._db, req, resp, done, "register", **asked)
        keep_address(req, resp, contact.email.strip(), said, **self._handing)

    async def _read_thanks(
        self, req: Request, resp: Response, found: FoundEvent, state: FormState | None, done: str
    ) -> dict[str, str]:
        """What the page shows that says what was `done`."""
        code = take_ticket(req, resp, **self._handing)
        given = {"email": read_address(req), PEOPLE: "1" if OTHERS in done else ""}
        if state:  # where no cookie comes back, it has all
            given["email"] = state.given.get("email", "")
            given[AGAIN] = req.get_param(AGAIN, default="")
            code = code or state.more.get("ticket", "")
        return given | await show_at_once(self._db, found.organization.org_id, found.shown, code)

    async def _prove(self, found: FoundEvent, given: dict[str, str], place: str) -> str | Failure:
        """What the form shows from now on, as its address was proved; or why it was not."""
        whose = (found.organization.org_id, found.shown.event.id)
        sender = Sender(*whose, place, given.get("email", ""))
        proof = Proof(given["proof"], given.get("code", ""))
        outcome: str | Failure = await self._db.write(prove_address, sender, proof)
        return outcome

    async def _refuse_code(
        self,
        req: Request,
        resp: Response,
        found: FoundEvent,
        given: dict[str, str],
        refusal: Failure,
    ) -> None:
        said = say_to_guest(refusal)
        faults = {} if isinstance(refusal, Limited) else {"code": said}
        await self._turn(req, resp, found, FormState(given, ASKED, said, faults), refusal)

    async def _refuse(
        self,
        req: Request,
        resp: Response,
        found: FoundEvent,
        given: dict[str, str],
        refusal: Failure,
        then: str,
    ) -> None:
        """Say why nothing was done, and what that means by the label `then`."""
        fresh = await self._db.read(_look_again, found)
        state = FormState(given, said=f"{say_to_guest(refusal)} {say(then)}")
        faults = faults_of(refusal, given) if then == "event_page.nothing_sent" else {}
        await self._turn(req, resp, fresh, msgspec.structs.replace(state, faults=faults), refusal)

    async def _turn(
        self,
        req: Request,
        resp: Response,
        found: FoundEvent,
        state: FormState,
        refusal: Failure | None = None,
    ) -> None:
        """Lead a browser on to the page as its form stands now; others are answered with it."""
        sti = state.given.get("sti", "")
        if await self._states.lead_on(req, resp, state, "register", sti=sti):
            return
        self._show(resp, found, {}, state)
        if isinstance(refusal, Limited):
            answer_limited(resp, refusal)

    def _show(
        self, resp: Response, found: FoundEvent, given: dict[str, str], state: FormState
    ) -> None:
        """The page as its form stands."""
        given = given | state.given
        settle_language(found.shown.details.locale, found.organization.locale)
        if state.step == JUDGED:
            judged = judge(found, given, self._db.clock())
            wrong, people = judged.filled.wrong, judged.others.wrong
            said = judged.say() if judged.is_refused else ""
            self._answer(resp, found, given, said, wrong, faults=judged.faults, wrong_people=people)
            return
        said = say_state(state)
        self._answer(resp, found, given, said, done=state.step, faults=state.faults)

    def _answer_all(self, req: Request, resp: Response, found: FoundEvent) -> None:
        """What everybody gets, rendered once."""
        now = self._db.clock()
        spoken = settle_language(found.shown.locale)
        page = self._pages.render(
            found,
            f"{spoken} {asked_language(req)}",
            list_dates(found),
            now,
            lambda: make_page(found, now, base_url=self._base_url, template=self.template),
        )
        self.allow(resp, found)
        answer_kept(req, resp, page)

    def _answer(
        self,
        resp: Response,
        found: FoundEvent,
        given: dict[str, str] | None = None,
        refusal: str = "",
        wrong: Mapping[EventQuestionId, Invalid] = NOTHING_WRONG,
        done: str = "",
        faults: Mapping[str, str] = NO_FAULTS,
        wrong_people: Sequence[Wrong] = (),
    ) -> None:
        resp.content_type = "text/html; charset=utf-8"
        resp.set_header("Cache-Control", PERSONAL)
        self.allow(resp, found)
        resp.text = make_page(
            *(found, self._db.clock(), given, refusal, wrong, done, faults),
            base_url=self._base_url,
            template=self.template,
            wrong_people=wrong_people,
        )

    def allow(self, resp: Response, found: FoundEvent) -> None:
        """Let browsers do more with the page than with others: nothing."""


class CalendarResource(Resource):
    """`/{slug}/{event number}/event.ics`."""

    def __init__(self, db: Database, base_url: str) -> None:
        self._db = db
        self._base_url = base_url

    async def on_get(self, req: Request, resp: Response, slug: str, number: str) -> None:
        """The event for calendars. Raises Missing."""
        found = await self._db.read(find_event_page, req.path, slug, number)
        if lead_to_name(req, resp, found, number):
            return
        resp.set_header("Cache-Control", "no-store")
        url = self._base_url + found.path
        entry = event_entry(found.shown, found.organization.name, self._db.clock(), url)
        resp.content_type = "text/calendar; charset=utf-8"
        resp.data = calendar_file(entry)


def _look_again(tx: Tx, found: FoundEvent) -> FoundEvent:
    """The page as it is now."""
    shown = get_shown_event(tx, found.organization.org_id, found.shown.event.id)
    return gather(tx, found.organization, shown)


def lead_to_name(req: Request, resp: Response, found: FoundEvent, asked: str) -> bool:
    """Send who asks by a former name, or in other letters, to the one of now. An
    address with the number stays."""
    if asked.isdigit() or f"{req.path}/".startswith(f"{found.path}/"):
        return False
    rest = req.path.rpartition(asked)[2]
    lead_on(req, resp, found.path + rest)
    return True
