"""Errors of PostgreSQL by their codes, silent networks, and administrators."""

import asyncio
import hashlib
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AsyncExitStack
from typing import Any

import psycopg
import pytest

from tests.store.conftest import Open
from tests.store.notes import add, execute, read_ids
from tests.support.faulty_line import FaultyLine
from turnout.core.work.apart import do_apart
from turnout.errors import UNKNOWN, Unavailable
from turnout.store import Database, Tx, deadlines
from turnout.store.deadlines import Patience
from turnout.store.pg_connection import NotAnsweredError
from turnout.store.pg_options import options_for
from turnout.store.pg_sessions import Use, connect
from turnout.store.sqlstates import is_transient
from turnout.store.streaming import BATCH_ROWS

AWAY = ("store.away", "The database cannot be reached. Nothing was changed; try again.")
READ_ONLY = ("store.read_only", "Read-only: the database cannot be written.")
STALLED = (
    "store.stalled",
    "This server stood still in the middle of the change, so the database took it back. "
    "Nothing was changed; try again.",
)
SLOW = ("store.slow", "The database took too long. Nothing was changed; try again.")
CROWDED = (
    "store.crowded",
    "The database has no room for more connections or memory. Try again.",
)
FULL = ("store.full", "Disk full: the database cannot write. Nothing was changed.")
CLASH = (
    "store.contention",
    "Too many changes to the same thing at once. Nothing was changed; try again.",
)

# SQLSTATE, what the caller is told, whether it is run again, whether on another connection.
CODES = [
    ("08006", AWAY, True, True),
    ("08P01", AWAY, True, True),
    ("25006", READ_ONLY, True, True),
    ("25P03", STALLED, True, True),
    ("25P04", SLOW, False, True),
    ("26000", AWAY, True, True),
    ("40001", CLASH, True, False),
    ("40P01", CLASH, True, False),
    ("42P05", AWAY, True, True),
    ("53100", FULL, False, False),
    ("53200", CROWDED, False, True),
    ("53300", CROWDED, False, True),
    ("57014", SLOW, False, False),
    ("57P01", AWAY, True, True),
    ("57P03", AWAY, True, True),
    ("58000", AWAY, True, True),
    ("58030", AWAY, True, True),
]


@pytest.fixture
def backend() -> str:
    return "postgresql"


@pytest.fixture
def line(url: str) -> Iterator[FaultyLine]:
    with FaultyLine(url) as line:
        yield line


def read_pid(tx: Tx) -> int:
    return int(execute(tx, "SELECT pg_backend_pid()")[0][0])


def raise_code(tx: Tx, code: str) -> None:
    execute(tx, f"DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{code}'; END $$")


def refusal_of(call: Callable[[], Any]) -> tuple[str, str]:
    with pytest.raises(Unavailable) as refused:
        call()
    assert refused.value.retry_after == 1
    return refused.value.code, refused.value.message


@pytest.mark.parametrize(("code", "told", "is_run_again", "is_elsewhere"), CODES)
@pytest.mark.parametrize("way", ["write", "read"])
def test_what_a_code_means(
    db: Database,
    monkeypatch: pytest.MonkeyPatch,
    way: str,
    code: str,
    told: tuple[str, str],
    is_run_again: bool,
    is_elsewhere: bool,
) -> None:
    monkeypatch.setattr("turnout.store.postgresql.ATTEMPTS", 3)
    pids: list[int] = []

    def fail(tx: Tx, times: int) -> str:
        pids.append(read_pid(tx))
        if len(pids) <= times:
            raise_code(tx, code)
        return "done"

    def call(times: int) -> Any:
        async def ask() -> Any:
            return await (db.write(fail, times) if way == "write" else db.read(fail, times))

        pids.clear()
        return asyncio.run(ask())

    assert refusal_of(lambda: call(99)) == told
    attempts = 3 if told is CLASH else 2
    assert len(pids) == (attempts if is_run_again else 1)
    if is_run_again:
        assert call(1) == "done"
        assert (pids[0] != pids[1]) == is_elsewhere
    assert db.call(add, 1) == 1


@pytest.mark.parametrize("code", ["22012", "23505", "42P01", "54000", "54001", "54023", "XX000"])
def test_a_fault_of_the_statement_is_passed_on(db: Database, code: str) -> None:
    with pytest.raises(psycopg.Error) as fault:
        db.call(raise_code, code)
    assert fault.value.sqlstate == code
    assert not is_transient(fault.value)
    assert db.call(add, 1) == 1


@pytest.mark.parametrize("code", [code for code, *_ in CODES])
def test_an_error_of_the_database_is_no_row_s(db: Database, code: str) -> None:
    def judge(tx: Tx) -> bool:
        try:
            with tx.savepoint():
                raise_code(tx, code)
        except psycopg.Error as error:
            return tx.is_transient(error)
        return False

    assert db.call(judge)


def test_a_value_too_long_for_its_index_fails_alone(db: Database) -> None:
    """Psycopg calls it an operational error, as if the database were gone."""
    db.call(lambda tx: tx.connection.execute("CREATE TABLE long_names (name TEXT PRIMARY KEY)"))
    noise = "".join(hashlib.sha256(str(number).encode()).hexdigest() for number in range(200))

    def keep(tx: Tx, names: Sequence[str]) -> list[str]:
        for name in names:
            tx.connection.execute("INSERT INTO long_names VALUES (%s)", (name,))
        return list(names)

    assert db.call(lambda tx: do_apart(tx, "names", keep, ["a", noise, "b"])) == [noise]
    assert db.call(execute, "SELECT name FROM long_names ORDER BY name") == [("a",), ("b",)]


def test_a_session_that_is_read_only_is_left_for_one_that_is_not(db: Database) -> None:
    """As after a failover behind one name, or once a provider's disk has room again."""
    pids: list[int] = []

    def write(tx: Tx) -> int:
        pids.append(read_pid(tx))
        if len(pids) == 1:
            execute(tx, "SET TRANSACTION READ ONLY")
        return add(tx, 1)

    assert db.call(write) == 1
    assert len(set(pids)) == 2
    assert db.call(read_ids) == [1]


def test_sessions_that_an_administrator_ends_are_not_noticed(db: Database, url: str) -> None:
    async def ask() -> list[Any]:
        return [await db.write(add, 1), await db.write(add, 2), await db.read(read_ids)]

    assert asyncio.run(ask()) == [1, 2, [1, 2]]
    with psycopg.connect(url, autocommit=True) as administrator:
        administrator.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name ~ 'turnout-(write|read|door)'"
        )

    async def ask_again() -> list[Any]:
        return [await db.write(add, 3), await db.write(add, 4), await db.read(read_ids)]

    assert asyncio.run(ask_again()) == [3, 4, [1, 2, 3, 4]]


def test_silence_that_an_administrator_ends_is_unavailable(db: Database) -> None:
    def be_silent(tx: Tx) -> None:
        add(tx, 1)
        execute(tx, "SET idle_in_transaction_session_timeout = 50")
        time.sleep(0.3)
        add(tx, 2)

    assert refusal_of(lambda: db.call(be_silent)) == STALLED
    assert db.call(add, 3) == 3
    assert db.call(read_ids) == [3]


# -- a network that goes silent ------------------------------------------------------------


@pytest.mark.parametrize("way", ["write", "read"])
def test_a_silent_network_is_answered_in_time(
    db: Database, open_db: Open, line: FaultyLine, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    monkeypatch.setattr("turnout.store.postgresql.GRACE_S", 0.2)
    monkeypatch.setattr("turnout.store.postgresql.ASK_S", 0.2)
    far = open_db(line.url)

    async def ask(number: int, patience: Patience) -> Any:
        deadlines.current.set(patience)
        try:
            return await (far.write(add, number) if way == "write" else far.read(read_ids))
        except Unavailable as refusal:
            return refusal.code

    async def scenario() -> list[Any]:
        await ask(1, Patience())
        line.is_silent = True
        silent = await asyncio.gather(*(ask(number, Patience(1.0)) for number in range(2, 8)))
        line.is_silent = False
        return silent

    started = time.monotonic()
    answers = asyncio.run(scenario())
    assert time.monotonic() - started < 10
    assert set(answers) <= {"store.slow", "store.away", "store.late"}
    assert "store.late" in answers  # those that no thread had come to
    assert db.call(read_ids) == ([1] if way == "write" else [])
    assert far.call(add, 9) == 9


def impatient(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Settings with which a statement may take one second, and its answer a little longer."""
    monkeypatch.setattr("turnout.store.pg_connection.GRACE_S", 0.2)
    monkeypatch.setattr("turnout.store.pg_sessions.STREAM_FACTOR", 1)
    return {"database_statement_seconds": 1}


def test_a_command_is_not_answered_by_what_acknowledges_and_says_nothing(
    db: Database, open_db: Open, line: FaultyLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    far = open_db(line.url, **impatient(monkeypatch))

    def add_and_lose(tx: Tx) -> None:
        add(tx, 1)
        line.is_silent = True
        add(tx, 2)

    assert refusal_of(lambda: far.call(add_and_lose)) == SLOW
    line.is_silent = False
    assert far.call(add, 3) == 3
    assert db.call(read_ids) == [3]


def test_a_commit_that_is_not_answered_is_asked_for(
    db: Database, open_db: Open, line: FaultyLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("turnout.store.postgresql.ASK_S", 0.1)
    far = open_db(line.url, **impatient(monkeypatch))

    def add_and_lose(tx: Tx) -> None:
        add(tx, 1)
        line.is_silent = True

    with pytest.raises(Unavailable) as refused:
        far.call(add_and_lose)
    line.is_silent = False
    assert refused.value.code == UNKNOWN
    assert db.call(read_ids) == []


def test_a_list_breaks_off_where_nothing_is_said_any_more(
    db: Database, open_db: Open, line: FaultyLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    far = open_db(line.url, **impatient(monkeypatch))

    def rows(tx: Tx) -> Generator[tuple[Any, ...], None, None]:
        yield from numbers(tx, 2 * BATCH_ROWS)
        line.is_silent = True
        yield from numbers(tx, 2 * BATCH_ROWS)

    async def scenario() -> str:
        async with far.stream(rows) as batches:
            try:
                async for _ in batches:
                    pass
            except Unavailable as broken:
                return broken.code
        return "as if it were whole"

    assert asyncio.run(scenario()) == "stream.broken"
    line.is_silent = False


def test_what_lets_us_in_and_says_nothing_is_not_waited_for(
    url: str, line: FaultyLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("turnout.store.pg_connection.BoundedConnection.answer_s", 0.3)

    def fall_silent(_: Any) -> None:
        line.is_silent = True

    with pytest.raises(NotAnsweredError, match=r"no answer within 0\.3 seconds"):
        connect(line.url, Use.READ, opened=fall_silent)


def test_what_an_operator_has_set_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PGTARGETSESSIONATTRS", raising=False)
    plain = options_for("postgresql://db/turnout", writes=True)
    assert plain == {
        "connect_timeout": 5,
        "keepalives": 1,
        "keepalives_idle": 5,
        "keepalives_interval": 2,
        "keepalives_count": 3,
        "tcp_user_timeout": 10_000,
        "target_session_attrs": "read-write",
    }
    assert options_for("postgresql://db/turnout", writes=False)["target_session_attrs"] == "primary"
    own = "postgresql://db/turnout?target_session_attrs=any&tcp_user_timeout=1&keepalives=0"
    assert options_for(own, writes=True).keys() == plain.keys() - {
        "target_session_attrs",
        "tcp_user_timeout",
        "keepalives",
    }
    monkeypatch.setenv("PGTARGETSESSIONATTRS", "any")
    assert "target_session_attrs" not in options_for("postgresql://db/turnout", writes=True)


# -- lists ---------------------------------------------------------------------------------


def numbers(tx: Tx, count: int) -> Generator[tuple[Any, ...], None, None]:
    yield from tx.connection.execute("SELECT generate_series(1, %s)", [count])


@pytest.mark.parametrize("count", [3, BATCH_ROWS + 1])
def test_a_list_for_which_no_connection_is_to_be_had_is_refused_before_it_begins(
    db: Database, open_db: Open, line: FaultyLine, count: int
) -> None:
    """A long one even where its first rows could be read."""
    far = open_db(line.url)

    async def scenario() -> str:
        await far.read(read_ids)
        await asyncio.gather(far.read(read_ids), far.read(read_ids))  # both readers
        line.is_down = True
        if count <= BATCH_ROWS:
            line.cut_all()
        async with AsyncExitStack() as stack:
            try:
                await stack.enter_async_context(far.stream(numbers, count))
            except Unavailable as refusal:
                return refusal.code
        return "begun"

    assert asyncio.run(scenario()) == "store.away"


def test_a_list_that_loses_its_connection_in_the_middle_is_not_whole(
    db: Database, open_db: Open, line: FaultyLine
) -> None:
    far = open_db(line.url)

    def rows(tx: Tx) -> Generator[tuple[Any, ...], None, None]:
        yield from numbers(tx, 2 * BATCH_ROWS)
        line.cut_all()
        yield from numbers(tx, 2 * BATCH_ROWS)

    async def scenario() -> tuple[int, str]:
        count = 0
        async with far.stream(rows) as batches:
            try:
                async for batch in batches:
                    count += len(batch)
            except Unavailable as broken:
                return count, broken.code
        return count, "as if it were whole"

    assert asyncio.run(scenario()) == (2 * BATCH_ROWS, "stream.broken")
