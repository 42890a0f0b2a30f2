"""A bad row among good ones costs nobody but itself."""

import pytest

from turnout.core.work.apart import do_apart
from turnout.errors import Unavailable


def _note(tx, items) -> None:
    for item in items:
        tx.connection.execute(f"INSERT INTO apart_notes VALUES ({item})")
        if item < 0:
            raise ValueError(item)


@pytest.fixture(autouse=True)
def notes(node):
    node.execute("CREATE TABLE IF NOT EXISTS apart_notes (number BIGINT)")
    node.execute("DELETE FROM apart_notes")


def noted(db) -> list[int]:
    statement = "SELECT number FROM apart_notes ORDER BY number"
    return db.call(lambda tx: [row[0] for row in tx.connection.execute(statement).fetchall()])


@pytest.mark.parametrize(
    ("items", "failed"),
    [([], []), ([1], []), ([1, 2, 3], []), ([-1], [-1]), ([1, -2, 3], [-2]), ([-1, -2], [-1, -2])],
)
def test_what_can_be_done_is_done(db, items, failed):
    assert db.call(do_apart, "test", _note, items) == failed
    assert noted(db) == [item for item in items if item > 0]


def test_one_bad_row_of_many_costs_few_lists(db):
    lists = []

    def note(tx, items) -> None:
        lists.append(len(items))
        _note(tx, items)

    items = [-1 if number == 700 else number for number in range(1024)]
    assert db.call(do_apart, "test", note, items) == [-1]
    assert noted(db) == [number for number in range(1024) if number != 700]
    assert len(lists) == 21


def test_what_concerns_the_database_is_passed_on(db):
    def busy(tx, items) -> None:
        raise Unavailable("store.busy")

    with pytest.raises(Unavailable):
        db.call(do_apart, "test", busy, [1, 2])
