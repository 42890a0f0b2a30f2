"""What a worker says of recipients that it no longer holds.

Theory. A worker that was frozen for longer than its lease comes back with answers of a network,
while another has claimed the same recipients, or is done with them. What it did not send is of no
interest any more. What it did send is a fact, no matter who holds the recipient:

- nobody has it in hand → it is taken back, and recorded as if nothing had been;
- another has, and has not recorded anything → it is taken back too, if it was certainly sent. The
  other finds that out when it renews its lease or records; it may be sending at this moment;
- it was sent already → there are two copies, and the recipient's notes say so.
"""

from collections.abc import Mapping, Sequence

from turnout.core.ids import RecipientId
from turnout.core.messaging.model import JobHead, Status
from turnout.core.messaging.sql import sql
from turnout.log import log
from turnout.store import Tx, to_json

COPY = "Sent twice: by a server that had stood still, and by the one that took its place."
LATE = "Was sent all the same, by a server that had stood still."


Taken = tuple[RecipientId, int, int]
"""Number of the recipient, number of the claim under which it was handed over, and 1 if it was
certainly sent, 0 if it may have been."""


def take_back(tx: Tx, head: JobHead, taken: Sequence[Taken]) -> set[RecipientId]:
    """Claim recipients again under the numbers with which they were handed over, where no other
    worker has sent to them; returns those."""
    if not taken:
        return set()
    rows = to_json(sorted(taken))
    return {id_ for (id_,) in sql.take_back(tx, org_id=head.org_id, job_id=head.id, rows=rows)}


def note_copies(tx: Tx, head: JobHead, sent: Mapping[RecipientId, int]) -> None:
    """Note with recipients (number → claim) that they were sent to, though another claim decided
    on them. Idempotent."""
    if not sent:
        return
    ids = to_json(sorted(sent))
    notes: dict[str, list[RecipientId]] = {}
    for id_, state, status, claim, noted in sql.list_standing(
        tx, org_id=head.org_id, job_id=head.id, ids=ids
    ):
        note = COPY if state == "accepted" or status == Status.SENT else LATE
        if claim != sent[id_] and note not in noted:
            notes.setdefault(note, []).append(id_)
    for note, noted_ids in notes.items():
        log.warning("sent by two servers", job=head.id, recipients=noted_ids, note=note)
        sql.note_recipients(
            tx, org_id=head.org_id, job_id=head.id, ids=to_json(noted_ids), notes=note
        )
