"""Gateways are told which of the calls that they took are not wanted any more.

Every few seconds each node looks which jobs are being closed (cancelled, or cut off) and have calls
with the account, and asks for each to be ended: DELETE at the account's address and our own name
for the call. What the gateway then tells of it ends the recipient, as for any call. It is asked
once a process, and again where the gateway could not be reached; asking again changes nothing.

So are calls to which the gateway gave this process no good answer: they have ended as ones that may
have been made, but may ring later.
"""

import asyncio
from typing import Any

import structlog

from turnout.core.ids import RecipientId
from turnout.core.messaging.outcomes import name_call
from turnout.core.messaging.overview import list_cancelled_unknown, list_unwanted_calls
from turnout.errors import Failure
from turnout.store import Database

EVERY_S = 3.0
AT_ONCE = 200
MOST_UNANSWERED = 1_000
log = structlog.get_logger()


class Cancelling:
    """Asks one gateway. `session` is the carrier's, with its credentials."""

    def __init__(self, account: str, url: str, db: Database, session: Any) -> None:
        self._account = account
        self._url = url.rstrip("/")
        self._db = db
        self._session = session
        self._told: set[RecipientId] = set()
        self._unanswered: dict[RecipientId, None] = {}

    def note_unanswered(self, id_: RecipientId) -> None:
        """A call may have been made; the last of them are remembered."""
        self._unanswered[id_] = None
        while len(self._unanswered) > MOST_UNANSWERED:
            del self._unanswered[next(iter(self._unanswered))]

    async def run(self) -> None:
        """Look and ask, until cancelled."""
        while True:
            try:
                await self.look()
            except Failure:
                log.info("cancelled calls are looked for again", carrier=self._account)
            await asyncio.sleep(EVERY_S)

    async def look(self) -> None:
        """Ask for the calls to be ended that are not wanted any more."""
        after = RecipientId(0)
        still: set[RecipientId] = set()
        while found := await self._db.read(list_unwanted_calls, self._account, after, AT_ONCE):
            for id_ in found:
                if id_ in self._told or await self._ask(id_):
                    still.add(id_)
            after = found[-1]
        self._told = still
        if self._unanswered:
            ids = list(self._unanswered)
            for id_ in await self._db.read(list_cancelled_unknown, ids):
                if await self._ask(id_):
                    self._unanswered.pop(id_, None)

    async def _ask(self, id_: RecipientId) -> bool:
        """Whether the gateway has answered, whatever it says: it may know no such call."""
        import aiohttp

        try:
            async with self._session.delete(
                f"{self._url}/{name_call(id_)}", allow_redirects=False
            ) as answer:
                return bool(answer.status < 500)
        except (aiohttp.ClientError, OSError, ValueError):
            return False
