"""Files on their way into a job: fetched from their addresses, then kept by the core."""

import asyncio
from typing import Protocol

import msgspec
import structlog

from turnout.core.ids import OrgId
from turnout.core.messaging.files import (
    cut,
    digest_of,
    finish_within_quota,
    has_file,
    has_room,
    store_piece,
)
from turnout.core.messaging.model import JobFile, JobType, NewJob
from turnout.dialects.messaging.attachments import (
    MOST_BYTES,
    UNKNOWN_TYPE,
    GivenFile,
    GivenFiles,
    check_size,
    refuse_size,
)
from turnout.dialects.messaging.rules import refuse
from turnout.formats import recordings
from turnout.formats.fax import Document, make_fax
from turnout.http.outbound import FetchedFile, OutboundError, OutboundRefused, TooLarge, host_of
from turnout.store import Database, deadlines

FETCH_S = 30

log = structlog.get_logger()

QUOTA = "The {field} cannot be kept: your organization's room for files is full."


class Fetcher(Protocol):
    """The way out; turnout.http.outbound.Outbound is one."""

    async def fetch(self, url: str, limit: int, timeout_s: float, *, party: int) -> FetchedFile:
        """What is at an address, asked for by an organization. Raises OutboundError, TooLarge for
        over `limit` bytes."""


class FileIntake:
    """Gets the files of jobs, and keeps them."""

    def __init__(
        self, db: Database, fetcher: Fetcher, quota_bytes: int = 0, *, draws_faxes: bool = False
    ) -> None:
        """`quota_bytes` is what an organization without a quota of its own may keep; 0 = any.
        `draws_faxes`: the pages of faxes are drawn here, so what cannot be drawn is refused."""
        self._draws_faxes = draws_faxes
        self._quota_bytes = quota_bytes
        self._db = db
        self._fetcher = fetcher

    async def attach(self, org_id: OrgId, new: NewJob, given: GivenFiles) -> NewJob:
        """The job with its files. Each address is asked once. Raises Invalid when a file cannot
        be had, all of them are too large, a recording says nothing (judged where the extra
        turnout[speech] is installed), or a document cannot be drawn."""
        left = MOST_BYTES - sum(len(file.content) for file in given.files)
        had = []
        for file in given.files:
            whole = file if file.content else await self._get(org_id, given.member, file, left)
            left -= len(whole.content) - len(file.content)
            had.append(whole)
        check_size(given.member, MOST_BYTES - left)
        if new.job_type is JobType.VOICE and recordings.is_available():
            for file in had:
                await asyncio.to_thread(recordings.decode, file.content)
        if new.job_type is JobType.FAX and self._draws_faxes:
            documents = [Document(file.name, file.content) for file in had]
            is_fine = new.content.is_high_resolution
            await asyncio.to_thread(make_fax, documents, is_fine=is_fine)
        deadlines.renew()  # to fetch and to draw took its time, and none of the database's
        files = tuple([await self._keep(org_id, given.member, file) for file in had])
        content = msgspec.structs.replace(new.content, files=files)
        return msgspec.structs.replace(new, content=content)

    async def _get(self, org_id: OrgId, member: str, file: GivenFile, limit: int) -> GivenFile:
        field = f"{file.field}.url"
        try:
            fetched = await self._fetcher.fetch(file.url, limit, FETCH_S, party=org_id)
        except TooLarge:
            refuse_size(member)
        except OutboundError as error:
            if isinstance(error, OutboundRefused):
                log.warning(
                    "file refused", org_id=org_id, host=host_of(file.url), reason=error.reason
                )
            refuse(field, f"The {{field}} could not be fetched: {_plain(error)}")
        if not fetched.content:
            refuse(field, "The {field} could not be fetched: there is nothing at it.")
        type_ = file.content_type
        if type_ == UNKNOWN_TYPE and fetched.content_type:
            type_ = fetched.content_type
        return msgspec.structs.replace(file, content=fetched.content, content_type=type_)

    async def _keep(self, org_id: OrgId, member: str, file: GivenFile) -> JobFile:
        content = file.content
        digest = await asyncio.to_thread(digest_of, content)
        if not await self._db.read(has_file, org_id, digest):
            quota = self._quota_bytes
            if not await self._db.read(has_room, org_id, len(content), quota):
                refuse(member, QUOTA)
            for number, piece in cut(content):
                await self._db.write(store_piece, org_id, digest, number, piece)
            args = (org_id, digest, len(content), quota)
            if not await self._db.write(finish_within_quota, *args):
                refuse(member, QUOTA)
        return JobFile(file.name, file.content_type, digest, len(content), file.url)


def _plain(error: OutboundError) -> str:
    """What the matter is, as a sentence; braces would be taken for places to fill."""
    return str(error).replace("{", "(").replace("}", ")").rstrip(".") + "."
