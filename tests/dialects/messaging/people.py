"""Users of every role on one server, and requests as they send them.

admin      Admin of Head Office, which is under no agent
agent      Agent of Agency, which is under the agent of that name
acct       Acct of Client, which is under the same agent
colleague  Acct of Client too
rival      Agent of Rivals, under another agent
stranger   Acct of Elsewhere, which is under no agent
"""

import base64
import json
from dataclasses import dataclass, field
from typing import Any

from argon2 import PasswordHasher

from tests.support.client import Answer
from tests.support.node import LocalNode
from turnout.core.identity.model import Role, User
from turnout.core.identity.organizations import create_organization
from turnout.core.identity.users import create_user
from turnout.core.ids import OrgId, UserId
from turnout.store import Tx

PASSWORD = "correct horse"
# A hash says itself how dear it is to check; the product's own would take most of the tests' time.
HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
WHERE = {
    "admin": ("Head Office", None, "UTC"),
    "agent": ("Agency", "Agency", "Australia/Melbourne"),
    "acct": ("Client", "Agency", "Australia/Melbourne"),
    "colleague": ("Client", "Agency", "Australia/Melbourne"),
    "rival": ("Rivals", "Rivals", "Europe/London"),
    "stranger": ("Elsewhere", None, "UTC"),
}
ROLES = {"admin": Role.ADMIN, "agent": Role.AGENT, "rival": Role.AGENT}


@dataclass(frozen=True)
class Request:
    """One request; `send` puts it to a node."""

    method: str
    target: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    def send(self, node: LocalNode) -> Answer:
        return node.client.request(self.method, self.target, headers=self.headers, body=self.body)


class People:
    """The users by their names above; each one's user code is `au/NAME`."""

    def __init__(self, node: LocalNode) -> None:
        self.users: dict[str, User] = node.db.call(_make)

    def id(self, name: str) -> UserId:
        return self.users[name].id

    def company(self, name: str) -> OrgId:
        return self.users[name].org_id

    def ask(
        self, name: str, method: str, target: str, body: Any = None, password: str = PASSWORD
    ) -> Request:
        """The request of one of them; `{stranger}` in the target stands for that one's number."""
        numbers = {name: user.id for name, user in self.users.items()}
        headers = basic(f"au/{name}", password)
        encoded = b""
        if body is not None:
            headers["Content-Type"] = "application/json"
            encoded = body if isinstance(body, bytes) else json.dumps(body).encode()
        return Request(method, f"/api/v1{target.format(**numbers)}", headers, encoded)


def basic(user_code: str, password: str) -> dict[str, str]:
    pair = base64.b64encode(f"{user_code}:{password}".encode()).decode()
    return {"Authorization": f"Basic {pair}"}


def new_user(**changes: Any) -> dict[str, Any]:
    """The contract's create request, with a new company; None leaves a member out."""
    body = {
        "user_code": "au/mytestuser",
        "password": "Test Password",
        "first_name": "Jane",
        "last_name": "Smith",
        "email": "jsmith@test.com",
        "fax": "6987654321",
        "mobile": "6123456789",
        "account_type": "Acct",
        "agree_spam_policy": True,
        "company": {
            "name": "test company",
            "abn": "123456789",
            "address": "123 test st",
            "suburb": "testville",
            "state": "NSW",
            "postcode": "2345",
            "country": "Australia",
        },
    } | changes
    return {name: value for name, value in body.items() if value is not None}


def _make(tx: Tx) -> dict[str, User]:
    companies: dict[str, OrgId] = {}
    first = ""
    users = {}
    for name, (company, agent, timezone) in WHERE.items():
        if company not in companies:
            slug = company.lower().replace(" ", "-")
            made = create_organization(
                tx,
                slug,
                company,
                timezone=timezone,
                distributor=first,
                agent=agent,
                actor="test",
            )
            first = first or slug
            companies[company] = made.org_id
        users[name] = create_user(
            tx,
            companies[company],
            f"au/{name}",
            name=f"{name.title()} Smith",
            email=f"{name}@example.com",
            role=ROLES.get(name, Role.ACCT),
            password_hash=HASH,
            actor="test",
        )
    return users
