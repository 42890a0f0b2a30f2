"""The e-mail carrier: compiles each job once, makes and signs the mails, and hands them over.

Outgoing: `carriers/mails` makes mails and signs them, `pool.py` and `session.py` deliver them to
the relay, `outcomes.py` says what its answers mean. Incoming: `listener.py` takes what is sent to
the return paths of `bounces.py`.

A mail that the relay took is final for the engine, and may bounce nevertheless: the report then
names the attempt.
"""

import asyncio
from collections.abc import Sequence
from functools import partial

import structlog

from turnout.carriers import DeliveryReport, Inbox, Message, Outcome, Parcel, Rejected, merge_all
from turnout.carriers.mails.dkim import Signer
from turnout.carriers.mails.headers import Unmailable
from turnout.carriers.mails.mime import Mail, MailTemplate, Postmark
from turnout.carriers.smtp.bounces import COMPLAINT, ReturnPaths, find_bounce
from turnout.carriers.smtp.listener import BounceListener
from turnout.carriers.smtp.pool import Pool
from turnout.carriers.smtp.settings import SmtpSettings
from turnout.core.messaging.merging import TooLong
from turnout.core.messaging.model import Channel, Status
from turnout.http.compiled import CompiledCache
from turnout.http.pace import Pace
from turnout.store.sources import Clock, system_clock

log = structlog.get_logger()

# Mails made in one go: some 0.5 ms of the event loop, or 16 ms of a thread that signs with RSA.
_SLICE = 16


class SmtpCarrier:
    """Sends e-mail through a relay. Raises ValueError when a key or certificate cannot be read.

    The return path names the attempt, and so does Message-ID, which stays the same when an
    attempt is sent again.
    """

    channels = frozenset({Channel.EMAIL})

    def __init__(
        self, settings: SmtpSettings, *, name: str = "smtp", clock: Clock = system_clock
    ) -> None:
        self.name = name
        self.listen_port: int | None = None
        self._settings = settings
        self._clock = clock
        self._templates = CompiledCache(MailTemplate, lambda template: template.size)
        self._pool = Pool(settings)
        self._pace = Pace(settings.rate)
        self._signers = [
            Signer.load(settings.dkim_domain, selector, path)
            for selector, path in settings.dkim_keys.items()
        ]
        self._return_paths = (
            ReturnPaths(settings.return_path_domain, settings.return_path_secret)
            if settings.return_path_domain
            else None
        )
        self._listener: BounceListener | None = None

    async def start(self, inbox: Inbox) -> None:
        """Listen for bounces if so set (`listen_port` then is the port); connect when there is
        something to send. Raises OSError when the listener's address is not free."""
        if self._return_paths and self._settings.listen_port is not None:
            take = partial(self._take_bounce, inbox)
            self._listener = BounceListener(self._settings, self._return_paths, take)
            self.listen_port = await self._listener.start()

    async def send(self, message: Message, parcels: Sequence[Parcel]) -> list[Outcome]:
        """See `Carrier.send`. A few mails are made ahead of those that the relay is taking."""
        waiting: list[Rejected | asyncio.Future[Outcome]] = []
        try:
            template = await self._templates.get(message)
            for start in range(0, len(parcels), _SLICE):
                await self._pool.room()
                some = parcels[start : start + _SLICE]
                await self._pace.wait(len(some))
                mails = await self._make(template, some)
                waiting += [
                    mail
                    if isinstance(mail, Rejected)
                    else self._pool.put(mail, parcel.is_ours, parcel.tell)
                    for mail, parcel in zip(mails, some, strict=True)
                ]
            return [
                attempt if isinstance(attempt, Rejected) else await attempt for attempt in waiting
            ]
        except Unmailable as fault:
            return [fault.outcome] * len(parcels)
        finally:
            for attempt in waiting:
                if not isinstance(attempt, Rejected):
                    attempt.cancel()

    async def stop(self) -> None:
        """See `Carrier.stop`. What no connection has begun with is put off."""
        await self._pool.stop()
        if self._listener:
            await self._listener.stop()

    async def _make(
        self, template: MailTemplate, parcels: Sequence[Parcel]
    ) -> list[Mail | Rejected]:
        if self._signers or template.signers:
            return await asyncio.to_thread(self._render, template, parcels)
        return await merge_all(parcels, self._render, template, parcels)

    def _render(self, template: MailTemplate, parcels: Sequence[Parcel]) -> list[Mail | Rejected]:
        mails: list[Mail | Rejected] = []
        at_s = self._clock() // 1000
        for parcel in parcels:
            try:
                mark = self._postmark(parcel.attempt_id, at_s, template.return_path)
                signers = template.signers or self._signers
                mails.append(template.render(parcel, mark, signers))
            except Unmailable as fault:
                mails.append(fault.outcome)
            except TooLong as fault:
                mails.append(Rejected(Status.FAILED, f"The mail would have {fault}"))
        return mails

    def _postmark(self, attempt_id: int, at_s: int, domain: str) -> Postmark:
        """`domain` is that of the mail's own return path, empty = the carrier's."""
        if paths := self._return_paths:
            token = paths.token(attempt_id)
            return Postmark(paths.wrap(token, domain), token, domain or paths.domain, at_s)
        return Postmark("", f"turnout.{attempt_id}", "", at_s)

    async def _take_bounce(self, inbox: Inbox, attempt_id: int, raw: bytes) -> None:
        bounce = await asyncio.to_thread(find_bounce, raw)
        if bounce and bounce.is_complaint and self._return_paths and attempt_id == COMPLAINT:
            found = await asyncio.to_thread(self._return_paths.find_in, raw)
            attempt_id = found or COMPLAINT
        if not bounce or not attempt_id:
            log.info("mail to a return path is no bounce; it is dropped", attempt=attempt_id)
            return
        report = DeliveryReport(
            carrier=self.name,
            status=Status.BOUNCED,
            at=self._clock(),
            attempt_id=attempt_id,
            notes=bounce.notes,
            is_gone=bounce.is_gone,
            is_complaint=bounce.is_complaint,
        )
        await inbox.reports([report])
