"""What comes in: receipts and replies on their way from the binds to the inbox.

The rule: a deliver_sm is answered with OK only after the inbox has it on disk. To make that
cheap, what comes in is collected for a few milliseconds and stored with one call; while one call
runs, the next batch collects. If the inbox fails, all of the batch is answered with a temporary
error, upon which a network sends it again later. The same goes for more than may wait in memory,
and while stopping.

A receipt may overtake the answer to its submission. One that names a message nobody knows waits
until all submissions under way when it came are answered (`HOLD_S` at most): then the sender
knows the name, or it is a stranger's.
"""

import asyncio
from collections import deque
from typing import NamedTuple

import msgspec
import structlog

from turnout.carriers import DeliveryReport, Inbox, Reply
from turnout.carriers.smpp.pdu import Sms
from turnout.carriers.smpp.reassembly import Answer, Reassembly, Text, read_part
from turnout.carriers.smpp.receipts import is_receipt, read_receipt
from turnout.carriers.smpp.settings import SmppSettings
from turnout.carriers.smpp.statuses import OK, TEMPORARY_APPLICATION_ERROR
from turnout.carriers.smpp.submissions import Submissions
from turnout.store.sources import Clock
from turnout.store.troubles import Troubles

log = structlog.get_logger()
troubles = Troubles("what a network said cannot be stored; it will come again")

BATCH = 200
COLLECT_S = 0.005
HOLD_S = 5.0
MAX_WAITING = 10_000
AFTER_ERROR_S = 0.5
TICK_S = 0.25


class _Waiting(NamedTuple):
    """A report, and until when it waits for the answer to its submission."""

    report: DeliveryReport
    answer: Answer
    last_turn: int
    until: float


class Inbound:
    """Takes deliver_sm from all binds of a carrier."""

    def __init__(
        self, carrier: str, settings: SmppSettings, submissions: Submissions, clock: Clock
    ) -> None:
        self._carrier = carrier
        self._receipt_ids = settings.receipt_ids
        self._receipts_by_text = settings.receipts_by_text
        self._submissions = submissions
        self._clock = clock
        self._reassembly = Reassembly(settings.reassembly_s)
        self._reports: deque[_Waiting] = deque()
        self._texts: deque[Text] = deque()
        self._woken = asyncio.Event()
        self._is_stopping = False

    def start(self, inbox: Inbox) -> None:
        """Begin to store, in the running event loop."""
        self._loop = asyncio.get_running_loop()
        self._inbox = inbox
        self._timer = self._loop.call_later(TICK_S, self._tick)
        self._task = self._loop.create_task(self._run(), name="smpp inbound")

    def receive(self, sms: Sms, answer: Answer) -> None:
        """Take what a deliver_sm carries; `answer` is called with its command_status, now or
        later."""
        if self._is_stopping or len(self._reports) + len(self._texts) >= MAX_WAITING:
            answer(TEMPORARY_APPLICATION_ERROR)
        elif is_receipt(sms, by_text=self._receipts_by_text):
            self._receive_receipt(sms, answer)
        else:
            self._texts += self._reassembly.add(read_part(sms), answer, self._loop.time())
            self._wake()

    async def stop(self) -> None:
        """Store what is there, and take nothing more."""
        self._is_stopping = True
        self._timer.cancel()
        self._texts += self._reassembly.drain()
        self._woken.set()
        await self._task

    def _receive_receipt(self, sms: Sms, answer: Answer) -> None:
        receipt = read_receipt(sms, self._receipt_ids)
        if receipt.status is None or not receipt.network_id:
            if not receipt.network_id:
                log.warning("smpp receipt without a message id", notes=receipt.notes)
            answer(OK)
            return
        report = DeliveryReport(
            carrier=self._carrier,
            status=receipt.status,
            at=self._clock(),
            network_id=receipt.network_id,
            notes=receipt.notes,
        )
        until = self._loop.time() + HOLD_S
        self._reports.append(_Waiting(report, answer, self._submissions.last_turn, until))
        self._wake()

    def _wake(self) -> None:
        if self._reports or self._texts:
            self._woken.set()

    def _tick(self) -> None:
        now = self._loop.time()
        for answer in self._reassembly.take_due_answers(now):
            answer(OK)
        self._texts += self._reassembly.expire(now)
        self._wake()
        self._timer = self._loop.call_later(TICK_S, self._tick)

    async def _run(self) -> None:
        while not self._is_stopping or self._reports or self._texts:
            await self._woken.wait()
            if len(self._reports) + len(self._texts) < BATCH:
                await asyncio.sleep(COLLECT_S)
            self._woken.clear()
            reports, texts = self._take_reports(), self._take_texts()
            await self._store_reports(reports)
            await self._store_texts(texts)
            if not (reports or texts):
                await asyncio.sleep(COLLECT_S)
            self._wake()

    def _take_reports(self) -> list[_Waiting]:
        now = self._loop.time()
        ready: list[_Waiting] = []
        held: list[_Waiting] = []
        while self._reports and len(ready) < BATCH:
            report = self._reports.popleft()
            (ready if self._is_ready(report, now) else held).append(report)
        self._reports.extendleft(reversed(held))
        return ready

    def _is_ready(self, waiting: _Waiting, now: float) -> bool:
        return (
            self._submissions.is_answered(
                self._submissions.find_answered(waiting.report.network_id)
            )
            or not self._submissions.is_under_way(waiting.last_turn)
            or waiting.until <= now
        )

    async def _store_reports(self, batch: list[_Waiting]) -> None:
        if not batch:
            return
        status = OK
        try:
            await self._inbox.reports([self._name(waiting.report) for waiting in batch])
            troubles.worked("delivery reports")
        except Exception as error:  # noqa: BLE001 - it is told
            troubles.met(error, "delivery reports")
            status = TEMPORARY_APPLICATION_ERROR
            await asyncio.sleep(AFTER_ERROR_S)
        for waiting in batch:
            waiting.answer(status)

    def _name(self, report: DeliveryReport) -> DeliveryReport:
        """The report under the id of the answer. Whose answer is not known here (it came before a
        restart, or to another node) may be named otherwise in the database, too."""
        network_id = self._submissions.find_answered(report.network_id)
        is_loose = not self._submissions.is_answered(network_id)
        return msgspec.structs.replace(report, network_id=network_id, is_loose=is_loose)

    def _take_texts(self) -> list[Text]:
        return [self._texts.popleft() for _ in range(min(BATCH, len(self._texts)))]

    async def _store_texts(self, batch: list[Text]) -> None:
        if not batch:
            return
        now = self._clock()
        status = OK
        try:
            await self._inbox.replies(
                [
                    Reply(
                        carrier=self._carrier,
                        sender=text.sender,
                        recipient=text.recipient,
                        text=text.text,
                        at=now,
                    )
                    for text in batch
                ]
            )
            troubles.worked("replies")
        except Exception as error:  # noqa: BLE001 - it is told
            troubles.met(error, "replies")
            status = TEMPORARY_APPLICATION_ERROR
            await asyncio.sleep(AFTER_ERROR_S)
            for text in batch:
                self._reassembly.restore(text, self._loop.time())
        for text in batch:
            for answer in text.answers:
                answer(status)
