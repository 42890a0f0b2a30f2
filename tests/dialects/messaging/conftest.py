"""A node with users of every role, once on SQLite and once on PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.dialects.messaging.people import People
from tests.support.node import BACKENDS, LocalNode, new_database, open_node


@pytest.fixture(params=BACKENDS)
def node(request, tmp_path: Path) -> Iterator[LocalNode]:
    cluster = request.getfixturevalue("cluster") if request.param == "postgresql" else None
    url = new_database(request.param, tmp_path, cluster)
    with open_node(url, outbound_allow="127.0.0.1/32", prices="sms=0.13") as node:
        yield node


@pytest.fixture
def people(node: LocalNode) -> People:
    return People(node)
