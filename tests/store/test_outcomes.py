"""A connection that is lost at COMMIT: the answer is true all the same."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import closing, suppress

import psycopg
import pytest

from tests.store.conftest import Open
from tests.store.notes import add, in_threads, read_ids
from tests.support.faulty_line import Cut, FaultyLine
from tests.support.postgresql import Cluster
from turnout.errors import Unavailable
from turnout.store import Database, Tx
from turnout.store.outcomes import CommitLostError, Outcome, begin, find_outcome, read_life

DEADLINE_S = 60


@pytest.fixture
def backend() -> str:
    return "postgresql"


@pytest.fixture
def line(url: str) -> Iterator[FaultyLine]:
    with FaultyLine(url) as line:
        yield line


@pytest.fixture
def far(db: Database, open_db: Open, line: FaultyLine) -> Database:
    """The database at the other end of the line."""
    return open_db(line.url)


@pytest.mark.parametrize("cut", Cut)
def test_a_write_that_is_cut_off_at_commit_is_done_once_and_answered(
    db: Database, far: Database, line: FaultyLine, cut: Cut
) -> None:
    runs: list[int] = []

    def write(tx: Tx, number: int) -> str:
        runs.append(number)
        tx.wake("work")
        return f"note {add(tx, number)}"

    line.cut_commit(cut)
    assert far.call(write, 1) == "note 1"
    assert not line.pass_all()
    assert db.call(read_ids) == [1]
    assert runs == ([1, 1] if cut is Cut.BEFORE else [1])


@pytest.mark.parametrize("cut", Cut)
def test_a_write_whose_end_nobody_can_tell_says_so(
    db: Database, far: Database, line: FaultyLine, cut: Cut, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("turnout.store.postgresql.ASK_S", 0.3)

    def write(tx: Tx) -> None:
        add(tx, 1)
        line.is_down = True  # connections that are there stay

    line.cut_commit(cut)
    with pytest.raises(Unavailable) as unknown:
        far.call(write)
    assert unknown.value.code == "store.unknown"
    assert unknown.value.retry_after is None
    assert "it is not known whether it was made" in unknown.value.message
    assert db.call(read_ids) == ([] if cut is Cut.BEFORE else [1])
    line.is_down = False
    assert far.call(add, 2) == 2


def test_many_at_once_each_get_their_own_end(db: Database, far: Database, line: FaultyLine) -> None:
    def work(number: int) -> None:
        for step in range(10):
            line.cut_commit(Cut.AFTER if step % 2 else Cut.BEFORE)
            while not is_added(10 * number + step):
                pass

    def is_added(number: int) -> bool:
        try:
            return far.call(add, number) == number
        except Unavailable as refusal:  # cut twice: then it is not there
            return refusal.code != "store.away"

    in_threads(4, work)
    line.pass_all()
    assert db.call(read_ids) == list(range(40))


def test_a_failure_before_commit_is_no_matter_for_asking(
    db: Database, far: Database, line: FaultyLine
) -> None:
    def write(tx: Tx) -> None:
        add(tx, 1)
        line.cut_all()
        add(tx, 2)

    with pytest.raises(Unavailable) as failed:
        far.call(write)
    assert failed.value.code == "store.away"
    assert db.call(read_ids) == []


def test_a_verb_that_went_on_after_a_failed_statement_is_not_answered_as_done(
    db: Database,
) -> None:
    """COMMIT would undo it without a word."""

    def write(tx: Tx) -> str:
        add(tx, 1)
        try:
            add(tx, 1)
        except psycopg.errors.UniqueViolation:
            return "as if it were done"
        return "never"

    with pytest.raises(RuntimeError, match="a statement failed"):
        db.call(write)
    assert db.call(read_ids) == []


# -- what PostgreSQL says ------------------------------------------------------------------


def ask(url: str, number: str, life: str | None) -> Outcome:
    until = time.monotonic() + DEADLINE_S
    return find_outcome(lambda: psycopg.connect(url), CommitLostError(number, life), until)


def test_the_ends_of_transactions(url: str) -> None:
    with psycopg.connect(url) as one, psycopg.connect(url) as two:
        life = read_life(one)
        one.rollback()
        committed, aborted = begin(one), begin(two)
        one.commit()
        two.rollback()
        future = str(int(aborted) + 1_000_000)
        assert [ask(url, number, life) for number in (committed, aborted, future)] == [
            Outcome.COMMITTED,
            Outcome.ABORTED,
            Outcome.ABORTED,
        ]


def test_a_number_of_another_life_may_be_somebody_else_s(url: str) -> None:
    """After a crash or a failover numbers that were not on disk, or on the replica, come again."""
    with psycopg.connect(url) as one, psycopg.connect(url) as two:
        committed, aborted = begin(one), begin(two)
        one.commit()
        two.rollback()
        running = begin(one)
        ends = [ask(url, number, "another life") for number in (committed, aborted, running)]
        assert ends == [Outcome.UNKNOWN, Outcome.ABORTED, Outcome.ABORTED]
        one.commit()  # it was left alone


def test_a_transaction_that_nobody_ends_is_ended(url: str) -> None:
    with psycopg.connect(url) as lost:
        life = read_life(lost)
        lost.rollback()
        number = begin(lost)
        assert ask(url, number, life) is Outcome.ABORTED
        with pytest.raises(psycopg.OperationalError):
            lost.execute("SELECT 1")


def test_a_life_ends_with_a_crash() -> None:
    with Cluster.start() as own:
        url = own.create_database()
        with closing(psycopg.connect(url)) as connection:
            before = read_life(connection)
            os.kill(connection.info.backend_pid, signal.SIGKILL)
        assert before
        assert _read_next_life(url, before)


def _read_next_life(url: str, before: str) -> str | None:
    """Once the server has noticed, and come up again."""
    until = time.monotonic() + DEADLINE_S
    while True:
        with suppress(psycopg.OperationalError), closing(psycopg.connect(url)) as connection:
            if (life := read_life(connection)) != before:
                return life
        assert time.monotonic() < until, "it did not come up"
        time.sleep(0.05)
