"""The mails to those on a waiting list: how they stand, and what is offered to them."""

import datetime
from functools import partial
from zoneinfo import ZoneInfo

from turnout.core.events.showing import EventView, get_shown_event
from turnout.core.identity.link_keys import ensure_link_key
from turnout.core.identity.profiles import get_sender
from turnout.core.ids import EntryId
from turnout.core.messaging.notices import queue_mail
from turnout.core.neutral import neutralize
from turnout.core.waiting_list.entries import WaitingState, make_link
from turnout.core.waiting_list.sql import sql
from turnout.core.work.claims import Key, Queue, turn
from turnout.store import Tx

SLICE = 20


def tell_of_list(tx: Tx, base_url: str) -> bool:
    """Queue the mails to those who are new on a waiting list, and to those who are newly offered
    a place, claimed and done at once; whether there may be more."""
    queue = list_mail_queue(base_url)
    claimed = turn(tx, queue, [], SLICE)
    turn(tx, queue, claimed, 0)
    return len(claimed) == SLICE


def list_mail_queue(base_url: str) -> Queue:
    """Who is to be told how they stand on a waiting list, as a queue of turns."""
    return Queue(
        "list mail",
        lambda tx, limit: sql.list_untold(tx, now=tx.now, limit=limit),
        partial(_tell, base_url=base_url),
    )


def _tell(tx: Tx, key: Key, *, base_url: str) -> None:
    org_id, entry_id = key[0], EntryId(key[1])
    row = sql.find_untold(tx, org_id=org_id, id=entry_id)
    if row is None or not sql.mark_told(tx, org_id=org_id, id=entry_id, now=tx.now):
        return
    event_id, state, deadline_at, reason, email, *names = row
    shown = get_shown_event(tx, org_id, event_id)
    link = make_link(ensure_link_key(tx), base_url, entry_id)
    is_offered = state == WaitingState.OFFERED
    if is_offered and deadline_at is not None:
        subject, lines = "A place is free", _offer_lines(shown, deadline_at, link)
    elif reason:
        subject, lines = "The place is not held any more", _withdrawn_lines(shown, link)
    else:
        subject, lines = "You are on the waiting list", _list_lines(shown, link)
    name = neutralize(" ".join(filter(None, names)))
    queue_mail(
        tx,
        org_id,
        None,
        f"{subject}: {shown.event.title}",
        [f"Dear {name}," if name else "Hello,", "", *lines],
        [email],
        sender=get_sender(tx, org_id),
    )


def _list_lines(shown: EventView, link: str) -> list[str]:
    return [
        f"you are on the waiting list for {shown.event.title}. When a place becomes free and it",
        "is your turn, we write to you again, and hold it for you for some time.",
        "",
        "See where you stand, or leave the list, here:",
        link,
    ]


def _withdrawn_lines(shown: EventView, link: str) -> list[str]:
    return [
        f"{shown.event.title} is closed for registration, so the place that was held for you was",
        "given back. You keep your place on the waiting list: if registration opens again and it",
        "is your turn, we write to you.",
        "",
        "See where you stand, or leave the list, here:",
        link,
    ]


def _offer_lines(shown: EventView, deadline_at: int, link: str) -> list[str]:
    zone = ZoneInfo(shown.event.timezone)
    until = datetime.datetime.fromtimestamp(deadline_at // 1000, zone)
    return [
        f"a place for {shown.event.title} has become free, and it is held for you until",
        f"{until:%A}, {until.day} {until:%B %Y, %H:%M} ({shown.event.timezone}).",
        "",
        "Take it, or leave it to the next on the list, here:",
        link,
    ]
