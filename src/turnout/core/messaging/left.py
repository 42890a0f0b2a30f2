"""What a worker handed over and could not record before it died, as its journal has it
(workers/journal.py). It is recorded as if the worker had stood still and come back (late.py).
"""

from collections.abc import Sequence
from itertools import groupby

import msgspec

from turnout.core.ids import JobId, OrgId, RecipientId
from turnout.core.messaging.delivering import ClaimedRecipient
from turnout.core.messaging.jobs import get_job_head
from turnout.core.messaging.outcomes import Accepted, Outcome, Unknown
from turnout.core.messaging.prices import Prices
from turnout.core.messaging.recording import Patience, Result, record
from turnout.core.messaging.sql import sql
from turnout.errors import Missing
from turnout.store import Tx, to_json

UNKNOWN = Unknown("the server stopped before the outcome could be recorded")


class Handed(msgspec.Struct, frozen=True, array_like=True):
    """That a recipient was sent to under this claim; with `parts` 0 nobody knows whether."""

    org_id: OrgId
    job_id: JobId
    recipient_id: RecipientId
    claim: int
    attempts: int
    carrier: str
    network_ids: tuple[str, ...] = ()
    parts: int = 0
    is_final: bool = False

    @property
    def outcome(self) -> Outcome:
        """What is known of it."""
        if not self.parts:
            return UNKNOWN
        return Accepted(self.network_ids, self.parts, is_final=self.is_final)


Line = tuple[OrgId, JobId, RecipientId, int, int, str, tuple[str, ...], int, bool]
"""The members of a Handed: one is written for each message, so nothing is made that need not be."""


def hand(result: Result) -> Line | None:
    """What is written down of an answer; None where nothing was sent."""
    head, recipient, carrier, outcome = result
    if isinstance(outcome, Accepted):
        ids, parts, is_final = outcome.network_ids, outcome.parts, outcome.is_final
    elif isinstance(outcome, Unknown):
        ids, parts, is_final = (), 0, False
    else:
        return None
    return (
        *(head.org_id, head.id, recipient.id, recipient.claim, recipient.attempts),
        *(carrier, ids, parts, is_final),
    )


def record_left(tx: Tx, handed: Sequence[Handed], prices: Prices, patience: Patience) -> int:
    """Record what a worker left; returns for how many there are recipients still. Repeating it
    changes nothing."""
    results: list[Result] = []
    ordered = sorted(handed, key=lambda line: (line.org_id, line.job_id, line.recipient_id))
    for (org_id, job_id), group in groupby(ordered, key=lambda line: (line.org_id, line.job_id)):
        results += _results(tx, org_id, job_id, {line.recipient_id: line for line in group})
    record(tx, results, prices, patience)
    return len(results)


def _results(
    tx: Tx, org_id: OrgId, job_id: JobId, handed: dict[RecipientId, Handed]
) -> list[Result]:
    try:
        head = get_job_head(tx, org_id, job_id)
    except Missing:
        return []
    rows: list[ClaimedRecipient] = list(
        sql.list_handed(tx, org_id=org_id, job_id=job_id, ids=to_json(sorted(handed)))
    )
    return [
        Result(
            head,
            row._replace(claim=handed[row.id].claim, attempts=handed[row.id].attempts),
            handed[row.id].carrier,
            handed[row.id].outcome,
        )
        for row in rows
    ]
