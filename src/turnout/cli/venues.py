"""`turnout venue create` and `set`; `import` and `list` are with the exams."""

from turnout.cli.app import actor, console, database
from turnout.cli.exams import venues
from turnout.core.events.model import VenueDetails
from turnout.core.events.programme import create_venue
from turnout.core.events.venues import (
    VenueChange,
    change_venue,
    check_venue_texts,
    find_venue,
)
from turnout.core.identity.organizations import get_organization
from turnout.errors import Invalid


@venues.command
def create(
    org: str,
    name: str,
    /,
    *,
    address: str = "",
    city: str = "",
    country: str = "",
    timezone: str | None = None,
    directions: str = "",
    latitude: float = 0.0,
    longitude: float = 0.0,
) -> None:
    """Make a venue.

    Example: `turnout venue create acme "Town Hall" --address "Market 1" --city Ulm --country DE`

    Args:
        org: Short name of the organization.
        name: What the venue is called.
        address: Street and number.
        city: The city.
        country: Two letters, such as DE.
        timezone: IANA name; without it, the organization's.
        directions: How to get there.
        latitude: Degrees (WGS 84).
        longitude: Degrees (WGS 84).
    """
    check_venue_texts(
        VenueChange(
            name=name,
            address=address,
            city=city,
            country_code=country,
            timezone=timezone,
            directions=directions,
            latitude=latitude,
            longitude=longitude,
        )
    )
    with database() as db:
        organization = db.call(get_organization, org)
        made = db.call(
            create_venue,
            organization.org_id,
            name,
            timezone=timezone or organization.timezone,
            address=address,
            city=city,
            country_code=country.upper(),
            details=VenueDetails(latitude, longitude, directions),
            actor=actor(),
        )
    console.print(f"Venue {made.name} is made, GUID {made.uuid}.")


@venues.command(name="set")
def set_venue(
    org: str,
    venue: str,
    /,
    *,
    name: str | None = None,
    address: str | None = None,
    city: str | None = None,
    country: str | None = None,
    timezone: str | None = None,
    directions: str | None = None,
    latitude: float | None = None,
    longitude: float | None = None,
) -> None:
    """Change a venue; the events there show it at once. An empty text takes a value away.

    Example: `turnout venue set acme "Town Hall" --directions "Tram 2 to Market"`

    Args:
        org: Short name of the organization.
        venue: Name or GUID of the venue.
        name: What it is called from now on.
        address: Street and number.
        city: The city.
        country: Two letters, such as DE.
        timezone: IANA name.
        directions: How to get there.
        latitude: Degrees (WGS 84).
        longitude: Degrees (WGS 84).
    """
    change = VenueChange(
        name=name,
        address=address,
        city=city,
        country_code=country,
        timezone=timezone,
        directions=directions,
        latitude=latitude,
        longitude=longitude,
    )
    if change == VenueChange():
        raise Invalid("venue.unchanged")
    with database() as db:
        org_id = db.call(get_organization, org).org_id
        known = db.call(find_venue, org_id, venue)
        db.call(change_venue, org_id, known.id, change, actor=actor())
    console.print(f"Venue {name or known.name} is changed.")
