"""Series: listed with their events, called otherwise, emptied and deleted."""

import pytest

from tests.support.builder import Builder
from turnout.core.audit.recording import list_entries
from turnout.core.events.model import Channel, Event, EventState, span
from turnout.core.events.page_names import find_series_named, list_series_events, set_series_name
from turnout.core.events.programme import (
    create_channel,
    list_channels,
    list_events,
    list_ticket_types,
    store_event_state,
)
from turnout.core.events.series import (
    SeriesCount,
    add_to_series,
    delete_series,
    list_addable,
    list_members,
    list_series_counts,
    remove_from_series,
    set_series_title,
)
from turnout.core.identity.names import find_name
from turnout.core.ids import ChannelId, EventId, OrgId
from turnout.core.people.model import Contact
from turnout.core.registrations.announcing import postpone_without_date
from turnout.core.registrations.joining import register_directly
from turnout.errors import Conflict, Invalid, Missing
from turnout.store import Database, Tx

LATER = span("2097-03-01T09:00", "2097-03-01T17:00", "Europe/Berlin")
SOONER = span("2097-02-01T09:00", "2097-02-01T17:00", "Europe/Berlin")


def make(tx: Tx, slug: str) -> tuple[OrgId, Channel, list[Event]]:
    house = Builder(tx, slug)
    series = create_channel(tx, house.org_id, "Talks", actor="test")
    return house.org_id, series, [house.event(when=LATER), house.event(when=SOONER)]


def put_in(db: Database, org_id: OrgId, series: Channel, *events: Event) -> None:
    for event in events:
        db.call(add_to_series, org_id, series.id, event.id, actor="test")


def numbers(db: Database, org_id: OrgId, series: Channel) -> list[EventId]:
    found = [row.event.id for row in db.call(list_members, org_id, series.id)]
    assert found == db.call(list_series_events, org_id, series.id)
    return found


def test_its_events_are_in_the_order_of_its_page(db: Database) -> None:
    org_id, series, (later, sooner) = db.call(make, "ordered")
    put_in(db, org_id, series, later, sooner, sooner)
    assert numbers(db, org_id, series) == [sooner.id, later.id]
    db.call(postpone_without_date, org_id, sooner.id, is_quiet=True, actor="test")
    assert numbers(db, org_id, series) == [later.id, sooner.id]


def test_who_is_registered_is_counted(db: Database) -> None:
    org_id, series, (later, sooner) = db.call(make, "counted")
    assert db.call(list_series_counts, org_id) == []
    put_in(db, org_id, series, later, sooner)

    def register(tx: Tx) -> None:
        (kind,) = list_ticket_types(tx, org_id, later.id)
        register_directly(tx, org_id, later.id, kind.id, Contact(email="ada@example.com"))

    db.call(register)
    assert db.call(list_series_counts, org_id) == [
        SeriesCount(series.id, later.id, 1),
        SeriesCount(series.id, sooner.id, 0),
    ]


def test_what_can_be_put_in(db: Database) -> None:
    org_id, series, (later, sooner) = db.call(make, "addable")
    assert db.call(list_addable, org_id, series.id, 10) == [later, sooner]
    assert db.call(list_addable, org_id, series.id, 1) == [later]
    put_in(db, org_id, series, later)
    assert db.call(list_addable, org_id, series.id, 10) == [sooner]
    db.call(store_event_state, org_id, sooner.id, EventState.CANCELLED, actor="test")
    assert db.call(list_addable, org_id, series.id, 10) == []


def test_an_event_is_taken_out_and_each_change_is_noted_once(db: Database) -> None:
    org_id, series, (later, sooner) = db.call(make, "noted")
    put_in(db, org_id, series, later, sooner)
    for _ in range(2):
        db.call(remove_from_series, org_id, series.id, later.id, actor="test")
        db.call(set_series_title, org_id, series.id, "Evening talks", actor="test")
    assert numbers(db, org_id, series) == [sooner.id]
    assert [one.title for one in db.call(list_channels, org_id)] == ["Evening talks"]
    noted = [entry.action for entry in db.call(list_entries, org_id, "channel", series.id)]
    assert sorted(noted) == ["added event", "added event", "created", "removed event", "renamed"]


@pytest.mark.parametrize("title", ["", " ", "Two\nlines", "x" * 201])
def test_a_title_is_a_line(db: Database, title: str) -> None:
    org_id, series, _ = db.call(make, f"line-{len(title)}")
    with pytest.raises(Invalid):
        db.call(set_series_title, org_id, series.id, title, actor="test")
    assert db.call(list_channels, org_id) == [series]


def test_one_without_events_is_deleted_with_its_names(db: Database) -> None:
    org_id, series, (later, _) = db.call(make, "deleted")
    for name in ("talks", "evenings"):
        db.call(set_series_name, org_id, series.id, name, actor="test")
    put_in(db, org_id, series, later)
    with pytest.raises(Conflict, match="Talks has 1 event: take"):
        db.call(delete_series, org_id, series.id, actor="test")
    db.call(remove_from_series, org_id, series.id, later.id, actor="test")
    db.call(delete_series, org_id, series.id, actor="test")
    assert db.call(list_channels, org_id) == []
    assert db.call(find_name, "pak", series.pak) is None
    assert [db.call(find_series_named, org_id, name) for name in ("talks", "evenings")] == [
        None
    ] * 2
    with pytest.raises(Missing):
        db.call(delete_series, org_id, series.id, actor="test")


def test_others_have_none_of_it(db: Database) -> None:
    org_id, series, (later, _) = db.call(make, "own")
    other, foreign, (event, _) = db.call(make, "foreign")
    put_in(db, org_id, series, later)
    for of, channel_id, event_id in (
        (other, series.id, event.id),
        (other, foreign.id, later.id),
        (org_id, ChannelId(1), later.id),
    ):
        for verb in (add_to_series, remove_from_series):
            with pytest.raises(Missing):
                db.call(verb, of, channel_id, event_id, actor="test")
    with pytest.raises(Missing):
        db.call(set_series_title, other, series.id, "Mine", actor="test")
    with pytest.raises(Missing):
        db.call(delete_series, other, series.id, actor="test")
    assert numbers(db, org_id, series) == [later.id]
    assert db.call(list_series_counts, other) == []
    assert db.call(list_addable, other, foreign.id, 1) == [db.call(list_events, other)[0]]
