"""The worker process of a trunk as its parent sees it: started with the carrier, watched, started
again when it ends (worker.py of each network has what is written between the two). A line that
cannot be read is left out; MOST_GARBLED in a row end it.

Its calls die with it. Each of them is told `lost`, and none is given to the next process: the
phones of some may have rung. It is ended from here when it is silent for SILENCE_S.
"""

import asyncio
import contextlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
import structlog

from turnout.carriers.trunks.statuses import is_untrusted
from turnout.children import kill_child
from turnout.store.back_off import growing

log = structlog.get_logger()

SILENCE_S = 20.0
PAUSES_S = growing(0.5, 60.0)
LONGEST_LINE = 1 << 16
MOST_GARBLED = 20
_PASSED_ON = ("PATH", "LANG", "LC_ALL", "TMPDIR", "PYTHONPATH")

Event = dict[str, Any]


class CallProcess:
    """The worker, whichever process that is at the moment. For one event loop."""

    def __init__(self, name: str, told: Mapping[str, Any], command: Sequence[str]) -> None:
        self._name = name
        self._told = told
        self._command = command
        self._calls: dict[str, Callable[[Event], None]] = {}
        self._process: asyncio.subprocess.Process | None = None
        self._running: asyncio.Task[None] | None = None
        self._is_stopping = False
        self._changed = asyncio.Event()
        self.is_ready = False
        self.refusal = ""
        self.trouble = ""

    @property
    def pid(self) -> int | None:
        """The process that calls at the moment, if there is one."""
        return self._process.pid if self._process else None

    @property
    def calls(self) -> int:
        """How many calls it has."""
        return len(self._calls)

    def start(self) -> None:
        """Start it, and keep it running."""
        self._running = asyncio.create_task(self._run(), name=f"{self._name}-calls")

    async def wait_until_judged(self, seconds: float) -> None:
        """Until the trunk is ready, has refused us, or cannot be reached; or that time is over."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not (self.is_ready or self.refusal or self.trouble):
                    self._changed.clear()
                    await self._changed.wait()

    def call(self, asked: Mapping[str, Any], on_event: Callable[[Event], None]) -> bool:
        """Have somebody called; what happens is told until `end` or `lost`. False = there is no
        process, and nothing was asked of one."""
        if self._process is None or not self.is_ready:
            return False
        self._calls[asked["id"]] = on_event
        self._write({"op": "call", **asked})
        return True

    def answer_redirect(self, id_: str, number: str) -> None:
        """Let a call be put through to a number, empty = it may not be."""
        self._write({"op": "redirect", "id": id_, "to": number})

    def cancel(self, id_: str, how: str, *, is_answered_too: bool = False) -> None:
        """End what rings."""
        self._write({"op": "cancel", "id": id_, "how": how, "answered": is_answered_too})

    async def stop(self, seconds: float) -> None:
        """End it once its calls have ended, or after so long. Idempotent."""
        self._is_stopping = True
        if self._process and self._process.stdin:
            self._process.stdin.close()
        if self._running:
            if self._process:  # else it pauses before the next one
                await asyncio.wait({self._running}, timeout=seconds)
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)
            if self._process:
                kill_child(self._process)
                await self._process.wait()
                self._process = None
        self._lose()

    async def _run(self) -> None:
        failures = 0
        while True:
            self._process = process = await self._start()
            self._write(self._told)
            was_ready, reason = await self._listen(process)
            kill_child(process)
            status = await process.wait()
            self._process = None
            self.is_ready = False
            self._lose()
            if self._is_stopping:
                return
            failures = 1 if was_ready else failures + 1
            if not was_ready:  # else the next one is waited for: it most likely is ready soon
                self.trouble = f"the process that calls ended ({reason}, {status})"
                self._changed.set()
            log.warning("call process ended", carrier=self._name, reason=reason, status=status)
            await asyncio.sleep(PAUSES_S.draw(failures))

    async def _start(self) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={name: os.environ[name] for name in _PASSED_ON if name in os.environ},
            start_new_session=True,
            limit=LONGEST_LINE,
        )

    def _lose(self) -> None:
        for id_ in list(self._calls):
            self._calls.pop(id_)({"event": "lost", "id": id_})

    async def _listen(self, process: asyncio.subprocess.Process) -> tuple[bool, str]:
        """Take its events until it ends; whether it was ready, and why it ended."""
        was_ready, garbled = False, 0
        while process.stdout:
            try:
                line = await asyncio.wait_for(process.stdout.readline(), SILENCE_S)
                if not line:
                    break
                self._take(json.loads(line))
                garbled = 0
            except TimeoutError:
                return was_ready, "silent"
            except (ValueError, KeyError, TypeError) as error:
                garbled += 1
                log.warning("garbled line of a call process", carrier=self._name, error=str(error))
                if garbled >= MOST_GARBLED:
                    return was_ready, "garbled"
            was_ready = was_ready or self.is_ready
        return was_ready, "ended"

    def _take(self, event: Event) -> None:
        match event["event"]:
            case "ready":
                self.is_ready, self.refusal, self.trouble = True, "", ""
                self._changed.set()
            case "refused":
                self._note_refusal(event["sip"], event["reason"])
            case "broken":
                self.refusal = str(event["reason"])
                self._changed.set()
            case "beat":
                pass
            case "fault":
                said = {name: event[name] for name in ("id", "error", "where")}
                log.error("fault in a process that calls", carrier=self._name, **said)
            case name:
                tell = self._calls.get(event["id"])
                if name == "end":
                    self._calls.pop(event["id"], None)
                if tell is not None:
                    self._tell(tell, event)

    def _tell(self, tell: Callable[[Event], None], event: Event) -> None:
        """Tell a call of its event; an end that cannot be read is still its end."""
        try:
            tell(event)
        except (msgspec.ValidationError, KeyError, TypeError):
            if event["event"] == "end":
                tell({"event": "lost", "id": event["id"]})
            raise

    def _note_refusal(self, code: int, words: str) -> None:
        """The registrar does not take us: for good, as far as it says, or for now."""
        said = f"{code} {words}".removeprefix("0 ").strip()
        self.is_ready = False
        if 400 <= code < 500 and code not in (408, 429, 480):
            self.refusal = f"the registrar refuses the account: {said}"
        elif not code and is_untrusted(words):
            self.refusal = f"the registrar cannot be trusted: {said}"
        else:
            self.trouble = f"the registrar cannot be reached: {said}"
        self._changed.set()

    def _write(self, line: Mapping[str, Any]) -> None:
        process = self._process
        if process and process.stdin and not process.stdin.is_closing():
            with contextlib.suppress(ConnectionError, RuntimeError):  # `_listen` sees to it.
                process.stdin.write(json.dumps(line).encode() + b"\n")
