"""Places: taken while there are some, given back, never more than there are."""

import pytest

from tests.store.notes import in_threads
from turnout.core.events.model import EventState
from turnout.core.events.programme import list_sessions, list_ticket_types
from turnout.core.registrations import places
from turnout.core.registrations.deciding import list_wanted_sessions
from turnout.core.registrations.model import WantedSession
from turnout.core.registrations.submissions import TargetNoun
from turnout.errors import Unavailable


def held(db, account) -> list[int]:
    """Places taken: in each session of the event, of its ticket type, in the event."""
    sessions = db.call(list_sessions, account.org_id, account.event.id)
    (ticket_type,) = db.call(list_ticket_types, account.org_id, account.event.id)
    event = f"SELECT held FROM events WHERE id = {account.event.id}"
    taken = db.call(lambda tx: tx.connection.execute(event).fetchone()[0])
    return [*(session.held for session in sessions), ticket_type.held, taken]


@pytest.fixture
def limit(node, account):
    """Sets a capacity behind the product's back."""

    def set_capacity(table: str, number: int, capacity: int) -> None:
        where = f"WHERE org_id = {account.org_id} AND id = {number}"
        node.execute(f"UPDATE {table} SET capacity = {capacity} {where}")

    return set_capacity


def test_session_places_are_taken_where_there_are_some(db, account, limit):
    one, two, three = (session.id for session in account.sessions)
    limit("sessions", one, 0)
    limit("sessions", two, 1)
    take = places.take_session_places
    assert db.call(take, account.org_id, [one, two, three]) == {two, three}
    assert db.call(take, account.org_id, [three, two, one]) == {three}
    assert held(db, account) == [0, 1, 2, 0, 0]
    db.call(places.release_session_place, account.org_id, two)
    assert db.call(take, account.org_id, [two]) == {two}
    assert db.call(take, account.org_id, []) == set()
    assert db.call(take, account.org_id + 1, [three]) == set()


def test_event_places_and_tickets_are_taken_while_there_are_some(db, account, limit):
    (ticket_type,) = db.call(list_ticket_types, account.org_id, account.event.id)
    limit("events", account.event.id, 1)
    limit("ticket_types", ticket_type.id, 2)
    event = (account.org_id, account.event.id)
    assert [db.call(places.take_event_place, *event) for _ in range(2)] == [
        EventState.OPEN,
        None,
    ]
    assert [db.call(places.take_default_ticket, *event) for _ in range(3)] == [
        places.TakenTicket(ticket_type.id, None, price_minor=0),
        places.TakenTicket(ticket_type.id, None, price_minor=0),
        None,
    ]
    assert held(db, account) == [0, 0, 0, 2, 1]
    db.call(places.release_event_place, *event)
    db.call(places.release_ticket, account.org_id, ticket_type.id)
    assert held(db, account) == [0, 0, 0, 1, 0]


@pytest.mark.parametrize("table", ["sessions", "ticket_types", "events"])
def test_the_tables_themselves_refuse_more_than_there_is_and_less_than_none(
    db, node, account, table
):
    where = f"WHERE org_id = {account.org_id}"
    node.execute(f"UPDATE {table} SET capacity = 1 {where}")
    for wrong in (2, -1):
        with pytest.raises(Exception, match=r"(?i)check") as refusal:
            node.execute(f"UPDATE {table} SET held = {wrong} {where}")
        assert not isinstance(refusal.value, Unavailable)
    assert held(db, account) == [0] * 5


def test_takers_at_once_get_exactly_what_there_is(db, account, limit):
    ids = [session.id for session in account.sessions]
    for number in ids:
        limit("sessions", number, 10)
    got: list[int] = []

    def take(number: int) -> None:
        order = ids if number % 2 else ids[::-1]
        for _ in range(5):
            got.extend(db.call(places.take_session_places, account.org_id, order))

    in_threads(6, take)
    assert sorted(got) == sorted(ids * 10)
    assert held(db, account) == [10, 10, 10, 0, 0]


def test_only_sessions_of_the_target_are_found(db, account):
    paks = [session.pak for session in (*account.sessions, *account.channel_sessions)]

    def wanted(noun: TargetNoun, target_id: int, asked: list[str], org_id=account.org_id):
        found = db.call(list_wanted_sessions, org_id, asked, noun, target_id)
        return [session.pak for session in found]

    own, webinars = paks[:3], paks[3:]
    assert wanted(TargetNoun.EVENT, account.event.id, paks[::-1]) == own
    assert wanted(TargetNoun.CHANNEL, account.channel.id, paks[::-1]) == webinars
    assert wanted(TargetNoun.EVENT, account.channel.id, paks) == []
    assert wanted(TargetNoun.CHANNEL, account.event.id, paks) == []
    assert wanted(TargetNoun.EVENT, account.event.id, ["1" * 16, own[1], ""]) == [own[1]]
    assert wanted(TargetNoun.EVENT, account.event.id, paks, account.org_id + 1) == []
    (first,) = db.call(
        list_wanted_sessions, account.org_id, own[:1], TargetNoun.EVENT, account.event.id
    )
    assert first == WantedSession(
        pak=own[0],
        id=account.sessions[0].id,
        event_id=account.event.id,
        state="open",
        event_state="open",
        is_exam=0,
        mails_tickets=0,
        waits_when_full=0,
        ticket_type_ids="[]",
        has_questions=0,
        places_left=None,
    )
