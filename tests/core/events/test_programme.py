"""The programme: everything has its names in all vocabularies at birth, and room for so many."""

import re

import pytest

from tests.support.builder import WHEN
from turnout.core.events.model import EventState, SessionState, span
from turnout.core.events.programme import (
    DEFAULT_TICKET_TYPE,
    add_to_channel,
    create_channel,
    create_event,
    create_session,
    create_ticket_type,
    create_venue,
    get_event,
    list_channels,
    list_events,
    list_sessions,
    list_ticket_types,
    set_session_state,
)
from turnout.core.identity.names import Target, find_name
from turnout.core.ids import EventId, OrgId
from turnout.core.registrations.places import set_event_capacity, set_event_state
from turnout.errors import Conflict, Invalid, Missing
from turnout.store import Tx

PAK = r"[1-9]\d{15}"
UUID7 = r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"


def make_event(tx: Tx, org_id: OrgId, title: str = "Summit", **options):
    return create_event(tx, org_id, title, WHEN, actor="test", **options)


def make_session(
    tx: Tx, org_id: OrgId, event_id: EventId, title: str = "Talk", when=WHEN, **options
):
    return create_session(tx, org_id, event_id, title, when, actor="test", **options)


def test_an_event_has_its_names_in_all_vocabularies_at_birth(db, org_id):
    event = db.call(make_event, org_id)
    assert re.fullmatch(r"1\d{6}", str(event.id))
    assert event.id > 1_000_000
    assert re.fullmatch(PAK, event.pak)
    assert re.fullmatch(UUID7, event.uuid)
    for namespace, name in (("pak", event.pak), ("event", str(event.id)), ("guid", event.uuid)):
        assert db.call(find_name, namespace, name) == Target(org_id, "event", event.id)
    (ticket_type,) = db.call(list_ticket_types, org_id, event.id)
    assert (ticket_type.name, ticket_type.is_default) == (DEFAULT_TICKET_TYPE, True)
    assert (ticket_type.price_minor, ticket_type.capacity, ticket_type.held) == (0, None, 0)


def test_an_event_is_found_as_it_was_made(db, org_id):
    event = db.call(make_event, org_id, capacity=7, state=EventState.DRAFT)
    assert db.call(get_event, org_id, event.id) == event
    assert (event.starts_local, event.timezone) == ("2027-06-01T09:00", "Europe/Berlin")
    assert (event.capacity, event.held, event.state) == (7, 0, EventState.DRAFT)


def test_sessions_and_channels_have_paks_that_lead_to_them(db, org_id):
    event = db.call(make_event, org_id)
    session = db.call(make_session, org_id, event.id)
    channel = db.call(create_channel, org_id, "Webinars", actor="test")
    paks = {event.pak, session.pak, channel.pak}
    assert len(paks) == 3
    assert all(re.fullmatch(PAK, pak) for pak in paks)
    assert db.call(find_name, "pak", session.pak) == Target(org_id, "session", session.id)
    assert db.call(find_name, "pak", channel.pak) == Target(org_id, "channel", channel.id)
    assert db.call(list_channels, org_id) == [channel]


def test_sessions_come_in_the_order_of_the_programme(db, org_id):
    event = db.call(make_event, org_id)
    late, early, same = (
        db.call(
            make_session,
            org_id,
            event.id,
            title,
            span(f"2027-06-01T{starts}", "2027-06-01T17:00", "UTC"),
        )
        for title, starts in (("late", "14:00"), ("early", "09:00"), ("same", "14:00"))
    )
    assert db.call(list_sessions, org_id, event.id) == [early, late, same]


def test_events_are_listed_a_page_at_a_time(db, org_id):
    events = [db.call(make_event, org_id, f"Event {n}") for n in range(3)]
    assert db.call(list_events, org_id) == events
    assert db.call(list_events, org_id, limit=2) == events[:2]
    assert db.call(list_events, org_id, after=events[1].id) == events[2:]
    assert db.call(list_events, org_id, after=events[2].id) == []


def test_what_belongs_to_another_organization_is_missing(db, org_id, account):
    mine = db.call(make_event, org_id)
    for verb in (
        lambda tx: get_event(tx, account.org_id, mine.id),
        lambda tx: set_event_state(tx, account.org_id, mine.id, EventState.CLOSED, actor="test"),
        lambda tx: set_event_capacity(tx, account.org_id, mine.id, 1, actor="test"),
    ):
        with pytest.raises(Missing) as refusal:
            db.call(verb)
        assert refusal.value.code == "event.missing"
    assert db.call(get_event, org_id, mine.id) == mine
    assert db.call(list_sessions, org_id, account.event.id) == []
    assert db.call(list_ticket_types, org_id, account.event.id) == []


def test_ticket_types_come_with_the_default_one_first(db, org_id):
    event = db.call(make_event, org_id)
    made = db.call(
        create_ticket_type,
        org_id,
        event.id,
        "Early bird",
        price_minor=19_000,
        currency="EUR",
        capacity=100,
        actor="test",
    )
    default, other = db.call(list_ticket_types, org_id, event.id)
    assert default.is_default
    assert other == made


def test_an_event_has_one_default_ticket_type(db, org_id):
    event = db.call(make_event, org_id)
    with pytest.raises(Exception, match=r"(?i)unique"):
        db.call(create_ticket_type, org_id, event.id, "Other", is_default=True, actor="test")
    assert len(db.call(list_ticket_types, org_id, event.id)) == 1


def test_an_event_stands_in_a_channel_once(db, org_id):
    event = db.call(make_event, org_id)
    channel = db.call(create_channel, org_id, "Webinars", actor="test")
    for _ in range(2):
        db.call(add_to_channel, org_id, channel.id, event.id, actor="test")
    count = f"SELECT count(*) FROM channel_events WHERE channel_id = {channel.id}"
    assert db.call(lambda tx: tx.connection.execute(count).fetchone()[0]) == 1


def test_a_venue_is_in_a_time_zone_that_exists(db, org_id):
    venue = db.call(create_venue, org_id, "Hall", timezone="Asia/Tokyo", city="Osaka", actor="test")
    assert (venue.name, venue.timezone) == ("Hall", "Asia/Tokyo")
    event = db.call(make_event, org_id, venue_id=venue.id)
    assert db.call(get_event, org_id, event.id) == event
    with pytest.raises(Invalid):
        db.call(create_venue, org_id, "Hall", timezone="Asia/Osaka", actor="test")


@pytest.mark.parametrize("state", list(EventState))
def test_an_event_goes_into_any_state(db, org_id, state):
    event = db.call(make_event, org_id)
    assert db.call(set_event_state, org_id, event.id, state, actor="test").state == state
    assert db.call(get_event, org_id, event.id).state == state


def test_a_session_goes_into_any_state(db, org_id, account):
    for state in SessionState:
        db.call(set_session_state, account.org_id, account.sessions[1].id, state, actor="test")
        states = [
            session.state for session in db.call(list_sessions, account.org_id, account.event.id)
        ]
        assert states == [SessionState.OPEN, state, SessionState.OPEN]
    with pytest.raises(Missing):
        db.call(set_session_state, org_id, account.sessions[1].id, state, actor="test")


@pytest.mark.parametrize("capacity", [0, 1, 1_000_000_000, None])
def test_a_capacity_is_a_number_or_none(db, org_id, capacity):
    event = db.call(make_event, org_id, capacity=capacity)
    session = db.call(make_session, org_id, event.id, capacity=capacity)
    assert (event.capacity, session.capacity) == (capacity, capacity)
    assert db.call(set_event_capacity, org_id, event.id, 5, actor="test").capacity == 5
    changed = db.call(set_event_capacity, org_id, event.id, capacity, actor="test")
    assert changed == db.call(get_event, org_id, event.id)
    assert changed.capacity == capacity


def test_a_negative_capacity_is_refused_everywhere(db, org_id):
    event = db.call(make_event, org_id)
    for verb in (
        lambda tx: make_event(tx, org_id, capacity=-1),
        lambda tx: make_session(tx, org_id, event.id, capacity=-1),
        lambda tx: create_ticket_type(tx, org_id, event.id, "x", capacity=-1, actor="test"),
        lambda tx: set_event_capacity(tx, org_id, event.id, -1, actor="test"),
    ):
        with pytest.raises(Invalid) as refusal:
            db.call(verb)
        assert refusal.value.code == "capacity.negative"
    assert db.call(list_events, org_id) == [event]


def test_a_capacity_never_falls_below_what_is_taken(db, node, org_id):
    event = db.call(make_event, org_id, capacity=5)
    node.execute(f"UPDATE events SET held = 3 WHERE org_id = {org_id} AND id = {event.id}")
    with pytest.raises(Conflict, match="3 are taken") as refusal:
        db.call(set_event_capacity, org_id, event.id, 2, actor="test")
    assert refusal.value.code == "capacity.held"
    assert db.call(get_event, org_id, event.id).capacity == 5
    assert db.call(set_event_capacity, org_id, event.id, 3, actor="test").capacity == 3
    assert db.call(set_event_capacity, org_id, event.id, None, actor="test").capacity is None
