"""Pausing, resuming and ending jobs before they end by themselves."""

from turnout.core.audit.recording import record
from turnout.core.ids import JobId, OrgId
from turnout.core.messaging.ending import end_job
from turnout.core.messaging.jobs import get_job_head
from turnout.core.messaging.model import JobHead
from turnout.core.messaging.sql import sql
from turnout.errors import Conflict
from turnout.store import Tx


def pause_job(tx: Tx, org_id: OrgId, job_id: JobId, *, actor: str) -> None:
    """Claim nobody else of the job until it is resumed; those under way are finished.

    Idempotent. Raises Missing, Conflict when the job has ended.
    """
    head = _open_job(tx, org_id, job_id)
    if not head.is_paused:
        sql.pause_job(tx, org_id=org_id, id=job_id)
        record(tx, org_id, actor, "paused", "job", job_id)


def resume_job(tx: Tx, org_id: OrgId, job_id: JobId, *, actor: str) -> None:
    """Go on with a paused job. Idempotent. Raises as `pause_job` does."""
    head = _open_job(tx, org_id, job_id)
    if head.is_paused:
        sql.resume_job(tx, org_id=org_id, id=job_id, now=tx.now)
        record(tx, org_id, actor, "resumed", "job", job_id)
        tx.wake(f"messaging-{head.lane}")


def pause_running_jobs(tx: Tx, *, actor: str, limit: int = 500) -> int:
    """Pause up to `limit` jobs of all organizations that have not ended; returns how many.

    For a database that was restored: its jobs may have gone on since the backup. Call it until it
    returns 0.
    """
    jobs = sql.list_running(tx, after=JobId(0), limit=limit)
    for job in jobs:
        pause_job(tx, job.org_id, job.id, actor=actor)
    return len(jobs)


def cancel_job(tx: Tx, org_id: OrgId, job_id: JobId, *, actor: str) -> None:
    """Send to nobody else of the job. Those with a network keep waiting for their reports.

    Raises as `pause_job` does.
    """
    _open_job(tx, org_id, job_id)
    begin_closing(tx, org_id, job_id, "cancelled")
    record(tx, org_id, actor, "cancelled", "job", job_id)


def begin_closing(tx: Tx, org_id: OrgId, job_id: JobId, reason: str) -> None:
    """From now on recipients who wait are ended unsent, a share at a time, by the delivery loop.

    Changes nothing for a job that has ended or is closing.
    """
    head = get_job_head(tx, org_id, job_id)
    left = sql.begin_closing(tx, org_id=org_id, id=job_id, reason=reason, now=tx.now)
    if left == 0:
        end_job(tx, org_id, job_id, head.kind, is_whole=False)
    tx.wake(f"messaging-{head.lane}")


def _open_job(tx: Tx, org_id: OrgId, job_id: JobId) -> JobHead:
    head = get_job_head(tx, org_id, job_id)
    if head.state.is_ended:
        raise Conflict("job.ended", job_id=job_id)
    return head
