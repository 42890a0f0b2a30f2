"""/api/v1/jobs: list, view and make jobs."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import msgspec
from falcon.asgi import Request, Response

from turnout.core.identity.countries import find_country
from turnout.core.identity.idempotency import IdempotentRequest, idempotent_request
from turnout.core.identity.members import require_member
from turnout.core.identity.model import Member, Principal
from turnout.core.ids import JobId, OrgId
from turnout.core.messaging.accepting import (
    Policy,
    accept_job,
    add_slice,
    begin_job,
    finish_job,
    give_up_job,
)
from turnout.core.messaging.holding import Approval, find_approval
from turnout.core.messaging.lengths import Lengths, check_lengths
from turnout.core.messaging.listing import list_jobs, read_job, stream_job
from turnout.core.messaging.model import NewJob, NewRecipient
from turnout.core.messaging.reckoning import find_unknown
from turnout.core.messaging.staging import SLICE, check_national
from turnout.dialects.messaging.decode import decode_job_id
from turnout.dialects.messaging.file_intake import FileIntake
from turnout.dialects.messaging.job_body import DecodedJob, JobContext, decode_job
from turnout.dialects.messaging.job_members import LIMITS, decode_body
from turnout.dialects.messaging.job_question import decode_job_question
from turnout.dialects.messaging.present import present_job_number
from turnout.dialects.messaging.present_jobs import present_job, present_job_page, present_rows
from turnout.dialects.messaging.recipients import Recipients
from turnout.errors import Failure, Invalid, Unavailable
from turnout.http.body import LARGE, in_thread, is_packed, read_body
from turnout.http.dialect import Resource
from turnout.http.logins import Logins
from turnout.http.streaming import stream_rows
from turnout.store import Database, Tx, deadlines

# Room for bodies that are worked on at the same time, beside any number of small ones.
ROOM = 96 * 1024 * 1024
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
        self._room = _Room(ROOM)

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
            limit=question.page_size,
            skip=(question.page - 1) * question.page_size,
        )
        resp.data = present_job_page(page, question, self._path)

    async def on_post(self, req: Request, resp: Response) -> None:
        # Asked before the body is read: a stranger's may be large.
        member = await self._logins.read(req, require_member)
        size = LIMITS.size if is_packed(req) else req.content_length or 0
        async with self._room.take(min(size, LIMITS.size)):
            body = await read_body(req, LIMITS.size, LIMITS.timeout_s)
            voices = self._parts.voices
            usual = member.profile.default_tts_voice or voices[0]
            told = JobContext(member.timezone, usual, voices)
            job = await in_thread(len(body), _decode, req, body, told)
            request = await in_thread(len(body), _idempotent, req, body)
            unknown = await in_thread(len(body), _find_unknown, job)
            job_id = await self._accept(req, member, job, request)
            waits = len(job.recipients) > 1 and await self._logins.read(req, _waits, job_id)
            resp.data = present_job_number(job_id, unknown, waits=waits)

    async def _accept(
        self, req: Request, member: Member, job: DecodedJob, request: IdempotentRequest | None
    ) -> JobId:
        policy = self._parts.policy
        few = list(job.recipients) if len(job.recipients) <= SLICE else None
        if few:
            size = len(job.new.content.text) + len(job.new.content.html)
            await in_thread(size, _check_few, job.new, few)
        if few is None:
            await self._check(req, job.new, job.recipients)
        new = await self._parts.files.attach(member.user.org_id, job.new, job.files)
        deadlines.renew()
        if few is not None:
            return await self._logins.write(req, accept_job, new, few, policy, request)
        begun = await self._logins.write(req, begin_job, new, policy, request)
        if begun.is_repetition:
            return begun.job_id
        try:
            return await self._fill(begun.org_id, begun.job_id, job.recipients, request)
        except Failure:
            await self._parts.db.write(give_up_job, begun.org_id, begun.job_id)
            raise

    async def _check(self, req: Request, new: NewJob, recipients: Recipients) -> None:
        """Raises Invalid for the first recipient that is none, whose national number has no
        country, or for whom a text becomes too long."""
        number = 0
        country = await self._logins.read(req, _country_of)
        lengths = await asyncio.to_thread(_lengths_of, new)
        async for some in recipients.slices(SLICE):
            check_lengths(lengths, new.job_type, some, number)
            check_national(new.job_type.channel, some, country)
            number += len(some)

    async def _fill(
        self,
        org_id: OrgId,
        job_id: JobId,
        recipients: Recipients,
        request: IdempotentRequest | None,
    ) -> JobId:
        db = self._parts.db
        prices = self._parts.policy.prices
        written: asyncio.Future[None] | None = None
        async for some in recipients.slices(SLICE):  # one slice is read while one is written
            if written:
                await written
            deadlines.renew()
            written = db.submit(add_slice, org_id, job_id, some, prices)
        if written:
            await written
        deadlines.renew()
        return await db.write(finish_job, org_id, job_id, request)


class JobResource(Resource):
    """Contract, Get Job Details."""

    def __init__(self, logins: Logins, db: Database) -> None:
        self._logins = logins
        self._db = db

    async def on_get(self, req: Request, resp: Response, job_id: str) -> None:
        number = decode_job_id(job_id)
        caller, job, recipients = await self._logins.read(req, read_job, number)
        if recipients is not None:
            resp.data = present_job(caller, job, recipients)
            return
        rows = self._db.stream(stream_job, caller, number)
        await stream_rows(resp, rows, partial(present_rows, caller))


class _Room:
    """Room for large bodies, in bytes, since each is held as a whole while it is worked on. Who
    came first goes first."""

    def __init__(self, size: int) -> None:
        self._left = size
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    @asynccontextmanager
    async def take(self, size: int) -> AsyncIterator[None]:
        """Wait for room, where the body is a large one. Raises Unavailable when many wait."""
        if size <= LARGE:
            yield
            return
        await self._enter(size)
        try:
            yield
        finally:
            self._leave(size)

    async def _enter(self, size: int) -> None:
        if not self._waiting and size <= self._left:
            self._left -= size
            return
        if len(self._waiting) >= MOST_LARGE_WAITING:
            raise Unavailable("jobs.busy", retry_after=RETRY_AFTER_S)
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((size, turn))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._leave(size)
            raise

    def _leave(self, size: int) -> None:
        self._left += size
        while self._waiting:
            size, turn = self._waiting[0]
            if not turn.cancelled() and size > self._left:
                return
            self._waiting.popleft()
            if not turn.cancelled():
                self._left -= size
                turn.set_result(None)


def _decode(req: Request, body: bytes, told: JobContext) -> DecodedJob:
    given = decode_body(req.query_string, req.content_type or "", body)
    return given.judge(partial(decode_job, told=told))


def _country_of(tx: Tx, principal: Principal) -> str:
    return find_country(tx, principal.org_id)


def _waits(tx: Tx, principal: Principal, job_id: JobId) -> bool:
    return find_approval(tx, principal.org_id, job_id) is Approval.WAITING


def _lengths_of(new: NewJob) -> Lengths:
    return Lengths(new.job_type.channel, new.content)


def _find_unknown(job: DecodedJob) -> list[str]:
    """Merge fields that nobody of the request has; those of lists are not known yet."""
    names = _lengths_of(job.new).names
    return find_unknown(names, job.recipients) if names and not job.new.list_ids else []


def _check_few(new: NewJob, recipients: list[NewRecipient]) -> None:
    check_lengths(_lengths_of(new), new.job_type, recipients)


def _idempotent(req: Request, body: bytes) -> IdempotentRequest | None:
    key = req.get_header("Idempotency-Key")
    return idempotent_request(key.strip(), req.method, req.path, body) if key else None
