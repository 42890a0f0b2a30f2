"""Which events' pictures are due, and what is kept of them."""

import pytest

from tests.support.builder import Builder
from turnout.core.events.cards import DueCard, find_card, keep_card, note_due_cards, read_card
from turnout.core.events.describing import EventChange, change_event
from turnout.core.events.model import EventDetails, EventState
from turnout.core.events.programme import store_event_state
from turnout.core.ids import EventId, OrgId
from turnout.errors import Missing
from turnout.store import Database, Tx


def _event(tx: Tx, slug: str, details: EventDetails, state: EventState) -> tuple[OrgId, EventId]:
    house = Builder(tx, slug)
    return house.org_id, house.event(details=details, state=state).id


def due_of(db: Database, org_id: OrgId) -> list[DueCard]:
    """What is due of one organization, until nothing is new."""
    found = [one for one in db.call(note_due_cards) if one.org_id == org_id]
    return found or [one for one in db.call(note_due_cards) if one.org_id == org_id]


def draw(db: Database, one: DueCard) -> None:
    db.call(keep_card, one.org_id, one.event_id, one.digest, b"PNG")


def test_a_picture_is_made_once_for_what_an_event_says(db: Database) -> None:
    org_id, event_id = db.call(_event, "card", EventDetails(), EventState.OPEN)
    (one,) = due_of(db, org_id)
    draw(db, one)
    assert db.call(find_card, org_id, event_id) == one.digest
    assert db.call(read_card, org_id, event_id, one.digest) == b"PNG"
    with pytest.raises(Missing):
        db.call(read_card, org_id, event_id, "0" * 32)
    assert due_of(db, org_id) == []
    db.call(change_event, org_id, event_id, EventChange(description="Other"), actor="t")
    assert due_of(db, org_id) == []
    db.call(change_event, org_id, event_id, EventChange(title="Another"), actor="t")
    (other,) = due_of(db, org_id)
    assert (other.card.title, other.digest == one.digest) == ("Another", False)


@pytest.mark.parametrize(
    ("details", "state"),
    [
        (EventDetails(), EventState.DRAFT),
        (EventDetails(is_public=False), EventState.OPEN),
        (EventDetails(is_private=True), EventState.OPEN),
    ],
    ids=["draft", "unlisted", "private"],
)
def test_what_is_listed_nowhere_has_none(
    db: Database, details: EventDetails, state: EventState
) -> None:
    slug = f"card-{state}-{details.visibility}"
    org_id, event_id = db.call(_event, slug, details, state)
    assert due_of(db, org_id) == []
    assert db.call(find_card, org_id, event_id) == ""
    with pytest.raises(Missing):
        db.call(read_card, org_id, event_id, "")


def test_a_draft_again_shows_its_picture_to_nobody(db: Database) -> None:
    org_id, event_id = db.call(_event, "card-again", EventDetails(), EventState.OPEN)
    (one,) = due_of(db, org_id)
    draw(db, one)
    db.call(store_event_state, org_id, event_id, EventState.DRAFT, actor="t")
    with pytest.raises(Missing):
        db.call(read_card, org_id, event_id, one.digest)
