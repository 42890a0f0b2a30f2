"""The order of an event's parts, copies of a session, and ticket types that can go."""

import pytest

from tests.support.builder import Builder
from turnout.core.audit.recording import list_entries
from turnout.core.events.arranging import (
    TypeUses,
    copy_session,
    list_type_uses,
    move_session,
    move_ticket_type,
    remove_ticket_type,
)
from turnout.core.events.model import SessionState
from turnout.core.events.programme import list_sessions, list_ticket_types
from turnout.core.events.sessions import SessionChange, change_session, list_session_texts
from turnout.core.ids import SessionId, TicketTypeId
from turnout.core.registrations.offers import join_list
from turnout.errors import Conflict, Invalid, Missing
from turnout.store import Database, Tx

NOBODY = TypeUses(is_default=False, tickets=0, waiting=0, invitations=0, named_by=[])


def _sessions(tx: Tx, slug: str):
    house = Builder(tx, slug)
    event = house.event()
    return house.org_id, event, [house.session(event, title) for title in ("A", "B", "C")]


def _types(tx: Tx, slug: str):
    house = Builder(tx, slug)
    event = house.event()
    types = [house.ticket_type(event, name, capacity=0) for name in ("Hall", "Balcony")]
    return house, event, types


@pytest.mark.parametrize(
    ("place", "after"), [(1, "CAB"), (2, "ACB"), (3, "ABC"), (9, "ABC")], ids=str
)
def test_move_session(db: Database, place: int, after: str) -> None:
    org_id, event, made = db.call(_sessions, f"move-{place}")
    db.call(move_session, org_id, event.id, made[2].id, place, actor="test")
    assert "".join(s.title for s in db.call(list_sessions, org_id, event.id)) == after


def test_move_what_is_not_there(db: Database) -> None:
    org_id, event, made = db.call(_sessions, "move-missing")
    with pytest.raises(Missing, match="session"):
        db.call(move_session, org_id, event.id, SessionId(1), 1, actor="test")
    with pytest.raises(Invalid):
        db.call(move_session, org_id, event.id, made[0].id, 0, actor="test")
    with pytest.raises(Missing, match="ticket type"):
        db.call(move_ticket_type, org_id, event.id, TicketTypeId(1), 1, actor="test")


def test_move_ticket_type(db: Database) -> None:
    house, event, (_, balcony) = db.call(_types, "move-type")
    db.call(move_ticket_type, house.org_id, event.id, balcony.id, 1, actor="test")
    found = db.call(list_ticket_types, house.org_id, event.id)
    assert [kind.name for kind in found] == ["Balcony", "General admission", "Hall"]


def test_copy_session(db: Database) -> None:
    def copy(tx: Tx):
        org_id, event, (first, *_) = _sessions(tx, "copy-session")
        change = SessionChange(description="**Why**", track="Rails", room="Hall", position=7)
        change_session(tx, org_id, event.id, first.id, change, actor="test")
        made = copy_session(tx, org_id, event.id, first.id, title="A again", actor="test")
        texts = {text.id: text for text in list_session_texts(tx, org_id, event.id)}
        return first, made, texts[first.id], texts[made.id]

    first, made, text, copied = db.call(copy)
    assert (made.title, made.state, made.held) == ("A again", SessionState.OPEN, 0)
    assert (made.starts_at, made.ends_at) == (first.starts_at, first.ends_at)
    assert made.pak != first.pak
    assert copied == text._replace(id=made.id)


def test_unused_type_goes(db: Database) -> None:
    house, event, (hall, balcony) = db.call(_types, "free-type")
    assert db.call(list_type_uses, house.org_id, event.id)[hall.id] == NOBODY
    db.call(remove_ticket_type, house.org_id, event.id, hall.id, actor="test")
    left = [kind.name for kind in db.call(list_ticket_types, house.org_id, event.id)]
    assert left == ["General admission", balcony.name]
    with pytest.raises(Missing):
        db.call(remove_ticket_type, house.org_id, event.id, hall.id, actor="test")


def test_used_type_stays(db: Database) -> None:
    def use(tx: Tx):
        house, event, (hall, balcony) = _types(tx, "used-type")
        default = house.default_type(event)
        session = house.session(event, "Gallery")
        change = SessionChange(ticket_type_ids=[balcony.id])
        change_session(tx, house.org_id, event.id, session.id, change, actor="test")
        house.campaign(event, hall, house.people("ann"))
        join_list(tx, house.org_id, event.id, hall.id, *house.people("bob"))
        return house.org_id, event, default, hall, balcony

    org_id, event, default, hall, balcony = db.call(use)
    uses = db.call(list_type_uses, org_id, event.id)
    assert uses[default.id] == NOBODY._replace(is_default=True)
    assert uses[hall.id] == NOBODY._replace(waiting=1, invitations=1)
    assert uses[balcony.id] == NOBODY._replace(named_by=[("session", "Gallery")])
    for kind, code in ((default, "default"), (hall, "in_use"), (balcony, "named")):
        with pytest.raises(Conflict) as refused:
            db.call(remove_ticket_type, org_id, event.id, kind.id, actor="test")
        assert refused.value.code == f"ticket_type.{code}"


def test_is_audited(db: Database) -> None:
    house, event, (hall, _) = db.call(_types, "type-audit")
    db.call(move_ticket_type, house.org_id, event.id, hall.id, 1, actor="user:1")
    db.call(remove_ticket_type, house.org_id, event.id, hall.id, actor="user:1")
    entries = db.call(list_entries, house.org_id, "ticket_type", hall.id)
    assert {(entry.actor, entry.action) for entry in entries} == {
        ("test", "created"),
        ("user:1", "moved"),
        ("user:1", "deleted"),
    }
