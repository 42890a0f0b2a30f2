"""Commits that come late, and lists of what changed since some instant.

Theory. A row bears the instant at which its command began inside its transaction, and is seen from
the commit on. Anyone who asks "what changed since T" again and again, each time with the instant of
the question before, would never be told of a row that was stamped before T and committed after it.
Most commits come within milliseconds; a frozen node, a held row, a slow disk or a big import makes
some come seconds later.

So a list of changes reaches back: by `OVERLAP_MS` always, and further where a commit is known to
have come late. A transaction that has taken `LATE_MS` when its work is done says so in a row of its
own, which is seen together with what it changed. Where the commit itself took long, the row follows
it at once. Nothing is left out; what changed shortly before T may be told twice.

If you add a list that is asked for by the instant of a change, take its instant through
`reach_back`.
"""

import time
from typing import NamedTuple

from turnout.store.sources import Clock, Ids
from turnout.store.sql import sql
from turnout.store.transaction import Tx

LATE_SCHEMA = "0018"
"""The first schema that has the table."""
LATE_MS = 250
OVERLAP_MS = 500
# No transaction takes longer, and no list is asked for an instant that is older than what is kept.
LONGEST_MS = 6 * 3_600_000
KEPT_MS = 31 * 24 * 3_600_000

_ids = Ids()  # not the command's: what it makes is not called otherwise because it came late


class TransactionStart(NamedTuple):
    """When a transaction took its first stamp: by the clock of the stamps (epoch ms), and by one
    that never steps (s)."""

    at: int
    monotonic: float

    @classmethod
    def now(cls, clock: Clock) -> "TransactionStart":
        """This instant."""
        return cls(clock(), time.monotonic())

    def took_ms(self, clock: Clock) -> int:
        """How long ago that is. A paused machine stops one of the clocks, so the longer counts."""
        passed = round((time.monotonic() - self.monotonic) * 1000)
        return max(clock() - self.at, passed)


def note_late(tx: Tx, began_at: int, took_ms: int) -> None:
    """Keep that what bears the instant `began_at` (epoch ms) or a later one is seen only since
    `took_ms` after it."""
    sql.note_late(tx, id=_ids.uuid(tx.now), began_at=began_at, ended_at=began_at + took_ms)


def reach_back(tx: Tx, since: int) -> int:
    """The instant (epoch ms) from which a list must begin, so that one asked for at `since` or
    later, and this one, leave nothing out between them."""
    earliest = sql.find_late_beginning(
        tx, since=since, from_=since - OVERLAP_MS, until=since + LONGEST_MS
    )
    return min(since, since if earliest is None else earliest) - OVERLAP_MS


def forget_late(tx: Tx, limit: int) -> int:
    """Delete up to `limit` rows that nobody needs any more; returns how many."""
    return sql.forget_late(tx, before=tx.now - KEPT_MS, limit=limit)
