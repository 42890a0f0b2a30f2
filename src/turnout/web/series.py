"""A series: its events that lie ahead, and a form that registers for several of them at once.

Each is registered for as by its own page, with the first ticket that it offers. An event that asks
something else is registered for on its own page, to which this one leads.
"""

from collections.abc import Mapping
from functools import partial
from typing import NamedTuple

from falcon.asgi import Request, Response

from turnout.catalogue.translations import label
from turnout.core.events.model import Channel, Event, EventState, Visibility
from turnout.core.events.page_names import (
    EVENT,
    find_series_named,
    get_series,
    list_page_names,
    list_series_events,
)
from turnout.core.events.showing import Announced, get_shown_event, has_page
from turnout.core.exams.planning import is_exam
from turnout.core.identity.addresses import place_of
from turnout.core.identity.model import Organization, OrganizationProfile
from turnout.core.identity.organizations import find_organization
from turnout.core.identity.profiles import get_profile
from turnout.core.identity.short_names import page_path
from turnout.core.ids import ChannelId
from turnout.core.people.model import Contact
from turnout.core.questions.reading import list_questions
from turnout.core.registrations.form_limits import FormLimits, Sender, admit_registration
from turnout.core.registrations.forms import register_by_form
from turnout.core.registrations.joining import list_offered
from turnout.errors import Conflict, Failure, Invalid, Limited, Missing
from turnout.http.client_address import address_of
from turnout.http.dialect import Resource
from turnout.store import Database, Tx
from turnout.web.canonical import lead_on
from turnout.web.documents import PERSONAL
from turnout.web.event_forms import FIELDS, faults_of, read_contact, sure_of
from turnout.web.form_states import FormState, FormStates, say_state
from turnout.web.forms import NO_FAULTS, keep_address, read_address, read_form
from turnout.web.languages import asked_language, settle_language
from turnout.web.offers import REGISTERED, Offer, make_offer
from turnout.web.organizations import Listed, list_items, sign_again
from turnout.web.page_cache import PageCache, answer_kept, is_for_everybody
from turnout.web.public_frame import frame_of
from turnout.web.refusals import answer_limited, say_to_guest
from turnout.web.said import go_on_saying, read_said
from turnout.web.shared_reads import SharedReads
from turnout.web.templates import render

BODY_LIMIT = 32_768
LARGEST = 50
SOME = "some"
NOTHING_GIVEN = dict.fromkeys(FIELDS, "")


class Part(NamedTuple):
    """An event of a series; `offer` is what it is registered for with here, None = on its own page
    where it `is_open`, else not at all. With `has_one_name` it asks for a name in one field."""

    listed: Listed
    offer: Offer | None
    is_open: bool
    has_one_name: bool


class FoundSeries(NamedTuple):
    """What a series' page shows; `name` is its current one."""

    organization: Organization
    profile: OrganizationProfile
    channel: Channel
    name: str
    parts: list[Part]

    @property
    def path(self) -> str:
        return f"{page_path(self.organization.slug)}/series/{self.name}"


class SeriesResource(Resource):
    """`/{slug}/series/{name}`."""

    def __init__(self, db: Database, base_url: str, limits: FormLimits) -> None:
        self._db = db
        self._base_url = base_url
        self._limits = limits
        self._states = FormStates(db, is_secure=base_url.startswith("https:"))
        self._reads = SharedReads(db)
        self._pages = PageCache()

    async def on_get(self, req: Request, resp: Response, slug: str, name: str) -> None:
        """Show the series. Raises Missing."""
        key = (req.path, slug, name)
        found = await self._reads.read(key, find_series_page, *key)
        if _lead_on(req, resp, found, name):
            return
        if is_for_everybody(req):
            language = f"{settle_language(found.organization.locale)} {asked_language(req)}"
            make = partial(make_page, found, self._base_url)
            answer_kept(req, resp, self._pages.render(found, language, (), 0, make))
            return
        done = await read_said(self._db, req, (REGISTERED, SOME))
        state = await self._states.read(req)
        if state and not done:
            self._answer(resp, found, state)
        else:
            given = {"email": read_address(req)} if done else {}
            self._answer(resp, found, FormState(given, done))

    async def on_post(self, req: Request, resp: Response, slug: str, name: str) -> None:
        """Register for the events that were ticked. Raises Missing; what can be put right is said
        on the page, beside what was typed."""
        found = await self._db.read(find_series_page, req.path, slug, name)
        if _lead_on(req, resp, found, name):
            return
        if self._states.try_cookie(req, resp):
            return
        given = await read_form(req, BODY_LIMIT)
        if "switch" in given:
            await self._turn(req, resp, found, FormState(given))
            return
        spoken = settle_language(found.organization.locale)
        filled = read_contact(given, has_one_name=_has_one_name(found))
        chosen = [part for part in found.parts if part.offer and given.get(_name_of(part))]
        if filled.faults or not chosen:
            said = filled.say() or say_to_guest(Invalid("series.chosen"))
            sentence = f"{said} {label(spoken, 'event_page.nothing_sent')}"
            state = FormState(given, said=sentence, faults=filled.beside())
            await self._turn(req, resp, found, state)
            return
        try:
            whose = (found.organization, chosen, filled.contact, self._base_url, spoken)
            place = place_of(address_of(req.scope))
            refused = await self._db.write(_register, *whose, place, self._limits)
        except (Conflict, Invalid, Limited) as refusal:
            sentence = f"{say_to_guest(refusal)} {label(spoken, 'event_page.nothing_sent')}"
            state = FormState(given, said=sentence, faults=faults_of(refusal))
            await self._turn(req, resp, found, state, refusal)
            return
        is_secure = self._base_url.startswith("https:")
        done = SOME if refused else REGISTERED
        said = await go_on_saying(self._db, req, resp, done, part="register")
        keep_address(req, resp, filled.contact.email.strip(), said, is_secure=is_secure)
        self._states.forget(req, resp)

    async def _turn(
        self,
        req: Request,
        resp: Response,
        found: FoundSeries,
        state: FormState,
        refusal: Failure | None = None,
    ) -> None:
        """Lead a browser on to the page as its form stands now; others are answered with it."""
        if not await self._states.lead_on(req, resp, state, "register"):
            self._answer(resp, found, state)
            if isinstance(refusal, Limited):
                answer_limited(resp, refusal)

    def _answer(self, resp: Response, found: FoundSeries, state: FormState) -> None:
        settle_language(found.organization.locale)
        resp.content_type = "text/html; charset=utf-8"
        resp.set_header("Cache-Control", PERSONAL)
        resp.text = make_page(
            *(found, self._base_url, state.given, say_state(state), state.faults), done=state.step
        )


def make_page(
    found: FoundSeries,
    base_url: str,
    given: Mapping[str, str] = NOTHING_GIVEN,
    refusal: str = "",
    faults: Mapping[str, str] = NO_FAULTS,
    done: str = "",
) -> str:
    """A series' page."""
    has_form = any(part.offer for part in found.parts) and not done
    has_one_name = _has_one_name(found)
    if has_one_name:
        faults = {name: said for name, said in faults.items() if name != "last_name"}
    return render(
        "series.html",
        **frame_of(found.organization, found.profile),
        channel=found.channel,
        path=found.path,
        canonical=base_url + found.path,
        parts=[part._replace(listed=sign_again(part.listed)) for part in found.parts],
        details={"has_one_name": has_one_name},
        given={**NOTHING_GIVEN, **given},
        refusal=refusal,
        faults=faults,
        sure=sure_of(given, faults),
        done=done,
        has_form=has_form,
        switch_form="register-form" if has_form else "",
    )


def find_series_page(tx: Tx, path: str, slug: str, name: str) -> FoundSeries:
    """What a series' page shows, asked for by its name, a former one too. Raises Missing."""
    organization, channel, current = find_public_series(tx, path, slug, name)
    org_id = organization.org_id
    names = list_page_names(tx, org_id, EVENT)
    parts = _list_parts(tx, organization, channel, names)
    return FoundSeries(organization, get_profile(tx, org_id), channel, current, parts)


def find_public_series(
    tx: Tx, path: str, slug: str, name: str
) -> tuple[Organization, Channel, str]:
    """The series that has that name or had it, with its current one. Raises Missing, also for one
    that has no page any more."""
    organization = find_organization(tx, slug.lower())
    named = find_series_named(tx, organization.org_id, name.lower()) if organization else None
    if organization is None or named is None or not named.name:
        raise Missing("path.missing", path=path)
    channel = get_series(tx, organization.org_id, ChannelId(named.target_id))
    return organization, channel, named.name


def _list_parts(
    tx: Tx, organization: Organization, channel: Channel, names: dict[int, str]
) -> list[Part]:
    """The events that anybody may know of, that are not over and not cancelled."""
    org_id, parts = organization.org_id, []
    for event_id in list_series_events(tx, org_id, channel.id):
        shown = get_shown_event(tx, org_id, event_id)
        is_public = has_page(shown) and shown.details.visibility is Visibility.PUBLIC
        is_cancelled = shown.event.state is EventState.CANCELLED
        is_date_open = shown.details.is_date_open
        is_over = shown.event.ends_at <= tx.now and not is_date_open
        if not is_public or is_cancelled or is_over or is_exam(tx, org_id, event_id):
            continue
        pages = page_path(organization.slug)
        announced = Announced(shown.event, shown.details.summary, is_date_open)
        (listed,) = list_items([announced], pages, names)
        offered = list_offered(shown.ticket_types, tx.now, "")
        asks = any(question.is_required for question in list_questions(tx, org_id, event_id))
        offers = [make_offer(shown.event, kind) for kind in offered]
        free = [offer for offer in offers if not offer.is_out]
        is_open = shown.event.state is EventState.OPEN and shown.event.ends_at > tx.now
        offer = free[0] if is_open and free and not asks else None
        parts.append(Part(listed, offer, is_open, shown.details.has_one_name))
        if len(parts) == LARGEST:
            break
    return parts


def _register(
    tx: Tx,
    organization: Organization,
    chosen: list[Part],
    contact: Contact,
    base_url: str,
    spoken: str,
    place: str,
    limits: FormLimits,
) -> int:
    """Register for all; returns how many had no place by now. Raises Conflict where people come so
    fast that each must prove their address: the events' own pages ask for that."""
    org_id, refused = organization.org_id, 0
    for part in sorted(chosen, key=lambda part: part.listed.event.id):
        event: Event = part.listed.event
        if part.offer is None:
            continue
        if admit_registration(tx, Sender(org_id, event.id, place, contact.email), limits):
            raise Conflict("series.busy")
        whose = (tx, org_id, event.id, part.offer.id, contact, base_url)
        refused += register_by_form(*whose, language=spoken) is not None
    return refused


def _has_one_name(found: FoundSeries) -> bool:
    return all(part.has_one_name for part in found.parts if part.offer)


def _name_of(part: Part) -> str:
    return f"event-{part.listed.event.id}"


def _lead_on(req: Request, resp: Response, found: FoundSeries, name: str) -> bool:
    """Send who asks by a former name, or in other letters, to the one of now."""
    if name == found.name:
        return False
    lead_on(req, resp, found.path)
    return True
