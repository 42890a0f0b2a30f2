"""`/console/events/new` and `/console/{event}/copy`: a draft of a few fields, or like another."""

from typing import NamedTuple

from falcon.asgi import Request, Response

from turnout.core.events.copying import copy_event
from turnout.core.events.describing import EventChange, change_event
from turnout.core.events.model import Event, EventState, Span
from turnout.core.events.programme import create_event
from turnout.core.events.venues import VenueView, list_venues
from turnout.core.ids import VenueId
from turnout.web.console.events.going import attempt_once, lead_to, plan_times
from turnout.web.console.events.zones import list_zones
from turnout.web.console.forms import Form, fill
from turnout.web.console.page import ConsolePage, Visit


class NewEvent(NamedTuple):
    """What an event begins with; `venue_id` None = no place yet."""

    title: str
    when: Span
    venue_id: VenueId | None
    online_url: str
    capacity: int | None


class Choices(NamedTuple):
    """What can be chosen for a new event."""

    venues: list[VenueView]
    timezone: str


class NewEventPage(ConsolePage):
    """`/console/events/new`."""

    async def on_get(self, req: Request, resp: Response) -> None:
        """The few fields. Raises Denied."""
        choices = await self.console.read(req, "event.add", find_choices)
        form = fill({"timezone": choices.timezone})
        self._answer(req, resp, choices, form)

    async def on_post(self, req: Request, resp: Response) -> None:
        """Make a draft, and go on to its overview."""
        form = await self.console.take(req)
        new = read_new(form)
        made = (
            await attempt_once(self.console, req, form, "event.add", make_event, new)
            if new
            else None
        )
        if made:
            lead_to(resp, f"/console/{made.id}", "made")
            return
        choices = await self.console.read(req, "event.add", find_choices)
        self._answer(req, resp, choices, form)

    def _answer(self, req: Request, resp: Response, choices: Choices, form: Form) -> None:
        values = {"choices": choices, "zones": list_zones()}
        self.console.answer(req, resp, "console/events/new.html", form, **values)


class CopyPage(ConsolePage):
    """`/console/{event}/copy`."""

    async def on_get(self, req: Request, resp: Response, scope: str) -> None:
        """When the copy starts, and what it is called. Raises Missing."""
        event = await self.console.read(req, "event.add", lambda visit: visit.at)
        form = fill({"title": event.title})
        self.console.show(req, resp, "console/events/copy.html", form=form)

    async def on_post(self, req: Request, resp: Response, scope: str) -> None:
        """Make the copy, and go on to its overview."""
        form = await self.console.take(req)
        title, starts = form.text("title", limit=200), form.moment("starts")
        made = await attempt_once(self.console, req, form, "event.add", make_copy, title, starts)
        if made:
            lead_to(resp, f"/console/{made.id}", "copied")
            return
        await self.console.read(req, "event.add", lambda visit: visit.at)
        self.console.refuse(req, resp, "console/events/copy.html", form)


def find_choices(visit: Visit) -> Choices:
    """The organization's venues and time zone."""
    return Choices(list_venues(visit.tx, visit.org_id), visit.organization.timezone)


def read_new(form: Form) -> NewEvent | None:
    """What was typed; None = something is wrong."""
    title = form.text("title", limit=200)
    starts, ends = form.moment("starts"), form.moment("ends")
    zone = form.choice("timezone", list_zones())
    when = plan_times(form, starts, ends, zone)
    venue, online = form.number("venue"), form.text("online_url", limit=2000, is_required=False)
    capacity = form.whole("capacity")
    if when is None or not form.is_right:
        return None
    return NewEvent(title, when, VenueId(venue) if venue else None, online, capacity)


def make_event(visit: Visit, new: NewEvent) -> Event:
    """Make a draft."""
    by, tx, org_id = visit.user.actor, visit.tx, visit.org_id
    made = create_event(
        tx, org_id, new.title, new.when, state=EventState.DRAFT, capacity=new.capacity, actor=by
    )
    change = EventChange(venue_id=new.venue_id, online_url=new.online_url or None)
    change_event(tx, org_id, made.id, change, actor=by)
    return made


def make_copy(visit: Visit, title: str, starts: str) -> Event:
    """Copy the visit's event."""
    copied = visit.at.id
    return copy_event(visit.tx, visit.org_id, copied, starts, title=title, actor=visit.user.actor)
