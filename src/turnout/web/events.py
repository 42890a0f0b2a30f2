"""An event's own page: what it is, when and where, and the form with which people register.

Anybody may send the form, so it tells nobody who else is registered: what it answers depends on the
event alone, and the rest goes to the address by mail (core/registrations/forms.py). It changes
nothing of what is known of a person.
There is no session that another site could misuse, so the form needs no token against that.
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import NamedTuple

from falcon import HTTP_422
from falcon.asgi import Request, Response
from markupsafe import Markup

from turnout.catalogue.translations import label
from turnout.core.events.model import EventState
from turnout.core.events.programmes import Programme, get_programme
from turnout.core.events.showing import EventView, get_shown_event, has_page
from turnout.core.exams.planning import is_exam
from turnout.core.identity.addresses import place_of
from turnout.core.identity.model import Organization, OrganizationProfile
from turnout.core.identity.organizations import find_organization
from turnout.core.identity.profiles import get_profile
from turnout.core.identity.short_names import page_path, picture_path
from turnout.core.ids import EventId, EventQuestionId, TicketTypeId
from turnout.core.people.model import Contact
from turnout.core.questions.model import Answer, Question
from turnout.core.questions.reading import list_questions
from turnout.core.registrations.form_limits import (
    FormLimits,
    Proof,
    Sender,
    admit_registration,
    ask_for_code,
    check_proof,
)
from turnout.core.registrations.forms import register_by_form, wait_by_form
from turnout.core.registrations.joining import list_offered
from turnout.core.registrations.pricing import asks_at
from turnout.core.tickets.documents import event_entry
from turnout.core.tickets.issuing import GrantKind
from turnout.core.tickets.prices import PaymentTerms, get_payment_terms, say_payment_text
from turnout.core.waiting_list.steering import is_closed
from turnout.errors import Conflict, Failure, Invalid, Limited, Missing
from turnout.formats.calendar import calendar_file
from turnout.formats.local_dates import DAY, say_wait
from turnout.formats.markdown import to_html
from turnout.http.client_address import address_of
from turnout.http.dialect import Resource
from turnout.store import Database, Tx
from turnout.web.documents import NO_STORE
from turnout.web.event_forms import FIELDS, WAIT, faults_of, read_filled
from turnout.web.forms import FIELDS as FIELDS_LIMIT
from turnout.web.forms import NO_FAULTS, go_on, keep_address, read_done, read_form, take_address
from turnout.web.languages import language, settle_language
from turnout.web.local_times import times
from turnout.web.offers import (
    REGISTERED,
    WAITING,
    list_thanks,
    make_offer,
    name_thanks,
    see_sales,
)
from turnout.web.programmes import show_schedule, show_speakers
from turnout.web.questions import names_of, show_fields, size_of
from turnout.web.refusals import answer_limited, say_refusal
from turnout.web.templates import render

BODY_LIMIT = 16_384
CODE_LIMIT = 256
# What the form with the code hands on beside what was typed.
HIDDEN = ("answer", "proof")
NOTHING_WRONG: Mapping[EventQuestionId, Invalid] = {}


class _Found(NamedTuple):
    """`description` is HTML."""

    organization: Organization
    profile: OrganizationProfile
    shown: EventView
    is_exam: bool
    description: str
    programme: Programme
    questions: list[Question]
    is_list_closed: bool
    terms: PaymentTerms


class _Form(NamedTuple):
    """A form that was sent from `place`, on a page in the language `spoken`; `base_url` is this
    server's address."""

    found: _Found
    given: dict[str, str]
    contact: Contact
    answers: list[Answer]
    base_url: str
    place: str
    spoken: str

    @property
    def sender(self) -> Sender:
        event = self.found.shown.event
        return Sender(self.found.organization.org_id, event.id, self.place, self.contact.email)


class EventResource(Resource):
    """`/{slug}/{event number}`."""

    def __init__(self, db: Database, base_url: str, limits: FormLimits) -> None:
        self._db = db
        self._base_url = base_url
        self._limits = limits

    async def on_get(self, req: Request, resp: Response, slug: str, number: str) -> None:
        """Show the event. Raises Missing, for a draft and a private one too."""
        given = {
            "sti": req.get_param("sti", default="").strip(),
            "access": req.get_param("code", default="").strip()[:CODE_LIMIT],
        }
        found = await self._db.read(_find, req.path, slug, number)
        if done := read_done(req, list_thanks(found.shown)):
            given["email"] = take_address(req, resp)
        self._answer(resp, found, given, done=done)

    async def on_post(self, req: Request, resp: Response, slug: str, number: str) -> None:
        """Register, or join the waiting list; or ask for the code that proves the address. Raises
        Missing; what can be put right is said on the page, beside what was typed."""
        found = await self._db.read(_find, req.path, slug, number)
        asked = found.questions
        size, fields = BODY_LIMIT + size_of(asked), FIELDS_LIMIT + len(names_of(asked))
        given = await read_form(req, size, fields=fields)
        spoken = settle_language(found.shown.details.locale, found.organization.locale)
        now = self._db.clock()
        filled = read_filled(asked, given, _find_type(found, given, now), now)
        if filled.faults:
            said = f"{filled.say()} {_say('event_page.nothing_sent')}"
            self._answer(resp, found, given, said, filled.wrong, faults=filled.beside())
            if filled.is_malformed:
                resp.status = HTTP_422
            return
        contact = filled.contact
        try:
            place = place_of(address_of(req.scope))
            form = _Form(found, given, contact, filled.answers, self._base_url, place, spoken)
            refused = await self._db.write(_send, form, self._limits)
        except (Conflict, Invalid, Limited) as refusal:
            fresh = await self._db.read(_find, req.path, slug, number)
            said = f"{say_refusal(refusal)} {_say('event_page.nothing_sent')}"
            self._answer(resp, fresh, given, said, faults=faults_of(refusal))
            if isinstance(refusal, Limited):
                answer_limited(resp, refusal)
            return
        if isinstance(refused, str):
            self._answer(resp, found, given | {"proof": refused}, done="asked")
            return
        if isinstance(refused, Limited | Invalid):
            said = say_refusal(refused)
            faults = {} if isinstance(refused, Limited) else {"code": said}
            self._answer(resp, found, given, said, done="asked", faults=faults)
            if isinstance(refused, Limited):
                answer_limited(resp, refused)
            return
        if refused:
            fresh = await self._db.read(_find, req.path, slug, number)
            self._answer(
                resp, fresh, given, f"{say_refusal(refused)} {_say('event_page.mail_sent')}"
            )
            return
        is_waiting = given.get("answer") == WAIT
        done = WAITING if is_waiting else name_thanks(found.shown, given["ticket"])
        is_secure = self._base_url.startswith("https:")
        keep_address(req, resp, contact.email.strip(), is_secure=is_secure)
        go_on(req, resp, done, part="register")

    def _answer(
        self,
        resp: Response,
        found: _Found,
        given: dict[str, str] | None = None,
        refusal: str = "",
        wrong: Mapping[EventQuestionId, Invalid] = NOTHING_WRONG,
        done: str = "",
        faults: Mapping[str, str] = NO_FAULTS,
    ) -> None:
        shown = found.shown
        event = shown.event
        is_over = event.ends_at <= self._db.clock() or event.state is EventState.CANCELLED
        access = (given or {}).get("access", "")
        offered = list_offered(shown.ticket_types, self._db.clock(), access)
        offers = [make_offer(event, ticket_type) for ticket_type in offered]
        names = (*FIELDS, *HIDDEN, "ticket", "sti", "access")
        resp.content_type = "text/html; charset=utf-8"
        resp.set_header("Cache-Control", NO_STORE)
        resp.text = render(
            "event.html",
            organization=found.organization,
            pages=page_path(found.organization.slug),
            event=event,
            place=shown.place,
            profile=found.profile,
            speakers=show_speakers(found.organization.org_id, found.programme),
            schedule=show_schedule(found.programme, event),
            colour=shown.details.colour or found.profile.colour,
            details=shown.details,
            contact=shown.contact,
            cover=picture_path(found.organization.org_id, shown.cover, 1600) if shown.cover else "",
            description=Markup(found.description),  # noqa: S704 (formats/markdown.py cleans it)
            **times(shown),
            offers=offers,
            sales=see_sales(event, shown.ticket_types, self._db.clock(), access),
            chosen=list_thanks(shown).get(done),
            asks=asks_at(shown.details, GrantKind.FORM),
            days=say_wait(found.terms.days * DAY, language.get()),
            payment_text=say_payment_text(found.terms.text, language.get()),
            is_open=event.state is EventState.OPEN and not is_over,
            is_over=is_over,
            is_exam=found.is_exam,
            is_cancelled=event.state is EventState.CANCELLED,
            has_places=any(offer.left is None or offer.left for offer in offers),
            is_list_closed=found.is_list_closed,
            is_sold_out=any(offer.left == 0 for offer in offers),
            given=dict.fromkeys(names, "") | (given or {}),
            fields=(*names, *(name for name in names_of(found.questions) if name in (given or {}))),
            questions=show_fields(found.questions, offered, given or {}, wrong),
            refusal=refusal,
            done=REGISTERED if done.startswith(REGISTERED) else done,
            is_to_pay=done.startswith(f"{REGISTERED}-"),
            faults=faults,
        )


class CalendarResource(Resource):
    """`/{slug}/{event number}/event.ics`."""

    def __init__(self, db: Database, base_url: str) -> None:
        self._db = db
        self._base_url = base_url

    async def on_get(self, req: Request, resp: Response, slug: str, number: str) -> None:
        """The event for calendars. Raises Missing."""
        found = await self._db.read(_find, req.path, slug, number)
        resp.set_header("Cache-Control", NO_STORE)
        url = f"{self._base_url}{page_path(slug)}/{number}"
        entry = event_entry(found.shown, found.organization.name, self._db.clock(), url)
        resp.content_type = "text/calendar; charset=utf-8"
        resp.data = calendar_file(entry)


def _find(tx: Tx, path: str, slug: str, number: str) -> _Found:
    organization = find_organization(tx, slug)
    is_number = number.isascii() and number.isdigit() and len(number) < 16
    if organization is not None and is_number:
        with suppress(Missing):
            shown = get_shown_event(tx, organization.org_id, EventId(int(number)))
            if has_page(shown):
                description = to_html(shown.details.description)
                exam = is_exam(tx, organization.org_id, shown.event.id)
                profile = get_profile(tx, organization.org_id)
                programme = get_programme(tx, organization.org_id, shown.event.id)
                asked = list_questions(tx, organization.org_id, shown.event.id)
                closed = is_closed(tx, organization.org_id, shown.event.id)
                terms = get_payment_terms(tx, organization.org_id, shown.details)
                facts = (shown, exam, description, programme, asked, closed, terms)
                return _Found(organization, profile, *facts)
    raise Missing("path.missing", path=path)


def _send(tx: Tx, form: _Form, limits: FormLimits) -> Failure | str | None:
    """Do what a form asks for, or return why not; a text is the name of a code's request."""
    found, given = form.found, form.given
    if given.get("proof"):
        proof = Proof(given["proof"], given.get("code", ""))
        if wrong := check_proof(tx, form.sender, proof):
            return wrong
    elif admit_registration(tx, form.sender, limits):
        _read_type(found, given, tx.now)
        return ask_for_code(tx, form.sender, found.shown.event, language=form.spoken)
    return _act(tx, form)


def _act(tx: Tx, form: _Form) -> Conflict | None:
    found, given = form.found, form.given
    org_id, event_id = found.organization.org_id, found.shown.event.id
    type_id = _read_type(found, given, tx.now)
    verb = wait_by_form if given.get("answer") == WAIT else register_by_form
    return verb(
        *(tx, org_id, event_id, type_id, form.contact, form.base_url),
        sti=given.get("sti", ""),
        answers=form.answers,
        language=form.spoken,
    )


def _say(code: str) -> str:
    """A label in the language of the page at hand."""
    return label(language.get(), code)


def _read_type(found: _Found, given: dict[str, str], now: int) -> TicketTypeId:
    """The ticket type that was chosen. Raises Invalid."""
    type_id = _find_type(found, given, now)
    if type_id is None:
        raise Invalid("ticket_type.chosen")
    return type_id


def _find_type(found: _Found, given: dict[str, str], now: int) -> TicketTypeId | None:
    """The ticket type that was chosen, if the page offers it."""
    if found.is_exam:
        return None
    offered = list_offered(found.shown.ticket_types, now, given.get("access", "")[:CODE_LIMIT])
    chosen = given.get("ticket", "")
    return next((kind.id for kind in offered if str(kind.id) == chosen), None)
