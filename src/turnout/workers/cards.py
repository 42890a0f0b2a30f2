"""The loop that makes the pictures of events for other sites (core/events/cards.py).

Drawing takes a tenth of a second, outside of any transaction. Two workers may draw the same one:
the picture is the same.
"""

import asyncio
from functools import partial

from turnout.core.events.cards import BATCH, keep_card, note_due_cards
from turnout.formats.cards import draw_card
from turnout.store import Database
from turnout.workers.loop import Loop

EVERY_S = 5


def card_loop(db: Database) -> Loop:
    """Makes the pictures that are due."""
    return Loop("cards", partial(make_cards, db), every_s=EVERY_S)


async def make_cards(db: Database) -> bool:
    """Make some of the pictures that are due; whether more may be."""
    due = await db.write_behind(note_due_cards)
    for one in due:
        content = await asyncio.to_thread(draw_card, one.card)
        await db.write_behind(keep_card, one.org_id, one.event_id, one.digest, content)
    return len(due) == BATCH
