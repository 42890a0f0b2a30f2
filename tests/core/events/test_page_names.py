"""Names in the addresses of pages: whose they are, and where former ones lead."""

import pytest

from tests.support.builder import Builder
from turnout.core.events.model import Event, EventState
from turnout.core.events.page_names import (
    EVENT,
    Named,
    find_event_name,
    find_event_named,
    find_series_named,
    is_page_name,
    list_page_names,
    set_event_name,
    set_series_name,
)
from turnout.core.events.programme import create_channel
from turnout.core.events.removing import delete_event
from turnout.core.ids import ChannelId, EventId, OrgId
from turnout.errors import Conflict, Invalid, Missing
from turnout.store import Database, Tx


def _events(tx: Tx, slug: str) -> tuple[OrgId, Event, Event]:
    house = Builder(tx, slug)
    return house.org_id, house.event(), house.event(state=EventState.DRAFT)


@pytest.mark.parametrize(
    ("text", "is_name"),
    [
        *((text, True) for text in ("a", "spring-2027", "x1", "a" * 60)),
        *((text, False) for text in ("", "2027", "-a", "a-", "a--b", "A", "ä", "a.b", "a" * 61)),
        *((text, False) for text in ("series", "embed", "a b", "a\n")),
    ],
)
def test_what_is_a_name(text: str, is_name: bool) -> None:
    assert is_page_name(text) is is_name


def test_a_former_name_leads_on_until_another_event_takes_it(db: Database) -> None:
    org_id, first, second = db.call(_events, "named")
    for name in ("summit", "summit-2027", "summit-2027"):
        db.call(set_event_name, org_id, first.id, name, actor="test")
    assert db.call(find_event_named, org_id, "summit") == Named(first.id, "summit-2027")
    with pytest.raises(Conflict, match="'summit-2027' is the name of another"):
        db.call(set_event_name, org_id, second.id, "summit-2027", actor="test")
    db.call(set_event_name, org_id, second.id, "summit", actor="test")
    assert db.call(find_event_named, org_id, "summit") == Named(second.id, "summit")
    assert db.call(list_page_names, org_id, EVENT) == {
        first.id: "summit-2027",
        second.id: "summit",
    }
    db.call(set_event_name, org_id, first.id, "", actor="test")
    assert db.call(find_event_named, org_id, "summit-2027") == Named(first.id, "")
    db.call(set_event_name, org_id, first.id, "summit-2027", actor="test")
    assert db.call(find_event_name, org_id, first.id) == "summit-2027"


def test_a_name_is_one_organizations_and_one_nouns(db: Database) -> None:
    org_id, event, _ = db.call(_events, "named-here")
    other_id, other, _ = db.call(_events, "named-there")
    series = db.call(create_channel, org_id, "Talks", actor="test")
    for whose in ((org_id, event.id), (other_id, other.id)):
        db.call(set_event_name, *whose, "talks", actor="test")
    db.call(set_series_name, org_id, series.id, "talks", actor="test")
    assert db.call(find_event_named, org_id, "talks") == Named(event.id, "talks")
    assert db.call(find_series_named, org_id, "talks") == Named(series.id, "talks")
    assert db.call(find_series_named, other_id, "talks") is None


def test_what_cannot_be_named(db: Database) -> None:
    org_id, event, _ = db.call(_events, "unnamed")
    with pytest.raises(Invalid, match="no name for an address"):
        db.call(set_event_name, org_id, event.id, "2027", actor="test")
    with pytest.raises(Missing, match="event"):
        db.call(set_event_name, org_id, EventId(1), "gone", actor="test")
    with pytest.raises(Missing, match="series"):
        db.call(set_series_name, org_id, ChannelId(1), "gone", actor="test")


def test_a_deleted_draft_gives_its_name_back(db: Database) -> None:
    org_id, event, draft = db.call(_events, "deleted-name")
    db.call(set_event_name, org_id, draft.id, "soon", actor="test")
    db.call(delete_event, org_id, draft.id, actor="test")
    assert db.call(find_event_named, org_id, "soon") is None
    db.call(set_event_name, org_id, event.id, "soon", actor="test")
