"""Sessions and answers of the registration API are kept while somebody waits, and used at last."""

import pytest

from tests.core.registrations.desk import Desk
from tests.core.registrations.invariants import find_faults
from tests.support.turns import move_on
from turnout.core.events.model import SessionState
from turnout.core.events.programme import set_session_state
from turnout.core.events.sessions import SessionChange, change_session
from turnout.core.ids import EntryId
from turnout.core.people.model import Contact
from turnout.core.questions.model import Answer
from turnout.core.registrations.changing import add_by_staff
from turnout.core.registrations.choices import set_choices
from turnout.core.registrations.joining import register_directly
from turnout.core.registrations.offers import take_offer
from turnout.core.waiting_list.entries import list_entries

EMAIL = "bob@example.com"


@pytest.fixture
def desk(desk: Desk) -> Desk:
    """Bob asked for all three sessions of a full event, and for his place on its list."""
    desk.db.call(set_choices, desk.org_id, desk.event.id, waits_when_full=True, actor="test")
    desk.set("events", desk.event.id, capacity=0)
    asked = desk.apply(EMAIL, desk.paks[:2], company="Acme")
    assert (
        desk.decide(asked, desk.apply(EMAIL, desk.paks[2:])) == [("success", "waiting.joined")] * 3
    )
    return desk


def offer(desk: Desk) -> EntryId:
    desk.node.execute(f"UPDATE events SET capacity = 1 WHERE id = {desk.event.id}")
    desk.db.call(move_on)
    (entry,) = desk.db.call(list_entries, desk.org_id, desk.event.id, limit=9)
    assert entry.state == "offered"
    return entry.id


def by_page(desk: Desk) -> None:
    desk.db.call(
        register_directly, desk.org_id, desk.event.id, desk.ticket_type_id, Contact(email=EMAIL)
    )


def by_staff(desk: Desk) -> None:
    desk.db.call(add_by_staff, desk.org_id, desk.event.id, Contact(email=EMAIL), actor="test")


def by_api(desk: Desk) -> None:
    assert desk.decide(desk.apply(EMAIL, desk.paks[:1])) == [("success", None)]


def by_link(desk: Desk) -> None:
    (entry,) = desk.db.call(list_entries, desk.org_id, desk.event.id, limit=9)
    desk.db.call(take_offer, desk.org_id, entry.id, actor="guest")


@pytest.mark.parametrize("take", [by_link, by_page, by_staff, by_api])
def test_whatever_door_gives_the_place_books_what_was_asked_for(desk: Desk, take) -> None:
    offer(desk)
    take(desk)
    kept = desk.get(EMAIL)
    assert kept.sessions == [session.title for session in desk.account.sessions]
    assert kept.registration.submitted.answers == [Answer("Asked by", EMAIL)]
    assert kept.registration.submitted.contact == Contact(email=EMAIL, company="Acme")
    assert desk.held() == (1, 1, [1, 1, 1])
    assert desk.db.call(find_faults) == {}


def test_sessions_that_cannot_be_had_any_more_are_left_out(desk: Desk) -> None:
    full, cancelled, other = (session.id for session in desk.account.sessions)
    entry = offer(desk)
    desk.set("sessions", full, capacity=0)
    desk.db.call(set_session_state, desk.org_id, cancelled, SessionState.CANCELLED, actor="test")
    wanted = SessionChange(ticket_type_ids=[desk.ticket_type_id])
    desk.db.call(change_session, desk.org_id, desk.event.id, other, wanted, actor="test")
    desk.db.call(take_offer, desk.org_id, entry, actor="guest")
    assert desk.get(EMAIL).sessions == [desk.account.sessions[2].title]
    assert desk.held() == (1, 1, [0, 0, 1])
    assert desk.db.call(find_faults) == {}


def test_an_answer_given_with_the_place_is_the_newer_one(desk: Desk) -> None:
    offer(desk)
    answers = [Answer("Asked by", "staff"), Answer("Diet", "vegan")]
    desk.db.call(
        add_by_staff,
        desk.org_id,
        desk.event.id,
        Contact(email=EMAIL),
        answers=answers,
        actor="test",
    )
    assert desk.get(EMAIL).registration.submitted.answers == answers
