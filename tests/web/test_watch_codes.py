"""Codes to watch: strangers who ask for them bound mails, and lock nobody out."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.support.client import Answer
from tests.support.node import BACKENDS, LocalNode, database, open_node
from tests.support.postgresql import Cluster
from tests.web.reading import Page
from tests.web.test_watch import Theatre
from turnout.core.events.programme import list_ticket_types
from turnout.store import Tx

FORM = {"Accept": "text/html", "Content-Type": "application/x-www-form-urlencoded"}
HOME, AWAY = "198.51.100.7", "198.51.100.8"
ANN, EVE = "ann@example.com", "eve@example.com"
MINUTES = 5


class Door:
    """The way in of a session without a personal link. Ann is registered, Eve is not."""

    def __init__(self, node: LocalNode) -> None:
        self.node = node
        self.theatre = Theatre(node, "theatre")
        self.event = self.theatre.cinema.event
        self.path = f"/watch/{self.theatre.cinema.talk.pak}"

    def post(self, path: str, place: str, **given: Any) -> Answer:
        headers = FORM | {"X-Forwarded-For": place}
        body = urlencode(given).encode()
        return self.node.client.request("POST", path, headers=headers, body=body)

    def ask(self, place: str, email: str = ANN) -> Answer:
        return self.post(self.path, place, email=email)

    def mails(self, email: str = ANN) -> list[str]:
        """The texts of all mails with codes to an address, oldest first."""

        def read(tx: Tx) -> list[Any]:
            return tx.connection.execute(
                f"SELECT fields FROM recipients WHERE destination = '{email}' AND EXISTS (SELECT 1 "
                "FROM jobs WHERE jobs.id = job_id AND kind = 'code') ORDER BY id"
            ).fetchall()

        return [json.loads(fields)["message"] for (fields,) in self.node.db.call(read)]

    def enter(self, place: str) -> Answer:
        """Enter the newest code that was mailed."""
        return self.post(self.path, place, email=ANN, code=self.mails()[-1][-6:])


@pytest.fixture(params=BACKENDS)
def door(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Door]:
    cluster: Cluster | None = None
    if request.param == "postgresql":
        cluster = request.getfixturevalue("cluster")
    with (
        database(request.param, tmp_path, cluster) as url,
        open_node(url, trusted_proxies="127.0.0.1") as node,
    ):
        yield Door(node)


def says(answer: Answer) -> str:
    return Page(answer.body).text


@pytest.mark.parametrize("email", [ANN, EVE])
def test_strangers_from_everywhere_keep_nobody_out(door: Door, email: str) -> None:
    """For two hours a stranger asks from another place each time, just before the owner does."""
    for step in range(2 * 60 // MINUTES):
        assert door.ask(f"203.0.113.{step}", email).status == 200
        answer = door.ask(HOME, email)
        assert answer.status == 200
        assert f"If {email} is registered, it gets a code, at most three an hour" in says(answer)
        door.node.clock.advance(MINUTES * 60)
    assert len(door.mails(email)) == 6
    if email == ANN:
        assert door.enter(HOME).status == 303


def test_the_page_is_the_same_for_whoever_is_registered_or_not(door: Door) -> None:
    asked = {
        email: [door.ask(place, email) for place in (HOME, HOME, HOME, AWAY, AWAY)]
        for email in (ANN, EVE)
    }
    ann, eve = (
        [(answer.status, answer.body.replace(b"eve@", b"ann@")) for answer in asked[email]]
        for email in (ANN, EVE)
    )
    assert ann == eve
    assert [status for status, _ in ann] == [200] * 5


@pytest.mark.parametrize("mark", [" ", "-", "\u00a0"])
def test_a_code_may_be_typed_in_groups(door: Door, mark: str) -> None:
    door.ask(HOME)
    code = door.mails()[-1][-6:]
    grouped = f" {code[:3]}{mark}{code[3:]} "
    assert door.post(door.path, HOME, email=ANN, code=grouped).status == 303


def test_one_place_causes_fewer_mails_than_all_together(door: Door) -> None:
    mails = []
    for place in (HOME, HOME, HOME, AWAY, AWAY):
        assert door.ask(place).status == 200
        mails.append(len(door.mails()))
    assert mails == [1, 2, 2, 3, 3]
    assert door.enter(HOME).status == 303


def test_forms_of_the_event_use_up_no_codes(door: Door) -> None:
    (ticket_type,) = door.node.db.call(list_ticket_types, door.theatre.cinema.org_id, door.event.id)
    given = {"first_name": "A", "last_name": "B", "email": ANN, "ticket": ticket_type.id}
    page = f"/theatre/{door.event.id}"
    forms = [door.post(page, AWAY, **given, answer="register").status for _ in range(4)]
    assert forms == [303] * 4
    assert door.ask(HOME).status == 200
    assert len(door.mails()) == 1
    assert door.enter(HOME).status == 303


def test_entering_a_code_makes_room_for_more(door: Door) -> None:
    for _ in range(3):
        door.ask(HOME)
    assert len(door.mails()) == 2
    assert door.enter(HOME).status == 303
    assert door.ask(HOME).status == 200
    assert len(door.mails()) == 3
    assert door.enter(HOME).status == 303


def test_without_a_code_to_enter_the_refusal_says_when(door: Door) -> None:
    for _ in range(2):
        door.ask(HOME)
    assert door.enter(AWAY).status == 303
    refused = door.ask(HOME)
    assert (refused.status, refused.headers["retry-after"]) == (429, "3600")
    expected = "Too many codes were sent to this address. Try again in an hour."
    assert expected in says(refused)
    door.node.clock.advance(3600)
    assert door.ask(HOME).status == 200
    assert len(door.mails()) == 3


def test_a_code_is_good_for_an_hour(door: Door) -> None:
    door.ask(HOME)
    door.node.clock.advance(3599)
    assert door.enter(HOME).status == 303
    door.ask(HOME)
    door.node.clock.advance(3600)
    assert "That is not the code, or it is too old." in says(door.enter(HOME))


def test_the_way_in_and_its_mail_are_in_the_visitors_language(door: Door) -> None:
    path = f"{door.path}?lang=de"
    asked = says(door.node.client.request("GET", path, headers={"Accept": "text/html"}))
    assert "Einen Code schicken" in asked
    assert "geht ein Code dorthin, höchstens drei in der Stunde" in says(
        door.post(path, HOME, email=ANN)
    )
    assert door.mails()[-1].startswith("Ihr Code, um ")
    door.post(path, HOME, email=EVE)
    assert "dafür nicht angemeldet." in door.mails(EVE)[-1]
    wrong = says(door.post(path, HOME, email=ANN, code="000000"))
    assert "Das ist nicht der Code," in wrong
