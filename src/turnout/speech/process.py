"""The worker process as its parent sees it: started when first needed, watched, started again.

States: no process; running. Each text that is asked for is in `_waiting` until it is answered.
When the process ends, for whatever reason, those that it had not answered are given to the next
one, MOST_TRIES times each; the last of these tells the caller. It is ended from here when it gives
no sign of life for SILENCE_S (it beats every 5 s, also while it speaks), or takes longer than
TEXT_S for one text: the text that it was at is then its fault, and the others lose no try.

If you change what is written here, change worker.py, too.
"""

import asyncio
import contextlib
import itertools
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import structlog

from turnout.children import kill_child
from turnout.errors import Unavailable
from turnout.speech.voices import EngineVoice

log = structlog.get_logger()

SILENCE_S = 20.0
TEXT_S = 30.0
DRAIN_S = 10.0
MOST_TRIES = 3
MOST_WAITING = 1000
RETRY_AFTER_S = 30


class Spoken(NamedTuple):
    """A text was spoken: by which engine, and how many bytes long it is."""

    engine: str
    size: int


class _Asked:
    """A text that waits for its answer."""

    def __init__(self, line: dict[str, Any]) -> None:
        self.line = line
        self.tries = 0
        self.answer: asyncio.Future[Spoken] = asyncio.get_running_loop().create_future()


class SpeechProcess:
    """The worker, whichever process that is at the moment. For one event loop."""

    def __init__(self, spool: Path, models: str, command: Sequence[str] = ()) -> None:
        self._command = command or (sys.executable, "-m", "turnout.speech.worker")
        self._told = {"spool": str(spool), "models": models}
        self._numbers = itertools.count(1)
        self._waiting: dict[int, _Asked] = {}
        self._process: asyncio.subprocess.Process | None = None
        self._watching: asyncio.Task[None] | None = None
        self._starting = asyncio.Lock()
        self._is_stopping = False

    @property
    def pid(self) -> int | None:
        """The process that speaks at the moment, if there is one."""
        return self._process.pid if self._process else None

    async def speak(
        self, file: str, engines: Sequence[EngineVoice], speed: float, text: str
    ) -> Spoken:
        """Have a text of up to 400 characters spoken into the file of that name. Raises Unavailable
        when no engine could, again and again, or many wait."""
        if len(self._waiting) >= MOST_WAITING or self._is_stopping:
            raise Unavailable("speech.busy", retry_after=RETRY_AFTER_S)
        number = next(self._numbers)
        line = {"id": number, "file": file, "engines": engines, "speed": speed, "text": text}
        asked = self._waiting[number] = _Asked(line)
        try:
            await self._hand_over(number)
            return await asked.answer
        finally:
            self._waiting.pop(number, None)

    async def stop(self) -> None:
        """Let it finish what it was given, then end it. Idempotent."""
        self._is_stopping = True
        if self._process is None:
            return
        process, watching = self._process, self._watching
        if process.stdin:
            process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), DRAIN_S)
        except TimeoutError:
            kill_child(process)
        if watching:
            await watching

    async def _hand_over(self, number: int) -> None:
        async with self._starting:
            if self._process is None:
                await self._start()
            asked = self._waiting.get(number)
            if asked is None or asked.answer.done() or asked.tries:
                return  # It went with those that a process before had left.
            await self._write(asked)

    async def _start(self) -> None:
        env = {
            name: os.environ[name]
            for name in ("PATH", "LANG", "LC_ALL", "TMPDIR", "PYTHONPATH")
            if name in os.environ
        }
        self._process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=env,
            start_new_session=True,
        )
        self._watching = asyncio.create_task(self._watch(self._process))
        await self._write_line(self._told)

    async def _write(self, asked: _Asked) -> None:
        asked.tries += 1
        await self._write_line(asked.line)

    async def _write_line(self, line: dict[str, Any]) -> None:
        if self._process and self._process.stdin:
            with contextlib.suppress(ConnectionError, RuntimeError):  # The watch sees to it.
                self._process.stdin.write(json.dumps(line).encode() + b"\n")
                await self._process.stdin.drain()

    async def _watch(self, process: asyncio.subprocess.Process) -> None:
        """Take its answers until it ends; then see to those that it has not given."""
        reason = await self._listen(process)
        kill_child(process)
        status = await process.wait()
        self._process = None
        if self._is_stopping and not self._waiting:
            return
        log.warning("speech process ended", reason=reason, status=status, open=len(self._waiting))
        await self._begin_again()

    async def _listen(self, process: asyncio.subprocess.Process) -> str:
        loop = asyncio.get_running_loop()
        begun = loop.time()
        while process.stdout:
            try:
                line = await asyncio.wait_for(process.stdout.readline(), SILENCE_S)
            except TimeoutError:
                return "silent"
            if not line:
                return "ended"
            try:
                is_answer = self._take(json.loads(line))
            except (ValueError, KeyError, TypeError):
                return "garbled"
            if is_answer or not self._waiting:
                begun = loop.time()
            elif loop.time() - begun > TEXT_S:
                return "slow"
        return "ended"

    def _take(self, answer: dict[str, Any]) -> bool:
        """Whether it was the answer to a text."""
        if answer["event"] == "beat":
            return False
        asked = self._waiting.get(answer["id"])
        if asked and not asked.answer.done():
            if answer["event"] == "said":
                asked.answer.set_result(Spoken(answer["engine"], answer["size"]))
            else:
                log.warning("speech failed", reason=answer["reason"])
                asked.answer.set_exception(Unavailable("speech.failed", retry_after=RETRY_AFTER_S))
        return True

    async def _begin_again(self) -> None:
        """What the process before has left open goes to a new one. The first of these it was at."""
        left = [
            asked for asked in self._waiting.values() if asked.tries and not asked.answer.done()
        ]
        for asked in left[1:]:
            asked.tries -= 1
        for asked in left[:1]:
            if asked.tries >= MOST_TRIES:
                failed = Unavailable("speech.failed", retry_after=RETRY_AFTER_S)
                asked.answer.set_exception(failed)
                left.remove(asked)
        if left and not self._is_stopping:
            async with self._starting:
                if self._process is None:
                    await self._start()
                for asked in left:
                    await self._write(asked)
        elif left:
            for asked in left:
                asked.answer.set_exception(Unavailable("speech.busy", retry_after=RETRY_AFTER_S))
