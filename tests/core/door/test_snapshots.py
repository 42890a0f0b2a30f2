"""What phones hold: no codes, no addresses, their own gate's tickets, and what changed since."""

import base64
import hashlib
import hmac

import msgspec

from turnout.core.door.model import DoorRole
from turnout.core.door.paying import take_payment
from turnout.core.door.scanning import check_out
from turnout.core.door.snapshots import CANCELLED, VALID, list_snapshot_tickets, take_snapshot
from turnout.core.door.undoing import undo_scan
from turnout.core.events.programme import create_ticket_type
from turnout.core.payments.settling import ask_for_payment
from turnout.core.registrations.giving_back import cancel_registration

ANN, BOB = "ann@example.com", "bob@example.com"
SECOND_MS = 1_000


def digest(key: str, code: str) -> str:
    made = hmac.new(key.encode(), code.encode(), hashlib.sha256).digest()[:8]
    return base64.urlsafe_b64encode(made).decode().rstrip("=")


def test_a_snapshot_has_names_and_digests_alone(desk, hall):
    ann, bob = hall.guests(ANN, BOB, first_name="Ann", last_name="Lee")
    device = hall.device("Door 1")
    hall.scan(device, bob)
    taken = desk.db.call(take_snapshot, *device)
    rows = {row[1]: row for row in taken.tickets}
    key = taken.digest_key
    assert rows.keys() == {digest(key, ann), digest(key, bob)}
    assert rows[digest(key, ann)][2:4] == ("Ann", "Lee")
    assert [rows[digest(key, code)][6] for code in (ann, bob)] == [0, hall.now]
    text = msgspec.json.encode(taken).decode()
    assert ann not in text
    assert "@" not in text
    assert desk.db.call(take_snapshot, *hall.device("Door 2")).digest_key != key


def test_a_snapshot_has_only_what_its_gate_lets_in(desk, hall):
    hall.guests(ANN)
    where = (desk.org_id, desk.event.id)
    dinner = desk.db.call(create_ticket_type, *where, "Dinner", actor="t").id
    south = hall.device("South", gate=hall.gate("South", [dinner]))
    taken = desk.db.call(take_snapshot, *south)
    assert (taken.tickets, taken.gate, taken.is_gate_open) == ([], "South", False)
    session = desk.account.sessions[0].id
    north = hall.device("North", gate=hall.gate("North", sessions=[session]))
    assert len(desk.db.call(take_snapshot, *north).tickets) == 1


def test_a_difference_has_only_what_changed(desk, hall):
    ann, bob = hall.guests(ANN, BOB)
    device = hall.device("Door 1")
    key = device[1].snapshot_key

    def changed():
        rows = desk.db.call(list_snapshot_tickets, *device, since)
        return {row[1]: (row[5], row[6]) for row in rows}

    def go_on():
        desk.node.clock.now += 600 * SECOND_MS
        return hall.now

    since = go_on()
    assert changed() == {}
    hall.scan(device, ann)
    assert changed() == {digest(key, ann): (VALID, hall.now)}
    desk.db.call(undo_scan, *device, hall.shown(ann))
    assert changed() == {digest(key, ann): (VALID, 0)}
    since = go_on()
    desk.db.call(cancel_registration, desk.org_id, desk.get(BOB).registration.id, actor="t")
    assert changed() == {digest(key, bob): (CANCELLED, 0)}


def test_a_phone_at_an_exit_is_told_who_is_outside(desk, hall):
    (code,) = hall.guests("out@example.com")
    out = hall.device("Terrace", gate=hall.gate("Terrace", has_exit=True))
    front = hall.device("Front")
    hall.scan(out, code)
    desk.node.clock.now += 60_000
    since = hall.now
    desk.db.call(check_out, *out, hall.shown(code))
    (row,) = desk.db.call(list_snapshot_tickets, *out, since)
    assert (row[8].is_out, row[8].left_at, row[8].left_device) == (True, since, "Terrace")
    assert len(desk.db.call(list_snapshot_tickets, *front, since)[0]) == 8
    hall.scan(out, code)
    assert len(desk.db.call(list_snapshot_tickets, *out, since)[0]) == 8


def test_a_phone_knows_what_is_open_until_it_is_paid(desk, hall):
    (code,) = hall.guests("owes@example.com")
    chief = hall.device("Desk", DoorRole.SUPERVISOR)
    desk.node.clock.now += 600 * SECOND_MS
    since = hall.now
    due = {"due_at": since + 86_400_000, "actor": "t"}
    desk.db.call(ask_for_payment, desk.org_id, code, 1050, "EUR", **due)
    (row,) = desk.db.call(list_snapshot_tickets, *chief, since)
    assert (row[8].open_minor, row[8].currency) == (1050, "EUR")
    whole = desk.db.call(take_snapshot, *chief).tickets
    assert [one[8].open_minor for one in whole if len(one) > 8] == [1050]
    desk.db.call(take_payment, *chief, hall.shown(code))
    assert [len(one) for one in desk.db.call(list_snapshot_tickets, *chief, since)] == [8]


def test_a_phone_asks_no_money_for_a_cancelled_ticket(desk, hall):
    (code,) = hall.guests("owes@example.com")
    chief = hall.device("Desk", DoorRole.SUPERVISOR)
    due = {"due_at": hall.now + 86_400_000, "actor": "t"}
    desk.db.call(ask_for_payment, desk.org_id, code, 1050, "EUR", **due)
    number = desk.get("owes@example.com").registration.id
    desk.db.call(cancel_registration, desk.org_id, number, actor="t")
    (row,) = desk.db.call(take_snapshot, *chief).tickets
    assert (row[5], row[8].open_minor) == (CANCELLED, 0)
