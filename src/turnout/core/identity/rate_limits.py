"""The stored side of rate limits: one fixed window an account and endpoint.

Servers count in memory (http/rate_limit.py) and add up here once a second, so that a window
holds across processes and restarts.
"""

from typing import NamedTuple

from turnout.core.identity.sql import sql
from turnout.core.ids import OrgId
from turnout.core.windows import counting
from turnout.core.windows.counting import WindowKey
from turnout.store import Tx

KIND = "requests"
WINDOW_MS = 60_000


class Window(NamedTuple):
    """`limit` None = the server's default, 0 = no limit; `started_at` in epoch ms."""

    limit: int | None
    started_at: int
    requests: int


def load_window(tx: Tx, org_id: OrgId, endpoint: str) -> Window:
    """The window as stored; one that is over counts 0 requests and starts at 0."""
    return _window_of(tx, org_id, counting.find(tx, WindowKey(org_id, KIND, endpoint)))


def add_to_windows(
    tx: Tx, counts: dict[tuple[OrgId, str], tuple[int, int]]
) -> dict[tuple[OrgId, str], Window]:
    """Add what this process counted: (org, endpoint) → (window start in ms, new requests).

    Returns the windows as they stand after that, other processes' counts included.
    """
    windows = {}
    for (org_id, endpoint), (started_at, requests) in sorted(counts.items()):
        key = WindowKey(org_id, KIND, endpoint)
        if requests:
            counting.add(tx, key, started_at, WINDOW_MS, requests)
        windows[org_id, endpoint] = _window_of(tx, org_id, counting.find(tx, key))
    return windows


def _window_of(tx: Tx, org_id: OrgId, stored: counting.Window | None) -> Window:
    limit = sql.find_rate_limit(tx, org_id=org_id)
    return Window(limit, stored.started_at, stored.counted) if stored else Window(limit, 0, 0)
