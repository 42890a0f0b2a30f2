"""The stored side of rate limits: one fixed window an account and endpoint.

Servers count in memory (http/rate_limit.py) and add up here once a second, so that a window
holds across processes and restarts.
"""

from typing import NamedTuple

from turnout.core.identity.sql import sql
from turnout.core.ids import OrgId
from turnout.store import Tx
from turnout.store.windows import edges, is_over

WINDOW_MS = 60_000


class Window(NamedTuple):
    """`limit` None = the server's default, 0 = no limit; `started_at` in epoch ms."""

    limit: int | None
    started_at: int
    requests: int


def load_window(tx: Tx, org_id: OrgId, endpoint: str) -> Window:
    """The window as stored; one that is over counts 0 requests and starts at 0."""
    row = sql.find_window(tx, org_id=org_id, endpoint=endpoint)
    if row is None:
        return Window(None, 0, 0)
    limit, started_at, requests = row
    if started_at is None or requests is None or is_over(started_at, WINDOW_MS, tx.now):
        return Window(limit, 0, 0)
    return Window(limit, started_at, requests)


def add_to_windows(
    tx: Tx, counts: dict[tuple[OrgId, str], tuple[int, int]]
) -> dict[tuple[OrgId, str], Window]:
    """Add what this process counted: (org, endpoint) → (window start in ms, new requests).

    Returns the windows as they stand after that, other processes' counts included.
    """
    windows = {}
    for (org_id, endpoint), (started_at, requests) in sorted(counts.items()):
        if requests:
            sql.add_to_window(
                tx,
                org_id=org_id,
                endpoint=endpoint,
                started_at=started_at,
                requests=requests,
                **edges(WINDOW_MS, tx.now)._asdict(),
            )
        windows[org_id, endpoint] = load_window(tx, org_id, endpoint)
    return windows
