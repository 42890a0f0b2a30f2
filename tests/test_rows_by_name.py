"""Columns are taken by their names, and what statements return keeps its type."""

from pathlib import Path

import pytest

import turnout
from tests.support.row_access import find_numbered
from turnout.store.heads import read_head, read_statements

SOURCE = Path(turnout.__file__).parent
FOLDERS = ("core", "dialects", "workers", "carriers", "cli", "demo", "web", "http")
FILES = sorted(file for folder in FOLDERS for file in (SOURCE / folder).rglob("*.py"))
MARKS = {
    name: read_head(block)[0].mark
    for file in SOURCE.rglob("queries*.sql")
    for name, block in read_statements(file.parent, file.name).items()
}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("row = sql.find_event(tx)\n return row[3]", ["row[3]"]),
        ("row = sql.find_event(tx)\n return Event(*row[:5])", ["row[:5]"]),
        ("found = sql.find_event(tx)\n return found[0]", ["found[0]"]),
        ("return sql.find_event(tx)[-1]", ["sql.find_event(tx)[-1]"]),
        ("rows = events_sql.list_events(tx)\n return rows[-1][0]", ["rows[-1][0]"]),
        ("events = sql.list_events(tx)\n return [event[2] for event in events]", ["event[2]"]),
        ("for event in sql.list_events(tx):\n  print(event[1:])", ["event[1:]"]),
        ("for event in sorted(iterate(sql.list_events, tx)):\n  event[0]", ["event[0]"]),
        ("return min(sql.list_events(tx))[0]", ["min(sql.list_events(tx))[0]"]),
        ("event = sql.find_event(tx) if tx else None\n return event[0]", ["event[0]"]),
        ("if found := sql.find_event(tx):\n  return found[0]", ["found[0]"]),
        ("return sorted(tx, key=lambda row: row[0])", ["row[0]"]),
    ],
)
def test_a_column_by_its_number_is_found(body: str, expected: list[str]) -> None:
    source = f"def verb(tx):\n {body}\n"
    marks = {"find_event": "^", "list_events": ""}
    assert [text for _, text in find_numbered(source, marks)] == expected


@pytest.mark.parametrize(
    "body",
    [
        "row = sql.find_event(tx)\n return row.title",
        "rows = sql.list_events(tx)\n return rows[0], rows[-1].id, rows[:5]",
        "id_, title = sql.find_event(tx)\n return title[0]",
        "state = sql.set_state(tx)\n return state[0]",
        "*names, facts = row\n return names[0]",
        "return {row.id: row for row in rows}[0]",
    ],
)
def test_other_numbers_are_let_through(body: str) -> None:
    marks = {"find_event": "^", "list_events": "", "set_state": "$"}
    assert list(find_numbered(f"def verb(tx):\n {body}\n", marks)) == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(SOURCE)))
def test_no_column_is_taken_by_its_number(file: Path) -> None:
    assert list(find_numbered(file.read_text(encoding="utf-8"), MARKS)) == []


def test_no_return_is_an_unchecked_any() -> None:
    found = [
        str(file.relative_to(SOURCE))
        for file in sorted(SOURCE.rglob("*.py"))
        if "ignore[no-any-return" in file.read_text(encoding="utf-8")
    ]
    assert found == [], "give what is called a type"
