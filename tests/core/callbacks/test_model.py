"""When a callback is tried again."""

from turnout.core.callbacks.model import GIVE_UP_AFTER_MS, next_try_at


def test_pauses_grow_and_end_after_a_day():
    now = 0
    tries: list[int] = []
    while (at := next_try_at(len(tries) + 1, now, GIVE_UP_AFTER_MS)) is not None:
        tries.append((at - now) // 1000)
        now = at
    assert tries[:10] == [10, 30, 60, 120, 300, 600, 1200, 1800, 3600, 3600]
    assert len(tries) == 30
    assert now < GIVE_UP_AFTER_MS
