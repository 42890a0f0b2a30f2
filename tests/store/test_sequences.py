"""Numbers for new rows: no number twice, rising, agreed with the migrations."""

import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from tests.store.notes import add_numbered, execute, in_threads, read_all
from turnout.store import Tx
from turnout.store.sequences import SEQUENCES

ROOT = Path(__file__).parents[2]
BLOCK = SEQUENCES["person"].size


def take(tx: Tx, count: int = 1) -> list[int]:
    return tx.next_ids("person", count)


def take_and_fail(tx: Tx, count: int = 1) -> None:
    tx.next_ids("person", count)
    raise KeyError


def test_numbers_begin_where_the_sequence_says(db):
    assert db.call(take, 3) == [1, 2, 3]
    assert db.call(lambda tx: tx.next_id("event")) == SEQUENCES["event"].start
    assert db.call(take) == [4]


def test_many_numbers_at_once_rise_and_are_exactly_as_many(db):
    db.call(take, BLOCK // 2)
    numbers = db.call(take, 3 * BLOCK)
    assert numbers == sorted(set(numbers))
    assert len(numbers) == 3 * BLOCK
    assert numbers[0] == BLOCK // 2 + 1


def test_no_number_comes_twice_whoever_asks(open_db):
    """Two processes' worth of databases, four threads each, and one command in three fails."""
    taken: list[list[int]] = []
    dbs = [open_db(), open_db()]

    def work(number: int) -> None:
        for turn in range(40):
            db = dbs[number % 2]
            with suppress(KeyError):
                if turn % 3 == 0:
                    db.call(take_and_fail, 1 + turn)
                taken.append(db.call(take, 1 + turn))

    in_threads(8, work)
    assert all(numbers == sorted(numbers) for numbers in taken)
    numbers = [number for block in taken for number in block]
    assert len(numbers) > 8 * BLOCK
    assert len(set(numbers)) == len(numbers)


def test_numbers_of_a_command_that_failed_never_clash_with_kept_ones(db):
    kept = []
    for turn in range(3 * BLOCK):
        kept += db.call(take, 1 + turn % 7)
        with pytest.raises(KeyError):
            db.call(take_and_fail, 1 + turn % 11)
    assert len(set(kept)) == len(kept)


def test_numbers_taken_in_a_savepoint_that_failed_never_clash_with_kept_ones(db):
    def verb(tx: Tx) -> list[int]:
        kept = take(tx, 2)
        with pytest.raises(KeyError), tx.savepoint():
            take_and_fail(tx, 2 * BLOCK)
        with tx.savepoint():
            kept += take(tx, BLOCK)
        return kept + take(tx)

    kept = [number for _ in range(3) for number in db.call(verb)]
    assert len(set(kept)) == len(kept)


def test_a_reopened_database_goes_on_behind_what_was_used(db, open_db):
    used = db.call(take, BLOCK + 1)
    db.close()
    assert min(open_db().call(take, 5)) > max(used)


def test_processes_share_one_database_without_losing_or_doubling_anything(db, url):
    command = [sys.executable, "-m", "tests.store.notes", url]
    others = [subprocess.Popen([*command, str(first), "150"], cwd=ROOT) for first in (1000, 2000)]
    for number in range(150):
        db.call(add_numbered, number)
    assert [other.wait(60) for other in others] == [0, 0]
    notes = db.call(read_all)
    assert [number for number, _ in notes] == [
        first + n for first in (0, 1000, 2000) for n in range(150)
    ]
    assert len({number for _, number in notes}) == len(notes)


def test_an_unknown_sequence_is_an_error(db):
    with pytest.raises(KeyError):
        db.call(lambda tx: tx.next_id("unknown"))


def test_the_migrations_made_every_sequence_as_the_program_counts_it(db, backend):
    if backend == "sqlite":
        made = dict(db.call(execute, "SELECT name, next_value FROM sequences"))
        assert made == {name: block.start for name, block in SEQUENCES.items()}
        return
    rows = db.call(
        execute,
        "SELECT sequencename, start_value, increment_by, cycle FROM pg_sequences",
    )
    assert sorted(rows) == sorted(
        (f"{name}_ids", block.start, block.size, False) for name, block in SEQUENCES.items()
    )
