"""An event's way through its states, its end of registration at every door, and drafts deleted."""

import pytest

from tests.core.registrations.desk import Desk
from tests.support.builder import WHEN, contact
from turnout.core.audit.recording import list_entries
from turnout.core.events.describing import EventChange, change_event
from turnout.core.events.model import EventState
from turnout.core.events.programme import (
    add_to_channel,
    create_channel,
    create_event,
    create_session,
    get_event,
    list_sessions,
)
from turnout.core.identity.names import find_name
from turnout.core.ids import EventId
from turnout.core.people.merging import know_person
from turnout.core.registrations.event_states import Move, delete_draft, move_event
from turnout.core.registrations.granting import Wish, grant
from turnout.core.registrations.rules import RULES, Door
from turnout.core.tickets.issuing import GrantKind
from turnout.errors import Conflict, Missing

ALLOWED = {
    (Move.PUBLISH, EventState.DRAFT): EventState.OPEN,
    (Move.CLOSE, EventState.OPEN): EventState.CLOSED,
    (Move.REOPEN, EventState.CLOSED): EventState.OPEN,
}


@pytest.mark.parametrize("state", EventState)
@pytest.mark.parametrize("move", Move)
def test_each_move_is_from_one_state(db, org_id, move, state):
    event = db.call(create_event, org_id, "Summit", WHEN, state=state, actor="test")
    after = ALLOWED.get((move, state))
    if after is None:
        with pytest.raises(Conflict) as refusal:
            db.call(move_event, org_id, event.id, move, actor="test")
        assert (refusal.value.code, refusal.value.facts["state"]) == (f"event.{move}", state)
    else:
        db.call(move_event, org_id, event.id, move, actor="test")
        newest = db.call(list_entries, org_id, "event", event.id)[-1]
        assert (newest.action, newest.facts) == ("changed", {"state": [state, after]})
    assert db.call(get_event, org_id, event.id).state is (after or state)


def test_an_unknown_event_is_missing(db, org_id):
    for verb in (move_event, delete_draft):
        more = (Move.PUBLISH,) if verb is move_event else ()
        with pytest.raises(Missing):
            db.call(verb, org_id, EventId(7), *more, actor="test")


def test_a_draft_whose_registration_has_ended_is_not_published(db, org_id):
    event = db.call(create_event, org_id, "Summit", WHEN, state=EventState.DRAFT, actor="test")
    over = EventChange(registration_ends="1971-01-01T00:00")
    db.call(change_event, org_id, event.id, over, actor="test")
    with pytest.raises(Conflict) as refusal:
        db.call(move_event, org_id, event.id, Move.PUBLISH, actor="test")
    assert refusal.value.code == "event.registration_ended"
    assert db.call(get_event, org_id, event.id).state is EventState.DRAFT


REFUSED = {
    door: RULES[door].kind is not GrantKind.STAFF
    for door in Door
    if RULES[door].kind is not GrantKind.EXAM
}


@pytest.mark.parametrize(("door", "is_refused"), REFUSED.items())
def test_when_registration_has_ended_only_staff_add_people(db, org_id, door, is_refused):
    event = db.call(create_event, org_id, "Summit", WHEN, actor="test")
    over = EventChange(registration_ends="1971-01-01T00:00")
    db.call(change_event, org_id, event.id, over, actor="test")
    person = db.call(know_person, org_id, contact("ada"))
    wish = Wish(door, event.id, person, None, source="test")
    if not is_refused:
        assert db.call(grant, org_id, wish).is_new
        return
    with pytest.raises(Conflict) as refusal:
        db.call(grant, org_id, wish)
    assert refusal.value.code == "event.closed"
    assert db.call(get_event, org_id, event.id).held == 0


def test_the_queue_says_that_registration_has_ended(desk: Desk):
    over = EventChange(registration_ends="1971-01-01T00:00")
    desk.db.call(change_event, desk.org_id, desk.account.event.id, over, actor="test")
    application = desk.apply("ada@example.com")
    decided = desk.decide(application)
    assert decided == [("failed", "event.closed")] * len(decided)
    assert decided


def test_a_draft_goes_with_all_that_it_has(db, org_id):
    event = db.call(create_event, org_id, "Summit", WHEN, state=EventState.DRAFT, actor="test")
    session = db.call(create_session, org_id, event.id, "Talk", WHEN, actor="test")
    channel = db.call(create_channel, org_id, "Series", actor="test")
    db.call(add_to_channel, org_id, channel.id, event.id, actor="test")
    db.call(delete_draft, org_id, event.id, actor="test")
    with pytest.raises(Missing):
        db.call(get_event, org_id, event.id)
    assert db.call(list_sessions, org_id, event.id) == []
    names = (("pak", event.pak), ("pak", session.pak), ("guid", event.uuid))
    for namespace, name in (*names, ("event", str(event.id))):
        assert db.call(find_name, namespace, name) is None
    newest = db.call(list_entries, org_id, "event", event.id)[-1]
    assert (newest.action, newest.facts) == ("deleted", {"title": "Summit"})


@pytest.mark.parametrize(
    ("state", "code"),
    [
        (EventState.OPEN, "event.delete_state"),
        (EventState.CLOSED, "event.delete_state"),
        (EventState.CANCELLED, "event.delete_cancelled"),
    ],
)
def test_what_was_published_stays(db, org_id, state, code):
    event = db.call(create_event, org_id, "Summit", WHEN, state=state, actor="test")
    with pytest.raises(Conflict) as refusal:
        db.call(delete_draft, org_id, event.id, actor="test")
    assert refusal.value.code == code
    assert db.call(get_event, org_id, event.id) == event


def test_a_draft_with_people_stays(db, org_id):
    event = db.call(create_event, org_id, "Summit", WHEN, state=EventState.DRAFT, actor="test")
    person = db.call(know_person, org_id, contact("ada"))
    db.call(grant, org_id, Wish(Door.STAFF, event.id, person, None, source="test"))
    with pytest.raises(Conflict) as refusal:
        db.call(delete_draft, org_id, event.id, actor="test")
    assert refusal.value.code == "event.in_use"
    assert db.call(get_event, org_id, event.id).held == 1
