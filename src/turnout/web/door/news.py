"""`/door/api/news`: tells phones within a second that other doors have scanned, as
server-sent events.

An event says only that there is something; the phone then asks for the changes. All phones at the
doors of an event share one look at the database. A stream ends before its request's time is over,
or when the node is stopping, and the phone opens the next one; where none comes through, it asks
once a second instead.
"""

import asyncio
from collections.abc import AsyncIterator

from falcon.asgi import Request, Response, SSEvent

from turnout.core.door.model import Standing
from turnout.core.door.snapshots import find_last_change
from turnout.core.ids import EventId, OrgId
from turnout.http.routing import without_head
from turnout.http.server_sent_events import answer_events, paced
from turnout.store import Tx
from turnout.web.door.edge import DoorApi, post_of
from turnout.web.door.keys import DoorKeys

PAUSE_S, LATEST_S = 0.5, 0.25
LOOKS = 40
RETRY_MS = 500
Place = tuple[OrgId, EventId]


class NewsResource(DoorApi):
    """`/door/api/news`."""

    def __init__(self, keys: DoorKeys) -> None:
        super().__init__(keys)
        self._looks: dict[Place, tuple[float, int]] = {}

    @without_head
    async def on_get(self, req: Request, resp: Response) -> None:
        """An event at once and after each change of a ticket or of the event. Raises
        Unauthenticated, Denied, Missing."""
        place = await self.keys.read(req, _find_place, await self.event_of(req))
        answer_events(resp, self._tell(req, place))

    async def _tell(self, req: Request, place: Place) -> AsyncIterator[SSEvent]:
        seen = -1
        async for _ in paced(req, LOOKS, PAUSE_S):
            latest = await self._look(place)
            if latest != seen:
                seen = latest
                yield SSEvent(text=str(latest), retry=RETRY_MS)

    async def _look(self, place: Place) -> int:
        """When something was changed last (epoch ms), as one of the phones has read it a moment
        ago."""
        now = asyncio.get_running_loop().time()
        looked_at, latest = self._looks.get(place, (-LATEST_S, 0))
        if now - looked_at >= LATEST_S:
            self._looks[place] = (now, latest)
            latest = await self.keys.db.read(find_last_change, *place)
            self._looks[place] = (now, latest)
        return latest


def _find_place(_tx: Tx, standing: Standing, event: int) -> Place:
    return standing.org_id, post_of(standing, event).event_id
