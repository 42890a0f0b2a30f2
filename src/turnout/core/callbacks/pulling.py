"""Pulling callbacks that wait back after the clock was set back (core/maintenance/clock.py)."""

from turnout.core.callbacks.model import GIVE_UP_AFTER_MS
from turnout.core.callbacks.outbox import QUEUE
from turnout.core.callbacks.sql import sql
from turnout.store import Tx
from turnout.store.windows import TOLERANCE_MS

ROWS_A_SLICE = 2_000


def pull_callbacks(tx: Tx) -> bool:
    """No call waits for longer than its pause, nor is tried for longer than 24 hours from now;
    whether there may be more."""
    latest = tx.now + GIVE_UP_AFTER_MS
    pulled: int = sql.pull_callbacks(tx, now=tx.now, latest=latest, limit=ROWS_A_SLICE)
    tx.wake(QUEUE)
    return pulled >= ROWS_A_SLICE


def pull_calls(tx: Tx, lease_ms: int) -> None:
    """Take over what was claimed until a time that is too far away; see `pull_leases`."""
    sql.pull_calls(tx, now=tx.now, latest=tx.now + lease_ms + TOLERANCE_MS)
