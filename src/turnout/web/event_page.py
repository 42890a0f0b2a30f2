"""What an event's page shows: found in one read, and rendered from that alone."""

import datetime
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from markupsafe import Markup

from turnout.core.events.cards import find_card
from turnout.core.events.model import EventState, Visibility
from turnout.core.events.page_names import find_event_name, find_event_named
from turnout.core.events.programmes import Programme, get_programme
from turnout.core.events.showing import EventView, get_shown_event, has_page
from turnout.core.exams.planning import is_exam
from turnout.core.identity.model import Organization, OrganizationProfile
from turnout.core.identity.organizations import find_organization
from turnout.core.identity.profiles import get_profile
from turnout.core.identity.short_names import page_path, picture_path
from turnout.core.ids import EventId, EventQuestionId, TicketTypeId
from turnout.core.questions.model import Question
from turnout.core.questions.reading import list_questions
from turnout.core.registrations.joining import is_for_few, list_offered
from turnout.core.registrations.pricing import asks_at
from turnout.core.tickets.issuing import GrantKind
from turnout.core.tickets.prices import PaymentTerms, get_payment_terms, say_payment_text
from turnout.core.timeline.overviews import WhoCame, count_waiting, count_who_came
from turnout.core.waiting_list.steering import is_closed
from turnout.errors import Invalid, Missing
from turnout.formats.local_dates import DAY, say_wait
from turnout.formats.markdown import to_html
from turnout.store import Tx
from turnout.web.companions import Wrong, list_free, list_names, show_companions
from turnout.web.event_facts import calendar_links, cover_of, is_at, map_link, sign_of
from turnout.web.event_forms import FIELDS, SURE, sure_of
from turnout.web.event_meta import card_path, describe_event
from turnout.web.forms import AGAIN, NO_FAULTS
from turnout.web.languages import language
from turnout.web.local_times import times
from turnout.web.offers import REGISTERED, Offer, list_thanks, make_offer, see_sales
from turnout.web.programmes import list_tracks, show_days, show_speakers
from turnout.web.public_frame import frame_of
from turnout.web.questions import names_of, show_fields
from turnout.web.templates import render

# What the form with the code hands on beside what was typed.
HIDDEN = ("answer", "proof", "proved", SURE)
NOTHING_WRONG: Mapping[EventQuestionId, Invalid] = {}


class FoundEvent(NamedTuple):
    """What an event's page shows. `waiting` counts who waits, by type;
    `name` is the event's in the address of its page, empty = it has none; `card`
    the digest of its picture for other sites; `came` the numbers that are published."""

    organization: Organization
    profile: OrganizationProfile
    shown: EventView
    is_exam: bool
    programme: Programme
    questions: list[Question]
    is_list_closed: bool
    terms: PaymentTerms
    waiting: Mapping[TicketTypeId, int] = {}
    name: str = ""
    card: str = ""
    came: WhoCame | None = None

    @property
    def path(self) -> str:
        """The one address of the page: by the event's name, else by its number."""
        pages = page_path(self.organization.slug)
        return f"{pages}/{self.name or self.shown.event.id}"


def find_event_page(tx: Tx, path: str, slug: str, number: str) -> FoundEvent:
    """What the page of an event shows that is asked for by its number or its name, a former one
    too. Raises Missing, for a draft and a private one too."""
    organization = find_organization(tx, slug.lower())
    if organization is not None:
        with suppress(Missing):
            shown = get_shown_event(tx, organization.org_id, _find_number(tx, organization, number))
            if has_page(shown):
                return gather(tx, organization, shown)
    raise Missing("path.missing", path=path)


def _find_number(tx: Tx, organization: Organization, text: str) -> EventId:
    if text.isascii() and text.isdigit() and len(text) < 16:
        return EventId(int(text))
    named = find_event_named(tx, organization.org_id, text.lower())
    return EventId(named.target_id if named else 0)


def gather(tx: Tx, organization: Organization, shown: EventView) -> FoundEvent:
    """All that an event's page shows."""
    org_id, event_id = organization.org_id, shown.event.id
    tells = shown.details.publishes_numbers and has_taken_place(shown, tx.now)
    return FoundEvent(
        organization,
        get_profile(tx, org_id),
        shown,
        is_exam(tx, org_id, event_id),
        get_programme(tx, org_id, event_id),
        list_questions(tx, org_id, event_id),
        is_closed(tx, org_id, event_id),
        get_payment_terms(tx, org_id, shown.details),
        count_waiting(tx, org_id, event_id),
        find_event_name(tx, org_id, event_id),
        find_card(tx, org_id, event_id),
        count_who_came(tx, org_id, event_id) if tells else None,
    )


def has_taken_place(shown: EventView, now: int) -> bool:
    """Whether the event is over at that moment (epoch ms), and was not cancelled or put off."""
    is_off = shown.event.state is EventState.CANCELLED or shown.details.is_date_open
    return shown.event.ends_at <= now and not is_off


def list_dates(found: FoundEvent) -> list[int | None]:
    """The instants (epoch ms) at which the page changes by itself. The end of registration is in
    the event's state."""
    event = found.shown.event
    sales = [
        at for kind in found.shown.ticket_types for at in (kind.sale_starts_at, kind.sale_ends_at)
    ]
    return [event.starts_at, event.ends_at, *sales]


def make_page(
    found: FoundEvent,
    now: int,
    given: dict[str, str] | None = None,
    refusal: str = "",
    wrong: Mapping[EventQuestionId, Invalid] = NOTHING_WRONG,
    done: str = "",
    faults: Mapping[str, str] = NO_FAULTS,
    preview: str = "",
    base_url: str = "",
    template: str = "event.html",
    wrong_people: Sequence[Wrong] = (),
) -> str:
    """An event's page at that moment (epoch ms). With `preview`, which says so, it is shown to its
    team: as if it were open, and its form sends nothing."""
    shown = found.shown
    event, details = shown.event, shown.details
    is_cancelled = event.state is EventState.CANCELLED
    has_taken = has_taken_place(shown, now)
    is_over = has_taken or is_cancelled
    is_moved = details.is_date_open or details.postponed_from != event.starts_local
    is_postponed = bool(details.postponed_from) and is_moved and not is_over
    access = (given or {}).get("access", "")
    offered = list_offered(shown.ticket_types, now, access)
    offers = [make_offer(event, kind, found.waiting.get(kind.id, 0)) for kind in offered]
    is_open = (bool(preview) or event.state is EventState.OPEN) and not is_over
    has_places = any(offer.left is None or offer.left for offer in offers)
    is_list_closed = found.is_list_closed
    if details.has_one_name:
        faults = {name: said for name, said in faults.items() if not name.endswith("last_name")}
    days = show_days(found.programme, event, given or {})
    has_form = bool(is_open and not found.is_exam and offers and (has_places or not is_list_closed))
    names = (*FIELDS, *HIDDEN, "ticket", "sti", "access")
    asked, most = found.questions, details.companions
    typed = _list_answers(found)
    org_id = found.organization.org_id
    spoken = times(shown)
    canonical = base_url + found.path
    is_listed = details.visibility is Visibility.PUBLIC and not preview
    card = card_path(org_id, event.id, found.card) if is_listed else ""
    image = f"{base_url}{card}" if card else ""
    host = (found.organization.name, base_url + page_path(found.organization.slug))
    open_offers = [make_offer(event, kind) for kind in list_offered(shown.ticket_types, now, "")]
    return render(
        template,
        **frame_of(found.organization, found.profile, details.colour),
        **spoken,
        event=event,
        place=shown.place,
        map=map_link(shown.place),
        sign=sign_of(spoken["starts"], spoken["ends"]),
        zone_offset=_say_offset(spoken["starts"]),
        path=found.path,
        canonical=canonical,
        image=image,
        described=describe_event(
            shown, host, canonical, image, open_offers, is_open=is_open and not found.is_exam
        ),
        calendars=calendar_links(shown, canonical),
        speakers=show_speakers(org_id, found.programme),
        days=days,
        track_names=list_tracks(days),
        can_choose=any(item["is_chosen"] for _, items in days for item in items) and has_form,
        **cover_of(org_id, shown),
        details=details,
        contact=shown.contact,
        description=Markup(to_html(details.description)),  # noqa: S704 (cleaned)
        offers=offers,
        sales=see_sales(event, shown.ticket_types, now, access),
        chosen=list_thanks(shown).get(done),
        asks=asks_at(details, GrantKind.FORM),
        pay_days=say_wait(found.terms.days * DAY, language.get()),
        payment_text=say_payment_text(found.terms.text, language.get()),
        is_open=is_open,
        has_form=has_form and not done,
        switch_form="register-form" if has_form and not done and not preview else "",
        preview=preview,
        is_over=is_over,
        is_on=is_at(event, now) and not details.is_date_open,
        is_postponed=is_postponed,
        planned=_find_planned(shown, spoken) if is_postponed else None,
        has_taken_place=has_taken,
        pictures=[picture_path(org_id, one, 800) for one in details.pictures] if has_taken else [],
        came=found.came if has_taken else None,
        is_listed=is_listed,
        is_exam=found.is_exam,
        is_cancelled=is_cancelled,
        has_places=has_places,
        has_prices=any(offer.price_minor for offer in offers),
        may_wait=any(offer.is_out for offer in offers) and not is_list_closed,
        chosen_id=_choose(offers, given or {}),
        cheapest=_find_cheapest(offers),
        codes=any(is_for_few(kind) for kind in shown.ticket_types),
        is_list_closed=is_list_closed,
        given=dict.fromkeys((*names, *typed, AGAIN), "") | (given or {}),
        sure=sure_of(given or {}, faults),
        fields=(*names, *(name for name in typed if name in (given or {}))),
        questions=show_fields(asked, offered, given or {}, wrong),
        companions=show_companions(asked, given or {}, most, offered, wrong_people, faults),
        free=list_free(offers),
        refusal=refusal,
        done=REGISTERED if done.startswith(REGISTERED) else done,
        is_to_pay=done.startswith(f"{REGISTERED}-"),
        faults=faults,
    )


def _choose(offers: list[Offer], given: Mapping[str, str]) -> TicketTypeId | None:
    """The type that the form shows as chosen: what was, else the first that can be had."""
    chosen = given.get("ticket", "")
    named = [offer.id for offer in offers if str(offer.id) == chosen]
    free = [offer.id for offer in offers if not offer.is_out]
    return next(iter((*named, *free, *(offer.id for offer in offers))), None)


def _find_cheapest(offers: list[Offer]) -> Offer | None:
    """The cheapest type that can be had."""
    free = [offer for offer in offers if not offer.is_out]
    return min(free, key=lambda offer: offer.price_minor, default=None)


def _list_answers(found: FoundEvent) -> tuple[str, ...]:
    asked, most = found.questions, found.shown.details.companions
    return (*names_of(asked), *_session_names(found.programme), *list_names(asked, most))


def _session_names(programme: Programme) -> list[str]:
    return [f"session-{item.id}" for item in programme.items if item.is_chosen]


def _read_local(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text)


def _say_offset(at: Any) -> str:
    """`UTC+2`."""
    minutes = int(at.utcoffset().total_seconds()) // 60
    hours, rest = divmod(abs(minutes), 60)
    sign = "\N{MINUS SIGN}" if minutes < 0 else "+"
    return f"UTC{sign}{hours}" + (f":{rest:02}" if rest else "") if minutes else "UTC"


def _find_planned(shown: EventView, spoken: Mapping[str, Any]) -> datetime.datetime:
    """When a postponed event was to start, by its clock: before the first move, or where there is
    no new date as it was planned last."""
    return spoken["starts"] if shown.is_date_open else _read_local(shown.details.postponed_from)
