"""What the tests of all dialects share: a node without a network, and an account on it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.node import Account, LocalNode, new_database, open_node


@pytest.fixture
def node(tmp_path: Path) -> Iterator[LocalNode]:
    with open_node(new_database("sqlite", tmp_path)) as node:
        yield node


@pytest.fixture
def account(node: LocalNode) -> Account:
    return node.add_account()
