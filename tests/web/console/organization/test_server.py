"""The server's own page: who sees it, and what it shows."""

from typing import NamedTuple

import pytest

from tests.support.builder import Builder, make_organization
from tests.support.node import LocalNode, new_database, open_node
from tests.web.console.desk import Desk, add_user
from turnout import __version__
from turnout.core.identity.model import Role
from turnout.store.migrations.revisions import HEAD
from turnout.web.console.organization.server import FRESH_MS

PATH = "/console/rail/settings/server"


class Finding(NamedTuple):
    """As `turnout doctor` tells it."""

    what: str
    seen: str
    advice: str
    mark: str


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory):
    """A node that examines itself; the list has a row for each time."""
    url = new_database("sqlite", tmp_path_factory.mktemp("server"))
    with open_node(url) as node:
        times: list[int] = []

        def examine() -> list[Finding]:
            times.append(node.clock.now)
            return [
                Finding("disk", "1 GB is left", "Make room.", "warn"),
                Finding("clock", "agrees", "", "ok"),
            ]

        node.examine = examine
        org_id = node.db.call(lambda tx: Builder(tx, "rail", "Rail Forum").org_id)
        yield node, add_user(node, org_id, "rail/owner", Role.ADMIN), times


def test_it_tells_what_was_found_and_what_waits(server) -> None:
    _, desk, times = server
    page = desk.read(PATH)
    assert "disk: 1 GB is left" in page
    assert "Make room." in page
    assert "2 things were looked at" in page
    assert __version__ in page
    assert f"database schema {HEAD}" in page
    assert '<th scope="row">Registrations by programs</th><td class="num">0</td>' in page
    assert '<th scope="row">web</th>' in page
    assert len(times) == 1


def test_it_is_examined_once_a_minute(server) -> None:
    node, desk, times = server
    desk.read(PATH)
    before = len(times)
    desk.read(PATH)
    assert len(times) == before
    node.clock.advance(FRESH_MS / 1000)
    desk.read(PATH)
    assert len(times) == before + 1


def test_only_owners_of_the_first_organization_see_it(server) -> None:
    node, desk, _ = server
    other = node.db.call(make_organization, "canal", "Canal")
    there = add_user(node, other, "canal/owner", Role.ADMIN)
    assert there.open("/console/canal/settings/server").status == 404
    assert "settings/server" not in there.read("/console/canal/settings")
    assert "settings/server" in desk.read("/console/rail/settings")


def test_without_an_examination_it_says_how(node: LocalNode, desk: Desk) -> None:
    assert "Run `turnout doctor` on the server" in desk.read(PATH)
