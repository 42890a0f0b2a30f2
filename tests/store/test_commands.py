"""The threads that wait for a database's commands."""

import threading
from collections.abc import Callable

from turnout.store.commands import Waiting


def start_waiting(waiting: Waiting, woken: list[int], number: int) -> threading.Thread:
    def wait() -> None:
        with waiting:
            waiting.wait()
            woken.append(number)

    thread = threading.Thread(target=wait)
    thread.start()
    until(waiting, lambda: len(waiting) == number)
    return thread


def until(waiting: Waiting, condition: Callable[[], bool]) -> None:
    for _ in range(1_000_000):
        with waiting:
            if condition():
                return
    raise AssertionError("it did not come")


def test_who_began_to_wait_last_is_woken_first():
    """One session does what comes one after another, and keeps its statements prepared."""
    waiting, woken = Waiting(), list[int]()
    threads = [start_waiting(waiting, woken, number) for number in (1, 2, 3)]
    with waiting:
        waiting.wake()
    until(waiting, lambda: woken == [3])
    with waiting:
        waiting.wake_all()
        waiting.wake()  # nobody is left
    for thread in threads:
        thread.join()
    assert sorted(woken) == [1, 2, 3]
