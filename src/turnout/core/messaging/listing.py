"""Jobs, their recipients and reports, for those who may see them.

Whose job it is decides who sees it, by the same rules as for users (core/identity/members.py):
an Admin sees the jobs of its distributor's users, an Agent those of the users linked to it, an
Acct its own; and nobody those of events of which they may not know (sights.py). Jobs that Turnout
makes for itself (codes, notices) and those still being written are nobody's. A page of jobs touches
no recipient.
"""

import datetime
import enum
from collections.abc import Generator
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from turnout.core.identity.members import find_visible_user, require_member, visible_to
from turnout.core.identity.model import Member, Principal, Role
from turnout.core.ids import JobId, OrgId, RecipientId, ReplyId, UserId
from turnout.core.messaging.holding import Approval
from turnout.core.messaging.model import Content, JobOptions, JobType
from turnout.core.messaging.sights import JobSights
from turnout.core.messaging.sql import sql
from turnout.errors import Missing
from turnout.store import Tx, iterate

SECOND_MS = 1000
EVER = 2**62
MOST = 2**31 - 1
RECIPIENTS_AT_ONCE = 1000
REPLIES_SHOWN = 1000

_content = msgspec.json.Decoder(Content)
_options = msgspec.json.Decoder(JobOptions)
_list_ids = msgspec.json.Decoder(tuple[str, ...])


class Progress(enum.StrEnum):
    """How far a job has come, as far as the contract tells states apart."""

    OPEN = "open"
    COMPLETE = "complete"
    CLOSED = "closed"


class JobFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which jobs are asked for; empty or None = any.

    `accepted_after` and `accepted_before` leave out their own second; without a zone they are in
    the caller's. `user_code` counts in any case.
    """

    name: str = ""
    job_type: JobType | None = None
    progress: Progress | None = None
    accepted_after: datetime.datetime | None = None
    accepted_before: datetime.datetime | None = None
    user_id: UserId | None = None
    user_code: str = ""


class JobSummary(NamedTuple):
    """A job in a list. Instants in epoch ms."""

    org_id: OrgId
    id: JobId
    user_id: UserId
    user_code: str
    job_type: JobType
    name: str
    progress: Progress
    accepted_at: int
    scheduled_at: int | None
    started_at: int | None
    completed_at: int | None
    total: int
    sent: int
    failed: int
    cost_micros: int


class JobPage(NamedTuple):
    """One page of the jobs that `caller` sees, newest first, and how many there are in all."""

    caller: Member
    jobs: list[JobSummary]
    total: int


class JobReply(NamedTuple):
    """What a recipient of a job wrote back. `received_at` in epoch ms."""

    id: ReplyId
    recipient_id: RecipientId
    reference: str
    name: str
    sender: str
    text: str
    received_at: int


class JobDetails(NamedTuple):
    """A job in full, without its recipients; `parts` and `duration_s` are sums over them, `replies`
    the first ones."""

    summary: JobSummary
    is_deduped: bool
    list_ids: tuple[str, ...]
    sender: str
    content: Content
    options: JobOptions
    parts: int
    duration_s: int
    replies: list[JobReply]
    approval: Approval


class Asked(NamedTuple):
    """A recipient as it was asked for, in the words of the request."""

    destination: str
    reference: str
    name: str
    fields: dict[str, str]


class Report(NamedTuple):
    """The outcome of one recipient. `sent_at` in epoch ms."""

    id: RecipientId
    reference: str
    name: str
    destination: str
    status: str
    stage: str
    notes: str
    parts: int
    duration_s: int
    cost_micros: int
    sent_at: int | None


class Recipients(NamedTuple):
    """The recipients of a job: as they were asked for (none for a list's), and their reports."""

    asked: list[Asked]
    reports: list[Report]


def list_jobs(tx: Tx, principal: Principal, wanted: JobFilter, *, limit: int, skip: int) -> JobPage:
    """The jobs that the caller sees and asks for, newest first.

    Nobody's jobs are in it when the user asked for is unknown, or none that the caller sees.
    """
    caller = require_member(tx, principal)
    matching = _matching(wanted, caller.timezone)
    owner = _owner(tx, caller, wanted)
    if owner is None and (wanted.user_id is not None or wanted.user_code):
        return JobPage(caller, [], 0)
    listing = sql.list_visible_jobs if owner is None else sql.list_jobs_of_user
    matching |= visible_to(tx, caller) if owner is None else owner
    sights = JobSights(tx, caller)
    if not sights.are_whole:
        rows = listing(tx, **matching, limit=MOST, skip=0)
        hidden = sights.find_hidden((row.org_id, row.id) for row in rows)
        seen = [row for row in rows if row.id not in hidden]
        return JobPage(caller, seen[skip : skip + limit], len(seen))
    counting = sql.count_visible_jobs if owner is None else sql.count_jobs_of_user
    rows = listing(tx, **matching, limit=limit, skip=skip)
    return JobPage(caller, rows, counting(tx, **matching))


def get_job(tx: Tx, principal: Principal, job_id: JobId) -> tuple[Member, JobDetails]:
    """The caller, and the job of that number as far as the caller sees it. Raises Missing."""
    caller = require_member(tx, principal)
    return caller, _find_job(tx, caller, job_id)


def read_job(
    tx: Tx, principal: Principal, job_id: JobId, limit: int = RECIPIENTS_AT_ONCE
) -> tuple[Member, JobDetails, Recipients | None]:
    """A job with its recipients, None in place of them when they are more than `limit`: then
    `stream_job` has them. Raises Missing."""
    caller, job = get_job(tx, principal, job_id)
    if job.summary.total > limit:
        return caller, job, None
    org_id = job.summary.org_id
    asked = [] if job.list_ids else sql.list_asked(tx, org_id=org_id, job_id=job_id)
    reports = sql.list_reports(tx, org_id=org_id, job_id=job_id)
    return caller, job, Recipients([read_asked(row) for row in asked], reports)


def stream_job(tx: Tx, caller: Member, job_id: JobId) -> Generator[tuple[Any, ...], None, None]:
    """A job and its recipients in one consistent state, as rows; for `db.stream`.

    First one for `read_details`, then those for `read_asked`, an empty one, those of `Report`.
    """
    job = _find_job(tx, caller, job_id)
    yield job
    org_id = job.summary.org_id
    if not job.list_ids:
        yield from iterate(sql.list_asked, tx, org_id=org_id, job_id=job_id)
    yield ()
    yield from iterate(sql.list_reports, tx, org_id=org_id, job_id=job_id)


def read_details(row: tuple[Any, ...]) -> JobDetails:
    """A job in full from its row in a stream."""
    return msgspec.convert(row, JobDetails)


def read_asked(row: tuple[Any, ...]) -> Asked:
    """A recipient from its row."""
    destination, reference, name, fields = row
    return Asked(destination, reference, name, msgspec.json.decode(fields) if fields else {})


def _find_job(tx: Tx, caller: Member, job_id: JobId) -> JobDetails:
    row = sql.find_visible_job(tx, id=job_id, **visible_to(tx, caller))
    is_own = row is not None and row.summary.user_id == caller.user.id
    if row is None or (caller.user.role is Role.ACCT and not is_own):
        raise Missing("job.missing", job_id=job_id)
    if JobSights(tx, caller).find_hidden([(row.summary.org_id, job_id)]):
        raise Missing("job.missing", job_id=job_id)
    sums = sql.sum_recipients(tx, org_id=row.summary.org_id, job_id=job_id)
    return JobDetails(
        row.summary,
        bool(row.is_deduped),
        _list_ids.decode(row.list_ids),
        row.sender,
        _content.decode(row.content),
        _options.decode(row.options),
        sums.parts,
        sums.duration_s,
        sql.list_replies_of_job(tx, org_id=row.summary.org_id, job_id=job_id, limit=REPLIES_SHOWN),
        Approval(row.approval),
    )


def _owner(tx: Tx, caller: Member, wanted: JobFilter) -> dict[str, int] | None:
    """Whose jobs are asked for, where that is one user whom the caller sees."""
    own = caller.user
    if caller.user.role is Role.ACCT:
        is_own = wanted.user_id in (None, own.id) and wanted.user_code.casefold() in (
            "",
            own.user_code.casefold(),
        )
        return {"org_id": own.org_id, "user_id": own.id} if is_own else None
    if wanted.user_id is None and not wanted.user_code:
        return None
    user = find_visible_user(tx, caller, user_id=wanted.user_id, user_code=wanted.user_code)
    return {"org_id": user.org_id, "user_id": user.id} if user else None


def _matching(wanted: JobFilter, timezone: str) -> dict[str, Any]:
    after, before = wanted.accepted_after, wanted.accepted_before
    return {
        "name": wanted.name,
        "job_type": wanted.job_type.value if wanted.job_type else "",
        "progress": wanted.progress.value if wanted.progress else "",
        # Shown dates have no parts of seconds: what is shown as that second is not after it.
        "since": _instant(after, timezone) + SECOND_MS if after else -EVER,
        "until": _instant(before, timezone) if before else EVER,
    }


def _instant(moment: datetime.datetime, timezone: str) -> int:
    """The beginning of that second, in epoch ms."""
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(timezone))
    return int(moment.replace(microsecond=0).timestamp()) * SECOND_MS
