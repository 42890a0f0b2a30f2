"""What an operator decides of somebody who was set aside (delivering.py)."""

from typing import Any

from turnout.core.ids import OrgId, RecipientId
from turnout.core.messaging.delivering import ASIDE, REPEATED
from turnout.core.messaging.ending import RecipientEnding, end_recipients
from turnout.core.messaging.model import Status
from turnout.core.messaging.sql import sql
from turnout.store import Tx


def release_recipient(tx: Tx, org_id: OrgId, recipient_id: RecipientId) -> None:
    """Let somebody who was set aside be sent to again, now; what is sent may be another copy."""
    for job_id, lane in _release(tx, org_id, recipient_id):
        sql.hasten(tx, org_id=org_id, id=job_id, ready_at=tx.now)
        tx.wake(f"messaging-{lane}")


def give_up_recipient(tx: Tx, org_id: OrgId, recipient_id: RecipientId) -> None:
    """End somebody who was set aside: nobody knows what they got."""
    rows = _release(tx, org_id, recipient_id)
    end_recipients(
        tx,
        [
            RecipientEnding(org_id, job_id, recipient_id, Status.PATHWAY_ERROR, ASIDE)
            for job_id, _ in rows
        ],
    )


def _release(tx: Tx, org_id: OrgId, recipient_id: RecipientId) -> list[Any]:
    """Job and lane of somebody who was set aside."""
    return list(
        sql.release_recipient(tx, org_id=org_id, id=recipient_id, now=tx.now, notes=REPEATED)
    )
