"""Who may do what to whom: the whole matrix of roles."""

import json
from typing import Any

import pytest

from tests.dialects.messaging.cases import EVERY_FIELD
from tests.dialects.messaging.people import HASH, People, Request, basic, new_user
from tests.support.node import LocalNode
from turnout.core.audit.recording import list_entries
from turnout.core.identity.members import edit_member, find_password
from turnout.core.identity.model import Profile
from turnout.dialects.messaging.decode import decode_changes
from turnout.dialects.messaging.errors import present_failure
from turnout.errors import Failure
from turnout.store import Tx

NAMES = ("admin", "agent", "acct", "colleague", "rival", "stranger")
SEEN = {
    "admin": set(NAMES),
    "agent": {"agent", "acct", "colleague"},
    "acct": {"acct"},
    "rival": {"rival"},
    "stranger": {"stranger"},
}
# What each of them gets for a change of each field of each user.
FIELDS: dict[str, dict[str, Any]] = {
    "contact": {"phone": "0399990000"},
    "password": {"password": "another password"},
    "limit": {"monthly_limit": 50},
    "setting": {"hide_costs_in_reports": True},
    "reports": {"receive_reports": False},
    "user_code": {"user_code": "au/other"},
    "live": {"user_live": False},
    "type": {"account_type": "Admin"},
    "company": {"company": {"suburb": "Carlton"}},
}
OWN = {"contact", "password", "reports"}
CHANGES = [
    (who, whom, field) for who in ("admin", "agent", "acct") for whom in NAMES for field in FIELDS
]


def expected(who: str, whom: str, field: str) -> int:
    """The rule in words: see the README's table."""
    if whom not in SEEN[who]:
        return 404
    if who == "admin":
        return 200
    if who == whom:
        return 200 if field in OWN else 403
    return 403 if field == "type" else 200


def test_everybody_may_change_what_the_matrix_says(node: LocalNode, people: People):
    assert node.db.call(try_all, people) == {change: expected(*change) for change in CHANGES}


def try_all(tx: Tx, people: People) -> dict[tuple[str, str, str], int]:
    """Try every change by itself, and take it back."""
    return {change: try_one(tx, people, *change) for change in CHANGES}


def try_one(tx: Tx, people: People, who: str, whom: str, field: str) -> int:
    found = find_password(tx, f"au/{who}")
    assert found is not None
    changes = decode_changes(FIELDS[field], (), Profile())
    hashed = HASH if changes.password else None
    try:
        with tx.savepoint():
            edit_member(
                tx, found.principal, people.id(whom), changes.fields, changes.company, hashed
            )
            raise TakenBackError
    except TakenBackError:
        return 200
    except Failure as failure:
        return present_failure(failure).status


class TakenBackError(Exception):
    """The change went through."""


@pytest.mark.parametrize("who", SEEN)
def test_lists_and_views_show_whom_the_role_sees(node: LocalNode, people: People, who: str):
    data = people.ask(who, "GET", "/users").send(node).json()["data"]
    listed = [data] if isinstance(data, dict) else data
    assert [user["user_code"] for user in listed] == [
        f"au/{name}" for name in NAMES if name in SEEN[who]
    ]
    viewed = {
        name: people.ask(who, "GET", f"/users/{{{name}}}").send(node).status for name in NAMES
    }
    assert viewed == {name: 200 if name in SEEN[who] else 404 for name in NAMES}


MAKERS = [
    ("admin", "Admin", None, 200),
    ("admin", "Agent", "acct", 200),
    ("admin", "Acct", "stranger", 200),
    ("agent", "Acct", None, 200),
    ("agent", "Acct", "acct", 200),
    ("agent", "acct", "agent", 200),
    ("agent", "Acct", "stranger", 422),
    ("agent", "Acct", "rival", 422),
    ("agent", "Agent", "acct", 403),
    ("agent", "Admin", None, 403),
    ("acct", "Acct", "acct", 403),
    ("acct", "Acct", None, 403),
]


@pytest.mark.parametrize(("who", "role", "where", "status"), MAKERS)
def test_who_makes_whom_where(node: LocalNode, people: People, who, role, where, status):
    body = new_user(account_type=role)
    if where:
        body |= {"company": None, "company_id": people.company(where)}
    answer = people.ask(who, "POST", "/users", body).send(node)
    assert answer.status == status, answer.body
    if status != 200:
        assert people.ask("admin", "GET", "/users").send(node).json()["total"] == len(NAMES)
        return
    number = answer.json()["data"]
    # Anyone who made it sees it, with its company; and it signs in.
    made = people.ask(who, "GET", f"/users/{number}").send(node).json()["data"]
    assert made["account_type"].lower() == role.lower()
    assert made["user_code"] == "au/mytestuser"
    if where:
        assert made["company_id"] == people.company(where)
    else:
        assert made["company"]["billing_user_id"] == number
        assert made["company"]["name"] == "test company"
    request = Request("GET", f"/api/v1/users/{number}", basic("au/mytestuser", "Test Password"))
    assert request.send(node).status == 200


def test_nobody_raises_their_own_limit(node: LocalNode, people: People):
    def change(who: str, limit: int | None) -> int:
        body = {"monthly_limit": limit}
        return people.ask(who, "PUT", f"/users/{{{who}}}", body).send(node).status

    # From no limit every limit is a lowering; an Admin may lower its own.
    assert [change("admin", limit) for limit in (100, 50)] == [200, 200]
    assert [change("admin", limit) for limit in (51, None)] == [403, 403]
    assert [change("agent", 10), change("acct", 10)] == [403, 403]


@pytest.mark.parametrize("who", ["admin", "agent", "acct"])
def test_a_user_can_be_sent_back_as_it_was_read(node: LocalNode, people: People, who: str):
    view = people.ask(who, "GET", f"/users/{{{who}}}")
    read = view.send(node).json()["data"]
    answer = people.ask(who, "PUT", f"/users/{{{who}}}", read | {"phone": "1"}).send(node)
    assert (answer.status, answer.json()) == (200, {"status": 200, "data": people.id(who)})
    assert view.send(node).json()["data"] == read | {"phone": "1"}


def test_null_takes_the_default_of_settings_about_jobs_by_email(node: LocalNode, people: People):
    given = {name: value for name, value in EVERY_FIELD.items() if name.startswith("etob_")}
    view = people.ask("admin", "GET", "/users/{acct}")
    before = view.send(node).json()["data"]
    for changes in (given, dict.fromkeys(given)):
        assert people.ask("admin", "PUT", "/users/{acct}", changes).send(node).status == 200
        wanted = before | (changes if changes is given else {})
        assert view.send(node).json()["data"] == wanted


def test_every_change_leaves_an_audit_entry(node: LocalNode, people: People):
    changes = {
        "user_code": "au/renamed",
        "password": "another password",
        "monthly_limit": 5,
        "etob_xheader_code": "secret",
        "company": {"name": "Client & Sons"},
    }
    for _ in range(2):  # the second time only the password is again
        assert people.ask("agent", "PUT", "/users/{acct}", changes).send(node).status == 200
    acct = people.users["acct"]
    entries = node.db.call(list_entries, acct.org_id, "user", acct.id)
    agent = f"user:{people.id('agent')}"
    assert [(entry.actor, entry.action, entry.facts) for entry in entries[1:]] == [
        (
            agent,
            "changed",
            {
                "changed": ["emailed_jobs_header_code", "monthly_limit", "password", "user_code"],
                "monthly_limit": [None, 5],
                "user_code": ["au/acct", "au/renamed"],
            },
        ),
        (agent, "changed", {"changed": ["password"]}),
    ]
    entries = node.db.call(list_entries, acct.org_id, "organization", acct.org_id)
    assert [(entry.actor, entry.facts) for entry in entries[1:]] == [(agent, {"changed": ["name"]})]


def test_a_user_code_that_was_let_go_is_free_again(node: LocalNode, people: People):
    rename = people.ask("admin", "PUT", "/users/{acct}", {"user_code": "au/renamed"})
    assert rename.send(node).status == 200
    taken = people.ask("admin", "PUT", "/users/{colleague}", {"user_code": "AU/ACCT"})
    assert taken.send(node).status == 200
    codes = [
        user["user_code"] for user in people.ask("agent", "GET", "/users").send(node).json()["data"]
    ]
    assert codes == ["au/agent", "au/renamed", "AU/ACCT"]


def test_an_agent_keeps_the_companies_it_makes(node: LocalNode, people: People):
    """A new Agent without an agent of its own gets one, and what it makes is linked to it."""
    made = people.ask("admin", "POST", "/users", new_user(account_type="Agent")).send(node)
    headers = basic("au/mytestuser", "Test Password")
    client = new_user(user_code="au/client", company={"name": "Test Company"})
    asked = Request("POST", "/api/v1/users", headers, json.dumps(client).encode())
    number = asked.send(node).json()["data"]
    answer = Request("GET", "/api/v1/users", headers).send(node).json()
    assert [user["user_id"] for user in answer["data"]] == [made.json()["data"], number]
    agents = {user["agent_id"] for user in answer["data"]}
    assert len(agents) == 1
    assert None not in agents


def test_an_admin_puts_a_company_under_an_agent(node: LocalNode, people: People):
    rival = people.ask("rival", "GET", "/users/{rival}").send(node).json()["data"]
    body = new_user(agent_id=rival["agent_id"])
    made = people.ask("admin", "POST", "/users", body).send(node).json()["data"]
    seen = people.ask("rival", "GET", "/users").send(node).json()["data"]
    assert [user["user_id"] for user in seen] == [people.id("rival"), made]
