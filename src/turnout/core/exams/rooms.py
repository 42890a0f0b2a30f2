"""Venues and their rooms, as long as they are changed: what is in use keeps what is given out."""

from typing import NamedTuple

from turnout.core.audit.recording import record
from turnout.core.events.venues import VenueView, list_venues
from turnout.core.exams.lists import Room, add_room
from turnout.core.exams.planning import get_exam
from turnout.core.exams.sql import sql
from turnout.core.ids import EventId, OrgId, RoomId, VenueId
from turnout.core.registrations.places import set_event_capacity
from turnout.core.text import is_blank
from turnout.errors import Conflict, Invalid, Missing
from turnout.store import Tx

LONGEST_NAME = 200


class UsedRoom(NamedTuple):
    """A room, and how many exams are in it."""

    id: RoomId
    venue_id: VenueId
    name: str
    seats: int
    exams: int


class UsedVenue(NamedTuple):
    """A venue with its rooms, and how many events are there."""

    venue: VenueView
    rooms: list[UsedRoom]
    events: int


def list_used_venues(tx: Tx, org_id: OrgId) -> list[UsedVenue]:
    """The organization's venues by name, with their rooms."""
    rooms = sql.list_all_rooms(tx, org_id=org_id)
    uses = {row.venue_id: row.events for row in sql.list_venue_uses(tx, org_id=org_id)}
    venues = sorted(list_venues(tx, org_id), key=lambda venue: venue.name.casefold())
    return [
        UsedVenue(
            venue, [room for room in rooms if room.venue_id == venue.id], uses.get(venue.id, 0)
        )
        for venue in venues
    ]


def get_used_venue(tx: Tx, org_id: OrgId, venue_id: VenueId) -> UsedVenue:
    """One of them. Raises Missing."""
    for found in list_used_venues(tx, org_id):
        if found.venue.id == venue_id:
            return found
    raise Missing("venue.missing", venue_id=venue_id)


def make_room(
    tx: Tx, org_id: OrgId, venue_id: VenueId, name: str, seats: int, *, actor: str
) -> Room:
    """Add a room to a venue. Raises Missing, Invalid, Conflict for a name that another room there
    has."""
    get_used_venue(tx, org_id, venue_id)
    _check_name(tx, org_id, venue_id, None, name)
    return add_room(tx, org_id, venue_id, name.strip(), seats, actor=actor)


def change_room(
    tx: Tx, org_id: OrgId, venue_id: VenueId, room_id: RoomId, name: str, seats: int, *, actor: str
) -> None:
    """Rename a room, or change how many seats it has; exams in it have as many places from now on.

    Raises Missing, Invalid, Conflict for a name that another room has, and for fewer seats than an
    exam there gave out."""
    known = _get_room(tx, org_id, venue_id, room_id)
    _check_name(tx, org_id, venue_id, room_id, name)
    if seats < 1:
        raise Invalid("room.seats", name=name)
    exams = sql.list_room_exams(tx, org_id=org_id, room_id=room_id)
    needed = max((max(exam.held, exam.highest or 0) for exam in exams), default=0)
    if seats < known.seats and seats < needed:
        raise Conflict("room.seats_taken", seats=seats, needed=needed)
    sql.change_room(tx, org_id=org_id, id=room_id, name=name.strip(), seats=seats)
    for exam in exams if seats != known.seats else ():
        _set_places(tx, org_id, exam.event_id, seats, actor)
    record(tx, org_id, actor, "changed", "room", room_id, name=name.strip(), seats=seats)


def remove_room(tx: Tx, org_id: OrgId, venue_id: VenueId, room_id: RoomId, *, actor: str) -> None:
    """Remove a room that no exam is in. Raises Missing, Conflict."""
    known = _get_room(tx, org_id, venue_id, room_id)
    if known.exams:
        raise Conflict("room.in_use", name=known.name, exams=known.exams)
    sql.remove_room(tx, org_id=org_id, id=room_id)
    record(tx, org_id, actor, "removed", "room", room_id, name=known.name)


def remove_venue(tx: Tx, org_id: OrgId, venue_id: VenueId, *, actor: str) -> None:
    """Remove a venue at which no event is, with its rooms. Raises Missing, Conflict."""
    known = get_used_venue(tx, org_id, venue_id)
    if known.events:
        raise Conflict("venue.in_use", name=known.venue.name, events=known.events)
    sql.remove_rooms(tx, org_id=org_id, venue_id=venue_id)
    sql.remove_slots(tx, org_id=org_id, venue_id=venue_id)
    sql.remove_venue(tx, org_id=org_id, venue_id=venue_id)
    record(tx, org_id, actor, "removed", "venue", venue_id, name=known.venue.name)


def _get_room(tx: Tx, org_id: OrgId, venue_id: VenueId, room_id: RoomId) -> UsedRoom:
    for room in get_used_venue(tx, org_id, venue_id).rooms:
        if room.id == room_id:
            return room
    raise Missing("room.missing", room_id=room_id)


def _check_name(
    tx: Tx, org_id: OrgId, venue_id: VenueId, room_id: RoomId | None, name: str
) -> None:
    if is_blank(name) or len(name) > LONGEST_NAME:
        raise Invalid("name.missing")
    same = sql.find_room_named(tx, org_id=org_id, venue_id=venue_id, name=name.strip())
    if same is not None and same != room_id:
        raise Conflict("room.same_name", name=name.strip())


def _set_places(tx: Tx, org_id: OrgId, event_id: EventId, seats: int, actor: str) -> None:
    own = get_exam(tx, org_id, event_id).registration_limit
    limit = seats if own is None else min(seats, own)
    set_event_capacity(tx, org_id, event_id, limit, actor=actor)
