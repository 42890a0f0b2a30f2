"""The failed messages of a job go out again, as a job of their own.

The first job keeps its outcomes and reports. Each of its recipients is in one such job at most, by
one guarded statement, so two who retry at once send nothing twice. The new job is one like any
other: its user's limit, opt-outs, suppression and approval hold again.
"""

from typing import NamedTuple

import msgspec

from turnout.core.audit.recording import record
from turnout.core.identity.members import find_live_member
from turnout.core.ids import JobId, OrgId
from turnout.core.messaging.files import add_job_files, has_file
from turnout.core.messaging.jobs import get_job_head
from turnout.core.messaging.model import JobHead, Kind, NewJob, NewRecipient
from turnout.core.messaging.prices import Prices
from turnout.core.messaging.reckoning import reckoning_of
from turnout.core.messaging.spending import reserve_more
from turnout.core.messaging.sql import sql
from turnout.core.messaging.staging import add_job, add_recipients, start_sending
from turnout.errors import Conflict
from turnout.store import Tx

AT_ONCE = 5000


class Retried(NamedTuple):
    """The job that tries messages again, and how many."""

    job_id: JobId
    recipients: int


def retry_failed(
    tx: Tx,
    org_id: OrgId,
    job_id: JobId,
    prices: Prices,
    *,
    is_wide: bool = False,
    actor: str,
    limit: int = AT_ONCE,
) -> Retried | None:
    """Send the messages of an ended job again that failed: FAIL, BUSY, NOAN and NOFX; with
    `is_wide` also SVRE and EXPD, which may have arrived. None when nothing is left to retry.

    At most `limit` in one job. Raises Missing, Conflict unless the job has ended, its files are
    still there and its user is live, Invalid beyond the user's limit.
    """
    head = _check(tx, get_job_head(tx, org_id, job_id))
    new_id = JobId(tx.next_id("job"))
    failed = sql.take_failed(
        tx, org_id=org_id, job_id=job_id, new_id=new_id, is_wide=int(is_wide), limit=limit
    )
    if not failed:
        return None
    _stage(tx, head, new_id)
    recipients = [
        NewRecipient(row.destination, row.reference, row.name, _read(row.fields))
        for row in sorted(failed, key=lambda row: row.id)
    ]
    reckoning = reckoning_of(get_job_head(tx, org_id, new_id), prices)
    micros = add_recipients(tx, org_id, new_id, recipients, reckoning)
    record(tx, org_id, actor, "retried", "job", job_id, into=new_id, recipients=len(failed))
    start_sending(tx, org_id, new_id)
    reserve_more(tx, org_id, new_id, micros)
    return Retried(new_id, len(failed))


def _check(tx: Tx, head: JobHead) -> JobHead:
    if not head.state.is_ended or head.kind is not Kind.BROADCAST:
        raise Conflict("job.not_ended", job_id=head.id)
    if head.user_id is not None and find_live_member(tx, head.org_id, head.user_id) is None:
        raise Conflict("job.user_gone", job_id=head.id)
    if not all(has_file(tx, head.org_id, file.digest) for file in head.content.files):
        raise Conflict("job.files_gone", job_id=head.id)
    return head


def _stage(tx: Tx, head: JobHead, new_id: JobId) -> None:
    new = NewJob(
        job_type=head.job_type,
        name=head.name,
        content=head.content,
        options=head.options,
        sender=head.sender,
    )
    add_job(
        tx,
        head.org_id,
        head.user_id,
        new_id,
        Kind.BROADCAST,
        new,
        timezone=head.timezone,
        scheduled_at=None,
    )
    member = find_live_member(tx, head.org_id, head.user_id) if head.user_id else None
    keep_hours = member.profile.maximum_document_retention_hours if member else None
    add_job_files(tx, head.org_id, new_id, head.content.files, keep_hours)


def _read(fields: str) -> dict[str, str]:
    return msgspec.json.decode(fields, type=dict[str, str]) if fields else {}
