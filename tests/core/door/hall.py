"""A hall with devices at its doors, and guests with tickets."""

import itertools
from typing import Any

from turnout.core.checkin.gates import create_gate
from turnout.core.door.decisions import Decision, Shown
from turnout.core.door.devices import find_standing, get_post
from turnout.core.door.model import DoorRole, Post, Standing
from turnout.core.door.pairing import make_pairing, pair_by_link
from turnout.core.door.scanning import scan_ticket
from turnout.core.ids import GateId

_nonces = itertools.count(10_000_000)


class Hall:
    """The doors of a desk's event."""

    def __init__(self, desk: Any) -> None:
        self.desk, self.db = desk, desk.db
        self.secrets: dict[str, str] = {}

    @property
    def now(self) -> int:
        return int(self.desk.node.clock())

    def go_to_the_day(self) -> None:
        """Turn the clock to the middle of the first session."""
        session = self.desk.account.sessions[0]
        self.desk.node.clock.now = (session.starts_at + session.ends_at) // 2

    def gate(self, name: str, types: Any = (), sessions: Any = (), **options: Any) -> GateId:
        where = (self.desk.org_id, self.desk.event.id)
        made = self.db.call(create_gate, *where, name, [*types], [*sessions], actor="t", **options)
        return GateId(made.id)

    def device(
        self, name: str, role: DoorRole = DoorRole.STEWARD, gate: GateId | None = None
    ) -> tuple[Standing, Post]:
        places = [(self.desk.event.id, gate)]
        made = self.db.call(make_pairing, self.desk.org_id, places, role, name, actor="t")
        paired = self.db.call(pair_by_link, made.token, "", "")
        self.secrets[name] = paired.secret
        standing = self.db.call(find_standing, paired.secret)
        return standing, get_post(standing, None)

    def shown(self, code: str = "", **more: Any) -> Shown:
        facts: dict[str, Any] = {
            "code": code,
            "at": self.now,
            "nonce": f"nonce-{next(_nonces)}",
        } | more
        return Shown(**facts)

    def scan(self, device: tuple[Standing, Post], code: str, **more: Any) -> Decision:
        return self.db.call(scan_ticket, *device, self.shown(code, **more))

    def guests(self, *emails: str, **contact: str) -> list[str]:
        """Register people; the codes of their tickets."""
        self.desk.decide(*(self.desk.apply(email, **contact) for email in emails))
        return [self.code_of(email) for email in emails]

    def code_of(self, email: str) -> str:
        number = self.desk.get(email).registration.id
        (code,) = self.desk.ask(f"SELECT code FROM tickets WHERE registration_id = {number}")
        return str(code)
