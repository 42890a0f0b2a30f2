"""A phone's file is taken as if the phone had uploaded it, once, and who loads it is known."""

import itertools
import json
from typing import Any

import pytest

from tests.support.failures import refuses
from turnout.core.audit.recording import list_entries
from turnout.core.door.devices import revoke_device
from turnout.core.door.model import DoorRole
from turnout.core.door.rescuing import (
    MOST_ACTS,
    RescueFile,
    find_makers,
    load_rescued,
    read_rescue,
)
from turnout.core.door.uploading import OLDEST_MS, Uploaded, list_conflicts, upload_scans
from turnout.core.ids import DeviceId
from turnout.errors import Invalid

ANN, BOB = "ann@example.com", "bob@example.com"
MINUTE_MS = 60_000
_nonces = itertools.count(1)


def act(code: str, at: int, **more: Any) -> dict[str, Any]:
    """An entry of a phone's outbox, as the page keeps it."""
    nonce = f"rescue-{next(_nonces)}"
    about = {"name": "Ann", "digest": "x"}
    facts = {"act": "scan", "ticket": 0, "is_admitted": True, "reason": "", "about": about}
    return {"code": code, "at": at, "nonce": nonce, "place": 7} | facts | more


def save(hall: Any, *acts: dict[str, Any], **more: Any) -> bytes:
    facts = {"phone": "Door 1", "saved_at": hall.now, "skew": 0} | more
    return json.dumps(facts | {"scans": acts}).encode()


def load(hall: Any, device: Any, content: bytes) -> list[Uploaded]:
    file, where = read_rescue(content), (hall.desk.org_id, hall.desk.event.id)
    scans = file.of_event(hall.desk.event.id)
    return hall.db.call(load_rescued, *where, device[0].device.id, file, scans, actor="user:1")


def checked_in_at(desk: Any, code: str) -> int:
    (at,) = desk.ask(f"SELECT checked_in_at FROM tickets WHERE code = '{code}'")
    return int(at)


def test_a_file_is_taken_once_also_when_the_phone_uploads_later(desk, hall):
    ann, bob = hall.guests(ANN, BOB)
    one, two = hall.device("Door 1"), hall.device("Door 2")
    at = hall.now - 5 * MINUTE_MS
    hall.scan(two, bob)
    other = act("ELSEWHERE", at, event=desk.event.id + 1)
    content = save(hall, act(ann, at), act(bob, at + 1, event=desk.event.id), other)
    for _ in range(2):
        done = load(hall, one, content)
        assert [(told.verdict, told.is_conflict) for told in done] == [
            ("admitted", False),
            ("again", True),
        ]
    scans = read_rescue(content).of_event(desk.event.id)
    assert hall.db.call(upload_scans, *one, scans, hall.now) == done
    assert checked_in_at(desk, ann) == at
    (kept,) = hall.db.call(list_conflicts, desk.org_id, desk.event.id, 9)
    assert (kept.first_device, kept.device) == ("Door 2", "Door 1")
    entries = desk.db.call(list_entries, desk.org_id, "door_device", one[0].device.id)
    loaded = [entry for entry in entries if entry.action == "loaded"]
    assert [entry.actor for entry in loaded] == ["user:1"] * 2
    assert loaded[0].facts == {"scans": 2, "conflicts": 1, "refused": 0, "name": "Door 1"}


def test_a_phone_that_uploaded_before_changes_nothing_either(desk, hall):
    (ann,) = hall.guests(ANN)
    device = hall.device("Door 1")
    content = save(hall, act(ann, hall.now))
    scans = read_rescue(content).of_event(desk.event.id)
    done = hall.db.call(upload_scans, *device, scans, hall.now)
    assert load(hall, device, content) == done
    assert desk.count("scans") == 1


def test_times_are_corrected_and_as_old_as_the_file(desk, hall):
    ann, bob = hall.guests(ANN, BOB)
    device, skew = hall.device("Door 1"), 7 * MINUTE_MS
    saved_at, at = hall.now, hall.now - MINUTE_MS
    early = saved_at - 2 * OLDEST_MS
    content = save(hall, act(ann, at - skew), act(bob, early), saved_at=saved_at - skew, skew=skew)
    desk.node.clock.now += 24 * 60 * MINUTE_MS
    load(hall, device, content)
    assert checked_in_at(desk, ann) == at
    assert checked_in_at(desk, bob) == saved_at - OLDEST_MS


def test_a_phone_that_was_signed_out_is_rescued_within_its_role(desk, hall):
    ann, bob = hall.guests(ANN, BOB)
    device = hall.device("Door 1")
    where = (desk.org_id, desk.event.id)
    hall.db.call(revoke_device, *where, device[0].device.id, actor="t")
    done = load(hall, device, save(hall, act(ann, hall.now), act(bob, 1, act="let_in", reason="x")))
    assert [one.refusal for one in done] == ["", "door.supervisor"]
    chief = hall.device("Desk", DoorRole.SUPERVISOR)
    file = read_rescue(save(hall, act(ann, hall.now), phone="Desk"))
    assert find(hall, file) == [("Desk", chief[0].device.id, 1)]
    with refuses(Invalid, "door.rescue_phone", phone="Nobody's"):
        find(hall, read_rescue(save(hall, phone="Nobody's")))


def find(hall: Any, file: RescueFile, chosen: DeviceId | None = None) -> list[tuple[str, int, int]]:
    """The name and number of each phone of a file, and how many acts it made."""
    where = (hall.desk.org_id, hall.desk.event.id, file, chosen)
    return [
        (device.name, device.id, len(scans)) for device, scans in hall.db.call(find_makers, *where)
    ]


def test_acts_are_taken_in_the_name_of_the_phone_that_made_them(desk, hall):
    """Also where its name was given again, or its browser was paired again."""
    ann, bob, eve = hall.guests(ANN, BOB, "eve@example.com")
    where = (desk.org_id, desk.event.id)
    old = hall.device("Door 1")[0].device
    hall.db.call(revoke_device, *where, old.id, actor="t")
    new, other = hall.device("Door 1")[0].device, hall.device("Door 2")[0].device
    assert new.name == old.name
    acts = [
        act(ann, hall.now, device=old.id, phone="Door 1"),
        act(bob, hall.now, device=other.id, phone="Door 2"),
        act(eve, hall.now),
    ]
    file = read_rescue(save(hall, *acts, device=old.id))
    assert find(hall, file) == [("Door 1", old.id, 2), ("Door 2", other.id, 1)]
    for device, scans in hall.db.call(find_makers, *where, file):
        hall.db.call(load_rescued, *where, device.id, file, scans, actor="user:1")
    devices = desk.ask(f"SELECT device FROM scans WHERE event_id = {desk.event.id} ORDER BY id")
    assert devices == ["Door 1", "Door 1", "Door 2"]
    with refuses(Invalid, "door.rescue_other", phone="Door 1"):
        find(hall, file, new.id)
    with refuses(Invalid, "door.rescue_phone", phone="Door 9"):
        find(hall, read_rescue(save(hall, acts[2], device=old.id, phone="Door 9")))
    # A file of an older page has the name alone.
    named = read_rescue(save(hall, acts[2]))
    with refuses(Invalid, "door.rescue_which", phone="Door 1"):
        find(hall, named)
    assert find(hall, named, old.id) == [("Door 1", old.id, 1)]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff",
        b"[]",
        b'{"scans": 5}',
        b"[" * 100_000,
        b'{"scans": [{"code": "X", "at": 1, "nonce": "short"}]}',
        b'{"scans": [{"code": "X\\u0000", "at": 1, "nonce": "rescue-bad"}]}',
        b'{"scans": [], "skew": 99999999999999}',
    ],
)
def test_what_no_phone_saved_is_refused(content):
    with refuses(Invalid, "door.rescue"):
        read_rescue(content)


def test_a_file_has_a_limit():
    one = {"code": "X", "at": 1, "nonce": "rescue-many"}
    with refuses(Invalid, "door.rescue_large", limit=MOST_ACTS):
        read_rescue(json.dumps({"scans": [one] * (MOST_ACTS + 1)}).encode())
