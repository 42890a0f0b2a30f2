"""`/console/{event}/details`: everything that an event says of itself."""

from typing import NamedTuple

import msgspec
from falcon.asgi import Request, Response
from markupsafe import Markup

from turnout.core.events.describing import get_event_plan, lock_event, set_event_times
from turnout.core.events.model import span
from turnout.core.events.showing import get_shown_event
from turnout.core.events.venues import VenueView, list_venues
from turnout.core.registrations.choices import get_choices, set_choices
from turnout.core.registrations.event_states import describe_event
from turnout.core.registrations.places import set_event_capacity
from turnout.core.tickets.event_news import Told, count_told
from turnout.formats.markdown import to_html
from turnout.web.console.events.attention import Need, list_strays
from turnout.web.console.events.clashes import (
    Clash,
    find_clash,
    list_differences,
    version_of,
)
from turnout.web.console.events.details_form import (
    LANGUAGES,
    MINUTES,
    Stored,
    Wanted,
    read_details,
    values_of,
)
from turnout.web.console.events.going import attempt, lead_to, read_done
from turnout.web.console.events.zones import list_zones
from turnout.web.console.forms import Form, fill
from turnout.web.console.page import ConsolePage, Visit

TEMPLATE = "console/events/details.html"


class Found(NamedTuple):
    """What the page shows: what is stored, the places to choose from, how many are registered and
    could be told, and the sessions outside of the event's times."""

    stored: Stored
    venues: list[VenueView]
    told: Told
    strays: list[Need]


class DetailsPage(ConsolePage):
    """`/console/{event}/details`."""

    async def on_get(self, req: Request, resp: Response, scope: str) -> None:
        """The form, as it is stored. Raises Missing, Denied."""
        found = await self.console.read(req, "event.change", find_details)
        self._answer(req, resp, found, fill(values_of(found.stored)))

    async def on_post(self, req: Request, resp: Response, scope: str) -> None:
        """Save, look at the description, or show what somebody else saved before."""
        form = await self.console.take(req)
        wanted = read_details(form)
        clash = None
        if not form.has("preview"):
            saved = await attempt(self.console, req, form, "event.change", save_details, wanted)
            if isinstance(saved, Clash):
                clash = saved
                form.fault("", saved.fault)
            elif saved:
                tail = "tell" if form.has("tell") else "details"
                lead_to(resp, f"/console/{scope}/{tail}", "saved")
                return
        found = await self.console.read(req, "event.change", find_details)
        self._answer(req, resp, found, form, clash)

    def _answer(
        self,
        req: Request,
        resp: Response,
        found: Found,
        form: Form,
        clash: Clash | None = None,
    ) -> None:
        now = values_of(found.stored)
        is_first = not form.has("version")
        values = {
            "found": found,
            "version": version_of(now) if clash or is_first else form.value("version"),
            "differences": list_differences(form, clash) if clash else [],
            "zones": sorted({*list_zones(), found.stored.shown.event.timezone}),
            "languages": LANGUAGES,
            "description": Markup(to_html(form.value("description"))),  # noqa: S704 (cleaned there)
            "is_previewed": form.has("preview"),
            "done": read_done(req, "console.details.done."),
        }
        self.console.answer(req, resp, TEMPLATE, form, **values)


def find_details(visit: Visit) -> Found:
    """What is stored of the event."""
    told = count_told(visit.tx, visit.org_id, visit.at.id)
    venues = list_venues(visit.tx, visit.org_id)
    return Found(find_stored(visit), venues, told, list_strays(visit))


def find_stored(visit: Visit) -> Stored:
    """What is stored of the event."""
    tx, org_id, event_id = visit.tx, visit.org_id, visit.at.id
    plan = get_event_plan(tx, org_id, event_id)
    shown = get_shown_event(tx, org_id, event_id)
    choices = get_choices(tx, org_id, event_id)
    return Stored(shown, plan.venue_id, plan.registration_ends, choices)


def save_details(visit: Visit, wanted: Wanted) -> Clash | bool:
    """Save all that was typed, unless somebody else saved before. Raises Invalid, Conflict."""
    tx, org_id, event, by = visit.tx, visit.org_id, visit.at, visit.user.actor
    lock_event(tx, org_id, event.id)
    stored = find_stored(visit)
    if clash := find_clash(wanted.version, values_of(stored), visit, event.id, "event"):
        return clash
    times = (event.starts_local[:MINUTES], event.ends_local[:MINUTES], event.timezone)
    if times != (wanted.starts, wanted.ends, wanted.timezone):
        when = span(wanted.starts, wanted.ends, wanted.timezone)
        set_event_times(tx, org_id, event.id, when, actor=by)
    change = wanted.change
    if change.registration_ends == stored.registration_ends[:MINUTES]:
        change = msgspec.structs.replace(change, registration_ends=None)
    describe_event(tx, org_id, event.id, change, actor=by)
    if wanted.capacity != event.capacity:
        set_event_capacity(tx, org_id, event.id, wanted.capacity, actor=by)
    chosen = {"mails_tickets": wanted.mails_tickets, "waits_when_full": wanted.waits_when_full}
    if chosen != stored.choices._asdict():
        set_choices(tx, org_id, event.id, **chosen, actor=by)
    return True
