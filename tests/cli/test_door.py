"""`turnout door …`: codes for phones, and the outcome for phones."""

import json
from pathlib import Path

from tests.cli.runner import Turnout
from tests.support.builder import make_organization
from tests.support.node import new_database
from turnout.core.door.pairing import Paired, pair_by_code, pair_by_link
from turnout.core.events.model import span
from turnout.core.events.programme import create_event


def test_phones_are_paired_confirmed_and_signed_out(tmp_path: Path) -> None:
    run = Turnout(new_database("sqlite", tmp_path), base_url="https://events.example.com")
    with run.database() as db:
        org_id = db.call(make_organization, "acme")
        when = span("2099-06-01T18:00", "2099-06-01T23:00", "UTC")
        event = db.call(create_event, org_id, "Party", when, actor="test").id
        other = db.call(create_event, org_id, "Later", when, actor="test").id
    assert run.ok("door", "list", "acme", event).startswith("No phone is paired.")
    said = run.ok("door", "pair", "acme", event, "--also", other, "--name", "Door 2")
    link, letters = said.splitlines()
    assert link.startswith("https://events.example.com/door/pair/")
    code = letters.partition(" type ")[2][:6]
    with run.database() as db:
        paired = db.call(pair_by_code, code, "", "", "192.0.2.1")
    assert isinstance(paired, Paired)
    number = str(paired.device.id)
    shown = run.ok("door", "list", "acme", event)
    assert f"shows {paired.device.word}" in shown
    said = run.ok("door", "confirm", "acme", other, number)
    assert said == f"Phone {number} (Door 2) checks people in.\n"
    assert run.ok("door", "revoke", "acme", event, number) == f"Phone {number} is signed out.\n"
    assert "signed out" in run.ok("door", "list", "acme", event)
    assert run("door", "revoke", "acme", event, 999).error.startswith(
        "error: There is no phone 999"
    )
    link = run.ok("door", "pair", "acme", event, "--role", "supervisor").splitlines()[0]
    with run.database() as db:
        made = db.call(pair_by_link, link.rpartition("/")[2], "Desk", "")
    assert made.device.role == "supervisor"


def test_scans_that_a_phone_saved_are_loaded(tmp_path: Path) -> None:
    run = Turnout(new_database("sqlite", tmp_path), base_url="https://events.example.com")
    with run.database() as db:
        org_id = db.call(make_organization, "acme")
        when = span("2099-06-01T18:00", "2099-06-01T23:00", "UTC")
        event = db.call(create_event, org_id, "Party", when, actor="test").id
    link = run.ok("door", "pair", "acme", event, "--name", "Door 2").splitlines()[0]
    with run.database() as db:
        made = db.call(pair_by_link, link.rpartition("/")[2], "", "")
    file = tmp_path / "door-scans.json"
    acts = [
        {"code": "NOTHING", "at": 1, "nonce": "saved-scan-1"},
        {"act": "undo", "code": "NOTHING", "at": 1, "nonce": "saved-scan-2"},
        {"code": "NOTHING", "at": 1, "nonce": "saved-scan-3", "event": event + 1},
    ]
    file.write_text(json.dumps({"phone": "Door 2", "scans": acts}))
    taken = "Taken: 1; conflicts: 0; not taken: 1; of other events: 1.\n"
    said = f"2 scans of Door 2 ({made.device.id}).\n{taken}"
    assert run.ok("door", "load", "acme", event, file) == said
    assert run.ok("door", "load", "acme", event, file, "--phone", made.device.id) == said
    file.write_text("no file of a phone")
    assert run("door", "load", "acme", event, file).error == (
        "error: This is not a file of scans that a phone has saved.\n"
    )
