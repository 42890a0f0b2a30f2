"""Cancelling gives every place back, once, no matter who else is at the same registration."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.core.registrations.desk import Held
from tests.core.registrations.invariants import find_faults
from turnout.core.audit.recording import list_entries
from turnout.core.registrations.giving_back import cancel_registration
from turnout.core.registrations.intake import process
from turnout.core.tickets.issuing import TicketState
from turnout.errors import Missing

ADA = "ada@example.com"
SUCCESS = ("success", None)


@pytest.fixture(autouse=True)
def _all_is_well(db):
    yield
    assert db.call(find_faults) == {}


def cancel(desk, email: str) -> bool:
    number = desk.get(email).registration.id
    return desk.db.call(cancel_registration, desk.org_id, number, actor="test")


def test_cancelling_frees_every_place_and_ends_the_ticket(desk):
    desk.decide(desk.apply(ADA), desk.apply("bob@example.com", desk.paks[:1]))
    assert desk.held() == Held(2, 2, [2, 1, 1])
    assert cancel(desk, ADA)
    assert desk.held() == Held(1, 1, [1, 0, 0])
    kept = desk.get(ADA)
    assert (kept.registration.state, kept.sessions) == ("cancelled", [])
    assert kept.tickets == {TicketState.CANCELLED: 1}
    assert desk.get("bob@example.com").tickets == {TicketState.VALID: 1}


def test_cancelling_again_changes_nothing(desk, db):
    desk.decide(desk.apply(ADA))
    assert [cancel(desk, ADA) for _ in range(3)] == [True, False, False]
    assert desk.held() == Held(0, 0, [0, 0, 0])
    number = desk.get(ADA).registration.id
    entries = db.call(list_entries, desk.org_id, "registration", number)
    assert [entry.action for entry in entries] == ["cancelled"]


def test_a_freed_place_can_be_had_by_somebody_else(desk):
    desk.set("sessions", desk.account.sessions[0].id, capacity=1)
    desk.set("events", desk.event.id, capacity=1)
    desk.set("ticket_types", desk.ticket_type_id, capacity=1)
    first, second = desk.apply(ADA, desk.paks[:1]), desk.apply("bob@example.com", desk.paks[:1])
    assert desk.decide(first, second) == [SUCCESS, ("failed", "session.full")]
    assert cancel(desk, ADA)
    assert desk.decide(second) == [SUCCESS]
    assert desk.held() == Held(1, 1, [1, 0, 0])


def test_what_belongs_to_another_organization_is_missing(desk, db, org_id):
    desk.decide(desk.apply(ADA))
    number = desk.get(ADA).registration.id
    for org, registration in ((org_id, number), (desk.org_id, number + 10**6)):
        with pytest.raises(Missing) as refusal:
            db.call(cancel_registration, org, registration, actor="test")
        assert refusal.value.code == "registration.missing"
    assert desk.held() == Held(1, 1, [1, 1, 1])


def test_cancelling_at_once_gives_the_places_back_once(desk, db):
    emails = [f"{n}@example.com" for n in range(10)]
    desk.decide(*(desk.apply(email) for email in emails))
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda email: cancel(desk, email), emails * 3))
    assert sum(answers) == 10
    assert desk.held() == Held(0, 0, [0, 0, 0])


def test_cancelling_and_extending_at_once_never_leave_half_of_each(desk, db):
    """Whichever comes first, places are held by confirmed registrations only."""
    emails = [f"{n}@example.com" for n in range(25)]
    desk.decide(*(desk.apply(email, desk.paks[:1]) for email in emails))
    numbers = [desk.get(email).registration.id for email in emails]
    desk.accept(*(desk.apply(email, desk.paks[1:]) for email in emails))
    cancelled, decided = [], []
    with ThreadPoolExecutor(4) as pool:
        for number in numbers:
            decided.append(pool.submit(db.call, process, 1))
            cancelled.append(
                pool.submit(db.call, cancel_registration, desk.org_id, number, actor="test")
            )
    assert all(future.result() for future in cancelled)
    assert sum(future.result().done for future in decided) + desk.node.run_intake() == len(emails)
    states = {email: desk.get(email).registration.state for email in emails}
    for email, state in states.items():
        assert bool(desk.get(email).sessions) is (state == "confirmed")
