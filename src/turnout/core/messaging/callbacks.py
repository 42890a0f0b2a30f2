"""The outbox of calls to integrators."""

from collections.abc import Sequence

from turnout.store import Tx


def queue_status_callbacks(tx: Tx, org_id: int, job_id: int, recipient_ids: Sequence[int]) -> None:
    """Queue the callbacks due for recipients of one job that have just ended."""


def queue_reply_callbacks(tx: Tx, org_id: int, reply_ids: Sequence[int]) -> None:
    """Queue the callbacks due for replies that have just been stored."""
