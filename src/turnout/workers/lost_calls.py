"""The loop that ends calls whose process is no more (core/messaging/dialling.py), whichever node or
account made them."""

from collections import Counter

import structlog

from turnout.core.messaging.dialling import end_lost
from turnout.core.messaging.model import Status
from turnout.http import metrics
from turnout.store import Database
from turnout.workers.loop import Loop

AT_ONCE = 200
EVERY_S = 5.0
log = structlog.get_logger()


def lost_calls_loop(db: Database) -> Loop:
    """Every five seconds."""

    async def end() -> bool:
        lost, has_more = await db.write_behind(end_lost, AT_ONCE)
        for account, count in Counter(lost).items():
            metrics.calls_ended.labels(account, Status.PATHWAY_ERROR.value).inc(count)
            log.warning("calls of a process that is gone have ended", carrier=account, calls=count)
        return has_more

    return Loop("lost-calls", end, every_s=EVERY_S)
