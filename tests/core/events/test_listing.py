"""Events on their shelves, in order and page by page."""

import re

import pytest

from tests.support.builder import Builder
from turnout.core.events.describing import note_postponed
from turnout.core.events.listing import Behind, ListedEvent, Shelf, count_shelves, list_shelf
from turnout.core.events.model import EventState, span
from turnout.core.events.programme import store_event_state
from turnout.core.events.sql import sql
from turnout.core.ids import OrgId
from turnout.core.registrations.offers import join_list
from turnout.store import Database, Tx


def _when(month: int):
    return span(f"2027-{month:02}-01T09:00", f"2027-{month:02}-01T17:00", "Europe/Berlin")


PAST = span("2026-06-01T09:00", "2026-06-01T17:00", "Europe/Berlin")


def _fill(tx: Tx, slug: str) -> OrgId:
    house = Builder(tx, slug)
    for title, when, state in (
        ("Third", _when(9), EventState.OPEN),
        ("First", _when(3), EventState.OPEN),
        ("Second", _when(6), EventState.CLOSED),
        ("Older", span("2025-06-01T09:00", "2025-06-01T17:00", "UTC"), EventState.OPEN),
        ("Newer", PAST, EventState.CLOSED),
        ("Sketch", _when(4), EventState.DRAFT),
        ("Off", _when(5), EventState.CANCELLED),
    ):
        house.event(title, when, state=state)
    return house.org_id


def _titles(found: list[ListedEvent]) -> list[str]:
    return [row.event.title for row in found]


def test_shelves(db: Database) -> None:
    org_id = db.call(_fill, "shelves")
    assert db.call(count_shelves, org_id) == {
        Shelf.COMING: 3,
        Shelf.PAST: 2,
        Shelf.DRAFTS: 1,
        Shelf.CANCELLED: 1,
    }
    listed = {shelf: _titles(db.call(list_shelf, org_id, shelf, limit=10)) for shelf in Shelf}
    assert listed == {
        Shelf.COMING: ["First", "Second", "Third"],
        Shelf.PAST: ["Newer", "Older"],
        Shelf.DRAFTS: ["Sketch"],
        Shelf.CANCELLED: ["Off"],
    }


def test_a_date_that_is_not_known_comes_last(db: Database) -> None:
    """Also where the old one has passed; cancelled, it is cancelled."""
    org_id = db.call(_fill, "shelf-open")
    every = db.call(list_shelf, org_id, Shelf.PAST, limit=9)
    every += db.call(list_shelf, org_id, Shelf.COMING, limit=9)
    ids = {row.event.title: row.event.id for row in every}
    for title in ("Newer", "First"):
        db.call(note_postponed, org_id, ids[title], since="2026-06-01T09:00", is_date_open=True)
    behind, read = None, []
    while page := db.call(list_shelf, org_id, Shelf.COMING, behind=behind, limit=1):
        read += [(row.event.title, row.is_date_open) for row in page]
        behind = Behind(page[0].comes_at, page[0].event.id)
    assert read == [("Second", False), ("Third", False), ("Newer", True), ("First", True)]
    assert _titles(db.call(list_shelf, org_id, Shelf.PAST, limit=9)) == ["Older"]
    counts = db.call(count_shelves, org_id)
    assert (counts[Shelf.COMING], counts[Shelf.PAST]) == (4, 1)
    db.call(store_event_state, org_id, ids["Newer"], EventState.CANCELLED, actor="test")
    (off,) = [
        row
        for row in db.call(list_shelf, org_id, Shelf.CANCELLED, limit=9)
        if row.event.title == "Newer"
    ]
    assert not off.is_date_open


def test_pages(db: Database) -> None:
    org_id = db.call(_fill, "shelf-pages")
    for shelf, titles in ((Shelf.COMING, ["First", "Second", "Third"]), (Shelf.PAST, ["Newer"])):
        behind, read = None, []
        while page := db.call(list_shelf, org_id, shelf, behind=behind, limit=1):
            read += _titles(page)
            behind = Behind(page[0].event.starts_at, page[0].event.id)
        assert read[: len(titles)] == titles


def test_nothing(db: Database, org_id: OrgId) -> None:
    assert db.call(count_shelves, org_id) == dict.fromkeys(Shelf, 0)
    assert db.call(list_shelf, org_id, Shelf.COMING, limit=10) == []


def test_what_a_row_says(db: Database) -> None:
    def fill(tx: Tx) -> ListedEvent:
        house = Builder(tx, "shelf-rows")
        event = house.event("Dinner", capacity=0)
        house.session(event, "Soup")
        house.session(event, "Fish")
        join_list(tx, house.org_id, event.id, house.default_type(event).id, *house.people("ann"))
        (row,) = list_shelf(tx, house.org_id, Shelf.COMING, limit=10)
        return row

    row = db.call(fill)
    assert row == ListedEvent(row.event, None, None, None, None, 2, 1, 0)
    assert (row.event.title, row.event.capacity) == ("Dinner", 0)


MANY = f"""
    INSERT INTO events (org_id, id, uuid, pak, title, state, timezone, starts_local, ends_local,
        starts_at, ends_at, held, details, created_at, updated_at)
    WITH RECURSIVE n (n) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT n + 1 FROM n WHERE n < 4000)
    SELECT e.org_id, e.id + n, 'uuid-' || n, 'pak-' || n, e.title, e.state, e.timezone,
        e.starts_local, e.ends_local, e.starts_at + (n - 3600) * 86400000,
        e.ends_at + (n - 3600) * 86400000, 0, '{"word " * 200}', e.created_at, e.updated_at
    FROM events e, n WHERE e.org_id = """
READ_BY_INDEX = ("count_shelves", "list_rising", "list_falling", "list_date_open", "list_announced")


@pytest.mark.parametrize("name", READ_BY_INDEX)
def test_shelves_are_read_by_indexes_alone(db: Database, name: str) -> None:
    """Of the events only those that are shown are looked at, and nothing is searched for in what
    they say of themselves."""

    def explain(tx: Tx) -> str:
        house = Builder(tx, "many-" + name.replace("_", "-"))
        house.event("One")
        tx.connection.execute(f"{MANY}{house.org_id}")
        text = sql[name].text[db.backend]
        given = dict.fromkeys(re.findall(r"[:(]([a-z]\w*)", text), 0) | {
            "org_id": house.org_id,
            "now": tx.now,
            "shelf": "coming",
            "limit": 50,
            "date_open": "",
            "unknown": 1,
        }
        if db.backend == "sqlite":
            plan = tx.connection.execute(f"EXPLAIN QUERY PLAN {text}", given).fetchall()
            return "\n".join(step for *_, step in plan)
        tx.connection.execute("ANALYZE events")
        plan = tx.connection.execute(f"EXPLAIN {text}", given).fetchall()
        return "\n".join(step for (step,) in plan)

    plan = db.call(explain)
    assert "events_date_open" in plan
    if db.backend == "sqlite":
        assert "(org_id=?)" not in plan.replace("INDEX events_date_open (org_id=?)", "")
