"""Somebody who works in the console: signed in, with forms that carry their token."""

import re
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from tests.support.client import Answer, AppClient
from tests.support.node import LocalNode
from tests.web.saying import unsigned
from tests.web.signing_in import FORM, sign_in
from turnout.core.identity.model import Role
from turnout.core.identity.passwords import hash_password
from turnout.core.identity.users import create_user
from turnout.core.ids import OrgId

PASSWORD = "Test password 1"
BROWSER = {"Accept": "text/html"}


class Desk:
    """A browser of one user. `open` gets a page, `send` posts a form that one of its pages has."""

    def __init__(self, client: AppClient, user_code: str) -> None:
        self.client, self.user_code = client, user_code
        self.headers = BROWSER | sign_in(client, user_code, PASSWORD)
        self.said: dict[str, str] = {}
        """Where forms led, as they led there: by the address without its signature."""

    def open(self, target: str, **headers: str) -> Answer:
        """The answer to a link that was followed."""
        target = self.said.get(target, target)
        return self.client.request("GET", target, headers=self.headers | headers)

    def read(self, target: str) -> str:
        """A page that is there."""
        answer = self.open(target)
        assert answer.status == 200, answer.body.decode()
        return answer.body.decode()

    def send(self, target: str, page: str = "/console", **fields: Any) -> Answer:
        """The answer to a form of `page`; lists are fields that come several times."""
        (token, *_) = re.findall(r'name="token" value="([^"]+)"', self.read(page))
        body = urlencode({"token": token} | fields, doseq=True).encode()
        answer = self.client.request("POST", target, headers=self.headers | FORM, body=body)
        return self.note(answer)

    def note(self, answer: Answer) -> Answer:
        """The answer, with the address where it leads as a page would name it."""
        signed = answer.headers.get("location", "")
        plain = unsigned(signed.encode()).decode()
        if plain == signed:
            return answer
        self.said[plain] = self.said[plain.partition("#")[0]] = signed.partition("#")[0]
        return replace(answer, headers=answer.headers | {"location": plain})


def add_user(node: LocalNode, org_id: OrgId, user_code: str, role: Role) -> Desk:
    """A new user who has signed in."""
    node.db.call(
        create_user,
        org_id,
        user_code,
        name=user_code.title(),
        email=f"{user_code.replace('/', '.')}@example.com",
        role=role,
        password_hash=hash_password(PASSWORD),
        actor="test",
    )
    return Desk(node.client, user_code)


def read_shown(page: str) -> str:
    """What a page that shows two people confirms them by."""
    (shown,) = re.findall(r'name="shown" value="([^"]+)"', page)
    return str(shown)
