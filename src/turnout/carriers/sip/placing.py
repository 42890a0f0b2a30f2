"""One call on its way: what it says, where it is put through, and what its end means."""

import asyncio
import contextlib
from typing import Any

from turnout.carriers import Message, Outcome, Parcel
from turnout.carriers.sip.statuses import End, judge, judge_unrung
from turnout.carriers.sip.trunk import SipTrunk
from turnout.carriers.trunks.placing import Placing
from turnout.carriers.trunks.process import Event
from turnout.core.messaging.dialling import find_bar
from turnout.core.messaging.model import MEDIA, Status
from turnout.core.messaging.opt_outs import BY_REPLY, opt_out
from turnout.errors import Failure
from turnout.http import metrics
from turnout.store import Tx


class CallPlacing(Placing[End]):
    """See `Placing`."""

    end_type = End

    def __init__(self, trunk: SipTrunk, message: Message, parcel: Parcel) -> None:
        super().__init__(trunk, message, parcel)
        self._scripts = trunk.scripts
        self._detects = trunk.settings.detect_machines
        self._script: dict[str, Any] = {}
        self._redirected = False
        self._under_way: set[asyncio.Task[None]] = set()

    async def _prepare(self) -> None:
        self._script = await self._scripts.make(self._message, self._parcel, self._id)

    async def _drop(self) -> None:
        if self._script:
            await self._scripts.drop(self._script)

    def _describe(self) -> dict[str, Any]:
        return {"script": {**self._script, "detects": self._detects}}

    def _judge(self, end: End) -> tuple[Status, str]:
        return judge(end)

    def _judge_unrung(self, end: End) -> Outcome:
        return judge_unrung(end)

    def _is_answered(self, end: End) -> bool:
        return end.rung or end.begun or end.how == "answered"

    def _detail(self, end: End) -> dict[str, Any]:
        return {**super()._detail(end), "keypress": end.key, "is_voicemail": end.voicemail}

    def _count(self, end: End) -> None:
        super()._count(end)
        if end.quality is None:
            return
        name, told = self._trunk.name, end.quality
        metrics.call_loss.labels(name, "heard").observe(told.heard_loss)
        metrics.call_loss.labels(name, "said").observe(told.said_loss)
        metrics.call_jitter.labels(name, "heard").observe(told.heard_jitter_ms / 1000)
        metrics.call_jitter.labels(name, "said").observe(told.said_jitter_ms / 1000)
        metrics.call_mos.labels(name).observe(told.mos)

    async def _note_status(self, status: Status) -> None:
        if status is Status.OPTED_OUT:
            await self._trunk.house.db.write(self._opt_out)

    def _opt_out(self, tx: Tx) -> None:
        medium, job_id = MEDIA[self._message.channel], self._message.id
        number = self._parcel.destination
        opt_out(tx, self._org_id, medium, number, source=BY_REPLY, job_id=job_id)

    def _take_more(self, event: Event) -> None:
        if event["event"] in ("asks", "moved"):
            task = asyncio.create_task(self._judge_redirect(event))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)

    def _end(self, end: End) -> None:
        if self._redirected:
            self._redirected = False
            self._trunk.house.put_through[self._org_id] -= 1
        super()._end(end)

    async def _judge_redirect(self, event: Event) -> None:
        """Whether it may be put through, or called elsewhere as the trunk says."""
        house, number = self._trunk.house, event["to"].lstrip("+")
        is_key = event["event"] == "asks"
        is_full = is_key and house.put_through[self._org_id] >= self._message.redirects
        to = ""
        with contextlib.suppress(Failure):
            bar = await self._trunk.house.db.read(
                find_bar,
                self._org_id,
                self._message.channel,
                number,
                house.fence,
                is_redirect=is_key,
            )
            if not bar and not is_full and number.isdecimal() and not self._ended.done():
                to = f"{self._trunk.settings.dial_prefix}{number}"
        if to and is_key:
            self._redirected = True
            house.put_through[self._org_id] += 1
        self.process.answer_redirect(self._id, to)
