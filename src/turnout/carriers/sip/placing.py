"""One parcel on its way: from its turn on the trunk to its outcome, and to the report of the call.

It waits for a channel of the trunk, LINE_S at most, and for its turn; then its sounds are made,
leave to dial is asked for and written down (core/messaging/dialling.py), and a worker dials. It is
Accepted when the phone rings: how the call ends is told to the inbox then. What ends before it
rings has its outcome at once, and may go by another trunk (statuses.py).
"""

import asyncio
import contextlib

import msgspec
import structlog

from turnout.carriers import (
    Accepted,
    DeliveryReport,
    Lapsed,
    Message,
    Misconfigured,
    Outcome,
    Parcel,
    Rejected,
    Retry,
    Unknown,
)
from turnout.carriers.sip.process import CallProcess, Event
from turnout.carriers.sip.statuses import End, judge, judge_unrung
from turnout.carriers.sip.trunk import RETRY_S, Trunk
from turnout.core.ids import OrgId, RecipientId
from turnout.core.messaging.call_ends import LOST
from turnout.core.messaging.dialling import (
    VOUCH_MS,
    Dialling,
    Leave,
    begin_dialling,
    find_bar,
    forget_dialling,
)
from turnout.core.messaging.model import MEDIA, Status
from turnout.core.messaging.opt_outs import BY_REPLY, opt_out
from turnout.core.messaging.outcomes import name_call
from turnout.errors import Failure, Invalid
from turnout.http import metrics
from turnout.store import Tx

log = structlog.get_logger()

PAUSE_S = 30.0
LINE_S = 15.0
STOPPING = Retry(RETRY_S, "Turnout is stopping")
BUSY = Retry(RETRY_S, "all channels of the trunk are in use")
TWICE = Unknown("it may have been called before, by a process that ended")


class Placing:
    """One parcel on its way; `outcome` is known before the call has ended."""

    def __init__(self, trunk: Trunk, message: Message, parcel: Parcel) -> None:
        self._trunk = trunk
        self._message = message
        self._parcel = parcel
        self._id = name_call(parcel.attempt_id)
        self._org_id: OrgId = message.org_id
        self._ended: asyncio.Future[End] = asyncio.get_running_loop().create_future()
        self._redirected = False
        self._under_way: set[asyncio.Task[None]] = set()
        self.outcome: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self.process: CallProcess

    @property
    def key(self) -> tuple[OrgId, RecipientId]:
        """By what its row of `dialled_calls` is found."""
        return self._org_id, RecipientId(self._parcel.attempt_id)

    async def run(self, *, is_yielding: bool) -> None:
        """Wait for a channel, call, and tell how it ended."""
        channels = self._trunk.channels
        try:
            if is_yielding and channels.locked():
                self._settle(BUSY)
                return
            async with asyncio.timeout(LINE_S):
                await channels.acquire()
        except TimeoutError:
            self._settle(Lapsed())  # to be claimed again, so that a stop never waits for a line
            return
        try:
            await self._run()
        except Invalid as failure:
            self._settle(Rejected(Status.NOT_CONVERTED, failure.message))
        except Failure as failure:
            self._settle(Retry(failure.facts.get("retry_after") or PAUSE_S, failure.message))
        except Exception as error:
            log.exception("a call failed", carrier=self._trunk.name, call=self._id)
            self._settle(Unknown(f"the call failed: {type(error).__name__}"))
        finally:
            channels.release()
            self._trunk.calls.pop(self._id, None)

    async def _run(self) -> None:
        trunk = self._trunk
        if obstacle := await self._find_obstacle():
            self._settle(obstacle)
            return
        script = await trunk.scripts.make(self._message, self._parcel, self._id)
        try:
            await trunk.pace.wait()
            found = await self._ask_leave() or await self._dial(script)
            if isinstance(found, End):
                await self._finish(found)
            else:
                self._settle(found)
        finally:
            await trunk.scripts.drop(script)

    async def _find_obstacle(self) -> Outcome | None:
        if not self._parcel.destination:
            return Rejected(Status.INVALID_NUMBER, "There is no number.")
        if self._trunk.is_stopping:
            return STOPPING
        if not self._parcel.is_ours():
            return Lapsed()
        found = await self._trunk.choose()
        if not isinstance(found, CallProcess):
            return found
        self.process = found
        return None

    async def _ask_leave(self) -> Outcome | None:
        """Write the call down; None = it may be made."""
        trunk = self._trunk
        if trunk.is_stopping:
            return STOPPING
        if not self._parcel.is_ours():
            return Lapsed()
        dialling = Dialling(
            self._org_id,
            self._message.id,
            RecipientId(self._parcel.attempt_id),
            self._message.channel,
            self._parcel.destination,
            trunk.name,
            trunk.house.db.clock() + VOUCH_MS,
        )
        leave, why = await trunk.house.db.write(begin_dialling, dialling, trunk.house.fence)
        if leave is Leave.GIVEN:
            return None
        if leave is Leave.BARRED:
            return Rejected(Status.BLOCKED, why)
        return TWICE if leave is Leave.TWICE else Lapsed()

    async def _dial(self, script: Event) -> Outcome | End:
        """Have it dialled; how it ended, or why it did not begin."""
        settings = self._trunk.settings
        if not self._parcel.is_ours():
            return await self._undo(Lapsed())
        self._trunk.calls[self._id] = self
        asked = {
            "id": self._id,
            "to": f"{settings.dial_prefix}{self._parcel.destination}",
            "from": self._find_sender(),
            "ring_s": settings.ring_seconds,
            "max_s": settings.call_seconds,
            "script": {**script, "detects": settings.detect_machines},
        }
        if not self.process.call(asked, self._take):
            return await self._undo(Retry(RETRY_S, "the process that calls is starting"))
        watching = asyncio.create_task(self._watch_cut_off())
        try:
            return await self._ended
        finally:
            watching.cancel()

    def _find_sender(self) -> str:
        """The number that calls."""
        sender = self._parcel.sender.lstrip("+")
        return f"+{sender}" if sender.isdecimal() else self._trunk.settings.caller_id

    async def _watch_cut_off(self) -> None:
        """Nobody's phone rings after its time."""
        until = self._parcel.not_after
        if until is None:
            return
        await asyncio.sleep(max(0, until - self._trunk.house.db.clock()) / 1000)
        self.process.cancel(self._id, "cut_off")

    async def _undo(self, outcome: Outcome) -> Outcome:
        """It was certainly not called."""
        await self._trunk.house.db.write(forget_dialling, [self.key])
        return outcome

    async def _finish(self, end: End) -> None:
        """The call is over: its outcome, if it never rang, or its report."""
        self._count(end)
        if self.outcome.done():
            await self._report(*judge(end), end)
        elif end.how == "lost":
            self._settle(Unknown(LOST))
        elif end.rung or end.begun or end.how == "answered":
            self._settle(Accepted((self._id,)))
            await self._report(*judge(end), end)
        else:
            outcome = judge_unrung(end)
            if isinstance(outcome, Retry | Misconfigured):
                await self._undo(outcome)
            self._settle(outcome)

    async def _report(self, status: Status, notes: str, end: End) -> None:
        report = DeliveryReport(
            carrier=self._trunk.name,
            status=status,
            at=self._trunk.house.db.clock(),
            network_id=self._id,
            notes=notes,
            duration_s=round(end.duration),
            keypress=end.key,
            is_voicemail=end.voicemail,
        )
        while True:
            try:
                if status is Status.OPTED_OUT:
                    await self._trunk.house.db.write(self._opt_out)
                await self._trunk.inbox.reports([report])
                return
            except Failure as failure:
                log.warning("a call's end waits for the database", code=failure.code)
                await asyncio.sleep(1)

    def _opt_out(self, tx: Tx) -> None:
        medium, job_id = MEDIA[self._message.channel], self._message.id
        number = self._parcel.destination
        opt_out(tx, self._org_id, medium, number, source=BY_REPLY, job_id=job_id)

    def _settle(self, outcome: Outcome) -> None:
        if not self.outcome.done():
            self._trunk.note(outcome)
            self.outcome.set_result(self._parcel.answered(outcome))

    def _take(self, event: Event) -> None:
        """What the worker tells."""
        match event["event"]:
            case "ringing" | "answered":
                self._settle(Accepted((self._id,)))
            case "asks" | "moved":
                task = asyncio.create_task(self._judge_redirect(event))
                self._under_way.add(task)
                task.add_done_callback(self._under_way.discard)
            case "lost":
                self._end(End(self._id, "lost", reason=LOST))
            case "end":
                self._end(msgspec.convert(event, End))

    def _end(self, end: End) -> None:
        if self._redirected:
            self._redirected = False
            self._trunk.house.put_through[self._org_id] -= 1
        if not self._ended.done():
            self._ended.set_result(end)

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

    def _count(self, end: End) -> None:
        status = judge(end)[0] if end.how != "lost" else Status.PATHWAY_ERROR
        metrics.calls_ended.labels(self._trunk.name, status.value).inc()
