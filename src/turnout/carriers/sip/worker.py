"""The process that calls: `python -m turnout.carriers.sip.worker`.

JSON lines on stdin and stdout. The first line has the settings of the trunk (SipSettings) and
`spool`, the folder of sounds (s16le, 8 kHz), which go by name and never through a pipe. Then

    -> {"op": "call", "id": …, "to": …, "from": …, "ring_s": …, "max_s": …, "script":
        {"lines": [name, …], "voicemail": [name, …], "gap_s": …, "detects": …, "opt_out": key,
         "sorry": name, "keys": {"1": {"say": name, "redirect": number}}}}
       {"op": "redirect", "id": …, "to": number or ""}   answers `moved` and `asks`: "" = no
       {"op": "cancel", "id": …, "how": …, "answered": …}   ends it, an answered one if so said
    <- {"event": "ready"}, {"event": "refused", "sip": …, "reason": …}: the trunk
       {"event": "ringing" | "answered" | "machine" | "bridged", "id": …}
       {"event": "key", "id": …, "key": …}
       {"event": "asks", "id": …, "to": …}      a key puts it through to there
       {"event": "moved", "id": …, "to": …}     the trunk says (302) to call there instead
       {"event": "end", "id": …, "how": …, "sip": …, "q850": …, "reason": …, "duration": …,
        "key": …, "voicemail": …, "begun": …, "redirect": …}
       {"event": "beat", "calls": …}            every few seconds

`how` is `answered`, `failed`, `ring` (nobody answered in time), `silent` (no sound 2 s after the
answer), `opt_out`, or as it was cancelled. At the end of stdin it goes on until the last call ends.
"""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from turnout.carriers.sip.calls import OneCall

BEAT_S = 5.0
TURN_S = 0.02


class Worker:
    """The calls of this process."""

    def __init__(self, told: dict[str, Any], answers: "Answers") -> None:
        from turnout.carriers.sip.stack import Stack

        self._spool = Path(told["spool"])
        self._answers = answers
        self._stack = Stack(told, self._tell_trunk)
        self._is_registering = told["register"]
        self._calls: dict[str, OneCall] = {}
        self._is_draining = False
        self._drained = asyncio.Event()

    async def run(self) -> None:
        """Call until stdin ends and no call is left."""
        await self._stack.start()
        if not self._is_registering:
            self._answers.write({"event": "ready"})
        turning = [asyncio.create_task(work()) for work in (self._turn, self._beat)]
        async for line in read_lines():
            await self._take(json.loads(line))
        self._is_draining = True
        if self._calls:
            await self._drained.wait()
        for task in turning:
            task.cancel()
        await self._stack.stop()

    async def _take(self, asked: dict[str, Any]) -> None:
        call = self._calls.get(asked["id"])
        if asked["op"] == "call":
            call = OneCall(asked, self._stack, self._spool, self._answers.write)
            self._calls[asked["id"]] = call
            call.begin()
        elif call is not None and asked["op"] == "redirect":
            call.redirect(asked["to"])
        elif call is not None and asked["op"] == "cancel":
            call.cancel(asked["how"], is_answered_too=asked["answered"])

    async def _turn(self) -> None:
        """Every call, fifty times a second."""
        loop = asyncio.get_running_loop()
        while True:
            now = loop.time()
            for id_, call in list(self._calls.items()):
                call.turn(now)
                if call.is_over:
                    del self._calls[id_]
            if self._is_draining and not self._calls:
                self._drained.set()
            await asyncio.sleep(max(0.0, TURN_S - (loop.time() - now)))

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(BEAT_S)
            self._answers.write({"event": "beat", "calls": len(self._calls)})

    def _tell_trunk(self, name: str, code: int, words: str) -> None:
        event = "ready" if name == "registered" else "refused"
        self._answers.write({"event": event, "sip": code, "reason": words})


class Answers:
    """What goes to the parent, a line at a time."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def write(self, answer: dict[str, Any]) -> None:
        """Write one line. If the parent has gone, there is nobody to tell, and calls go on."""
        try:
            os.write(self._descriptor, json.dumps(answer).encode() + b"\n")
        except BrokenPipeError:
            return


def read_first_line() -> bytes:
    """The line on stdin, and not a byte of the next: a pipe takes over from there."""
    line = bytearray()
    while byte := os.read(0, 1):
        line += byte
        if byte == b"\n":
            break
    return bytes(line)


async def read_lines() -> AsyncIterator[bytes]:
    """What comes on stdin."""
    reader = asyncio.StreamReader(limit=1 << 20)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        yield line


async def work(answers: Answers) -> None:
    """Answer until stdin ends."""
    told = json.loads(read_first_line())
    try:
        await Worker(told, answers).run()
    except ImportError:
        answers.write({"event": "broken", "reason": "the extra turnout[calls] is not installed"})
    except Exception as error:  # noqa: BLE001 (an edge: the parent is told whatever it is)
        answers.write({"event": "broken", "reason": f"{type(error).__name__}: {error}"})


def main() -> None:
    """Call, as stdin asks."""
    answers = Answers(os.dup(1))
    os.dup2(2, 1)
    asyncio.run(work(answers))


if __name__ == "__main__":
    main()
