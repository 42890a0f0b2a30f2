"""A cancelled registration is confirmed again: tickets, payments and sessions come back."""

import pytest

from tests.core.registrations.office import Office
from tests.support.builder import contact
from turnout.core.checkin.scans import Answer, Result, Scan, check_in, undo_check_in
from turnout.core.erasure.erasing import erase_person
from turnout.core.payments.settling import (
    OVERDUE,
    Payment,
    PaymentState,
    ask_for_payment,
    list_payments,
    set_refuses_unpaid,
    settle,
)
from turnout.core.registrations.changing import set_type
from turnout.core.registrations.giving_back import cancel_registration, give_back_granted
from turnout.core.registrations.model import RegistrationState
from turnout.core.registrations.restoring import restore_registration
from turnout.core.registrations.transferring import transfer_ticket
from turnout.core.tickets.issuing import Grant, GrantKind
from turnout.core.work.claims import turn
from turnout.errors import Conflict

DAY_MS = 86_400_000
NOBODY = {"event": 0, "general": 0, "hall": 0, "talk": 0, "tour": 0}


@pytest.fixture
def office(node) -> Office:
    return Office(node, 2)


def ask(office: Office, code: str, amount: int = 4950) -> None:
    due_at = office.db.clock() + DAY_MS
    office.act(ask_for_payment, code, amount, "EUR", due_at=due_at)


def payments(office: Office) -> list[Payment]:
    return office.call(list_payments, office.event_id, limit=9)


def states(office: Office) -> list[tuple[str, str]]:
    return [(payment.code, payment.state.value) for payment in payments(office)]


def sweep(office: Office) -> None:
    claimed = office.db.call(turn, OVERDUE, [], 9)
    office.db.call(turn, OVERDUE, claimed, 0)


def again(office: Office, id_: int) -> str:
    """Cancel it and restore it; the code of the new ticket."""
    office.act(cancel_registration, id_)
    return office.act(restore_registration, id_).ticket.code


def test_a_cancelled_registration_is_restored_with_its_sessions(office):
    id_ = office.add("ann", ticket_type_id=office.hall, session_ids=[office.talk, office.tour])
    [old] = office.tickets(id_)
    assert office.act(restore_registration, id_) is None
    office.act(cancel_registration, id_)
    assert office.held() == NOBODY
    office.add("bob", session_ids=[office.tour])
    granted = office.act(restore_registration, id_)
    assert granted.registration_id == id_
    assert granted.ticket.code != old.code
    assert granted.ticket.ticket_type_id == office.hall
    assert office.sessions(id_) == [office.talk]
    assert office.held() == {"event": 2, "general": 1, "hall": 1, "talk": 1, "tour": 1}
    assert office.audited(id_) == ["added", "cancelled", "restored"]


def test_restoring_gives_the_type_of_last_and_no_sessions_that_went_elsewhere(office):
    id_ = office.add("ann", session_ids=[office.talk])
    office.act(set_type, id_, office.hall)
    office.act(cancel_registration, id_)
    office.act(restore_registration, id_)
    [ticket] = office.tickets(id_)
    assert (ticket.ticket_type_id, office.sessions(id_)) == (office.hall, [office.talk])
    office.act(transfer_ticket, ticket.code, contact("zoe"))
    office.act(restore_registration, id_)
    assert office.sessions(id_) == []
    assert office.held() == {"event": 2, "general": 0, "hall": 2, "talk": 1, "tour": 0}


def test_sessions_of_a_declined_invitation_are_restored(office):
    id_ = office.add("ann", session_ids=[office.talk])
    grant = Grant(GrantKind.STAFF)
    assert office.act(give_back_granted, id_, grant) == []
    office.act(restore_registration, id_)
    assert office.sessions(id_) == [office.talk]


def test_somebody_who_came_in_is_still_in(office):
    id_ = office.add("ann")
    office.add("ann", ticket_type_id=office.hall)
    came, _ = office.tickets(id_)
    at = office.db.clock()
    office.call(check_in, office.event_id, Scan(code=came.code, at=at))
    office.node.clock.now += DAY_MS
    office.act(cancel_registration, id_)
    restored = office.act(restore_registration, id_)
    in_, out = sorted(restored.tickets, key=lambda one: one.ticket_type_id != came.ticket_type_id)
    assert restored.checked_in == [in_.code]
    later = {"at": office.db.clock(), "device": "door"}
    answers = [
        office.call(check_in, office.event_id, Scan(code=code, **later))
        for code in (came.code, in_.code, out.code)
    ]
    assert answers == [
        Answer(Result.CANCELLED, at),
        Answer(Result.REPEATED, at),
        Answer(Result.ADMITTED, office.db.clock()),
    ]


def test_a_check_in_that_was_undone_does_not_come_back(office):
    id_ = office.add("ann")
    scan = Scan(code=office.tickets(id_)[0].code, at=office.db.clock())
    office.call(check_in, office.event_id, scan)
    office.call(undo_check_in, office.event_id, scan)
    office.act(cancel_registration, id_)
    assert office.act(restore_registration, id_).checked_in == []


def test_an_open_payment_comes_back_and_unpaid_people_stay_out(office):
    office.act(set_refuses_unpaid, office.event_id, is_refused=True)
    id_ = office.add("ann")
    [old] = office.tickets(id_)
    ask(office, old.code)
    [before] = payments(office)
    new = again(office, id_)
    [after] = payments(office)
    assert after == before._replace(code=new)
    scan = Scan(code=new, at=office.db.clock())
    assert office.call(check_in, office.event_id, scan).result is Result.UNPAID
    office.act(settle, new, PaymentState.PAID)
    assert office.call(check_in, office.event_id, scan).result is Result.ADMITTED


@pytest.mark.parametrize("is_swept", [False, True])
def test_what_was_not_paid_in_time_has_time_again(office, is_swept):
    id_ = office.add("ann")
    ask(office, office.tickets(id_)[0].code)
    if not is_swept:
        office.act(cancel_registration, id_)
    office.node.clock.now += 2 * DAY_MS
    sweep(office)
    assert office.get(id_).state is RegistrationState.CANCELLED
    [ended] = payments(office)
    assert (ended.state.value, ended.lapsed_at is not None) == ("cancelled", is_swept)
    new = office.act(restore_registration, id_).ticket.code
    [payment] = payments(office)
    assert (payment.code, payment.state.value, payment.lapsed_at) == (new, "open", None)
    assert payment.due_at > office.db.clock() + DAY_MS
    sweep(office)
    assert office.get(id_).state is RegistrationState.CONFIRMED


def test_paid_and_waived_stay_so_and_what_was_paid_back_is_open_again(office):
    for name, wanted, comes in (
        ("ann", [PaymentState.PAID], ["paid"]),
        ("bob", [PaymentState.WAIVED], ["waived"]),
        ("cid", [PaymentState.PAID, PaymentState.REFUNDED], ["refunded", "open"]),
    ):
        id_ = office.add(name)
        [old] = office.tickets(id_)
        ask(office, old.code)
        for state in wanted:
            office.act(settle, old.code, state)
        new = again(office, id_)
        own = [one.state.value for one in payments(office) if one.code in (old.code, new)]
        assert own == comes
        office.act(cancel_registration, id_)


def test_a_payment_goes_to_the_new_holder_and_not_back(office):
    id_ = office.add("ann")
    [old] = office.tickets(id_)
    ask(office, old.code)
    office.act(settle, old.code, PaymentState.PAID)
    theirs = office.act(transfer_ticket, old.code, contact("zoe"))
    mine = office.act(restore_registration, id_).ticket.code
    assert states(office) == [(theirs, "paid")]
    assert mine != theirs


def test_all_tickets_come_back_with_their_payments(office):
    id_ = office.add("ann")
    office.add("ann", ticket_type_id=office.hall)
    general, hall = office.tickets(id_)
    ask(office, general.code, 100)
    ask(office, hall.code, 900)
    office.act(settle, hall.code, PaymentState.PAID)
    office.act(cancel_registration, id_)
    assert office.held() == NOBODY
    restored = office.act(restore_registration, id_)
    codes = {ticket.ticket_type_id: ticket.code for ticket in restored.tickets}
    assert set(codes) == {office.general, office.hall}
    assert restored.lost == []
    assert sorted((one.amount_minor, one.code, one.state.value) for one in payments(office)) == [
        (100, codes[office.general], "open"),
        (900, codes[office.hall], "paid"),
    ]
    assert office.held() == NOBODY | {"event": 1, "general": 1, "hall": 1}
    assert office.mails() == 4


def test_what_has_no_place_is_named(node):
    office = Office(node, 4)
    id_ = office.add("ann", session_ids=[office.tour])
    office.add("ann", ticket_type_id=office.hall)
    office.act(cancel_registration, id_)
    office.add("bob", ticket_type_id=office.hall, session_ids=[office.tour])
    office.add("cid", ticket_type_id=office.hall)
    restored = office.act(restore_registration, id_)
    assert [ticket.ticket_type_id for ticket in restored.tickets] == [office.general]
    assert restored.lost == ["Hall", "Tour"]
    assert office.held() == {"event": 3, "general": 1, "hall": 2, "talk": 0, "tour": 1}


def test_a_ticket_that_was_given_back_before_stays_so(office):
    id_ = office.add("ann")
    office.add("ann", ticket_type_id=office.hall)
    general, _ = office.tickets(id_)
    office.act(transfer_ticket, general.code, contact("zoe"))
    office.act(cancel_registration, id_)
    restored = office.act(restore_registration, id_)
    assert [ticket.ticket_type_id for ticket in restored.tickets] == [office.hall]


def test_nobody_who_was_erased_is_restored(own_node):
    office = Office(own_node)
    id_ = office.add("ann")
    office.act(cancel_registration, id_)
    office.act(erase_person, office.person("ann").id)
    with pytest.raises(Conflict) as refused:
        office.act(restore_registration, id_)
    assert refused.value.code == "registration.erased"
    assert office.held() == NOBODY
