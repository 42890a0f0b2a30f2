"""Venues and rooms, assessment forms, learners, and the settings of exams."""

import html
import re

from tests.support.node import LocalNode
from tests.web.console.desk import Desk
from tests.web.console.exams.conftest import BILLING, Sitting
from tests.web.console.exams.test_candidates import upload
from turnout.core.audit.recording import list_entries
from turnout.core.exams.lists import get_settings, list_forms, list_rooms, list_values
from turnout.core.exams.model import ValueKind
from turnout.core.ids import OrgId, VenueId

VENUES = "/console/rail/exams/venues"


def test_a_venue_is_made_with_rooms_and_removed(node: LocalNode, desk: Desk, org_id: OrgId) -> None:
    new = f"{VENUES}/new"
    wrong = desk.send(new, new, name="", timezone="Mars/Base", city="Ulm")
    assert wrong.status == 422
    assert '<a href="#f-name">' in wrong.body.decode()
    assert 'value="Ulm"' in wrong.body.decode()
    zone = desk.send(new, new, name="Annex", timezone="Mars/Base")
    assert '<a href="#f-timezone">' in zone.body.decode()
    made = desk.send(new, new, name="Annex", timezone="Europe/Berlin", city="Ulm")
    assert made.status == 303
    path = made.headers["location"].partition("?")[0]
    venue_id = VenueId(int(path.rpartition("/")[2]))
    add = {"do": "add", "room_name-new": "Lab", "seats-new": "12"}
    none = desk.send(path, path, **add | {"seats-new": ""})
    assert none.status == 422
    assert '<a href="#f-seats-new">' in none.body.decode()
    assert desk.send(path, path, **add).status == 303
    assert desk.send(path, path, **add).status == 422
    (room,) = node.db.call(list_rooms, org_id, venue_id)
    assert (room.name, room.seats) == ("Lab", 12)
    change = {"do": "change", "room_id": room.id, f"room_name-{room.id}": "Big lab"}
    assert desk.send(path, path, **change | {f"seats-{room.id}": "20"}).status == 303
    assert "Big lab, 20 seats" in desk.read(VENUES)
    gone = f"{path}/remove?room={room.id}"
    assert "Remove Big lab" in desk.read(gone)
    assert desk.send(f"{path}/remove", gone, room=room.id).status == 303
    assert node.db.call(list_rooms, org_id, venue_id) == []
    assert desk.open(gone).status == 404
    assert desk.send(path, path, **add).status == 303
    remove = f"{path}/remove"
    assert "Its room goes with it." in desk.read(remove)
    assert desk.send(remove, remove).status == 303
    assert desk.open(path).status == 404


def test_what_is_in_use_stays(desk: Desk, sitting: Sitting) -> None:
    desk.send(sitting.path, sitting.path, do="room", room=sitting.room_id)
    path = f"{VENUES}/{sitting.venue_id}"
    kept = desk.send(f"{path}/remove", path, room=sitting.room_id)
    assert kept.status == 422
    assert "1 exam is in Aula" in kept.body.decode()
    small = {"do": "change", "room_id": sitting.room_id, f"room_name-{sitting.room_id}": "Aula"}
    refused = desk.send(path, path, **small | {f"seats-{sitting.room_id}": "2"})
    assert refused.status == 422
    assert "An exam there needs 3 seats." in refused.body.decode()
    assert "A venue where events are stays." in desk.read(path)
    assert desk.send(f"{path}/remove", path).status == 422


def test_forms_are_made_and_changed(node: LocalNode, desk: Desk, org_id: OrgId, sitting) -> None:
    forms = "/console/rail/exams/forms"
    new = f"{forms}/new"
    fields = {"code": "X9", "version": "1", "name": "Crane", "time_limit": "90", "language": "en"}
    wrong = desk.send(new, new, **fields | {"time_limit": "0"})
    assert wrong.status == 422
    assert '<a href="#f-time_limit">' in wrong.body.decode()
    if not any(form.code == "X9" for form in node.db.call(list_forms, org_id)):
        assert desk.send(new, new, **fields).status == 303
    again = desk.send(new, new, **fields)
    assert again.status == 422
    assert '<a href="#f-version">' in again.body.decode()
    (form,) = [form for form in node.db.call(list_forms, org_id) if form.code == "X9"]
    assert not form.is_published
    path = f"{forms}/{form.id}"
    published = {"name": "Crane", "time_limit": "100", "language": "de", "is_published": "1"}
    assert desk.send(path, path, **published).status == 303
    (form,) = [form for form in node.db.call(list_forms, org_id) if form.code == "X9"]
    assert (form.is_published, form.time_limit, form.language) == (True, 100, "de")
    assert "100 min" in desk.read(forms)


def test_learners_are_searched_added_and_changed(desk: Desk, sitting: Sitting) -> None:
    path = "/console/rail/exams/learners"
    page = desk.read(f"{path}?q=chlo")
    assert "Chloé Example" in page
    assert "Ada Example" not in page
    code = f"N-{sitting.event_id}"
    wrong = desk.send(path, path, code=code, email="nonsense")
    assert wrong.status == 422
    assert '<a href="#f-first_name">' in wrong.body.decode()
    assert '<a href="#f-email">' in wrong.body.decode()
    assert desk.send(path, path, code=code, first_name="Nora").status == 303
    assert "Nora" in desk.read(f"{path}?q={code}")
    taken = desk.send(path, path, code=code, first_name="Other")
    assert taken.status == 422
    assert f"Nora has the code {code} already." in taken.body.decode()
    assert desk.send(path, path, code=code, first_name="Norah", known="1").status == 303
    assert "Norah" in desk.read(f"{path}?code={code}")


def test_learners_come_from_a_file_and_go_into_one(
    node: LocalNode, desk: Desk, org_id: OrgId, sitting: Sitting
) -> None:
    path, code = "/console/rail/exams/learners/import", f"F-{sitting.event_id}"
    rows = f"Code;Vorname;Nachname;Email\r\n{code};Zoe;Zug;zoe@example.com\r\n"
    rows += f"{code};Zoe;Zug;\r\nG-1;;;nobody@example.com\r\n"
    preview = upload(desk, path, rows.encode()).body.decode()
    assert "1 row can be imported." in preview
    assert "2 rows cannot be imported" in preview
    fields = dict(
        re.findall(r'<input type="hidden" name="(?!faulty)(\w+)" value="([^"]*)">', preview)
    )
    named = {name: html.unescape(value) for name, value in fields.items() if name != "token"}
    assert "1 row was imported." in desk.send(path, path, **named).body.decode()
    file = desk.open(f"/console/rail/exams/learners.csv?q={code}")
    lines = file.body.decode("utf-8-sig").splitlines()
    assert lines[1:] == [f"{code},Zoe,Zug,zoe@example.com"]
    entries = node.db.call(list_entries, org_id, "learner", 0)
    assert entries[-1].facts == {"what": "learners", "count": 1}
    wrong = upload(desk, path, b"Zzz\r\nx\r\n")
    assert wrong.status == 422
    assert '<a href="#f-file">' in wrong.body.decode()


def test_settings_are_lists_and_rules(
    node: LocalNode, desk: Desk, org_id: OrgId, sitting: Sitting
) -> None:
    path = "/console/rail/exams/settings"
    page = desk.read(path)
    assert BILLING in page
    (version,) = re.findall(r'name="version" value="(\w+)"', page)
    fields = {
        "version": version,
        "billing_code": f"{BILLING}\r\nShort (1h)\r\n",
        "exam_type": "Class\r\nOral",
        "exam_format": "Online\r\nPaper",
        "paper": "A4",
        "refuses_overlaps": "1",
    }
    long = desk.send(path, path, **fields | {"exam_type": "x" * 201})
    assert long.status == 422
    assert '<a href="#f-exam_type">' in long.body.decode()
    assert desk.send(path, path, **fields).status == 303
    read = node.db.call
    assert read(list_values, org_id, ValueKind.BILLING_CODE) == ["Short (1h)", BILLING]
    assert read(list_values, org_id, ValueKind.EXAM_TYPE) == ["Class", "Oral"]
    assert read(get_settings, org_id) == ("A4", True)
    stale = desk.send(path, path, **fields)
    assert stale.status == 422
    assert "You saved this in another window" in stale.body.decode()
    again = {"version": re.findall(r'name="version" value="(\w+)"', desk.read(path))[0]}
    plain = fields | again | {"billing_code": BILLING, "exam_type": ""}
    del plain["refuses_overlaps"]
    assert desk.send(path, path, **plain).status == 303
    assert read(list_values, org_id, ValueKind.BILLING_CODE) == [BILLING]
    assert len(read(list_values, org_id, ValueKind.EXAM_TYPE)) > 2
