"""The pages of a phone at the door, without JavaScript: pairing, who it is, signing out."""

import re
from urllib.parse import urlencode

import pytest

from tests.support.builder import Builder
from tests.support.client import Answer
from tests.support.node import LocalNode
from tests.web.signing_in import FORM
from turnout.core.door.devices import list_devices
from turnout.core.door.model import DoorRole
from turnout.core.door.pairing import NewPairing, confirm_device, make_pairing
from turnout.core.ids import EventId, OrgId
from turnout.store import Tx

BROWSER = {"Accept": "text/html"}
ASKS = {"HX-Request": "true"}


class Hall:
    """An organization with an event, and phones that come to it."""

    def __init__(self, node: LocalNode, org_id: OrgId, event_id: EventId) -> None:
        self.node, self.org_id, self.event_id = node, org_id, event_id

    def code(self, name: str = "") -> NewPairing:
        places = [(self.event_id, None)]
        role = DoorRole.STEWARD
        return self.node.db.call(make_pairing, self.org_id, places, role, name, actor="t")

    def open(self, path: str, **headers: str) -> Answer:
        return self.node.client.request("GET", path, headers=BROWSER | headers)

    def send(self, path: str, cookie: str = "", **fields: str) -> Answer:
        headers = BROWSER | FORM | ({"Cookie": cookie} if cookie else {})
        body = urlencode(fields).encode()
        return self.node.client.request("POST", path, headers=headers, body=body)


@pytest.fixture(scope="module")
def hall(node: LocalNode) -> Hall:
    def make(tx: Tx) -> tuple[OrgId, EventId]:
        house = Builder(tx, "hall", "Hall")
        return house.org_id, house.event("Night of the Halls").id

    return Hall(node, *node.db.call(make))


def cookie_of(answer: Answer) -> str:
    assert answer.status == 303, answer.body
    assert answer.headers["location"] == "/door"
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    return cookie.partition(";")[0]


def test_a_link_asks_and_then_pairs(hall: Hall) -> None:
    path = f"/door/pair/{hall.code('Door 2').token}"
    page = hall.open(path).body.decode()
    assert "Pair this phone for Night of the Halls" in page
    assert hall.open(path).status == 200
    assert 'name="name"' not in page
    cookie = cookie_of(hall.send(path, name="My phone"))
    page = hall.open("/door", Cookie=cookie).body.decode()
    assert "This phone is paired" in page
    assert "<b>Door 2</b><span>Steward</span>" in page
    assert "<b>Night of the Halls</b>" in page
    # A volunteer who stands at a door with it is told what to do there.
    for gone in (hall.open(path), hall.send(path, name="Door 3"), hall.open("/door/pair/nothing")):
        said = gone.body.decode()
        assert (gone.status, "mail" in said) == (404, False)
        assert (
            "Ask the person who runs the event for a new one: it is on their screen, under Door"
            in said
        )
        assert 'action="/door/pair"' in said


def test_a_phone_without_a_name_is_asked_for_one(hall: Hall) -> None:
    answer = hall.send(f"/door/pair/{hall.code().token}", name=" ")
    assert answer.status == 422
    assert "Give the phone a name" in answer.body.decode()


def test_letters_show_a_word_until_the_console_confirms(hall: Hall) -> None:
    made = hall.code()
    wrong = hall.send("/door/pair", code="QQQQQQ", name="Door 3")
    assert (wrong.status, "No phone is paired" in wrong.body.decode()) == (422, True)
    assert 'aria-describedby="said" autofocus' in wrong.body.decode()
    assert "autofocus" not in hall.open("/door/pair").body.decode()
    cookie = cookie_of(hall.send("/door/pair", code=made.code.lower(), name="Door 3"))
    page = hall.open("/door", Cookie=cookie).body.decode()
    (device, *_) = hall.node.db.call(list_devices, hall.org_id, hall.event_id)
    assert f'<p class="sign"><b>{device.word}</b></p>' in page
    assert 'hx-get="/door" hx-trigger="every 1s"' in page
    assert hall.open("/door", Cookie=cookie, **ASKS).status == 204
    hall.node.db.call(confirm_device, hall.org_id, hall.event_id, device.id, actor="t")
    assert hall.open("/door", Cookie=cookie, **ASKS).headers["hx-refresh"] == "true"
    assert "This phone is paired" in hall.open("/door", Cookie=cookie).body.decode()


def test_a_phone_is_signed_out_by_its_own_form_alone(hall: Hall) -> None:
    cookie = cookie_of(hall.send(f"/door/pair/{hall.code().token}", name="Door 4"))
    (token,) = re.findall(
        r'name="token" value="(\w+)"', hall.open("/door", Cookie=cookie).body.decode()
    )
    assert hall.send("/door", cookie, token="0" * 64).status == 403
    assert hall.send("/door", cookie, token=token).status == 303
    page = hall.open("/door", Cookie=cookie).body.decode()
    assert "This phone is not paired any more" in page
    assert 'name="code"' in page
    assert hall.open("/door", Cookie=cookie, **ASKS).headers["hx-refresh"] == "true"


@pytest.mark.parametrize(
    ("spoken", "said"), [("de", "Dieses Telefon koppeln"), ("es", "Vincular este teléfono")]
)
def test_it_is_said_in_other_languages(hall: Hall, spoken: str, said: str) -> None:
    page = hall.open("/door", **{"Accept-Language": spoken}).body.decode()
    assert f"<h1>{said}</h1>" in page


def test_an_address_that_is_not_encrypted_is_told(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(hall.node.client, "place", "192.0.2.9")
        plain = hall.open("/door/pair").body.decode()
    assert "This address is not encrypted" in plain
    assert "not encrypted" not in hall.open("/door/pair").body.decode()
