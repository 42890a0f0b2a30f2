"""Making and changing the programme. Every noun gets its names in all vocabularies at birth."""

from typing import Any

import msgspec

from turnout.core.audit.recording import record
from turnout.core.events.model import (
    Channel,
    Event,
    EventDetails,
    EventState,
    Session,
    SessionState,
    Span,
    TicketType,
    Venue,
    VenueDetails,
)
from turnout.core.events.sql import sql
from turnout.core.fields import check_filled
from turnout.core.identity.names import Target, make_name, take_name
from turnout.core.identity.organizations import check_zone
from turnout.core.ids import ChannelId, EventId, OrgId, SessionId, TicketTypeId, VenueId
from turnout.errors import Conflict, Invalid, Missing
from turnout.formats.money import LARGEST_MINOR, read_currency
from turnout.store import Tx, to_json

DEFAULT_TICKET_TYPE = "General admission"
# The rest of a ticket type is set later (ticket_types.py).
_MADE_WITH = frozenset(
    [
        *("id", "event_id", "name", "is_default", "price_minor", "currency", "capacity"),
        *("is_rsvp", "is_locked", "person_limit"),
    ]
)
NO_DETAILS, NOWHERE = EventDetails(), VenueDetails()


def create_venue(
    tx: Tx,
    org_id: OrgId,
    name: str,
    *,
    timezone: str,
    address: str = "",
    city: str = "",
    country_code: str = "",
    details: VenueDetails = NOWHERE,
    uuid: str = "",
    actor: str,
) -> Venue:
    """Make a venue; `uuid` empty = a new one. `timezone` is an IANA name; raises Invalid for
    another."""
    check_zone(timezone)
    check_filled("name", name)
    venue = Venue(VenueId(tx.next_id("programme")), uuid or tx.uuid(), name, timezone)
    sql.add_venue(
        tx,
        org_id=org_id,
        address=address,
        city=city,
        country_code=country_code,
        details=to_json(details),
        now=tx.now,
        **msgspec.structs.asdict(venue),
    )
    record(tx, org_id, actor, "created", "venue", venue.id, name=name)
    return venue


def create_channel(tx: Tx, org_id: OrgId, title: str, *, actor: str) -> Channel:
    """Make a channel, which groups events. Raises Invalid for an empty title."""
    check_filled("title", title)
    channel_id = ChannelId(tx.next_id("programme"))
    pak = make_name(tx, "pak", tx.ids.pak, Target(org_id, "channel", channel_id))
    channel = Channel(channel_id, tx.uuid(), pak, title)
    sql.add_channel(tx, org_id=org_id, now=tx.now, **msgspec.structs.asdict(channel))
    record(tx, org_id, actor, "created", "channel", channel.id, title=title)
    return channel


def add_to_channel(
    tx: Tx, org_id: OrgId, channel_id: ChannelId, event_id: EventId, *, actor: str
) -> None:
    """Put an event into a channel; idempotent."""
    if sql.add_channel_event(tx, org_id=org_id, channel_id=channel_id, event_id=event_id):
        record(tx, org_id, actor, "added event", "channel", channel_id, event_id=event_id)


def create_event(
    tx: Tx,
    org_id: OrgId,
    title: str,
    when: Span,
    *,
    state: EventState = EventState.OPEN,
    capacity: int | None = None,
    venue_id: VenueId | None = None,
    details: EventDetails = NO_DETAILS,
    uuid: str = "",
    actor: str,
) -> Event:
    """Make an event with its id, UUID, pak and default ticket type.

    `capacity` None = unlimited; `uuid` empty = a new one. Raises Invalid for an empty title and
    a capacity below 0, Conflict for a UUID that is taken.
    """
    check_filled("title", title)
    _check_capacity(capacity)
    event_id = EventId(tx.next_id("event"))
    pak = make_name(tx, "pak", tx.ids.pak, Target(org_id, "event", event_id))
    take_name(tx, "event", str(event_id), Target(org_id, "event", event_id))
    event = Event(
        id=event_id,
        uuid=uuid or tx.uuid(),
        pak=pak,
        title=title,
        state=state,
        capacity=capacity,
        held=0,
        **msgspec.structs.asdict(when),
    )
    take_name(tx, "guid", event.uuid, Target(org_id, "event", event_id))
    sql.add_event(
        tx,
        org_id=org_id,
        id=event.id,
        uuid=event.uuid,
        pak=pak,
        title=title,
        state=state.value,
        venue_id=venue_id,
        capacity=capacity,
        details=to_json(details),
        now=tx.now,
        **msgspec.structs.asdict(when),
    )
    record(tx, org_id, actor, "created", "event", event.id, title=title, capacity=capacity)
    create_ticket_type(tx, org_id, event.id, DEFAULT_TICKET_TYPE, is_default=True, actor=actor)
    return event


def create_session(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    title: str,
    when: Span,
    *,
    state: SessionState = SessionState.OPEN,
    capacity: int | None = None,
    actor: str,
) -> Session:
    """Make a session of an event. `capacity` None = unlimited; raises Invalid below 0, and for an
    empty title."""
    check_filled("title", title)
    _check_capacity(capacity)
    session_id = SessionId(tx.next_id("programme"))
    pak = make_name(tx, "pak", tx.ids.pak, Target(org_id, "session", session_id))
    session = Session(
        id=session_id,
        uuid=tx.uuid(),
        pak=pak,
        event_id=event_id,
        title=title,
        state=state,
        starts_local=when.starts_local,
        ends_local=when.ends_local,
        starts_at=when.starts_at,
        ends_at=when.ends_at,
        capacity=capacity,
        held=0,
    )
    fields = msgspec.to_builtins(session)
    sql.add_session(tx, org_id=org_id, now=tx.now, **fields)
    record(tx, org_id, actor, "created", "session", session.id, title=title, capacity=capacity)
    return session


def create_ticket_type(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    name: str,
    *,
    is_default: bool = False,
    price_minor: int = 0,
    currency: str = "",
    capacity: int | None = None,
    is_rsvp: bool = False,
    is_locked: bool = False,
    person_limit: int | None = None,
    actor: str,
) -> TicketType:
    """Make a ticket type. Money in minor units of `currency` (formats/money.py); `capacity` and
    `person_limit` None = unlimited. Raises Invalid for a negative capacity or price, a price
    without a currency, an unknown currency, a limit below 1 and an empty name; Conflict if another
    type of the event has the name."""
    check_filled("name", name)
    name = name.strip()
    if not is_default:  # that one is the event's first
        check_type_name(tx, org_id, event_id, name)
    _check_capacity(capacity)
    check_price(price_minor, currency)
    _check_person_limit(person_limit)
    ticket_type = TicketType(
        TicketTypeId(tx.next_id("programme")),
        event_id,
        name,
        is_default,
        price_minor,
        currency,
        capacity,
        0,
        is_rsvp,
        is_locked,
        person_limit,
    )
    fields: dict[str, Any] = {
        name: int(value) if isinstance(value, bool) else value
        for name, value in msgspec.structs.asdict(ticket_type).items()
        if name in _MADE_WITH
    }
    sql.add_ticket_type(tx, org_id=org_id, now=tx.now, **fields)
    record(tx, org_id, actor, "created", "ticket_type", ticket_type.id, name=name)
    return ticket_type


def set_person_limit(
    tx: Tx,
    org_id: OrgId,
    ticket_type_id: TicketTypeId,
    person_limit: int | None,
    *,
    actor: str,
) -> None:
    """Set how many tickets of a type one person may have, with those of their party; None = any
    number. Nobody loses what they have. Raises Missing, Invalid below 1."""
    _check_person_limit(person_limit)
    changed = sql.set_person_limit(
        tx, org_id=org_id, id=ticket_type_id, person_limit=person_limit, now=tx.now
    )
    if not changed:
        raise Missing("ticket_type.no_such", ticket_type_id=ticket_type_id)
    record(tx, org_id, actor, "set", "ticket_type", ticket_type_id, person_limit=person_limit)


def store_event_state(
    tx: Tx, org_id: OrgId, event_id: EventId, state: EventState, *, actor: str
) -> Event:
    """Keep that an event is open, closed, cancelled or a draft (registrations/places.py offers what
    becomes free). Raises Missing."""
    before = get_event(tx, org_id, event_id)
    sql.set_event_state(tx, org_id=org_id, id=event_id, state=state.value, now=tx.now)
    record(tx, org_id, actor, "changed", "event", event_id, state=[before.state, state])
    return get_event(tx, org_id, event_id)


def store_event_capacity(
    tx: Tx, org_id: OrgId, event_id: EventId, capacity: int | None, *, actor: str
) -> Event:
    """Keep how many places an event has (registrations/places.py offers those that are new).
    Raises Conflict below what is taken, Missing, Invalid."""
    _check_capacity(capacity)
    before = get_event(tx, org_id, event_id)
    if not sql.set_event_capacity(tx, org_id=org_id, id=event_id, capacity=capacity, now=tx.now):
        raise Conflict("capacity.held", event_id=event_id, capacity=capacity, held=before.held)
    record(tx, org_id, actor, "changed", "event", event_id, capacity=[before.capacity, capacity])
    return get_event(tx, org_id, event_id)


def store_session_capacity(
    tx: Tx, org_id: OrgId, session_id: SessionId, capacity: int | None, *, actor: str
) -> EventId:
    """Keep how many places a session has; returns its event. Raises as `store_event_capacity`."""
    _check_capacity(capacity)
    event_id = sql.set_session_capacity(
        tx, org_id=org_id, id=session_id, capacity=capacity, now=tx.now
    )
    if event_id is None:
        row = sql.find_session_places(tx, org_id=org_id, id=session_id)
        if row is None:
            raise Missing("session.missing", session_id=session_id)
        raise Conflict("session.held", title=row.title, capacity=capacity, held=row.held)
    record(tx, org_id, actor, "changed", "session", session_id, capacity=capacity)
    return event_id


def set_session_state(
    tx: Tx, org_id: OrgId, session_id: SessionId, state: SessionState, *, actor: str
) -> None:
    """Open, close or cancel a session. Raises Missing."""
    if not sql.set_session_state(tx, org_id=org_id, id=session_id, state=state.value, now=tx.now):
        raise Missing("session.missing", session_id=session_id)
    record(tx, org_id, actor, "changed", "session", session_id, state=state)


def get_event(tx: Tx, org_id: OrgId, event_id: EventId) -> Event:
    """The organization's event of that number; one whose registration has ended is closed. Raises
    Missing."""
    event = sql.find_event(tx, org_id=org_id, id=event_id, now=tx.now)
    if event is None:
        raise Missing("event.missing", event_id=event_id)
    return event


def list_events(tx: Tx, org_id: OrgId, *, after: int = 0, limit: int = 100) -> list[Event]:
    """Up to `limit` events of the organization by id, from the one behind `after`."""
    return sql.list_events(tx, org_id=org_id, after=after, limit=limit, now=tx.now)


def list_sessions(tx: Tx, org_id: OrgId, event_id: EventId) -> list[Session]:
    """The sessions of an event in the order of the programme."""
    return sql.list_sessions(tx, org_id=org_id, event_id=event_id)


def list_ticket_types(tx: Tx, org_id: OrgId, event_id: EventId) -> list[TicketType]:
    """The ticket types of an event, the default one first."""
    return sql.list_ticket_types(tx, org_id=org_id, event_id=event_id)


def list_channels(tx: Tx, org_id: OrgId) -> list[Channel]:
    """The organization's channels, oldest first."""
    return sql.list_channels(tx, org_id=org_id)


def check_type_name(
    tx: Tx, org_id: OrgId, event_id: EventId, name: str, own: TicketTypeId | None = None
) -> None:
    """Raise Conflict if another ticket type of the event than `own` has the name, in any case. The
    event's row is held until this transaction ends, so nobody gives it at the same time."""
    sql.lock_event_text(tx, org_id=org_id, id=event_id)
    wanted = name.strip().casefold()
    for other in list_ticket_types(tx, org_id, event_id):
        if other.id != own and other.name.strip().casefold() == wanted:
            raise Conflict("ticket_type.same_name", name=name.strip(), ticket_type_id=other.id)


def check_price(price_minor: int, currency: str) -> None:
    """Raise Invalid for a price that cannot be."""
    if not 0 <= price_minor <= LARGEST_MINOR or (price_minor and not currency):
        raise Invalid("ticket_type.price", price_minor=price_minor)
    if currency:
        read_currency(currency)


def _check_capacity(capacity: int | None) -> None:
    if capacity is not None and capacity < 0:
        raise Invalid("capacity.negative", capacity=capacity)


def _check_person_limit(person_limit: int | None) -> None:
    if person_limit is not None and person_limit < 1:
        raise Invalid("ticket_type.person_limit", limit=person_limit)
