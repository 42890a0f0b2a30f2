"""The carrier for providers that take one form a message.

The address is the operator's own choice, so it is not judged as those of users are
(http/outbound.py); redirects are not followed all the same.

Each message has a connection of its own. A provider may close one that is kept at any moment, and
most say nothing before: a form that meets the closing would be Unknown, and lost (ADR 0026).
"""

import asyncio
import base64
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import structlog

from turnout.carriers import (
    Inbox,
    Lapsed,
    Message,
    Misconfigured,
    Outcome,
    Parcel,
    Rejected,
    Retry,
    Unknown,
    merge_all,
)
from turnout.carriers.http_sms.answers import RETRY_S, read_answer
from turnout.carriers.http_sms.closure import Closure
from turnout.carriers.http_sms.settings import HttpSmsSettings
from turnout.carriers.http_sms.webhook import NAME, events_of, media_url
from turnout.core.messaging.merging import Template, TooLong
from turnout.core.messaging.model import Channel, Status
from turnout.http.compiled import CompiledCache
from turnout.http.last_look import RequestWithdrawn, last_look
from turnout.http.pace import Pace
from turnout.store.sources import Clock

if TYPE_CHECKING:
    from turnout.http.handing_over import Body

ANSWER_BYTES = 65_536
log = structlog.get_logger()
_FORM = "application/x-www-form-urlencoded"


class _Texts:
    """A message's texts, taken apart once."""

    def __init__(self, message: Message) -> None:
        self.subject = Template(message.subject)
        self.text = Template(message.text)


class HttpSmsCarrier:
    """See `turnout.carriers.Carrier`.

    `send` answers within `timeout_s` of the settings once its turn has come. `base_url` is where
    the provider reaches this server; `name` is the account's.

    While other accounts can take its messages, a provider that cannot be reached, asks for a pause
    or answers nothing that can be used gets none for a time: see `is_open`.
    """

    channels = frozenset({Channel.SMS, Channel.MMS})
    has_line = False

    def __init__(
        self, settings: HttpSmsSettings, clock: Clock, base_url: str, name: str = NAME
    ) -> None:
        self.name = name
        self._settings = settings
        self._closure = Closure(name)
        self._clock = clock
        self._base_url = base_url
        self._turns = asyncio.Semaphore(settings.connections)
        self._pace = Pace(settings.rate)
        self._templates = CompiledCache(_Texts, lambda texts: texts.text.size)
        self._session: Any = None
        self._is_stopping = False
        self._under_way: set[asyncio.Task[Outcome]] = set()

    async def start(self, _inbox: Inbox) -> None:
        """Get ready; connections are made when there is something to send. What the provider
        tells comes to the webhook (webhook.py), not here."""
        import aiohttp

        from turnout.http.patience import make_connector

        settings = self._settings
        headers = {"User-Agent": "Turnout", "Accept-Encoding": "identity"}
        if settings.username:
            pair = base64.b64encode(f"{settings.username}:{settings.password}".encode()).decode()
            headers["Authorization"] = f"Basic {pair}"
        self._session = aiohttp.ClientSession(
            connector=make_connector(limit=settings.connections, force_close=True),
            timeout=aiohttp.ClientTimeout(total=settings.timeout_s),
            trust_env=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            trace_configs=[last_look()],
            auto_decompress=False,
            headers=headers,
        )

    def is_open(self) -> bool:
        """Whether the provider takes messages, as its last answers have it."""
        return not self._is_stopping and self._closure.left_s() == 0

    async def send(
        self, message: Message, parcels: Sequence[Parcel], *, is_yielding: bool = False
    ) -> list[Outcome]:
        """Hand parcels over; one outcome each, in their order. Never raises for the network.
        Yielding, what has not had its turn when the account closes is Retry."""
        template = await self._templates.get(message)
        forms = await merge_all(parcels, self._forms, message, parcels, template)
        tasks = [
            asyncio.ensure_future(self._send(parcel, form, is_yielding=is_yielding))
            for parcel, form in zip(parcels, forms, strict=True)
        ]
        self._under_way.update(tasks)
        for task in tasks:
            task.add_done_callback(self._under_way.discard)
        return await asyncio.gather(*tasks)

    async def stop(self) -> None:
        """Finish the requests that are under way; those that wait for their turn are Retry."""
        self._is_stopping = True
        await asyncio.gather(*self._under_way, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    async def _send(
        self, parcel: Parcel, form: bytes | Misconfigured | Rejected, *, is_yielding: bool
    ) -> Outcome:
        if not isinstance(form, bytes):
            return form
        async with self._turns:
            await self._pace.wait()
            if self._is_stopping:
                return Retry(RETRY_S, "Turnout is stopping")
            if is_yielding and (left_s := self._closure.left_s()):
                return Retry(left_s, self._closure.reason)
            if not parcel.is_ours():
                return Lapsed()
            outcome = await self._post(parcel, form)
            self._closure.note(outcome)
            return parcel.answered(outcome)

    def _forms(
        self, message: Message, parcels: Sequence[Parcel], template: _Texts
    ) -> list[bytes | Misconfigured | Rejected]:
        """The body of each parcel's request, or why there is none."""
        return [self._encode(message, parcel, template) for parcel in parcels]

    def _encode(
        self, message: Message, parcel: Parcel, template: _Texts
    ) -> bytes | Misconfigured | Rejected:
        if not parcel.destination:
            return Rejected(Status.INVALID_NUMBER, "There is no number.")
        try:
            return urlencode(self._form(message, parcel, template)).encode()
        except TooLong as error:
            return Rejected(Status.FAILED, f"The text would have {error}")
        except ValueError as error:
            return Misconfigured(str(error))

    def _form(self, message: Message, parcel: Parcel, template: _Texts) -> dict[str, str]:
        settings = self._settings
        text = template.text.merge(parcel.fields)
        form = {settings.to_field: f"+{parcel.destination}", settings.body_field: text}
        if parcel.sender:
            is_number = parcel.sender.isdigit() and len(parcel.sender) > len("123456")
            form[settings.from_field] = f"+{parcel.sender}" if is_number else parcel.sender
        if message.channel is Channel.MMS and message.attachments:
            form[settings.media_field] = media_url(
                settings, self._base_url, message, self._clock(), self.name
            )
            subject = template.subject.merge(parcel.fields)
            form[settings.body_field] = "\n".join(part for part in (subject, text) if part)
        if settings.callback_field and settings.webhook_secret:
            form[settings.callback_field] = self._base_url + events_of(self.name)
        if settings.reference_field:
            form[settings.reference_field] = str(parcel.attempt_id)
        return form

    async def _post(self, parcel: Parcel, form: bytes) -> Outcome:
        import aiohttp

        from turnout.http.handing_over import Body

        body = Body(form, content_type=_FORM)
        try:
            return await self._exchange(parcel, body)
        except RequestWithdrawn:
            return Lapsed()
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return self._judge(error, is_handed_over=body.is_handed_over)
        except Exception as error:
            # The form may have been taken: this one is not sent again, and no other is held up.
            log.exception("an answer could not be read", attempt=parcel.attempt_id)
            return Unknown(f"the provider's answer could not be read: {type(error).__name__}")

    async def _exchange(self, parcel: Parcel, body: "Body") -> Outcome:
        from turnout.http.patience import read_body

        settings = self._settings
        async with self._session.post(
            settings.url,
            data=body,
            headers={"Idempotency-Key": f"turnout-{parcel.attempt_id}"},
            allow_redirects=False,
            trace_request_ctx=parcel.is_ours,
        ) as answer:
            return read_answer(
                answer.status,
                await read_body(answer, ANSWER_BYTES),
                answer.headers.get("Retry-After", ""),
                now_s=self._clock() / 1000,
                id_member=settings.id_member,
                parts_member=settings.parts_member,
                has_reports=bool(settings.webhook_secret),
            )

    def _judge(self, error: Exception, *, is_handed_over: bool) -> Outcome:
        """The outcome of a form whose answer did not come: what did not leave is sent again, what
        may have is Unknown."""
        import aiohttp

        from turnout.http.broken import say

        if isinstance(
            error, aiohttp.ClientConnectorCertificateError | aiohttp.ClientConnectorSSLError
        ):
            return Misconfigured(f"The provider cannot be trusted: {say(error)}")
        if not is_handed_over:
            return Retry(RETRY_S, f"The provider cannot be reached: {say(error)}")
        if isinstance(error, TimeoutError):
            return Unknown(f"the provider did not answer in {self._settings.timeout_s:g} s")
        return Unknown(f"the exchange with the provider broke: {say(error)}")
