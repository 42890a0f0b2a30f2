"""store_contract: what every verb may rely on, the same on SQLite and PostgreSQL."""

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from tests.store.notes import (
    Gate,
    add,
    execute,
    fail_after_adding,
    in_threads,
    make_notes,
    read_all,
    read_ids,
    sql,
)
from tests.support.node import START, Clock
from turnout.errors import Conflict, Unavailable
from turnout.store import Database, Tx

WRITERS = {"sqlite": 1, "postgresql": 2}
# The outcome of a statement that cannot be run; both are bugs of anyone who wrote it.
FAILURES = (Unavailable, sqlite3.Error, psycopg.Error)


def gate_for(db: Database) -> Gate:
    return Gate(db, WRITERS[db.backend])


async def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "it did not come"
        await asyncio.sleep(0.005)


# -- one command, one transaction ----------------------------------------------------------


def test_every_way_to_write_commits_and_returns_what_the_verb_returned(db):
    async def scenario():
        answers = [
            await db.write(add, 1, "request"),
            await db.write_first(add, 2, text="door"),
            await db.write_behind(add, 3, "background"),
        ]
        return answers, await db.read(read_all)

    assert db.call(add, 4, "call") == 4
    answers, notes = asyncio.run(scenario())
    assert answers == [1, 2, 3]
    assert notes == [(1, "request"), (2, "door"), (3, "background"), (4, "call")]


def test_what_was_written_is_there_after_reopening(db, open_db):
    db.call(add, 1)
    db.close()
    assert open_db().call(read_ids) == [1]


def test_a_raised_error_takes_back_its_own_command_and_reaches_its_caller(db):
    error = Conflict("note.taken", note=2)

    async def scenario():
        with gate_for(db) as gate:
            tasks = [
                asyncio.create_task(db.write(add, 1)),
                asyncio.create_task(db.write(fail_after_adding, 2, error)),
                asyncio.create_task(db.write(add, 3)),
            ]
            await asyncio.sleep(0)
            gate.open()
            answers = await asyncio.gather(*tasks, return_exceptions=True)
        return answers, await db.read(read_ids)

    assert asyncio.run(scenario()) == ([1, error, 3], [1, 3])


@pytest.mark.parametrize("error", [KeyError("x"), StopIteration("x"), GeneratorExit("x")])
def test_no_error_of_a_verb_leaves_its_neighbours_waiting(db, error):
    async def scenario():
        with gate_for(db) as gate:
            before = asyncio.ensure_future(db.write(add, 1))
            failing = asyncio.ensure_future(db.write(fail_after_adding, 2, error))
            after = asyncio.ensure_future(db.write(add, 3))
            await asyncio.sleep(0)
            gate.open()
            await asyncio.wait_for(asyncio.wait({before, failing, after}), 5)
        assert repr(error) in (repr(failing.exception()), repr(failing.exception().__cause__))
        return await db.read(read_ids)

    assert asyncio.run(scenario()) == [1, 3]


def test_a_refusal_that_is_returned_is_committed(db):
    def refuse(tx: Tx) -> Conflict:
        add(tx, 1, "a trace of the refusal")
        return Conflict("door.twice")

    assert isinstance(db.call(refuse), Conflict)
    assert db.call(read_ids) == [1]


def test_a_savepoint_takes_back_its_block_only(db):
    def fail_in_a_savepoint(tx: Tx, number: int) -> None:
        with tx.savepoint():
            add(tx, number)
            with tx.savepoint():
                add(tx, number + 1)
            raise KeyError

    def verb(tx: Tx) -> None:
        add(tx, 1)
        with pytest.raises(KeyError):
            fail_in_a_savepoint(tx, 2)
        with tx.savepoint():
            add(tx, 4)
            with pytest.raises(KeyError):
                fail_in_a_savepoint(tx, 5)
        add(tx, 7)

    db.call(verb)
    assert db.call(read_ids) == [1, 4, 7]


def test_a_trial_is_taken_back_whatever_comes_of_it(db):
    def fail_in_a_trial(tx: Tx) -> None:
        with tx.trial():
            add(tx, 2)
            raise KeyError

    def verb(tx: Tx) -> list[int]:
        add(tx, 1)
        with pytest.raises(KeyError):
            fail_in_a_trial(tx)
        with tx.trial():
            add(tx, 3)
            return read_ids(tx)

    assert db.call(verb) == [1, 3]
    assert db.call(read_ids) == [1]


def test_a_broken_rule_of_the_database_inside_a_savepoint_can_be_survived(db):
    def verb(tx: Tx) -> None:
        add(tx, 1)
        try:
            with tx.savepoint():
                add(tx, 1)
        except FAILURES:
            add(tx, 2, "the number was taken")

    db.call(verb)
    assert db.call(read_all) == [(1, ""), (2, "the number was taken")]


def test_a_verb_is_told_the_instant_and_makes_ids_for_it(db):
    def verb(tx: Tx) -> tuple[int, str]:
        return tx.now, tx.uuid()

    now, first = db.call(verb)
    clock = db.clock
    assert isinstance(clock, Clock)
    clock.advance(0.001)
    later, second = db.call(verb)
    assert (now, later) == (START, START + 1)
    assert first < second


def test_named_statements_return_what_their_marks_say(db):
    def verb(tx: Tx) -> list[Any]:
        return [
            sql.add_note(tx, id=1, text="one"),
            sql.add_notes(tx, [{"id": 2, "text": "two"}, {"id": 3, "text": "three"}]),
            sql.change_note(tx, id=2, text="deux"),
            sql.change_note(tx, id=9, text="neuf"),
            tuple(sql.find_note(tx, id=2)),
            sql.find_note(tx, id=9),
            [tuple(row) for row in sql.list_notes(tx)],
        ]

    assert db.call(verb) == [
        1,
        2,
        2,
        None,
        (2, "deux"),
        None,
        [(1, "one"), (2, "deux"), (3, "three")],
    ]


# -- reading -------------------------------------------------------------------------------


def test_a_read_sees_one_state_however_much_is_written_meanwhile(db):
    db.call(add, 1)

    def verb(tx: Tx) -> tuple[list[int], list[int]]:
        before = read_ids(tx)
        db.call(add, 2)
        return before, read_ids(tx)

    assert asyncio.run(_read(db, verb)) == ([1], [1])
    assert asyncio.run(_read(db, read_ids)) == [1, 2]


def test_a_read_cannot_write(db):
    with pytest.raises(FAILURES):
        asyncio.run(_read(db, add, 1))
    assert db.call(read_ids) == []


def test_reads_go_on_while_writers_are_held(db):
    with gate_for(db):
        assert asyncio.run(_read(db, read_ids)) == []


async def _read(db: Database, verb: Any, *args: Any) -> Any:
    return await db.read(verb, *args)


# -- the queue -----------------------------------------------------------------------------


def test_a_full_queue_refuses_and_carries_out_what_it_took(open_db):
    db = open_db(write_queue=16)
    assert not db.busy
    db.call(make_notes)

    async def scenario():
        with gate_for(db) as gate:
            taken = [asyncio.ensure_future(db.write(add, number)) for number in range(16)]
            await asyncio.sleep(0)
            assert db.busy
            refusals = await asyncio.gather(
                db.write(add, 98), db.write(add, 99), return_exceptions=True
            )
            behind = asyncio.ensure_future(db.write_behind(add, 16))
            gate.open()
            await asyncio.gather(*taken, behind)
        return refusals, await db.read(read_ids)

    refusals, ids = asyncio.run(scenario())
    assert [(type(refusal), refusal.code) for refusal in refusals] == [
        (Unavailable, "store.busy")
    ] * 2
    assert ids == list(range(17))


def test_a_caller_who_gives_up_hurts_nobody_and_the_command_is_carried_out_once(db):
    async def scenario():
        with gate_for(db) as gate:
            tasks = [asyncio.create_task(db.write(add, number)) for number in (1, 2, 3)]
            await asyncio.sleep(0)
            tasks[1].cancel()
            gate.open()
            answers = await asyncio.gather(*tasks, return_exceptions=True)
            # Nobody waits for the second any more, and another thread may still be at it.
            for _ in range(1000):
                ids = await db.write(read_ids)
                if len(ids) == 3:
                    break
        return [type(answer) for answer in answers], ids

    assert asyncio.run(scenario()) == ([int, asyncio.CancelledError, int], [1, 2, 3])


def test_an_event_loop_that_ended_hurts_nobody(db):
    async def leave():
        asyncio.ensure_future(db.write(add, 1)).cancel()
        task = asyncio.ensure_future(db.write(add, 2))
        await asyncio.sleep(0)
        task.cancel()

    with gate_for(db):
        asyncio.run(leave())
    assert db.call(add, 3) == 3

    async def both_are_there():
        await until(lambda: db.call(read_ids) == [2, 3])

    asyncio.run(both_are_there())


def test_closing_carries_out_what_waits_and_refuses_the_rest(db, open_db):
    async def scenario():
        with gate_for(db) as gate:
            lanes = (db.write, db.write_first, db.write_behind)
            tasks = [asyncio.ensure_future(lanes[n % 3](add, n)) for n in range(9)]
            await asyncio.sleep(0)
            closing = asyncio.create_task(asyncio.to_thread(db.close))
            await until(lambda: _is_refused(db))
            gate.open()
            await asyncio.gather(*tasks, closing)

    asyncio.run(scenario())
    with pytest.raises(Unavailable, match="stopping"):
        db.call(add, 99)
    with pytest.raises(Unavailable, match="stopping"):
        asyncio.run(_read(db, read_ids))
    assert open_db().call(read_ids) == list(range(9))


def _is_refused(db: Database) -> bool:
    try:
        db.submit(read_ids).cancel()
    except Unavailable:
        return True
    return False


def test_threads_without_an_event_loop_may_call_at_once(db):
    def work(number: int) -> None:
        for turn in range(20):
            db.call(add, 100 * number + turn)

    in_threads(8, work)
    assert db.call(read_ids) == [100 * number + n for number in range(8) for n in range(20)]


# -- waking --------------------------------------------------------------------------------


def test_workers_are_woken_after_the_commit_and_not_by_what_was_taken_back(db, open_db):
    seen: list[tuple[str, list[int]]] = []
    other = open_db()

    def add_and_wake(tx: Tx, number: int, queue: str) -> None:
        tx.wake(queue)
        add(tx, number)

    def fail_and_wake(tx: Tx) -> None:
        tx.wake("work")
        raise KeyError

    async def scenario():
        for queue in ("work", "other"):
            db.on_wake(queue, lambda queue=queue: seen.append((queue, other.call(read_ids))))
        with pytest.raises(KeyError):
            await db.write(fail_and_wake)
        await db.write(add_and_wake, 1, "other")
        await db.write(add, 2)
        await db.write(add_and_wake, 3, "work")
        await until(lambda: len(seen) == 2)

    asyncio.run(scenario())
    # Two commits of two threads may be told of in either order.
    (first, ids), (second, later) = sorted(seen)
    assert (first, second) == ("other", "work")
    assert 1 in ids
    assert later == [1, 2, 3]


# -- the database goes away ----------------------------------------------------------------


def test_a_database_that_cannot_be_reached_is_unavailable(backend, tmp_path, open_db):
    (tmp_path / "file").write_text("")
    urls = {
        "sqlite": f"sqlite:///{tmp_path}/file/turnout.db",
        "postgresql": "postgresql://turnout@127.0.0.1:1/turnout",
    }
    with pytest.raises(Unavailable) as refusal:
        open_db(urls[backend])
    codes = {"sqlite": "store.unreachable", "postgresql": "store.unreachable_server"}
    assert refusal.value.code == codes[backend]


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("mysql://h/n", "store.url_scheme"),
        ("sqlite://", "store.url_file"),
        ("sqlite:///", "store.url_file"),
        ("", "store.url_scheme"),
    ],
)
def test_an_address_that_names_no_database_is_refused(url, code, open_db):
    with pytest.raises(Unavailable) as refusal:
        open_db(url)
    assert refusal.value.code == code


def test_an_empty_database_has_no_schema(backend, tmp_path, open_db, request):
    new = f"sqlite:///{tmp_path}/new/turnout.db"
    if backend == "postgresql":
        new = request.getfixturevalue("cluster").create_database()
    assert open_db(new).schema_version() is None
    assert open_db().schema_version() is not None


def test_a_failed_statement_is_the_callers_and_the_next_command_works(db):
    with pytest.raises(FAILURES):
        db.call(execute, "SELECT * FROM nothing")
    with pytest.raises(FAILURES):
        db.call(lambda tx: [add(tx, 1), add(tx, 1)])
    assert db.call(read_ids) == []


def test_many_threads_never_see_half_a_command(db):
    """A transfer between two notes is either there whole or not at all, no matter who looks."""
    db.call(add, 1, "50")
    db.call(add, 2, "50")
    lock = threading.Lock()

    def transfer(tx: Tx, fails: bool) -> None:
        notes = dict(read_all(tx))
        sql.change_note(tx, id=1, text=str(int(notes[1]) - 1))
        if fails:
            raise KeyError
        sql.change_note(tx, id=2, text=str(int(notes[2]) + 1))

    async def look() -> list[int]:
        return [sum(int(text) for _, text in await db.read(read_all)) for _ in range(40)]

    def work(number: int) -> None:
        if number:
            assert set(asyncio.run(look())) == {100}
            return
        for turn in range(30):
            with lock:
                try:
                    db.call(transfer, turn % 3 == 0)
                except KeyError:
                    continue

    in_threads(3, work)
    assert db.call(read_all) == [(1, "30"), (2, "70")]
