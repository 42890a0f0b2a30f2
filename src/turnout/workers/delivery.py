"""The loops that hand messages to carriers; one for each lane (core/messaging/delivering.py).

A loop claims while there is room, hands each job's share to the carrier in a task of its own, and
has what was answered recorded (recorder.py). What waits has its lease renewed, and nothing is
handed over without one (leases.py). It never claims more than it may hold, so a slow network holds
back its own lane and nothing else. Verification codes have a lane of their own and go first at the
database; and since broadcasts are claimed in small shares, a carrier never has much before a code.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import msgspec
import structlog

from turnout.carriers import (
    Carrier,
    Lapsed,
    Lease,
    Message,
    Misconfigured,
    Outcome,
    Parcel,
    Rejected,
    Retry,
    Unknown,
)
from turnout.core.ids import RecipientId, RegistrationId
from turnout.core.mails.model import MY_LINK
from turnout.core.messaging.delivering import (
    ALWAYS_ON,
    ClaimedJob,
    ClaimedRecipient,
    claim,
)
from turnout.core.messaging.fence import Fence
from turnout.core.messaging.hours import QuietHours
from turnout.core.messaging.lengths import Lengths
from turnout.core.messaging.merging import UNSUBSCRIBE
from turnout.core.messaging.model import URGENT, Channel, JobHead, Kind
from turnout.core.messaging.prices import Prices
from turnout.core.messaging.receiving import forget_early_reports, match_early_reports
from turnout.core.messaging.reckoning import fields_of
from turnout.core.messaging.recording import Patience, Result
from turnout.core.messaging.sender_ids import SenderRules
from turnout.core.messaging.speakable import Scripts
from turnout.core.tickets.guest_links import make_guest_tokens
from turnout.errors import Unavailable
from turnout.store import Database
from turnout.store.sources import counting_clock
from turnout.workers.journal import Journal
from turnout.workers.leases import Leases
from turnout.workers.loop import Loop
from turnout.workers.messages import Messages, Prepared
from turnout.workers.recorder import PROMPT, Recorder
from turnout.workers.refusals import find_refusal
from turnout.workers.senders import Senders, display_name

SHARE = 250
PIECE = 25
# In characters of merged texts: what is handed over at once, and what no care is taken of.
PORTION = 2_000_000
LIGHT = 250_000
HEAVY_AT_ONCE = 4
SWEEP = 500
RETRY_S = 60.0
# How often, and after what pause, a message is read again that could not be read.
READINGS, READ_PAUSE_S = 20, 1.0
SILENT = Unknown("the carrier gave no answer")

log = structlog.get_logger()
_Possible = tuple[ClaimedRecipient, Parcel]
_fields_decoder = msgspec.json.Decoder(dict[str, str])


class Delivery(msgspec.Struct, frozen=True):
    """How messages are delivered. `unsubscribe_url` gives a recipient's one-click address; `my_url`
    is what guests' personal links begin with.
    `journal` is the folder of what is sent and not recorded yet (journal.py), None = there is
    none."""

    carriers: Mapping[Channel, Carrier]
    prices: Prices
    unsubscribe_url: Callable[[RecipientId], str]
    senders: SenderRules
    my_url: str = ""
    fence: Fence = Fence()
    lease_ms: int = 120_000
    patience: Patience = Patience(72 * 3600 * 1000)
    quiet_hours: QuietHours = ALWAYS_ON
    journal: Path | None = None
    scripts: Scripts = {}
    most_in_flight: int = 2_000


class DeliveryLoop(Loop):
    """Claims, sends and records for one lane until it is stopped; then what is under way is waited
    for and recorded."""

    def __init__(self, db: Database, lane: str, delivery: Delivery, messages: Messages) -> None:
        super().__init__(f"messaging-{lane}", self._turn)
        self._db = db
        self._lane = lane
        self._delivery = delivery
        self._messages = messages
        self._tasks: set[asyncio.Task[None]] = set()
        self._in_flight = 0
        self._heavy = asyncio.Semaphore(HEAVY_AT_ONCE)
        self._write = db.write_first if lane == URGENT else db.write_behind
        self._leases = Leases(f"{self.name}-leases", db.lease_now, self._write, delivery.lease_ms)
        self._recorder = Recorder(
            self.name,
            self._write,
            self._leases,
            delivery.prices,
            delivery.patience,
            self.wake,
            Journal(delivery.journal),
            prompt=1 if lane == URGENT else PROMPT,
        )
        db.on_wake(f"messaging-{lane}", self.wake)

    def start(self) -> None:
        """Begin, and keep the leases of what is in hand."""
        super().start()
        self._leases.start()
        self._recorder.start()

    async def stop(self) -> None:
        """Finish what carriers have, record it, and end."""
        await super().stop()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._recorder.stop()
        await self._leases.stop()

    async def _turn(self) -> bool:
        room = self._delivery.most_in_flight - self._in_flight - len(self._recorder)
        if room < min(SHARE, self._delivery.most_in_flight):
            return False  # woken when something ends
        # After a freeze our own would be due: they are ours, and not to be claimed a second time.
        await self._leases.renew()
        since_s = counting_clock()
        delivery = self._delivery
        claimed = await self._write(
            claim,
            self._lane,
            SHARE,
            delivery.lease_ms,
            delivery.quiet_hours,
            delivery.fence,
        )
        for job in claimed:
            self._in_flight += len(job.recipients)
            for some in _cut(job):
                lease = self._leases.take(some, since_s)
                task = asyncio.create_task(self._send(some, lease))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
        return bool(claimed)  # what ends wakes the loop

    async def _send(self, job: ClaimedJob, lease: Lease) -> None:
        started = time.perf_counter()
        try:
            results = await self._outcomes(job, lease)
        # Nothing was handed over: what that raises, `_hand_over` answers.
        except Unavailable as failure:
            facts = {"job": job.head.id, "recipients": len(job.recipients)}
            log.warning("sending put off", code=failure.code, error=failure.message, **facts)
            results = _put_off(job, failure)
        except Exception as error:
            log.exception("sending failed", job=job.head.id, recipients=len(job.recipients))
            results = _put_off(job, error)
        self._in_flight -= len(job.recipients)
        self._recorder.add(*results)
        self._recorder.end(lease)
        log.debug("sent", job=job.head.id, seconds=round(time.perf_counter() - started, 3))

    def _tell(
        self,
        lease: Lease,
        head: JobHead,
        recipient: ClaimedRecipient,
        carrier: str,
        outcome: Outcome,
    ) -> None:
        """Somebody's outcome is known, though not yet those of the others of the piece: a killed or
        frozen worker leaves little that was sent and not recorded."""
        if recipient.id in lease.settled:
            return
        lease.settled.add(recipient.id)
        self._recorder.add(Result(head, recipient, _account_of(outcome, carrier), outcome))

    async def _outcomes(self, job: ClaimedJob, lease: Lease) -> list[Result]:
        """The outcomes that were not told before."""
        head = job.head
        carrier = self._delivery.carriers.get(head.job_type.channel)
        if carrier is None:
            reason = f"No carrier is set for {head.job_type.channel.value}."
            return [
                Result(head, recipient, "", Misconfigured(reason)) for recipient in job.recipients
            ]
        message, lengths, sender = await self._get_message(head)
        links = await self._make_guest_links(job)
        possible, results = [], []
        for recipient in job.recipients:
            link = links.get(recipient.reference, "")
            made = self._prepare(head, recipient, lengths, lease, carrier.name, sender, link)
            if isinstance(made, Parcel):
                possible.append((recipient, made))
            else:
                results.append(Result(head, recipient, carrier.name, made))
        for some in _portions(possible):
            parcels = [parcel for _, parcel in some]
            outcomes = await self._hand_over(carrier, message, parcels, lease)
            results += [
                Result(head, piece, _account_of(outcome, carrier.name), outcome)
                for (piece, _), outcome in zip(some, outcomes, strict=True)
                if piece.id not in lease.settled
            ]
        return results

    async def _make_guest_links(self, job: ClaimedJob) -> dict[str, str]:
        """Personal links of the guests whom a mail of ours is about, by their references; nothing
        that is kept has them (core/tickets/guest_links.py)."""
        head = job.head
        if head.kind is not Kind.NOTICE or f"%%{MY_LINK}%%" not in head.content.text:
            return {}
        about = {one.reference for one in job.recipients if one.reference.isdecimal()}
        numbers = [RegistrationId(int(reference)) for reference in about]
        tokens = await self._write(make_guest_tokens, head.org_id, numbers) if numbers else {}
        return {str(id_): f"{self._delivery.my_url}{token}" for id_, token in tokens.items()}

    async def _get_message(self, head: JobHead) -> Prepared:
        """What is handed over. While the database is away it is asked again and again, as the
        leases are renewed: what is put off waits for longer than most troubles last."""
        for _ in range(READINGS):
            try:
                return await self._messages.get(head)
            except Unavailable:
                if self._stopping:
                    raise
            await asyncio.sleep(READ_PAUSE_S)
        return await self._messages.get(head)

    def _prepare(
        self,
        head: JobHead,
        recipient: ClaimedRecipient,
        lengths: Lengths,
        lease: Lease,
        carrier: str,
        sender: str,
        link: str,
    ) -> Parcel | Rejected | Retry:
        """What is handed over for somebody, or why nothing is. One whose row cannot be read costs
        the others nothing."""
        try:
            unsubscribe_url = (
                self._delivery.unsubscribe_url(recipient.id) if head.can_be_left else ""
            )
            fields = merge_fields(head, recipient, unsubscribe_url)
            if head.kind is Kind.NOTICE:
                fields[MY_LINK] = link if recipient.reference else fields.get(MY_LINK, "")
            if fault := find_refusal(head, recipient, lengths, fields, self._delivery.scripts):
                return fault
            is_mail = head.job_type.channel is Channel.EMAIL
            not_after = self._not_after(head, recipient)
            return Parcel(
                attempt_id=recipient.id,
                destination=recipient.address,
                sender=sender,
                reply_number=head.options.reply_number,
                name=display_name(recipient.name) if is_mail else "",
                fields=fields,
                unsubscribe_url=unsubscribe_url,
                size=lengths.size(fields),
                lease=lease,
                not_after=not_after,
                valid_until=_valid_until(head, not_after),
                tell=partial(self._tell, lease, head, recipient, carrier),
            )
        except Exception as error:
            log.exception("a recipient cannot be read", job=head.id, recipient=recipient.id)
            return Retry(RETRY_S, f"Not sent: {type(error).__name__}; the log says more.")

    def _not_after(self, head: JobHead, recipient: ClaimedRecipient) -> int | None:
        """From when on somebody is sent nothing: the job is cut off, or it is quiet there."""
        quiet = self._delivery.quiet_hours
        if head.kind is not Kind.BROADCAST or not quiet.apply(head.job_type.channel):
            return head.cutoff_at
        begin = quiet.begin_at(recipient.address, self._db.clock(), head.timezone)
        return min((at for at in (begin, head.cutoff_at) if at is not None), default=None)

    async def _hand_over(
        self, carrier: Carrier, message: Message, parcels: list[Parcel], lease: Lease
    ) -> list[Outcome]:
        """One outcome each, whatever the carrier does. From here on a message may be sent: what
        raises is Unknown, and never sent again."""
        if lease.is_over():  # if not, the carrier looks at each later
            return [Lapsed()] * len(parcels)
        try:
            outcomes = await self._weigh_and_send(carrier, message, parcels)
        except Exception as error:
            log.exception("a carrier failed", carrier=carrier.name, parcels=len(parcels))
            outcomes = [Unknown(f"the carrier failed: {type(error).__name__}")] * len(parcels)
        missing = len(parcels) - len(outcomes)
        return outcomes[: len(parcels)] + [SILENT] * missing

    async def _weigh_and_send(
        self, carrier: Carrier, message: Message, parcels: list[Parcel]
    ) -> list[Outcome]:
        """Few long messages are made at a time, and while they are, less is claimed."""
        weight = sum(parcel.size for parcel in parcels)
        if weight <= LIGHT:
            return list(await carrier.send(message, parcels))
        places = weight // LIGHT
        self._in_flight += places
        try:
            async with self._heavy:
                return list(await carrier.send(message, parcels))
        finally:
            self._in_flight -= places


def _valid_until(head: JobHead, not_after: int | None) -> int | None:
    """Until when a message is of use: replies to one that comes later go to nobody."""
    expires_at = head.expires_at if head.job_type.takes_replies else None
    return min((at for at in (not_after, expires_at) if at is not None), default=None)


def _account_of(outcome: Outcome, carrier: str) -> str:
    """Who answered: the carrier, or one of its accounts."""
    return getattr(outcome, "carrier", "") or carrier


def _put_off(job: ClaimedJob, error: Exception) -> list[Result]:
    """All of a share to be tried again."""
    outcome = Retry(RETRY_S, f"Not sent: {type(error).__name__}; the log says more.")
    return [Result(job.head, recipient, "", outcome) for recipient in job.recipients]


def _cut(job: ClaimedJob) -> list[ClaimedJob]:
    """A share in pieces, each handed over in a task of its own."""
    recipients = job.recipients
    return [
        ClaimedJob(job.head, recipients[start : start + PIECE], job.until)
        for start in range(0, len(recipients), PIECE)
    ]


def merge_fields(
    head: JobHead, recipient: ClaimedRecipient, unsubscribe_url: str
) -> dict[str, str]:
    """What is known of somebody, by name in lower case; `unsubscribe_url` empty = there is none."""
    fields = fields_of(
        head.job_type,
        head.options,
        head.sender,
        reference=recipient.reference,
        name=recipient.name,
        given=_fields_decoder.decode(recipient.fields) if recipient.fields else {},
    )
    if unsubscribe_url:
        fields[UNSUBSCRIBE] = unsubscribe_url
    return fields


def _portions(possible: list[_Possible]) -> list[list[_Possible]]:
    """The same, in portions of up to PORTION characters, or of one that has more."""
    portions: list[list[_Possible]] = []
    size = 0
    for message in possible:
        if not portions or size + message[1].size > PORTION:
            portions.append([])
            size = 0
        portions[-1].append(message)
        size += message[1].size
    return portions


def delivery_loops(db: Database, delivery: Delivery) -> list[Loop]:
    """The loops that send on this node: one for each lane, and one for reports that went astray."""
    messages = Messages(db, Senders(db, delivery.senders), delivery.fence.redirects)

    async def match() -> bool:
        return await db.write_behind(match_early_reports, SWEEP) == SWEEP

    async def sweep() -> bool:
        return await db.write_behind(forget_early_reports, SWEEP) == SWEEP

    lanes = [URGENT, *(channel.value for channel in Channel)]
    return [
        *(DeliveryLoop(db, lane, delivery, messages) for lane in lanes),
        Loop("early-reports", match),
        Loop("early-reports-sweep", sweep, every_s=60),
    ]
