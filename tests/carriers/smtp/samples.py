"""Messages, parcels and settings to test with, and mails parsed back by the standard library."""

import asyncio
import email
import email.policy
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from email.message import EmailMessage, MIMEPart
from typing import Any, TypeVar

import uvloop

from turnout.carriers import DeliveryReport, Message, Outcome, Parcel, Reply
from turnout.carriers.mails.dkim import Signer
from turnout.carriers.mails.mime import Mail, MailTemplate, Postmark
from turnout.carriers.smtp import SmtpCarrier, SmtpSettings
from turnout.core.messaging.model import Channel

T = TypeVar("T")

SECRET = "0123456789abcdef"
BOUNCES = "bounces.example.org"
AT_S = 1_700_000_000
MARK = Postmark(f"bounces+7.0a@{BOUNCES}", "7.0a", BOUNCES, AT_S)


class KeptInbox:
    """An inbox that keeps what comes; `fails` makes it raise, as a full disk would."""

    def __init__(self, *, fails: bool = False) -> None:
        self.fails = fails
        self.kept: list[DeliveryReport] = []
        self.came = asyncio.Event()

    async def reports(self, reports: Sequence[DeliveryReport]) -> None:
        if self.fails:
            raise OSError("disk full")
        self.kept += reports
        self.came.set()

    async def replies(self, replies: Sequence[Reply]) -> None:
        raise AssertionError("mail has no replies")


def run(main: Coroutine[Any, Any, T], *, on_uvloop: bool = True, seconds: float = 90) -> T:
    """Run `main` on the loop that production uses, or on asyncio's own; so long at most."""
    factory = uvloop.new_event_loop if on_uvloop else asyncio.new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        return runner.run(asyncio.wait_for(main, seconds))


def make_settings(port: int, **settings: Any) -> SmtpSettings:
    given: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": port,
        "return_path_domain": BOUNCES,
        "return_path_secret": SECRET,
    }
    return SmtpSettings(**given | settings)


def make_message(**members: Any) -> Message:
    given: dict[str, Any] = {"id": 1, "org_id": 1, "channel": Channel.EMAIL}
    if not members.keys() & {"text", "html"}:
        given["text"] = "Hello."
    return Message(**given | members)


def make_parcel(attempt_id: int = 7, **members: Any) -> Parcel:
    given: dict[str, Any] = {
        "attempt_id": attempt_id,
        "destination": "ada@example.com",
        "sender": "events@example.org",
    }
    return Parcel(**given | members)


def make_mail(
    message: Message, parcel: Parcel | None = None, signers: Sequence[Signer] = ()
) -> Mail:
    return MailTemplate(message).render(parcel or make_parcel(), MARK, signers)


def raw(mail: Mail) -> bytes:
    return b"".join(mail.chunks)


def parse(mail: Mail) -> EmailMessage:
    """The mail as a reader sees it; it must be free of faults."""
    message = email.message_from_bytes(raw(mail), policy=email.policy.default)
    assert [part.defects for part in message.walk() if part.defects] == []
    return message


def content(part: MIMEPart) -> str:
    """The text of a part with plain line feeds. That of a whole mail has one more at its end."""
    text: str = part.get_content()
    return text.replace("\r\n", "\n")


@asynccontextmanager
async def carrying(
    port: int, inbox: KeptInbox | None = None, **settings: Any
) -> AsyncIterator[SmtpCarrier]:
    """A carrier that has been started; stopped in the end."""
    carrier = SmtpCarrier(make_settings(port, **settings), clock=lambda: AT_S * 1000)
    await carrier.start(inbox or KeptInbox())
    try:
        yield carrier
    finally:
        await carrier.stop()


async def send(
    port: int, *parcels: Parcel, message: Message | None = None, **settings: Any
) -> list[Outcome]:
    """The outcome of these parcels (one, if none is given) with a carrier of their own."""
    async with carrying(port, **settings) as carrier:
        return await carrier.send(message or make_message(), parcels or [make_parcel()])
