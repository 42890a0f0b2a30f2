"""The nouns of the programme. Instants in epoch ms; `*_local` is ISO local time in `timezone`."""

import enum

import msgspec

from turnout.core.ids import ChannelId, EventId, SessionId, TicketTypeId, VenueId
from turnout.core.times import plan
from turnout.errors import Invalid


class EventState(enum.StrEnum):
    """Whether an event takes registrations."""

    DRAFT = "draft"
    OPEN = "open"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class SessionState(enum.StrEnum):
    """Whether a session takes bookings."""

    OPEN = "open"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class EventDetails(msgspec.Struct, frozen=True, omit_defaults=True):
    """What an event says of itself, stored as JSON; empty text = not given. `locale` empty = the
    organization's."""

    description: str = ""
    locale: str = ""
    is_public: bool = True
    speakers: tuple[str, ...] = ()
    schedule: tuple[str, ...] = ()


class VenueDetails(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where exactly a venue is, in degrees (WGS 84), stored as JSON."""

    latitude: float = 0.0
    longitude: float = 0.0


class Venue(msgspec.Struct, frozen=True):
    """A place where events happen."""

    id: VenueId
    uuid: str
    name: str
    timezone: str


class Channel(msgspec.Struct, frozen=True):
    """A series that groups events; people register for it by its `pak`."""

    id: ChannelId
    uuid: str
    pak: str
    title: str


class Event(msgspec.Struct, frozen=True):
    """An event; `capacity` None = unlimited, `held` counts the places taken."""

    id: EventId
    uuid: str
    pak: str
    title: str
    state: EventState
    timezone: str
    starts_local: str
    ends_local: str
    starts_at: int
    ends_at: int
    capacity: int | None
    held: int


class Session(msgspec.Struct, frozen=True):
    """A part of an event that is booked by its `pak`; `capacity` None = unlimited."""

    id: SessionId
    uuid: str
    pak: str
    event_id: EventId
    title: str
    state: SessionState
    starts_local: str
    ends_local: str
    starts_at: int
    ends_at: int
    capacity: int | None
    held: int


class TicketType(msgspec.Struct, frozen=True):
    """What a ticket is of. Money in minor units (cents); `capacity` None = unlimited. `is_rsvp`:
    it is only given to those who were invited; `is_locked`: it is not offered any more. One person
    may have `person_limit` of it, with those of their party; None = any number."""

    id: TicketTypeId
    event_id: EventId
    name: str
    is_default: bool
    price_minor: int
    currency: str
    capacity: int | None
    held: int
    is_rsvp: bool = False
    is_locked: bool = False
    person_limit: int | None = None


class Span(msgspec.Struct, frozen=True):
    """From when to when, as planned (local time in a zone) and as instants."""

    timezone: str
    starts_local: str
    ends_local: str
    starts_at: int
    ends_at: int


def span(starts_local: str, ends_local: str, timezone: str) -> Span:
    """Plan a span from ISO local times (`2027-03-01T09:00`) in an IANA zone.

    Raises Invalid when a time is not one there (core/times.py), or when the end is not after the
    start. A time that comes twice is the first, unless its offset says otherwise.
    """
    starts, ends = plan(starts_local, timezone), plan(ends_local, timezone)
    if ends.at <= starts.at:
        raise Invalid("span.order", ends_local=ends_local, starts_local=starts_local)
    return Span(timezone, starts.local, ends.local, starts.at, ends.at)
