"""PostgreSQL: whatever holds up some work leaves the other work alone."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import psycopg
import pytest

from tests.store.notes import Gate, add, make_notes, read_all, sql
from turnout.errors import Unavailable
from turnout.store import Database, Tx
from turnout.store.held_rows import HeldRows, Waiter, WaitingRoom, Wants

LOCKED = "store.held"


@pytest.fixture
def backend() -> str:
    return "postgresql"


@pytest.fixture
def db(open_db) -> Database:
    """With two notes; a command waits for a row for one second."""
    db = open_db(database_lock_seconds=1)
    db.call(make_notes)
    for number in (1, 2):
        db.call(add, number)
    return db


@contextmanager
def held(url: str, number: int) -> Iterator["psycopg.Connection[Any]"]:
    """An open `psql` that has changed a note, until the block ends."""
    with closing(psycopg.connect(url)) as connection:
        connection.execute("UPDATE notes SET text = 'held' WHERE id = %s", (number,))
        yield connection
        connection.rollback()


def change(tx: Tx, number: int) -> int:
    sql.change_note(tx, id=number, text="changed")
    return number


def change_known(tx: Tx, number: int) -> int:
    tx.about("notes", number)
    return change(tx, number)


async def refusal_of(write: Any, verb: Any, number: int) -> str:
    try:
        await write(verb, number)
    except Unavailable as failure:
        return f"{failure.code} {failure.retry_after}"
    return ""


def test_the_door_and_workers_go_on_while_requests_are_held(db):
    async def scenario():
        with Gate(db, 2):
            return [await db.write_first(change, 1), await db.write_behind(change, 2)]

    assert asyncio.run(scenario()) == [1, 2]


def test_the_door_and_requests_go_on_while_workers_are_held(db, url):
    """Each worker's thread waits for the held row."""

    async def scenario():
        with held(url, 1):
            waiting = [asyncio.ensure_future(db.write_behind(change, 1)) for _ in range(6)]
            answers = [await db.write_first(change, 2), await db.write(change, 2)]
            refused = await asyncio.gather(*waiting, return_exceptions=True)
        return answers, [getattr(error, "code", "") for error in refused]

    assert asyncio.run(scenario()) == ([2, 2], [LOCKED] * 6)


@pytest.mark.parametrize("verb", [change, change_known])
@pytest.mark.parametrize("lane", ["write", "write_first"])
def test_who_wants_a_held_row_is_refused_in_time_and_told_when_to_come_back(db, url, verb, lane):
    async def scenario():
        started = time.monotonic()
        refusals = await asyncio.gather(*(refusal_of(getattr(db, lane), verb, 1) for _ in range(9)))
        return refusals, time.monotonic() - started

    with held(url, 1):
        refusals, took_s = asyncio.run(scenario())
    assert refusals == [f"{LOCKED} 3"] * 9
    assert 1 <= took_s < 9
    assert db.call(read_all) == [(1, ""), (2, "")]


def test_a_row_that_is_let_go_in_time_is_had_once_by_everybody_who_waits(db, url):
    async def scenario():
        with held(url, 1) as holder:
            waiting = [asyncio.ensure_future(db.write(change_known, 1)) for _ in range(9)]
            await until_somebody_waits(db, 1)
            holder.rollback()
            return await asyncio.gather(*waiting)

    assert asyncio.run(scenario()) == [1] * 9
    assert db.call(read_all) == [(1, "changed"), (2, "")]


@pytest.mark.parametrize("lane", ["write", "write_first"])
def test_others_go_on_however_many_want_a_held_row(db, url, lane):
    """Once one of them has met it, the others leave their lane without waiting in it."""
    write = getattr(db, lane)

    async def scenario():
        waiting = [asyncio.ensure_future(refusal_of(write, change_known, 1))]
        await until_somebody_waits(db, 2)
        waiting += [asyncio.ensure_future(refusal_of(write, change_known, 1)) for _ in range(100)]
        started = time.monotonic()
        answer = await write(change_known, 2)
        took_s = time.monotonic() - started
        return answer, took_s, await asyncio.gather(*waiting)

    with held(url, 1):
        answer, took_s, refusals = asyncio.run(scenario())
    assert answer == 2
    assert took_s < 1
    assert refusals == [f"{LOCKED} 3"] * 101


def test_a_list_may_leave_what_is_held_and_do_the_rest(db, url):
    def change_all(tx: Tx) -> list[Any]:
        left = []
        for number in (1, 2):
            tx.about("notes", number)
            try:
                with tx.savepoint():
                    change(tx, number)
            except tx.held as error:
                left.append(tx.find_held(error))
                tx.leave("work", number)
        return [*left, *tx.list_left("work"), *tx.list_left("notes")]

    with held(url, 1):
        assert asyncio.run(_behind(db, change_all)) == [("notes", 1), 1, 1]
    assert db.call(read_all) == [(1, ""), (2, "changed")]


async def _behind(db: Database, verb: Any) -> Any:
    return await db.write_behind(verb)


def test_a_transaction_that_says_nothing_is_ended_by_the_server(open_db, url):
    """As that of a node which is frozen: what it held is free again, and it has written nothing."""
    db = open_db(database_idle_seconds=1)
    db.call(make_notes)

    attempts: list[int] = []

    def fall_silent(tx: Tx) -> None:
        attempts.append(1)
        if len(attempts) > 1:  # it is tried once more, on a new connection
            return
        add(tx, 1)
        with closing(psycopg.connect(url)) as witness:  # waits until the server has ended it
            witness.execute("INSERT INTO notes (id, text) VALUES (1, 'other')")
            witness.commit()
        add(tx, 2)

    db.call(fall_silent)
    assert len(attempts) == 2
    assert db.call(read_all) == [(1, "other")]
    assert db.call(add, 3) == 3


def test_closing_carries_out_what_waits_for_a_held_row(open_db, url):
    db = open_db()
    db.call(make_notes)
    db.call(add, 1)

    async def scenario():
        with held(url, 1) as holder:
            waiting = asyncio.ensure_future(db.write(change_known, 1))
            await until_somebody_waits(db, 1)
            closing_ = asyncio.ensure_future(asyncio.to_thread(db.close))
            holder.rollback()
            await closing_
            return await waiting

    assert asyncio.run(scenario()) == 1
    assert open_db().call(read_all) == [(1, "changed")]


WAITING = (
    "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


async def until_somebody_waits(db: Database, way: int) -> None:
    """Until a command waits for a row (1), or until one has left its lane for that (2)."""
    deadline = time.monotonic() + 20
    application = {1: "", 2: " AND application_name = 'turnout-wait'"}[way]
    while not await db.read(lambda tx: tx.connection.execute(WAITING + application).fetchall()):
        assert time.monotonic() < deadline, "nobody waits"
        await asyncio.sleep(0.01)


def keep(tx: Tx, number: int) -> int:
    change(tx, number)
    tx.connection.execute("SELECT pg_sleep(0.3)")
    return number


def test_a_row_that_our_own_work_wants_all_the_time_is_waited_for_again(db):
    """The last of them wait for over a second; nobody keeps the row, so none is refused."""

    async def scenario():
        return await asyncio.gather(*(db.write(keep, 1) for _ in range(6)))

    assert asyncio.run(scenario()) == [1] * 6


def waiter_of(subject: Any, *, left_s: float = 60) -> Waiter:
    return Waiter(None, subject, time.monotonic() + left_s)  # type: ignore[arg-type]


def take_subjects(room: WaitingRoom, count: int) -> list[Any]:
    waiters = [room.take() for _ in range(count)]
    return [waiter.subject for waiter in waiters if waiter]


def note(room: WaitingRoom, subject: Any, *, had_row: bool | None) -> None:
    room.put(waiter_of(subject))
    waiter = room.take()
    assert waiter is not None
    room.end(waiter, had_row=had_row)


def test_the_room_remembers_which_row_was_had_and_which_is_kept():
    room = WaitingRoom(limit=2, share=1)
    for subject, had_row in (("had", True), ("kept", False), ("unknown", None)):
        note(room, subject, had_row=had_row)
    subjects = ("had", "kept", "unknown")
    assert [room.was_had(subject, 60) for subject in subjects] == [True, False, False]
    assert [room.is_kept(subject) for subject in subjects] == [False, True, False]
    assert not room.was_had("had", 0)
    note(room, "kept", had_row=True)
    assert not room.is_kept("kept")
    waiter = waiter_of("had", left_s=0)
    assert waiter.again(60).rounds == 2
    assert waiter.again(60).left_s > 30


def test_what_is_kept_has_half_of_the_room_however_much_it_is():
    room = WaitingRoom(limit=20, share=2)
    for subject in ("a", "b", "c"):
        note(room, subject, had_row=False)
    for subject in ("a", "a", "a", "b", "b", "c", "busy", "busy", "busy"):
        room.put(waiter_of(subject))
    assert take_subjects(room, 4) == ["a", "b", "busy", "busy"]
    room.put(waiter_of("new"))  # nothing else can be run now, though it waits for longer
    assert take_subjects(room, 1) == ["new"]


def test_subjects_take_turns_and_the_first_that_is_over_is_told_so_at_once():
    room = WaitingRoom(limit=20, share=2)
    for subject in ("a", "a", "a", "b"):
        room.put(waiter_of(subject))
    room.put(waiter_of("over", left_s=0))
    assert take_subjects(room, 4) == ["over", "a", "b", "a"]


def test_a_command_waits_no_longer_in_the_room_for_two_rows_than_for_one(db, url):
    def change_slowly(tx: Tx, number: int) -> None:
        tx.about("notes", 2)
        change(tx, 2)
        tx.connection.execute("SELECT pg_sleep(0.7)")  # as if it had waited for that one
        tx.about("notes", number)
        change(tx, number)

    with held(url, 1):
        started = time.monotonic()
        assert asyncio.run(refusal_of(db.write, change_slowly, 1)) == f"{LOCKED} 3"
        # In its lane 0.7 and 0.25 s, then one second in the room.
        assert time.monotonic() - started < 2.5


# -- what is remembered ---------------------------------------------------------------------


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_held_row_is_remembered_until_it_is_had_or_some_seconds_have_passed():
    clock = Clock()
    rows = HeldRows(clock)
    rows.note([("events", 1), ("events", 2), ("sessions", 1)])
    assert rows.find([("events", 3), ("events", 2)]) == ("events", 2)
    assert rows.list_of("events") == [1, 2]
    assert rows.forget([("events", 2), ("events", 3)]) is False
    assert rows.find([("events", 2)]) is None
    clock.now += 3
    assert rows.find([("events", 1)]) is None
    assert rows.list_of("events") == []
    rows.note([("events", 4)])
    assert rows.forget([("events", 4)]) is True
    assert rows.forget([("events", 4)]) is False


def test_only_rows_of_the_relation_that_was_waited_for_are_blamed():
    rows = HeldRows()
    wants = Wants(rows)
    wants.add("events", [1])
    wants.add("sessions", [2, 3])
    assert wants.blame(_time_out('while updating tuple (0,1) in relation "events"')) == (
        "events",
        1,
    )
    assert wants.blame(_time_out("")) is None
    assert rows.find([("sessions", 2)]) is None


def _time_out(context: str) -> Exception:
    error = Exception()
    error.diag = type("Diag", (), {"context": context})  # type: ignore[attr-defined]
    return error


def test_a_full_waiting_room_refuses():
    room = WaitingRoom(limit=0, share=1)
    with pytest.raises(Unavailable) as refusal:
        room.put(waiter_of("a"))
    assert refusal.value.code == "store.busy"
