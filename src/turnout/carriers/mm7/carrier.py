"""The carrier for MMSCs that speak MM7: SOAP with attachments, one message a request."""

import datetime
from collections.abc import Mapping, Sequence

from turnout.carriers import (
    Inbox,
    Message,
    Misconfigured,
    Outcome,
    Parcel,
    Rejected,
    merge_all,
)
from turnout.carriers.mm7 import content, soap
from turnout.carriers.mm7.answers import read_answer
from turnout.carriers.mm7.settings import Mm7Settings
from turnout.carriers.posting import Poster, Request
from turnout.core.messaging.merging import TooLong
from turnout.core.messaging.model import Channel, Status
from turnout.core.messaging.outcomes import name_call
from turnout.http.compiled import CompiledCache
from turnout.store.sources import Clock

NAME = "mm7"
_LONGEST_SHORT_CODE = 6


class Mm7Carrier:
    """See `turnout.carriers.Carrier`; `name` is the account's.

    `send` answers within `timeout_s` of the settings once its turn has come; the first message of a
    job waits until its picture fits. See `Poster` for `is_open`.
    """

    channels = frozenset({Channel.MMS})
    has_line = False

    def __init__(self, settings: Mm7Settings, clock: Clock, name: str = NAME) -> None:
        self.name = name
        self._settings = settings
        self._clock = clock
        self._contents: CompiledCache[Message, content.Content] = CompiledCache(
            lambda message: content.prepare(message, settings), lambda made: made.size
        )
        self._poster = Poster(name, settings)

    async def start(self, _inbox: Inbox) -> None:
        """Get ready; connections are made when there is something to send. What the MMSC tells
        comes to the webhook (webhook.py), not here."""
        self._poster.start()

    def is_open(self) -> bool:
        """Whether the MMSC takes messages, as its last answers have it."""
        return self._poster.is_open()

    async def send(
        self, message: Message, parcels: Sequence[Parcel], *, is_yielding: bool = False
    ) -> list[Outcome]:
        """Hand parcels over; one outcome each, in their order. Never raises for the network.
        Yielding, what has not had its turn when the account closes is Retry."""
        made = await self._contents.get(message)
        requests = await merge_all(parcels, self._requests, parcels, made)
        return await self._poster.send(parcels, requests, is_yielding=is_yielding)

    async def stop(self) -> None:
        """Finish the requests that are under way; those that wait for their turn are Retry."""
        await self._poster.finish()
        await self._poster.close()

    def _requests(
        self, parcels: Sequence[Parcel], made: content.Content
    ) -> list[Request | Misconfigured | Rejected]:
        return [self._request(parcel, made) for parcel in parcels]

    def _request(self, parcel: Parcel, made: content.Content) -> Request | Misconfigured | Rejected:
        if not parcel.destination:
            return Rejected(Status.INVALID_NUMBER, "There is no number.")
        if made.refusal:
            return Rejected(Status.NOT_CONVERTED, made.refusal)
        try:
            text = made.text.merge(parcel.fields)
            subject = made.subject.merge(parcel.fields)
        except TooLong as error:
            return Rejected(Status.FAILED, f"The text would have {error}")
        content_type, parts = content.write(made, text, self._envelope(parcel, subject))
        if sum(map(len, parts)) > self._settings.largest_bytes:
            limit = self._settings.largest_bytes // 1000
            return Rejected(Status.FAILED, f"The message has more than {limit} kB.")
        return Request(parts, content_type, {"SOAPAction": '""'}, self._read)

    def _envelope(self, parcel: Parcel, subject: str) -> bytes:
        settings = self._settings
        is_told = bool(settings.webhook_secret)
        sender: soap.Members = [
            ("VASPID", settings.vasp_id),
            ("VASID", settings.vas_id),
            ("SenderAddress", _address(parcel.sender)),
        ]
        members: soap.Members = [
            ("MM7Version", settings.version),
            ("SenderIdentification", sender),
            ("Recipients", [("To", _address(parcel.destination))]),
            ("ServiceCode", settings.service_code),
            ("TimeStamp", _say_time(self._clock())),
            ("ExpiryDate", _say_time(parcel.valid_until) if parcel.valid_until else ""),
            ("DeliveryReport", str(is_told).lower()),
            ("ReadReply", str(is_told and settings.read_replies).lower()),
            ("Subject", subject),
        ]
        return soap.write(
            settings.schema,
            name_call(parcel.attempt_id),
            "SubmitReq",
            members,
            f'<Content href="cid:{content.CONTENT_ID}" allowAdaptations="true"/>',
        )

    def _read(self, status: int, said: bytes, headers: Mapping[str, str]) -> Outcome:
        return read_answer(
            status,
            said,
            headers,
            now_s=self._clock() / 1000,
            has_reports=bool(self._settings.webhook_secret),
        )


def _address(address: str) -> soap.Members:
    """A number, or what is none: a short code or a name."""
    if not address:
        return []
    if address.isdigit() and len(address) > _LONGEST_SHORT_CODE:
        return [("Number", f"+{address}")]
    return [("ShortCode", address)]


def _say_time(at: int) -> str:
    moment = datetime.datetime.fromtimestamp(at // 1000, datetime.UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
