"""Pulling claims back after the clock was set back (core/maintenance/clock.py)."""

from turnout.core.work.sql import sql
from turnout.store import Tx
from turnout.store.windows import TOLERANCE_MS


def pull_claims(tx: Tx, longest_ms: int) -> None:
    """Take over what was claimed until a time that is too far away. A live worker has ended such a
    claim, if the clock was set back longer ago than the longest one takes."""
    sql.pull_claims(tx, now=tx.now, latest=tx.now + longest_ms + TOLERANCE_MS)
