"""Roles over three distributors: who reads, makes, edits and deletes whose users, jobs and lists.

Distributor `north` has Agency and Client, both under one agent, and House under none. `south` and
`west` have a company each. Every company has an Acct user with a job and a list; Agency has an
Admin and an Agent as well, who ask.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.dialects.messaging.people import HASH, PASSWORD, basic, new_user
from tests.support.node import BACKENDS, LocalNode, database, open_node
from turnout.core.identity.members import find_password
from turnout.core.identity.model import Role, User
from turnout.core.identity.organizations import create_organization
from turnout.core.identity.users import create_user
from turnout.core.ids import JobId, ListId, OrgId
from turnout.core.messaging.accepting import Policy, accept_job
from turnout.core.messaging.lists import Entry, add_entries, begin_list, finish_list
from turnout.core.messaging.model import Content, JobType, NewJob, NewRecipient
from turnout.core.messaging.prices import Prices
from turnout.store import Tx

COMPANIES = {
    "agency": (None, "Smith"),
    "client": ("agency", "Smith"),
    "house": ("agency", None),
    "south": (None, None),
    "west": (None, None),
}
# What each of the three callers, all of Agency, is answered about each company's Acct user, its
# job and its list. Only the Acct caller is itself one of those asked about: Agency's.
TABLE = """
                 agency client house south west
admin users read     200    200   200   404  404
admin users make     200    200   200   422  422
admin users edit     200    200   200   404  404
admin users delete   405    405   405   405  405
admin jobs  read     200    200   200   404  404
admin jobs  make     200    422   422   422  422
admin jobs  edit     405    405   405   405  405
admin jobs  delete   405    405   405   405  405
agent users read     200    200   404   404  404
agent users make     200    200   422   422  422
agent users edit     200    200   404   404  404
agent users delete   405    405   405   405  405
agent jobs  read     200    200   404   404  404
agent jobs  make     200    422   422   422  422
agent jobs  edit     405    405   405   405  405
agent jobs  delete   405    405   405   405  405
acct  users read     200    404   404   404  404
acct  users make     403    403   403   403  403
acct  users edit     200    404   404   404  404
acct  users delete   405    405   405   405  405
acct  jobs  read     200    404   404   404  404
acct  jobs  make     200    422   422   422  422
acct  jobs  edit     405    405   405   405  405
acct  jobs  delete   405    405   405   405  405
any   lists read     404    404   404   404  404
any   lists make     404    404   404   404  404
any   lists edit     404    404   404   404  404
any   lists delete   404    404   404   404  404
"""
# The same where history has put all five companies under one distributor.
LIMITED = """
                 agency client house south west
admin users read     200    404   404   404  404
admin users make     200    422   422   422  422
admin users edit     200    404   404   404  404
admin jobs  read     200    404   404   404  404
admin jobs  make     200    422   422   422  422
agent users read     200    200   404   404  404
agent users make     200    200   422   422  422
agent users edit     200    200   404   404  404
agent jobs  read     200    200   404   404  404
"""
PERMITTED = """
                 agency client house south west
admin users read     200    200   200   200  200
admin users make     200    200   200   200  200
admin users edit     200    200   200   200  200
admin jobs  read     200    200   200   200  200
admin jobs  make     200    422   422   422  422
agent users read     200    200   404   404  404
"""
SEEN = {
    "admin": ["agency", "agency-admin", "agency-agent", "client", "house"],
    "agent": ["agency", "agency-admin", "agency-agent", "client"],
    "acct": ["agency"],
}
POLICY = Policy(Prices(""), ("61491570006",), "turnout@localhost")


class Company(NamedTuple):
    user: User
    job_id: JobId
    list_id: ListId


class Houses:
    """The companies by name, and requests of the three callers of Agency."""

    def __init__(self, node: LocalNode) -> None:
        self._node = node
        self._made = 0
        self.companies: dict[str, Company] = node.db.call(_make)

    def ask(self, who: str, method: str, target: str, body: Any = None) -> tuple[int, Any]:
        code = "agency" if who in ("acct", "any") else f"agency-{who}"
        headers = basic(code, PASSWORD)
        answer = self._node.client.request(method, f"/api/v1{target}", headers=headers, json=body)
        return answer.status, json.loads(answer.body)

    def do(self, who: str, noun: str, verb: str, company: str) -> int:
        found = self.companies[company]
        number = {"users": found.user.id, "jobs": found.job_id, "lists": found.list_id}[noun]
        if verb == "make":
            return self.ask(who, "POST", f"/{noun}", self._new(noun, found))[0]
        method = {"read": "GET", "edit": "PUT", "delete": "DELETE"}[verb]
        body = {"phone": f"03 9999 {number:04}"} if verb == "edit" else None
        return self.ask(who, method, f"/{noun}/{number}", body)[0]

    def _new(self, noun: str, found: Company) -> dict[str, Any]:
        self._made += 1
        if noun == "jobs":
            return {"job_type": "sms", "message": "Hi", "user_list_ids": str(found.list_id)}
        code = f"made-{self._made}"
        return new_user(user_code=code, company=None, company_id=found.user.org_id)


@pytest.fixture(params=BACKENDS)
def url(request, tmp_path: Path) -> Iterator[str]:
    cluster = request.getfixturevalue("cluster") if request.param == "postgresql" else None
    with database(request.param, tmp_path, cluster) as url:
        yield url


def read_table(text: str) -> dict[tuple[str, str, str, str], int]:
    heading, *rows = [line.split() for line in text.strip().splitlines()]
    return {
        (who, noun, verb, company): int(status)
        for who, noun, verb, *statuses in rows
        for company, status in zip(heading, statuses, strict=True)
    }


def try_all(node: LocalNode, table: str) -> None:
    houses = Houses(node)
    expected = read_table(table)
    assert {case: houses.do(*case) for case in expected} == expected


def test_each_role_does_what_the_table_says(url: str):
    with open_node(url) as node:
        try_all(node, TABLE)


def test_lists_of_users_and_jobs_hold_who_is_seen_and_no_one_else(url: str):
    with open_node(url) as node:
        houses = Houses(node)
        for who, codes in SEEN.items():
            users = houses.ask(who, "GET", "/users?page_size=1000")[1]["data"]
            found = [users] if who == "acct" else users
            assert sorted(user["user_code"] for user in found) == codes
            jobs = houses.ask(who, "GET", "/jobs?page_size=1000")[1]["data"]
            with_jobs = [code for code in codes if code in COMPANIES]
            assert sorted(job["job_name"] for job in jobs) == with_jobs
            for company, made in houses.companies.items():
                asked = houses.ask(who, "GET", f"/jobs?user_id={made.user.id}")[1]["data"]
                assert len(asked) == int(company in codes)
                assert houses.ask(who, "GET", f"/jobs?user_code={company}")[1]["data"] == asked


def test_an_admin_may_not_reach_beyond_by_moving_or_naming(url: str):
    with open_node(url) as node:
        houses = Houses(node)
        south = houses.companies["south"].user
        own = houses.companies["agency"].user
        moved = houses.ask("admin", "PUT", f"/users/{own.id}", {"company_id": south.org_id})
        assert moved == (422, moved[1] | {"errors": moved[1]["errors"]})
        node.execute("UPDATE organizations SET agent_id = (SELECT max(id) FROM agents)")
        assert houses.do("agent", "users", "read", "south") == 404
        assert houses.do("agent", "jobs", "read", "south") == 404


def test_an_admin_of_a_distributor_shared_by_history_rules_its_organization_alone(url: str):
    with open_node(url) as node:
        houses = Houses(node)
        _share(node)
        expected = read_table(LIMITED)
        assert {case: houses.do(*case) for case in expected} == expected
        assert houses.ask("admin", "POST", "/users", new_user(user_code="x")) == (
            403,
            {"status": 403, "errors": "Permission denied"},
        )
        users = houses.ask("admin", "GET", "/users?page_size=1000")[1]["data"]
        assert {user["company_id"] for user in users} == {houses.companies["agency"].user.org_id}


def test_an_operator_may_let_such_admins_rule_all_of_it(url: str):
    with open_node(url, shared_distributor=True) as node:
        houses = Houses(node)
        _share(node)
        expected = read_table(PERMITTED)
        assert {case: houses.do(*case) for case in expected} == expected
        made = houses.ask("admin", "POST", "/users", new_user(user_code="x"))
        assert made[0] == 200
        assert houses.ask("admin", "GET", f"/users/{made[1]['data']}")[0] == 200


def test_two_users_of_an_organization_never_meet_by_an_idempotency_key(url: str):
    with open_node(url) as node:
        Houses(node)
        body = {
            "job_type": "sms",
            "message": "Hi",
            "recipients": [{"destination": "61412345678"}],
        }
        answers = [
            node.client.request(
                "POST",
                "/api/v1/jobs",
                headers=basic(code, PASSWORD) | {"Idempotency-Key": "k-1"},
                json=body,
            ).json()["data"]
            for code in ("agency", "agency-agent", "agency", "agency-agent")
        ]
        assert answers[0] != answers[1]
        assert answers[2:] == answers[:2]


def _share(node: LocalNode) -> None:
    node.execute("UPDATE organizations SET distributor_id = (SELECT min(id) FROM distributors)")
    node.execute(
        "UPDATE distributors SET is_shared = 1 WHERE id = (SELECT min(id) FROM distributors)"
    )


def _make(tx: Tx) -> dict[str, Company]:
    companies = {}
    for name, (distributor, agent) in COMPANIES.items():
        org_id = create_organization(
            tx, name, name.title(), distributor=distributor, agent=agent, actor="test"
        ).org_id
        user = _add_user(tx, org_id, name, Role.ACCT)
        companies[name] = Company(user, _add_job(tx, name), _add_list(tx, user))
    for role in (Role.ADMIN, Role.AGENT):
        _add_user(tx, companies["agency"].user.org_id, f"agency-{role.value.lower()}", role)
    return companies


def _add_user(tx: Tx, org_id: OrgId, code: str, role: Role) -> User:
    return create_user(
        tx,
        org_id,
        code,
        name=code,
        email="x@example.com",
        role=role,
        password_hash=HASH,
        actor="test",
    )


def _add_job(tx: Tx, code: str) -> JobId:
    found = find_password(tx, code)
    assert found
    new = NewJob(job_type=JobType.SMS, name=code, content=Content(text="Hi"))
    return accept_job(tx, found.principal, new, [NewRecipient("61412345678")], POLICY)


def _add_list(tx: Tx, user: User) -> ListId:
    list_id = begin_list(tx, user.org_id, user.id, "People")
    add_entries(tx, user.org_id, list_id, 1, [Entry(mobile="61412345678")])
    finish_list(tx, user.org_id, list_id, 1, actor="test")
    return list_id
