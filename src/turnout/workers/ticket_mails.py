"""The loop that draws tickets and queues their mails (core/tickets/mails.py).

One ticket a step. What is claimed and what is drawn stay in hand while the database is away, held
up or full: the next step goes on with them, so a mail is late by the trouble and not by a claim.

Requests go first: drawing is the dearest part of a registration, and takes the interpreter from
the guests who register. So while requests come, the loop rests REST times as long as it drew.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import structlog

from turnout.core.audience.links import list_watch_links
from turnout.core.registrations.joining import TICKET_MAILS
from turnout.core.tickets.mails import (
    DRAWING_S,
    TicketMail,
    claim_ticket_mails,
    draw_attachments,
    give_ticket_mails_back,
    postpone_ticket_mail,
    send_ticket_mail,
)
from turnout.errors import Failure, Unavailable
from turnout.store import Database
from turnout.workers.loop import Loop

log = structlog.get_logger()

# In times of the work, and at most so long: what is claimed waits, and its claim runs on.
REST, LONGEST_REST_S = 4, 0.5


class TicketMailLoop(Loop):
    """Claims tickets, draws them and queues their mails; `base_url` is the address in links."""

    def __init__(self, db: Database, base_url: str) -> None:
        super().__init__("ticket-mails", self._turn)
        self._db = db
        self._base_url = base_url
        self._in_hand: deque[TicketMail] = deque()
        self._result: tuple[Callable[..., None], *tuple[Any, ...]] | None = None
        db.on_wake(TICKET_MAILS, self.wake)

    async def stop(self) -> None:
        """End, and give back what was claimed and not mailed."""
        await super().stop()
        with suppress(Failure):
            await self._give_back()

    async def _turn(self) -> bool:
        if not self._in_hand:
            self._in_hand.extend(await self._db.write_behind(claim_ticket_mails))
        if not self._in_hand:
            return False
        if self._result is None:
            mail = self._in_hand[0]
            if self._db.clock() > mail.until - DRAWING_S * 1000:
                await self._give_back()  # the claim would end while it is drawn
                return True
            began = time.perf_counter()
            self._result = await self._draw(mail)
            if self._db.busy:
                await asyncio.sleep(rest_for(time.perf_counter() - began))
        await self._record(*self._result)
        return True

    async def _draw(self, mail: TicketMail) -> tuple[Callable[..., None], *tuple[Any, ...]]:
        """What is to be written of a ticket, and with what."""
        try:
            async with asyncio.timeout(DRAWING_S):
                files = await asyncio.to_thread(draw_attachments, mail, self._base_url)
        except Exception:
            log.exception("a ticket could not be drawn", ticket_id=mail.ticket_id)
            return postpone_ticket_mail, mail
        return send_ticket_mail, mail, files, self._base_url, list_watch_links

    async def _record(self, verb: Callable[..., None], *args: Any) -> None:
        try:
            await self._db.write_behind(verb, *args)
        except Unavailable:
            raise  # it is written by the next step
        except BaseException:
            self._end_first()  # its claim runs out, which counts
            raise
        self._end_first()

    def _end_first(self) -> None:
        self._in_hand.popleft()
        self._result = None

    async def _give_back(self) -> None:
        if self._in_hand:
            await self._db.write_behind(give_ticket_mails_back, list(self._in_hand))
        self._in_hand.clear()
        self._result = None


def rest_for(drawn_s: float) -> float:
    """How many seconds the loop rests after so many seconds of drawing, while requests come."""
    return min(REST * drawn_s, LONGEST_REST_S)
