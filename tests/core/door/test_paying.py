"""Money that is taken twice leaves a trace: on both phones and in the console."""

import itertools
from typing import Any

import msgspec
import pytest

from turnout.core.door.decisions import Verdict
from turnout.core.door.model import DoorRole
from turnout.core.door.paying import take_payment
from turnout.core.door.uploading import (
    Act,
    OfflineScan,
    list_conflicts,
    list_own_conflicts,
    upload_scans,
)
from turnout.core.payments.settling import (
    PaymentState,
    ask_for_payment,
    list_payments,
    set_refuses_unpaid,
    settle,
)
from turnout.errors import Conflict

ANN = "ann@example.com"
_nonces = itertools.count(1)


@pytest.fixture
def ann(desk, hall) -> str:
    """A ticket that is to be paid."""
    (code,) = hall.guests(ANN, first_name="Ann", last_name="Hall")
    due_at = hall.now + 86_400_000
    desk.db.call(ask_for_payment, desk.org_id, code, 1050, "EUR", due_at=due_at, actor="t")
    desk.db.call(set_refuses_unpaid, desk.org_id, desk.event.id, is_refused=True, actor="t")
    return code


def chief(hall, name: str):
    return hall.device(name, DoorRole.SUPERVISOR, hall.gate(f"Gate of {name}"))


def paid(code: str, at: int, **more: Any) -> OfflineScan:
    facts: dict[str, Any] = {"nonce": f"paying-{next(_nonces)}", "act": Act.PAID} | more
    return OfflineScan(code=code, at=at, **facts)


def tell(conflicts: list[Any]) -> list[tuple[Any, ...]]:
    return [
        (
            *(one.name, one.verdict, one.first_device, one.first_gate, one.first_at),
            *(one.device, one.gate, one.at, one.amount_minor, one.currency),
        )
        for one in conflicts
    ]


def test_two_phones_that_took_the_money_without_a_network_are_told(desk, hall, ann):
    one, two = chief(hall, "Desk 1"), chief(hall, "Desk 2")
    at, acts = hall.now, {}
    for device in (one, two):
        acts[device[0].device.name] = [
            paid(ann, at),
            OfflineScan(code=ann, at=at, nonce=f"scan-{next(_nonces)}", is_admitted=True),
        ]
    desk.node.clock.now += 60_000
    for _ in range(2):
        for device, is_twice in ((one, False), (two, True)):
            sent = acts[device[0].device.name]
            done = desk.db.call(upload_scans, *device, sent, hall.now)
            assert [told.is_conflict for told in done] == [is_twice, is_twice]
    facts = ("Ann Hall", "paid", "Desk 1", "Gate of Desk 1", at)
    expected = [(*facts, "Desk 2", "Gate of Desk 2", at, 1050, "EUR")]
    seen = desk.db.call(list_conflicts, desk.org_id, desk.event.id, 9)
    assert [one.verdict for one in seen] == ["again", "paid"]
    for device in (one, two):
        told = tell(desk.db.call(list_own_conflicts, *device, 9))
        assert [one for one in told if one[1] == "paid"] == expected
    states = [one.state for one in desk.db.call(list_payments, desk.org_id, desk.event.id, limit=9)]
    assert states == ["paid"]


def test_a_payment_whose_answer_was_lost_is_one_payment(desk, hall, ann):
    device, shown = chief(hall, "Desk 1"), hall.shown(ann)
    assert desk.db.call(take_payment, *device, shown).verdict is Verdict.ADMITTED
    again = paid(ann, hall.now, nonce=f"{shown.nonce}-paid")
    (told,) = desk.db.call(upload_scans, *device, [again], hall.now)
    assert (told.verdict, told.is_conflict) == (Verdict.ADMITTED, False)
    assert desk.db.call(list_conflicts, desk.org_id, desk.event.id, 9) == []


def test_a_phone_that_takes_money_again_with_a_network_is_told_at_once(desk, hall, ann):
    one, two = chief(hall, "Desk 1"), chief(hall, "Desk 2")
    desk.db.call(take_payment, *one, hall.shown(ann))
    first_at, again = hall.now, hall.shown(ann)
    for _ in range(2):
        told = desk.db.call(take_payment, *two, again)
        assert (told.paid_at, told.paid_device) == (first_at, "Desk 1")
    assert desk.db.call(take_payment, *one, hall.shown(ann)).paid_at is None
    assert len(desk.db.call(list_conflicts, desk.org_id, desk.event.id, 9)) == 1


@pytest.mark.parametrize(("state", "refusal"), [("paid", ""), ("waived", "payment.settled")])
def test_money_that_was_not_wanted_any_more_is_a_conflict(desk, hall, ann, state, refusal):
    desk.db.call(settle, desk.org_id, ann, PaymentState(state), actor="t")
    settled_at, device, act = hall.now, chief(hall, "Desk 1"), paid(ann, hall.now)
    for _ in range(2):
        (told,) = desk.db.call(upload_scans, *device, [act], hall.now)
        assert (told.is_conflict, told.refusal) == (True, refusal)
    (kept,) = desk.db.call(list_conflicts, desk.org_id, desk.event.id, 9)
    first_at = None if refusal else settled_at
    assert (kept.verdict, kept.first_device, kept.first_at) == ("paid", "", first_at)
    assert (kept.device, kept.amount_minor, kept.currency) == ("Desk 1", 1050, "EUR")
    if refusal:
        shown = msgspec.structs.replace(hall.shown(ann), at=hall.now)
        with pytest.raises(Conflict):
            desk.db.call(take_payment, *device, shown)
