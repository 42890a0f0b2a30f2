"""Walk-ins: what the gate at hand lets in, and what they owe."""

from typing import Any

import pytest

from tests.support.failures import refuses
from turnout.core.door.arrivals import list_walk_in_types, walk_in
from turnout.core.door.decisions import Decision, Verdict
from turnout.core.door.model import DoorRole
from turnout.core.door.paying import take_payment
from turnout.core.events.programme import create_ticket_type
from turnout.core.events.sessions import SessionChange, change_session
from turnout.core.payments.settling import PaymentState, list_payments, set_refuses_unpaid
from turnout.core.people.model import Contact
from turnout.core.registrations.changing import add_by_staff
from turnout.core.registrations.giving_back import cancel_registration
from turnout.core.registrations.places import set_session_capacity
from turnout.errors import Conflict, Denied, Invalid

LEE = Contact(email="", first_name="Lee")
KIM = Contact(email="kim@example.com", first_name="Kim")


def add_type(desk: Any, name: str, price_minor: int = 0) -> Any:
    where = (desk.org_id, desk.event.id)
    return desk.db.call(
        create_ticket_type, *where, name, price_minor=price_minor, currency="EUR", actor="t"
    ).id


def come(desk: Any, device: Any, kind: Any, contact: Contact = LEE, nonce: str = "") -> Decision:
    return desk.db.call(walk_in, *device, contact, kind, nonce)


def test_a_gate_of_sessions_books_the_session_that_is_on(desk, hall):
    hall.go_to_the_day()
    first, second = desk.account.sessions[:2]
    gate = hall.gate("Workshops", sessions=[first.id, second.id])
    chief = hall.device("Desk", DoorRole.SUPERVISOR, gate)
    fitting = desk.db.call(list_walk_in_types, *chief)
    assert {one.session.id for one in fitting} == {first.id}
    assert come(desk, chief, None).verdict is Verdict.ADMITTED
    code = desk.ask(f"SELECT code FROM tickets WHERE org_id = {desk.org_id}")[0]
    # The gate lets them in again: the session is booked.
    assert hall.scan(chief, code).verdict is Verdict.AGAIN
    desk.db.call(set_session_capacity, desk.org_id, first.id, 1, actor="t")
    assert [one.left for one in desk.db.call(list_walk_in_types, *chief)] == [0]
    with pytest.raises(Conflict):
        come(desk, chief, None)


def test_a_gate_offers_only_the_types_that_may_book_its_session(desk, hall):
    hall.go_to_the_day()
    first = desk.account.sessions[0]
    expert, dinner = add_type(desk, "Expert"), add_type(desk, "Dinner")
    change = SessionChange(ticket_type_ids=(expert,))
    desk.db.call(change_session, desk.org_id, desk.event.id, first.id, change, actor="t")
    gate = hall.gate("Mixed", types=[dinner], sessions=[first.id])
    chief = hall.device("Desk", DoorRole.SUPERVISOR, gate)
    fitting = desk.db.call(list_walk_in_types, *chief)
    assert [(one.ticket_type.id, bool(one.session)) for one in fitting] == [
        (expert, True),
        (dinner, False),
    ]
    with refuses(Invalid, "door.walk_in_type"):
        come(desk, chief, None)
    assert come(desk, chief, expert).verdict is Verdict.ADMITTED
    with refuses(Invalid, "ticket_type.not_in_event"):
        come(desk, chief, 5)


def test_on_another_day_a_gate_of_sessions_registers_nobody(desk, hall):
    hall.go_to_the_day()
    desk.node.clock.now -= 5 * 86_400_000
    gate = hall.gate("Workshops", sessions=[desk.account.sessions[0].id])
    chief = hall.device("Desk", DoorRole.SUPERVISOR, gate)
    assert desk.db.call(list_walk_in_types, *chief) == []
    with refuses(Invalid, "door.walk_in_session"):
        come(desk, chief, None)


def test_what_a_walk_in_owes_is_told_and_paid_once(desk, hall):
    dinner = add_type(desk, "Dinner", 1050)
    chief = hall.device("Desk", DoorRole.SUPERVISOR)
    told = come(desk, chief, dinner, nonce="nonce-pays-1")
    assert (told.verdict, told.open_minor, told.currency) == (Verdict.ADMITTED, 1050, "EUR")
    assert come(desk, chief, dinner, nonce="nonce-pays-1") == told
    shown = hall.shown(ticket=told.ticket)
    for _ in range(2):
        paid = desk.db.call(take_payment, *chief, shown)
        assert (paid.verdict, paid.open_minor) == (Verdict.ADMITTED, 0)
    (payment,) = desk.db.call(list_payments, desk.org_id, desk.event.id, limit=9)
    assert payment.state is PaymentState.PAID
    by = f"SELECT actor FROM audit_entries WHERE org_id = {desk.org_id} AND action = 'paid'"
    assert desk.ask(by) == ["device:Desk"]
    with pytest.raises(Denied):
        desk.db.call(take_payment, *hall.device("Door 1"), shown)
    free = come(desk, chief, None)
    code = desk.ask(f"SELECT code FROM tickets WHERE id = {free.ticket}")[0]
    with refuses(Conflict, "payment.none", code=code):
        desk.db.call(take_payment, *chief, hall.shown(ticket=free.ticket))


def test_where_unpaid_tickets_are_refused_a_walk_in_comes_in_by_paying(desk, hall):
    dinner = add_type(desk, "Dinner", 1050)
    where = (desk.org_id, desk.event.id)
    desk.db.call(set_refuses_unpaid, *where, is_refused=True, actor="t")
    chief = hall.device("Desk", DoorRole.SUPERVISOR)
    told = come(desk, chief, dinner, nonce="nonce-pays-2")
    assert (told.verdict, told.open_minor, told.first_at) == (Verdict.UNPAID, 1050, None)
    assert come(desk, chief, dinner, nonce="nonce-pays-2").verdict is Verdict.UNPAID
    shown = hall.shown(ticket=told.ticket)
    paid = desk.db.call(take_payment, *chief, shown)
    assert (paid.verdict, paid.first_at) == (Verdict.ADMITTED, hall.now)
    assert desk.db.call(take_payment, *chief, shown).verdict is Verdict.ADMITTED
    assert come(desk, chief, dinner, nonce="nonce-pays-2").verdict is Verdict.ADMITTED


def test_what_was_paid_for_a_ticket_that_was_given_up_is_not_asked_for_again(desk, hall):
    dinner = add_type(desk, "Dinner", 1050)
    chief = hall.device("Desk", DoorRole.SUPERVISOR)
    told = come(desk, chief, dinner, KIM)
    desk.db.call(take_payment, *chief, hall.shown(ticket=told.ticket))
    desk.db.call(cancel_registration, desk.org_id, desk.get(KIM.email).registration.id, actor="t")
    assert come(desk, chief, dinner, KIM).open_minor == 0


def test_somebody_who_has_the_ticket_already_is_asked_for_nothing(desk, hall):
    dinner = add_type(desk, "Dinner", 1050)
    where = (desk.org_id, desk.event.id)
    desk.db.call(add_by_staff, *where, KIM, ticket_type_id=dinner, actor="t")
    chief = hall.device("Desk", DoorRole.SUPERVISOR)
    told = come(desk, chief, dinner, KIM)
    assert (told.verdict, told.open_minor) == (Verdict.ADMITTED, 0)
