"""Ends that turn out to be others: a network says that a message failed, and later that it arrived,
or the other way round.

Networks do so when a handset was off for longer than they waited, or when they take a transit
network's word first. The later word counts, once: then the message keeps its end. The note says
what was said before, the counts and the cost follow, and integrators are called back again. What
was reserved for a message is given back when its job ends; one that is corrected to SENT after that
is charged all the same (spending.py). One that was to be sent again is not (withdrawing.py).

Of a message of several parts a failure stays: nobody knows of its other parts.
"""

from collections.abc import Sequence
from itertools import groupby

from turnout.core.ids import JobId, OrgId, RecipientId
from turnout.core.messaging.ending import RecipientEnding, call_back
from turnout.core.messaging.model import JobState, Status
from turnout.core.messaging.spending import settle_spending
from turnout.core.messaging.sql import sql
from turnout.core.messaging.withdrawing import withdraw_retries
from turnout.store import Tx, to_json

NOTE = "Corrected by a later report of the network; before it was {status}."


def correct_recipients(
    tx: Tx, ends: Sequence[RecipientEnding], *, only: Status | None = None
) -> None:
    """Give recipients that have ended the end that their network tells now; `only` those that ended
    with that status."""
    ordered = sorted(ends, key=lambda end: (*end.job, end.recipient_id))
    arrived: list[tuple[OrgId, JobId, list[RecipientId]]] = []
    for (org_id, job_id), group in groupby(ordered, key=lambda end: end.job):
        ids = _correct(tx, org_id, job_id, {end.recipient_id: end for end in group}, only)
        arrived.append((org_id, job_id, ids))
    for org_id, job_id, ids in arrived:
        withdraw_retries(tx, org_id, job_id, ids)


def _correct(
    tx: Tx,
    org_id: OrgId,
    job_id: JobId,
    ends: dict[RecipientId, RecipientEnding],
    only: Status | None,
) -> list[RecipientId]:
    """Correct recipients of one job; returns those that arrived after all."""
    rows, changes = [], {}
    standing = sql.list_ends(tx, org_id=org_id, job_id=job_id, ids=to_json(sorted(ends)))
    for id_, status, cost, quote, parts in standing:
        end = ends[id_]
        is_sent = end.status is Status.SENT
        if status == end.status or (is_sent and parts > 1) or (only and status != only):
            continue
        new_cost = (quote or 0) if is_sent else 0
        notes = " ".join(filter(None, (end.notes, NOTE.format(status=status))))
        facts = (end.duration_s, end.keypress, int(end.is_voicemail))
        rows.append((id_, status, end.status.value, new_cost, notes, *facts))
        changes[id_] = is_sent - (status == Status.SENT), new_cost - cost
    if not rows:
        return []
    corrected = sql.correct_ends(tx, org_id=org_id, job_id=job_id, rows=to_json(rows), now=tx.now)
    ids = sorted(id_ for (id_,) in corrected)
    _count(tx, org_id, job_id, [changes[id_] for id_ in ids])
    call_back(tx, org_id, job_id, ids)
    return [id_ for id_ in ids if ends[id_].status is Status.SENT]


def _count(tx: Tx, org_id: OrgId, job_id: JobId, changes: list[tuple[int, int]]) -> None:
    sent, cost = (sum(column) for column in zip(*changes, strict=True)) if changes else (0, 0)
    state = sql.count_corrected(tx, org_id=org_id, id=job_id, sent=sent, cost=cost)
    if JobState(state).is_ended:
        settle_spending(tx, org_id, job_id)
