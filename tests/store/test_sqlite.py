"""What is SQLite's own: groups of commands, the log, and other processes on the same file."""

import asyncio
import json
import os
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.store.notes import (
    Gate,
    add,
    execute,
    fail_after_adding,
    in_threads,
    read_ids,
    sql,
)
from turnout.errors import Unavailable
from turnout.store import Tx
from turnout.store import sqlite as store
from turnout.store.sqlite import SqliteDatabase

ROOT = Path(__file__).parents[2]
MEBIBYTE = 2**20


@pytest.fixture
def backend() -> str:
    return "sqlite"


def roll_back(tx: Tx) -> None:
    add(tx, 50)
    tx.connection.execute("ROLLBACK")


def fill_the_disk(tx: Tx) -> None:
    """The file may not grow any more: SQLite then rolls the whole transaction back by itself."""
    execute(tx, "PRAGMA max_page_count=1")
    add(tx, 51, "x" * 100_000)


def fill_the_disk_and_go_on(tx: Tx) -> None:
    try:
        fill_the_disk(tx)
    except sqlite3.Error:
        return


def fill_the_disk_in_a_savepoint(tx: Tx) -> None:
    with tx.savepoint():
        fill_the_disk(tx)


def commit_at_once(db: SqliteDatabase, *verbs) -> list:
    """Run the verbs in one group; returns what each returned or raised."""

    async def scenario():
        with Gate(db, 1) as gate:
            tasks = [asyncio.ensure_future(db.write(*verb)) for verb in verbs]
            await asyncio.sleep(0)
            gate.open()
            return await asyncio.gather(*tasks, return_exceptions=True)

    return asyncio.run(scenario())


@pytest.mark.parametrize(
    ("verb", "code"),
    [
        (roll_back, "store.write"),
        (fill_the_disk, "store.full"),
        (fill_the_disk_and_go_on, "store.write"),
        (fill_the_disk_in_a_savepoint, "store.write"),
    ],
)
def test_a_lost_group_is_unavailable_to_all_and_leaves_nothing(db, verb, code):
    before = db.call(read_ids)
    answers = commit_at_once(
        db, (add, 1), (verb,), (add, 2), (fail_after_adding, 3, KeyError("x")), (add, 4)
    )
    assert [(type(answer), getattr(answer, "code", None)) for answer in answers] == [
        (Unavailable, code)
    ] * 5
    assert db.call(read_ids) == before
    db.call(execute, "PRAGMA max_page_count=1000000")
    assert commit_at_once(db, (add, 1), (add, 2)) == [1, 2]
    assert db.call(read_ids) == [1, 2]


def test_a_lost_group_wakes_nobody_and_its_numbers_come_again(db):
    woken: list[int] = []

    def number_and_wake(tx: Tx) -> int:
        tx.wake("work")
        return tx.next_id("person")

    async def scenario():
        both = asyncio.Event()

        def note() -> None:
            woken.append(len(woken))
            if len(woken) == 2:
                both.set()

        db.on_wake("work", note)
        with Gate(db, 1) as gate:
            tasks = [asyncio.ensure_future(db.write(verb)) for verb in (number_and_wake, roll_back)]
            await asyncio.sleep(0)
            gate.open()
            await asyncio.gather(*tasks, return_exceptions=True)
        first = await db.write(number_and_wake)
        second = await db.write(number_and_wake)
        # A caller is answered before the workers are woken.
        await asyncio.wait_for(both.wait(), 10)
        return [type(task.exception()) for task in tasks], [first, second]

    assert asyncio.run(scenario()) == ([Unavailable, Unavailable], [1, 2])
    assert woken == [0, 1]


def test_a_file_that_another_process_keeps_locked_is_unavailable_and_then_works_again(db):
    db.call(execute, "PRAGMA busy_timeout=50")
    with closing(sqlite3.connect(db.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable) as refusal:
            db.call(add, 1)
        assert refusal.value.code == "store.write"
        assert asyncio.run(_read_ids(db)) == []
        other.execute("ROLLBACK")
    assert db.call(add, 2) == 2
    assert db.call(read_ids) == [2]


async def _read_ids(db: SqliteDatabase) -> list[int]:
    return await db.read(read_ids)


def test_connections_are_as_durable_and_strict_as_the_promises_need(db):
    def pragmas(tx: Tx) -> dict[str, object]:
        names = ("journal_mode", "synchronous", "foreign_keys", "query_only")
        return {name: tx.connection.execute(f"PRAGMA {name}").fetchone()[0] for name in names}

    async def scenario():
        return await db.write(pragmas), await db.read(pragmas)

    common = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    assert asyncio.run(scenario()) == (common | {"query_only": 0}, common | {"query_only": 1})
    assert os.stat(db.path).st_mode & 0o777 == 0o600


# -- the log -------------------------------------------------------------------------------


@pytest.fixture
def hasty_log(monkeypatch):
    """The log is copied and begun again at a megabyte rather than at 64."""
    monkeypatch.setattr(store, "CHECKPOINT_EVERY_S", 0.02)
    monkeypatch.setattr(store, "RESTART_PAGES", MEBIBYTE // 4096)


def overwrite(tx: Tx, number: int) -> None:
    sql.change_note(tx, id=number, text=os.urandom(MEBIBYTE // 8).hex())


def log_size(db: SqliteDatabase) -> int:
    return db.path.with_name(db.path.name + "-wal").stat().st_size


def test_the_log_stays_bounded_under_a_load_without_a_pause(hasty_log, db):
    writers, turns = 4, 60
    sizes: list[int] = []
    finished = threading.Event()

    def read_on() -> None:
        while not finished.is_set():
            asyncio.run(_read_ids(db))

    def work(number: int) -> None:
        db.call(add, number)
        for _ in range(turns):
            db.call(overwrite, number)
            sizes.append(log_size(db))

    reader = threading.Thread(target=read_on)
    reader.start()
    try:
        in_threads(writers, work)
    finally:
        finished.set()
        reader.join()
    written = writers * turns * MEBIBYTE // 4
    assert len(sizes) == writers * turns
    assert max(sizes) < written / 4


def test_a_long_reader_keeps_no_writer_waiting_and_the_log_is_bounded_again_after_it(hasty_log, db):
    db.call(add, 1)
    with closing(sqlite3.connect(db.path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        assert reader.execute("SELECT count(*) FROM notes").fetchone() == (1,)
        started = time.monotonic()
        for _ in range(40):
            db.call(overwrite, 1)
        assert time.monotonic() - started < 10
        assert reader.execute("SELECT text FROM notes").fetchone() == ("",)
    held = log_size(db)
    assert held > 8 * MEBIBYTE
    for _ in range(80):
        db.call(overwrite, 1)
    assert log_size(db) < held + 8 * MEBIBYTE


def test_a_full_disk_is_unavailable_and_nothing_answered_is_lost(db):
    """In a process that may not write files over 2 MB, which SQLite meets as a full disk."""
    db.close()
    command = [sys.executable, "-m", "tests.store.full_disk", f"sqlite:///{db.path}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["error"] in ("store.write", "store.failed")
    assert found["read_while_full"] == found["answered"]
    with closing(sqlite3.connect(db.path)) as connection:
        kept = [number for (number,) in connection.execute("SELECT id FROM notes ORDER BY id")]
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert len(found["answered"]) > 20
    assert kept == [*found["answered"], found["after"]]


# -- the lanes of the one writer ------------------------------------------------------------


def test_the_door_goes_first_then_requests_then_the_background(db):
    order = []

    def note(tx: Tx, name: str) -> None:
        order.append(name)

    async def scenario():
        with Gate(db, 1) as gate:
            tasks = [
                asyncio.ensure_future(write(note, f"{name}{number}"))
                for number in (1, 2)
                for name, write in (
                    ("background", db.write_behind),
                    ("request", db.write),
                    ("door", db.write_first),
                )
            ]
            await asyncio.sleep(0)
            gate.open(1)
            await asyncio.gather(*tasks)

    asyncio.run(scenario())
    assert order == ["door1", "door2", "request1", "request2", "background1", "background2"]


def test_the_background_is_not_starved_by_requests_that_never_end(db):
    order: list[str] = []

    def note(tx: Tx, name: str) -> None:
        order.append(name)

    async def scenario():
        with Gate(db, 1) as gate:
            tasks = [asyncio.ensure_future(db.write(note, "request")) for _ in range(300)]
            tasks.append(asyncio.ensure_future(db.write_behind(note, "background")))
            await asyncio.sleep(0)
            gate.open(1)
            await asyncio.gather(*tasks)

    asyncio.run(scenario())
    assert len(order) == 301
    assert order.index("background") <= 256
