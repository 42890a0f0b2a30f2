"""Many people and their forms: a venue behind one address, a proxy, and who asks too often."""

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.support import proof
from tests.support.builder import Builder
from tests.support.client import Answer
from tests.support.node import BACKENDS, LocalNode, database, open_node
from tests.support.postgresql import Cluster
from tests.web.reading import Page, follow, send_form
from turnout.core.events.model import span
from turnout.core.events.page_names import set_series_name
from turnout.core.events.programme import (
    add_to_channel,
    create_channel,
    get_event,
    list_ticket_types,
)
from turnout.core.ids import EventId, OrgId
from turnout.core.messaging.delivering import claim
from turnout.core.messaging.model import URGENT
from turnout.core.registrations.form_limits import MAILS_WINDOW_MS, book_mail
from turnout.core.registrations.joining import queue_ticket_mail
from turnout.core.registrations.places import set_event_capacity
from turnout.core.tickets.mails import claim_ticket_mails
from turnout.core.tickets.sql import sql
from turnout.core.windows.counting import forget_ended_windows
from turnout.store import Tx

FORM = {"Accept": "text/html", "Content-Type": "application/x-www-form-urlencoded"}
VENUE, PROXY = "198.51.100.7", "127.0.0.1"
PEOPLE = proof.scale(70, 500)
WITHOUT_CODE = 50
FORMS = 600
CODE = re.compile(r"Fair is (\d{6})\. It is good for ten minutes\.")
HOUR_MS = 3_600_000
EVENING = span("2099-06-01T18:00", "2099-06-01T23:00", "Europe/Berlin")


class Gate:
    """An event whose page is reached through a trusted proxy."""

    def __init__(self, node: LocalNode) -> None:
        self.node = node
        self.org_id, self.event_id = node.db.call(self._make)
        (ticket_type,) = node.db.call(list_ticket_types, self.org_id, self.event_id)
        self.type_id = ticket_type.id

    def _make(self, tx: Tx) -> tuple[OrgId, EventId]:
        house = Builder(tx, "gate")
        house.user()
        return house.org_id, house.event("Fair", EVENING).id

    def another(self, title: str) -> "Gate":
        """Another event of the same organization."""
        found = copy.copy(self)
        event = self.node.add_event(self.org_id, title, EVENING)
        (ticket_type,) = self.node.db.call(list_ticket_types, self.org_id, event.id)
        found.event_id, found.type_id = event.id, ticket_type.id
        return found

    def mails_due(self) -> list[int]:
        """When the tickets' mails go out, epoch ms."""
        query = "SELECT due_at FROM ticket_mails ORDER BY due_at"
        rows: Any = self.node.db.call(lambda tx: tx.connection.execute(query).fetchall())
        return [row[0] for row in rows]

    def post(self, email: str, address: str = VENUE, **more: Any) -> Answer:
        given = {"first_name": "A", "last_name": "B", "email": email, "ticket": self.type_id}
        headers = FORM | {"X-Forwarded-For": address}
        body = urlencode(given | more).encode()
        return self._send(headers, body)

    def enter(self, asked: Answer, code: str, address: str = VENUE) -> Answer:
        """Send the form that asks for a code, as the browser would."""
        hidden = re.findall(
            r'<input type="hidden" name="([^"]+)" value="([^"]*)">', asked.body.decode()
        )
        headers = FORM | {"X-Forwarded-For": address}
        body = urlencode({**dict(hidden), "code": code}).encode()
        return self._send(headers, body)

    def press(self, asked: Answer, button: str, **typed: str) -> Answer:
        """Send the form of a page that has this button with the fields that it has, and `typed`."""
        forms = re.findall(r"<form.*?</form>", asked.body.decode(), re.DOTALL)
        (form,) = (form for form in forms if button in form)
        fields = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', form)
        body = urlencode({**dict(fields), **typed}).encode()
        return self._send(FORM | {"X-Forwarded-For": VENUE}, body)

    def _send(self, headers: dict[str, str], body: bytes) -> Answer:
        client, path = self.node.client, f"/gate/{self.event_id}"
        return follow(client, client.request("POST", path, headers=headers, body=body))

    def codes(self) -> dict[str, str]:
        """The codes that wait to be mailed, by address."""
        found = {}
        while jobs := self.node.db.call(claim, URGENT, 100, 1000):
            for recipient in (recipient for job in jobs for recipient in job.recipients):
                found[recipient.address] = CODE.findall(json.loads(recipient.fields)["message"])[0]
        return found

    def held(self) -> int:
        return self.node.db.call(get_event, self.org_id, self.event_id).held


def open_gate(url: str, **settings: Any) -> Any:
    return open_node(url, trusted_proxies=PROXY, **settings)


@pytest.fixture(params=BACKENDS)
def node(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[LocalNode]:
    cluster: Cluster | None = None
    if request.param == "postgresql":
        cluster = request.getfixturevalue("cluster")
    with database(request.param, tmp_path, cluster) as url, open_gate(url) as node:
        yield node


@pytest.fixture
def gate(node: LocalNode) -> Gate:
    return Gate(node)


def _forget_mails(tx: Tx, org_id: OrgId) -> None:
    for (ticket_id,) in tx.connection.execute("SELECT ticket_id FROM ticket_mails").fetchall():
        sql.delete_ticket_mail(tx, org_id=org_id, ticket_id=ticket_id)


def _send_all_now(tx: Tx, org_id: OrgId) -> None:
    for (ticket_id,) in tx.connection.execute("SELECT ticket_id FROM ticket_mails").fetchall():
        queue_ticket_mail(tx, org_id, ticket_id)


THANKS = "Your ticket is on its way"


def says(answer: Answer) -> str:
    return Page(answer.body).text


@pytest.mark.proof
@pytest.mark.parametrize("node", proof.scale(["sqlite"], BACKENDS), indirect=True)
def test_a_venue_behind_one_address_registers_everybody(gate: Gate) -> None:
    emails = [f"guest{number}@example.com" for number in range(PEOPLE)]
    answers = {email: gate.post(email) for email in emails}
    thanked = [email for email, answer in answers.items() if THANKS in says(answer)]
    assert thanked == emails[:WITHOUT_CODE]
    # Nothing is held for those who are asked for a code, until they have entered it.
    assert gate.held() == WITHOUT_CODE
    codes = gate.codes()
    assert list(codes) == emails[WITHOUT_CODE:]
    for email, code in codes.items():
        assert THANKS in says(gate.enter(answers[email], code))
    assert gate.held() == PEOPLE
    proof.report("people of one venue", people=PEOPLE, by_code=len(codes))


@pytest.mark.proof
@pytest.mark.parametrize("node", proof.scale(["sqlite"], BACKENDS), indirect=True)
def test_everybody_behind_a_trusted_proxy_is_somebody_else(gate: Gate) -> None:
    for number in range(PEOPLE):
        address = f"203.0.{number // 200}.{number % 200 + 1}"
        assert THANKS in says(gate.post(f"guest{number}@example.com", address))
    assert (gate.held(), gate.codes()) == (PEOPLE, {})
    proof.report("people through one proxy", people=PEOPLE)


def test_forms_of_one_place_are_bounded_for_each_event(tmp_path: Path) -> None:
    with database("sqlite", tmp_path) as url, open_gate(url, forms_per_place=3) as node:
        gate = Gate(node)
        for number in range(3):
            assert gate.post(f"guest{number}@example.com").status == 200
        answer = gate.post("guest3@example.com")
        assert (answer.status, answer.headers["retry-after"]) == (429, "300")
        assert "Too many forms were sent from your address. Try again in 5 minutes." in says(answer)
        assert 'value="guest3@example.com"' in answer.body.decode()
        assert gate.post("guest3@example.com", "2001:db8::1").status == 200
        node.clock.advance(300)
        assert gate.post("guest4@example.com").status == 200
        assert gate.held() == 5


def test_a_series_is_registered_for_at_once_and_its_mails_are_paced(gate: Gate) -> None:
    series = [gate, *(gate.another(f"Webinar {number}") for number in range(7))]
    assert {says(form.post("ada@example.com")).partition("Thank you")[2] for form in series} == {
        says(gate.post("ADA@example.com")).partition("Thank you")[2].replace("ADA", "ada")
    }
    assert [form.held() for form in series] == [1] * 8
    start = gate.node.clock.now
    hours = [(due_at - start) // HOUR_MS for due_at in gate.mails_due()]
    assert hours == [0, 0, 0, 1, 1, 1, 2, 2]
    # Nobody else waits for that, and what is asked for again is not mailed twice.
    gate.post("bob@example.com")
    assert gate.mails_due().count(start) == 4
    # Nor does a stranger who sends the form for somebody's address hold back more than it asks for.
    for _ in range(20):
        gate.post("ada@example.com")
    assert len(gate.mails_due()) == 9
    # The organizer may have one of them sent now.
    gate.node.db.call(_send_all_now, gate.org_id)
    assert set(gate.mails_due()) == {start}


def test_a_held_mail_goes_out_in_its_hour(gate: Gate) -> None:
    for number in range(3):
        gate.another(f"Webinar {number}").post("ada@example.com")
    gate.node.db.call(_forget_mails, gate.org_id)
    gate.post("ada@example.com")
    due = gate.node.db.call(claim_ticket_mails)
    assert due == []
    gate.node.clock.advance(3600)
    (mail,) = gate.node.db.call(claim_ticket_mails)
    assert (mail.email, mail.facts.shown.event.id) == ("ada@example.com", gate.event_id)


def test_a_form_that_is_refused_after_its_code_needs_no_other(tmp_path: Path) -> None:
    """Whatever is wrong with it by then: a ticket that is off sale, or sessions that are full."""
    with database("sqlite", tmp_path) as url, open_gate(url, forms_before_code=0) as node:
        gate = Gate(node)
        asked = gate.post("ada@example.com")
        (code,) = gate.codes().values()
        node.db.call(set_event_capacity, gate.org_id, gate.event_id, 0, actor="t")
        full = gate.enter(asked, code)
        assert "No place is free." in says(full)
        node.db.call(set_event_capacity, gate.org_id, gate.event_id, 9, actor="t")
        hidden = dict(re.findall(r'name="(proved)" value="([^"]*)"', full.body.decode()))
        # It is of that address, for an hour.
        assert "One more step" in says(gate.post("bob@example.com", **hidden))
        assert "One more step" in says(gate.post("ada@example.com", proved="1-x"))
        assert THANKS in says(gate.post("ada@example.com", **hidden))
        assert gate.held() == 1
        node.clock.advance(3600)
        assert "One more step" in says(gate.post("ada@example.com", **hidden))


def test_three_codes_an_hour_go_to_one_address(tmp_path: Path) -> None:
    with database("sqlite", tmp_path) as url, open_gate(url, forms_before_code=0) as node:
        gate = Gate(node)
        for number in range(3):
            assert "One more step" in says(gate.post("ada@example.com", f"192.0.2.{number}"))
        answer = gate.post("ADA@example.com", "192.0.2.9")
        assert (answer.status, answer.headers["retry-after"]) == (429, "3600")
        assert "Too many codes were sent to this address. Try again in an hour." in says(answer)
        assert gate.post("bob@example.com", "192.0.2.9").status == 200
        node.clock.advance(3600)
        assert gate.post("ada@example.com").status == 200


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_clock_that_is_set_back_refuses_no_form_and_paces_mails_from_now(
    backend: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    cluster = request.getfixturevalue("cluster") if backend == "postgresql" else None
    with database(backend, tmp_path, cluster) as url, open_gate(url, forms_per_place=3) as node:
        gate = Gate(node)
        for number in range(4):
            answer = gate.post(f"guest{number}@example.com")
        assert answer.status == 429
        org_id = gate.org_id
        for _ in range(4):
            due_at = node.db.call(book_mail, org_id, "ada@example.com")
        assert due_at == node.clock.now + MAILS_WINDOW_MS
        node.clock.advance(-3600)
        assert gate.post("guest3@example.com").status == 200
        assert node.db.call(book_mail, org_id, "ada@example.com") == node.clock.now


@pytest.fixture
def crowded(gate: Gate) -> Gate:
    for number in range(WITHOUT_CODE):
        gate.post(f"guest{number}@example.com")
    return gate


def test_a_code_is_good_for_its_address_once_and_not_for_long(crowded: Gate) -> None:
    asked = crowded.post("ada@example.com", sti="poster", company="Acme & Sons")
    assert "Nothing is held for you yet" in says(asked)
    assert "Send another code Use another address" in says(asked)
    code = crowded.codes()["ada@example.com"]
    other = crowded.post("eve@example.com")
    assert "That is not the code" in says(crowded.enter(other, code))
    crowded.node.clock.advance(600)
    assert "That is not the code" in says(crowded.enter(asked, code))
    assert crowded.held() == WITHOUT_CODE
    crowded.node.clock.advance(60)
    for number in range(WITHOUT_CODE):
        crowded.post(f"late{number}@example.com")
    again = crowded.post("ada@example.com")
    code = crowded.codes()["ada@example.com"]
    assert THANKS in says(crowded.enter(again, code))
    assert "That is not the code" in says(crowded.enter(again, code))
    assert crowded.held() == 2 * WITHOUT_CODE + 1


def test_wrong_codes_are_counted_and_then_refused(crowded: Gate) -> None:
    asked = crowded.post("ada@example.com")
    code = crowded.codes()["ada@example.com"]
    wrong = "000000" if code != "000000" else "111111"
    for _ in range(10):
        assert "That is not the code" in says(crowded.enter(asked, wrong))
    refused = crowded.enter(asked, code)
    assert refused.status == 429
    assert int(refused.headers["retry-after"]) > 0
    assert crowded.held() == WITHOUT_CODE


@pytest.mark.parametrize("proof_name", ["x", "x" * 200, "'"])
def test_a_made_up_request_holds_nothing(gate: Gate, proof_name: str) -> None:
    answer = gate.post("ada@example.com", proof=proof_name, code="123456")
    assert "That is not the code" in says(answer)
    assert gate.held() == 0


def test_a_form_with_nul_is_not_understood(gate: Gate) -> None:
    answer = gate.post("ada@example.com", proof="\0", code="123456")
    assert answer.status == 400
    assert "It has a character that cannot be kept" in says(answer)
    assert gate.held() == 0


def test_a_code_may_be_asked_for_always(tmp_path: Path) -> None:
    with database("sqlite", tmp_path) as url, open_gate(url, forms_before_code=0) as node:
        gate = Gate(node)
        asked = gate.post("ada@example.com")
        assert (gate.held(), list(gate.codes())) == (0, ["ada@example.com"])
        assert "One more step" in says(asked)


@pytest.mark.parametrize("answer", ["", "-wait"])
def test_the_code_step_carries_on_what_was_answered(tmp_path: Path, answer: str) -> None:
    with database("sqlite", tmp_path) as url, open_gate(url, forms_before_code=1) as node:
        gate = Gate(node)
        gate.post("bob@example.com")
        if answer:
            node.db.call(set_event_capacity, gate.org_id, gate.event_id, 1, actor="test")
        email, ticket = "ada@gmial.com", f"{gate.type_id}{answer}"
        doubted = gate.post(email, ticket=ticket)
        assert "Did you mean ada@gmail.com?" in says(doubted)
        asked = gate.post(email, ticket=ticket, sure=email)
        gate.codes()
        again = gate.press(asked, "Send another code")
        assert "Nothing is held for you yet" in says(again)
        done = gate.press(again, "Go on", code=gate.codes()[email])
        assert ("its link shows where you stand" if answer else THANKS) in says(done)
        assert gate.held() == (1 if answer else 2)


def test_a_series_in_a_rush_leads_to_the_pages_of_its_events(tmp_path: Path) -> None:
    with database("sqlite", tmp_path) as url, open_gate(url, forms_before_code=0) as node:
        gate = Gate(node)
        channel = node.db.call(create_channel, gate.org_id, "Talks", actor="test")
        node.db.call(add_to_channel, gate.org_id, channel.id, gate.event_id, actor="test")
        node.db.call(set_series_name, gate.org_id, channel.id, "talks", actor="test")
        given = {"first_name": "A", "email": "ada@example.com", f"event-{gate.event_id}": "1"}
        refused = send_form(node.client, "/gate/series/talks", FORM, **given)
        assert "Register on the page of each event. Nothing was sent." in says(refused)
        asked = gate.post("ada@example.com")
        assert THANKS in says(gate.press(asked, "Go on", code=gate.codes()["ada@example.com"]))
        assert gate.held() == 1


def test_counts_that_are_over_are_forgotten_and_name_nobody(gate: Gate) -> None:
    gate.post("ada@example.com")
    query = "SELECT name FROM windows"
    rows: Any = gate.node.db.call(lambda tx: tx.connection.execute(query).fetchall())
    assert len(rows) == 3
    assert VENUE not in repr(rows)
    assert gate.node.db.call(forget_ended_windows, 10) == 0
    gate.node.clock.advance(3600)
    assert gate.node.db.call(forget_ended_windows, 2) == 2
    assert gate.node.db.call(forget_ended_windows, 10) == 1
