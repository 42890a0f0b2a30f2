"""`/viewer/regserver.jsp`: programs register people; the password, the answers, and attackers."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.dialects.messaging.people import HASH, PASSWORD, Request
from tests.support.client import Answer
from tests.support.node import BACKENDS, Account, LocalNode, new_database, open_node
from turnout.core.audit.recording import list_entries
from turnout.core.events.model import EventState
from turnout.core.events.passwords import (
    clear_registration_password,
    find_registration_password,
    set_registration_password,
)
from turnout.core.events.programme import list_ticket_types
from turnout.core.identity.passwords import hash_password
from turnout.core.people.merging import find_person
from turnout.core.people.model import Contact
from turnout.core.registrations.booking import find_registration
from turnout.core.registrations.giving_back import cancel_registration
from turnout.core.registrations.offers import join_list
from turnout.core.registrations.places import set_event_capacity, set_event_state
from turnout.core.waiting_list import entries as waiting_list
from turnout.errors import Missing

PATH = "/viewer/regserver.jsp"
FORM = "application/x-www-form-urlencoded"
CLOSED = "Registration for this event is not open to this program: check ei and pass."
ADA = {"email": "ada@example.com", "fname": "Ada", "lname": "Lovelace"}


class Program:
    """A program that registers people for the account's event."""

    def __init__(self, node: LocalNode, account: Account) -> None:
        self.node, self.account = node, account
        self.org_id, self.event_id = account.org_id, account.event.id
        self.set_password(HASH)

    def set_password(self, hashed: str) -> None:
        self.node.db.call(
            set_registration_password, self.org_id, self.event_id, hashed, actor="test"
        )

    def ask(self, method: str = "GET", /, **given: object) -> Answer:
        values = {"ei": self.event_id, "pass": PASSWORD} | given
        query = urlencode({name: value for name, value in values.items() if value is not None})
        if method == "POST":
            return Request(method, PATH, {"Content-Type": FORM}, query.encode()).send(self.node)
        return Request(method, f"{PATH}?{query}").send(self.node)

    def say(self, method: str = "GET", /, **given: object) -> tuple[int, str]:
        answer = self.ask(method, **given)
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        assert answer.headers["cache-control"] == "no-store"
        return answer.status, answer.body.decode()

    def count(self, table: str) -> int:
        count: int = self.node.db.call(
            lambda tx: tx.connection.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0]
        )
        return count


@pytest.fixture(params=BACKENDS)
def program(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Program]:
    cluster = request.getfixturevalue("cluster") if request.param == "postgresql" else None
    with open_node(new_database(request.param, tmp_path, cluster)) as node:
        yield Program(node, node.add_account())


def test_somebody_is_registered_once(program):
    assert program.say(**ADA, company="Engines", diet="vegan", sti="mail") == (200, "SUCCESS!")
    assert program.say("POST", **ADA) == (200, "User already registered.")
    assert program.say(email="ADA@example.com") == (200, "User already registered.")
    person = program.node.db.call(find_person, program.org_id, "ada@example.com")
    found = program.node.db.call(find_registration, program.org_id, program.event_id, person.id)
    assert (found.source, found.submitted.contact.company) == ("program", "Engines")
    assert [(answer.question, answer.answer) for answer in found.submitted.answers] == [
        ("diet", "vegan")
    ]
    assert (program.count("registrations"), program.count("tickets")) == (1, 1)
    assert program.count("ticket_mails") == 0


def test_the_ticket_is_mailed_once_where_that_is_asked_for(program):
    assert program.say("POST", **ADA, tp_regconfemail=1) == (200, "SUCCESS!")
    assert program.count("ticket_mails") == 1
    program.node.execute("DELETE FROM ticket_mails")
    assert program.say("POST", **ADA, tp_regconfemail=1) == (200, "User already registered.")
    assert program.count("ticket_mails") == 0


def test_who_waits_gets_the_place_that_is_offered_to_them(program):
    event = (program.org_id, program.event_id)
    call = program.node.db.call
    call(set_event_capacity, *event, 1, actor="test")
    (ticket_type,) = call(list_ticket_types, *event)
    assert program.say(**ADA) == (200, "SUCCESS!")
    bob = Contact(email="bob@example.com", first_name="Bob")
    call(join_list, *event, ticket_type.id, bob)
    ada = call(find_person, program.org_id, "ada@example.com")
    kept = call(find_registration, *event, ada.id)
    call(cancel_registration, program.org_id, kept.id, actor="test")
    assert program.say(email="eve@example.com")[0] == 409
    assert program.say(email="bob@example.com") == (200, "SUCCESS!")
    assert program.say(email="bob@example.com") == (200, "User already registered.")
    entries = call(waiting_list.list_entries, *event, is_all=True, limit=9)
    assert [(entry.email, entry.state) for entry in entries] == [("bob@example.com", "taken")]


def test_what_is_known_of_a_person_is_not_changed(program):
    program.say(**ADA)
    program.node.execute("UPDATE registrations SET state = 'cancelled'")
    program.say(email="ada@example.com", fname="Eve", lname="Intruder")
    person = program.node.db.call(find_person, program.org_id, "ada@example.com")
    assert (person.contact.first_name, person.contact.last_name) == ("Ada", "Lovelace")


@pytest.mark.parametrize(
    "given",
    [
        {"pass": "wrong password"},
        {"pass": ""},
        {"pass": None},
        {"pass": PASSWORD + "x"},
        {"ei": 9999999},
        {"ei": "all"},
        {"ei": ""},
        {"ei": None},
        {"ei": "1" * 40},
        {"ei": "1000001 OR 1=1"},
    ],
)
def test_a_stranger_learns_nothing(program, given):
    assert program.say(**{**ADA, **given}) == (403, CLOSED)
    assert program.say(**{"email": "not an address", **given}) == (403, CLOSED)
    assert program.count("people") == 0


def test_it_is_off_until_a_password_is_set(program):
    program.node.db.call(
        clear_registration_password, program.org_id, program.event_id, actor="test"
    )
    assert program.say(**ADA) == (403, CLOSED)
    with pytest.raises(Missing):
        program.node.db.call(
            clear_registration_password, program.org_id, program.event_id, actor="test"
        )
    entries = program.node.db.call(list_entries, program.org_id, "event", program.event_id)
    assert {"set registration password", "cleared registration password"} <= {
        entry.action for entry in entries
    }


def test_a_changed_password_counts_at_once(program):
    assert program.say(**ADA)[1] == "SUCCESS!"
    program.set_password(hash_password("another password"))
    assert program.say(email="b@example.com") == (403, CLOSED)
    assert program.say(email="b@example.com", **{"pass": "another password"})[1] == "SUCCESS!"
    stored = program.node.db.call(find_registration_password, program.event_id)
    assert stored.hashed.startswith("$argon2id$")


def test_wrong_passwords_are_throttled_and_a_remembered_right_one_is_not(program):
    assert program.say(**ADA)[0] == 200
    for _ in range(10):
        assert program.say(**{**ADA, "pass": "wrong"}) == (403, CLOSED)
    answer = program.ask(**{**ADA, "pass": "wrong"})
    assert (answer.status, int(answer.headers["retry-after"]) > 0) == (429, True)
    assert answer.body.startswith(b"Too many wrong passwords.")
    assert program.say(email="b@example.com") == (200, "SUCCESS!")


def test_what_cannot_be_done_is_a_sentence(program):
    assert program.say(email="") == (400, "email must be an e-mail address.")
    assert program.say(email="a@b@c") == (400, "email must be an e-mail address.")
    long = program.say(**ADA | {"fname": "x" * 256})
    assert long == (400, "fname must be printable text of up to 255 characters.")
    assert program.say(**ADA, note="a\x07b")[0] == 400
    many = {f"field{number}": "x" for number in range(51)}
    assert program.say(**ADA, **many) == (400, "There are over 50 registration fields.")
    program.node.db.call(set_event_capacity, program.org_id, program.event_id, 0, actor="test")
    assert program.say(**ADA) == (409, "The event is full.")
    program.node.db.call(
        set_event_state, program.org_id, program.event_id, EventState.CLOSED, actor="test"
    )
    assert program.say(**ADA) == (409, "The event is closed for registration.")
    assert program.count("registrations") == 0


def test_a_head_changes_nothing(program):
    answer = program.ask("HEAD", **ADA)
    assert answer.status == 405
    assert program.count("registrations") == 0
    assert program.ask("DELETE", **ADA).status == 405
