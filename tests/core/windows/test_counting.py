"""Stored windows: what counts, what is refused, and when a window has ended."""

import pytest

from turnout.core.windows import counting
from turnout.core.windows.counting import Window, WindowKey
from turnout.store.windows import TOLERANCE_MS

MINUTE_MS = 60_000


@pytest.fixture
def key(org_id):
    return WindowKey(org_id, "test", "ada")


def test_counts_up_to_the_limit_in_a_window_from_the_first(db, key):
    begun = db.clock()
    assert [db.call(counting.count, key, 2, MINUTE_MS) for _ in range(4)] == [
        True,
        True,
        False,
        False,
    ]
    assert db.call(counting.find, key) == Window(begun, begun + MINUTE_MS, 2)
    db.clock.advance(59.999)
    assert db.call(counting.count, key, 2, MINUTE_MS) is False
    assert db.call(counting.wait_s, key, MINUTE_MS) == 1
    db.clock.advance(0.001)
    assert db.call(counting.find, key) is None
    assert db.call(counting.count, key, 2, MINUTE_MS) is True
    begun += MINUTE_MS
    assert db.call(counting.find, key) == Window(begun, begun + MINUTE_MS, 1)


def test_a_limit_of_nothing_refuses_and_stores_nothing(db, key):
    assert db.call(counting.count, key, 0, MINUTE_MS) is False
    assert db.call(counting.find, key) is None


def test_each_kind_name_and_organization_has_a_window_of_its_own(db, key):
    others = [key._replace(kind="other"), key._replace(name="bob")]
    assert [db.call(counting.count, one, 1, MINUTE_MS) for one in (key, *others, key)] == [
        True,
        True,
        True,
        False,
    ]


def test_a_window_that_begins_in_the_future_has_ended(db, key):
    begun = db.clock() + TOLERANCE_MS
    db.call(counting.add, key, begun, MINUTE_MS, 5)
    assert db.call(counting.count, key, 5, MINUTE_MS) is False
    db.call(counting.clear, key)
    db.call(counting.add, key, begun + 1, MINUTE_MS, 5)
    assert db.call(counting.find, key) is None
    assert db.call(counting.count, key, 5, MINUTE_MS) is True


def test_the_wait_is_never_longer_than_a_window(db, key):
    assert db.call(counting.wait_s, key, MINUTE_MS) == 1
    db.call(counting.add, key, db.clock() + 1_000, MINUTE_MS, 5)
    assert db.call(counting.wait_s, key, MINUTE_MS) == 60


def test_servers_add_up_in_the_window_that_came_first(db, key):
    now = db.clock()
    first, second = (now, now + MINUTE_MS, 3), (now, now + MINUTE_MS, 7)
    assert db.call(counting.add, key, now, MINUTE_MS, 3) == Window(*first)
    assert db.call(counting.add, key, now + 500, MINUTE_MS, 4) == Window(*second)


def test_what_is_taken_back_can_be_counted_again_and_never_falls_below_nothing(db, key):
    db.call(counting.count, key, 1, MINUTE_MS)
    db.call(counting.take_back, key)
    db.call(counting.take_back, key)
    assert db.call(counting.count, key, 1, MINUTE_MS) is True
    assert db.call(counting.count, key, 1, MINUTE_MS) is False


def test_a_booking_waits_for_a_window_that_has_room(db, key):
    now = db.clock()
    booked = [db.call(counting.book, key, 2, MINUTE_MS) - now for _ in range(5)]
    assert booked == [0, 0, MINUTE_MS, MINUTE_MS, 2 * MINUTE_MS]
    db.clock.advance(180)
    assert db.call(counting.book, key, 2, MINUTE_MS) == db.clock()


def test_ended_windows_are_forgotten_a_few_at_a_time(own_node, key):
    db = own_node.db
    org_id = own_node.add_account().org_id
    for name in ("ada", "bob", "eve"):
        db.call(counting.count, key._replace(org_id=org_id, name=name), 1, MINUTE_MS)
    assert db.call(counting.forget_ended_windows, 10) == 0
    own_node.clock.advance(60)
    assert [db.call(counting.forget_ended_windows, 2) for _ in range(3)] == [2, 1, 0]
