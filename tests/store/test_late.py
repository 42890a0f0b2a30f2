"""Commits that come late leave a trace, and lists reach back to them; others leave none."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from tests.support.node import START, Clock
from turnout.errors import Missing, Unavailable
from turnout.store import Database, Tx
from turnout.store.late import (
    KEPT_MS,
    OVERLAP_MS,
    TransactionStart,
    forget_late,
    note_late,
    reach_back,
)

MINUTE_MS = 60_000
DEADLINE_S = 60


def notes(db: Database) -> list[tuple[int, int]]:
    """What is kept, but for what the load of the machine made late by milliseconds."""
    sql = "SELECT began_at, ended_at FROM late_commits ORDER BY began_at, ended_at"
    rows = db.call(lambda tx: [tuple(row) for row in tx.connection.execute(sql).fetchall()])
    return [(began, ended) for began, ended in rows if ended - began >= MINUTE_MS]


@contextmanager
def late_writer(db: Database, *, fails: bool = False) -> Iterator[None]:
    """A write that has begun before the block and commits after it."""
    begun, is_over = threading.Event(), threading.Event()

    def write(tx: Tx) -> None:
        begun.set()
        is_over.wait(30)
        if fails:
            raise Missing("none")

    thread = threading.Thread(target=lambda: _swallow(db, write))
    thread.start()
    assert begun.wait(30)
    try:
        yield
    finally:
        is_over.set()
        thread.join()


def _swallow(db: Database, write) -> None:
    with suppress(Missing):
        db.call(write)


def test_what_commits_at_once_is_reached_by_the_overlap(db: Database) -> None:
    db.call(forget_late, 1)
    assert notes(db) == []
    assert db.call(reach_back, START + MINUTE_MS) == START + MINUTE_MS - OVERLAP_MS


def test_what_commits_late_is_reached_from_any_instant_that_missed_it(db: Database) -> None:
    clock: Clock = db.clock  # type: ignore[assignment]
    with late_writer(db):
        clock.advance(120)
    assert notes(db) == [(START, START + 120_000)]
    for since in (START + 1, START + 60_000, START + 120_000, START + 120_000 + OVERLAP_MS):
        assert db.call(reach_back, since) == START - OVERLAP_MS
    for since in (START + 121_000, START + 10 * MINUTE_MS, START - 1):
        assert db.call(reach_back, since) == since - OVERLAP_MS


def test_what_commits_late_is_kept_where_nobody_could_be_asked_of_the_table(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock: Clock = db.clock  # type: ignore[assignment]
    known, asked = db.schema_version, iter([True])

    def ask() -> str | None:
        if next(asked, False):
            raise Unavailable("store.away")
        return known()

    monkeypatch.setattr(db, "_has_late", False)
    monkeypatch.setattr(db, "schema_version", ask)
    with late_writer(db):
        clock.advance(120)
    until = time.monotonic() + DEADLINE_S
    while not (found := notes(db)) and time.monotonic() < until:
        time.sleep(0.01)  # it is noted after the commit, by a transaction of its own
    assert [ended for _, ended in found] == [START + 120_000]


def test_a_late_failure_leaves_nothing(db: Database) -> None:
    clock: Clock = db.clock  # type: ignore[assignment]
    with late_writer(db, fails=True):
        clock.advance(120)
    assert notes(db) == []


def test_the_longer_of_two_clocks_counts(db: Database) -> None:
    clock: Clock = db.clock  # type: ignore[assignment]
    began = TransactionStart(clock(), TransactionStart.now(clock).monotonic - 90)
    assert 90_000 <= began.took_ms(clock) < 120_000
    clock.advance(-3600)  # set back
    assert 90_000 <= began.took_ms(clock) < 120_000
    clock.advance(7200)
    assert began.took_ms(clock) == 3_600_000


def test_old_traces_are_swept(db: Database) -> None:
    clock: Clock = db.clock  # type: ignore[assignment]
    for number in range(3):
        db.call(note_late, START + number, MINUTE_MS)
    clock.now = START + MINUTE_MS + KEPT_MS + 2
    assert db.call(forget_late, 1) == 1
    assert db.call(forget_late, 10) == 1
    assert notes(db) == [(START + 2, START + 2 + MINUTE_MS)]


@pytest.mark.parametrize("backend", ["postgresql"])
def test_a_commit_that_itself_takes_long_is_noted_after_it(db: Database, backend: str) -> None:
    make = """
        CREATE FUNCTION wait_at_commit() RETURNS trigger LANGUAGE plpgsql
            AS $$ BEGIN PERFORM pg_sleep(0.8); RETURN NULL; END $$;
        CREATE TABLE slow (id BIGINT);
        CREATE CONSTRAINT TRIGGER slowly AFTER INSERT ON slow DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW EXECUTE FUNCTION wait_at_commit();
    """
    db.call(lambda tx: tx.connection.execute(make) and None)
    db.call(lambda tx: tx.connection.execute("INSERT INTO slow VALUES (1)") and None)
    sql = "SELECT count(*) FROM late_commits WHERE began_at = %s AND ended_at >= %s"
    found, until = (0,), time.monotonic() + DEADLINE_S
    while found == (0,) and time.monotonic() < until:
        time.sleep(0.01)  # it is a transaction of its own, on another connection
        found = db.call(lambda tx: tx.connection.execute(sql, [START, START + 800]).fetchone())
    assert found == (1,)
    assert db.call(reach_back, START + 700) == START - OVERLAP_MS
