"""One node a module and database; an organization of its own for each test."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.core.registrations.desk import Desk
from tests.support.builder import make_organization
from tests.support.node import BACKENDS, Account, LocalNode, database, open_node
from turnout.core.ids import OrgId
from turnout.store import Database

_numbers = itertools.count(1)


@pytest.fixture(scope="module", params=BACKENDS)
def node(request, tmp_path_factory) -> Iterator[LocalNode]:
    folder = tmp_path_factory.mktemp("core")
    cluster = request.getfixturevalue("cluster") if request.param == "postgresql" else None
    with database(request.param, folder, cluster) as url, open_node(url) as node:
        yield node


@pytest.fixture
def own_node(node: LocalNode, tmp_path: Path, request) -> Iterator[LocalNode]:
    """A new node of the same database kind, for a test that looks at all there is."""
    backend = node.db.backend
    cluster = request.getfixturevalue("cluster") if backend == "postgresql" else None
    with database(backend, tmp_path, cluster) as url, open_node(url) as own:
        yield own


@pytest.fixture
def db(node: LocalNode) -> Database:
    return node.db


@pytest.fixture
def org_id(db: Database) -> OrgId:
    slug = f"org-{next(_numbers)}"
    return db.call(make_organization, slug, slug.upper())


@pytest.fixture
def account(node: LocalNode) -> Account:
    """An organization with an event of three sessions and a channel of two events."""
    return node.add_account(f"account-{next(_numbers)}")


@pytest.fixture
def desk(node: LocalNode, account: Account) -> Desk:
    return Desk(node, account)
