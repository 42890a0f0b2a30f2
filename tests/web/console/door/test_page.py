"""The console's page of the door: codes for phones, words to confirm, gates."""

import json
import re
from typing import Any

from tests.support.builder import Builder, contact
from tests.support.client import Answer
from tests.support.node import LocalNode
from tests.web.console.desk import Desk
from turnout.core.checkin.gates import create_gate
from turnout.core.door.decisions import Shown
from turnout.core.door.devices import find_standing, list_devices, note_seen
from turnout.core.door.looking import looks_first
from turnout.core.door.model import DoorRole
from turnout.core.door.pairing import Paired, make_pairing, pair_by_code, pair_by_link
from turnout.core.door.scanning import let_in
from turnout.core.door.uploading import Act, OfflineScan, upload_scans
from turnout.core.events.programme import create_ticket_type
from turnout.core.identity.organizations import get_organization
from turnout.core.ids import EventId, OrgId
from turnout.core.payments.settling import ask_for_payment, refuses_unpaid
from turnout.core.registrations.changing import add_by_staff
from turnout.store import Tx
from turnout.web.console.door.page import SILENT_MS

LETTERS = re.compile(r'<b class="letters">([A-Z]{3}) ([A-Z]{3})</b>')

ASKS = {"HX-Request": "true"}


def make_code(desk: Desk, page: str, **fields: str) -> str:
    """The cookies of a desk that made a code."""
    answer = desk.send(page, page, **fields)
    assert (answer.status, answer.headers["location"]) == (303, f"{page}#new")
    kept = answer.headers["set-cookie"]
    assert all(
        one in kept for one in ("HttpOnly", "SameSite=Strict", f"Path={page}", "Max-Age=600")
    )
    return f"{desk.headers['Cookie']}; {kept.partition(';')[0]}"


def test_a_code_is_shown_to_who_made_it_and_the_word_is_confirmed(
    node: LocalNode, desk: Desk, org_id: OrgId, events: dict[str, EventId]
) -> None:
    event_id = events["Summit"]
    page = f"/console/{event_id}/door"
    assert "No phone is paired" in desk.read(page)
    code = make_code(desk, page, role="supervisor", name="Door 2")
    shown = desk.open(page, Cookie=code).body.decode()
    assert 'class="qr"' in shown
    assert f'hx-get="{page}" hx-trigger="every 2s"' in shown
    assert f'<noscript><p><a class="button" href="{page}">' in shown
    ((one, two),) = LETTERS.findall(shown)
    assert not LETTERS.search(desk.read(page))
    assert not LETTERS.search(
        desk.open(f"/console/{events['Reunion']}/door", Cookie=code).body.decode()
    )
    asked = desk.open(page, Cookie=code, **ASKS)
    assert (asked.status, asked.body) == (204, b"")
    paired = node.db.call(pair_by_code, one + two, "", "Safari, iPhone", "192.0.2.1")
    assert isinstance(paired, Paired)
    assert desk.open(page, Cookie=code, **ASKS).headers["hx-refresh"] == "true"
    waiting = desk.open(page, Cookie=code).body.decode()
    assert "hx-trigger" not in waiting
    assert not LETTERS.search(waiting)
    assert f"It shows “{paired.device.word}”: let it in" in waiting
    answer = desk.send(page, page, confirm=str(paired.device.id))
    assert answer.headers["location"] == f"{page}?done=confirmed#phones"
    standing = node.db.call(find_standing, paired.secret)
    node.db.call(note_seen, standing, 57, 14)
    listed = desk.read(page)
    assert "57 %" in listed
    assert "<td>14</td>" in listed
    assert "Safari, iPhone" in listed
    node.clock.now += SILENT_MS + 1
    assert "Not seen for 5 minutes" in desk.read(page)
    desk.send(page, page, revoke=str(paired.device.id))
    (device,) = node.db.call(list_devices, org_id, event_id)
    assert device.revoked_at == node.clock()
    assert "Signed out" in desk.read(page)


def test_a_gate_is_made_and_phones_stand_at_it(
    node: LocalNode, desk: Desk, events: dict[str, EventId]
) -> None:
    page = f"/console/{events['Reunion']}/door"
    wrong = desk.send(page, page, add_gate="1", gate_name="")
    assert wrong.status == 422
    assert desk.send(page, page, add_gate="1", gate_name="North").status == 303
    ((number, name),) = re.findall(r'<option value="(\d+)">(North)</option>', desk.read(page))
    code = make_code(desk, page, role="steward", gate=number)
    shown = desk.open(page, Cookie=code).body.decode()
    ((one, two),) = LETTERS.findall(shown)
    assert name == "North"
    paired = node.db.call(pair_by_code, one + two, "Door 1", "", "192.0.2.2")
    assert isinstance(paired, Paired)
    (post,) = node.db.call(find_standing, paired.secret).posts
    assert post.gate_id == int(number)


def test_a_phone_of_another_event_is_not_there(
    node: LocalNode, desk: Desk, events: dict[str, EventId]
) -> None:
    page = f"/console/{events['Draft']}/door"
    assert desk.send(page, page, confirm="5").status == 404
    assert desk.send(page, page, role="steward", gate="5").status == 422


def test_a_phone_stands_at_the_doors_of_several_events(
    node: LocalNode, desk: Desk, events: dict[str, EventId]
) -> None:
    page = f"/console/{events['Summit']}/door"
    other = f"{events['Draft']}:0"
    assert f'name="also" value="{other}"' in desk.read(page)
    refused = desk.send(page, page, role="steward", also="999999:0")
    assert refused.status in (404, 422)
    code = make_code(desk, page, role="steward", name="Both", also=other)
    ((one, two),) = LETTERS.findall(desk.open(page, Cookie=code).body.decode())
    paired = node.db.call(pair_by_code, one + two, "", "", "192.0.2.3")
    assert isinstance(paired, Paired)
    posts = node.db.call(find_standing, paired.secret).posts
    assert {post.event_id for post in posts} == {events["Summit"], events["Draft"]}


def test_printers_are_added_and_removed(desk: Desk, events: dict[str, EventId]) -> None:
    page = f"/console/{events['Summit']}/door"
    given = {"printer_name": "Desk", "printer_language": "zpl", "printer_host": "10.0.0.9"}
    wrong = desk.send(page, page, add_printer="1", **given | {"printer_host": "no host"})
    assert wrong.status == 422
    made = desk.send(page, page, add_printer="1", **given)
    assert made.headers["location"] == f"{page}?done=printer#printers"
    listed = desk.read(page)
    assert "10.0.0.9:9100" in listed
    ((number, name),) = re.findall(
        r'name="remove_printer" value="(\d+)"[^>]*>.*?Remove (\w+)', listed
    )
    assert name == "Desk"
    gone = desk.send(page, page, remove_printer=number)
    assert gone.headers["location"] == f"{page}?done=printer_removed#phones"
    assert "10.0.0.9:9100" not in desk.read(page)


def test_unpaid_tickets_are_refused_and_let_in_again(
    node: LocalNode, desk: Desk, org_id: OrgId
) -> None:
    event_id = node.db.call(_make_event)
    page = f"/console/{event_id}/door"
    assert "Unpaid tickets" not in desk.read(page)
    node.db.call(
        create_ticket_type,
        org_id,
        event_id,
        "Paid",
        price_minor=900,
        currency="EUR",
        actor="test",
    )
    assert "let in people whose payment is open" in desk.read(page)
    for value, words in (("refuse", "unpaid_refused"), ("let_in", "unpaid_let_in")):
        done = desk.send(page, page, unpaid=value)
        assert done.headers["location"] == f"{page}?done={words}#unpaid"
        is_refused = node.db.call(refuses_unpaid, org_id, event_id)
        assert is_refused is (value == "refuse")
        assert ("doors refuse tickets" in desk.read(page)) is is_refused


def test_phones_show_tickets_first_where_the_organizer_wants_it(
    node: LocalNode, desk: Desk, org_id: OrgId, events: dict[str, EventId]
) -> None:
    page = f"/console/{events['Summit']}/door"
    for value, done, words in (
        ("first", "look_first", "show a good ticket first, and check it in with a tap"),
        ("express", "express", "check a good ticket in at once"),
    ):
        sent = desk.send(page, page, looks=value)
        assert sent.headers["location"] == f"{page}?done={done}#looks"
        assert words in desk.read(page)
        is_first = node.db.call(looks_first, org_id, events["Summit"])
        assert is_first is (value == "first")


def _make_event(tx: Tx) -> EventId:
    return Builder.of(tx, get_organization(tx, "rail")).event("Unpaid").id


def test_a_file_that_a_phone_saved_is_loaded(
    node: LocalNode, desk: Desk, org_id: OrgId, events: dict[str, EventId]
) -> None:
    event_id = events["Summit"]
    page = f"/console/{event_id}/door/rescue"
    made = node.db.call(
        make_pairing, org_id, [(event_id, None)], DoorRole.STEWARD, "Door 7", actor="t"
    )
    node.db.call(pair_by_link, made.token, "", "")
    code = node.db.call(_register, org_id, event_id)
    assert f'href="{page}"' in desk.read(f"/console/{event_id}/door")
    refused = send_file(desk, page, b"no file of a phone")
    assert refused.status == 422
    assert "not a file of scans that a phone has saved" in refused.body.decode()
    acts = [
        {"code": code, "at": node.clock(), "nonce": "saved-scan-1", "is_admitted": True},
        {"act": "let_in", "code": code, "at": 1, "nonce": "saved-scan-2", "reason": "x"},
        {"code": code, "at": 1, "nonce": "saved-scan-3", "event": event_id + 1},
    ]
    file = json.dumps({"phone": "Door 7", "scans": acts}).encode()
    for _ in range(2):
        told = send_file(desk, page, file)
        assert told.status == 200
        said = told.body.decode()
        assert "1 scan of this event is on the server now." in said
        assert "1 scan is of another event" in said
        assert "only a supervisor&#39;s phone may do it" in said
    query = f"SELECT result FROM scans WHERE code = '{code}'"
    assert node.db.call(lambda tx: tx.connection.execute(query).fetchall()) == [("admitted",)]
    other = send_file(desk, page, file.replace(b"Door 7", b"Door 8"))
    assert (other.status, "No phone of this event is called Door 8" in other.body.decode()) == (
        422,
        True,
    )


def test_who_was_let_in_anyway_is_listed_with_the_reason(
    node: LocalNode, desk: Desk, org_id: OrgId, events: dict[str, EventId]
) -> None:
    event_id = events["Summit"]
    made = node.db.call(
        make_pairing, org_id, [(event_id, None)], DoorRole.SUPERVISOR, "Chief", actor="t"
    )
    secret = node.db.call(pair_by_link, made.token, "", "").secret
    code = node.db.call(_register, org_id, event_id, "twin")
    page = f"/console/{event_id}/door"
    assert "Let in anyway" not in desk.read(page)
    node.db.call(_let_in, secret, code)
    told = desk.read(page)
    assert "<span>A &lt;b&gt; speaker</span>" in told
    assert "By Chief, " in told


def test_conflicts_say_who_what_where_and_how_much(
    node: LocalNode, desk: Desk, org_id: OrgId, events: dict[str, EventId]
) -> None:
    event_id = events["Summit"]
    secrets = []
    for name in ("North", "South"):
        gate = node.db.call(create_gate, org_id, event_id, f"Gate {name}", [], [], actor="t").id
        where = (org_id, [(event_id, gate)], DoorRole.SUPERVISOR)
        made = node.db.call(make_pairing, *where, name, actor="t")
        secrets.append(node.db.call(pair_by_link, made.token, "", "").secret)
    code = node.db.call(_register, org_id, event_id, "twice")
    due_at = node.clock() + 86_400_000
    node.db.call(ask_for_payment, org_id, code, 1050, "EUR", due_at=due_at, actor="t")
    for secret in secrets:
        node.db.call(_take_money, secret, code)
    told = re.sub(r"\s+", " ", desk.read(f"/console/{event_id}/door"))
    at = r"[^<]+ to South \(Gate South\) at [^<]+ Give one of them back."
    assert re.search(rf"Paid twice: €10.50 to North \(Gate North\) at {at}", told)
    assert re.search(r"Let in twice: by North \(Gate North\) at [^<]+ by South \(Gate", told)
    assert re.search(r"Let in by South \(Gate South\) at [^<]+, but the ticket is not known", told)
    assert "<span>MENU</span>" in told


def _take_money(tx: Tx, secret: str, code: str) -> None:
    standing = find_standing(tx, secret)
    kinds: list[dict[str, Any]] = [{"act": Act.PAID}, {"is_admitted": True}]
    scans = [
        OfflineScan(code=code, at=tx.now, nonce=f"money-{n}", **m) for n, m in enumerate(kinds)
    ]
    scans.append(OfflineScan(code="MENU", at=tx.now, nonce="money-menu", is_admitted=True))
    upload_scans(tx, standing, standing.posts[0], scans, tx.now)


def _let_in(tx: Tx, secret: str, code: str) -> None:
    standing = find_standing(tx, secret)
    shown = Shown(code=code, at=tx.now, nonce="let-in-anyway")
    let_in(tx, standing, standing.posts[0], shown, "A <b> speaker")


def send_file(desk: Desk, page: str, content: bytes) -> Answer:
    """The answer to a form with a file."""
    (token, *_) = re.findall(r'name="token" value="([^"]+)"', desk.read(page))
    head = 'Content-Disposition: form-data; name="{}"{}\r\n\r\n'
    parts = [
        (head.format("token", "") + token).encode(),
        head.format("file", '; filename="door-scans.json"').encode() + content,
    ]
    body = b"".join(b"--edge\r\n" + part + b"\r\n" for part in parts) + b"--edge--\r\n"
    headers = desk.headers | {"Content-Type": "multipart/form-data; boundary=edge"}
    return desk.client.request("POST", page, headers=headers, body=body)


def _register(tx: Tx, org_id: OrgId, event_id: EventId, name: str = "saved") -> str:
    made = add_by_staff(tx, org_id, event_id, contact(name), is_complete=False, actor="t")
    return made.ticket.code
