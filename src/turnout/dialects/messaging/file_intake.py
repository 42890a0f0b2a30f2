"""Files on their way into a job: fetched from their addresses, then kept by the core."""

from collections.abc import Awaitable, Callable

import msgspec

from turnout.core.messaging.model import JobFile, NewJob
from turnout.dialects.messaging.attachments import MOST_BYTES, GivenFile, GivenFiles, check_size
from turnout.dialects.messaging.rules import refuse
from turnout.errors import Unavailable
from turnout.store import Database

Fetch = Callable[[str, int], Awaitable[bytes]]


class FileIntake:
    """Gets the files of jobs, and keeps them. `fetch` gives what is at an address, up to so many
    bytes, and raises ValueError, saying why, when it cannot."""

    def __init__(self, db: Database, fetch: Fetch) -> None:
        self._db = db
        self._fetch = fetch

    async def attach(self, org_id: int, new: NewJob, given: GivenFiles) -> NewJob:
        """The job with its files. Each address is asked once. Raises Invalid when a file cannot
        be had, or all of them are too large."""
        files = []
        size = sum(len(file.content) for file in given.files)
        for file in given.files:
            content = file.content or await self._get(file, MOST_BYTES - size)
            size += len(content) - len(file.content)
            check_size(given.member, size)
            files.append(await self._keep(org_id, file, content))
        whole = msgspec.structs.replace(new.content, files=tuple(files))
        return msgspec.structs.replace(new, content=whole)

    async def _get(self, file: GivenFile, most: int) -> bytes:
        try:
            content = await self._fetch(file.url, most)
        except ValueError as error:
            refuse(f"{file.field}.url", f"The {{field}} could not be fetched: {error}.")
        if not content:
            refuse(f"{file.field}.url", "The {field} could not be fetched: there is nothing.")
        return content

    async def _keep(self, org_id: int, file: GivenFile, content: bytes) -> JobFile:
        raise Unavailable("files.unavailable", "Files cannot be kept yet.")


async def fetch_nothing(url: str, most: int) -> bytes:
    raise ValueError("not yet")
