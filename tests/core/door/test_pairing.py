"""Pairing: a link pairs once and at once, letters wait for the console, and guesses are few."""

import re

import pytest

from turnout.catalogue import door
from turnout.catalogue.console import door as console
from turnout.core.audit.recording import list_entries
from turnout.core.checkin.gates import create_gate
from turnout.core.door.devices import (
    find_standing,
    forget_old_devices,
    get_post,
    list_devices,
    note_seen,
    revoke_device,
)
from turnout.core.door.model import DAY_MS, DoorRole
from turnout.core.door.pairing import (
    CODE_MS,
    LETTERS,
    TRIES,
    TRIES_MS,
    Paired,
    confirm_device,
    find_pairing,
    make_pairing,
    pair_by_code,
    pair_by_link,
)
from turnout.core.door.words import WORDS
from turnout.core.ids import DeviceId, EventId, GateId
from turnout.errors import Denied, Failure, Invalid, Limited, Missing, Unauthenticated

MONTH_MS = 30 * DAY_MS


def make(desk, name="Door 2", role=DoorRole.STEWARD, places=None):
    wanted = places or [(desk.event.id, None)]
    return desk.db.call(make_pairing, desk.org_id, wanted, role, name, actor="user:jo")


def pair(desk, name="Door 2", **more) -> Paired:
    made = make(desk, name, **more)
    return desk.db.call(pair_by_link, made.token, "", "Firefox, Android")


def type_code(desk, code: str, name="", place="198.51.100.7") -> Paired | Failure:
    return desk.db.call(pair_by_code, code, name, "", place)


def test_a_link_pairs_one_phone_at_once(desk):
    gate = desk.db.call(create_gate, desk.org_id, desk.event.id, "North", [], [], actor="t")
    made = make(desk, places=[(desk.event.id, gate.id)])
    _, pairing = desk.db.call(find_pairing, made.token)
    assert (pairing.name, pairing.role) == ("Door 2", DoorRole.STEWARD)
    paired = desk.db.call(pair_by_link, made.token, "", "Firefox, Android")
    standing = desk.db.call(find_standing, paired.secret)
    assert standing.org_id == desk.org_id
    assert standing.device == paired.device
    assert [(post.event_id, post.gate_id) for post in standing.posts] == [(desk.event.id, gate.id)]
    assert paired.device.ends_at == max(desk.event.ends_at, desk.node.clock()) + DAY_MS
    assert get_post(standing, None).event_id == desk.event.id
    with pytest.raises(Missing):
        get_post(standing, EventId(5))
    with pytest.raises(Missing):
        desk.db.call(pair_by_link, made.token, "", "")
    number = paired.device.id
    (entry,) = desk.db.call(list_entries, desk.org_id, "door_device", number)
    assert (entry.action, entry.actor) == ("paired", "user:jo")


def test_letters_wait_for_the_word(desk):
    made = make(desk, "")
    assert len(made.code) == 6
    assert set(made.code) <= set(LETTERS)
    paired = type_code(desk, f" {made.code[:3].lower()}-{made.code[3:]} ", "Ann's phone")
    assert isinstance(paired, Paired)
    assert paired.device.word in WORDS
    standing = desk.db.call(find_standing, paired.secret)
    with pytest.raises(Denied):
        get_post(standing, None)
    number = paired.device.id
    device = desk.db.call(confirm_device, desk.org_id, desk.event.id, number, actor="user:jo")
    assert (device.name, device.confirmed_at) == ("Ann's phone", desk.node.clock())
    assert get_post(desk.db.call(find_standing, paired.secret), None).event_id == desk.event.id
    assert isinstance(type_code(desk, made.code), Missing)


def test_the_name_that_the_console_gave_stays(desk):
    paired = type_code(desk, make(desk, "East gate").code, "Ann's phone")
    assert isinstance(paired, Paired)
    assert paired.device.name == "East gate"
    made = make(desk, "West gate")
    assert desk.db.call(pair_by_link, made.token, "x" * 99, "").device.name == "West gate"


def test_no_word_is_said_by_the_pages_that_show_it():
    said = " ".join([*door.LABELS.values(), *console.LABELS.values()]).lower()
    assert set(WORDS) & set(re.findall("[a-z]+", said)) == set()
    assert set(WORDS) & {"button", "link", "menu", "window", "arrow", "anchor", "badge"} == set()


def test_codes_end_after_ten_minutes(desk):
    made = make(desk)
    desk.node.clock.now += CODE_MS
    with pytest.raises(Missing):
        desk.db.call(find_pairing, made.token)
    assert isinstance(type_code(desk, made.code), Missing)
    desk.node.clock.now += 1
    assert desk.db.call(forget_old_devices, 100) >= 1


def test_guesses_of_a_place_are_counted(desk):
    made = make(desk)
    place = f"2001:db8:{desk.org_id}::/64"
    said = [type_code(desk, "QQQQQQ", place=place) for _ in range(TRIES + 1)]
    assert [type(one) for one in said] == [Missing] * TRIES + [Limited]
    assert isinstance(type_code(desk, made.code, place=place), Limited)
    assert isinstance(type_code(desk, made.code, place=f"{place}-elsewhere"), Paired)
    desk.node.clock.now += TRIES_MS + 1
    assert isinstance(type_code(desk, "QQQQQQ", place=place), Missing)


def test_names_are_lines_and_told_apart(desk):
    first, second = pair(desk), pair(desk)
    assert first.device.name == "Door 2"
    assert second.device.name == f"Door 2 ({second.device.id})"
    with pytest.raises(Invalid):
        make(desk, "x" * 61)
    with pytest.raises(Invalid):
        pair(desk, "")
    assert isinstance(type_code(desk, make(desk, "").code), Invalid)


def test_places_must_be_there(desk):
    with pytest.raises(Missing):
        make(desk, places=[(EventId(5), None)])
    with pytest.raises(Missing):
        make(desk, places=[(desk.event.id, GateId(5))])
    with pytest.raises(Invalid):
        desk.db.call(make_pairing, desk.org_id, [], DoorRole.STEWARD, actor="t")


def test_a_device_tells_of_itself_and_ends(desk):
    paired = pair(desk, role=DoorRole.SUPERVISOR)
    where = (desk.org_id, desk.event.id)
    standing = desk.db.call(find_standing, paired.secret)
    standing.require_supervisor()
    desk.db.call(note_seen, standing, 57, 3)
    (device,) = desk.db.call(list_devices, *where)
    assert (device.battery, device.unsent) == (57, 3)
    assert device.last_seen_at == desk.node.clock()
    desk.db.call(revoke_device, *where, device.id, actor="user:jo")
    desk.db.call(revoke_device, *where, device.id, actor="user:jo")
    with pytest.raises(Unauthenticated):
        desk.db.call(find_standing, paired.secret)
    with pytest.raises(Unauthenticated):
        desk.db.call(find_standing, "nothing")
    with pytest.raises(Missing):
        desk.db.call(revoke_device, *where, DeviceId(5), actor="user:jo")


def test_a_device_ends_by_itself_and_is_forgotten(desk):
    paired = pair(desk)
    desk.node.clock.now = paired.device.ends_at
    with pytest.raises(Unauthenticated):
        desk.db.call(find_standing, paired.secret)
    desk.node.clock.now += MONTH_MS + 1
    assert desk.db.call(list_devices, desk.org_id, desk.event.id) == []
    assert desk.db.call(forget_old_devices, 100) >= 1
    assert desk.count("door_posts") == 0


def test_a_steward_is_no_supervisor(desk):
    standing = desk.db.call(find_standing, pair(desk).secret)
    with pytest.raises(Denied):
        standing.require_supervisor()
