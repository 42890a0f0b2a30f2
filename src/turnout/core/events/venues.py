"""Venues: where events happen, listed and changed. Made in programme.py."""

from typing import TYPE_CHECKING

import msgspec

from turnout.core.audit.recording import record
from turnout.core.events.model import VenueDetails
from turnout.core.events.sql import sql
from turnout.core.fields import changed_fields, check_country, check_line, check_prose
from turnout.core.identity.organizations import check_zone
from turnout.core.ids import OrgId, VenueId
from turnout.core.text import is_blank
from turnout.errors import Conflict, Invalid, Missing
from turnout.store import Tx, to_json

if TYPE_CHECKING:
    from turnout.core.events.sql import ListVenuesRow, LockVenueRow

LONGEST_DIRECTIONS = 5_000
_details = msgspec.json.Decoder(VenueDetails)


class VenueView(msgspec.Struct, frozen=True):
    """A venue with its address and how to get there; empty text = not given."""

    id: VenueId
    uuid: str
    name: str
    address: str
    city: str
    country_code: str
    timezone: str
    details: VenueDetails


class VenueChange(msgspec.Struct, frozen=True, kw_only=True):
    """What is to change; None = it stays, empty text = not given any more. `country_code` is two
    letters of ISO 3166, latitude and longitude are degrees (WGS 84), `directions` say how to get
    there."""

    name: str | None = None
    address: str | None = None
    city: str | None = None
    country_code: str | None = None
    timezone: str | None = None
    directions: str | None = None
    latitude: float | None = None
    longitude: float | None = None


def list_venues(tx: Tx, org_id: OrgId) -> list[VenueView]:
    """The organization's venues, oldest first."""
    return [_view(row) for row in sql.list_venues(tx, org_id=org_id)]


def change_venue(
    tx: Tx, org_id: OrgId, venue_id: VenueId, change: VenueChange, *, actor: str
) -> None:
    """Change a venue; events there show it at once. Idempotent. Raises Invalid, Missing."""
    check_venue_texts(change)
    row = sql.lock_venue(tx, org_id=org_id, id=venue_id)
    if row is None:
        raise Missing("venue.missing", venue_id=venue_id)
    known = _view(row)
    given = {name: getattr(change, name) for name in changed_fields(change)}
    details = {name: given.pop(name) for name in VenueDetails.__struct_fields__ if name in given}
    sql.set_venue(
        tx,
        org_id=org_id,
        id=venue_id,
        name=given.get("name", known.name),
        address=given.get("address", known.address),
        city=given.get("city", known.city),
        country_code=given.get("country_code", known.country_code).upper(),
        timezone=given.get("timezone", known.timezone),
        details=to_json(msgspec.structs.replace(known.details, **details)),
        now=tx.now,
    )
    record(tx, org_id, actor, "changed", "venue", venue_id, fields=changed_fields(change))


def check_venue_texts(change: VenueChange) -> None:
    """Raise Invalid for a value that cannot be."""
    if change.name is not None and is_blank(change.name):
        raise Invalid("name.missing")
    for name in ("name", "address", "city"):
        if value := getattr(change, name):
            check_line(name, value)
    if change.directions:
        check_prose("directions", change.directions, LONGEST_DIRECTIONS)
    if change.country_code:
        check_country("country", change.country_code)
    if change.timezone is not None:
        check_zone(change.timezone)
    for name, limit in (("latitude", 90), ("longitude", 180)):
        degrees = getattr(change, name)
        if degrees is not None and not -limit <= degrees <= limit:
            raise Invalid("venue.degrees", field=name, limit=limit)


def find_venue(tx: Tx, org_id: OrgId, name: str) -> VenueView:
    """The venue of that name, number or GUID. Raises Missing, and Conflict where several have the
    name."""
    found = [
        venue
        for venue in list_venues(tx, org_id)
        if name in (venue.name, venue.uuid, str(venue.id))
    ]
    if not found:
        raise Missing("venue.unknown", name=name)
    if len(found) > 1:
        raise Conflict("venue.ambiguous", name=name)
    return found[0]


def _view(row: "ListVenuesRow | LockVenueRow") -> VenueView:
    return VenueView(
        row.id,
        row.uuid,
        row.name,
        row.address,
        row.city,
        row.country_code,
        row.timezone,
        _details.decode(row.details),
    )
