"""A node with a user who signs in."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.core.identity.staff import add_user
from tests.support.builder import make_organization
from tests.support.node import LocalNode, new_database, open_node
from tests.web.console.desk import PASSWORD
from tests.web.console.gate.browser import Gate
from turnout.core.identity.model import User
from turnout.core.identity.passwords import hash_password
from turnout.core.identity.roles import StaffRole
from turnout.core.ids import OrgId


@pytest.fixture
def node(tmp_path: Path) -> Iterator[LocalNode]:
    with open_node(new_database("sqlite", tmp_path), base_url="http://localhost:8080") as node:
        yield node


@pytest.fixture
def org_id(node: LocalNode) -> OrgId:
    return node.db.call(make_organization, "rail", "Rail Forum")


@pytest.fixture
def user(node: LocalNode, org_id: OrgId) -> User:
    return add_user(node.db, org_id, "ann", {StaffRole.OWNER}, hash_password(PASSWORD))


@pytest.fixture
def gate(node: LocalNode, user: User) -> Gate:
    return Gate(node.client)
