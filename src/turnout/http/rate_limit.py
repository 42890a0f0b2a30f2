"""Rate limits at the edge: a fixed window of 60 s an account and endpoint.

Theory. A decision costs a look into memory. Once a second the counts of this process are added
to the stored windows, and what other processes counted comes back with the same command; so the
limit holds across processes with an overshoot of one second at most, and across restarts. The
account's own limit comes along too. A window begins with its first request.
"""

from turnout.core.identity.rate_limits import WINDOW_MS, Window, add_to_windows, load_window
from turnout.core.ids import OrgId
from turnout.errors import Limited
from turnout.http import metrics
from turnout.store import Database
from turnout.store.windows import is_over, seconds_left

Key = tuple[OrgId, str]
FORGET_AFTER_MS = 10 * WINDOW_MS
SEEN_MS = 2_000


class _Count:
    """One window: `stored` requests as in the database, `fresh` ones counted here since."""

    __slots__ = ("fresh", "limit", "seen_at", "started_at", "stored")

    def __init__(self, window: Window) -> None:
        self.limit = window.limit
        self.started_at = window.started_at
        self.stored = window.requests
        self.fresh = 0
        self.seen_at = 0


class RateLimiter:
    """Counts requests and refuses those over the limit."""

    def __init__(self, db: Database, default_limit: int) -> None:
        self._db = db
        self._default = default_limit
        self._counts: dict[Key, _Count] = {}

    async def admit(self, org_id: OrgId, endpoint: str) -> None:
        """Count one request of the account. Raises Limited with the seconds to wait."""
        count = self._counts.get((org_id, endpoint))
        if count is None:
            window = await self._db.read(load_window, org_id, endpoint)
            count = self._counts.setdefault((org_id, endpoint), _Count(window))
        now = self._db.clock()
        count.seen_at = now
        limit = self._default if count.limit is None else count.limit
        if limit == 0:
            return
        if is_over(count.started_at, WINDOW_MS, now):
            count.started_at, count.stored, count.fresh = now, 0, 0
        if count.stored + count.fresh >= limit:
            metrics.limited.labels(endpoint).inc()
            wait_s = seconds_left(count.started_at + WINDOW_MS, WINDOW_MS, now)
            raise Limited("rate.limited", limit=limit, retry_after=wait_s)
        count.fresh += 1

    async def flush(self) -> None:
        """Add the new counts to the stored windows, and take over what stands there."""
        now = self._db.clock()
        unseen = [k for k, c in self._counts.items() if is_over(c.seen_at, FORGET_AFTER_MS, now)]
        for key in unseen:
            del self._counts[key]
        sent = {
            key: (count.started_at, count.fresh)
            for key, count in self._counts.items()
            if count.fresh or not is_over(count.seen_at, SEEN_MS, now)
        }
        if not sent:
            return
        windows = await self._db.write_behind(add_to_windows, sent)
        for key, window in windows.items():
            if (count := self._counts.get(key)) is not None:
                _take_over(count, window, *sent[key])


def _take_over(count: _Count, window: Window, started_at: int, sent: int) -> None:
    """Make `window`, as stored after our counts were added, what this process goes by."""
    count.limit = window.limit
    if count.started_at != started_at:
        return  # a new window began here while the old one was being stored
    count.fresh -= sent
    if window.started_at:
        count.started_at, count.stored = window.started_at, window.requests
