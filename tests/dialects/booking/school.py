"""A college with secrets, exams in every state and a registration, and requests to it."""

import json
from typing import Any

from tests.core.exams.college import DAY_MS, MORNING, College, guid
from tests.dialects.messaging.people import Request as Request
from tests.support.node import LocalNode
from turnout.core.events.model import EventState
from turnout.core.exams import planning
from turnout.core.exams.model import Accommodation, ExamKind
from turnout.core.identity.credentials import issue_credential, revoke_credential
from turnout.core.identity.model import CredentialKind
from turnout.store import Tx

START = "2027-01-10T09:00:00-08:00"


class School(College):
    """Registration 1 is Ada's, with more time; 2 is Björn's, cancelled; `class` is open and full,
    `closed` closed, `drafted` nobody's yet."""

    def __init__(self, node: LocalNode) -> None:
        super().__init__(node, "college", number=1)
        node.clock.now = MORNING - 9 * DAY_MS
        self.event = self.register(1, accommodations=(Accommodation("Time Extension", "", 30),))
        self.register(2, "b")
        self.cancel(2)
        self.made: dict[str, Any] = self.db.call(self._make)
        self.register(3, "c", starts_at=MORNING + DAY_MS)
        exam = self.get_exam(self.event)
        self.db.call(
            planning.set_exam_state, self.org_id, exam.event_id, EventState.OPEN, actor="test"
        )

    @property
    def names(self) -> dict[str, str]:
        """What targets and bodies may name."""
        return {
            "org": self.uuid,
            "hall": self.hall,
            "annex": self.annex,
            "event": self.event,
            "one": self.guid(1),
            "two": self.guid(2),
            "new": self.guid(77),
            "nobody": self.guid(99),
            "start": START,
            **{f"l_{letter}": uuid for letter, uuid in self.learners.items()},
            **{name: value for name, value in self.made.items() if isinstance(value, str)},
        }

    def ask(
        self, method: str, target: str, body: Any = None, secret: str | None = "", **headers: str
    ) -> Request:
        """A request with the secret, or another (None: none at all); names are put in."""
        chosen = secret or self.made["secret"]
        given = {} if secret is None else {"Authorization": f"Bearer {chosen}"}
        names = self.names
        given |= {name.replace("_", "-"): value.format(**names) for name, value in headers.items()}
        encoded = b""
        if isinstance(body, bytes):
            encoded = body
        elif body is not None:
            text = json.dumps(body, ensure_ascii=False)
            for name, value in self.names.items():
                text = text.replace("{" + name + "}", value)
            encoded = text.encode()
        if encoded:
            given.setdefault("Content-Type", "application/json")
        return Request(method, target.format(**self.names), given, encoded)

    def _make(self, tx: Tx) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for day, (name, limit, state) in enumerate(
            (
                ("class", 1, EventState.OPEN),
                ("closed", None, EventState.CLOSED),
                ("drafted", 5, EventState.DRAFT),
                ("cancelled", None, EventState.CANCELLED),
            ),
            start=1,
        ):
            made[name] = planning.make_exam(
                tx,
                self.org_id,
                self.exam(starts_at=MORNING + day * DAY_MS, registration_limit=limit),
                uuid=guid(self.number * 1000 + 600 + day),
                kind=ExamKind.CLASS,
                title=name.title(),
                state=state,
                actor="test",
            ).uuid
        secret, key = CredentialKind.DEVELOPER_SECRET, CredentialKind.CALENDAR_KEY
        for kind, name, expires_at in (
            (secret, "secret", None),
            (secret, "expired", 1),
            (secret, "revoked", None),
            (key, "calendar", None),
            (key, "expired_key", 1),
            (key, "revoked_key", None),
        ):
            credential, made[name] = issue_credential(
                tx, self.org_id, kind, name, actor="test", expires_at=expires_at
            )
            if name.startswith("revoked"):
                revoke_credential(tx, self.org_id, credential.id, actor="test")
        return made
