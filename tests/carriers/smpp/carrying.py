"""What the tests of the carrier share: an inbox that keeps everything, and a running carrier."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import uvloop

from tests.carriers.smpp.peer import Peer
from turnout.carriers import DeliveryReport, Message, Outcome, Parcel, Reply
from turnout.carriers.smpp import SmppCarrier, SmppSettings
from turnout.core.ids import JobId, OrgId
from turnout.core.messaging.model import Channel

NOW = 1_764_000_000_000
TIMEOUT_S = 60
SENDER = "61400000000"
T = TypeVar("T")


def run(scenario: Coroutine[Any, Any, T], *, uv: bool = True) -> T:
    """Run in the event loop of the product, or in the standard library's."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop if uv else None) as runner:
        return runner.run(scenario)


class KeptInbox:
    """Keeps what comes in, while it `works` and when it `may_go_on`."""

    def __init__(self) -> None:
        self.kept_reports: list[DeliveryReport] = []
        self.kept_replies: list[Reply] = []
        self.batches: list[int] = []
        self.works = True
        self.may_go_on = asyncio.Event()
        self.may_go_on.set()
        self._changed = asyncio.Condition()

    async def reports(self, reports: Sequence[DeliveryReport]) -> None:
        await self._keep(self.kept_reports, reports)

    async def replies(self, replies: Sequence[Reply]) -> None:
        await self._keep(self.kept_replies, replies)

    async def wait_for_reports(self, count: int) -> list[DeliveryReport]:
        """Wait until so many came. Raises TimeoutError."""
        return await self._wait(self.kept_reports, count)

    async def wait_for_replies(self, count: int) -> list[Reply]:
        """Wait until so many came. Raises TimeoutError."""
        return await self._wait(self.kept_replies, count)

    async def _keep(self, kept: list[T], new: Sequence[T]) -> None:
        await self.may_go_on.wait()
        if not self.works:
            raise OSError("the disk is full")
        async with self._changed:
            self.batches.append(len(new))
            kept += new
            self._changed.notify_all()

    async def _wait(self, kept: list[T], count: int) -> list[T]:
        async with asyncio.timeout(TIMEOUT_S), self._changed:
            await self._changed.wait_for(lambda: len(kept) >= count)
        return kept


def settings_for(port: int, **others: Any) -> SmppSettings:
    """Settings for a server on this machine, quick to try again."""
    return SmppSettings(
        **{
            "host": "127.0.0.1",
            "port": port,
            "system_id": "turnout",
            "password": "secret",
            "reconnect_s": 0.05,
            **others,
        }
    )


@asynccontextmanager
async def carrying(
    port: int, inbox: KeptInbox | None = None, **others: Any
) -> AsyncIterator[SmppCarrier]:
    """A carrier that has been started, and is stopped at the end."""
    carrier = SmppCarrier(settings_for(port, **others), lambda: NOW)
    await carrier.start(inbox or KeptInbox())
    try:
        yield carrier
    finally:
        async with asyncio.timeout(TIMEOUT_S):
            await carrier.stop()


@asynccontextmanager
async def connected(**others: Any) -> AsyncIterator[tuple[Peer, SmppCarrier, KeptInbox]]:
    """A peer, and a carrier that is bound to it. Names in camelCase are the peer's options."""
    names = set(SmppSettings.__struct_fields__) - {"receipts", "password"}
    settings = {name: others.pop(name) for name in list(others) if name in names}
    inbox = KeptInbox()
    async with Peer.start(**others) as peer, carrying(peer.port, inbox, **settings) as carrier:
        await peer.wait_for("bind", settings.get("binds", 1))
        yield peer, carrier, inbox


async def send(
    carrier: SmppCarrier,
    text: str = "Hello %%name%%",
    *,
    to: Sequence[str] = ("61400000001",),
    sender: str = SENDER,
) -> list[Outcome]:
    """Send a text to some numbers."""
    message = Message(id=JobId(1), org_id=OrgId(1), channel=Channel.SMS, text=text)
    parcels = [
        Parcel(attempt_id=place, destination=number, sender=sender, fields={"name": f"No. {place}"})
        for place, number in enumerate(to, 1)
    ]
    async with asyncio.timeout(TIMEOUT_S):
        return await carrier.send(message, parcels)


def numbers(count: int) -> list[str]:
    """So many phone numbers, no two alike."""
    return [f"614{number:08}" for number in range(count)]


async def wait_until(is_so: Callable[[], bool]) -> None:
    """Look 200 times a second, for ten seconds."""
    for _ in range(2000):
        if is_so():
            return
        await asyncio.sleep(0.005)
    raise TimeoutError
