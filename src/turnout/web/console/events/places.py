"""`/console/{event}/place` and `/place/{venue}`: a venue with its address and the way there."""

from falcon.asgi import Request, Response

from turnout.core.events.describing import EventChange, change_event
from turnout.core.events.programme import create_venue
from turnout.core.events.venues import VenueChange, VenueView, change_venue, list_venues
from turnout.core.ids import VenueId
from turnout.errors import Missing
from turnout.web.console.events.going import attempt_once, lead_to, read_number
from turnout.web.console.forms import Form, fill
from turnout.web.console.page import ConsolePage, Visit

TEMPLATE = "console/events/place.html"
NEW = "new"
_TEXTS = ("name", "address", "city", "country_code")


class PlacePage(ConsolePage):
    """`/console/{event}/place/{venue}`; `new` = one more."""

    async def on_get(self, req: Request, resp: Response, scope: str, venue: str) -> None:
        """The venue's form. Raises Missing."""
        found = await self.console.read(req, "event.change", find_place, venue)
        form = fill(_values(found)) if found else fill({})
        self.console.show(req, resp, TEMPLATE, form=form, venue=found)

    async def on_post(self, req: Request, resp: Response, scope: str, venue: str) -> None:
        """Save it; a new one becomes the event's."""
        form = await self.console.take(req)
        change = read_place(form)
        saved = await attempt_once(
            self.console, req, form, "event.change", save_place, venue, change
        )
        if saved:
            lead_to(resp, f"/console/{scope}/details", "place")
            return
        found = await self.console.read(req, "event.change", find_place, venue)
        self.console.refuse(req, resp, TEMPLATE, form, venue=found)


def find_place(visit: Visit, venue: str) -> VenueView | None:
    """The venue of that number, None for a new one. Raises Missing."""
    if venue == NEW:
        return None
    number = read_number(venue)
    for found in list_venues(visit.tx, visit.org_id):
        if found.id == number:
            return found
    raise Missing("venue.missing", venue_id=number)


def read_place(form: Form) -> VenueChange:
    """What was typed."""
    return VenueChange(
        name=form.text("name", limit=200),
        address=form.text("address", limit=200, is_required=False),
        city=form.text("city", limit=200, is_required=False),
        country_code=form.text("country_code", limit=2, is_required=False),
        directions=form.text("directions", limit=5000, is_required=False),
    )


def save_place(visit: Visit, venue: str, change: VenueChange) -> VenueId:
    """Keep a venue, and make a new one the event's. Raises Invalid, Missing."""
    tx, org_id, by = visit.tx, visit.org_id, visit.user.actor
    if venue != NEW:
        change_venue(tx, org_id, VenueId(read_number(venue)), change, actor=by)
        return VenueId(read_number(venue))
    made = create_venue(tx, org_id, change.name or "", timezone=visit.at.timezone, actor=by)
    change_venue(tx, org_id, made.id, change, actor=by)
    change_event(tx, org_id, visit.at.id, EventChange(venue_id=made.id), actor=by)
    return made.id


def _values(venue: VenueView) -> dict[str, str]:
    texts = {name: getattr(venue, name) for name in _TEXTS}
    return texts | {"directions": venue.details.directions}
