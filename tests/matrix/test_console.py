"""The console's matrix: every role and every page and action, from outside, by the routes of the
router and the table of permissions; and from another organization, for which nothing of it exists.
"""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

import pytest

from tests.core.identity.staff import add_user, principal_of
from tests.support.builder import make_organization
from tests.support.node import Account, LocalNode, new_database, open_node
from tests.web.signing_in import FORM
from turnout.core.identity.page_sessions import begin_page_session, form_token_of
from turnout.core.identity.roles import PERMISSIONS, StaffRole, has_permission
from turnout.core.identity.staff import limit_colleague
from turnout.core.ids import OrgId

TABLE = tomllib.loads(Path(__file__).with_name("console.toml").read_text())["actions"]
OWN = "account.change"
# Before the console: nobody is signed in there, so no role is asked for.
NAMES = (
    *("user_id", "number", "registration", "venue", "session", "speaker", "ticket_type", "series"),
    *("question", "kind", "campaign", "job", "recipient", "reply", "domain", "template"),
)
GATE = re.compile(r"/console/(?:sign-in|reset|set-up|invitation)(?:/.*)?")


class Action(NamedTuple):
    """A line of the table."""

    method: str
    template: str
    permission: str
    fields: dict[str, str]
    parts: dict[str, str]


ACTIONS = [
    Action(method, template, line["permission"], line.get("fields", {}), line.get("parts", {}))
    for line in TABLE
    for method, template in [line["call"].split(" ")]
]


class House:
    """An organization with an event, and somebody of each role, signed in."""

    def __init__(self, node: LocalNode) -> None:
        self.node = node
        self.account: Account = node.add_account("rail")
        self.org_id = self.account.org_id
        self.sessions = {role: self.enter(self.org_id, role.value, {role}) for role in StaffRole}
        self.nobody = self.enter(self.org_id, "nobody", set())

    def enter(self, org_id: OrgId, name: str, roles: set[StaffRole]) -> str:
        user = add_user(self.node.db, org_id, name, roles)
        return self.node.db.call(begin_page_session, principal_of(self.node.db, user))

    def path(self, action: Action) -> str:
        none = dict.fromkeys(NAMES, "999999")
        known = {"scope": "rail", "event": str(self.account.event.id)} | none | action.parts
        return action.template.format_map(known)

    def ask(self, session: str, action: Action) -> int:
        headers = {"Cookie": f"turnout-session={session}", "Accept": "text/html"}
        body = b""
        if action.method == "POST":
            headers |= FORM
            body = urlencode({"token": form_token_of(session)} | action.fields).encode()
        path = self.path(action)
        return self.node.client.request(action.method, path, headers=headers, body=body).status


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    url = new_database("sqlite", tmp_path_factory.mktemp("console-matrix"))
    with open_node(url, access_log=False) as node:
        yield House(node)


def list_routes(node: LocalNode) -> set[str]:
    """The console's calls, `{event}` for the scope of pages that events have, too."""
    return {
        f"{method} {route.template}"
        for mount in node.node.app.mounts
        for route in getattr(mount.app, "routes", ())
        if route.template.startswith("/console") and not GATE.fullmatch(route.template)
        for method in set(route.methods) & {"GET", "POST"}
    }


def test_the_table_has_every_page_and_action_and_no_other(house: House) -> None:
    listed = {f"{a.method} {a.template.replace('{event}', '{scope}')}" for a in ACTIONS}
    assert listed == list_routes(house.node)
    assert {action.permission for action in ACTIONS} <= PERMISSIONS.keys()


def is_let_in(status: int) -> bool:
    return status not in (401, 403) and status < 500


def test_every_role_may_what_the_table_of_permissions_says(house: House) -> None:
    wrong: list[Any] = []
    for action in ACTIONS:
        for role, session in house.sessions.items():
            status = house.ask(session, action)
            may = has_permission([role], action.permission)
            if is_let_in(status) is not may or (not may and status != 403):
                wrong.append((action.method, action.template, action.parts, role.value, status))
    assert wrong == []


def test_somebody_without_a_role_has_an_account_alone(house: House) -> None:
    wrong = []
    for action in ACTIONS:
        status = house.ask(house.nobody, action)
        is_right = is_let_in(status) if action.permission == OWN else status in (403, 404)
        if not is_right:
            wrong.append((action.method, action.template, status))
    assert wrong == []


def test_other_organizations_do_not_exist(house: House) -> None:
    """Whatever the role there, and for those of no organization's."""
    there = house.node.db.call(make_organization, "canal", "Canal")
    sessions = [house.enter(there, f"there-{role}", {role}) for role in StaffRole]
    found = {
        (action.method, action.template, house.ask(session, action))
        for action in ACTIONS
        for session in sessions
        if "{" in action.template
    }
    assert {status for _, _, status in found} == {404}


def test_somebody_who_is_limited_to_an_event_sees_nothing_else(house: House) -> None:
    db, org_id = house.node.db, house.org_id
    user = add_user(db, org_id, "limited", {StaffRole.ORGANIZER})
    other = house.account.channel_sessions[0].event_id
    db.call(limit_colleague, org_id, user.id, [other], is_limited=True, actor="test")
    session = db.call(begin_page_session, principal_of(db, user))
    wrong = []
    for action in ACTIONS:
        status = house.ask(session, action)
        is_event = "{event}" in action.template
        is_open = action.permission in ("events.see", OWN)
        expected = 404 if is_event else None if is_open else 403
        if (expected is None and not is_let_in(status)) or expected not in (None, status):
            wrong.append((action.method, action.template, status))
    assert wrong == []


def test_without_a_session_browsers_are_led_to_sign_in(house: House) -> None:
    found = {
        house.node.client.request("GET", house.path(action), headers={"Accept": "text/html"})
        .headers["location"]
        .partition("?")[0]
        for action in ACTIONS
        if action.method == "GET"
    }
    assert found == {"/console/sign-in"}


def test_forms_of_others_change_nothing(house: House) -> None:
    """Without a token, and with that of somebody else's session."""
    owner, other = house.sessions[StaffRole.OWNER], house.sessions[StaffRole.DOOR]
    statuses = set()
    for action in ACTIONS:
        if action.method != "POST":
            continue
        for token in ("", form_token_of(other)):
            body = urlencode({"token": token} | action.fields).encode()
            headers = {"Cookie": f"turnout-session={owner}", "Accept": "text/html"} | FORM
            path = house.path(action)
            answer = house.node.client.request("POST", path, headers=headers, body=body)
            statuses.add(answer.status)
    # A form with faults is shown again before anything is written.
    assert statuses <= {403, 422}
