"""The organization's own lists as files: users, credentials, callbacks, venues and templates."""

from tests.support.node import LocalNode
from tests.web.console.desk import Desk
from tests.web.console.messages.test_templates import SAID
from tests.web.console.test_callbacks import add
from tests.web.console.test_list_files import rows_of
from turnout.core.audit.recording import list_entries as list_changes
from turnout.core.events.programme import create_venue
from turnout.core.exams.rooms import make_room
from turnout.core.identity.credentials import issue_credential, revoke_credential
from turnout.core.identity.model import CredentialKind
from turnout.core.ids import OrgId

BASE = "/console/rail"


def test_users_are_a_file_that_is_in_the_log(node: LocalNode, org_id: OrgId, desk: Desk) -> None:
    path = f"{BASE}/users"
    desk.send(path, path, do="invite", email="filed@example.com", roles=["reader", "door"])
    assert f'href="{path}.csv"' in desk.read(path)
    heading, *rows = rows_of(desk, f"{path}.csv")
    assert heading[:5] == ["Name", "Code", "Email", "Roles", "Events"]
    assert [row[3:6] for row in rows if row[2] == "filed@example.com"] == [
        ["door reader", "", "invitation open"]
    ]
    assert {row[4] for row in rows if row[5] == "active"} >= {"all"}
    last = node.db.call(list_changes, org_id, "user", 0)[-1]
    assert (last.action, last.facts) == ("exported", {"what": "users", "count": len(rows)})


def test_credentials_are_a_file_without_their_secrets(
    node: LocalNode, org_id: OrgId, desk: Desk
) -> None:
    made, secret = node.db.call(
        issue_credential, org_id, CredentialKind.API_KEY, "Filed key", actor="x"
    )
    path = f"{BASE}/credentials"
    assert f'href="{path}.csv"' in desk.read(path)
    row = rows_of(desk, f"{path}.csv")[1]
    assert row[:6] == [str(made.id), "Filed key", "api_key", made.hint, "", "active"]
    assert secret not in desk.read(f"{path}.csv")
    node.db.call(revoke_credential, org_id, made.id, actor="x")
    assert rows_of(desk, f"{path}.csv")[1][5] == "revoked"


def test_callbacks_of_a_state_are_a_file(node: LocalNode, org_id: OrgId, desk: Desk) -> None:
    number = add(node, org_id, "https://shop.example/filed")
    path = f"{BASE}/callbacks"
    assert f'href="{path}.csv?state=waiting"' in desk.read(f"{path}?state=waiting")
    row = rows_of(desk, f"{path}.csv?state=waiting")[1]
    assert (row[:2], row[4:6]) == ([str(number), "https://shop.example/filed"], ["waiting", "0"])
    assert str(number) not in [row[0] for row in rows_of(desk, f"{path}.csv?state=failed")]


def test_venues_are_a_file_with_a_row_for_each_room(
    node: LocalNode, org_id: OrgId, desk: Desk
) -> None:
    filed = node.db.call(create_venue, org_id, "Filed hall", timezone="Europe/Berlin", actor="x")
    path = f"{BASE}/exams/venues"
    assert f'href="{path}.csv"' in desk.read(path)

    def rooms() -> list[list[str]]:
        return [row[6:] for row in rows_of(desk, f"{path}.csv") if row[0] == "Filed hall"]

    assert rooms() == [["", "", ""]]
    for name, seats in (("A", 8), ("B", 12)):
        node.db.call(make_room, org_id, filed.id, name, seats, actor="x")
    assert rooms() == [["A", "8", "0"], ["B", "12", "0"]]


def test_templates_are_a_file(desk: Desk) -> None:
    path = f"{BASE}/messages/templates"
    assert desk.send(f"{path}/new", f"{path}/new", **SAID | {"name": "Filed"}).status == 303
    assert f'href="{path}.csv"' in desk.read(path)
    found = {row[1]: row[2:6] for row in rows_of(desk, f"{path}.csv")}
    assert found["Filed"] == ["email", "service", "", "Hi %%firstname%%"]
    assert desk.open("/console/1000001/messages/templates.csv").status == 404
