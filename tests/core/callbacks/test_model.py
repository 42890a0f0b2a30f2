"""When a callback is tried again."""

from turnout.core.callbacks.model import GIVE_UP_AFTER_MS, PAUSES_S, next_try_at
from turnout.core.ids import CallbackId


def test_pauses_grow_and_end_after_a_day():
    now = 0
    tries: list[int] = []
    while (at := next_try_at(CallbackId(7), len(tries) + 1, now, GIVE_UP_AFTER_MS)) is not None:
        tries.append(at - now)
        now = at
    whole = [10, 30, 60, 120, 300, 600, 1200, 1800, 3600, 3600]
    for number, (pause_ms, whole_s) in enumerate(zip(tries, whole, strict=False), 1):
        assert pause_ms == round(PAUSES_S.scatter(number, 7) * 1000)
        assert whole_s * 500 <= pause_ms <= whole_s * 1000
    assert 30 <= len(tries) <= 60
    assert GIVE_UP_AFTER_MS - 3_600_000 <= now < GIVE_UP_AFTER_MS


def test_calls_that_failed_together_are_tried_again_at_different_times():
    at = [next_try_at(CallbackId(number), 1, 0, GIVE_UP_AFTER_MS) for number in range(100)]
    assert len(set(at)) == 100
