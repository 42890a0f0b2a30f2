"""Events as they show themselves: with their details, venue and ticket types."""

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from turnout.core.audit.recording import record
from turnout.core.events.model import (
    DATE_OPEN,
    Event,
    EventDetails,
    EventState,
    TicketType,
    VenueDetails,
    Visibility,
)
from turnout.core.events.sql import sql
from turnout.core.identity.model import OrganizationProfile
from turnout.core.ids import EventId, OrgId, TicketTypeId
from turnout.errors import Conflict, Missing
from turnout.store import Tx

if TYPE_CHECKING:
    from turnout.core.events.sql import ListShownRow

_event_details = msgspec.json.Decoder(EventDetails)
_profile = msgspec.json.Decoder(OrganizationProfile)
_venue_details = msgspec.json.Decoder(VenueDetails)


class Place(NamedTuple):
    """Where an event is; empty where it has no venue."""

    venue: str = ""
    address: str = ""
    city: str = ""
    country_code: str = ""
    latitude: float = 0.0
    longitude: float = 0.0
    directions: str = ""


class Contact(NamedTuple):
    """Who answers questions about an event; empty text = not given."""

    name: str = ""
    email: str = ""
    phone: str = ""


class Announced(NamedTuple):
    """A public event as lists name it; without a date = it is postponed, and its new date is not
    known yet."""

    event: Event
    summary: str
    is_date_open: bool


class EventView(NamedTuple):
    """An event with all that it shows; `contact` and `locale` are its own, else those of
    its organization. `created_at` and `updated_at` in epoch ms."""

    event: Event
    details: EventDetails
    place: Place
    ticket_types: list[TicketType]
    created_at: int = 0
    updated_at: int = 0
    cover: str = ""
    registration_ends_at: int | None = None
    contact: Contact = Contact()
    locale: str = ""

    @property
    def is_date_open(self) -> bool:
        """Whether it is postponed, and its new date is not known yet: what it has for a date is
        when it was planned for. Not so for one that is cancelled since."""
        return self.details.is_date_open and self.event.state is not EventState.CANCELLED

    def is_over(self, now: int) -> bool:
        """Whether nobody comes any more at that moment (epoch ms): it has taken place, or is
        cancelled."""
        is_past = self.event.ends_at <= now and not self.is_date_open
        return is_past or self.event.state is EventState.CANCELLED


def get_shown_event(tx: Tx, org_id: OrgId, event_id: EventId) -> EventView:
    """The event of that number. Raises Missing."""
    rows = sql.list_shown(tx, org_id=org_id, after=event_id - 1, limit=1, now=tx.now)
    row = next(iter(rows), None)
    if row is None or row.event.id != event_id:
        raise Missing("event.missing", event_id=event_id)
    types = sql.list_ticket_types(tx, org_id=org_id, event_id=event_id)
    return _read(row, types)


def has_page(shown: EventView) -> bool:
    """Whether anybody may see the event's page."""
    return shown.event.state is not EventState.DRAFT and not shown.details.is_private


def list_shown_events(tx: Tx, org_id: OrgId, limit: int) -> list[EventView]:
    """The organization's events by number; two statements, however many there are."""
    by_event: dict[EventId, list[TicketType]] = {}
    for ticket_type in sql.list_all_ticket_types(tx, org_id=org_id):
        by_event.setdefault(ticket_type.event_id, []).append(ticket_type)
    rows = sql.list_shown(tx, org_id=org_id, after=0, limit=limit, now=tx.now)
    return [_read(row, by_event.get(row.event.id, [])) for row in rows]


def list_public_events(tx: Tx, org_id: OrgId, limit: int) -> list[Announced]:
    """The public events that lie ahead or go on now, by their start, then those without a date."""
    found: list[Announced] = []
    for row in sql.list_announced(tx, org_id=org_id, date_open=DATE_OPEN, now=tx.now):
        details = _event_details.decode(row.details)
        if details.visibility is Visibility.PUBLIC:
            found.append(Announced(row.event, details.summary, details.is_date_open))
        if len(found) == limit:
            break
    return found


def list_past_events(tx: Tx, org_id: OrgId, limit: int) -> list[Announced]:
    """The last public events that are over, the latest first."""
    found: list[Announced] = []
    rows = sql.list_past(tx, org_id=org_id, date_open=DATE_OPEN, now=tx.now, limit=10 * limit)
    for row in rows:
        details = _event_details.decode(row.details)
        if details.visibility is Visibility.PUBLIC:
            found.append(Announced(row.event, details.summary, is_date_open=False))
    return found[:limit]


def store_ticket_capacity(
    tx: Tx, org_id: OrgId, ticket_type_id: TicketTypeId, capacity: int | None, *, actor: str
) -> EventId:
    """Keep how many tickets of a type there are; None = any number. Returns its event
    (registrations/places.py offers those that are new). Raises Conflict below what is held,
    Missing."""
    event_id = sql.set_ticket_capacity(
        tx, org_id=org_id, id=ticket_type_id, capacity=capacity, now=tx.now
    )
    if event_id is None:
        row = sql.find_type_places(tx, org_id=org_id, id=ticket_type_id)
        if row is None:
            raise Missing("ticket_type.no_such", ticket_type_id=ticket_type_id)
        raise Conflict("ticket_type.held", name=row.name, capacity=capacity, held=row.held)
    record(tx, org_id, actor, "set", "ticket_type", ticket_type_id, capacity=capacity)
    return event_id


def _read(row: "ListShownRow", ticket_types: list[TicketType]) -> EventView:
    details = _event_details.decode(row.details)
    return EventView(
        row.event,
        details,
        _read_place(row),
        ticket_types,
        row.created_at,
        row.updated_at,
        row.cover,
        row.registration_ends_at,
        _read_contact(details, _profile.decode(row.profile)),
        details.locale or row.locale,
    )


def _read_contact(details: EventDetails, profile: OrganizationProfile) -> Contact:
    is_own = bool(details.contact_email or details.contact_phone)
    phone = details.contact_phone if is_own else profile.contact_phone
    return Contact(details.contact_name, details.contact_email or profile.contact_email, phone)


def _read_place(row: "ListShownRow") -> Place:
    if row.venue is None or row.venue_details is None:
        return Place()
    at = _venue_details.decode(row.venue_details)
    address, city, country_code = row.address or "", row.city or "", row.country_code or ""
    where = (at.latitude, at.longitude, at.directions)
    return Place(row.venue, address, city, country_code, *where)
