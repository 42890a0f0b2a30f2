"""What every worker process of a trunk does: it takes what its parent asks (the protocol stands in
worker.py of each network), turns its calls fifty times a second, and beats.

A fault of one call ends that call alone. One of the turns or beats ends the process, as nothing of
it would end any more: its parent starts the next. A parent that is gone ends it too.
"""

import asyncio
import contextlib
import json
from abc import ABC, abstractmethod
from typing import Any, Protocol

from turnout.carriers.trunks.pipe import Answers, read_lines, say_fault, tell_fault

BEAT_S = 5.0
TURN_S = 0.02
LEAVE_S = 3.0


class Stack(Protocol):
    """What a worker needs of a SIP stack."""

    async def start(self) -> None: ...
    async def stop(self) -> None: ...


class Call(Protocol):
    """One call of a worker."""

    is_over: bool

    def begin(self) -> None: ...
    def cancel(self, how: str, *, is_answered_too: bool) -> None: ...
    def turn(self, now: float) -> None: ...
    def fail(self, reason: str) -> None: ...


class TrunkWorker(ABC):
    """The calls of this process."""

    stack: Stack

    def __init__(self, told: dict[str, Any], answers: Answers) -> None:
        self.told = told
        self.answers = answers
        self.calls: dict[str, Any] = {}
        self._is_draining = False
        self._drained = asyncio.Event()

    @abstractmethod
    def new_call(self, asked: dict[str, Any]) -> Call:
        """A call that is not begun."""

    async def run(self) -> None:
        """Call until stdin ends and no call is left, the parent is gone, or a fault ends it."""
        await self.stack.start()
        if not self.told["register"]:
            self.answers.write({"event": "ready"})
        tasks = [asyncio.create_task(work()) for work in (self._listen, self._turn, self._beat)]
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for task in done:
            if error := task.exception():
                self.answers.write(tell_fault(error))
        await self.stack.stop()

    async def _listen(self) -> None:
        """Take what the parent asks, until it asks no more and no call is left."""
        async for line in read_lines():
            asked = json.loads(line)
            try:
                self.take(asked)
            except Exception as error:  # noqa: BLE001 (an edge: the other calls go on)
                self._fail(asked["id"], error)
        self._is_draining = True
        self._tell_beat()
        if self.calls:
            await self._drained.wait()

    def take(self, asked: dict[str, Any]) -> None:
        """What the parent asks."""
        call = self.calls.get(asked["id"])
        if asked["op"] == "call":
            self.calls[asked["id"]] = call = self.new_call(asked)
            call.begin()
        elif call is not None and asked["op"] == "cancel":
            call.cancel(asked["how"], is_answered_too=asked["answered"])

    def tell_trunk(self, name: str, code: int, words: str) -> None:
        """Tell that the trunk has `registered` or `refused` us."""
        event = "ready" if name == "registered" else "refused"
        self.answers.write({"event": event, "sip": code, "reason": words})

    def _fail(self, id_: str, error: Exception) -> None:
        """A fault ends one call."""
        self.answers.write(tell_fault(error, id_))
        call, reason = self.calls.pop(id_, None), say_fault(error)
        try:
            if call is not None:
                call.fail(reason)
                if call.is_over:
                    return
        except Exception as again:  # noqa: BLE001 (an edge: the other calls go on)
            self.answers.write(tell_fault(again, id_))
        self.answers.write({"event": "end", "id": id_, "how": "lost", "reason": reason})

    async def _turn(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            now = loop.time()
            for id_, call in list(self.calls.items()):
                try:
                    call.turn(now)
                except Exception as error:  # noqa: BLE001 (an edge: the other calls go on)
                    self._fail(id_, error)
                if call.is_over:
                    self.calls.pop(id_, None)
            if self._is_draining and not self.calls:
                self._drained.set()
            await asyncio.sleep(max(0.0, TURN_S - (loop.time() - now)))

    async def _beat(self) -> None:
        """Beat until the parent is gone; what rings or talks then is ended."""
        while not self.answers.is_broken:
            await asyncio.sleep(BEAT_S)
            self._tell_beat()
        self._is_draining = True
        for call in list(self.calls.values()):
            call.cancel("stopped", is_answered_too=True)
        if self.calls:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LEAVE_S):
                    await self._drained.wait()

    def _tell_beat(self) -> None:
        self.answers.write({"event": "beat", "calls": len(self.calls)})
