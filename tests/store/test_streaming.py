"""Long lists: whole, in order, in bounded memory, and never waiting for the client."""

import asyncio
import tracemalloc
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.postgresql import Cluster
from turnout.errors import Unavailable
from turnout.settings import Settings
from turnout.store import Database, Tx, open_database
from turnout.store.streaming import BATCH_ROWS, LAG_BATCHES, MOST_STREAMS

ROWS = 40 * BATCH_ROWS + 7


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path, cluster: Cluster) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'stream.db'}"
        return
    made = cluster.create_database()
    yield made
    cluster.drop_database(made)


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    db = open_database(Settings(database_url=url))
    try:
        yield db
    finally:
        await asyncio.to_thread(db.close)


def numbers(
    tx: Tx, count: int, done: Callable[[], None] = lambda: None
) -> Generator[tuple[Any, ...], None, None]:
    """`count` rows; `done` is called once the last was read."""
    sql = {
        "sqlite": "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)"
        " SELECT i, 'name ' || i, NULL FROM n",
        "postgresql": "SELECT i, 'name ' || i, NULL FROM generate_series(1, %s) i",
    }[tx.backend]
    if tx.backend == "sqlite":
        yield from tx.connection.execute(sql, (count,))
    else:
        with tx.connection.cursor(name="numbers") as cursor:
            yield from cursor.execute(sql, (count,))
    done()


def breaks_off(tx: Tx) -> Generator[tuple[Any, ...], None, None]:
    yield from numbers(tx, BATCH_ROWS)
    tx.connection.execute("SELECT * FROM no_such_table")


def test_every_row_comes_once_and_in_order(url: str) -> None:
    async def read() -> list[tuple[Any, ...]]:
        async with opened(url) as db, db.stream(numbers, ROWS) as batches:
            return [row async for batch in batches for row in batch]

    assert asyncio.run(read()) == [(i, f"name {i}", None) for i in range(1, ROWS + 1)]


def test_the_transaction_ends_while_a_slow_client_still_reads(url: str) -> None:
    async def read() -> int:
        ended = asyncio.Event()
        loop = asyncio.get_running_loop()
        rows = 0
        async with (
            opened(url) as db,
            db.stream(numbers, ROWS, lambda: loop.call_soon_threadsafe(ended.set)) as batches,
        ):
            async for batch in batches:
                # The client takes nothing more until the reader is through with everything.
                await asyncio.wait_for(ended.wait(), 30)
                rows += len(batch)
        return rows

    assert asyncio.run(read()) == ROWS


def test_memory_does_not_grow_with_the_list(url: str) -> None:
    async def peak(count: int) -> int:
        async with opened(url) as db, db.stream(numbers, count) as batches:
            tracemalloc.start()
            async for _ in batches:
                await asyncio.sleep(0)
            size = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            return size

    few, many = (asyncio.run(peak(count)) for count in (20_000, 200_000))
    assert many < few + 1_000_000


def test_a_failure_in_the_middle_is_raised_after_the_rows_before_it(url: str) -> None:
    async def read() -> tuple[int, str]:
        rows = 0
        async with opened(url) as db, db.stream(breaks_off) as batches:
            try:
                async for batch in batches:
                    rows += len(batch)
            except Unavailable as broken:
                return rows, broken.code
        return rows, "ended as if it were whole"

    assert asyncio.run(read()) == (BATCH_ROWS, "stream.broken")


def test_too_many_streams_are_told_to_come_back_and_places_are_given_back(url: str) -> None:
    lots = (LAG_BATCHES + 2) * BATCH_ROWS

    async def read() -> str:
        async with opened(url) as db:
            held = [db.stream(numbers, 10_000_000) for _ in range(MOST_STREAMS)]
            for stream in held:
                await stream.__aenter__()
            with pytest.raises(Unavailable) as refused:
                async with db.stream(numbers, lots):
                    pass
            for stream in held:
                await stream.__aexit__(None, None, None)
            for _ in range(500):
                try:
                    async with db.stream(numbers, lots) as batches:
                        assert sum([len(batch) async for batch in batches]) == lots
                        break
                except Unavailable:
                    await asyncio.sleep(0.01)
            else:
                pytest.fail("the places were not given back")
            return refused.value.code

    assert asyncio.run(read()) == "stream.places"
