"""The loops of waiting lists and of tickets by mail (core/journeys/waiting.py, mailing.py)."""

import asyncio

import structlog

from turnout.core.journeys.joining import TICKET_MAILS
from turnout.core.journeys.mailing import (
    SLICE,
    claim_ticket_mails,
    draw_attachments,
    postpone_ticket_mail,
    send_ticket_mail,
    tell_of_list,
)
from turnout.core.journeys.waiting import QUEUE, move_on
from turnout.store import Database
from turnout.workers.loop import Loop

SWEEP_S = 5.0

log = structlog.get_logger()


def waiting_loops(db: Database, base_url: str) -> list[Loop]:
    """The loops on this node; `base_url` is the address in every link."""

    async def promote() -> bool:
        is_more = await db.write_behind(move_on)
        return await db.write_behind(tell_of_list, base_url) or is_more

    async def mail() -> bool:
        claimed = await db.write_behind(claim_ticket_mails)
        for each in claimed:
            try:
                files = await asyncio.to_thread(draw_attachments, each, base_url)
            except Exception:
                log.exception("a ticket could not be drawn", ticket_id=each.ticket_id)
                await db.write_behind(postpone_ticket_mail, each)
            else:
                await db.write_behind(send_ticket_mail, each, files, base_url)
        return len(claimed) == SLICE

    promoting = Loop("waiting", promote, every_s=SWEEP_S)
    mailing = Loop("ticket-mails", mail)
    db.on_wake(QUEUE, promoting.wake)
    db.on_wake(TICKET_MAILS, mailing.wake)
    return [promoting, mailing]
