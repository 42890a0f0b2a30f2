"""One fax on its way: its pages, and the calls that it takes.

A fax that breaks off goes on with what remains: the same process, which knows what was confirmed,
calls again after a pause, in which it holds no channel. It asks again whether it may. All of that
is one row of `dialled_calls` and one report: a process that dies in between leaves a fax of which
nobody knows how it ended, and which nobody sends again by itself.
"""

import asyncio
import contextlib
from typing import Any

from turnout.carriers import Message, Outcome, Parcel
from turnout.carriers.sip_fax.statuses import (
    End,
    is_answered,
    is_broken_off,
    judge,
    judge_unrung,
)
from turnout.carriers.sip_fax.trunk import FaxTrunk
from turnout.carriers.trunks.placing import Placing
from turnout.carriers.trunks.process import CallProcess, Event
from turnout.core.messaging.dialling import Leave, find_bar, may_dial
from turnout.core.messaging.model import Status
from turnout.errors import Failure
from turnout.http import metrics

LOOK_S = 1.0
LONGEST_S = 3600


class FaxPlacing(Placing[End]):
    """See `Placing`."""

    end_type = End

    def __init__(self, trunk: FaxTrunk, message: Message, parcel: Parcel) -> None:
        super().__init__(trunk, message, parcel)
        self._faxes = trunk
        self._file = trunk.spool / f"{self._id}.tif"
        self._pages = 0
        self._header = ""
        self._zone = ""
        self._ends: list[End] = []
        self._unwanted = ""
        self._changed = asyncio.Event()
        self._under_way: set[asyncio.Task[None]] = set()

    def end(self, how: str, *, is_answered_too: bool = False) -> None:
        """It is not wanted any more: what is under way goes on, what remains is not tried again."""
        self._unwanted = self._unwanted or how
        self._changed.set()
        super().end(how, is_answered_too=is_answered_too)

    async def _prepare(self) -> None:
        fax = await self._faxes.pages.draw(self._message)
        self._header, self._zone = await self._faxes.pages.find_header(self._message)
        self._pages = fax.pages
        await asyncio.to_thread(self._file.write_bytes, fax.content)

    async def _drop(self) -> None:
        self._file.unlink(missing_ok=True)

    def _describe(self) -> dict[str, Any]:
        return {
            "fax": {
                "file": self._file.name,
                "first": self._done,
                "ident": self._find_sender(),
                "header": self._header,
                "zone": self._zone,
                "ecm": self._faxes.settings.ecm,
            }
        }

    @property
    def _done(self) -> int:
        """The pages that are confirmed."""
        return max((end.pages for end in self._ends), default=0)

    async def _dial(self) -> Outcome | End:
        found = await super()._dial()
        if not isinstance(found, End):
            return found
        self._ends.append(found)
        while self._is_worth_a_try() and await self._wait_to_go_on():
            if again := await self._call():
                self._ends.append(again)
        return self._ends[-1]

    def _is_worth_a_try(self) -> bool:
        """Whether there is something to go on with."""
        first, last = self._ends[0], self._ends[-1]
        is_left = len(self._ends) < self._faxes.settings.tries and last.how != "lost"
        return is_left and is_broken_off(first, self._pages) and self._done < self._pages

    async def _wait_to_go_on(self) -> bool:
        """Until it is time to call again, with a channel; False = it is not to be."""
        self._give_channel()
        loop = asyncio.get_running_loop()
        pause = min(self._ends[-1].retry_after, LONGEST_S)
        until = loop.time() + max(self._faxes.settings.retry_seconds, pause)
        while (left := until - loop.time()) > 0 and not self._is_over():
            self._changed.clear()
            try:
                async with asyncio.timeout(min(left, LOOK_S)):
                    await self._changed.wait()
            except TimeoutError:
                continue
        while not self._is_over():
            try:
                async with asyncio.timeout(LOOK_S):
                    await self._take_channel()
            except TimeoutError:
                continue
            await self._trunk.pace.wait()
            return await self._may_go_on()
        return False

    def _is_over(self) -> bool:
        """Whether it is not to go on, and why."""
        until = self._parcel.not_after
        if until is not None and self._trunk.house.db.clock() >= until:
            self._unwanted = self._unwanted or "cut_off"
        elif self._trunk.is_stopping:
            self._unwanted = self._unwanted or "stopped"
        return bool(self._unwanted)

    async def _may_go_on(self) -> bool:
        """Whether the number may still be dialled, and by which process."""
        house = self._trunk.house
        try:
            leave, _ = await house.db.read(may_dial, self._to_dialling(), house.fence)
        except Failure:
            return False
        if leave is not Leave.GIVEN:
            self._unwanted = self._unwanted or "cancelled"
            return False
        found = await self._trunk.choose()
        if isinstance(found, CallProcess):
            self.process = found
        return isinstance(found, CallProcess) and not self._is_over()

    def _take_more(self, event: Event) -> None:
        if event["event"] == "moved":
            task = asyncio.create_task(self._judge_move(event["to"]))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)

    async def _judge_move(self, number: str) -> None:
        """Whether it may be called where the trunk says."""
        house, channel, to = self._trunk.house, self._message.channel, ""
        with contextlib.suppress(Failure):
            bar = await house.db.read(
                find_bar, self._org_id, channel, number, house.fence, is_redirect=False
            )
            if not bar:
                to = f"{self._trunk.settings.dial_prefix}{number}"
        self.process.answer_redirect(self._id, to)

    def _judge(self, end: End) -> tuple[Status, str]:
        return judge(self._ends or [end], max(1, self._pages), self._unwanted)

    def _judge_unrung(self, end: End) -> Outcome:
        return judge_unrung(end)

    def _is_answered(self, end: End) -> bool:
        return end.rung or is_answered(end)

    def _detail(self, end: End) -> dict[str, Any]:
        return {"duration_s": round(sum(one.duration for one in self._ends))}

    def _count(self, end: End) -> None:
        super()._count(end)
        done = 0
        for one in self._ends:
            if one.pages > done:
                metrics.fax_pages.labels(self._trunk.name, one.way).inc(one.pages - done)
                done = one.pages
