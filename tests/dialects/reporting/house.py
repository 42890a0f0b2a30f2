"""The theatre with users who may read its reports, and requests to it."""

import hashlib
from typing import Any
from urllib.parse import urlencode

from tests.core.audience.theatre import Theatre, fill
from tests.dialects.messaging.people import HASH, PASSWORD
from tests.dialects.messaging.people import Request as Request
from tests.support.client import Answer
from tests.support.node import WHEN, LocalNode
from turnout.core.audience.readers import begin_session, limit_reader, name_user
from turnout.core.audience.sql import sql
from turnout.core.events.programme import create_event
from turnout.core.identity.members import find_password
from turnout.core.identity.users import create_user
from turnout.store import Tx

REPORT = "/api/reporting/audience_reports"
SESSION = "5e551011" * 5
LIMITED = "11111ed0" * 5


class House(Theatre):
    """`boss` may see all events, `usher` only another one; their sessions are known."""

    def __init__(self, node: LocalNode) -> None:
        super().__init__(node, "theatre")
        fill(self)
        self.ids: dict[str, str] = self.db.call(self._make)

    def _make(self, tx: Tx) -> dict[str, str]:
        other = create_event(tx, self.org_id, "Next season", WHEN, actor="test")
        ids = {}
        for name, session in (("boss", SESSION), ("usher", LIMITED)):
            user = create_user(
                tx,
                self.org_id,
                f"th/{name}",
                name=name.title(),
                email=f"{name}@theatre.example.com",
                password_hash=HASH,
                actor="test",
            )
            found = find_password(tx, user.user_code)
            assert found
            begin_session(tx, found.login)
            sql.add_session(
                tx,
                digest=_digest(session),
                org_id=self.org_id,
                user_id=user.id,
                credential_id=found.login.credential_id,
                now=tx.now,
            )
            ids[name] = name_user(self.org_id, user.id)
            ids[f"{name}_id"] = str(user.id)
        limit_reader(tx, self.org_id, int(ids["usher_id"]), [other.id], actor="test")
        return ids

    def login(self, form: str = "", **given: str) -> Request:
        known = {"ver": "2.0", "username": "th/boss", "password": PASSWORD}
        return Request("GET", f"/api/login{form}?{urlencode(known | given)}")

    def ask(self, path: str, method: str = "GET", **given: Any) -> Request:
        """A request with the boss's session; None leaves a parameter out."""
        known = {
            "ver": "2.0",
            "si": SESSION,
            "ui": self.ids["boss"],
            "ei": str(self.event_id),
        } | given
        text = urlencode({name: value for name, value in known.items() if value is not None})
        if method == "GET":
            return Request("GET", f"{path}?{text}")
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return Request(method, path, kind, text.encode())

    def report(self, form: str = "", **given: Any) -> Answer:
        answer = self.ask(f"{REPORT}{form}", **given).send(self.node)
        assert answer.status == 200, answer.body
        return answer


def _digest(session_id: str) -> str:
    return hashlib.sha256(session_id.encode()).hexdigest()
