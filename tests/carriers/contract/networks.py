"""Each carrier beside a network of its own kind, under the names that the contract suite uses.

A `Network` knows who can be reached (`good`), whom it refuses for good (`refused`) and for now
(`put_off`), and what it has taken so far. What it says later comes to `inbox`.
"""

import asyncio
import email
import email.policy
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import msgspec
from aiohttp import web

from tests.carriers.http_sms.provider import BASE_URL, SECRET, providing
from tests.carriers.mm7 import mmsc
from tests.carriers.sip.fake_worker import command_of, new_house, read_taken
from tests.carriers.smpp.carrying import settings_for
from tests.carriers.smpp.peer import Peer
from tests.support.builder import make_organization
from tests.support.client import AppClient
from tests.support.mail_sink import MailSink
from tests.support.node import new_database
from turnout.carriers import Attachment, Carrier, DeliveryReport, Message, Outcome, Parcel, Reply
from turnout.carriers.http_sms import HttpSmsCarrier, HttpSmsSettings, build_webhook
from turnout.carriers.http_sms.webhook import NAME, events_of
from turnout.carriers.mm7 import Mm7Carrier
from turnout.carriers.mm7 import build_webhook as build_mm7
from turnout.carriers.mm7 import path_of as path_of_mm7
from turnout.carriers.signing import sign
from turnout.carriers.simulator import SimulatorCarrier, SimulatorSettings
from turnout.carriers.simulator.outbox import list_messages
from turnout.carriers.sip import SipCarrier, SipSettings
from turnout.carriers.sip_fax import SipFaxCarrier, SipFaxSettings
from turnout.carriers.smpp import SmppCarrier
from turnout.carriers.smtp import SmtpCarrier, SmtpSettings
from turnout.core.ids import UserId
from turnout.core.messaging.model import Channel, Content, JobType, Kind, NewRecipient
from turnout.core.messaging.staging import add_internal_job
from turnout.http.app import RootApp
from turnout.http.mounts import Mount
from turnout.settings import Settings
from turnout.store import Database, open_database
from turnout.store.sources import system_clock

EVENTS = events_of(NAME)
THROTTLED, REFUSED = 0x14, 0x0B
PATIENCE_S = 0.5


class Inbox:
    """Keeps what comes in."""

    def __init__(self) -> None:
        self.came: list[DeliveryReport] = []
        self._more = asyncio.Condition()

    async def reports(self, reports: Sequence[DeliveryReport]) -> None:
        async with self._more:
            self.came += reports
            self._more.notify_all()

    async def replies(self, replies: Sequence[Reply]) -> None:
        raise AssertionError(f"nobody has replied: {replies}")

    async def wait_for(self, count: int) -> list[DeliveryReport]:
        async with asyncio.timeout(10), self._more:
            await self._more.wait_for(lambda: len(self.came) >= count)
        return self.came


class Network(msgspec.Struct):
    """A carrier that has been started, and its network; `lost` is the same carrier where there is
    no network. `tell` has the network report the outcome of some ids, where it does not do so by
    itself."""

    carrier: Carrier
    lost: Carrier
    inbox: Inbox
    message: Message
    good: Callable[[int], str]
    refused: str
    put_off: str
    taken: Callable[[], Awaitable[list[tuple[str, str]]]]
    tell: Callable[[Sequence[str]], Awaitable[None]]

    def parcel(self, number: int, destination: str = "") -> Parcel:
        return Parcel(
            attempt_id=number,
            destination=destination or self.good(number),
            sender="events@example.com" if self.message.channel is Channel.EMAIL else "61400000100",
            fields={"n": str(number)},
        )

    async def send(self, *parcels: Parcel) -> list[Outcome]:
        async with asyncio.timeout(15):
            return await self.carrier.send(self.message, parcels)


async def _by_itself(_ids: Sequence[str]) -> None:
    pass


@contextmanager
def _database(folder: Path) -> Iterator[Database]:
    db = open_database(Settings(database_url=new_database("sqlite", folder)))
    try:
        yield db
    finally:
        db.close()


@asynccontextmanager
async def simulator(folder: Path) -> AsyncIterator[Network]:
    """The simulated network, which lives in the database."""
    with _database(folder) as db:
        org_id = db.call(make_organization, "acme")
        job_id = db.call(
            add_internal_job,
            org_id,
            UserId(1),
            kind=Kind.NOTICE,
            job_type=JobType.EMAIL,
            name="test",
            content=Content(text="x"),
            recipients=[NewRecipient("a@example.com")],
        )

        async def taken() -> list[tuple[str, str]]:
            found = db.call(list_messages, org_id, limit=10_000)
            return [
                (message.destination, message.text)
                for message in found
                if message.verdict.status == "SENT"
            ]

        carrier = SimulatorCarrier(SimulatorSettings(delay_s=0), db)
        async with _started(carrier) as inbox:
            lost = SimulatorCarrier(SimulatorSettings(), db)
            await lost.stop()
            yield Network(
                carrier=carrier,
                lost=lost,
                inbox=inbox,
                message=_message(Channel.EMAIL, id=job_id, org_id=org_id),
                good=lambda n: f"guest{n}@example.com",
                refused="bounce@example.com",
                put_off="defer@example.com",
                taken=taken,
                tell=_by_itself,
            )


@asynccontextmanager
async def smtp(_folder: Path) -> AsyncIterator[Network]:
    """A mail server."""
    with MailSink(refused={"bounce@example.com": 550, "defer@example.com": 451}) as sink:

        async def taken() -> list[tuple[str, str]]:
            return [(to, _text_of(mail)) for to, mail in sink.mails]

        carrier, lost = (SmtpCarrier(_smtp_settings(port)) for port in (sink.port, 1))
        async with _started(carrier) as inbox, _started(lost):
            yield Network(
                carrier=carrier,
                lost=lost,
                inbox=inbox,
                message=_message(Channel.EMAIL),
                good=lambda n: f"guest{n}@example.com",
                refused="bounce@example.com",
                put_off="defer@example.com",
                taken=taken,
                tell=_by_itself,
            )


def _text_of(mail: bytes) -> str:
    parsed = email.message_from_bytes(mail, policy=email.policy.default)
    assert isinstance(parsed, EmailMessage)
    return str(parsed.get_content())


def _smtp_settings(port: int) -> SmtpSettings:
    return SmtpSettings(host="127.0.0.1", port=port, tls="off", connect_timeout_s=PATIENCE_S)


@asynccontextmanager
async def smpp(_folder: Path) -> AsyncIterator[Network]:
    """An SMSC that is not written by us."""
    statuses = {"61400000999": REFUSED, "61400000998": THROTTLED}
    async with Peer.start(receipts="tlv", statuses=statuses) as peer:

        async def taken() -> list[tuple[str, str]]:
            refused = {("61400000999"), ("61400000998")}
            found = [(message["to"], message["text"]) for message in await peer.look("submit")]
            return [message for message in found if message[0] not in refused]

        carrier, lost = (
            SmppCarrier(settings_for(port, patience_s=PATIENCE_S), system_clock)
            for port in (peer.port, 1)
        )
        async with _started(carrier) as inbox, _started(lost):
            await peer.wait_for("bind")
            yield Network(
                carrier=carrier,
                lost=lost,
                inbox=inbox,
                message=_message(Channel.SMS),
                good=lambda n: f"614{n:08}",
                refused="61400000999",
                put_off="61400000998",
                taken=taken,
                tell=_by_itself,
            )


@asynccontextmanager
async def http_sms(folder: Path) -> AsyncIterator[Network]:
    """A provider that takes forms and calls back."""
    answers = {"+61400000999": 400, "+61400000998": 429}

    async def answer(_request: Any, form: dict[str, str]) -> web.Response:
        status = answers.get(form["To"], 200)
        return web.json_response({"sid": f"SM{form['To']}"}, status=status)

    with _database(folder) as db:
        async with providing(answer) as provider:

            async def taken() -> list[tuple[str, str]]:
                forms = [form for form in provider.forms if form["To"] not in answers]
                return [(form["To"].lstrip("+"), form["Body"]) for form in forms]

            settings = HttpSmsSettings(url=provider.url, webhook_secret=SECRET)
            nowhere = HttpSmsSettings(url="http://127.0.0.1:1/", webhook_secret=SECRET)
            carrier, lost = (
                HttpSmsCarrier(given, system_clock, BASE_URL) for given in (settings, nowhere)
            )
            async with _started(carrier) as inbox, _started(lost):
                app = build_webhook(settings, db, inbox, BASE_URL)
                root = RootApp([Mount("/", "hook", app)], is_ready=_be_ready, access_log=False)

                async def tell(ids: Sequence[str]) -> None:
                    for id_ in ids:
                        body = urlencode({"sid": id_, "status": "delivered"}).encode()
                        at = str(system_clock() // 1000)
                        headers = {"X-Timestamp": at, "X-Signature": sign(SECRET, at, body)}
                        client = AppClient(root)
                        told = await client.send("POST", EVENTS, headers=headers, body=body)
                        assert told.status == 200

                yield Network(
                    carrier=carrier,
                    lost=lost,
                    inbox=inbox,
                    message=_message(Channel.SMS),
                    good=lambda n: f"614{n:08}",
                    refused="61400000999",
                    put_off="61400000998",
                    taken=taken,
                    tell=tell,
                )


@asynccontextmanager
async def mm7(folder: Path) -> AsyncIterator[Network]:
    """An MMSC."""
    codes = {"+61400000999": 2003, "+61400000998": 4006}

    async def answer(submitted: mmsc.Submitted) -> web.StreamResponse:
        code = codes.get(submitted.number, 1000)
        return mmsc.answer_with(code, "", f"M{submitted.number}")

    with _database(folder) as db:
        async with mmsc.serving(answer) as server:

            async def taken() -> list[tuple[str, str]]:
                found = [text for text in server.taken if text.number not in codes]
                return [(text.number.lstrip("+"), text.text) for text in found]

            settings = mmsc.settings_for(server.url)
            carrier, lost = (
                Mm7Carrier(given, system_clock)
                for given in (settings, mmsc.settings_for("http://127.0.0.1:1/"))
            )
            async with _started(carrier) as inbox, _started(lost):
                app = build_mm7(settings, db, inbox)
                root = RootApp([Mount("/", "hook", app)], is_ready=_be_ready, access_log=False)

                async def tell(ids: Sequence[str]) -> None:
                    for id_ in ids:
                        body = (
                            "<Envelope><Body><DeliveryReportReq>"
                            f"<MessageID>{id_}</MessageID><MMStatus>Retrieved</MMStatus>"
                            "</DeliveryReportReq></Body></Envelope>"
                        )
                        pair = b64encode(f"turnout:{mmsc.SECRET}".encode()).decode()
                        headers = {"Authorization": f"Basic {pair}", "Content-Type": "text/xml"}
                        told = await AppClient(root).send(
                            "POST", path_of_mm7("mm7"), headers=headers, body=body.encode()
                        )
                        assert told.status == 200

                yield Network(
                    carrier=carrier,
                    lost=lost,
                    inbox=inbox,
                    message=_message(Channel.MMS),
                    good=lambda n: f"614{n:08}",
                    refused="61400000999",
                    put_off="61400000998",
                    taken=taken,
                    tell=tell,
                )


@asynccontextmanager
async def _started(carrier: Carrier) -> AsyncIterator[Inbox]:
    inbox = Inbox()
    await carrier.start(inbox)
    try:
        yield inbox
    finally:
        async with asyncio.timeout(10):
            await carrier.stop()


def _message(channel: Channel, **members: Any) -> Message:
    given: dict[str, Any] = {"id": 1, "org_id": 1, "channel": channel, "text": "Hello %%n%%"}
    return Message(**given | members)


async def _be_ready() -> None:
    pass


@asynccontextmanager
async def sip(folder: Path) -> AsyncIterator[Network]:
    """A trunk whose worker dials nobody."""
    with _database(folder) as db:
        org_id = db.call(make_organization, "acme")
        job_id = db.call(
            add_internal_job,
            org_id,
            UserId(1),
            kind=Kind.NOTICE,
            job_type=JobType.TTS,
            name="test",
            content=Content(text="x"),
            recipients=[NewRecipient("61412345678")],
        )
        made, lost = (folder / name for name in ("taken", "lost"))

        async def taken() -> list[tuple[str, str]]:
            found = read_taken(made)
            return [(call["to"].lstrip("+"), call["text"]) for call in found if call["end"] == "ok"]

        carrier, nowhere = (
            SipCarrier("sip", settings, new_house(db), command_of(where, refuses=where is lost))
            for where in (made, lost)
            for settings in [SipSettings(host="127.0.0.1", channels=200, rate=0)]
        )
        async with _started(carrier) as inbox, _started(nowhere):
            yield Network(
                carrier=carrier,
                lost=nowhere,
                inbox=inbox,
                message=_message(Channel.TTS, id=job_id, org_id=org_id),
                good=lambda n: f"614{12_000_000 + n:08}",
                refused="61412999904",
                put_off="61412999953",
                taken=taken,
                tell=_by_itself,
            )


@asynccontextmanager
async def sip_fax(folder: Path) -> AsyncIterator[Network]:
    """A trunk whose worker dials nobody; a fax has no text, and is known by its name."""
    with _database(folder) as db:
        org_id = db.call(make_organization, "acme")
        job_id = db.call(
            add_internal_job,
            org_id,
            UserId(1),
            kind=Kind.NOTICE,
            job_type=JobType.FAX,
            name="test",
            content=Content(text="x"),
            recipients=[NewRecipient("61412345678")],
        )
        made, lost = (folder / name for name in ("taken", "lost"))

        async def taken() -> list[tuple[str, str]]:
            found = read_taken(made)
            return [(call["to"].lstrip("+"), call["text"]) for call in found if call["end"] == "ok"]

        carrier, nowhere = (
            SipFaxCarrier("sip_fax", settings, new_house(db), command)
            for where in (made, lost)
            for command in [command_of(where, refuses=where is lost)]
            for settings in [SipFaxSettings(host="127.0.0.1", channels=100, rate=0)]
        )
        page = Attachment("page.txt", "text/plain", b"Hello")
        async with _started(carrier) as inbox, _started(nowhere):
            yield Network(
                carrier=carrier,
                lost=nowhere,
                inbox=inbox,
                message=_message(Channel.FAX, id=job_id, org_id=org_id, attachments=(page,)),
                good=lambda n: f"614{12_000_000 + n:08}",
                refused="61412999904",
                put_off="61412999953",
                taken=taken,
                tell=_by_itself,
            )


NETWORKS = {
    "simulator": simulator,
    "smtp": smtp,
    "smpp": smpp,
    "http_sms": http_sms,
    "mm7": mm7,
    "sip": sip,
    "sip_fax": sip_fax,
}
