"""A trunk as this process sees it: its workers, its channels, and whether it takes calls now."""

import asyncio
import math
import os
import shutil
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from turnout.carriers import Accepted, House, Inbox, Misconfigured, Outcome, Rejected, Retry
from turnout.carriers.sip.process import CallProcess
from turnout.carriers.sip.scripts import Scripts
from turnout.carriers.sip.settings import SipSettings, to_worker
from turnout.http.pace import Pace
from turnout.store.back_off import growing

if TYPE_CHECKING:
    from turnout.carriers.sip.placing import Placing

CALLS_A_WORKER = 60
RETRY_S = 5.0
JUDGED_S = 10.0
PAUSES_S = growing(1.0, 60.0)


class Trunk:
    """For one event loop. `calls` are those that a worker has, by our own names."""

    def __init__(
        self, name: str, settings: SipSettings, house: House, command: Sequence[str] = ()
    ) -> None:
        """`command` is another worker than worker.py."""
        self.name = name
        self.settings = settings
        self.house = house
        self.channels = asyncio.Semaphore(settings.channels)
        self.pace = Pace(settings.rate)
        self.processes: list[CallProcess] = []
        self.calls: dict[str, Placing] = {}
        self.is_stopping = False
        self.inbox: Inbox
        self.scripts: Scripts
        self._command = command
        self._spool = Path()
        self._closed_until_s = -math.inf
        self._failures = 0

    def start(self, inbox: Inbox) -> None:
        """Start the workers, which register where that is asked for."""
        self.inbox = inbox
        self._spool = Path(tempfile.mkdtemp(prefix="turnout-calls-"))
        self.scripts = Scripts(
            self._spool,
            self.house.speech,
            self.house.db,
            opt_out_key=self.settings.opt_out_key,
        )
        told = {**to_worker(self.settings), "spool": str(self._spool)}
        wanted = math.ceil(self.settings.channels / CALLS_A_WORKER)
        for _ in range(min(wanted, os.cpu_count() or 1)):
            self.processes.append(CallProcess(self.name, told, self._command))
            self.processes[-1].start()

    async def stop(self) -> None:
        """End the workers, and what their calls said. Idempotent."""
        await asyncio.gather(*(process.stop(RETRY_S) for process in self.processes))
        if self._spool != Path():
            await asyncio.to_thread(shutil.rmtree, self._spool, ignore_errors=True)

    def is_open(self) -> bool:
        """Whether a call could begin now."""
        is_reached = any(process.is_ready for process in self.processes)
        return is_reached and not self.is_stopping and time.monotonic() >= self._closed_until_s

    def note(self, outcome: Outcome) -> None:
        """A trunk that takes no calls is passed over for a while, where there is another."""
        if isinstance(outcome, Accepted | Rejected):
            self._failures = 0
            self._closed_until_s = -math.inf
        elif isinstance(outcome, Retry | Misconfigured) and self.is_open():
            self._failures += 1
            self._closed_until_s = time.monotonic() + PAUSES_S.draw(self._failures)

    async def choose(self) -> CallProcess | Outcome:
        """The worker with the fewest calls, or why there is none."""
        await asyncio.gather(*(one.wait_until_judged(JUDGED_S) for one in self.processes))
        ready = [process for process in self.processes if process.is_ready]
        if ready:
            return min(ready, key=lambda process: process.calls)
        if refusal := next((one.refusal for one in self.processes if one.refusal), ""):
            return Misconfigured(f"Nobody can be called: {refusal}")
        trouble = next((one.trouble for one in self.processes if one.trouble), "")
        return Retry(RETRY_S, f"nobody can be called: {trouble or 'the trunk does not answer'}")
