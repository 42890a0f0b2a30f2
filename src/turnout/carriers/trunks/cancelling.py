"""Calls that ring, and whose jobs were cancelled or cut off since, are ended within seconds;
for those that go on this process vouches (core/messaging/dialling.py).
"""

import asyncio
import time
from collections.abc import Callable, Sequence

import structlog

from turnout.core.ids import OrgId, RecipientId
from turnout.core.messaging.dialling import VOUCH_MS, vouch
from turnout.core.messaging.overview import list_unwanted_calls
from turnout.errors import Failure
from turnout.store import Database

EVERY_S = 2.0
VOUCH_EVERY_S = VOUCH_MS / 1000 / 6
AT_ONCE = 200
log = structlog.get_logger()


class Cancelling:
    """Looks after the calls of one trunk; `end` ends one that rings in this process, and
    `list_calls` tells all that it makes."""

    def __init__(
        self,
        account: str,
        db: Database,
        end: Callable[[RecipientId], None],
        list_calls: Callable[[], Sequence[tuple[OrgId, RecipientId]]],
    ) -> None:
        self._account = account
        self._db = db
        self._end = end
        self._list_calls = list_calls
        self._vouched_at = time.monotonic()

    async def run(self) -> None:
        """Look and end, until cancelled."""
        while True:
            try:
                await self.look()
            except Failure:
                log.info("calls are looked after again later", carrier=self._account)
            await asyncio.sleep(EVERY_S)

    async def look(self) -> None:
        """End what is not wanted any more, and vouch for the rest."""
        if time.monotonic() - self._vouched_at >= VOUCH_EVERY_S:
            await self._vouch()
        after = RecipientId(0)
        while found := await self._db.read(list_unwanted_calls, self._account, after, AT_ONCE):
            for id_ in found:
                self._end(id_)
            after = found[-1]

    async def _vouch(self) -> None:
        if calls := self._list_calls():
            await self._db.write_behind(vouch, calls)
        self._vouched_at = time.monotonic()
