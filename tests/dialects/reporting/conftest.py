"""A node with a crowd, once on SQLite and once on PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.dialects.reporting.house import House
from tests.support.node import BACKENDS, LocalNode, new_database, open_node


@pytest.fixture(params=BACKENDS)
def node(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[LocalNode]:
    cluster = request.getfixturevalue("cluster") if request.param == "postgresql" else None
    with open_node(new_database(request.param, tmp_path, cluster)) as node:
        yield node


@pytest.fixture
def house(node: LocalNode) -> House:
    return House(node)


@pytest.fixture(scope="module", params=BACKENDS)
def shared_house(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    """The same for all tests of a module that only read."""
    cluster = request.getfixturevalue("cluster") if request.param == "postgresql" else None
    folder = tmp_path_factory.mktemp("reporting")
    with open_node(new_database(request.param, folder, cluster)) as node:
        yield House(node)
