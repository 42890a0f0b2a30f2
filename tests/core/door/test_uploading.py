"""Offline scans are taken once and in order; the first check-in stays, and nothing is hidden."""

import itertools
from typing import Any

import pytest

from turnout.core.door.decisions import Verdict
from turnout.core.door.model import DoorRole
from turnout.core.door.scanning import scan_ticket
from turnout.core.door.undoing import UNDO_MS
from turnout.core.door.uploading import (
    MOST_SCANS,
    OLDEST_MS,
    Act,
    OfflineScan,
    Uploaded,
    list_conflicts,
    list_own_conflicts,
    upload_scans,
)
from turnout.core.payments.settling import ask_for_payment, list_payments
from turnout.core.registrations.giving_back import cancel_registration
from turnout.errors import Invalid

ANN, BOB, EVE = "ann@example.com", "bob@example.com", "eve@example.com"
MINUTE_MS = 60_000
_nonces = itertools.count(1)


def offline(code: str, at: int, **more) -> OfflineScan:
    facts: dict[str, Any] = {"nonce": f"offline-{next(_nonces)}", "is_admitted": True} | more
    return OfflineScan(code=code, at=at, **facts)


def upload(hall, device, *scans, skew=0):
    return hall.db.call(upload_scans, *device, scans, hall.now - skew)


def checked_in_at(desk, code):
    (at,) = desk.ask(f"SELECT checked_in_at FROM tickets WHERE code = '{code}'")
    return at


def test_scans_are_taken_in_order_and_once(desk, hall):
    ann, bob = hall.guests(ANN, BOB)
    device, at = hall.device("Door 1"), hall.now - 5 * MINUTE_MS
    scans = [
        offline(ann, at),
        offline(bob, at + 1),
        offline(bob, at + 2, is_admitted=False),
        offline("NOTHING", at + 3, is_admitted=False),
    ]
    verdicts = ["admitted", "admitted", "again", "unknown"]
    for _ in range(2):
        done = upload(hall, device, *scans)
        assert [one.verdict for one in done] == verdicts
        assert not any(one.is_conflict for one in done)
    assert checked_in_at(desk, ann) == at
    assert desk.count("scans") == 4


def test_the_first_upload_stays_and_the_other_is_a_conflict(desk, hall):
    (ann,) = hall.guests(ANN, first_name="Ann")
    one, two = hall.device("Door 1"), hall.device("Door 2")
    at = hall.now - 5 * MINUTE_MS
    upload(hall, one, offline(ann, at + MINUTE_MS))
    late = offline(ann, at)
    for _ in range(2):
        (done,) = upload(hall, two, late)
        assert (done.verdict, done.is_conflict) == (Verdict.AGAIN, True)
    assert checked_in_at(desk, ann) == at + MINUTE_MS
    (kept,) = desk.db.call(list_conflicts, desk.org_id, desk.event.id, 10)
    assert (kept.name.strip(), kept.first_device, kept.device) == ("Ann", "Door 1", "Door 2")
    assert (kept.first_at, kept.at) == (at + MINUTE_MS, at)
    for device, count in ((one, 1), (two, 1), (hall.device("Door 3"), 0)):
        assert len(desk.db.call(list_own_conflicts, *device, 10)) == count


def test_who_was_let_in_with_a_cancelled_ticket_is_a_conflict(desk, hall):
    (ann,) = hall.guests(ANN)
    desk.db.call(cancel_registration, desk.org_id, desk.get(ANN).registration.id, actor="t")
    (done,) = upload(hall, hall.device("Door 1"), offline(ann, hall.now))
    assert (done.verdict, done.is_conflict) == (Verdict.CANCELLED, True)


def test_the_clock_of_a_phone_is_corrected(desk, hall):
    ann, bob, eve = hall.guests(ANN, BOB, EVE)
    device, skew = hall.device("Door 1"), 7 * MINUTE_MS
    upload(hall, device, offline(ann, hall.now - skew - MINUTE_MS), skew=skew)
    assert checked_in_at(desk, ann) == hall.now - MINUTE_MS
    upload(hall, device, offline(bob, hall.now + skew))
    assert checked_in_at(desk, bob) == hall.now
    upload(hall, device, offline(eve, hall.now - 2 * OLDEST_MS))
    assert checked_in_at(desk, eve) == hall.now - OLDEST_MS


def test_other_acts_are_taken_as_well(desk, hall):
    (ann,) = hall.guests(ANN)
    chief = hall.device("Desk", DoorRole.SUPERVISOR)
    number = desk.ask(f"SELECT id FROM tickets WHERE code = '{ann}'")[0]
    done = upload(
        hall,
        chief,
        offline("", hall.now, ticket=number),
        offline(ann, hall.now, act=Act.UNDO, is_admitted=False),
        offline(ann, hall.now, act=Act.LET_IN, reason="A speaker"),
        offline(ann, hall.now, act=Act.LET_IN, reason=""),
    )
    assert [one.verdict for one in done] == ["admitted", "left", "admitted", None]
    assert done[-1].refusal == "door.reason"
    steward = upload(
        hall, hall.device("Door 1"), offline(ann, hall.now, act=Act.LET_IN, reason="x")
    )
    assert steward[0].refusal == "door.supervisor"


def test_an_uploaded_undo_leaves_what_another_phone_did_meanwhile(desk, hall):
    (ann,) = hall.guests(ANN)
    one, chief = hall.device("Door 1"), hall.device("Desk", DoorRole.SUPERVISOR)
    scan = offline(ann, hall.now)
    undo = offline(ann, hall.now + 1, act=Act.UNDO, is_admitted=False)
    desk.node.clock.now += MINUTE_MS
    hall.scan(one, ann)
    at = hall.now
    for _ in range(2):
        done = upload(hall, chief, scan, undo)
        assert [told.verdict for told in done] == [Verdict.AGAIN, Verdict.LEFT]
    assert checked_in_at(desk, ann) == at


def test_a_payment_that_was_taken_without_a_network_is_settled_once(desk, hall):
    ann, bob = hall.guests(ANN, BOB)
    where = {"due_at": hall.now + 86_400_000, "actor": "t"}
    desk.db.call(ask_for_payment, desk.org_id, ann, 1050, "EUR", **where)
    one, chief = hall.device("Door 1"), hall.device("Desk", DoorRole.SUPERVISOR)
    paid = [
        offline(ann, hall.now, act=Act.PAID, is_admitted=False),
        offline(ann, hall.now),
        offline(bob, hall.now, act=Act.PAID, is_admitted=False),
    ]
    assert upload(hall, one, paid[0])[0].refusal == "door.supervisor"
    hall.scan(one, ann)
    for _ in range(2):
        done = upload(hall, chief, *paid)
        assert [told.verdict for told in done] == [Verdict.ADMITTED, Verdict.AGAIN, None]
        assert [told.is_conflict for told in done] == [False, True, True]
        assert done[2].refusal == "payment.none"
    states = [one.state for one in desk.db.call(list_payments, desk.org_id, desk.event.id, limit=9)]
    assert states == ["paid"]


def test_a_gate_judges_uploads_too(desk, hall):
    (ann,) = hall.guests(ANN)
    session = desk.account.sessions[0].id
    hall.go_to_the_day()
    north = hall.device("North", gate=hall.gate("North", sessions=[session]))
    assert upload(hall, north, offline(ann, hall.now))[0].verdict is Verdict.ADMITTED


def test_too_many_at_once_are_refused(hall):
    scans = [offline("X", hall.now)] * (MOST_SCANS + 1)
    with pytest.raises(Invalid):
        upload(hall, hall.device("Door 1"), *scans)


def test_whom_a_phone_turned_away_is_not_checked_in_by_its_upload(desk, hall):
    ann, bob, eve = hall.guests(ANN, BOB, EVE)
    steward, chief = hall.device("Door 1"), hall.device("Desk", DoorRole.SUPERVISOR)
    said = {"ask": "ask", "cancelled": "cancelled", "other_day": "elsewhere", "again": "again"}
    scans = [offline(ann, hall.now, is_admitted=False, said=one) for one in said]
    scans += [
        offline(bob, hall.now, said="admitted"),
        offline(eve, hall.now, is_admitted=False, said="unpaid"),
        offline("NOTHING", hall.now, is_admitted=False, said="forged"),
    ]
    for _ in range(2):
        done = upload(hall, steward, *scans)
        told = [*said.values(), "admitted", "unpaid", "unknown"]
        assert [one.verdict for one in done] == told
        assert not any(one.is_conflict or one.refusal for one in done)
    assert [checked_in_at(desk, code) is None for code in (ann, bob, eve)] == [True, False, True]
    results = desk.ask(f"SELECT result FROM scans WHERE event_id = {desk.event.id} ORDER BY id")
    kept = ["ask", "cancelled", "elsewhere", "repeated", "admitted", "unpaid", "unknown"]
    assert results == kept
    let_in = offline(ann, hall.now, act=Act.LET_IN, reason="A speaker")
    assert upload(hall, chief, let_in)[0] == Uploaded(let_in.nonce, Verdict.ADMITTED, False)
    assert desk.db.call(list_conflicts, desk.org_id, desk.event.id, 9) == []


def test_a_check_in_whose_answer_was_lost_is_taken_back_where_the_phone_turned_away(desk, hall):
    (ann,) = hall.guests(ANN)
    steward, shown = hall.device("Door 1"), hall.shown(ann)
    hall.db.call(scan_ticket, *steward, shown)
    refused = offline(ann, hall.now, nonce=shown.nonce, is_admitted=False, said="ask")
    for _ in range(2):
        assert upload(hall, steward, refused)[0].verdict is Verdict.ASK
        assert checked_in_at(desk, ann) is None


def test_a_second_scan_of_a_cancelled_ticket_is_kept_as_cancelled(desk, hall):
    """The phone has let the guest in, so it says that they are in already; the server knows."""
    ann, bob = hall.guests(ANN, BOB)
    desk.db.call(cancel_registration, desk.org_id, desk.get(ANN).registration.id, actor="t")
    steward = hall.device("Door 1")
    again = {"is_admitted": False, "said": "again"}
    scans = [
        *(offline(ann, hall.now), offline(ann, hall.now + 1, **again)),
        *(offline("NOTHING", hall.now), offline("NOTHING", hall.now + 1, **again)),
        *(offline(bob, hall.now), offline(bob, hall.now + 1, **again)),
    ]
    for _ in range(2):
        told = [one.verdict for one in upload(hall, steward, *scans)]
        assert told == ["cancelled", "cancelled", "unknown", "unknown", "admitted", "again"]
    results = desk.ask(f"SELECT result FROM scans WHERE event_id = {desk.event.id} ORDER BY id")
    assert results[:4] == ["cancelled", "cancelled", "unknown", "unknown"]


def test_a_conflict_says_who_what_where_and_by_which_phone(desk, hall):
    ann, bob = hall.guests(ANN, BOB, first_name="Ann", last_name="Hall")
    desk.db.call(cancel_registration, desk.org_id, desk.get(BOB).registration.id, actor="t")
    north, south = (hall.device(name, gate=hall.gate(name)) for name in ("North", "South"))
    upload(hall, north, offline(ann, hall.now))
    upload(hall, south, *(offline(code, hall.now) for code in (ann, bob, "nothing-1")))
    told = [
        (one.name.strip(), one.ticket_type, one.code, one.verdict.value, one.first_gate, one.gate)
        for one in desk.db.call(list_own_conflicts, *south, 9)
    ]
    kind = desk.ask("SELECT name FROM ticket_types WHERE is_default = 1 ORDER BY id DESC LIMIT 1")
    assert told == [
        ("", "", "NOTHING1", "unknown", "", "South"),
        ("Ann Hall", *kind, "", "cancelled", "", "South"),
        ("Ann Hall", *kind, "", "again", "North", "South"),
    ]


def test_somebody_whom_another_phone_let_in_stays_in_when_a_lost_check_in_goes(desk, hall):
    """The server checks in, its answer is lost, and the phone sends the guest to a supervisor;
    another phone lets them in; then the first one uploads that it did not."""
    (ann,) = hall.guests(ANN)
    one, two, three = (hall.device(name) for name in ("Door 1", "Door 2", "Door 3"))
    shown = hall.shown(ann)
    hall.db.call(scan_ticket, *one, shown)
    desk.node.clock.now += MINUTE_MS
    let_in_at = hall.now
    scan = offline(ann, let_in_at)
    assert upload(hall, two, scan)[0].is_conflict
    assert upload(hall, three, offline(ann, let_in_at + 1))[0].is_conflict
    refused = offline(ann, shown.at, nonce=shown.nonce, is_admitted=False, said="ask")
    for _ in range(2):
        assert upload(hall, one, refused)[0].verdict is Verdict.ASK
        assert upload(hall, two, scan) == [Uploaded(scan.nonce, Verdict.ADMITTED, False)]
        assert checked_in_at(desk, ann) == let_in_at
    (kept,) = desk.db.call(list_conflicts, desk.org_id, desk.event.id, 9)
    assert (kept.first_device, kept.first_at, kept.device) == ("Door 2", let_in_at, "Door 3")


@pytest.mark.parametrize("first", [0, 1])
def test_a_guest_who_was_welcomed_back_twice_names_both_returns(desk, hall, first: int) -> None:
    (ann,) = hall.guests(ANN)
    door, terrace = hall.device("Door T"), hall.gate("Terrace", has_exit=True)
    halls = [hall.device(name, gate=terrace) for name in ("Hall 1", "Hall 2")]
    hall.scan(door, ann)
    desk.node.clock.now += MINUTE_MS
    upload(hall, halls[0], offline(ann, hall.now, act=Act.LEAVE, is_admitted=False))
    desk.node.clock.now += 3 * MINUTE_MS
    at = hall.now - MINUTE_MS
    backs = [offline(ann, at + place, said="returned") for place in (0, 1)]
    second = 1 - first
    assert not upload(hall, halls[first], backs[first])[0].is_conflict
    for _ in range(2):
        assert upload(hall, halls[second], backs[second])[0].is_conflict
    (kept,) = desk.db.call(list_conflicts, desk.org_id, desk.event.id, 9)
    names = ("Hall 1", "Hall 2")
    assert (kept.first_device, kept.device) == (names[first], names[second])
    assert (kept.first_at, kept.first_gate, kept.gate) == (at + first, "Terrace", "Terrace")
    told = [len(desk.db.call(list_own_conflicts, *device, 9)) for device in (*halls, door)]
    assert told == [1, 1, 0]
    # Taken back, it is no conflict: the guest came in once, and is in.
    undo = offline(ann, hall.now, act=Act.UNDO, is_admitted=False)
    assert upload(hall, halls[second], undo)[0].verdict is Verdict.LEFT
    assert desk.db.call(list_conflicts, desk.org_id, desk.event.id, 9) == []
    assert hall.scan(halls[first], ann).verdict is Verdict.AGAIN


@pytest.mark.parametrize("order", ["1122", "2112", "2211", "1212", "1221", "2121"])
def test_who_was_taken_back_at_once_is_no_conflict_in_any_order(desk, hall, order: str) -> None:
    """Hall 1 lets the ticket in and takes it back, Hall 2 lets it in, all without a network."""
    (ann,) = hall.guests(ANN)
    desk.node.clock.now += MINUTE_MS
    at = hall.now - 30_000
    one = [offline(ann, at), offline(ann, at + 1, act=Act.UNDO, is_admitted=False)]
    two = [offline(ann, at + 2), offline("NOTHING", at + 3, is_admitted=False)]
    waiting = {"1": (hall.device("Hall 1"), one), "2": (hall.device("Hall 2"), two)}
    for name in order:
        device, acts = waiting[name]
        upload(hall, device, acts.pop(0))
    assert checked_in_at(desk, ann) == at + 2
    assert desk.db.call(list_conflicts, desk.org_id, desk.event.id, 9) == []


def test_who_went_out_is_in_again_once_that_is_taken_back(desk, hall):
    (ann,) = hall.guests(ANN)
    exit_ = hall.device("Terrace", gate=hall.gate("Terrace", has_exit=True))
    upload(hall, exit_, offline(ann, hall.now))
    leave = offline(ann, hall.now, act=Act.LEAVE, is_admitted=False)
    undo = offline(ann, hall.now + UNDO_MS, act=Act.UNDO, is_admitted=False)
    desk.node.clock.now += UNDO_MS
    for _ in range(2):
        told = [one.verdict for one in upload(hall, exit_, leave, undo)]
        assert told == [Verdict.LEFT, Verdict.LEFT]
        assert hall.scan(exit_, ann).verdict is Verdict.AGAIN
    late = offline(ann, hall.now, act=Act.LEAVE, is_admitted=False)
    upload(hall, exit_, late)
    desk.node.clock.now += UNDO_MS + 1
    refused = upload(hall, exit_, offline(ann, hall.now, act=Act.UNDO, is_admitted=False))
    assert refused[0].refusal == "door.undo_late"


def test_who_was_turned_away_is_not_welcomed_back_by_a_lost_answer(desk, hall):
    (ann,) = hall.guests(ANN)
    exit_ = hall.device("Terrace", gate=hall.gate("Terrace", has_exit=True))
    hall.scan(exit_, ann)
    upload(hall, exit_, offline(ann, hall.now, act=Act.LEAVE, is_admitted=False))
    shown = hall.shown(ann)
    assert hall.db.call(scan_ticket, *exit_, shown).verdict is Verdict.RETURNED
    refused = offline(ann, hall.now, nonce=shown.nonce, is_admitted=False, said="ask")
    for _ in range(2):
        assert upload(hall, exit_, refused)[0].verdict is Verdict.AGAIN
        assert checked_in_at(desk, ann) is not None
    # She is still outside.
    assert hall.scan(exit_, ann).verdict is Verdict.RETURNED
