"""/api/v1/jobs: list, view and make jobs."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import msgspec
from falcon.asgi import Request, Response

from turnout.core.identity.idempotency import IdempotentRequest, idempotent_request
from turnout.core.identity.members import require_member
from turnout.core.identity.model import Member
from turnout.core.messaging.accepting import (
    Policy,
    accept_job,
    begin_job,
    estimate_micros,
    finish_job,
)
from turnout.core.messaging.listing import list_jobs, read_job, stream_job
from turnout.core.messaging.model import NewJob
from turnout.core.messaging.staging import SLICE, add_recipients
from turnout.dialects.messaging.auth import Logins
from turnout.dialects.messaging.decode import decode_user_id
from turnout.dialects.messaging.file_intake import FileIntake
from turnout.dialects.messaging.job_body import DecodedJob, Told, decode_job
from turnout.dialects.messaging.job_members import decode_body
from turnout.dialects.messaging.job_question import decode_job_question
from turnout.dialects.messaging.present import present_number
from turnout.dialects.messaging.present_jobs import present_job, present_job_page, present_rows
from turnout.dialects.messaging.recipients import Recipients
from turnout.errors import Invalid, Unavailable
from turnout.http.body import read_body
from turnout.http.dialect import Resource
from turnout.http.streaming import ClosingBody
from turnout.store import Database

BODY_LIMIT = 64 * 1024 * 1024
BODY_TIMEOUT_S = 120
LARGE = 1024 * 1024
LARGE_AT_ONCE = 4
MOST_LARGE_WAITING = 32
RETRY_AFTER_S = 5


class JobParts(msgspec.Struct, frozen=True):
    """What the resources of jobs are put together from; `voices` are those of speech."""

    db: Database
    policy: Policy
    voices: tuple[str, ...]
    files: FileIntake


class JobsResource(Resource):
    """Contract, List jobs and Create Job."""

    def __init__(self, logins: Logins, base_url: str, parts: JobParts) -> None:
        self._logins = logins
        self._path = f"{base_url}/api/v1/jobs"
        self._parts = parts
        self._large = _Places(LARGE_AT_ONCE)

    async def on_get(self, req: Request, resp: Response) -> None:
        try:
            question = decode_job_question(req.query_string)
        except Invalid:
            await self._logins.require(req)  # a stranger is told nothing but that
            raise
        page = await self._logins.read(
            req,
            list_jobs,
            question.wanted,
            most=question.page_size,
            skip=(question.page - 1) * question.page_size,
        )
        resp.data = present_job_page(page, question, self._path)

    async def on_post(self, req: Request, resp: Response) -> None:
        # Asked before the body is read: a stranger's may be large.
        member = await self._logins.read(req, require_member)
        async with self._large.place(req.content_length):
            body = await read_body(req, BODY_LIMIT, BODY_TIMEOUT_S)
            voices = self._parts.voices
            usual = member.profile.default_tts_voice or voices[0]
            told = Told(member.timezone, usual, voices)
            job = await _run(len(body), _decode, req, body, told)
            request = await _run(len(body), _idempotent, req, body)
            resp.data = present_number(await self._accept(req, member, job, request))

    async def _accept(
        self, req: Request, member: Member, job: DecodedJob, request: IdempotentRequest | None
    ) -> int:
        policy = self._parts.policy
        few = list(job.recipients) if len(job.recipients) <= SLICE else None
        estimate = 0 if few is not None else await self._estimate(job.new, job.recipients)
        new = await self._parts.files.attach(member.user.org_id, job.new, job.files)
        if few is not None:
            return await self._logins.write(req, accept_job, new, few, policy, request)
        begun = await self._logins.write(req, begin_job, new, estimate, policy, request)
        if begun.is_repetition:
            return begun.job_id
        return await self._fill(begun.org_id, begun.job_id, job.recipients, request)

    async def _estimate(self, new: NewJob, recipients: Recipients) -> int:
        """What the job will cost; raises Invalid for the first recipient that is none."""
        estimate = 0
        async for some in recipients.slices(SLICE):
            estimate += estimate_micros(new, some, self._parts.policy.prices)
        return estimate

    async def _fill(
        self, org_id: int, job_id: int, recipients: Recipients, request: IdempotentRequest | None
    ) -> int:
        db = self._parts.db
        written: asyncio.Future[int] | None = None
        async for some in recipients.slices(SLICE):  # one slice is read while one is written
            if written:
                await written
            written = db.submit(add_recipients, org_id, job_id, some)
        if written:
            await written
        return await db.write(finish_job, org_id, job_id, request)


class JobResource(Resource):
    """Contract, Get Job Details."""

    def __init__(self, logins: Logins, db: Database) -> None:
        self._logins = logins
        self._db = db

    async def on_get(self, req: Request, resp: Response, job_id: str) -> None:
        number = decode_user_id(job_id)
        caller, job, recipients = await self._logins.read(req, read_job, number)
        if recipients is not None:
            resp.data = present_job(caller, job, recipients)
            return
        open_stream = AsyncExitStack()
        rows = await open_stream.enter_async_context(self._db.stream(stream_job, caller, number))
        resp.stream = ClosingBody(present_rows(caller, aiter(rows)), open_stream)


class _Places:
    """Room for a few large bodies at once, since each is held as a whole while it is worked on."""

    def __init__(self, places: int) -> None:
        self._places = asyncio.Semaphore(places)
        self._waiting = 0

    @asynccontextmanager
    async def place(self, content_length: int | None) -> AsyncIterator[None]:
        """Wait for room, where the body may be a large one. Raises Unavailable when many wait."""
        if content_length is not None and content_length <= LARGE:
            yield
            return
        if self._waiting >= MOST_LARGE_WAITING:
            raise Unavailable(
                "jobs.busy",
                "Too many large jobs are being accepted. Try again in a few seconds.",
                retry_after=RETRY_AFTER_S,
            )
        self._waiting += 1
        try:
            await self._places.acquire()
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._places.release()


async def _run(size: int, work: Any, *args: Any) -> Any:
    """Do it here, or in a thread where it takes long enough to hold others up."""
    return await asyncio.to_thread(work, *args) if size > LARGE else work(*args)


def _decode(req: Request, body: bytes, told: Told) -> DecodedJob:
    return decode_job(decode_body(req, body), told)


def _idempotent(req: Request, body: bytes) -> IdempotentRequest | None:
    key = req.get_header("Idempotency-Key")
    return idempotent_request(key.strip(), req.method, req.path, body) if key else None
