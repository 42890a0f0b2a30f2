"""The credential matrix: every route of the routers, every method, every kind of credential, own
and foreign organization, against access.toml.

The routes come from the routers themselves, so one that is not in the table fails, as does a row
without a route. Every answer is searched for what is private of the other organization.
"""

import random
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.matrix.worlds import Shown, World, build_world, query_of
from tests.support import proof
from tests.support.client import Answer
from tests.support.node import LocalNode, new_database, open_node
from turnout.core.ids import OrgId
from turnout.http.cross_site import changes_something, find_exemption, fold_path
from turnout.web.assets import asset_path, list_assets

TABLE = tomllib.loads(Path(__file__).with_name("access.toml").read_text())
CONSOLE = tomllib.loads(Path(__file__).with_name("console.toml").read_text())
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
REFUSED = (401, 403, 405)
# Routes that are many of one kind, as the table has them.
GROUPS = {
    re.compile(r"/static/.*"): "/static/{file}",
    re.compile(r"/reference/\w+"): "/reference/{api}",
    re.compile(r"/openapi/\w+\.json"): "/openapi/{api}.json",
}
EXAMPLES = {
    "/static/{file}": asset_path(next(iter(list_assets()))),
    "/reference/{api}": "/reference/booking",
    "/openapi/{api}.json": "/openapi/booking.json",
}
# What a route needs in its query so that its credential is looked at, and what it is about.
QUERIES = {
    "/v1.0/registerstatus": {"queueId": "1"},
    "/api/events/list-events": {"date": "2027-01-01"},
    "/api/events/scrap-paper": {"event": "{event}"},
    "/api/reporting/event_summary/json": {"ei": "{number}"},
    "/api/reporting/audience_reports": {"ei": "{number}"},
    "/api/reporting/audience_reports/json": {"ei": "{number}"},
    "/api/reporting/audience_reports/csv": {"ei": "{number}"},
    "/api/reporting/audience_reports/xlsx": {"ei": "{number}"},
}


REGISTRATION = {
    "event": {"eventPak": "1" * 16, "sessions": [{"sessionPak": "2" * 16}]},
    "contact": {"email": "ada@example.com"},
}


class Row(NamedTuple):
    """A line of the table."""

    method: str
    template: str
    area: dict[str, Any]
    foreign: Any

    def expected(self, kind: str) -> Any:
        return self.area.get(kind, self.area["else"])


def read_rows() -> list[Row]:
    rows = [
        Row(method, route.rpartition(" ")[2], TABLE["areas"][area], foreign)
        for route, (area, foreign) in TABLE["routes"].items()
        for method in route.split()[:-1]
    ]
    listed = {(row.method, row.template) for row in rows}
    return rows + [row for row in _console_rows() if (row.method, row.template) not in listed]


def _console_rows() -> list[Row]:
    """The pages of the console, which console.toml has with the roles: nobody gets in but by
    signing in, and no page of another organization is there."""
    found: dict[tuple[str, str], Row] = {}
    for line in CONSOLE["actions"]:
        call, template = line["call"].replace("{event}", "{scope}").split(" ")
        methods = ("GET", "HEAD") if call == "GET" and line.get("head", True) else (call,)
        area, foreign = ("pages", 404) if call == "GET" else ("console-form", "-")
        for method in methods:
            row = Row(method, template, TABLE["areas"][area], foreign)
            found[method, template] = row
    return list(found.values())


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalNode]:
    url = new_database("sqlite", tmp_path_factory.mktemp("matrix"))
    with open_node(url, rate_limit_per_minute=0, access_log=False) as node:
        yield node


@pytest.fixture(scope="module")
def worlds(node: LocalNode) -> tuple[World, World]:
    return build_world(node, "zqown"), build_world(node, "zqforeign")


class Asking:
    """Requests, each from a place of its own: what one does wrong is not held against another."""

    def __init__(self, node: LocalNode) -> None:
        self.node = node
        self.sent = 0

    def ask(self, row: Row, caller: World, kind: str, owner: World, **headers: str) -> Answer:
        """Ask for something of `owner` with a credential of `caller`."""
        self.sent += 1
        shown = credentials_of(caller)[kind]
        wanted = {name: owner.path(text) for name, text in QUERIES.get(row.template, {}).items()}
        query = query_of(shown, owner.event, wanted)
        path = owner.path(EXAMPLES.get(row.template, row.template))
        body = {"registration": REGISTRATION} if row.template == "/v1.0/register" else None
        return self.send(row.method, f"{path}?{query}", shown.headers | headers, body)

    def send(self, method: str, target: str, headers: dict[str, str], body: Any) -> Answer:
        app = self.node.client.app
        place = f"2001:db8:{self.sent >> 16:x}:{self.sent & 65535:x}::1"

        async def from_a_place(scope: Any, receive: Any, send: Any) -> None:
            await app(scope | {"client": (place, 50000)}, receive, send)

        self.node.client.app = from_a_place
        try:
            return self.node.client.request(method, target, headers=headers, json=body)
        finally:
            self.node.client.app = app


def credentials_of(world: World) -> dict[str, Any]:
    garbage = {
        "none": Shown(),
        "garbage bearer": Shown({"Authorization": "Bearer " + "x" * 40}),
        "garbage event": Shown({"Authorization": "event " + "x" * 40}),
        "garbage basic": Shown({"Authorization": "Basic bm9ib2R5OnNlY3JldA=="}),
        "garbage key": Shown({"APIKey": "x" * 40, "user": "x" * 40}),
        "garbage session": Shown(query={"si": "0" * 40, "ui": "1" * 40}),
        "garbage cookie": Shown({"Cookie": "session=" + "x" * 40}),
    }
    return garbage | world.credentials


def is_as_expected(expected: Any, status: int) -> bool:
    return status not in REFUSED and status < 500 if expected == "in" else status == expected


def name_one(template: str) -> str:
    """An address of that template, as mounts match it."""
    registration = "00000000-0000-4000-8000-000000000001"
    return template.replace("{code}", "a-1").replace("{registration}", registration)


def test_the_table_has_every_route_of_the_routers_and_no_other(node: LocalNode) -> None:
    found: dict[str, set[str]] = {}
    templates = {row.template for row in read_rows()}
    for mount in node.node.app.mounts:
        if mount.method:
            shape = mount.shape or re.compile(re.escape(mount.prefix))
            fitting = {name for name in templates if shape.fullmatch(name_one(name))}
            assert len(fitting) == 1, mount.prefix
            found.setdefault(fitting.pop(), set()).add(mount.method)
        for route in getattr(mount.app, "routes", ()):
            name = next((n for p, n in GROUPS.items() if p.fullmatch(route.template)), "")
            found.setdefault(name or route.template, set()).update(route.methods)
    listed: dict[str, set[str]] = {}
    for row in read_rows():
        listed.setdefault(row.template, set()).add(row.method)
    assert listed == found


@pytest.mark.proof
def test_every_route_answers_every_credential_as_the_table_says(
    node: LocalNode, worlds: tuple[World, World]
) -> None:
    own, foreign = worlds
    asking = Asking(node)
    wrong, leaks, statuses = [], [], Counter[str]()
    cells = [(row, kind) for row in read_rows() for kind in credentials_of(own)]
    for row, kind in choose(cells, 150):
        answer = asking.ask(row, own, kind, own)
        expected = row.expected(kind)
        statuses[str(answer.status)] += 1
        if not is_as_expected(expected, answer.status):
            wrong.append((row.method, row.template, kind, expected, answer.status))
        if foreign.marker in str(answer):
            leaks.append((row.method, row.template, kind))
    assert (wrong, leaks) == ([], [])
    proof.report("credential matrix, own", cells=asking.sent, **statuses)


@pytest.mark.proof
def test_no_credential_reaches_what_is_another_organizations(
    node: LocalNode, worlds: tuple[World, World]
) -> None:
    """And nothing of the other organization changes, whatever is asked."""
    own, foreign = worlds
    asking = Asking(node)
    wrong, leaks = [], []
    rows = [row for row in read_rows() if row.foreign not in ("link", "open")]
    before = everything_of(node, foreign.org_id)
    cells = [(row, kind) for row in rows for kind in credentials_of(own)]
    for row, kind in choose(cells, 200):
        answer = asking.ask(row, own, kind, foreign)
        expected = row.expected(kind)
        if expected == "in" and row.foreign != "-":
            named = row.foreign if isinstance(row.foreign, dict) else {kind: row.foreign}
            expected = named.get(kind, "in")
        if not is_as_expected(expected, answer.status):
            wrong.append((row.method, row.template, kind, expected, answer.status))
        if foreign.marker in str(answer):
            leaks.append((row.method, row.template, kind))
    assert (wrong, leaks) == ([], [])
    assert everything_of(node, foreign.org_id) == before
    proof.report("credential matrix, foreign", cells=asking.sent, leaks=len(leaks))


@pytest.mark.proof
def test_open_pages_of_another_organization_show_nothing_private(
    node: LocalNode, worlds: tuple[World, World]
) -> None:
    own, foreign = worlds
    asking = Asking(node)
    rows = [row for row in read_rows() if row.foreign == "open"]
    leaks = [
        (row.method, row.template, kind)
        for row, kind in choose([(row, kind) for row in rows for kind in credentials_of(own)], 30)
        if foreign.marker in str(asking.ask(row, own, kind, foreign))
    ]
    assert leaks == []
    proof.report("credential matrix, open pages", cells=asking.sent)


def test_methods_that_a_route_does_not_have_are_405_for_everybody(
    node: LocalNode, worlds: tuple[World, World]
) -> None:
    own, _ = worlds
    asking, rows = Asking(node), read_rows()
    has = {(row.method, row.template) for row in rows}
    templates = {row.template: row for row in rows}
    wrong = []
    for template, row in templates.items():
        for method in METHODS:
            kind = "none" if asking.sent % 2 else "admin"
            if (method, template) not in has and template != "/watch/beats":
                answer = asking.ask(row._replace(method=method), own, kind, own)
                # A name that is not reserved has its pages elsewhere, whatever is asked.
                if answer.status != (308 if template.startswith("/o/{slug}/") else 405):
                    wrong.append((method, template, kind, answer.status))
    assert wrong == []


@pytest.mark.proof
def test_other_sites_change_nothing_where_no_exemption_says_so(
    node: LocalNode, worlds: tuple[World, World]
) -> None:
    """The rule and its table of exemptions (http/cross_site.py), on every route, with the
    credentials that browsers add by themselves."""
    own, _ = worlds
    asking = Asking(node)
    wrong = []
    signs = (
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://turnout.test"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    )
    before = everything_of(node, own.org_id)
    cells = [(row, sign) for row in read_rows() for sign in signs if row.template != "/watch/beats"]
    for row, sign in choose(cells, 200):
        path = fold_path(own.path(EXAMPLES.get(row.template, row.template)))
        if not changes_something(row.method, path):
            continue
        if find_exemption(row.method, path, frozenset({b"authorization", b"cookie"})):
            continue
        answer = asking.ask(row, own, "admin", own, **sign)
        if answer.status != 403:
            wrong.append((row.method, row.template, sign, answer.status))
    assert wrong == []
    assert everything_of(node, own.org_id) == before
    proof.report("credential matrix, other sites", requests=asking.sent)


def choose(cells: list[Any], short: int) -> list[Any]:
    """All cells in the full form, some of them in the short one."""
    count = proof.scale(short, len(cells))
    return cells if count >= len(cells) else random.Random(proof.seed()).sample(cells, count)


def everything_of(node: LocalNode, org_id: OrgId) -> dict[str, list[str]]:
    """Every row of an organization."""

    def read(tx: Any) -> dict[str, list[str]]:
        names = tx.connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        found = {}
        for (name,) in names.fetchall():
            columns = [row[1] for row in tx.connection.execute(f"PRAGMA table_info({name})")]
            if "org_id" in columns:
                rows = tx.connection.execute(f"SELECT * FROM {name} WHERE org_id = {org_id}")
                found[name] = sorted(map(repr, rows.fetchall()))
        return found

    return node.db.call(read)
