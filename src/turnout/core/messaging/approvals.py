"""A second person lets a large job go.

A job that waits (holding.py) is scheduled, and due never. Its cut-off hour is still that of the day
for which it was asked, so one that is approved later is closed. Who does not approve cancels it.
"""

from turnout.core.audit.recording import record
from turnout.core.identity.users import get_user_id
from turnout.core.ids import JobId, OrgId
from turnout.core.messaging.holding import Approval
from turnout.core.messaging.model import JobState
from turnout.core.messaging.sql import sql
from turnout.core.messaging.staging import SCHEDULE, start_sending
from turnout.errors import Conflict, Denied, Missing
from turnout.store import Tx


def approve_job(tx: Tx, org_id: OrgId, job_id: JobId, user_code: str, *, actor: str) -> None:
    """Let a job go, by a user of the organization who did not make it: now, or at the time for
    which it is scheduled. Raises Missing, Conflict for a job that does not wait, Denied for its
    own user."""
    facts = sql.get_approval(tx, org_id=org_id, id=job_id)
    if facts is None:
        raise Missing("job.missing", job_id=job_id)
    approver = get_user_id(tx, org_id, user_code)
    if facts.approval != Approval.WAITING or facts.state != JobState.SCHEDULED:
        raise Conflict("job.not_waiting", job_id=job_id)
    if approver == facts.user_id:
        raise Denied("job.own_approval", job_id=job_id, user_code=user_code)
    sql.approve_job(tx, org_id=org_id, id=job_id)
    record(tx, org_id, actor, "approved", "job", job_id, user_id=approver)
    if facts.scheduled_at is not None and facts.scheduled_at > tx.now:
        sql.schedule_job(tx, org_id=org_id, id=job_id, due_at=facts.scheduled_at)
        tx.wake(SCHEDULE)
    else:
        start_sending(tx, org_id, job_id)
