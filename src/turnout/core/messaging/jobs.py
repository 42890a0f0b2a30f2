"""Looking a job up by its number."""

from turnout.core.ids import JobId, OrgId
from turnout.core.messaging.model import (
    JobHead,
)
from turnout.core.messaging.sql import sql
from turnout.errors import Missing
from turnout.store import Tx


def get_job_head(tx: Tx, org_id: OrgId, job_id: JobId) -> JobHead:
    """The job of that number. Raises Missing."""
    head = sql.get_job_head(tx, org_id=org_id, id=job_id)
    if head is None:
        raise Missing("job.missing", job_id=job_id)
    return head
