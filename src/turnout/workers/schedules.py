"""The loop that starts jobs, turns their lists into recipients, and cuts them off
(core/messaging/starting.py)."""

from functools import partial

from turnout.core.messaging.alerts import AlertLimits, raise_alerts
from turnout.core.messaging.digests import send_digest
from turnout.core.messaging.files import forget_files
from turnout.core.messaging.pictures import forget_pictures
from turnout.core.messaging.prices import Prices
from turnout.core.messaging.staging import SCHEDULE
from turnout.core.messaging.starting import JOBS_AT_ONCE, Resolve, schedule_queue, sweep_staged
from turnout.core.verification.codes import forget_old_codes
from turnout.http import metrics
from turnout.store import Database
from turnout.workers.loop import Loop
from turnout.workers.turns import TurnLoop

SWEEP = 500
FILES = 20
PICTURES = 10
LOOK_S = 120


def schedule_loops(
    db: Database, resolve: Resolve, prices: Prices, limits: AlertLimits
) -> list[Loop]:
    """The loops of the clock on this node; `resolve` looks up live lists, `prices` are those of
    what lists add, `limits` those of alerts."""

    async def sweep() -> bool:
        staged = await db.write_behind(sweep_staged, SWEEP)
        codes = await db.write_behind(forget_old_codes, SWEEP)
        files = await db.write_behind(forget_files, FILES)
        pictures = await db.write_behind(forget_pictures, PICTURES)
        return max(staged, codes) >= SWEEP or files == FILES or pictures == PICTURES

    async def look() -> bool:
        for kind in await db.write_behind(raise_alerts, limits):
            metrics.alerts.labels(kind.value).inc()
        return False

    loop = TurnLoop(db, schedule_queue(resolve, prices), JOBS_AT_ONCE)
    db.on_wake(SCHEDULE, loop.wake)
    return [
        loop,
        Loop("messaging-sweep", sweep, every_s=60),
        Loop("alerts", look, every_s=LOOK_S),
        Loop("report-digests", partial(db.write_behind, send_digest), every_s=60),
    ]
