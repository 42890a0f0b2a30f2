"""What keeps a demo's well-known passwords away from strangers and from other organizations."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.cli.runner import Result, Turnout, on_new_database
from tests.cli.test_demo import ask, seed_in
from tests.dialects.messaging.people import basic
from tests.support.ports import free_port
from tests.support.server import Server
from turnout.cli.demo_server import check_address
from turnout.core.identity.demo import list_other_organizations
from turnout.core.identity.members import NewMember, add_member, find_password
from turnout.core.identity.model import Profile, Role
from turnout.demo.content import Content, show_all
from turnout.settings import Settings
from turnout.store import open_database
from turnout.store.migrations.running import migrate


def change(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


def test_the_demo_refuses_a_database_that_holds_another_organization(tmp_path: Path) -> None:
    turnout = on_new_database(tmp_path)
    turnout.ok("org", "create", "acme")
    refused = turnout("demo", "--data", tmp_path / "data")
    assert refused == Result(
        1,
        "",
        f"error: {turnout.url} holds acme, which is not the demo's: the demo needs a database of "
        "its own. Set TURNOUT_DATABASE_URL to another.\n",
    )
    assert ask(tmp_path / "turnout.db", "SELECT slug FROM organizations") == [("acme",)]
    assert not (tmp_path / "data").exists()


def test_the_demo_refuses_such_a_database_before_it_migrates_it(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'turnout.db'}"
    migrate(url, "0007")
    path = tmp_path / "turnout.db"
    change(
        path,
        "INSERT INTO distributors VALUES (1, 'Turnout', 1)",
        "INSERT INTO organizations (org_id, uuid, distributor_id, slug, name, timezone, locale,"
        " created_at, updated_at) VALUES (7, 'u', 1, 'acme', 'Acme', 'UTC', 'en', 1, 1)",
        "INSERT INTO audit_entries VALUES (7, 1, 1, 'cli:x', 'created', 'organization', 7, '{}')",
    )
    assert Turnout(url)("demo", "--data", tmp_path / "data").code == 1
    assert ask(path, "SELECT version_num FROM alembic_version") == [("0007",)]


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "", "no-such-host.invalid"])
def test_the_demo_is_not_shown_to_others_unless_that_is_meant(tmp_path: Path, host: str) -> None:
    refused = Turnout(None)("demo", "--data", tmp_path / "data", host=host)
    assert not (tmp_path / "data").exists()
    assert (refused.code, refused.output) == (1, "")
    assert "Add --expose" in refused.error
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
def test_an_address_of_this_machine_alone_exposes_nothing(host: str) -> None:
    check_address(host, expose=False)
    check_address("0.0.0.0", expose=True)


def test_pages_get_no_password_of_an_admin_or_agent(tmp_path: Path) -> None:
    content = msgspec.convert(seed_in(tmp_path), Content)
    shown = repr(show_all(content))
    assert content.messaging.user.password in shown
    assert content.messaging.admin.password not in shown
    assert content.messaging.agent.password not in shown


def test_the_demo_and_all_that_its_users_make_is_marked(tmp_path: Path) -> None:
    seed_in(tmp_path)
    path = tmp_path / "turnout.db"
    assert ask(path, "SELECT slug, is_demo FROM organizations") == [("rail-forum", 1)]
    assert ask(path, "SELECT DISTINCT is_demo FROM credentials") == [(1,)]
    settings = Settings(database_url=f"sqlite:///{path}", allow_demo=True)
    with closing(open_database(settings)) as db:
        found = db.call(find_password, "demo/admin")
        assert found
        db.call(add_member, found.principal, NEW_USER, "hash")
        assert db.call(list_other_organizations) == []
    made = ask(path, "SELECT is_demo FROM credentials ORDER BY id DESC LIMIT 1")
    assert (made, ask(path, "SELECT is_demo FROM organizations")) == ([(1,)], [(1,), (1,)])


NEW_USER = NewMember(
    user_code="demo/new",
    email="new@example.com",
    role=Role.ACCT,
    profile=Profile(),
    is_live=True,
    company_id=None,
    company={"name": "Made in the demo"},
    agent_id=None,
)
REFUSAL = (
    "The credential belongs to the demo, and this server does not take it: see "
    "`turnout serve --allow-demo`."
)


def test_a_server_takes_the_demos_credentials_only_where_it_may(tmp_path: Path) -> None:
    with Server(tmp_path) as demo:
        members = demo.demo
    for options, is_let_in in (((), False), (("--allow-demo",), True)):
        with Server(tmp_path, command=("serve", *options)) as server:
            answers = {
                name: server.ask(method, target, headers=headers)
                for name, (method, target, headers) in _requests(members)
            }
            server.stop()  # a killed one keeps its last lines to itself
        assert {name: answer.status for name, answer in answers.items()} == {
            name: 200 if is_let_in else REFUSED[name] for name in REFUSED
        }
        if not is_let_in:
            assert all(REFUSAL.encode() in answer.body for answer in answers.values())
    log = server.read_log()
    said = [json.loads(line) for line in log.splitlines() if "credentials of a demo" in line]
    assert [line["sign_ins"] for line in said] == ["refused", "accepted"]
    assert [line["level"] for line in said] == ["warning"] * 2


REFUSED = {
    "registration": 401,
    "messaging": 401,
    "attendance": 401,
    "company": 401,
    "booking": 403,
    "reporting": 401,
}


def _requests(members: dict[str, Any]) -> list[tuple[str, tuple[Any, ...]]]:
    user, reporting = members["messaging"]["user"], members["reporting"]
    attendance = members["attendance"]

    def bearer(scheme: str, secret: str) -> dict[str, str]:
        return {"Authorization": f"{scheme} {secret}"}

    query = f"username={reporting['username']}&password={reporting['password']}&ver=2.0"
    asked: dict[str, tuple[str, str, dict[str, str]]] = {
        "registration": ("POST", "/v1.0/signin", {"APIKey": members["registration"]["apiKey"]}),
        "messaging": ("GET", "/api/v1/jobs", basic(user["username"], user["password"])),
        "attendance": ("GET", "/v1/event.json", bearer("event", attendance["eventToken"])),
        "company": ("GET", "/v1/company.json", bearer("company", attendance["companyToken"])),
        "booking": (
            "POST",
            "/api/registrations/count",
            bearer("Bearer", members["booking"]["secret"]),
        ),
        "reporting": ("GET", f"/api/login/json?{query}", {}),
    }
    return [(name, asked[name]) for name in asked]


def test_a_demo_whose_database_cannot_be_had_leaves_no_folder(tmp_path: Path) -> None:
    url = f"postgresql://u:p@127.0.0.1:{free_port()}/demo"
    refused = Turnout(url)("demo", "--data", tmp_path / "some" / "data", port=free_port())
    assert refused.code == 1
    assert list(tmp_path.iterdir()) == []
