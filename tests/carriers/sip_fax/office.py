"""An organization that faxes, and a carrier that does it on fast lines."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from tests.carriers.sip.fake_worker import new_house
from tests.carriers.sip_fax.fast_worker import command
from tests.carriers.sip_fax.machine import is_below_header, read_pages
from tests.carriers.sip_fax.phone import FaxPhone
from tests.carriers.sip_fax.sheets import write_sheets
from tests.support.builder import make_organization
from tests.support.node import new_database
from turnout.carriers import Attachment, DeliveryReport, Message, Parcel, Reply
from turnout.carriers.sip_fax import SipFaxCarrier, SipFaxSettings
from turnout.core.ids import OrgId, UserId
from turnout.core.messaging.model import Channel, Content, JobType, Kind, NewRecipient
from turnout.core.messaging.staging import add_internal_job
from turnout.formats.fax import Document, make_fax
from turnout.settings import Settings
from turnout.store import Database, open_database

WAIT_S = 120.0


class Kept:
    """An inbox that keeps what comes, by our names for calls."""

    def __init__(self) -> None:
        self.came: dict[str, DeliveryReport] = {}
        self._more = asyncio.Condition()

    async def reports(self, reports: Sequence[DeliveryReport]) -> None:
        async with self._more:
            self.came |= {report.network_id: report for report in reports}
            self._more.notify_all()

    async def replies(self, replies: Sequence[Reply]) -> None:
        raise AssertionError(replies)

    async def wait_for(self, parcel: Parcel) -> DeliveryReport:
        name = f"turnout-{parcel.attempt_id}"
        async with asyncio.timeout(WAIT_S), self._more:
            await self._more.wait_for(lambda: name in self.came)
        return self.came[name]


class Office(msgspec.Struct):
    """An organization that faxes."""

    db: Database
    org_id: OrgId
    folder: Path
    last_id: int = 0

    def new_message(self, pages: int, *, lines: int = 300, **members: Any) -> Message:
        path = write_sheets(self.folder / f"sent-{pages}-{lines}.tif", pages, lines=lines)
        return self.new_job([Attachment("pages.tif", "image/tiff", path.read_bytes())], **members)

    def new_job(self, files: Sequence[Attachment], **members: Any) -> Message:
        job_id = self.db.call(
            add_internal_job,
            self.org_id,
            UserId(1),
            kind=Kind.NOTICE,
            job_type=JobType.FAX,
            name="test",
            content=Content(text="x"),
            recipients=[NewRecipient("61412345678")],
        )
        given: dict[str, Any] = {
            "id": job_id,
            "org_id": self.org_id,
            "channel": Channel.FAX,
            "attachments": tuple(files),
            "is_high_resolution": True,
        }
        return Message(**given | members)

    def new_parcel(self, number: str, **members: Any) -> Parcel:
        self.last_id += 1
        given: dict[str, Any] = {"attempt_id": self.last_id, "sender": "61398765432"}
        return Parcel(destination=number, **given | members)

    @asynccontextmanager
    async def carrier(
        self, phone: FaxPhone, kept: Kept, *, is_fast: bool = True, **members: Any
    ) -> AsyncIterator[SipFaxCarrier]:
        given: dict[str, Any] = {
            "host": "127.0.0.1",
            "port": phone.port,
            "transport": "udp",
            "rate": 0,
            "channels": 10,
            "retry_seconds": 1,
        }
        settings = SipFaxSettings(**given | members)
        worker = command(phone.clock) if is_fast else ()
        carrier = SipFaxCarrier("sip_fax", settings, new_house(self.db), worker)
        await carrier.start(kept)
        try:
            yield carrier
        finally:
            vars(carrier)["_trunk"].is_stopping = True
            await carrier.stop()


def open_office(folder: Path, name: str = "Open Räil", url: str = "") -> Office:
    db = open_database(Settings(database_url=url or new_database("sqlite", folder)))
    return Office(db, db.call(make_organization, "acme", name), folder)


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(WAIT_S):
        while not is_so():  # noqa: ASYNC110 (of another process)
            await asyncio.sleep(0.02)


@cache
def _draw(files: tuple[Attachment, ...], *, is_fine: bool) -> bytes:
    documents = [Document(file.name, file.content) for file in files]
    return make_fax(documents, is_fine=is_fine).content


def are_same(message: Message, files: Sequence[Path], folder: Path) -> bool:
    """Whether the pages of all calls are those that were sent, below their headers."""
    sent = folder / f"drawn-{message.id}.tif"
    sent.write_bytes(_draw(message.attachments, is_fine=message.is_high_resolution))
    came = [page for file in files for page in read_pages(file)]
    pages = read_pages(sent)
    return len(came) == len(pages) and all(map(is_below_header, came, pages))
