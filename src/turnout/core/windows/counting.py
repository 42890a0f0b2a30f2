"""How often something was done since its first time, as rows that all nodes count in.

Theory. One guarded statement counts and judges, in the transaction of the effect: of many at once
each is counted, and what is rolled back was not. Whether a window has ended is decided as in the
memory of a process (store/windows.py). A window is gone a minute or so after its end.
"""

from typing import NamedTuple

from turnout.core.ids import OrgId
from turnout.core.windows.sql import sql
from turnout.store import Tx
from turnout.store.windows import TOLERANCE_MS, is_over, seconds_left

TABLE = "windows"
NO_LIMIT = 2**62


class WindowKey(NamedTuple):
    """What is counted: names are unique for each `kind`, and no name tells of a person."""

    org_id: OrgId
    kind: str
    name: str


class Window(NamedTuple):
    """What was `counted` from `started_at` to `ends_at` (epoch ms)."""

    started_at: int
    ends_at: int
    counted: int


def count(tx: Tx, key: WindowKey, limit: int, length_ms: int) -> bool:
    """Count one; whether that was within the limit. Beyond it nothing is counted."""
    if limit == 0:
        return False
    tx.about(TABLE, key)
    return _add(tx, key, tx.now, length_ms, 1, limit) is not None


def add(tx: Tx, key: WindowKey, started_at: int, length_ms: int, counted: int) -> Window:
    """Add what was counted elsewhere, since `started_at` (epoch ms), without a limit; returns what
    is counted in all."""
    window = _add(tx, key, started_at, length_ms, counted, NO_LIMIT)
    return window or Window(started_at, started_at + length_ms, counted)


def _add(
    tx: Tx, key: WindowKey, started_at: int, length_ms: int, counted: int, limit: int
) -> Window | None:
    return sql.add_to_window(
        tx,
        **key._asdict(),
        started_at=started_at,
        ends_at=started_at + length_ms,
        counted=counted,
        limit=limit,
        now=tx.now,
        ahead=tx.now + TOLERANCE_MS,
    )


def book(tx: Tx, key: WindowKey, limit: int, length_ms: int) -> int:
    """Count one that is never refused, but may have to wait; returns until when, in epoch ms: now
    for up to `limit`, and a window's length later for every `limit` more."""
    tx.about(TABLE, key)
    ends_at = sql.book_in_window(
        tx,
        **key._asdict(),
        now=tx.now,
        ends_at=tx.now + length_ms,
        limit=limit,
        ahead=tx.now + TOLERANCE_MS,
    )
    return max(tx.now, ends_at - length_ms)


def find(tx: Tx, key: WindowKey) -> Window | None:
    """What is counted, unless the window has ended."""
    window = sql.find_window(tx, **key._asdict())
    if window is None or is_over(window.started_at, window.ends_at - window.started_at, tx.now):
        return None
    return window


def wait_s(tx: Tx, key: WindowKey, length_ms: int) -> int:
    """How long a caller is told to wait for the end of a window, in seconds; at least 1, and never
    longer than `length_ms`."""
    window = sql.find_window(tx, **key._asdict())
    return seconds_left(window.ends_at if window else tx.now, length_ms, tx.now)


def take_back(tx: Tx, key: WindowKey) -> None:
    """Count one less."""
    sql.take_back(tx, **key._asdict())


def clear(tx: Tx, key: WindowKey) -> None:
    """Forget what was counted. Idempotent."""
    sql.clear_window(tx, **key._asdict())


def forget_ended_windows(tx: Tx, limit: int) -> int:
    """Delete up to `limit` windows that have ended; returns how many."""
    rows = sql.list_ended_windows(tx, now=tx.now, limit=limit)
    sql.delete_ended_window(tx, [WindowKey(*row)._asdict() | {"now": tx.now} for row in rows])
    return len(rows)
