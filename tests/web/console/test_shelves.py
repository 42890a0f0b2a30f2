"""The list of events: what is sought in it, and its file."""

import csv
import re

import pytest

from tests.support.node import LocalNode
from tests.web.console.desk import Desk
from turnout.core.ids import EventId
from turnout.web.console.events import shelves

EVENTS = "/console/events"


def titles(page: str) -> list[str]:
    return re.findall(r'<th scope="row"><a href="/console/\d+">([^<]+)', page)


def rows_of(desk: Desk, query: str) -> list[list[str]]:
    found = desk.open(f"{EVENTS}.csv{query}")
    assert (found.status, found.headers["cache-control"]) == (200, "no-store")
    return list(csv.reader(found.body.decode("utf-8-sig").splitlines()))


def test_an_event_is_found_on_its_shelf(desk: Desk, events: dict[str, EventId]) -> None:
    for text in ("sum", "SUMMIT", str(events["Summit"])):
        assert titles(desk.read(f"{EVENTS}?q={text}")) == ["Summit"]
    assert titles(desk.read(f"{EVENTS}?q=reunion")) == []
    page = desk.read(f"{EVENTS}?shelf=past&q=reunion")
    assert titles(page) == ["Reunion"]
    # The other shelves and the file are of the same text.
    assert 'href="?shelf=draft&amp;q=reunion"' in page
    assert 'href="/console/events.csv?shelf=past&amp;q=reunion"' in page
    assert 'value="reunion"' in page


def test_an_event_that_is_not_here_may_be_elsewhere(desk: Desk, events: dict[str, EventId]) -> None:
    page = desk.read(f"{EVENTS}?q=reunion")
    assert "No event here has \u201creunion\u201d" in page
    assert 'href="/console/search?q=reunion"' in page


def test_a_shelf_is_a_file_too(desk: Desk, events: dict[str, EventId]) -> None:
    heading, *rows = rows_of(desk, "?q=summit")
    assert heading[:3] == ["Number", "Event", "Begins"]
    assert [row[:3] for row in rows] == [[str(events["Summit"]), "Summit", "2097-01-12T09:00"]]
    assert [row[1] for row in rows_of(desk, "?shelf=cancelled")] == ["Event", "Called off"]


def test_everything_is_found_however_long_the_shelf(
    node: LocalNode, desk: Desk, events: dict[str, EventId], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = rows_of(desk, "?shelf=coming")
    monkeypatch.setattr(shelves, "PAGE", 0)
    monkeypatch.setattr(shelves, "MOST", 1)
    assert rows_of(desk, "?shelf=coming") == whole
