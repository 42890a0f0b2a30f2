"""What no database can keep, in every place of a request that says something: 4xx, never 500.

NUL and numbers of 30 and 5,000 digits in each part of a path that varies, NUL in each parameter of
a query and in each field of a form, on every route, with a good credential, on both databases.
"""

import base64
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import quote

import pytest

from tests.matrix.test_matrix import EXAMPLES, Asking, Row, credentials_of, read_rows
from tests.matrix.worlds import World, build_world, query_of
from tests.support import proof
from tests.support.node import BACKENDS, LocalNode, database, open_node
from tests.support.openapi import Document
from turnout.dialects import attendance, booking, messaging, registration, reporting

DIALECTS = (attendance, booking, messaging, registration, reporting)
# What the pages read, which no document names.
NAMES = {"sti", "next", "channel", "to", "job", "user_code", "email", "first_name", "code", "token"}
PARTS = ("\0", "a\0b", "1\0", "9" * 30, "9" * 5_000, "\ufffd", "-1", "0")
NUL = "a\0b"


class Cell(NamedTuple):
    """A request: a route with its credential, and what stands where."""

    row: Row
    kind: str
    path: str
    query: dict[str, str]
    fields: dict[str, str]


@pytest.fixture(scope="module", params=BACKENDS)
def node(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LocalNode]:
    cluster = request.getfixturevalue("cluster") if request.param == "postgresql" else None
    with (
        database(request.param, tmp_path_factory.mktemp("unstorable"), cluster) as url,
        open_node(url, rate_limit_per_minute=0, access_log=False) as node,
    ):
        yield node


@pytest.fixture(scope="module")
def world(node: LocalNode) -> World:
    return build_world(node, "zqown")


def list_names() -> list[str]:
    """Every name that a document gives to a parameter or a member."""
    found = set(NAMES)
    for dialect in DIALECTS:
        waiting: list[Any] = [Document(dialect).content]
        while waiting:
            part = waiting.pop()
            if isinstance(part, dict):
                if part.get("in") in ("query", "header", "cookie"):
                    found.add(part["name"])
                found |= set(part.get("properties", {}))
                waiting += part.values()
            elif isinstance(part, list):
                waiting += part
    return sorted(found)


def kind_for(row: Row, world: World) -> str:
    """A credential that gets in there."""
    known = [*world.credentials, *credentials_of(world)]
    return next((kind for kind in known if row.expected(kind) == "in"), "none")


def list_cells(world: World) -> Iterator[Cell]:
    names = list_names()
    for row in read_rows():
        kind = kind_for(row, world)
        template = EXAMPLES.get(row.template, row.template)
        own = world.path(template)
        for part in (part for part in template.split("/") if "{" in part):
            for value in PARTS:
                yield Cell(row, kind, world.path(template.replace(part, value)), {}, {})
        for name in names:
            yield Cell(row, kind, own, {name: NUL}, {})
            if row.method in ("POST", "PUT"):
                yield Cell(row, kind, own, {}, {name: NUL})


def ask(asking: Asking, cell: Cell, world: World) -> int:
    shown = credentials_of(world)[cell.kind]
    query = query_of(shown, world.event, cell.query)
    target = f"{cell.path}?{query}" if query else cell.path
    body = "&".join(f"{quote(name)}={quote(value)}" for name, value in cell.fields.items())
    headers = shown.headers | {"Content-Type": "application/x-www-form-urlencoded"}
    asking.sent += 1
    app = asking.node.client
    return app.request(cell.row.method, target, headers=headers, body=body.encode()).status


@pytest.mark.proof
def test_what_cannot_be_kept_is_refused_everywhere(node: LocalNode, world: World) -> None:
    asking, statuses, wrong = Asking(node), Counter[str](), []
    cells = list(list_cells(world))
    paths = [cell for cell in cells if not (cell.query or cell.fields)]
    others = [cell for cell in cells if cell.query or cell.fields]
    chance = proof.random_for("unstorable")
    some = chance.sample(others, proof.scale(120, 3_000))
    if node.db.backend == "postgresql":  # every path on SQLite, and some of them here
        paths = chance.sample(paths, proof.scale(len(paths) // 5, len(paths)))
    for cell in [*paths, *some]:
        status = ask(asking, cell, world)
        statuses[str(status)] += 1
        if status >= 500:
            wrong.append((cell.row.method, cell.path[:80], cell.query, cell.fields, status))
    assert wrong == []
    proof.report("unstorable requests", backend=node.db.backend, cells=asking.sent, **statuses)


@pytest.mark.parametrize("pair", ["a\0b:c", "a:c\0", "\0:\0"])
def test_a_password_that_cannot_be_kept_is_wrong(node: LocalNode, world: World, pair: str) -> None:
    shown = {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
    asked = {
        path: node.client.request("GET", path, headers=shown).status
        for path in ("/api/v1/users", "/api/login", "/v1/company", "/api/registrations/search")
    }
    assert {path: status for path, status in asked.items() if status not in (401, 403, 405)} == {}


def test_a_cookie_that_cannot_be_kept_is_none(node: LocalNode, world: World) -> None:
    headers = {"Cookie": "session=a%00b"}
    assert node.client.request("GET", "/outbox", headers=headers).status == 401


@pytest.mark.parametrize(
    ("target", "kind", "status", "beginning"),
    [
        ("/v1/event/attendees/code/\0", "event", 404, b"{"),
        ("/api/v1/jobs/\0", "acct", 404, b"{"),
        ("/api/registrations/\0", "secret", 404, b""),
        ("/v1.0/registerstatus?queueId=%00", "jwt", 400, b"{"),
        ("/api/reporting/eventlist/json?x=%00", "session", 400, b"{"),
        ("/watch/\0", "none", 404, b"Nothing is at /watch/%00."),
        ("/d\0/1", "none", 404, b"Nothing is at /d%00/1."),
        ("/o/d\0/1/event.ics", "none", 404, b"Nothing is at /o/d%00/1/event.ics."),
        ("/outbox?to=%00", "page", 400, b"The query has a character"),
    ],
)
def test_it_is_refused_in_the_shape_of_who_answers(
    node: LocalNode, world: World, target: str, kind: str, status: int, beginning: bytes
) -> None:
    shown = credentials_of(world)[kind]
    credential = query_of(shown, world.event, {})
    joint = "&" if "?" in target else "?"
    whole = f"{target}{joint}{credential}" if credential else target
    answer = node.client.request("GET", whole, headers=shown.headers)
    assert (answer.status, answer.body[: len(beginning)]) == (status, beginning)


def test_a_page_says_so_in_a_page(node: LocalNode, world: World) -> None:
    headers = {"Accept": "text/html"}
    answers = [
        node.client.request("GET", "/watch/\0", headers=headers),
        node.client.request("GET", "/outbox?to=%00", headers=headers),
        node.client.request(
            "POST", f"/zqown/{world.event}", headers=headers, body=b"first_name=a%00b"
        ),
    ]
    types = {answer.headers["content-type"] for answer in answers}
    assert (types, [answer.status for answer in answers]) == (
        {"text/html; charset=utf-8"},
        [404, 400, 400],
    )
