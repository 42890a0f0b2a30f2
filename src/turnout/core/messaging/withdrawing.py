"""Retries that are not needed: the message that they repeat arrived after all.

A network may say so when failed messages have already been tried again (retrying.py). A message
that no worker has in hand yet is withdrawn, and ends unsent. For one that was handed over, or may
be, both notes say that there may be two copies.
"""

from collections.abc import Sequence

from turnout.core.ids import JobId, OrgId, RecipientId
from turnout.core.messaging.ending import RecipientEnding, end_job, end_recipients
from turnout.core.messaging.jobs import get_job_head
from turnout.core.messaging.model import Channel, JobState, Status
from turnout.core.messaging.sql import sql
from turnout.store import Tx, to_json

WITHDRAWN = "Not sent: the first message, of job {job_id}, arrived after all."
FIRST = "Job {job_id} had sent it again: there may be two copies."
SECOND = "The first message, of job {job_id}, arrived after all: there may be two copies."


def withdraw_retries(tx: Tx, org_id: OrgId, job_id: JobId, ids: Sequence[RecipientId]) -> None:
    """These recipients of a job got their message: those that were to get it again do not, unless
    it was handed over. Idempotent."""
    for id_ in ids:
        _withdraw(tx, org_id, job_id, id_)


def _withdraw(tx: Tx, org_id: OrgId, job_id: JobId, id_: RecipientId) -> None:
    """Of one that failed too, and was tried again in turn, the last counts."""
    first: tuple[JobId, RecipientId] = job_id, id_
    last = first
    while found := sql.find_retry(tx, org_id=org_id, job_id=last[0], id=last[1]):
        last = found.job_id, found.id
        claim = sql.claim_retry(tx, org_id=org_id, job_id=found.job_id, id=found.id)
        if claim is not None:
            _end_unsent(tx, org_id, *last, claim, WITHDRAWN.format(job_id=job_id))
            return
        if found.state != "done" or found.status == Status.SENT:
            _note(tx, org_id, *first, FIRST.format(job_id=found.job_id))
            _note(tx, org_id, *last, SECOND.format(job_id=job_id))
            return


def _end_unsent(
    tx: Tx, org_id: OrgId, job_id: JobId, id_: RecipientId, claim: int, notes: str
) -> None:
    head = get_job_head(tx, org_id, job_id)
    status = Status.FAILED if head.job_type.channel is Channel.EMAIL else Status.EXPIRED
    ending = RecipientEnding(org_id, job_id, id_, status, notes, is_unsent=True, claim=claim)
    end_recipients(tx, [ending])
    # One that waits for approval has not begun, and nothing would end it.
    if head.state is JobState.SCHEDULED and not sql.count_open(tx, org_id=org_id, id=job_id):
        end_job(tx, org_id, job_id, head.kind, is_whole=False)


def _note(tx: Tx, org_id: OrgId, job_id: JobId, id_: RecipientId, notes: str) -> None:
    sql.note_recipients(tx, org_id=org_id, job_id=job_id, ids=to_json([id_]), notes=notes)
