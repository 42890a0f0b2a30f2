"""What is PostgreSQL's own: retries, lost connections, and nodes that wake each other."""

import asyncio
import threading
import time
from contextlib import closing

import psycopg
import pytest

from tests.store.notes import add, execute, in_threads, read_all, read_ids, sql
from turnout.errors import Unavailable
from turnout.store import Tx

TIMEOUT_S = 60


@pytest.fixture
def backend() -> str:
    return "postgresql"


def test_a_deadlock_is_run_again_and_everybody_gets_an_answer(db):
    for number in (1, 2):
        db.call(add, number)
    both_hold_one = threading.Barrier(2)
    attempts: list[int] = []

    def change_both(tx: Tx, first: int, second: int) -> int:
        attempts.append(first)
        sql.change_note(tx, id=first, text=f"by {first}")
        if len(attempts) <= 2:
            both_hold_one.wait(TIMEOUT_S)
        sql.change_note(tx, id=second, text=f"by {first}")
        return first

    def work(number: int) -> None:
        first, second = ((1, 2), (2, 1))[number]
        assert db.call(change_both, first, second) == first

    in_threads(2, work)
    (_, one), (_, two) = db.call(read_all)
    assert one == two
    assert len(attempts) in (3, 4)  # the server ends one of them, or both waits are over at once


def test_a_serialization_failure_that_never_ends_is_unavailable(db, monkeypatch):
    monkeypatch.setattr("turnout.store.postgresql.ATTEMPTS", 3)
    attempts: list[int] = []

    def clash(tx: Tx) -> None:
        add(tx, len(attempts))
        attempts.append(1)
        raise psycopg.errors.SerializationFailure

    with pytest.raises(Unavailable) as refusal:
        db.call(clash)
    assert refusal.value.code == "store.contention"
    assert len(attempts) == 3
    assert db.call(read_ids) == []


def test_a_command_that_is_run_again_gets_the_same_names_and_numbers(db):
    """So what is made is not called otherwise on a busy machine; what follows goes on."""
    tries: list[list[object]] = []

    def draw(tx: Tx, failing: int) -> list[object]:
        draws = [tx.uuid(), tx.next_id("ticket"), tx.ids.code(6), *tx.next_ids("ticket", 2)]
        tries.append([*draws, tx.ids.pak()])
        if len(tries) <= failing:
            tx.next_id("ticket")  # on this way only
            raise psycopg.errors.SerializationFailure
        return [*tries[-1], tx.next_id("ticket")]

    drawn = db.call(draw, 2)
    assert tries[0] == tries[1] == tries[2] == drawn[:-1]
    assert [drawn[1], *drawn[3:5], drawn[6]] == [1, 2, 3, 4]
    assert db.call(draw, 0)[1] == 5


def test_a_command_that_is_run_again_wakes_only_for_what_was_kept(db):
    attempts: list[int] = []
    woken: list[str] = []

    def change_its_mind(tx: Tx) -> None:
        attempts.append(1)
        tx.wake("given up" if len(attempts) == 1 else "kept")
        if len(attempts) == 1:
            raise psycopg.errors.DeadlockDetected

    async def scenario():
        for queue in ("given up", "kept"):
            db.on_wake(queue, lambda queue=queue: woken.append(queue))
        await db.write(change_its_mind)
        await _until(lambda: bool(woken))

    asyncio.run(scenario())
    assert woken == ["kept"]


def test_a_connection_that_was_cut_is_unavailable_and_the_next_command_works(db):
    def cut_off(tx: Tx) -> None:
        add(tx, 1)
        tx.connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    with pytest.raises(Unavailable) as refusal:
        db.call(cut_off)
    assert refusal.value.code == "store.away"
    assert db.call(add, 2) == 2
    assert db.call(read_ids) == [2]


def test_a_database_that_is_gone_is_unavailable(db, url, cluster):
    cluster.drop_database(url)
    with pytest.raises(Unavailable) as refusal:
        db.call(add, 1)
    assert refusal.value.code == "store.away"


def test_nodes_wake_each_other_after_the_commit(db, open_db):
    """And a node is not woken a second time by its own notice."""
    other = open_db()
    seen: list[tuple[str, list[int]]] = []

    def add_and_wake(tx: Tx, number: int) -> None:
        add(tx, number)
        tx.wake("work")

    async def scenario():
        own: list[int] = []
        db.on_wake("work", lambda: own.append(1))
        other.on_wake("work", lambda: seen.append(("work", other.call(read_ids))))
        other.on_wake("rest", lambda: seen.append(("rest", [])))
        await _listening(db, 2)
        await db.write(add_and_wake, 1)
        await _until(lambda: bool(seen))
        await db.write(add_and_wake, 2)
        await _until(lambda: len(seen) == 2)
        return own

    assert asyncio.run(scenario()) == [1, 1]
    assert seen == [("work", [1]), ("work", [1, 2])]


def test_a_node_that_lost_its_line_listens_again(db, open_db):
    other = open_db()
    woken: list[int] = []

    def wake(tx: Tx) -> None:
        tx.wake("work")

    async def scenario():
        db.on_wake("rest", lambda: None)
        other.on_wake("work", lambda: woken.append(1))
        lines = await _listening(db, 2)
        await db.write(execute, f"SELECT pg_terminate_backend(pid) FROM ({LISTENERS}) l")
        await _listening(db, 2, other_than=lines)
        await db.write(wake)
        await _until(lambda: bool(woken))

    asyncio.run(scenario())


def test_what_a_node_tells_right_before_its_end_is_heard(db, open_db):
    """A node that waits for nobody has no line that listens; it gets one to tell something."""
    woken: list[int] = []

    def wake(tx: Tx) -> None:
        tx.wake("work")

    async def scenario():
        db.on_wake("work", lambda: woken.append(1))
        await _listening(db, 1)
        with closing(open_db()) as other:
            assert len(await _listening(db, 1)) == 1
            other.call(wake)
        await _until(lambda: bool(woken))

    asyncio.run(scenario())


# Other connections of the store never listen, and the last thing that one which listens asked
# is LISTEN or its own notice.
LISTENERS = """
    SELECT pid FROM pg_stat_activity WHERE datname = current_database()
    AND state = 'idle' AND (query LIKE 'LISTEN%' OR query LIKE 'SELECT pg_notify%')
"""


async def _listening(db, count: int, other_than: frozenset = frozenset()) -> frozenset:
    """Wait until so many connections listen; returns which."""
    deadline = time.monotonic() + TIMEOUT_S
    while len(lines := frozenset(await db.read(execute, LISTENERS)) - other_than) < count:
        assert time.monotonic() < deadline, "nobody listens"
        await asyncio.sleep(0.02)
    return lines


async def _until(condition) -> None:
    deadline = time.monotonic() + TIMEOUT_S
    while not condition():
        assert time.monotonic() < deadline, "it did not come"
        await asyncio.sleep(0.005)
