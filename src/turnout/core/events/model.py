"""The nouns of the programme. Instants in epoch ms; `*_local` is ISO local time in `timezone`."""

import enum
from typing import NamedTuple

import msgspec

from turnout.core.ids import (
    ChannelId,
    EventId,
    SessionId,
    SpeakerId,
    TicketTypeId,
    VenueId,
)
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


class Visibility(enum.StrEnum):
    """Who finds an event: lists and its page show a public one, its page alone an unlisted one, and
    a private one only invitations, offers, programs and staff."""

    PUBLIC = "public"
    UNLISTED = "unlisted"
    PRIVATE = "private"


class PayingDoor(enum.StrEnum):
    """Where a ticket with a price is asked to be paid, by what granted it."""

    FORM = "form"
    INTEGRATION = "integration"
    INVITATION = "invitation"
    OFFER = "offer"
    STAFF = "staff"


class GuestRight(enum.StrEnum):
    """What guests may do to their own registration, from their personal page."""

    CHANGE = "change"
    CANCEL = "cancel"
    TRANSFER = "transfer"


class EventDetails(msgspec.Struct, frozen=True, omit_defaults=True):
    """What an event says of itself, stored as JSON; empty text = not given. `description` is
    Markdown, `locale` empty = the organization's, `colour` is `#rrggbb`, `online_url` where people
    take part who are not at a venue. `speakers` and `schedule` are lines of older events.
    `guest_rights` are what guests do by themselves; with `confirms_links` a new browser enters a
    mailed code before it opens a personal link; with `shows_ticket_at_once` the page shows the
    ticket right after registering, so others can find out whether an address is registered.
    Up to so many `companions` are registered along by who sends the page's form, 1 = a plus one;
    with `has_one_name` it asks for a name in one field.
    `postponed_from` is the local time at which a postponed event was to start at first; with
    `is_date_open` its new date is not known yet. Afterwards its page leads to `recording_url` and
    shows `pictures` (digests) and, with `publishes_numbers`, how many came.
    `payment_text` says how to pay (with the placeholders of core/fields.py), `pay_within_days` for
    how long a ticket waits for it, 0 = the organization's; `payment_doors` ask for the price of a
    ticket."""

    description: str = ""
    locale: str = ""
    is_public: bool = True
    speakers: tuple[str, ...] = ()
    schedule: tuple[str, ...] = ()
    summary: str = ""
    is_private: bool = False
    colour: str = ""
    online_url: str = ""
    contact_name: str = ""
    contact_email: str = ""
    contact_phone: str = ""
    payment_text: str = ""
    pay_within_days: int = 0
    payment_doors: tuple[PayingDoor, ...] = (PayingDoor.FORM, PayingDoor.OFFER)
    guest_rights: tuple[GuestRight, ...] = tuple(GuestRight)
    confirms_links: bool = False
    shows_ticket_at_once: bool = False
    companions: int = 0
    has_one_name: bool = False
    postponed_from: str = ""
    is_date_open: bool = False
    recording_url: str = ""
    pictures: tuple[str, ...] = ()
    publishes_numbers: bool = False

    @property
    def visibility(self) -> Visibility:
        if self.is_private:
            return Visibility.PRIVATE
        return Visibility.PUBLIC if self.is_public else Visibility.UNLISTED

    def afresh(self) -> "EventDetails":
        """As of an event that has neither been postponed nor taken place."""
        return msgspec.structs.replace(
            self,
            postponed_from="",
            is_date_open=False,
            recording_url="",
            pictures=(),
            publishes_numbers=False,
        )


DATE_OPEN = '%"is_date_open":true%'
"""Matches (LIKE) the stored details of an event whose new date is not known yet; a text that
somebody typed never does: its quotes are escaped."""


class VenueDetails(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where exactly a venue is, in degrees (WGS 84), and how to get there; stored as JSON."""

    latitude: float = 0.0
    longitude: float = 0.0
    directions: str = ""


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


class Speaker(msgspec.Struct, frozen=True):
    """Who speaks at an event; `headline` such as a role and company, `picture` a digest."""

    id: SpeakerId
    event_id: EventId
    name: str
    headline: str
    description: str
    picture: str
    position: int


class SessionText(NamedTuple):
    """What a session says of itself beside its title and times; no ticket type = any of them."""

    id: SessionId
    description: str
    track: str
    room: str
    position: int
    ticket_type_ids: tuple[TicketTypeId, ...]
    speaker_ids: tuple[SpeakerId, ...]


class TicketType(msgspec.Struct, frozen=True):
    """What a ticket is of. Money in minor units (cents); `capacity` None = unlimited. `is_rsvp`:
    it is only given to those who were invited; `is_locked`: it is not offered any more. One person
    may have `person_limit` of it, with those of their party; None = any number. The page shows one
    that `is_hidden` to nobody, and one with an `access_code` to those who have it. Types are in the
    order of `position`, then of age; sold between two instants (epoch ms), None = no limit."""

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
    description: str = ""
    position: int = 0
    is_hidden: bool = False
    access_code: str = ""
    sale_starts_at: int | None = None
    sale_ends_at: int | None = None

    def is_on_sale(self, now: int) -> bool:
        """Whether it is sold at that moment (epoch ms)."""
        has_begun = self.sale_starts_at is None or self.sale_starts_at <= now
        return has_begun and (self.sale_ends_at is None or now < self.sale_ends_at)


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
