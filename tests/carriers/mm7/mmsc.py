"""An MMSC on this machine: it reads what comes as the stdlib does, not as we write it."""

import asyncio
import email
import email.policy
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from email.message import EmailMessage
from typing import Any, NamedTuple
from xml.etree import ElementTree as Xml

from aiohttp import web

from turnout.carriers import Message, Parcel
from turnout.carriers.mm7 import Mm7Carrier, Mm7Settings
from turnout.core.messaging.model import Channel

NOW = 1_764_000_000_000
SECRET = "a webhook secret"
SCHEMA = "{http://www.3gpp.org/ftp/Specs/archive/23_series/23.140/schema/REL-6-MM7-1-4}"
SOAP = "{http://schemas.xmlsoap.org/soap/envelope/}"
Answer = Callable[["Submitted"], Awaitable[web.StreamResponse]]


class Submitted(NamedTuple):
    """A SubmitReq: its members by name in their order, and the parts by their Content-Location."""

    transaction: str
    members: dict[str, Any]
    parts: dict[str, tuple[str, Any]]
    headers: dict[str, str]

    @property
    def number(self) -> str:
        return str(self.members["Recipients"]["To"]["Number"])

    @property
    def text(self) -> str:
        return str(self.parts["text.txt"][1])


def read(content_type: str, body: bytes, headers: dict[str, str]) -> Submitted:
    whole = email.message_from_bytes(
        f"Content-Type: {content_type}\r\n\r\n".encode() + body, policy=email.policy.HTTP
    )
    assert isinstance(whole, EmailMessage)
    first, content = whole.iter_parts()
    assert (first.get_content_type(), first["Content-ID"]) == ("text/xml", "<turnout-soap>")
    root = Xml.fromstring(first.get_content())  # noqa: S314 - it is our own
    [transaction] = root.findall(f"{SOAP}Header/{SCHEMA}TransactionID")
    [request] = root.findall(f"{SOAP}Body/{SCHEMA}SubmitReq")
    assert request[-1].attrib["href"] == f"cid:{content['Content-ID'].strip('<>')}"
    parts = {
        str(part["Content-Location"]): (part.get_content_type(), part.get_content())
        for part in content.iter_parts()
    }
    return Submitted(transaction.text or "", _members(request), parts, headers)


def _members(element: Xml.Element) -> dict[str, Any]:
    return {
        child.tag.removeprefix(SCHEMA): _members(child) if len(child) else child.text
        for child in element
    }


class Mmsc:
    """Takes messages at `url`, and answers as `answer` says; keeps them in `taken`."""

    def __init__(self, answer: Answer | None = None) -> None:
        self._answer = answer or self._take
        self._numbers = itertools.count(1)
        self.taken: list[Submitted] = []
        self.url = ""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        headers = dict(request.headers)
        self.taken.append(read(request.headers["Content-Type"], body, headers))
        return await self._answer(self.taken[-1])

    async def _take(self, submitted: Submitted) -> web.StreamResponse:
        return answer_with(1000, "Success", f"M-{next(self._numbers)}")


def answer_with(code: int, text: str = "", message_id: str = "") -> web.Response:
    """A SubmitRsp as an MMSC of another release writes it."""
    named = f"<m:MessageID>{message_id}</m:MessageID>" if message_id else ""
    body = (
        '<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" '
        'xmlns:m="urn:mm7"><s:Header><m:TransactionID>t</m:TransactionID></s:Header><s:Body>'
        "<m:SubmitRsp><m:MM7Version>5.3.0</m:MM7Version><m:Status><m:StatusCode>"
        f"{code}</m:StatusCode><m:StatusText>{text}</m:StatusText></m:Status>{named}"
        "</m:SubmitRsp></s:Body></s:Envelope>"
    )
    return web.Response(body=body.encode(), content_type="text/xml")


def fault_with(code: int, text: str) -> web.Response:
    body = (
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault>'
        "<faultcode>s:Client</faultcode><faultstring>Client error</faultstring><detail>"
        f'<RSErrorRsp xmlns="urn:mm7"><Status><StatusCode>{code}</StatusCode><StatusText>{text}'
        "</StatusText></Status></RSErrorRsp></detail></s:Fault></s:Body></s:Envelope>"
    )
    return web.Response(status=500, body=body.encode(), content_type="text/xml")


@asynccontextmanager
async def serving(answer: Answer | None = None) -> AsyncIterator[Mmsc]:
    mmsc = Mmsc(answer)
    app = web.Application(client_max_size=20_000_000)
    app.router.add_post("/mm7", mmsc.handle)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    mmsc.url = f"http://127.0.0.1:{runner.addresses[0][1]}/mm7"
    try:
        yield mmsc
    finally:
        await runner.cleanup()


class NoInbox:
    """This carrier's news come to the webhook."""

    async def reports(self, reports: object) -> None:
        raise AssertionError(reports)

    async def replies(self, replies: object) -> None:
        raise AssertionError(replies)


def settings_for(url: str, **others: Any) -> Mm7Settings:
    return Mm7Settings(**{"url": url, "webhook_secret": SECRET, **others})


@asynccontextmanager
async def carrying(url: str, **settings: Any) -> AsyncIterator[Mm7Carrier]:
    carrier = Mm7Carrier(settings_for(url, **settings), lambda: NOW)
    await carrier.start(NoInbox())
    try:
        yield carrier
    finally:
        await carrier.stop()


def new_message(**members: Any) -> Message:
    given: dict[str, Any] = {
        "id": 1,
        "org_id": 10001,
        "channel": Channel.MMS,
        "subject": "For %%n%%",
        "text": "Hi %%n%% <ü>",
    }
    return Message(**given | members)


def new_parcel(number: int = 1, **members: Any) -> Parcel:
    given: dict[str, Any] = {
        "attempt_id": number,
        "destination": f"614123456{number:02}",
        "sender": "61400000100",
        "fields": {"n": str(number)},
    }
    return Parcel(**given | members)


def run(scenario: Any) -> Any:
    return asyncio.run(asyncio.wait_for(scenario, 90))
