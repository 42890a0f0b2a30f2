"""Looking a job up by its number."""

import msgspec

from turnout.core.ids import JobId, OrgId
from turnout.core.messaging.model import (
    NOBODY,
    Content,
    JobHead,
    JobOptions,
    JobState,
    JobType,
    Kind,
)
from turnout.core.messaging.sql import sql
from turnout.errors import Missing
from turnout.store import Tx

_content = msgspec.json.Decoder(Content)
_options = msgspec.json.Decoder(JobOptions)


def get_job_head(tx: Tx, org_id: OrgId, job_id: JobId) -> JobHead:
    """The job of that number. Raises Missing."""
    row = sql.get_job_head(tx, org_id=org_id, id=job_id)
    if row is None:
        raise Missing("job.missing", job_id=job_id)
    org_id, id_, user_id, kind, job_type, lane, name, state, is_paused, sender = row[:10]
    content, options, timezone, expires_at = row[10:]
    return JobHead(
        org_id,
        id_,
        None if user_id == NOBODY else user_id,
        Kind(kind),
        JobType(job_type),
        lane,
        name,
        JobState(state),
        bool(is_paused),
        sender,
        _content.decode(content),
        _options.decode(options),
        timezone,
        expires_at,
    )
