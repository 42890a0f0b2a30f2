"""`/console/{org}/exams/venues`: where exams are, and the rooms there."""

from falcon.asgi import Request, Response

from turnout.core.events.model import VenueDetails
from turnout.core.events.programme import create_venue
from turnout.core.events.venues import VenueChange, change_venue, check_venue_texts
from turnout.core.exams.rooms import (
    UsedRoom,
    UsedVenue,
    change_room,
    get_used_venue,
    list_used_venues,
    make_room,
    remove_room,
    remove_venue,
)
from turnout.core.ids import RoomId, VenueId
from turnout.errors import Missing
from turnout.web.console.events.going import attempt, attempt_once, lead_to, read_done, read_number
from turnout.web.console.events.zones import list_zones
from turnout.web.console.forms import Form, fill
from turnout.web.console.page import ConsolePage, Visit

NEW = "new"
TEMPLATE = "console/exams/venue.html"
SEATS = 100_000


class VenuesPage(ConsolePage):
    """`/console/{scope}/exams/venues`."""

    async def on_get(self, req: Request, resp: Response, scope: str) -> None:
        """The venues with their rooms. Raises Denied."""
        venues = await self.console.read(req, "exams.see", list_all)
        done = read_done(req, "console.exams.done.")
        self.console.show(req, resp, "console/exams/venues.html", venues=venues, done=done)


class VenuePage(ConsolePage):
    """`/console/{scope}/exams/venues/{venue}`; `new` = one more."""

    async def on_get(self, req: Request, resp: Response, scope: str, venue: str) -> None:
        """The venue's form, and its rooms. Raises Missing, Denied."""
        found, zone = await self.console.read(req, "exams.see", find_venue, venue)
        form = fill(_values(found, zone))
        done = read_done(req, "console.exams.done.")
        self._show(req, resp, form, found, done)

    async def on_post(self, req: Request, resp: Response, scope: str, venue: str) -> None:
        """Save it, or one of its rooms."""
        form = await self.console.take(req)
        path = f"/console/{scope}/exams/venues"
        action = form.value("do")
        if action in _ROOM_VERBS and venue != NEW:
            name, seats = _read_room(form)
            room = RoomId(next(iter(form.numbers("room_id")), 0))
            named = (action, VenueId(read_number(venue)), room, name, seats)
            if await attempt_once(self.console, req, form, "exams.change", do_with_room, *named):
                lead_to(resp, f"{path}/{venue}", f"room_{action}", "rooms")
                return
        else:
            change = read_venue(form)
            saved = await attempt_once(self.console, req, form, "exams.change", save, venue, change)
            if saved:
                done = "venue_made" if venue == NEW else "venue"
                lead_to(resp, f"{path}/{saved}", done)
                return
        found, zone = await self.console.read(req, "exams.change", find_venue, venue)
        stored = {n: v for n, v in _values(found, zone).items() if not form.has(n)}
        full = fill(stored | {name: form.value(name) for name in form.names})
        full.faults = form.faults
        self._show(req, resp, full, found, "")

    def _show(
        self, req: Request, resp: Response, form: Form, found: UsedVenue | None, done: str
    ) -> None:
        more = {"found": found, "zones": list_zones(), "done": done}
        self.console.answer(req, resp, TEMPLATE, form, **more)


class VenueRemovalPage(ConsolePage):
    """`/console/{scope}/exams/venues/{venue}/remove`: a venue, or with `?room=` one of its rooms;
    asked first."""

    async def on_get(self, req: Request, resp: Response, scope: str, venue: str) -> None:
        """What will happen. Raises Missing, Denied."""
        await self._show(req, resp, venue, req.get_param("room", default=""), fill({}))

    async def on_post(self, req: Request, resp: Response, scope: str, venue: str) -> None:
        """Remove it."""
        form = await self.console.take(req)
        room = form.value("room")
        if await attempt(self.console, req, form, "exams.change", remove, venue, room):
            path = f"/console/{scope}/exams/venues"
            if room:
                lead_to(resp, f"{path}/{venue}", "room_remove", "rooms")
            else:
                lead_to(resp, path, "venue_removed")
            return
        await self._show(req, resp, venue, room, form)

    async def _show(self, req: Request, resp: Response, venue: str, room: str, form: Form) -> None:
        found, asked = await self.console.read(req, "exams.change", find_removed, venue, room)
        template = "console/exams/venue_removal.html"
        self.console.answer(req, resp, template, form, found=found, room=asked)


def list_all(visit: Visit) -> list[UsedVenue]:
    """The organization's venues. Raises Denied for somebody who sees some events only."""
    visit.user.access.require("exams.see")
    return list_used_venues(visit.tx, visit.org_id)


def find_venue(visit: Visit, venue: str) -> tuple[UsedVenue | None, str]:
    """The venue, None for a new one, and the time zone of the organization. Raises Missing."""
    visit.user.access.require("exams.see")
    zone = visit.organization.timezone
    if venue == NEW:
        return None, zone
    return get_used_venue(visit.tx, visit.org_id, VenueId(read_number(venue))), zone


def read_venue(form: Form) -> VenueChange:
    """What was typed."""
    return VenueChange(
        name=form.text("name", limit=200),
        address=form.text("address", limit=200, is_required=False),
        city=form.text("city", limit=200, is_required=False),
        country_code=form.text("country_code", limit=2, is_required=False),
        timezone=form.text("timezone", limit=100),
        directions=form.text("directions", limit=5000, is_required=False),
    )


def save(visit: Visit, venue: str, change: VenueChange) -> VenueId:
    """Make the venue, or change it. Raises Invalid, Missing, Denied."""
    visit.user.access.require("exams.change")
    tx, org_id, by = visit.tx, visit.org_id, visit.user.actor
    if venue != NEW:
        known = get_used_venue(tx, org_id, VenueId(read_number(venue))).venue
        change_venue(tx, org_id, known.id, change, actor=by)
        return known.id
    check_venue_texts(change)
    made = create_venue(
        tx,
        org_id,
        change.name or "",
        timezone=change.timezone or "",
        address=change.address or "",
        city=change.city or "",
        country_code=(change.country_code or "").upper(),
        details=VenueDetails(directions=change.directions or ""),
        actor=by,
    )
    return made.id


def do_with_room(
    visit: Visit, action: str, venue_id: VenueId, room_id: RoomId, name: str, seats: int
) -> bool:
    """Add a room, or change it. Raises Invalid, Conflict, Missing, Denied."""
    visit.user.access.require("exams.change")
    tx, org_id, by = visit.tx, visit.org_id, visit.user.actor
    if action == "add":
        make_room(tx, org_id, venue_id, name, seats, actor=by)
    else:
        change_room(tx, org_id, venue_id, room_id, name, seats, actor=by)
    return True


def find_removed(visit: Visit, venue: str, room: str) -> tuple[UsedVenue, UsedRoom | None]:
    """The venue, and its room of that number where one is named. Raises Missing."""
    found, _ = find_venue(visit, venue)
    if found is None:
        raise Missing("path.missing", path=NEW)
    if not room:
        return found, None
    number = read_number(room)
    known = next((one for one in found.rooms if one.id == number), None)
    if known is None:
        raise Missing("room.missing", room_id=number)
    return found, known


def remove(visit: Visit, venue: str, room: str) -> bool:
    """Remove a venue at which nothing is, or one of its rooms. Raises Conflict, Missing, Denied."""
    visit.user.access.require("exams.change")
    tx, org_id, by, venue_id = visit.tx, visit.org_id, visit.user.actor, VenueId(read_number(venue))
    if room:
        remove_room(tx, org_id, venue_id, RoomId(read_number(room)), actor=by)
    else:
        remove_venue(tx, org_id, venue_id, actor=by)
    return True


_ROOM_VERBS = ("add", "change")


def _read_room(form: Form) -> tuple[str, int]:
    """The room's name and seats; their fields end with its number, so that faults stand beside."""
    ending = form.value("room_id") or NEW
    name = form.text(f"room_name-{ending}", limit=200)
    seats = form.whole(f"seats-{ending}", least=1, most=SEATS)
    if seats is None:
        form.fault(f"seats-{ending}", "console.fault.empty")
    return name, seats or 0


def _values(found: UsedVenue | None, zone: str) -> dict[str, str]:
    if found is None:
        return {"timezone": zone}
    venue = found.venue
    rooms = {f"room_name-{room.id}": room.name for room in found.rooms}
    rooms |= {f"seats-{room.id}": str(room.seats) for room in found.rooms}
    return rooms | {
        "name": venue.name,
        "address": venue.address,
        "city": venue.city,
        "country_code": venue.country_code,
        "timezone": venue.timezone,
        "directions": venue.details.directions,
    }
