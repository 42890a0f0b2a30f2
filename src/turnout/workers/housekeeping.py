"""What a serving node does on the side: stored counts, last uses, old keys."""

from collections.abc import Awaitable, Callable
from functools import partial

from turnout.core.audience.permissions import forget_old_sessions
from turnout.core.audience.sharing import forget_old_links
from turnout.core.door.devices import forget_old_devices
from turnout.core.identity.credentials import CredentialKey, touch_credentials
from turnout.core.identity.guessing import forget_old_tries
from turnout.core.identity.idempotency import forget_old_keys
from turnout.core.identity.page_sessions import forget_old_page_sessions
from turnout.core.identity.proxies import note_untrusted_proxies
from turnout.core.identity.single_uses import forget_single_uses
from turnout.core.maintenance.set_aside import ACTIONS
from turnout.core.messaging.network_ids import forget_shared_ids, forget_told_ids
from turnout.core.messaging.old_numbers import read_conversations, read_opt_outs
from turnout.core.messaging.replies import forget_reply_keys
from turnout.core.registrations.intake import count_waiting
from turnout.core.windows.counting import forget_ended_windows
from turnout.core.work.listing import count_set_aside
from turnout.http import metrics
from turnout.http.backlog import Backlog
from turnout.http.rate_limit import RateLimiter
from turnout.store import Database, Tx
from turnout.store.late import forget_late
from turnout.store.statistics import refresh_statistics
from turnout.workers.loop import Loop

SWEEP = 500
# What is over is deleted, and what is of an earlier version is read, once a minute.
SWEPT: dict[str, Callable[[Tx, int], int]] = {
    "sweep": forget_old_keys,
    "reporting-sessions": forget_old_sessions,
    "report-links": forget_old_links,
    "door-devices": forget_old_devices,
    "page-sessions": forget_old_page_sessions,
    "single-uses": forget_single_uses,
    "windows": forget_ended_windows,
    "sign-in-tries": forget_old_tries,
    "reply-keys": forget_reply_keys,
    "shared-ids": forget_shared_ids,
    "told-ids": forget_told_ids,
    "old-opt-outs": read_opt_outs,
    "old-conversations": read_conversations,
    "late-commits": forget_late,
}


def housekeeping_loops(
    db: Database,
    limiter: RateLimiter,
    backlog: Backlog,
    take_last_used: Callable[[], dict[CredentialKey, int]],
    take_untrusted: Callable[[], set[str]] = set,
) -> list[Loop]:
    """The loops of a serving node; each is cheap, and bounded in what it does at once."""

    async def count() -> bool:
        await limiter.flush()
        metrics.writes_waiting.set(db.count_waiting())
        if backlog.fed:
            backlog.counted(await db.read(count_waiting, backlog.limit))
        return False

    # Kept until they are written: the database may be away.
    used: dict[CredentialKey, int] = {}
    addresses: set[str] = set()

    async def touch() -> bool:
        used.update({} if used else take_last_used())
        if used:
            await db.write_behind(touch_credentials, used)
            used.clear()
        return False

    async def note() -> bool:
        addresses.update(() if addresses else take_untrusted())
        if addresses:
            await db.write_behind(note_untrusted_proxies, addresses)
            addresses.clear()
        return False

    return [
        Loop("counts", count, every_s=1),
        Loop("set-aside", partial(_look_aside, db), every_s=10),
        Loop("last-used", touch, every_s=60),
        Loop("untrusted-proxies", note, every_s=2),
        Loop("statistics", partial(_refresh, db), every_s=1),
        *(Loop(name, _sweep(db, verb), every_s=60) for name, verb in SWEPT.items()),
    ]


def _sweep(db: Database, verb: Callable[[Tx, int], int]) -> Callable[[], Awaitable[bool]]:
    """A step that deletes some of what is over; again while there is more."""

    async def sweep() -> bool:
        return await db.write_behind(verb, SWEEP) == SWEEP

    return sweep


async def _look_aside(db: Database) -> bool:
    counts = dict.fromkeys(ACTIONS, 0) | await db.read(count_set_aside)
    for queue, count in counts.items():
        metrics.set_aside.labels(queue).set(count)
    return False


async def _refresh(db: Database) -> bool:
    return await db.write_behind(refresh_statistics) is not None
