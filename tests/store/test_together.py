"""What is done together is done wholly or not at all, and the transaction goes on."""

import pytest

from tests.store.notes import add, read_ids
from turnout.store import NotTogetherError, Tx, attempt_together


def add_all(tx: Tx, numbers: list[int], error: Exception | None = None) -> int:
    for number in numbers:
        add(tx, number)
    if error is not None:
        raise error
    return len(numbers)


@pytest.mark.parametrize("error", [NotTogetherError(), KeyError("what")])
def test_all_of_it_or_nothing(db, error):
    def work(tx: Tx) -> list[int | None]:
        add(tx, 1)
        first = attempt_together(tx, add_all, [2, 3])
        second = attempt_together(tx, add_all, [4, 5], error)
        third = attempt_together(tx, add_all, [6, 6])
        add(tx, 7)
        return [first, second, third]

    assert db.call(work) == [2, None, None]
    assert db.call(read_ids) == [1, 2, 3, 7]
