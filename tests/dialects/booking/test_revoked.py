"""A secret that was revoked does nothing any more, also for a request that is on its way."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.dialects.booking.school import School
from tests.support.node import new_database, open_node
from turnout.core.identity.credentials import list_credentials, revoke_credential
from turnout.store import Tx

WAIT_S = 60


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[School]:
    """SQLite has one writer, so it is certain who comes first."""
    with open_node(new_database("sqlite", tmp_path)) as node:
        yield School(node)


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(WAIT_S):
        while not is_so():  # noqa: ASYNC110 - a queue has no event
            await asyncio.sleep(0)


async def race(school: School) -> tuple[int, str]:
    """Delete a registration by a secret that is revoked while the deletion waits in line."""
    db = school.db
    number = next(c.id for c in db.call(list_credentials, school.org_id) if c.name == "secret")
    has_begun, may_go = threading.Event(), threading.Event()

    def hold(_tx: Tx) -> None:
        has_begun.set()
        assert may_go.wait(WAIT_S)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(db.write(hold))
        await until(has_begun.is_set)
        revoke = db.write(revoke_credential, school.org_id, number, actor="test")
        tasks.create_task(revoke)
        await until(lambda: db.count_waiting() == 1)
        asked = school.ask("DELETE", "/api/registrations/{one}")
        client = school.node.client
        answering = tasks.create_task(
            client.send(asked.method, asked.target, headers=asked.headers)
        )
        await until(lambda: db.count_waiting() == 2)
        may_go.set()
    answer = answering.result()
    return answer.status, answer.json()["error"]


def test_a_secret_that_is_revoked_while_its_request_waits_does_nothing(embedded: School) -> None:
    before = embedded.find(1)
    assert embedded.node.client.run(race(embedded)) == (
        403,
        "Your bearer token is not recognized.",
    )
    assert embedded.find(1) == before
