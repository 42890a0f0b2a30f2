"""Going through a table page by page."""

from typing import Any

import pytest

from turnout.store import Database, Tx
from turnout.store.walking import read_page

KEY = ("org_id", "event_id", "registration_id", "code")
ROWS = [(org, event, 7, code) for org in (1, 2) for event in (5, 6) for code in "abc"]


@pytest.fixture
def table(db: Database) -> str:
    """A table of three numbers and a name in its key."""
    rows = ", ".join(
        f"({org}, {event}, {id_}, '{code}', 1, 1, 1)" for org, event, id_, code in ROWS
    )
    columns = f"{', '.join(KEY)}, ticket_type_id, created_at, left_at"
    db.call(lambda tx: tx.connection.execute("DELETE FROM departures") and None)
    db.call(
        lambda tx: (
            tx.connection.execute(f"INSERT INTO departures ({columns}) VALUES {rows}") and None
        )
    )
    return "departures"


def walk(db: Database, table: str, condition: str, named: dict[str, Any]) -> list[tuple[Any, ...]]:
    """All keys, two at a time."""
    found: list[tuple[Any, ...]] = []
    while True:
        after = found[-1] if found else None
        page = db.call(read_page, table, KEY, ["left_at"], condition, named, after, 2)
        if not page:
            return found
        assert all(row.values == {"left_at": 1} for row in page)
        found += [row.key for row in page]


def test_every_row_comes_once_in_order(db, table):
    assert walk(db, table, "1 = 1", {}) == ROWS
    of_one = [row for row in ROWS if row[0] == 2]
    assert walk(db, table, "org_id = :org_id", {"org_id": 2}) == of_one


def test_a_page_is_found_by_its_key_wherever_it_is(db, table):
    """Else a table of a million rows is read from its start for every page of it."""
    if db.backend != "sqlite":
        return

    def read_plan(tx: Tx) -> list[str]:
        asked: list[str] = []
        tx.connection.set_trace_callback(asked.append)
        named = {"org_id": 2}
        page = read_page(tx, table, KEY, ["left_at"], "org_id = :org_id", named, ROWS[7], 2)
        tx.connection.set_trace_callback(None)
        assert [row.key for row in page] == ROWS[8:10]
        plan = tx.connection.execute(f"EXPLAIN QUERY PLAN {asked[-1]}").fetchall()
        return [row[-1] for row in plan]

    assert db.call(read_plan) == [
        "SEARCH departures USING PRIMARY KEY (org_id=? AND (event_id,registration_id,code)>(?,?,?))"
    ]
