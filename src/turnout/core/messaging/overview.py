"""Jobs for operators: all of an organization's, whosever they are."""

from collections.abc import Sequence
from typing import NamedTuple

from turnout.core.ids import JobId, OrgId, RecipientId, UserId
from turnout.core.messaging.holding import Approval
from turnout.core.messaging.hours import QuietHours
from turnout.core.messaging.model import Channel, JobState, JobType
from turnout.core.messaging.sql import sql
from turnout.errors import Missing
from turnout.store import Tx, to_json

LAST = 2**62


class JobLine(NamedTuple):
    """How far a job has come. `accepted_at` in epoch ms."""

    id: JobId
    user_code: str
    job_type: JobType
    name: str
    state: JobState
    is_paused: bool
    accepted_at: int
    total: int
    open: int
    sent: int
    failed: int
    cost_micros: int
    approval: Approval


class Fate(NamedTuple):
    """How many recipients of a job stand so; `example` is the notes of one of them."""

    state: str
    status: str
    recipients: int
    example: str


class Outcome(NamedTuple):
    """How one recipient of a job stands, and why."""

    destination: str
    name: str
    reference: str
    notes: str


class WaitingJob(NamedTuple):
    """A job that could be sent, and since when (epoch ms)."""

    job_id: JobId
    since: int


class Misconfigured(NamedTuple):
    """Messages that wait because a carrier is misconfigured; job and reason of the first."""

    messages: int
    job_id: JobId
    reason: str


def has_job_named(tx: Tx, org_id: OrgId, user_id: UserId, name: str) -> bool:
    """Whether the user has ever made a job of that name."""
    return bool(sql.has_job_named(tx, org_id=org_id, user_id=user_id, name=name))


def list_job_lines(tx: Tx, org_id: OrgId, *, is_open: bool, limit: int) -> list[JobLine]:
    """An organization's jobs, newest first; without those that Turnout makes for itself."""
    return sql.list_job_lines(
        tx, org_id=org_id, first=1, last=LAST, is_open=int(is_open), limit=limit
    )


def get_job_line(tx: Tx, org_id: OrgId, job_id: JobId) -> JobLine:
    """One job. Raises Missing."""
    rows = sql.list_job_lines(tx, org_id=org_id, first=job_id, last=job_id, is_open=0, limit=1)
    if not rows:
        raise Missing("job.missing", job_id=job_id)
    return rows[0]


def count_fates(tx: Tx, org_id: OrgId, job_id: JobId) -> list[Fate]:
    """How a job's recipients stand; reads all of them."""
    return sql.count_fates(tx, org_id=org_id, job_id=job_id)


def list_with_status(
    tx: Tx, org_id: OrgId, job_id: JobId, status: str, limit: int
) -> list[Outcome]:
    """A job's recipients who ended, or stand, with that status; in their order."""
    return sql.list_with_status(tx, org_id=org_id, job_id=job_id, status=status, limit=limit)


def list_unwanted_calls(tx: Tx, carrier: str, after: RecipientId, limit: int) -> list[RecipientId]:
    """Calls and faxes that an account has taken, and whose jobs are being closed; by number, behind
    `after`."""
    rows = sql.list_unwanted_calls(tx, carrier=carrier, after=after, limit=limit)
    return [id_ for (id_,) in rows]


def list_cancelled_unknown(tx: Tx, ids: Sequence[RecipientId]) -> list[RecipientId]:
    """Those of these calls and faxes that may have been made, and whose jobs were cancelled or cut
    off."""
    return [id_ for (id_,) in sql.list_cancelled_unknown(tx, ids=to_json(list(ids)))]


def find_quiet_end(tx: Tx, org_id: OrgId, job_id: JobId, quiet: QuietHours) -> int | None:
    """Until when (epoch ms) a job waits, since it is quiet for the next recipient; None = it does
    not wait for that."""
    found = sql.find_next(tx, org_id=org_id, job_id=job_id)
    if found is None or not quiet.apply(Channel(found.channel)):
        return None
    return quiet.ends_at(found.address, tx.now, found.timezone)


def find_waiting(tx: Tx) -> WaitingJob | None:
    """The job of any organization that has waited longest for a worker, None when none waits."""
    return sql.find_waiting(tx, now=tx.now)


def find_misconfigured(tx: Tx) -> Misconfigured | None:
    """Messages of any organization that a carrier refuses for its settings; None without any."""
    return sql.count_misconfigured(tx)
