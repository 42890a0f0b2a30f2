"""An event with a crowd, users who may see reports of all or of one event, and requests."""

from typing import Any
from urllib.parse import urlencode

from tests.core.audience.cinema import WHEN, open_cinema, show_something
from tests.core.audience.crowd import fill
from tests.dialects.messaging.people import HASH, PASSWORD, Request
from tests.support.builder import make_organization
from tests.support.node import LocalNode
from turnout.core.audience.permissions import grant_reporting
from turnout.core.events.model import EventState, span
from turnout.core.events.passwords import set_registration_password
from turnout.core.events.programme import create_event
from turnout.core.identity.users import create_user
from turnout.core.ids import EventId, OrgId, UserId
from turnout.store import Tx

REPORT = "/api/reporting/audience_reports"
FORM = "application/x-www-form-urlencoded"


class House:
    """`all` may see everything of the organization, `one` the event with the crowd, `none` nothing;
    `other` is of another organization. Names in a request's values are put in: {si}, {ui} …"""

    def __init__(self, node: LocalNode) -> None:
        self.node = node
        self.org_id = node.db.call(make_organization, "house")
        self.cinema = open_cinema(node.db, self.org_id)
        self.crowd = fill(node, self.cinema)
        made = node.db.call(_make, self.org_id, self.cinema.event.id)
        self.names: dict[str, Any] = {"event": self.cinema.event.id, "stranger": "0" * 40} | made
        for user in ("all", "one"):
            si, ui = self.log_in(user)
            self.names |= {f"si_{user}": si, f"ui_{user}": ui}
        self.names["known"] = "v4@example.com"
        self.names |= {"si": self.names["si_all"], "ui": self.names["ui_all"]}
        self.names["password"] = PASSWORD

    def log_in(self, user: str) -> tuple[str, str]:
        asked = self.ask(
            "GET", "/api/login/json", username=f"{user}@example.com", password=PASSWORD
        )
        success = asked.send(self.node).json()["convey_api"]["result"]["success"]
        return success["sessionid"]["value"], success["userid"]["value"]

    def ask(self, method: str, path: str, /, *, form: bool = False, **given: Any) -> Request:
        """A request with these parameters, in the query or in a form."""
        names = getattr(self, "names", {})
        values = {name: str(value).format(**names) for name, value in given.items()}
        if form:
            return Request(method, path, {"Content-Type": FORM}, urlencode(values).encode())
        query = f"?{urlencode(values)}" if values else ""
        return Request(method, path + query)

    def report(self, kind: str = "", /, **given: Any) -> Request:
        """A GET of the report of the crowd's event."""
        base = {"ver": "2.0", "si": "{si}", "ui": "{ui}", "ei": "{event}"}
        return self.ask("GET", REPORT + kind, **base | given)


def _make(tx: Tx, org_id: OrgId, event_id: EventId) -> dict[str, Any]:
    later = span("2027-09-01T09:00", "2027-09-01T10:00", "America/New_York")
    other = create_event(tx, org_id, "Later & <more>", later, actor="test")
    draft = create_event(tx, org_id, "Draft", WHEN, state=EventState.DRAFT, actor="test")
    elsewhere = make_organization(tx, "elsewhere")
    foreign = create_event(tx, elsewhere, "Foreign", WHEN, actor="test")
    for user, home, events in (
        ("all", org_id, None),
        ("one", org_id, [event_id]),
        ("other", elsewhere, None),
    ):
        found = _user(tx, home, user)
        grant_reporting(tx, home, found, events, actor="test")
    _user(tx, org_id, "none")
    show_something(tx, org_id, other)
    create_event(tx, org_id, "Excursion, which nobody can watch", later, actor="test")
    for number in (event_id, draft.id):
        set_registration_password(tx, org_id, number, HASH, actor="test")
    return {"later": other.id, "draft": draft.id, "foreign": foreign.id}


def _user(tx: Tx, org_id: OrgId, user: str) -> UserId:
    code = f"{user}@example.com"
    return create_user(
        tx, org_id, code, name=user.title(), email=code, password_hash=HASH, actor="test"
    ).id
