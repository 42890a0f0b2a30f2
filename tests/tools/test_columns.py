"""What statements call their columns, as `tools.stubs` compares it with the classes they name."""

import pytest

from tools.columns import check_columns, list_columns
from turnout.store.heads import read_head

EVENTS = "turnout.core.events"
CHANNEL = "-- name: list_channels(org_id) -> Channel\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT id, e.name FROM events e;", ["id", "name"]),
        ("SELECT DISTINCT id, name AS title FROM events;", ["id", "title"]),
        ("SELECT count(*), max(a, b) AS latest FROM events;", ["", "latest"]),
        (
            "SELECT (SELECT name FROM venues WHERE id = 1) AS venue, id FROM events;",
            ["venue", "id"],
        ),
        ("WITH due AS (SELECT a, b FROM jobs) SELECT a FROM due;", ["a"]),
        ("UPDATE events SET held = 1 FROM due WHERE id = 2 RETURNING id, held;", ["id", "held"]),
        (
            "SELECT id, -- the number, FROM the table\n 'a, FROM b' AS text FROM events;",
            ["id", "text"],
        ),
        ("SELECT 1 AS one;", ["one"]),
        ("SELECT a FROM b UNION SELECT c FROM d;", ["a"]),
    ],
)
def test_columns_have_names(text: str, expected: list[str]) -> None:
    assert list_columns(text) == expected


def test_columns_that_are_the_fields_are_let_through() -> None:
    head, text = read_head(CHANNEL + "SELECT id, uuid, pak, title FROM channels;")
    check_columns(EVENTS, head, text)


@pytest.mark.parametrize(
    "columns",
    ["id, pak, uuid, title", "id, uuid, pak", "id, uuid, pak, title, held", "id, uuid, pak, 1"],
)
def test_other_columns_are_refused(columns: str) -> None:
    head, text = read_head(CHANNEL + f"SELECT {columns} FROM channels;")
    with pytest.raises(ValueError, match=r"list_channels selects .*, its head declares"):
        check_columns(EVENTS, head, text)


def test_a_class_within_a_row_has_its_columns_where_it_stands() -> None:
    declared = "-- name: list_seen(org_id) -> (number: int, channel: Channel, is_open: int)\n"
    head, text = read_head(declared + "SELECT number, id, uuid, pak, title, is_open FROM channels;")
    check_columns(EVENTS, head, text)
    head, text = read_head(declared + "SELECT number, uuid, id, pak, title, is_open FROM channels;")
    with pytest.raises(ValueError, match="list_seen"):
        check_columns(EVENTS, head, text)


def test_a_class_that_is_not_there_is_an_error() -> None:
    head, text = read_head("-- name: list_seen(org_id) -> Nothing\nSELECT id FROM channels;")
    with pytest.raises(AttributeError, match="Nothing"):
        check_columns(EVENTS, head, text)
