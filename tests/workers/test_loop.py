"""How a loop runs: woken or by the clock, whatever its steps do, until it is stopped."""

import asyncio

import pytest
from structlog.testing import capture_logs

from turnout.errors import Unavailable
from turnout.store.troubles import Troubles
from turnout.workers import loop as module
from turnout.workers.loop import Loop

NEVER_S = 3600
SOON_S = 20


class Steps:
    """Does what it is told, one step after another, and says how many began and ended."""

    def __init__(self, *answers: bool | Exception) -> None:
        self.began = self.ended = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self._answers = list(answers)
        self._changed = asyncio.Condition()

    async def __call__(self) -> bool:
        self.began += 1
        await self._tell()
        await self.gate.wait()
        self.ended += 1
        await self._tell()
        answer = self._answers.pop(0) if self._answers else False
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def until(self, *, began: int = 0, ended: int = 0) -> None:
        async with self._changed:
            there = self._changed.wait_for(lambda: self.began >= began and self.ended >= ended)
            await asyncio.wait_for(there, SOON_S)

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()


def test_it_begins_at_once_and_goes_on_when_it_is_woken():
    async def scenario():
        steps = Steps()
        loop = Loop("test", steps, NEVER_S)
        loop.start()
        for ended in (1, 2, 3):
            await steps.until(ended=ended)
            await asyncio.sleep(0.02)
            assert steps.began == ended
            loop.wake()
        await loop.stop()

    asyncio.run(scenario())


def test_it_polls_when_nobody_wakes_it():
    async def scenario():
        steps = Steps()
        loop = Loop("test", steps, 0.01)
        loop.start()
        await steps.until(ended=4)
        await loop.stop()

    asyncio.run(scenario())


def test_it_goes_on_at_once_while_there_is_more():
    async def scenario():
        steps = Steps(True, True, True, False)
        loop = Loop("test", steps, NEVER_S)
        loop.start()
        await steps.until(ended=4)
        await asyncio.sleep(0.02)
        await loop.stop()
        return steps.began

    assert asyncio.run(scenario()) == 4


def test_a_wake_in_the_middle_of_a_step_is_not_lost():
    async def scenario():
        steps = Steps()
        steps.gate.clear()
        loop = Loop("test", steps, NEVER_S)
        loop.start()
        await steps.until(began=1)
        loop.wake()
        steps.gate.set()
        await steps.until(ended=2)
        await loop.stop()

    asyncio.run(scenario())


@pytest.mark.parametrize("is_woken", [False, True])
def test_an_error_is_logged_and_ends_only_its_step(monkeypatch, is_woken):
    monkeypatch.setattr(module, "AFTER_ERROR_S", NEVER_S if is_woken else 0.01)

    async def scenario():
        steps = Steps(RuntimeError("out of order"), True, ValueError("again"))
        loop = Loop("test", steps, 0.01)
        loop.start()
        for ended in range(1, 5):
            await steps.until(ended=ended)
            if is_woken:
                await asyncio.sleep(0.01)
                loop.wake()
        await loop.stop()

    with capture_logs() as lines:
        asyncio.run(scenario())
    assert [(line["event"], line["worker"]) for line in lines] == [
        ("worker failed; it goes on", "test")
    ] * 2


def test_what_is_unavailable_is_told_once_by_all_loops_and_without_a_traceback(monkeypatch):
    monkeypatch.setattr(module, "AFTER_ERROR_S", 0.01)
    monkeypatch.setattr(module, "troubles", Troubles("workers wait", quiet_s=0))

    async def scenario():
        each = [Steps(*(Unavailable("store.failed") for _ in range(3))) for _ in range(3)]
        loops = [Loop(f"test-{number}", steps, 0.01) for number, steps in enumerate(each)]
        for loop in loops:
            loop.start()
        for steps in each:
            await steps.until(ended=5)
        for loop in loops:
            await loop.stop()

    with capture_logs() as lines:
        asyncio.run(scenario())
    assert [line["event"] for line in lines] == ["workers wait", "works again"]
    assert (lines[0]["error"], lines[1]["times"]) == (
        "The database failed. Nothing was changed; try again.",
        9,
    )
    assert not any("exc_info" in line for line in lines)


def test_stopping_finishes_the_step_at_hand_and_begins_no_other():
    async def scenario():
        steps = Steps(True, True)
        steps.gate.clear()
        loop = Loop("test", steps, 0.001)
        loop.start()
        await steps.until(began=1)
        stopping = asyncio.create_task(loop.stop())
        await asyncio.sleep(0.02)
        assert (stopping.done(), steps.ended) == (False, 0)
        steps.gate.set()
        await asyncio.wait_for(stopping, SOON_S)
        loop.wake()
        await asyncio.sleep(0.02)
        return steps.began, steps.ended

    assert asyncio.run(scenario()) == (1, 1)


def test_stopping_does_not_wait_for_the_next_poll():
    async def scenario():
        steps = Steps()
        loop = Loop("test", steps, NEVER_S)
        loop.start()
        await steps.until(ended=1)
        await asyncio.wait_for(loop.stop(), SOON_S)
        await asyncio.wait_for(loop.stop(), SOON_S)

    asyncio.run(scenario())


def test_one_that_never_began_can_be_stopped():
    asyncio.run(Loop("test", Steps, NEVER_S).stop())  # type: ignore[arg-type]
