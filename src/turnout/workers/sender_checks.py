"""The loop that looks at verified mail domains again, each once a day."""

import asyncio
from collections.abc import Callable

from turnout.core.messaging.sender_checks import note_check
from turnout.core.senders.domains import get_domain, take_due_domain
from turnout.core.senders.model import Found, Record, judge, records_of, sort_found
from turnout.errors import Missing
from turnout.http import metrics
from turnout.store import Database
from turnout.workers.loop import Loop

DAY_MS = 24 * 3_600_000
LOOK_S = 300

LookUp = Callable[[str, str], list[str] | None]
"""What the DNS answers for a kind of record and a name; None if no name server did."""


def sender_check_loop(db: Database, return_target: str, look_up: LookUp) -> Loop:
    """The loop; `return_target` is the installation's return path domain, empty = it has none."""

    async def look() -> bool:
        due = await db.write_behind(take_due_domain, DAY_MS)
        if due is None:
            return False
        try:
            records = records_of(*await db.read(get_domain, *due), return_target)
            found = await asyncio.to_thread(_ask, records, look_up)
            for kind in await db.write_behind(note_check, *due, *sort_found(records, found)):
                metrics.alerts.labels(kind.value).inc()
        except Missing:
            pass  # removed since
        return True

    return Loop("sender-domains", look, every_s=LOOK_S)


def _ask(records: list[Record], look_up: LookUp) -> list[Found]:
    return [judge(record, look_up(record.kind, record.name)) for record in records]
