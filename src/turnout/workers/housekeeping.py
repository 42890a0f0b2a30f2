"""What a serving node does on the side: stored counts, last uses, old keys."""

from collections.abc import Callable

from turnout.core.audience.permissions import forget_old_sessions
from turnout.core.identity.credentials import touch_credentials
from turnout.core.identity.idempotency import forget_old_keys
from turnout.core.identity.model import Caller
from turnout.core.identity.page_sessions import forget_old_page_sessions
from turnout.core.identity.proxies import note_untrusted_proxies
from turnout.core.journeys.intake import count_waiting
from turnout.http import metrics
from turnout.http.backlog import Backlog
from turnout.http.rate_limit import RateLimiter
from turnout.store import Database
from turnout.workers.loop import Loop

SWEEP = 500


def housekeeping_loops(
    db: Database,
    limiter: RateLimiter,
    backlog: Backlog,
    take_last_used: Callable[[], dict[Caller, int]],
    take_untrusted: Callable[[], set[str]] = set,
) -> list[Loop]:
    """The loops of a serving node; each is cheap, and bounded in what it does at once."""

    async def count() -> bool:
        await limiter.flush()
        metrics.writes_waiting.set(len(db.writes))
        if backlog.fed:
            backlog.counted(await db.read(count_waiting, backlog.limit))
        return False

    async def touch() -> bool:
        if used := take_last_used():
            await db.write_behind(touch_credentials, used)
        return False

    async def note() -> bool:
        if addresses := take_untrusted():
            await db.write_behind(note_untrusted_proxies, addresses)
        return False

    async def sweep() -> bool:
        return await db.write_behind(forget_old_keys, SWEEP) == SWEEP

    async def end_sessions() -> bool:
        return await db.write_behind(forget_old_sessions, SWEEP) == SWEEP

    async def end_page_sessions() -> bool:
        return await db.write_behind(forget_old_page_sessions, SWEEP) == SWEEP

    return [
        Loop("counts", count, every_s=1),
        Loop("last-used", touch, every_s=60),
        Loop("untrusted-proxies", note, every_s=2),
        Loop("sweep", sweep, every_s=60),
        Loop("page-sessions", end_page_sessions, every_s=60),
        Loop("reporting-sessions", end_sessions, every_s=60),
    ]
