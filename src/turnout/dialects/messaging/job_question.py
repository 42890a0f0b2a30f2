"""From the wire to the model: which jobs GET /jobs asks for."""

import msgspec

from turnout.core.messaging.listing import JobFilter, Progress
from turnout.dialects.messaging import rules
from turnout.dialects.messaging.decode import (
    DEFAULT_PAGE_SIZE,
    LAST_PAGE,
    MOST_PAGE_SIZE,
    asked_number,
    clean,
    one,
    pairs_of,
)
from turnout.http.forms import Pairs

STATUSES = {
    Progress.OPEN: "Broadcast Submitted",
    Progress.COMPLETE: "Complete",
    Progress.CLOSED: "Closed",
}
_PROGRESS = {status: progress for progress, status in STATUSES.items()}
_status = rules.choice(tuple(STATUSES.values()))
_user_id = rules.whole(0, 10**15)


class JobQuestion(msgspec.Struct, frozen=True):
    """Which jobs are asked for, and which page of them; `query` is as the request had it."""

    wanted: JobFilter
    page: int
    page_size: int
    query: Pairs


def decode_job_question(query_string: str) -> JobQuestion:
    """The parameters of GET /jobs; contract, List jobs."""
    query = pairs_of(query_string)
    asked = clean(dict(query))
    status = one(asked, "job_status", _status, None)
    return JobQuestion(
        JobFilter(
            name=one(asked, "job_name", rules.text(), ""),
            job_type=one(asked, "job_type", rules.job_type, None),
            progress=_PROGRESS[status] if status else None,
            accepted_after=one(asked, "start_after", rules.moment, None),
            accepted_before=one(asked, "start_before", rules.moment, None),
            user_id=one(asked, "user_id", _user_id, None),
            user_code=one(asked, "user_code", rules.text(), ""),
        ),
        asked_number(asked, "page", 1, LAST_PAGE),
        asked_number(asked, "page_size", DEFAULT_PAGE_SIZE, MOST_PAGE_SIZE),
        query,
    )
