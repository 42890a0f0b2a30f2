"""What every worker process of a trunk does: it takes what its parent asks (the protocol stands in
worker.py of each network), turns its calls fifty times a second, and beats."""

import asyncio
import json
from abc import ABC, abstractmethod
from typing import Any, Protocol

from turnout.carriers.trunks.pipe import Answers, read_lines

BEAT_S = 5.0
TURN_S = 0.02


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
        """Call until stdin ends and no call is left."""
        await self.stack.start()
        if not self.told["register"]:
            self.answers.write({"event": "ready"})
        turning = [asyncio.create_task(work()) for work in (self._turn, self._beat)]
        async for line in read_lines():
            self.take(json.loads(line))
        self._is_draining = True
        if self.calls:
            await self._drained.wait()
        for task in turning:
            task.cancel()
        await self.stack.stop()

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

    async def _turn(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            now = loop.time()
            for id_, call in list(self.calls.items()):
                call.turn(now)
                if call.is_over:
                    del self.calls[id_]
            if self._is_draining and not self.calls:
                self._drained.set()
            await asyncio.sleep(max(0.0, TURN_S - (loop.time() - now)))

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(BEAT_S)
            self.answers.write({"event": "beat", "calls": len(self.calls)})
