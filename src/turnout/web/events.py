"""An event's own page: what it is, when and where, and the form with which people register.

Anybody may send the form, so it tells nobody who else is registered: what it answers depends on the
event alone, and the rest goes to the address by mail (core/registrations/forms.py). It changes
nothing of what is known of a person.
There is no session that another site could misuse, so the form needs no token against that.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from falcon import HTTP_422
from falcon.asgi import Request, Response

from turnout.catalogue.translations import label
from turnout.core.events.showing import get_shown_event
from turnout.core.identity.addresses import place_of
from turnout.core.identity.link_keys import find_link_key
from turnout.core.ids import EventQuestionId, SessionId, TicketTypeId
from turnout.core.people.model import Contact
from turnout.core.questions.model import Answer
from turnout.core.registrations.companions import Companion, register_with_companions
from turnout.core.registrations.form_limits import (
    FormLimits,
    Proof,
    Sender,
    admit_registration,
    ask_for_code,
    is_address_proved,
    prove_address,
)
from turnout.core.registrations.forms import register_by_form, wait_by_form
from turnout.core.registrations.joining import list_offered
from turnout.core.tickets.documents import event_entry
from turnout.errors import Conflict, Failure, Invalid, Limited
from turnout.formats.calendar import calendar_file
from turnout.http.client_address import address_of
from turnout.http.dialect import Resource
from turnout.store import Database, Tx
from turnout.web.at_once import AtOnce, find_at_once, show_at_once
from turnout.web.canonical import lead_on
from turnout.web.companions import PEOPLE, Wrong, list_names, press, read_companions, say_wrong
from turnout.web.documents import PERSONAL
from turnout.web.event_forms import WAIT, faults_of, read_filled, take_choice
from turnout.web.event_page import (
    NOTHING_WRONG,
    FoundEvent,
    find_event_page,
    gather,
    list_dates,
    list_typed,
    make_page,
)
from turnout.web.forms import FIELDS as FIELDS_LIMIT
from turnout.web.forms import (
    NO_FAULTS,
    keep_address,
    keep_ticket,
    read_address,
    read_form,
    take_ticket,
)
from turnout.web.languages import asked_language, language, settle_language
from turnout.web.offers import OTHERS, WAITING, list_said, name_thanks
from turnout.web.page_cache import PageCache, answer_kept, is_for_everybody
from turnout.web.questions import names_of, size_of
from turnout.web.refusals import answer_limited, say_to_guest
from turnout.web.said import go_on_saying, read_said
from turnout.web.shared_reads import SharedReads
from turnout.web.typed import find_lacks, keep_typed, read_typed

BODY_LIMIT = 16_384
CODE_LIMIT = 256
# What a page in another language is asked for by, with all that was typed.
SWITCH = "switch"
# The form is asked for again, filled in: the address was a wrong one.
AGAIN = "again"
# The fields of a form that shows a mailed code.
CODE = ("proof", "code")


class _Form(NamedTuple):
    """A form that was sent from `place`, on a page in the language `spoken`; `base_url` is this
    server's address."""

    found: FoundEvent
    given: dict[str, str]
    contact: Contact
    answers: list[Answer]
    base_url: str
    place: str
    spoken: str
    session_ids: list[SessionId]
    companions: list[Companion]

    @property
    def sender(self) -> Sender:
        event = self.found.shown.event
        return Sender(self.found.organization.org_id, event.id, self.place, self.contact.email)


class EventResource(Resource):
    """`/{slug}/{event number}`, or the event's name instead of the number."""

    template = "event.html"
    # Whether it is shown in frames on other sites.
    is_framed = False

    def __init__(self, db: Database, base_url: str, limits: FormLimits) -> None:
        self._db = db
        self._base_url = base_url
        self._handing = {"is_secure": base_url.startswith("https:"), "is_framed": self.is_framed}
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
        if done := await read_said(self._db, req, list_said(found.shown)):
            given["email"] = read_address(req)
            done, others, _ = done.partition(OTHERS)
            given[PEOPLE] = "1" if others else ""
            code = take_ticket(req, resp, **self._handing)
            given |= await show_at_once(self._db, found.organization.org_id, found.shown, code)
        elif req.get_param(AGAIN):
            typed, left_out = read_typed(req, list_typed(found))
            given |= typed
            lacks = find_lacks(found.questions, given, found.shown.details.companions, left_out)
            self._answer(
                resp, found, given, lacks.said, lacks.wrong, wrong_people=lacks.wrong_people
            )
            return
        self._answer(resp, found, given, done=done)

    async def on_post(self, req: Request, resp: Response, slug: str, number: str) -> None:
        """Register, or join the waiting list; or ask for the code that proves the address. Raises
        Missing; what can be put right is said on the page, beside what was typed."""
        # What is decided by it is judged again where it is written.
        key = (req.path, slug, number)
        found = await self._reads.read(key, find_event_page, *key)
        if lead_to_name(req, resp, found, number):
            return
        asked = found.questions
        most = found.shown.details.companions
        size = BODY_LIMIT + (most + 1) * size_of(asked)
        names = (*names_of(asked), *list_names(asked, most))
        given = take_choice(await read_form(req, size, fields=FIELDS_LIMIT + len(names)))
        if (pressed := press(given, most)) is not None:
            self._answer(resp, found, pressed)
            return
        if SWITCH in given:
            self._answer(resp, found, given)
            return
        await self._take(req, resp, found, given)

    async def _take(
        self, req: Request, resp: Response, found: FoundEvent, given: dict[str, str]
    ) -> None:
        """Answer a form that was sent."""
        asked, details = found.questions, found.shown.details
        spoken = settle_language(details.locale, found.organization.locale)
        now = self._db.clock()
        place = place_of(address_of(req.scope))
        if given.get("proof"):
            proved = await self._prove(found, given, place)
            if isinstance(proved, Failure):
                self._refuse_code(resp, found, given, proved)
                return
            given = {name: given[name] for name in given if name not in CODE} | {"proved": proved}
        type_id = _find_type(found, given, now)
        is_one = details.has_one_name
        filled = read_filled(asked, given, type_id, now, has_one_name=is_one)
        offered = list_offered(found.shown.ticket_types, now, _read_access(given))
        people = (asked, given, details.companions)
        others = read_companions(*people, offered, type_id, now, has_one_name=is_one)
        if filled.faults or others.faults or any(others.wrong):
            words = (filled.say(), *others.faults.values(), say_wrong(others.wrong))
            said = " ".join(dict.fromkeys(filter(None, (*words, _say("event_page.nothing_sent")))))
            faults = filled.beside() | others.faults
            self._answer(
                resp, found, given, said, filled.wrong, faults=faults, wrong_people=others.wrong
            )
            if filled.is_malformed:
                resp.status = HTTP_422
            return
        contact = filled.contact
        try:
            sessions = _list_sessions(found, given)
            facts = (found, given, contact, filled.answers, self._base_url)
            form = _Form(*facts, place, spoken, sessions, others.companions)
            refused, key = await self._db.write(_send, form, self._limits)
        except (Conflict, Invalid, Limited) as refusal:
            fresh = await self._db.read(_look_again, found)
            sentence = f"{say_to_guest(refusal)} {_say('event_page.nothing_sent')}"
            self._answer(resp, fresh, given, sentence, faults=faults_of(refusal))
            if isinstance(refusal, Limited):
                answer_limited(resp, refusal)
            return
        if isinstance(refused, AtOnce):
            keep_ticket(req, resp, refused.code, **self._handing)
            refused = None
        if isinstance(refused, str):
            self._answer(resp, found, given | {"proof": refused}, done="asked")
            return
        if refused:
            fresh = await self._db.read(_look_again, found)
            self._answer(
                resp, fresh, given, f"{say_to_guest(refused)} {_say('event_page.mail_sent')}"
            )
            return
        is_waiting = given.get("answer") == WAIT
        done = WAITING if is_waiting else name_thanks(found.shown, given["ticket"])
        typed = {name: given[name] for name in list_typed(found) if name in given}
        keep_typed(req, resp, typed, **self._handing)
        keep_address(req, resp, contact.email.strip(), **self._handing)
        done += OTHERS if others.companions else ""
        more = {"key": key, "sti": given.get("sti", "")}
        await go_on_saying(self._db, req, resp, done, "register", **more)

    async def _prove(self, found: FoundEvent, given: dict[str, str], place: str) -> str | Failure:
        """What the form shows from now on, as its address was proved; or why it was not."""
        whose = (found.organization.org_id, found.shown.event.id)
        sender = Sender(*whose, place, given.get("email", ""))
        proof = Proof(given["proof"], given.get("code", ""))
        outcome: str | Failure = await self._db.write(prove_address, sender, proof)
        return outcome

    def _refuse_code(
        self, resp: Response, found: FoundEvent, given: dict[str, str], refusal: Failure
    ) -> None:
        said = say_to_guest(refusal)
        faults = {} if isinstance(refusal, Limited) else {"code": said}
        self._answer(resp, found, given, said, done="asked", faults=faults)
        if isinstance(refusal, Limited):
            answer_limited(resp, refusal)

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


def _send(tx: Tx, form: _Form, limits: FormLimits) -> tuple[Conflict | str | AtOnce | None, str]:
    """Do what a form asks for, or return why not (a text is the name of a code's request); and the
    key that signs links, empty = none was made yet."""
    return _try_to_send(tx, form, limits), find_link_key(tx)


def _try_to_send(tx: Tx, form: _Form, limits: FormLimits) -> Conflict | str | AtOnce | None:
    is_proved = is_address_proved(tx, form.sender, form.given.get("proved", ""))
    people = [form.contact, *(one.contact for one in form.companions)]
    if not is_proved and sum(admit_registration(tx, form.sender, limits) for _ in people):
        _read_type(form.found, form.given, tx.now)
        return ask_for_code(tx, form.sender, form.found.shown.event, language=form.spoken)
    return _act(tx, form, is_proved=is_proved)


def _act(tx: Tx, form: _Form, *, is_proved: bool) -> Conflict | AtOnce | None:
    found, given = form.found, form.given
    org_id, event_id = found.organization.org_id, found.shown.event.id
    type_id = _read_type(found, given, tx.now)
    is_waiting = given.get("answer") == WAIT
    sti = given.get("sti", "")
    if form.companions:
        if is_waiting:
            raise Invalid("companions.wait")
        register_with_companions(
            *(tx, org_id, event_id, Companion(form.contact, type_id, form.answers)),
            *(form.companions, form.base_url),
            sti=sti,
            language=form.spoken,
            session_ids=form.session_ids,
        )
        refused = None
    else:
        verb = wait_by_form if is_waiting else register_by_form
        refused = verb(
            *(tx, org_id, event_id, type_id, form.contact, form.base_url),
            sti=sti,
            answers=form.answers,
            language=form.spoken,
            session_ids=form.session_ids,
        )
    if refused or is_waiting:
        return refused
    return find_at_once(tx, org_id, found.shown, form.contact.email, is_proved=is_proved)


def _say(code: str) -> str:
    """A label in the language of the page at hand."""
    return label(language.get(), code)


def _read_type(found: FoundEvent, given: dict[str, str], now: int) -> TicketTypeId:
    """The ticket type that was chosen. Raises Invalid."""
    type_id = _find_type(found, given, now)
    if type_id is None:
        raise Invalid("ticket_type.chosen")
    return type_id


def _find_type(found: FoundEvent, given: dict[str, str], now: int) -> TicketTypeId | None:
    """The ticket type that was chosen, if the page offers it."""
    if found.is_exam:
        return None
    offered = list_offered(found.shown.ticket_types, now, _read_access(given))
    chosen = given.get("ticket", "")
    return next((kind.id for kind in offered if str(kind.id) == chosen), None)


def _read_access(given: Mapping[str, str]) -> str:
    return given.get("access", "")[:CODE_LIMIT]


def _list_sessions(found: FoundEvent, given: dict[str, str]) -> list[SessionId]:
    """The sessions that were chosen."""
    return [
        item.id
        for item in found.programme.items
        if item.is_chosen and given.get(f"session-{item.id}")
    ]
