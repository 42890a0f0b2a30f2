"""Jobs and their recipients as staff look through them: filtered, a page at a time.

A job belongs to an event if it names one of the event's live lists, or was made for the event
(`JobOptions.event`). Somebody who sees some events only is shown the jobs of those.
"""

import enum
from typing import NamedTuple

import msgspec

from turnout.core.ids import EventId, JobId, OrgId, RecipientId
from turnout.core.messaging.holding import Approval
from turnout.core.messaging.model import (
    Channel,
    Content,
    JobOptions,
    JobState,
    JobType,
    Purpose,
)
from turnout.core.messaging.sights import Viewer
from turnout.core.messaging.sql import sql
from turnout.errors import Missing
from turnout.store import Tx

NEWEST = JobId(2**62)
FIRST = RecipientId(0)

_content = msgspec.json.Decoder(Content)
_options = msgspec.json.Decoder(JobOptions)
_list_ids = msgspec.json.Decoder(tuple[str, ...])


class Stage(enum.StrEnum):
    """How far a job has come, in the words of those who look after it."""

    APPROVAL = "approval"
    WAITING = "waiting"
    SENDING = "sending"
    PAUSED = "paused"
    ENDED = "ended"


class WantedJobs(NamedTuple):
    """Which jobs are asked for; empty or None = any. `text` stands in the name, in any case."""

    text: str = ""
    channel: Channel | None = None
    stage: Stage | None = None
    purpose: Purpose | None = None
    event_id: EventId | None = None


class BrowsedJob(NamedTuple):
    """A job in a list. Instants in epoch ms; `open` are those without an end, `ended` how many of
    them have one."""

    id: JobId
    user_code: str
    job_type: JobType
    name: str
    state: JobState
    is_paused: int
    accepted_at: int
    scheduled_at: int | None
    started_at: int | None
    completed_at: int | None
    total: int
    open: int
    sent: int
    failed: int
    cost_micros: int
    reserved_micros: int
    approval: Approval
    sender: str
    content: str
    options: str
    list_ids: str
    timezone: str
    closing_reason: str

    @property
    def stage(self) -> Stage:
        """How far it has come."""
        if self.state.is_ended:
            return Stage.ENDED
        if self.is_paused:
            return Stage.PAUSED
        if self.approval is Approval.WAITING:
            return Stage.APPROVAL
        is_ahead = self.state in (JobState.SCHEDULED, JobState.LISTING)
        return Stage.WAITING if is_ahead else Stage.SENDING

    @property
    def said(self) -> Content:
        """What it says, before merging."""
        return _content.decode(self.content)

    @property
    def carried_out(self) -> JobOptions:
        return _options.decode(self.options)

    @property
    def purpose(self) -> Purpose:
        return self.carried_out.purpose

    @property
    def lists(self) -> tuple[str, ...]:
        """The names of the lists to which it goes."""
        return _list_ids.decode(self.list_ids)


class BrowsedRecipient(NamedTuple):
    """A recipient of a job. Instants in epoch ms."""

    id: RecipientId
    name: str
    destination: str
    reference: str
    state: str
    status: str
    notes: str
    parts: int
    cost_micros: int
    sent_at: int | None
    done_at: int | None


def browse_jobs(
    tx: Tx,
    org_id: OrgId,
    wanted: WantedJobs,
    *,
    before: JobId = NEWEST,
    limit: int,
    viewer: Viewer | None = None,
) -> list[BrowsedJob]:
    """A page of the organization's jobs, newest first, behind the job `before`, of which the viewer
    may know (None = an operator); without those that Turnout makes for itself."""
    found: list[BrowsedJob] = []
    while len(found) < limit:
        rows = _read(tx, org_id, wanted, JobId(1), JobId(before - 1), limit)
        hidden = viewer.find_hidden(tx, org_id, [row.id for row in rows]) if viewer else set()
        found += [row for row in rows if row.id not in hidden]
        if len(rows) < limit:
            break
        before = rows[-1].id
    return found[:limit]


def get_browsed_job(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId | None,
    job_id: JobId,
    *,
    viewer: Viewer | None = None,
) -> BrowsedJob:
    """One job, of that event if one is given. Raises Missing, also where the viewer may not know of
    it."""
    found = _read(tx, org_id, WantedJobs(event_id=event_id), job_id, job_id, 1)
    if not found or (viewer and viewer.find_hidden(tx, org_id, [job_id])):
        raise Missing("job.missing", job_id=job_id)
    return found[0]


def browse_recipients(
    tx: Tx,
    org_id: OrgId,
    job_id: JobId,
    *,
    status: str = "",
    text: str = "",
    after: RecipientId = FIRST,
    limit: int,
) -> list[BrowsedRecipient]:
    """A page of a job's recipients in their order, behind the recipient `after`; of a status, and
    with `text` in name, address or reference, in any case."""
    return sql.browse_recipients(
        tx,
        org_id=org_id,
        job_id=job_id,
        status=status,
        text=text.lower(),
        after=after,
        limit=limit,
    )


def _read(
    tx: Tx, org_id: OrgId, wanted: WantedJobs, first: JobId, last: JobId, limit: int
) -> list[BrowsedJob]:
    event = wanted.event_id or 0
    return sql.browse_jobs(
        tx,
        org_id=org_id,
        first=first,
        last=last,
        text=wanted.text.lower(),
        channel=wanted.channel.value if wanted.channel else "",
        stage=wanted.stage.value if wanted.stage else "",
        purpose=wanted.purpose.value if wanted.purpose else "",
        # `purpose` is the first of the options, and written unless it is the usual one.
        service=f'{{"purpose":"{Purpose.SERVICE.value}"%',
        event=event,
        whole=f'%"event:{event}"%',
        part=f'%"event:{event}:%',
        answered=f'%"event:{event}?%',
        marked=f'%"event":"{event}"%',
        limit=limit,
    )
