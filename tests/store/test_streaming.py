"""Long lists: whole, in order, in bounded memory, and never waiting for the client."""

import asyncio
import itertools
import sqlite3
import threading
import tracemalloc
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.support.postgresql import Cluster
from turnout.errors import Missing, Unavailable
from turnout.settings import Settings
from turnout.store import Database, Tx, open_database
from turnout.store.streaming import (
    BATCH_ROWS,
    FIRST_BYTES,
    LAG_BATCHES,
    STREAMS_LIMIT,
    StreamPlaces,
    piecewise,
)

ROWS = 40 * BATCH_ROWS + 7
DEADLINE_S = 60
OPERATIONAL: dict[str, type[Exception]] = {
    "sqlite": sqlite3.OperationalError,
    "postgresql": psycopg.OperationalError,
}


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
        "sqlite": "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
        " SELECT i, 'name ' || i, NULL FROM n LIMIT ?",
        "postgresql": "SELECT i, 'name ' || i, NULL FROM generate_series(1, %s) i",
    }[tx.backend]
    if tx.backend == "sqlite":
        yield from tx.connection.execute(sql, (count,))
    else:
        with tx.connection.cursor(name="numbers") as cursor:
            yield from cursor.execute(sql, (count,))
    done()


def breaks_off(tx: Tx) -> Generator[tuple[Any, ...], None, None]:
    yield from numbers(tx, 2 * BATCH_ROWS)
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

    assert asyncio.run(read()) == (2 * BATCH_ROWS, "stream.broken")


# -- short lists, and places for long ones -------------------------------------------------

LONG = BATCH_ROWS + 1
LOTS = (LAG_BATCHES + 2) * BATCH_ROWS


def held(tx: Tx, release: threading.Event) -> Generator[tuple[Any, ...], None, None]:
    """A long list whose reading goes on until `release`."""
    yield from numbers(tx, 2 * BATCH_ROWS)
    release.wait(DEADLINE_S)
    yield from numbers(tx, 1)


@asynccontextmanager
async def all_places_taken(db: Database) -> AsyncIterator[list[threading.Event]]:
    """Streams in every place; each is read to its end once its event is set."""
    events = [threading.Event() for _ in range(STREAMS_LIMIT)]
    async with AsyncExitStack() as stack:
        for event in events:
            stack.callback(event.set)
            await stack.enter_async_context(db.stream(held, event))
        yield events


async def count(db: Database, rows: int) -> int:
    async with db.stream(numbers, rows) as batches:
        return sum([len(batch) async for batch in batches])


@pytest.mark.parametrize("rows", [0, 1, 3, BATCH_ROWS])
def test_a_short_list_is_read_at_once_and_needs_no_place(url: str, rows: int) -> None:
    async def read() -> int:
        async with opened(url) as db, all_places_taken(db):
            return await asyncio.wait_for(count(db, rows), DEADLINE_S)

    assert asyncio.run(read()) == rows


def test_long_lists_wait_for_a_place_and_get_it_in_the_order_in_which_they_came(url: str) -> None:
    begun: list[int] = []

    async def follow(db: Database, number: int, release: threading.Event) -> None:
        async with db.stream(held, release):
            begun.append(number)
            await asyncio.to_thread(release.wait, DEADLINE_S)

    async def read() -> list[int]:
        releases = [threading.Event() for _ in range(3)]
        async with opened(url) as db, all_places_taken(db) as taken:
            following = []
            for number, release in enumerate(releases):
                following.append(asyncio.ensure_future(follow(db, number, release)))
                await until(lambda: db.streams.waiting == len(following))
            taken[0].set()
            for served, release in enumerate(releases, 1):
                await until(lambda served=served: len(begun) == served)  # type: ignore[misc]
                release.set()
            await asyncio.wait_for(asyncio.gather(*following), DEADLINE_S)
        return begun

    assert asyncio.run(read()) == [0, 1, 2]


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while not is_so():  # noqa: ASYNC110 - what is waited for happens in threads
            await asyncio.sleep(0.005)


def test_a_caller_that_waited_for_long_is_told_to_come_back(url: str) -> None:
    async def read() -> tuple[str, int | None, int]:
        async with opened(url) as db:
            db.streams = StreamPlaces(wait_s=0.05)
            async with all_places_taken(db):
                with pytest.raises(Unavailable) as refused:
                    await count(db, LONG)
            return refused.value.code, refused.value.retry_after, await count_in_time(db, LONG)

    assert asyncio.run(read()) == ("stream.places", 5, LONG)


async def count_in_time(db: Database, rows: int) -> int:
    """`count`, once a place is free."""
    db.streams.wait_s = DEADLINE_S
    return await count(db, rows)


def test_more_than_may_wait_are_told_to_come_back_at_once(url: str) -> None:
    async def read() -> list[int]:
        async with opened(url) as db:
            db.streams = StreamPlaces(waiting_limit=2)
            async with all_places_taken(db):
                waiting = [asyncio.ensure_future(count(db, LONG)) for _ in range(2)]
                await until(lambda: db.streams.waiting == 2)
                with pytest.raises(Unavailable) as refused:
                    await count(db, LONG)
                assert refused.value.code == "stream.places"
            return await asyncio.wait_for(asyncio.gather(*waiting), DEADLINE_S)

    assert asyncio.run(read()) == [LONG, LONG]


def test_a_caller_that_gives_up_waiting_leaves_the_place_to_the_next(url: str) -> None:
    async def read() -> int:
        async with opened(url) as db, all_places_taken(db) as taken:
            first, second = (asyncio.ensure_future(count(db, LONG)) for _ in range(2))
            await until(lambda: db.streams.waiting == 2)
            taken[0].set()
            first.cancel()
            return await asyncio.wait_for(second, DEADLINE_S)

    assert asyncio.run(read()) == LONG


def test_a_client_that_leaves_frees_its_place(url: str) -> None:
    async def read() -> int:
        async with opened(url) as db:
            for _ in range(2 * STREAMS_LIMIT):
                async with db.stream(numbers, 200_000) as batches:
                    async for _ in batches:
                        break
            return await asyncio.wait_for(count(db, LOTS), DEADLINE_S)

    assert asyncio.run(read()) == LOTS


@pytest.mark.parametrize("first_failing", [1, 2], ids=["first rows", "stream"])
def test_what_goes_wrong_at_the_beginning_is_raised_there(url: str, first_failing: int) -> None:
    """So that it becomes an answer of its own; and the place is free again."""
    calls = itertools.count(1)

    def fail(tx: Tx) -> Generator[tuple[Any, ...], None, None]:
        if next(calls) >= first_failing:
            raise Missing("event.missing", event_id=7)
        yield from numbers(tx, LONG)

    async def read() -> int:
        async with opened(url) as db:
            with pytest.raises(Missing):
                async with db.stream(fail):
                    pytest.fail("it was begun")
            async with all_places_taken(db):
                return await count(db, 3)

    assert asyncio.run(read()) == 3


def test_a_database_that_fails_at_the_beginning_is_unavailable(url: str) -> None:
    calls = itertools.count(1)

    def fail(tx: Tx) -> Generator[tuple[Any, ...], None, None]:
        if next(calls) == 2:
            raise OPERATIONAL[tx.backend]("the server closed the connection")
        yield from numbers(tx, LONG)

    async def read() -> str:
        async with opened(url) as db:
            with pytest.raises(Unavailable) as failed:
                async with db.stream(fail):
                    pytest.fail("it was begun")
            return failed.value.code

    assert asyncio.run(read()) == ("store.away" if url.startswith("postgresql") else "store.failed")


def test_a_database_that_is_closed_breaks_its_streams_off(url: str) -> None:
    """No thread reads on, and no client takes what it has for the whole."""
    release = threading.Event()

    async def read() -> str:
        async with opened(url) as db, db.stream(held, release) as batches:
            closing = asyncio.create_task(asyncio.to_thread(db.streams.close))
            await until(lambda: db.streams.is_closed)
            release.set()
            await closing
            assert not [thread for thread in threading.enumerate() if thread.name == "stream"]
            try:
                async for _ in batches:
                    pass
            except Unavailable as broken:
                return broken.code
        return "ended as if it were whole"

    assert asyncio.run(read()) == "stream.stopped"


def test_pieces_are_read_at_once_up_to_a_size(url: str) -> None:
    calls = itertools.count()

    @piecewise
    def pieces(_tx: Tx, count: int) -> Generator[tuple[bytes], None, None]:
        next(calls)
        for _ in range(count):
            yield (b"x" * (FIRST_BYTES // 4),)

    async def read(count: int) -> int:
        async with opened(url) as db, db.stream(pieces, count) as batches:
            return sum([len(batch) async for batch in batches])

    assert [asyncio.run(read(count)) for count in (0, 4, 5)] == [0, 4, 5]
    assert next(calls) == 1 + 1 + 2
