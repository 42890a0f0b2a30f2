"""A recipient's end, and what follows from it.

`end_recipients` is the one way to `done`. In one transaction: the rows, the job's counters and
cost, the callbacks due, and, with the last of them, the job's own end with what was reserved for it
and the report mails. Ending somebody again changes nothing. Jobs are taken by rising number
everywhere, so that two transactions never wait for each other in a ring.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import NamedTuple

from turnout.core.ids import JobId, OrgId, RecipientId
from turnout.core.messaging.callbacks import queue_status_callbacks
from turnout.core.messaging.digests import report_job
from turnout.core.messaging.model import JobState, Kind, Status
from turnout.core.messaging.spending import settle_spending
from turnout.core.messaging.sql import sql
from turnout.core.work.apart import do_apart
from turnout.store import Tx, to_json

NOT_CALLED_BACK = "Nobody was called back: the callback could not be made."


class RecipientEnding(NamedTuple):
    """How somebody's message ended. `is_unsent`: it was never handed to a network. `carrier`,
    `parts` and `cost_micros` None = as noted when the network took it; only SENT costs. `claim` is
    the number of the claim without which they are not ended, None = ended no matter who has
    them."""

    org_id: OrgId
    job_id: JobId
    recipient_id: RecipientId
    status: Status
    notes: str = ""
    duration_s: int = 0
    keypress: str = ""
    is_voicemail: bool = False
    is_unsent: bool = False
    carrier: str | None = None
    parts: int | None = None
    cost_micros: int | None = None
    claim: int | None = None

    @property
    def job(self) -> tuple[OrgId, JobId]:
        """Whose it is: organization and job."""
        return self.org_id, self.job_id


class _RecipientState(NamedTuple):
    id: RecipientId
    status: str
    cost_micros: int


def end_recipients(tx: Tx, ended: Iterable[RecipientEnding]) -> set[RecipientId]:
    """End recipients, whichever have not ended yet, and what follows from it; returns those."""
    done: set[RecipientId] = set()
    ordered = sorted(
        ended, key=lambda recipient: (recipient.org_id, recipient.job_id, recipient.recipient_id)
    )
    for (org_id, job_id), group in groupby(ordered, key=lambda recipient: recipient.job):
        done |= _end_of_job(tx, org_id, job_id, list(group))
    return done


def _end_of_job(
    tx: Tx, org_id: OrgId, job_id: JobId, ended: list[RecipientEnding]
) -> set[RecipientId]:
    rows = [
        (
            recipient.recipient_id,
            recipient.status.value,
            recipient.notes,
            recipient.duration_s,
            recipient.keypress,
            int(recipient.is_voicemail),
            recipient.carrier,
            recipient.parts,
            recipient.cost_micros,
            recipient.claim,
        )
        for recipient in {
            recipient_ending.recipient_id: recipient_ending for recipient_ending in ended
        }.values()
    ]
    done = sql.end_recipients(tx, org_id=org_id, job_id=job_id, rows=to_json(rows), now=tx.now)
    if not done:
        return set()
    ids = {recipient.id for recipient in done}
    unsent = {
        recipient_ending.recipient_id for recipient_ending in ended if recipient_ending.is_unsent
    } & ids
    sent = sum(recipient.status == Status.SENT for recipient in done)
    counts = sql.count_ended(
        tx,
        org_id=org_id,
        id=job_id,
        ended=len(done),
        sent=sent,
        unsent=len(unsent),
        cost=sum(recipient.cost_micros for recipient in done),
    )
    call_back(tx, org_id, job_id, sorted(ids - unsent))
    kind, state, left, never_sent = counts
    if left == 0 and state in (JobState.SENDING, JobState.CLOSING):
        end_job(tx, org_id, job_id, Kind(kind), is_whole=not never_sent)
    return ids


def call_back(tx: Tx, org_id: OrgId, job_id: JobId, ids: list[RecipientId]) -> None:
    """Queue the callbacks due. Somebody's message has ended, whether or not that can be told."""

    def queue(tx: Tx, ids: Sequence[RecipientId]) -> None:
        queue_status_callbacks(tx, org_id, job_id, ids)

    if untold := do_apart(tx, "callback", queue, ids):
        encoded = to_json(untold)
        sql.note_recipients(tx, org_id=org_id, job_id=job_id, ids=encoded, notes=NOT_CALLED_BACK)


def end_job(tx: Tx, org_id: OrgId, job_id: JobId, kind: Kind, *, is_whole: bool) -> None:
    """Nobody of the job is left: it is complete, or closed when somebody was never sent to."""
    state = JobState.COMPLETE if is_whole else JobState.CLOSED
    sql.end_job(tx, org_id=org_id, id=job_id, state=state.value, now=tx.now)
    if kind is not Kind.NOTICE:
        settle_spending(tx, org_id, job_id)
    if kind is Kind.BROADCAST:
        do_apart(tx, "job report", lambda tx, ids: report_job(tx, org_id, *ids), [job_id])


def bounce_sent(
    tx: Tx, org_id: OrgId, job_id: JobId, ids: Sequence[RecipientId], notes: str
) -> None:
    """Mails that counted as sent came back."""
    bounced = sql.bounce_sent(
        tx, org_id=org_id, job_id=job_id, ids=to_json(list(ids)), notes=notes, now=tx.now
    )
    if bounced:
        cost = sum(cost for _, cost in bounced)
        state = sql.count_bounced(tx, org_id=org_id, id=job_id, bounced=len(bounced), cost=cost)
        if JobState(state).is_ended:
            settle_spending(tx, org_id, job_id)
        sql.clear_cost(tx, org_id=org_id, job_id=job_id, ids=to_json([id_ for id_, _ in bounced]))
