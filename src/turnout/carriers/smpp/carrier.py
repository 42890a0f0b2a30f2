"""The SMPP carrier: text messages through a provider's SMSC.

Keeps the binds of the settings up, each with a task that connects again after growing pauses, and
turns parcels into parts in the line that all binds share.
"""

import asyncio
import itertools
import secrets
import ssl
from collections.abc import Sequence

import structlog

from turnout.carriers import (
    Inbox,
    Message,
    Misconfigured,
    Outcome,
    Parcel,
    Rejected,
    Retry,
    merge_all,
)
from turnout.carriers.smpp import gsm, pdu
from turnout.carriers.smpp.addresses import read_destination, read_sender
from turnout.carriers.smpp.inbound import Inbound
from turnout.carriers.smpp.session import BindRefused, Session
from turnout.carriers.smpp.settings import SmppSettings
from turnout.carriers.smpp.statuses import BIND_FAILED, is_refusal
from turnout.carriers.smpp.submissions import RETRY_S, Batch, Submissions
from turnout.core.messaging.merging import Template, TooLong
from turnout.core.messaging.model import Channel, Status
from turnout.http.compiled import CompiledCache
from turnout.store.back_off import growing
from turnout.store.sources import Clock

log = structlog.get_logger()

LONGEST_PAUSE_S = 60.0
LONGEST_TICK_S = 1.0
_REFERENCES = 256


class SmppCarrier:
    """See `turnout.carriers.Carrier`.

    `send` answers within `patience_s` + `response_timeout_s` of the settings, the time that a
    lease on its parcels must outlast; `name` is the account's. Raises ValueError when
    `tls_ca_file` cannot be read.
    """

    channels = frozenset({Channel.SMS})
    has_line = True

    def __init__(self, settings: SmppSettings, clock: Clock, name: str = "smpp") -> None:
        self.name = name
        self._clock = clock
        self._settings = settings
        self._tls = _make_tls(settings)
        self._templates = CompiledCache(_compile, lambda template: template.size)
        self._submissions = Submissions(expects_receipts=settings.receipts)
        self._inbound = Inbound(self.name, settings, self._submissions, clock)
        self._sessions: list[Session] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._references = itertools.count(secrets.randbelow(_REFERENCES))
        self._refusal = ""
        self._has_been_bound = False
        self._is_stopping = False
        self._tick_s = min(LONGEST_TICK_S, settings.patience_s / 4)

    async def start(self, inbox: Inbox) -> None:
        """Connect, and keep connected until `stop`; returns without waiting for the network."""
        self._loop = asyncio.get_running_loop()
        self._inbound.start(inbox)
        self._timer = self._loop.call_later(self._tick_s, self._tick)
        self._tasks = [
            self._loop.create_task(self._keep_bound(), name=f"smpp bind {number}")
            for number in range(1, self._settings.binds + 1)
        ]

    def is_open(self) -> bool:
        """Whether a bind submits now."""
        return any(session.is_open for session in self._sessions)

    async def send(
        self, message: Message, parcels: Sequence[Parcel], *, is_yielding: bool = False
    ) -> list[Outcome]:
        """Submit parcels; one outcome each, in their order. Never raises for the network.

        Large texts are composed in a thread. When the caller is cancelled, what was not begun is
        not sent. Yielding, what waits in line when no bind submits any more is Retry.
        """
        if obstacle := self._find_obstacle(is_yielding=is_yielding):
            return [obstacle] * len(parcels)
        if not parcels:
            return []
        template = await self._templates.get(message)
        composed = await merge_all(parcels, self._compose_all, template, parcels)
        if obstacle := self._find_obstacle(is_yielding=is_yielding):
            return [obstacle] * len(parcels)
        batch = Batch(len(parcels), lambda place, outcome: parcels[place].answered(outcome))
        deadline = self._loop.time() + self._settings.patience_s
        for place, (parcel, bodies) in enumerate(zip(parcels, composed, strict=True)):
            if isinstance(bodies, Rejected):
                batch.settle(place, bodies)
            else:
                self._submissions.add(
                    batch, place, bodies, deadline, parcel.is_ours, is_yielding=is_yielding
                )
        for session in self._sessions:
            session.pump()
        await batch.done
        return batch.outcomes

    async def stop(self) -> None:
        """Finish what is under way, store what came in, then unbind."""
        self._is_stopping = True
        self._submissions.give_up(Retry(RETRY_S, "Turnout is stopping"))
        await self._submissions.wait_until_all_ended()
        await self._inbound.stop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._timer.cancel()

    def _find_obstacle(self, *, is_yielding: bool) -> Outcome | None:
        """Why nothing at all can be sent now, or, yielding, at once."""
        if self._is_stopping:
            return Retry(RETRY_S, "Turnout is stopping")
        if self._refusal and not self._is_bound():
            return Misconfigured(self._refusal)
        if is_yielding and not self.is_open():
            return Retry(RETRY_S, self._submissions.trouble or "the network wants a pause")
        return None

    def _give_way(self, reason: str) -> None:
        """What waits goes to other accounts where there are any, if no bind submits now."""
        if not self.is_open():
            self._submissions.give_way(Retry(RETRY_S, reason))

    def _compose_all(
        self, template: Template, parcels: Sequence[Parcel]
    ) -> list[list[bytes] | Rejected]:
        """What each parcel becomes: the bodies of its parts, or why there are none."""
        return [self._compose(template, parcel) for parcel in parcels]

    def _compose(self, template: Template, parcel: Parcel) -> list[bytes] | Rejected:
        """The bodies of a message's parts."""
        destination = read_destination(parcel.destination)
        if not destination:
            return Rejected(Status.INVALID_NUMBER, f"{parcel.destination!r} is not a phone number")
        sender = read_sender(parcel.sender)
        if not sender:
            return Rejected(Status.BAD_SENDER, f"{parcel.sender!r} cannot send text messages")
        try:
            text = template.merge(parcel.fields)
        except TooLong as fault:
            return Rejected(Status.FAILED, f"The text would have {fault}")
        coding, octets = gsm.encode(text)
        contents = gsm.cut(coding, octets)
        if (total := len(contents)) > gsm.MAX_PARTS:
            return Rejected(Status.FAILED, f"the text would take {total} messages")
        if total > 1:
            reference = next(self._references) % _REFERENCES
            contents = [
                gsm.header(reference, total, number) + content
                for number, content in enumerate(contents, 1)
            ]
        validity = self._validity_of(parcel)
        return [
            pdu.encode_sms(
                pdu.Sms(
                    source=sender,
                    destination=destination,
                    esm_class=pdu.ESM_UDHI if total > 1 else 0,
                    validity_period=validity,
                    registered_delivery=int(self._settings.receipts),
                    data_coding=coding,
                    content=content,
                )
            )
            for content in contents
        ]

    def _validity_of(self, parcel: Parcel) -> bytes:
        """Until when the network may deliver it; empty = for as long as it likes."""
        until = parcel.valid_until
        if until is None or until <= self._clock() or not self._settings.validity:
            return b""
        return pdu.encode_time(until // 1000)

    def _is_bound(self) -> bool:
        return any(session.is_bound for session in self._sessions)

    def _tick(self) -> None:
        self._submissions.expire(self._loop.time())
        self._timer = self._loop.call_later(self._tick_s, self._tick)

    async def _keep_bound(self) -> None:
        """One bind, again and again. One that outlasts the present pause was worth it: the
        pauses start over."""
        first_s = self._settings.reconnect_s
        pauses_s = growing(first_s, max(first_s, LONGEST_PAUSE_S))
        failures, pause_s = 1, first_s
        while True:
            session = Session(
                self._settings, self._submissions, self._inbound.receive, self._give_way
            )
            self._sessions.append(session)
            try:
                trouble = await self._live(session)
            finally:
                self._sessions.remove(session)
            if self._loop.time() - session.bound_at > pause_s:
                failures = 1
            pause_s = pauses_s.draw(failures)
            log.warning("smpp: not connected", reason=trouble, again_in_s=pause_s)
            if not self._is_bound():
                self._submissions.trouble = f"no connection to the network: {trouble}"
            self._give_way(self._submissions.trouble or trouble)
            await asyncio.sleep(pause_s)
            failures += 1

    async def _live(self, session: Session) -> str:
        """A session from its beginning to its end; why it ended, or never began."""
        try:
            await self._bind(session)
            await asyncio.shield(session.lost)
            return "the connection was lost"
        except BindRefused as refused:
            # A network that has not noticed yet that the last bind is gone may answer so too.
            is_stale = refused.status == BIND_FAILED and self._has_been_bound
            if is_refusal(refused.status) and not is_stale:
                self._refuse(str(refused))
            return str(refused)
        except (ssl.SSLCertVerificationError, ValueError) as error:
            self._refuse(f"{self._settings.host} cannot be trusted or does not exist: {error}")
            return str(error)
        except TimeoutError:
            return f"no answer within {self._settings.connect_timeout_s} s"
        except OSError as error:
            return str(error)
        except asyncio.CancelledError:
            await session.unbind()
            raise
        finally:
            session.abort()

    async def _bind(self, session: Session) -> None:
        settings = self._settings
        async with asyncio.timeout(settings.connect_timeout_s):
            await self._loop.create_connection(
                lambda: session, settings.host, settings.port, ssl=self._tls
            )
            await session.bound
        self._has_been_bound = True
        self._refusal = self._submissions.trouble = ""
        log.info("smpp: bound", host=settings.host, system_id=settings.system_id)

    def _refuse(self, reason: str) -> None:
        """Only an operator can help, unless another bind works."""
        if not self._is_bound():
            self._refusal = reason
            self._submissions.give_up(Misconfigured(reason))


def _make_tls(settings: SmppSettings) -> ssl.SSLContext | None:
    if not settings.tls:
        return None
    try:
        return ssl.create_default_context(cafile=settings.tls_ca_file or None)
    except OSError as error:
        raise ValueError(f"tls_ca_file {settings.tls_ca_file}: {error}") from error


def _compile(message: Message) -> Template:
    return Template(message.text)
