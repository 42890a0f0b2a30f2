"""One parcel on its way: from its turn on the trunk to its outcome, and to the report of the call.

It waits for a channel of the trunk, LINE_S at most, and for its turn; then what it carries is made,
leave to dial is asked for and written down (core/messaging/dialling.py), and a worker dials. It is
Accepted when the phone rings: how the call ends is told to the inbox then. What ends before it
rings has its outcome at once, and may go by another trunk (statuses.py).
"""

import asyncio
import contextlib
from abc import ABC, abstractmethod
from typing import Any, Generic, TypeVar

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
from turnout.carriers.trunks.process import CallProcess, Event
from turnout.carriers.trunks.statuses import End, is_refused, say_lost
from turnout.carriers.trunks.trunk import RETRY_S, Trunk
from turnout.core.ids import OrgId, RecipientId
from turnout.core.messaging.alerts import raise_refusals
from turnout.core.messaging.call_ends import LOST
from turnout.core.messaging.dialling import (
    VOUCH_MS,
    Dialling,
    Leave,
    begin_dialling,
    forget_dialling,
)
from turnout.core.messaging.model import Status
from turnout.core.messaging.outcomes import name_call
from turnout.errors import Failure, Invalid
from turnout.http import metrics

log = structlog.get_logger()

PAUSE_S = 30.0
FEW_REFUSALS = 10
"""So many calls in a row that a trunk refuses are told of."""
LINE_S = 15.0
STOPPING = Retry(RETRY_S, "Turnout is stopping")
BUSY = Retry(RETRY_S, "all channels of the trunk are in use")
TWICE = Unknown("it may have been called before, by a process that ended")

E = TypeVar("E", bound=End)


class Placing(ABC, Generic[E]):
    """One parcel on its way; `outcome` is known before the call has ended. A network says what is
    carried, and what an end means."""

    end_type: type[E]

    def __init__(self, trunk: Trunk, message: Message, parcel: Parcel) -> None:
        self._trunk = trunk
        self._message = message
        self._parcel = parcel
        self._id = name_call(parcel.attempt_id)
        self._org_id: OrgId = message.org_id
        self._ended: asyncio.Future[E] = asyncio.get_running_loop().create_future()
        self._has_channel = False
        self.outcome: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self.process: CallProcess

    @abstractmethod
    async def _prepare(self) -> None:
        """Make what the call carries. Raises Invalid for what cannot be carried at all, Failure
        for what cannot be made now."""

    @abstractmethod
    async def _drop(self) -> None:
        """Remove what was made. Idempotent."""

    @abstractmethod
    def _describe(self) -> dict[str, Any]:
        """What the worker is told of it beside whom to call."""

    @abstractmethod
    def _judge(self, end: E) -> tuple[Status, str]:
        """What a call became, and the notes of its report."""

    @abstractmethod
    def _judge_unrung(self, end: E) -> Outcome:
        """The outcome of a call that ended before it rang."""

    @abstractmethod
    def _is_answered(self, end: E) -> bool:
        """Whether somebody answered, or it rang at least."""

    def _detail(self, end: E) -> dict[str, Any]:
        """What its report says more."""
        return {"duration_s": round(end.duration)}

    def _take_more(self, event: Event) -> None:
        """What the worker tells beside rings, answers and ends."""

    async def _note_status(self, status: Status) -> None:
        """What follows from a status, before it is reported."""

    @property
    def key(self) -> tuple[OrgId, RecipientId]:
        """By what its row of `dialled_calls` is found."""
        return self._org_id, RecipientId(self._parcel.attempt_id)

    def end(self, how: str, *, is_answered_too: bool = False) -> None:
        """It is not wanted any more."""
        self.process.cancel(self._id, how, is_answered_too=is_answered_too)

    async def run(self, *, is_yielding: bool) -> None:
        """Wait for a channel, call, and tell how it ended."""
        if is_yielding and self._trunk.channels.locked():
            self._settle(BUSY)
            return
        try:
            async with asyncio.timeout(LINE_S):
                await self._take_channel()
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
            self._give_channel()
            self._trunk.calls.pop(self._id, None)

    async def _take_channel(self) -> None:
        await self._trunk.channels.acquire()
        self._has_channel = True

    def _give_channel(self) -> None:
        if self._has_channel:
            self._has_channel = False
            self._trunk.channels.release()

    async def _run(self) -> None:
        if obstacle := await self._find_obstacle():
            self._settle(obstacle)
            return
        try:
            await self._prepare()
            await self._trunk.pace.wait()
            found = await self._ask_leave() or await self._dial()
            if isinstance(found, End):
                await self._finish(found)
            else:
                self._settle(found)
        finally:
            await self._drop()

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
        call = self._to_dialling()
        leave, why = await trunk.house.db.write(begin_dialling, call, trunk.house.fence)
        if leave is Leave.GIVEN:
            return None
        if leave is Leave.BARRED:
            return Rejected(Status.BLOCKED, why)
        return TWICE if leave is Leave.TWICE else Lapsed()

    def _to_dialling(self) -> Dialling:
        return Dialling(
            self._org_id,
            self._message.id,
            RecipientId(self._parcel.attempt_id),
            self._message.channel,
            self._parcel.destination,
            self._trunk.name,
            self._trunk.house.db.clock() + VOUCH_MS,
        )

    async def _dial(self) -> Outcome | E:
        """Have it dialled; how it ended, or why it did not begin."""
        if not self._parcel.is_ours():
            return await self._undo(Lapsed())
        if self._trunk.is_stopping:
            return await self._undo(STOPPING)
        self._trunk.calls[self._id] = self
        found = await self._call()
        return found or await self._undo(Retry(RETRY_S, "the process that calls is starting"))

    async def _call(self) -> E | None:
        """One call of the worker's; None = there is no worker, and nobody was called."""
        self._ended = asyncio.get_running_loop().create_future()
        if not self.process.call(self._ask(), self._take):
            return None
        watching = asyncio.create_task(self._watch_cut_off())
        try:
            return await self._ended
        finally:
            watching.cancel()

    def _ask(self) -> dict[str, Any]:
        """What the worker is told."""
        settings = self._trunk.settings
        return {
            "id": self._id,
            "to": f"{settings.dial_prefix}{self._parcel.destination}",
            "from": self._find_sender(),
            "ring_s": settings.ring_seconds,
            "max_s": settings.call_seconds,
            **self._describe(),
        }

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
        self.end("cut_off")

    async def _undo(self, outcome: Outcome) -> Outcome:
        """It was certainly not called."""
        await self._trunk.house.db.write(forget_dialling, [self.key])
        return outcome

    async def _finish(self, end: E) -> None:
        """The call is over: its outcome, if it never rang, or its report."""
        self._count(end)
        await self._note_refusal(end)
        if self.outcome.done():
            await self._report(*self._judge(end), end)
        elif end.how == "lost":
            self._settle(Unknown(say_lost(end)))
        elif self._is_answered(end):
            self._settle(Accepted((self._id,)))
            await self._report(*self._judge(end), end)
        else:
            outcome = self._judge_unrung(end)
            if isinstance(outcome, Retry | Misconfigured):
                await self._undo(outcome)
            self._settle(outcome)

    async def _note_refusal(self, end: E) -> None:
        """A trunk that refuses one call after the other is told of, once a day."""
        if end.how == "lost":
            return
        refused = self._trunk.count_refusals(is_refused=is_refused(end))
        if refused and refused % FEW_REFUSALS == 0:
            with contextlib.suppress(Failure):  # the next call tells
                name, db = self._trunk.name, self._trunk.house.db
                await db.write(raise_refusals, self._org_id, name, refused, end.sip)

    async def _report(self, status: Status, notes: str, end: E) -> None:
        report = DeliveryReport(
            carrier=self._trunk.name,
            status=status,
            at=self._trunk.house.db.clock(),
            network_id=self._id,
            notes=notes,
            **self._detail(end),
        )
        while True:
            try:
                await self._note_status(status)
                await self._trunk.inbox.reports([report])
                return
            except Failure as failure:
                log.warning("a call's end waits for the database", code=failure.code)
                await asyncio.sleep(1)

    def _settle(self, outcome: Outcome) -> None:
        if not self.outcome.done():
            self._trunk.note(outcome)
            self.outcome.set_result(self._parcel.answered(outcome))

    def _take(self, event: Event) -> None:
        """What the worker tells."""
        match event["event"]:
            case "ringing" | "answered":
                self._settle(Accepted((self._id,)))
            case "lost":
                self._end(self.end_type(self._id, "lost", reason=LOST))
            case "end":
                self._end(msgspec.convert(event, self.end_type))
            case _:
                self._take_more(event)

    def _end(self, end: E) -> None:
        if not self._ended.done():
            self._ended.set_result(end)

    def _count(self, end: E) -> None:
        status = self._judge(end)[0] if end.how != "lost" else Status.PATHWAY_ERROR
        metrics.calls_ended.labels(self._trunk.name, status.value).inc()
