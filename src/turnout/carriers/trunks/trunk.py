"""A trunk as this process sees it: its workers, its channels, and whether it takes calls now."""

import asyncio
import math
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from turnout.carriers import (
    Accepted,
    House,
    Inbox,
    Misconfigured,
    Outcome,
    Rejected,
    Retry,
    Unknown,
)
from turnout.carriers.trunks.process import CallProcess
from turnout.carriers.trunks.trunk_settings import TrunkSettings, to_worker
from turnout.http import metrics
from turnout.http.pace import Pace
from turnout.store.back_off import growing

if TYPE_CHECKING:
    from turnout.carriers.trunks.placing import Placing

RETRY_S = 5.0
JUDGED_S = 10.0
PAUSES_S = growing(1.0, 60.0)


class WorkerKind(NamedTuple):
    """The program of the workers, and how many calls one of them carries."""

    module: str
    calls: int


class Trunk:
    """For one event loop. `calls` are those that are made, by our own names; `spool` is a folder of
    files that the workers read."""

    def __init__(
        self,
        name: str,
        settings: TrunkSettings,
        house: House,
        kind: WorkerKind,
        command: Sequence[str] = (),
    ) -> None:
        """`command` is another worker than the kind's."""
        self.name = name
        self.settings = settings
        self.house = house
        self.channels = asyncio.Semaphore(settings.channels)
        self.pace = Pace(settings.rate)
        self.processes: list[CallProcess] = []
        self.calls: dict[str, Placing[Any]] = {}
        self.is_stopping = False
        self.inbox: Inbox
        self.spool = Path()
        self._kind = kind
        self._command = command or (sys.executable, "-m", kind.module)
        self._closed_until_s = -math.inf
        self._failures = 0
        self._refusals = 0

    def start(self, inbox: Inbox) -> None:
        """Start the workers, which register where that is asked for."""
        self.inbox = inbox
        self.spool = Path(tempfile.mkdtemp(prefix="turnout-calls-"))
        own = {"spool": str(self.spool), "outbound_allow": self.house.outbound_allow}
        told = {**to_worker(self.settings), **own}
        wanted = math.ceil(self.settings.channels / self._kind.calls)
        for _ in range(min(wanted, os.cpu_count() or 1)):
            self.processes.append(CallProcess(self.name, told, self._command))
            self.processes[-1].start()

    async def stop(self) -> None:
        """End the workers, and what their calls said. Idempotent."""
        await asyncio.gather(*(process.stop(RETRY_S) for process in self.processes))
        if self.spool != Path():
            await asyncio.to_thread(shutil.rmtree, self.spool, ignore_errors=True)

    def is_open(self) -> bool:
        """Whether a call could begin now."""
        is_reached = any(process.is_ready for process in self.processes)
        return is_reached and not self.is_stopping and time.monotonic() >= self._closed_until_s

    def note(self, outcome: Outcome) -> None:
        """A trunk that takes no calls is passed over for a while, where there is another."""
        if isinstance(outcome, Accepted | Rejected):
            self._failures = 0
            self._closed_until_s = -math.inf
        elif isinstance(outcome, Retry | Misconfigured | Unknown) and self.is_open():
            self._failures += 1
            self._closed_until_s = time.monotonic() + PAUSES_S.draw(self._failures)

    def count_refusals(self, *, is_refused: bool) -> int:
        """How many calls in a row it has refused for itself, this one counted."""
        self._refusals = self._refusals + 1 if is_refused else 0
        metrics.trunk_refusals.labels(self.name).set(self._refusals)
        return self._refusals

    async def choose(self) -> CallProcess | Outcome:
        """The worker with the fewest calls, or why there is none."""
        if not any(process.is_ready for process in self.processes):
            await asyncio.gather(*(one.wait_until_judged(JUDGED_S) for one in self.processes))
        if ready := [process for process in self.processes if process.is_ready]:
            return min(ready, key=lambda process: process.calls)
        if refusal := next((one.refusal for one in self.processes if one.refusal), ""):
            return Misconfigured(f"Nobody can be called: {refusal}")
        trouble = next((one.trouble for one in self.processes if one.trouble), "")
        return Retry(RETRY_S, f"nobody can be called: {trouble or 'the trunk does not answer'}")
