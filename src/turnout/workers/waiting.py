"""The loops of waiting lists and of tickets by mail (core/journeys/waiting.py, mailing.py)."""

import asyncio

import structlog

from turnout.core.journeys.joining import TICKET_MAILS
from turnout.core.journeys.mailing import (
    DRAWING_S,
    SLICE,
    claim_ticket_mails,
    draw_attachments,
    list_mail_queue,
    postpone_ticket_mail,
    send_ticket_mail,
)
from turnout.core.journeys.waiting import OFFERS, PROMOTIONS, QUEUE
from turnout.store import Database
from turnout.workers.loop import Loop
from turnout.workers.turns import TurnLoop

SWEEP_S = 5.0

log = structlog.get_logger()


def waiting_loops(db: Database, base_url: str) -> list[Loop]:
    """The loops on this node; `base_url` is the address in every link."""

    async def mail() -> bool:
        claimed = await db.write_behind(claim_ticket_mails)
        for each in claimed:
            try:
                async with asyncio.timeout(DRAWING_S):
                    files = await asyncio.to_thread(draw_attachments, each, base_url)
            except Exception:
                log.exception("a ticket could not be drawn", ticket_id=each.ticket_id)
                await db.write_behind(postpone_ticket_mail, each)
            else:
                await db.write_behind(send_ticket_mail, each, files, base_url)
        return len(claimed) == SLICE

    queues = (OFFERS, PROMOTIONS, list_mail_queue(base_url))
    turns = [TurnLoop(db, queue, SLICE, SWEEP_S, rests=True) for queue in queues]
    mailing = Loop("ticket-mails", mail)
    for loop in turns:
        db.on_wake(QUEUE, loop.wake)
    db.on_wake(TICKET_MAILS, mailing.wake)
    return [*turns, mailing]
