"""A node on either database whose loops are started by the tests."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator

import pytest

from tests.support.node import BACKENDS, LocalNode, database, open_node
from turnout.store.troubles import Troubles
from turnout.workers import loop

TIMEOUT_S = 60


@pytest.fixture(autouse=True)
def _own_troubles(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process remembers what its loops met; a test begins without what others met."""
    monkeypatch.setattr(loop, "troubles", Troubles("workers wait"))


@pytest.fixture(params=BACKENDS)
def url(request, tmp_path) -> Iterator[str]:
    cluster = request.getfixturevalue("cluster") if request.param == "postgresql" else None
    with database(request.param, tmp_path, cluster) as url:
        yield url


@pytest.fixture
def node(url) -> Iterator[LocalNode]:
    with open_node(url, database_threads=2) as node:
        yield node


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Wait for what the loops bring about."""
    deadline = time.monotonic() + TIMEOUT_S
    while not await condition():
        assert time.monotonic() < deadline, "it did not come"
        await asyncio.sleep(0.01)
