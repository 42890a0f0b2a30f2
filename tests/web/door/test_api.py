"""`/door/api` as scanners call it: with a token or a page's cookie, in JSON."""

import gzip
import itertools
import json
from typing import Any

import pytest

from tests.support.builder import Builder, contact
from tests.support.client import Answer
from tests.support.node import LocalNode
from turnout.core.door.devices import list_devices
from turnout.core.door.looking import set_looks_first
from turnout.core.door.model import DoorRole
from turnout.core.door.pairing import make_pairing, pair_by_link
from turnout.core.door.printers import add_printer
from turnout.core.identity.page_sessions import form_token_of
from turnout.core.ids import EventId, OrgId
from turnout.core.registrations.changing import add_by_staff
from turnout.core.registrations.places import set_event_capacity
from turnout.formats.labels import PrinterLanguage
from turnout.store import Tx
from turnout.web.door import news

_nonces = itertools.count(10_000_000)


class Phones:
    """An event with two guests, and what its phones ask."""

    def __init__(self, node: LocalNode, made: tuple[OrgId, EventId, list[str]]) -> None:
        self.node = node
        self.org_id, self.event_id, self.codes = made

    def pair(self, name: str, role: DoorRole = DoorRole.STEWARD) -> str:
        """The token of a new phone."""
        places = [(self.event_id, None)]
        made = self.node.db.call(make_pairing, self.org_id, places, role, name, actor="t")
        return self.node.db.call(pair_by_link, made.token, "", "").secret

    def get(self, token: str, path: str, **headers: str) -> Answer:
        sent = {"Authorization": f"Door {token}"} | headers
        return self.node.client.request("GET", f"/door/api/{path}", headers=sent)

    def post(self, token: str, path: str, **body: Any) -> Answer:
        sent = {"Authorization": f"Door {token}"}
        if path != "offline" and path != "walk-in":
            body = {"nonce": f"n-{next(_nonces)}"} | body
        return self.node.client.request("POST", f"/door/api/{path}", headers=sent, json=body)


@pytest.fixture(scope="module")
def phones(node: LocalNode) -> Phones:
    def make(tx: Tx) -> tuple[OrgId, EventId, list[str]]:
        house = Builder(tx, "phones", "Phones")
        event = house.event("Summit", capacity=3)
        made = [
            add_by_staff(tx, house.org_id, event.id, contact(name), actor="t")
            for name in ("ann", "bob")
        ]
        return house.org_id, event.id, [granted.ticket.code for granted in made]

    return Phones(node, node.db.call(make))


def test_a_phone_is_told_who_it_is(phones: Phones) -> None:
    state = phones.get(phones.pair("Door 1"), "state").json()
    assert (state["name"], state["role"], state["word"]) == ("Door 1", "steward", "")
    (place,) = state["places"]
    assert (place["event"], place["title"]) == (phones.event_id, "Summit")


def test_it_scans_undoes_and_is_counted(phones: Phones) -> None:
    token, code = phones.pair("Door 2"), phones.codes[0]
    since = phones.node.clock()
    told = phones.post(token, "scan", code=code).json()
    assert (told["verdict"], told["name"]) == ("admitted", "Ann Guest")
    phones.node.clock.now += 2_000
    changes = phones.get(token, f"changes?since={since}&battery=57&unsent=4").json()
    assert (changes["counters"]["checked_in"], changes["counters"]["expected"]) == (1, 2)
    assert [row[2:4] for row in changes["tickets"] if row[6]] == [["Ann", "Guest"]]
    devices = phones.node.db.call(list_devices, phones.org_id, phones.event_id)
    assert [(one.battery, one.unsent) for one in devices if one.name == "Door 2"] == [(57, 4)]
    undone = {"done": "undone", "first_at": None, "first_device": "", "is_outside": False}
    assert phones.post(token, "undo", code=code).json() == undone
    assert phones.post(token, "scan", code=code).json()["verdict"] == "admitted"


def test_a_steward_only_scans(phones: Phones) -> None:
    token = phones.pair("Door 3")
    for answer in (
        phones.get(token, "search?q=ann"),
        phones.post(token, "let-in", code=phones.codes[0], reason="x"),
        phones.post(token, "walk-in", email="eve@example.com"),
    ):
        assert (answer.status, answer.json()["error"]) == (403, "door.supervisor")
    assert phones.post(token, "leave", code=phones.codes[0]).json()["error"] == "door.no_exit"


def test_a_supervisor_searches_lets_in_and_registers(phones: Phones) -> None:
    token = phones.pair("Desk", DoorRole.SUPERVISOR)
    (found,) = phones.get(token, "search?q=bo").json()["found"]
    assert found["name"] == "Bob Guest"
    told = phones.post(token, "let-in", ticket=found["ticket"], reason="Speaker").json()
    assert told["verdict"] == "admitted"
    eve = {"email": "eve@example.com", "first_name": "Eve"}
    assert phones.post(token, "walk-in", **eve).json()["verdict"] == "admitted"
    full = phones.post(token, "walk-in", email="kim@example.com")
    assert (full.status, full.json()["error"]) == (409, "event.full")


def test_a_snapshot_and_an_upload_go_together(phones: Phones) -> None:
    token = phones.pair("Door 4")
    answer = phones.get(token, "snapshot", **{"Accept-Encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert gzip.decompress(answer.body) == phones.get(token, "snapshot").body
    now = phones.node.clock()
    scans = [
        {"code": phones.codes[1], "at": now, "nonce": "offline-1", "is_admitted": True},
        {"code": "NOTHING", "at": now, "nonce": "offline-2"},
    ]
    done = phones.post(token, "offline", sent_at=now, scans=scans).json()["scans"]
    assert [one["nonce"] for one in done] == ["offline-1", "offline-2"]
    assert done[1]["verdict"] == "unknown"


def test_a_cookie_needs_its_pages_header(phones: Phones) -> None:
    token, client = phones.pair("Door 5"), phones.node.client
    cookie = {"Cookie": f"turnout-door={token}"}
    body = {"nonce": "n-cookie-1", "code": "NOTHING"}
    assert client.request("GET", "/door/api/state", headers=cookie).status == 200
    refused = client.request("POST", "/door/api/scan", headers=cookie, json=body)
    assert refused.status == 403
    form = {"X-Door-Form": form_token_of(token)}
    assert client.request("POST", "/door/api/scan", headers=cookie | form, json=body).status == 200
    told = client.request("GET", "/door/api/state", headers=cookie).json()
    assert told["form"] == form["X-Door-Form"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("scan", {"nonce": "short"}),
        ("scan", {"nonce": "n-12345678", "code": 5}),
        ("offline", {"sent_at": 1, "scans": [{"at": 1}]}),
        ("walk-in", {"email": 5}),
    ],
)
def test_what_cannot_be_read_is_refused(phones: Phones, path: str, body: dict[str, Any]) -> None:
    answer = phones.post(phones.pair("Door 6"), path, **body)
    assert (answer.status, answer.json()["error"]) == (400, "door.malformed")


def test_who_is_not_paired_gets_nothing(phones: Phones) -> None:
    refused = phones.get("nothing", "state")
    assert (refused.status, refused.json()["error"]) == (401, "credential.unknown")
    assert refused.headers["www-authenticate"].startswith("Door")
    assert phones.post("nothing", "scan", code=5).json()["error"] == "credential.unknown"
    assert phones.get("nothing", "changes?since=x").json()["error"] == "credential.unknown"
    assert phones.get(phones.pair("Door 7"), "changes?event=5").status == 404
    assert phones.get(phones.pair("Door 8"), "changes?since=x").json()["error"] == "door.number"


def test_a_refusal_is_in_the_language_of_the_phone(phones: Phones) -> None:
    said = phones.node.client.request(
        "GET", "/door/api/state", headers={"Accept-Language": "de"}
    ).json()
    assert said["error"] == "door.unpaired"
    assert said["message"].startswith("Dieses Telefon ist nicht gekoppelt.")


def test_a_walk_in_needs_no_address_and_is_registered_once(phones: Phones) -> None:
    token = phones.pair("Desk 2", DoorRole.SUPERVISOR)
    phones.node.db.call(set_event_capacity, phones.org_id, phones.event_id, 50, actor="t")
    body = {"nonce": "walk-in-1", "first_name": "Lee"}
    first = phones.post(token, "walk-in", **body).json()
    assert (first["verdict"], first["name"]) == ("admitted", "Lee")
    assert phones.post(token, "walk-in", **body).json()["ticket"] == first["ticket"]
    assert phones.post(token, "walk-in").json()["error"] == "door.walk_in_name"


def test_a_badge_is_a_page_and_goes_to_printers_that_may_be_reached(phones: Phones) -> None:
    token = phones.pair("Desk 3", DoorRole.SUPERVISOR)
    where = (phones.org_id, phones.event_id)
    printer = phones.node.db.call(
        add_printer, *where, "Desk", PrinterLanguage.ZPL, "10.0.0.9", actor="t"
    )
    ticket = phones.get(token, "search?q=bo").json()["found"][0]["ticket"]
    page = phones.get(token, f"badge?ticket={ticket}")
    assert page.headers["content-type"] == "application/pdf"
    assert page.body.startswith(b"%PDF")
    (place,) = phones.get(token, "state").json()["places"]
    assert place["printers"] == [{"id": printer.id, "name": "Desk"}]
    refused = phones.post(token, "print", ticket=ticket, printer=printer.id)
    assert (refused.status, refused.json()["error"]) == (409, "printer.unreached")
    assert phones.post(token, "print", ticket=ticket, printer=5).status == 404
    assert phones.get(token, "badge?ticket=5").status == 404


def test_a_phone_hears_that_something_has_changed(
    phones: Phones, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(news, "LOOKS", 2)
    monkeypatch.setattr(news, "PAUSE_S", 0.0)
    monkeypatch.setattr(news, "LATEST_S", 0.0)
    token = phones.pair("Door 9")
    told = phones.get(token, "news")
    assert (told.status, told.headers["content-type"]) == (200, "text/event-stream")
    assert told.headers["x-accel-buffering"] == "no"
    assert told.body.decode().count("data:") == 1
    assert phones.get("nothing", "news").status == 401
    # Also of what is chosen in the console for all phones of the event.
    assert json.loads(phones.get(token, "changes?since=1").body)["looks_first"] is False
    phones.node.clock.now += 1
    where = (phones.org_id, phones.event_id)
    phones.node.db.call(set_looks_first, *where, is_first=True, actor="t")
    assert phones.get(token, "news").body != told.body
    assert json.loads(phones.get(token, "changes?since=1").body)["looks_first"] is True
    phones.node.db.call(set_looks_first, *where, is_first=False, actor="t")


def test_a_phone_with_unsent_scans_is_not_signed_out(phones: Phones) -> None:
    token = phones.pair("Door 10")
    cookie = {"Cookie": f"turnout-door={token}"}
    sent = cookie | {"Content-Type": "application/x-www-form-urlencoded"}
    form = f"token={form_token_of(token)}".encode()
    phones.get(token, "changes?unsent=3")
    client = phones.node.client
    refused = client.request("POST", "/door", headers=sent, body=form)
    assert refused.status == 409
    phones.node.clock.now += 1
    phones.get(token, "changes?unsent=0")
    assert client.request("POST", "/door", headers=sent, body=form).status == 303


def test_an_older_page_talks_to_this_server(phones: Phones) -> None:
    """What pages of before sent and read: the API only grows."""
    token = phones.pair("Older", DoorRole.SUPERVISOR)
    told = phones.post(token, "scan", code="NOTHING", ticket=0, event=0).json()
    assert told["verdict"] == "unknown"
    before = {"at", "event", "title", "state", "timezone", "deleted_at", "gate", "digest_key"}
    before |= {"organization", "ticket_types", "gate_ticket_types", "is_gate_open", "keys"}
    snapshot = phones.get(token, "snapshot").json()
    assert before | {"tickets"} <= snapshot.keys()
    assert all(len(row) >= 8 for row in snapshot["tickets"])
    changes = phones.get(token, f"changes?event=0&since={snapshot['at']}&unsent=0").json()
    assert {"at", "state", "tickets", "conflicts", "counters"} <= changes.keys()
    now = phones.node.clock()
    plain = {"act": "scan", "code": "NOTHING", "ticket": 0, "at": now, "nonce": "older-page-1"}
    scans = [plain | {"is_admitted": False, "reason": ""}]
    body = {"sent_at": now, "event": 0, "scans": scans}
    assert phones.post(token, "offline", **body).json()["scans"][0]["verdict"] == "unknown"
