"""What has not begun when its request is over is never carried out."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.store.notes import Gate, add, read_ids
from turnout.errors import Failure, Unavailable
from turnout.store import Batcher, Database, Tx, deadlines
from turnout.store.deadlines import Patience

DEADLINE_S = 20
THREADS = 2
SHORT_S = 0.05


def add_all(tx: Tx, numbers: list[int]) -> list[int | Failure]:
    return [add(tx, number) for number in numbers]


def write(db: Database) -> Callable[[int], Awaitable[Any]]:
    return lambda number: db.write(add, number)


def gather(db: Database) -> Callable[[int], Awaitable[Any]]:
    return Batcher(db, add_all, limit=100)


ways = pytest.mark.parametrize("way", [write, gather])


def gate(db: Database) -> Gate:
    return Gate(db, 1 if db.backend == "sqlite" else THREADS)


async def ask(patience: Patience | None, call: Callable[[], Awaitable[Any]]) -> Any:
    """The answer to a request that is as patient as that, or its refusal."""
    deadlines.current.set(patience)
    try:
        return await asyncio.wait_for(call(), DEADLINE_S)
    except Unavailable as refusal:
        return refusal


@ways
def test_what_waits_too_long_is_answered_while_every_thread_hangs(db: Database, way) -> None:
    async def scenario() -> Any:
        act = way(db)
        with gate(db):
            return await asyncio.gather(
                ask(Patience(SHORT_S), lambda: act(1)), ask(Patience(SHORT_S), lambda: act(2))
            )

    for refusal in asyncio.run(scenario()):
        assert (refusal.code, refusal.retry_after) == ("store.late", 5)
        assert refusal.message == (
            "The database did not come to this within 0.05 seconds. Nothing was changed; try again."
        )
    assert db.call(read_ids) == []


@ways
def test_only_what_is_over_is_dropped(db: Database, way) -> None:
    async def scenario() -> Any:
        act = way(db)
        gone, patient = Patience(), Patience()
        with gate(db) as held:
            asking = [
                asyncio.ensure_future(ask(patience, lambda number=number: act(number)))  # type: ignore[misc]
                for number, patience in enumerate([gone, patient, None])
            ]
            await asyncio.sleep(0)
            gone.is_gone = True
            held.open()
        return await asyncio.gather(*asking)

    dropped, *kept = asyncio.run(scenario())
    assert dropped.code == "request.gone"
    assert kept == [1, 2]
    assert sorted(db.call(read_ids)) == [1, 2]


def test_a_command_that_a_thread_comes_to_too_late_is_not_begun(db: Database) -> None:
    """Before anybody has swept."""
    late = Patience(0.0)

    async def scenario() -> Any:
        return await ask(late, lambda: db.write(add, 1)), await ask(late, lambda: db.read(read_ids))

    written, read = asyncio.run(scenario())
    assert (written.code, read.code) == ("store.late", "store.late")
    assert db.call(read_ids) == []


def test_workers_wait_as_long_as_they_must(db: Database) -> None:
    async def scenario() -> Any:
        return await ask(Patience(0.0), lambda: db.write_behind(add, 1))

    assert asyncio.run(scenario()) == 1


def test_a_request_that_came_a_step_further_is_waited_for_again(db: Database) -> None:
    async def scenario() -> Any:
        patience = Patience(DEADLINE_S)
        patience.until = time.monotonic() - 1
        deadlines.current.set(patience)
        deadlines.renew()
        return await db.write(add, 1)

    assert asyncio.run(scenario()) == 1
