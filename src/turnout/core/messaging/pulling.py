"""Pulling what waits back after the clock was set back (core/maintenance/clock.py).

What was put off by a pause is due when the longest such pause from now is over. A pause that a
network asked for is not told from one that began in the future, and may be cut short. What somebody
asked for at a time (a schedule, a cut-off) stays.
"""

from collections.abc import Callable
from typing import NamedTuple

from turnout.core.ids import NO_JOB, NO_ORG, JobId, OrgId
from turnout.core.messaging.sql import sql
from turnout.core.messaging.staging import SCHEDULE, ends_after_start
from turnout.store import Tx
from turnout.store.windows import TOLERANCE_MS, edges

JOBS_A_SLICE = 50
ROWS_A_SLICE = 2_000

Place = tuple[OrgId, JobId]
START: Place = (NO_ORG, NO_JOB)
"""The organization and number of the job that was looked at last."""


class LongestWaits(NamedTuple):
    """The longest waits that are set by the operator, in ms: a lease, and a delivery report's."""

    lease_ms: int
    report_ms: int


def pull_jobs(tx: Tx) -> None:
    """Let start what nobody put off, and count what follows from a start in the future from now."""
    sql.pull_unscheduled(tx, now=tx.now)
    tx.wake(SCHEDULE)
    ahead = edges(0, tx.now).ahead
    for org_id, job_id, cutoff_at in sql.list_started_ahead(
        tx, now=tx.now, ahead=ahead, limit=JOBS_A_SLICE
    ):
        _, new_cutoff_at, expires_at = ends_after_start(tx, org_id, job_id)
        sql.restart_job(
            tx,
            org_id=org_id,
            id=job_id,
            now=tx.now,
            cutoff_at=None if cutoff_at is None else new_cutoff_at,
            expires_at=expires_at,
        )


def pull_recipients(tx: Tx, after: Place, waits: LongestWaits) -> Place | None:
    """Pull the recipients of some jobs behind `after`; returns where to go on, None at the end."""

    def pull(org_id: OrgId, job_id: JobId) -> int:
        return sql.pull_recipients(
            tx,
            org_id=org_id,
            job_id=job_id,
            now=tx.now,
            report_wait=waits.report_ms,
            limit=ROWS_A_SLICE,
        )

    return _go_through(tx, after, pull)


def pull_leases(tx: Tx, after: Place, waits: LongestWaits) -> Place | None:
    """Take over, in some jobs behind `after`, what was claimed until a time that is too far away;
    returns where to go on, None at the end. A live worker has ended or renewed such a claim, if
    the clock was set back longer ago than a lease."""
    latest = tx.now + waits.lease_ms + TOLERANCE_MS

    def pull(org_id: OrgId, job_id: JobId) -> int:
        return sql.pull_leases(
            tx, org_id=org_id, job_id=job_id, now=tx.now, latest=latest, limit=ROWS_A_SLICE
        )

    return _go_through(tx, after, pull)


def _go_through(tx: Tx, after: Place, pull: Callable[[OrgId, JobId], int]) -> Place | None:
    jobs = sql.list_open_jobs(tx, after_org=after[0], after_id=after[1], limit=JOBS_A_SLICE)
    pulled = 0
    for org_id, job_id, lane in jobs:
        found = pull(org_id, job_id)
        sql.hasten(tx, org_id=org_id, id=job_id, ready_at=tx.now)
        tx.wake(f"messaging-{lane}")
        if found >= ROWS_A_SLICE:
            return after  # there is more of this job
        pulled += found
        after = org_id, job_id
        if pulled >= ROWS_A_SLICE:
            return after
    return after if len(jobs) == JOBS_A_SLICE else None
