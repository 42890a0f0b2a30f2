"""The simulator: a network that reaches nobody, for every channel.

What it takes is on disk before `send` answers, with what it will still say about it; a task tells
the inbox when that is due, and strikes it off only after the inbox has stored it. So a server that
is killed at any instant finds its simulated network as it was.
"""

import asyncio
from collections.abc import Sequence

import msgspec
import structlog

from turnout.carriers import (
    Accepted,
    DeliveryReport,
    Inbox,
    Lapsed,
    Message,
    Outcome,
    Parcel,
    Rejected,
    Reply,
    Retry,
    merge_all,
)
from turnout.carriers.mails.headers import Unmailable, clean
from turnout.carriers.mails.mime import MailTemplate, Postmark, html_value
from turnout.carriers.simulator.fates import SPOKEN_PER_S, Fate, fate_of, say_key
from turnout.carriers.simulator.outbox import (
    DueReport,
    Sent,
    Verdict,
    add_messages,
    clear_due,
    forget_old,
    list_due,
    next_due,
)
from turnout.carriers.simulator.settings import SimulatorSettings
from turnout.core.messaging.merged_links import harmless_text
from turnout.core.messaging.merging import Template
from turnout.core.messaging.model import Channel, Kind, Status
from turnout.core.messaging.parts import count_parts
from turnout.errors import Failure, Unavailable
from turnout.http.compiled import CompiledCache
from turnout.store import Database, Tx, to_json
from turnout.store.troubles import Troubles

TOLD_AT_ONCE = 500
LONGEST_PAUSE_S = 1.0
FAX_S = 42
RETRY_S = 5.0

log = structlog.get_logger()
troubles = Troubles("the simulator waits")
_verdict = msgspec.json.Decoder(Verdict)


class SimulatorCarrier:
    """See `turnout.carriers.Carrier`."""

    name = "simulator"
    channels = frozenset(Channel)

    def __init__(self, settings: SimulatorSettings, db: Database) -> None:
        self._settings = settings
        self._db = db
        self._woken = asyncio.Event()
        self._merging = CompiledCache(_Merging, lambda merging: merging.size)
        self._task: asyncio.Task[None] | None = None
        self._is_stopping = False

    async def start(self, inbox: Inbox) -> None:
        """Begin to report and to reply."""
        self._task = asyncio.create_task(self._tell(inbox), name="simulator")

    async def send(self, message: Message, parcels: Sequence[Parcel]) -> list[Outcome]:
        """Take parcels; one outcome each, in their order. Never raises for the network."""
        if self._is_stopping:
            return [Retry(RETRY_S, "Turnout is stopping")] * len(parcels)
        try:
            merge = await self._merging.get(message)
        except Unmailable as fault:
            return [fault.outcome] * len(parcels)
        made = await merge_all(parcels, self._sent_all, message, parcels, merge)
        sent = [message for message, _ in made]
        try:
            ids = await self._db.write(_add_ours, parcels, sent)
        except Failure as failure:
            return [Retry(RETRY_S, failure.message)] * len(parcels)
        self._woken.set()
        return [
            (fate.answer or self._accepted(message.channel, id_, parcel.text)) if id_ else Lapsed()
            for (parcel, fate), id_ in zip(made, ids, strict=True)
        ]

    async def stop(self) -> None:
        """Finish what is being told, then say no more."""
        self._is_stopping = True
        self._woken.set()
        if self._task:
            await self._task

    def _accepted(self, channel: Channel, id_: int, text: str) -> Accepted:
        parts = count_parts(text) if channel is Channel.SMS else 1
        # As with a real relay, a mail that was taken is the end of it, but for a late bounce.
        is_mail = channel is Channel.EMAIL
        return Accepted(() if is_mail else (str(id_),), parts, is_final=is_mail)

    def _sent_all(
        self, message: Message, parcels: Sequence[Parcel], merge: "_Merging"
    ) -> list[tuple[Sent, Fate]]:
        at_s = self._db.clock() // 1000
        made = []
        for parcel in parcels:
            head, fate = merge.post(parcel, at_s)
            made.append((self._sent(message, parcel, fate, merge, head), fate))
        return made

    def _sent(
        self, message: Message, parcel: Parcel, fate: Fate, merge: "_Merging", head: str
    ) -> Sent:
        text = merge.text(parcel)
        verdict = _judge(message, parcel, fate, text)
        is_quiet = fate.answer is not None or (
            message.channel is Channel.EMAIL and fate.status is Status.SENT
        )
        return Sent(
            message.org_id,
            parcel.attempt_id,
            message.id,
            message.kind.value,
            message.channel.value,
            parcel.sender,
            parcel.destination,
            merge.subject(parcel),
            text,
            to_json(merge.facts(parcel, head)),
            to_json(verdict),
            None if is_quiet else round(self._settings.delay_s * fate.patience * 1000),
        )

    # -- what the network says later ----------------------------------------------------------

    async def _tell(self, inbox: Inbox) -> None:
        while not self._is_stopping:
            self._woken.clear()
            try:
                pause_s = await self._tell_some(inbox)
                troubles.worked(self.name)
            except Unavailable as failure:
                troubles.failed(failure.code, self.name, error=failure.message)
                pause_s = LONGEST_PAUSE_S
            except Exception:
                log.exception("the simulator goes on")
                pause_s = LONGEST_PAUSE_S
            if pause_s > 0:
                await self._pause(pause_s)

    async def _tell_some(self, inbox: Inbox) -> float:
        """Tell what is due; how long to wait for more (s)."""
        due = await self._db.read(list_due, TOLD_AT_ONCE)
        if due:
            now = self._db.clock()
            verdicts = [(message, _verdict.decode(message.outcome)) for message in due]
            await inbox.reports([_report(message, verdict, now) for message, verdict in verdicts])
            await inbox.replies(
                [
                    Reply(
                        carrier=SimulatorCarrier.name,
                        sender=message.destination,
                        recipient=verdict.answered or message.sender,
                        text=verdict.reply,
                        at=now,
                    )
                    for message, verdict in verdicts
                    if verdict.reply
                ]
            )
            await self._db.write(clear_due, due)
            return 0
        await self._db.write_behind(forget_old, self._settings.keep_days, TOLD_AT_ONCE)
        at = await self._db.read(next_due)
        if at is None:
            return LONGEST_PAUSE_S
        return min(LONGEST_PAUSE_S, max(0.01, (at - self._db.clock()) / 1000))

    async def _pause(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._woken.wait(), seconds)
        except TimeoutError:
            return


def _add_ours(tx: Tx, parcels: Sequence[Parcel], sent: Sequence[Sent]) -> list[int]:
    """Keep the messages that are still ours to hand over; 0 for the others."""
    is_ours = [parcel.is_ours() for parcel in parcels]
    ids = iter(
        add_messages(tx, [message for message, ours in zip(sent, is_ours, strict=True) if ours])
    )
    return [next(ids) if ours else 0 for ours in is_ours]


class _Merging:
    """A message's texts, taken apart once. Raises Unmailable if no mail can be made of it."""

    def __init__(self, message: Message) -> None:
        self._channel = message.channel
        self._mail = MailTemplate(message) if message.channel is Channel.EMAIL else None
        self.size = sum(map(len, (message.subject, message.text, message.html, message.header)))
        self._subject = Template(message.subject)
        is_mail = self._mail is not None
        escape = harmless_text if is_mail else None
        self._text = Template(message.text, escape, is_mail_text=is_mail)
        self._others = {
            name: Template(text, escape, is_html=name == "html")
            for name, text, escape in (
                ("html", message.html, html_value),
                ("header", message.header, None),
                ("voicemail", message.voicemail, None),
            )
            if text
        }
        self._facts: dict[str, object] = {
            name: value
            for name, value in (
                ("from_name", message.from_name),
                ("reply_to", message.reply_to),
                ("voice", message.voice),
                ("files", [attachment.name for attachment in message.attachments]),
                ("parts", self._mail.parts if self._mail else ()),
            )
            if value
        }

    def post(self, parcel: Parcel, at_s: int) -> tuple[str, Fate]:
        """The head of somebody's mail as a relay would get it, but for signatures, empty for other
        messages; and the outcome. What is no address is refused, as by the carrier of a relay."""
        fate = fate_of(self._channel, parcel.destination)
        if self._mail is None:
            return "", fate
        try:
            mark = Postmark("", f"turnout.{parcel.attempt_id}", "", at_s)
            return self._mail.render(parcel, mark).head, fate
        except Unmailable as fault:
            is_refused = fault.outcome.status is Status.INVALID_NUMBER
            return "", Fate(answer=fault.outcome) if is_refused else fate

    def subject(self, parcel: Parcel) -> str:
        subject = self._subject.merge(parcel.fields)
        return clean(subject) if self._mail else subject

    def text(self, parcel: Parcel) -> str:
        return self._text.merge(parcel.fields)

    def facts(self, parcel: Parcel, head: str) -> dict[str, object]:
        merged = {name: merge.merge(parcel.fields) for name, merge in self._others.items()}
        unsubscribe = {"unsubscribe_url": parcel.unsubscribe_url} if parcel.unsubscribe_url else {}
        return self._facts | merged | unsubscribe | ({"head": head} if head else {})


def _judge(message: Message, parcel: Parcel, fate: Fate, text: str) -> Verdict:
    if isinstance(fate.answer, Rejected):
        return Verdict(fate.answer.status.value, fate.answer.reason)
    if fate.answer is not None:
        return Verdict(Status.QUEUED.value, getattr(fate.answer, "reason", ""))
    duration_s = 0
    if fate.status is Status.SENT:
        if message.channel is Channel.FAX:
            duration_s = FAX_S
        elif message.channel in (Channel.TTS, Channel.VOICE):
            spoken = len(message.header) + len(text) * message.repeats
            duration_s = 3 + spoken // SPOKEN_PER_S
    return Verdict(
        fate.status.value,
        f"{fate.notes} {say_key(fate.key, message.keys)}".strip(),
        duration_s,
        fate.key,
        fate.is_voicemail,
        fate.reply if message.kind is not Kind.NOTICE else "",
        parcel.reply_number,
        fate.is_gone,
    )


def _report(due: DueReport, verdict: Verdict, now: int) -> DeliveryReport:
    is_mail = due.channel == Channel.EMAIL
    notes = f"Simulated. {verdict.notes}".strip()
    return DeliveryReport(
        carrier=SimulatorCarrier.name,
        status=Status(verdict.status),
        at=now,
        network_id="" if is_mail else str(due.id),
        attempt_id=due.attempt_id if is_mail else None,
        notes=notes,
        duration_s=verdict.duration_s,
        keypress=verdict.key,
        is_voicemail=verdict.is_voicemail,
        is_gone=verdict.is_gone,
    )
