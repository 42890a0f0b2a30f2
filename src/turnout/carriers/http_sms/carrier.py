"""The carrier for providers that take one form a message, or a JSON object a call or fax."""

import asyncio
from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

import msgspec

from turnout.carriers import (
    Attachment,
    Inbox,
    Message,
    Misconfigured,
    Outcome,
    Parcel,
    Rejected,
    Unknown,
    merge_all,
)
from turnout.carriers.http_sms.answers import read_answer
from turnout.carriers.http_sms.calls import CALLS, CallTexts, judge_call, reference_of, to_call
from turnout.carriers.http_sms.cancelling import Cancelling
from turnout.carriers.http_sms.documents import as_tiff, fax_url
from turnout.carriers.http_sms.settings import HttpSmsSettings
from turnout.carriers.http_sms.webhook import NAME, calls_of, events_of, media_url, path_of
from turnout.carriers.posting import Poster, Request
from turnout.core.ids import RecipientId
from turnout.core.messaging.merging import Template, TooLong
from turnout.core.messaging.model import Channel, Status
from turnout.http.compiled import CompiledCache
from turnout.store import Database
from turnout.store.sources import Clock

_FORM = "application/x-www-form-urlencoded"
_JSON = "application/json"


class _Texts:
    """A message's texts, taken apart once."""

    def __init__(self, message: Message) -> None:
        self.subject = Template(message.subject)
        self.text = Template(message.text)
        self.call = CallTexts(message)


class HttpSmsCarrier:
    """See `turnout.carriers.Carrier`.

    `send` answers within `timeout_s` of the settings once its turn has come. `base_url` is where
    the provider reaches this server; `name` is the account's.

    While other accounts can take its messages, a provider that cannot be reached, asks for a pause
    or answers nothing that can be used gets none for a time: see `is_open`.
    """

    channels = frozenset({Channel.SMS, Channel.MMS}) | CALLS
    has_line = False

    def __init__(
        self,
        settings: HttpSmsSettings,
        clock: Clock,
        base_url: str,
        name: str = NAME,
        db: Database | None = None,
    ) -> None:
        """`db` tells which calls were cancelled; without it gateways are not told."""
        self.name = name
        self._settings = settings
        self._clock = clock
        self._base_url = base_url
        self._templates = CompiledCache(_Texts, lambda texts: texts.text.size)
        self._poster = Poster(name, settings)
        self._db = db
        self._told: Cancelling | None = None
        self._cancelling: asyncio.Task[None] | None = None

    async def start(self, _inbox: Inbox) -> None:
        """Get ready; connections are made when there is something to send. What the provider
        tells comes to the webhook (webhook.py), not here."""
        self._poster.start()
        if self._db is not None:
            url = self._settings.url
            self._told = Cancelling(self.name, url, self._db, self._poster.session)
            self._cancelling = asyncio.create_task(self._told.run(), name=f"{self.name}-cancelling")

    def is_open(self) -> bool:
        """Whether the provider takes messages, as its last answers have it."""
        return self._poster.is_open()

    async def send(
        self, message: Message, parcels: Sequence[Parcel], *, is_yielding: bool = False
    ) -> list[Outcome]:
        """Hand parcels over; one outcome each, in their order. Never raises for the network.
        Yielding, what has not had its turn when the account closes is Retry."""
        template = await self._templates.get(message)
        requests = await merge_all(parcels, self._requests, message, parcels, template)

        def note(parcel: Parcel, outcome: Outcome) -> None:
            is_call = message.channel in CALLS
            if is_call and self._told is not None and isinstance(outcome, Unknown):
                self._told.note_unanswered(RecipientId(parcel.attempt_id))

        return await self._poster.send(parcels, requests, is_yielding=is_yielding, note=note)

    async def stop(self) -> None:
        """Finish the requests that are under way; those that wait for their turn are Retry."""
        await self._poster.finish()
        if self._cancelling is not None:
            self._cancelling.cancel()
            await asyncio.gather(self._cancelling, return_exceptions=True)
        await self._poster.close()

    def _requests(
        self, message: Message, parcels: Sequence[Parcel], template: _Texts
    ) -> list[Request | Misconfigured | Rejected]:
        """What is posted for each parcel, or why nothing is."""
        return [self._request(message, parcel, template) for parcel in parcels]

    def _request(
        self, message: Message, parcel: Parcel, template: _Texts
    ) -> Request | Misconfigured | Rejected:
        if not parcel.destination:
            return Rejected(Status.INVALID_NUMBER, "There is no number.")
        is_call = message.channel in CALLS
        try:
            if is_call:
                body = self._encode_call(message, parcel, template)
            else:
                body = urlencode(self._form(message, parcel, template)).encode()
        except TooLong as error:
            return Rejected(Status.FAILED, f"The text would have {error}")
        except ValueError as error:
            return Misconfigured(str(error))

        def read(status: int, said: bytes, headers: Mapping[str, str]) -> Outcome:
            outcome = self._read(status, said, headers)
            return judge_call(outcome, parcel, said) if is_call else outcome

        headers = {"Idempotency-Key": reference_of(parcel)}
        return Request((body,), _JSON if is_call else _FORM, headers, read)

    def _encode_call(self, message: Message, parcel: Parcel, template: _Texts) -> bytes:
        settings = self._settings
        files = message.attachments
        if message.channel is Channel.VOICE:
            files = files[:1]
        if not settings.webhook_secret:
            setting = f"TURNOUT_{self.name.upper()}_WEBHOOK_SECRET"
            raise ValueError(f"calls and faxes need {setting}, which signs their outcomes")
        if not files and message.channel is not Channel.TTS:
            raise ValueError("there is no file to play or to fax")
        is_drawn = message.channel is Channel.FAX and settings.fax_documents == "tiff"
        urls = [self._link(message, file, is_drawn=is_drawn) for file in files]
        if is_drawn:
            message = msgspec.structs.replace(message, attachments=tuple(map(as_tiff, files)))
        text = template.text.merge(parcel.fields)
        callback_url = self._base_url + calls_of(self.name)
        made = to_call(settings, message, parcel, text, template.call, urls, callback_url)
        return msgspec.json.encode(made)

    def _link(self, message: Message, file: Attachment, *, is_drawn: bool) -> str:
        settings, now = self._settings, self._clock()
        if is_drawn:
            return fax_url(settings, self._base_url + path_of(self.name), message, now, file)
        return media_url(settings, self._base_url, message, now, self.name, file)

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

    def _read(self, status: int, said: bytes, headers: Mapping[str, str]) -> Outcome:
        settings = self._settings
        return read_answer(
            status,
            said,
            headers.get("Retry-After", ""),
            now_s=self._clock() / 1000,
            id_member=settings.id_member,
            parts_member=settings.parts_member,
            has_reports=bool(settings.webhook_secret),
        )
