"""The mails to those on a waiting list: how they stand, and what is offered to them."""

from functools import partial

from turnout.catalogue.translations import label
from turnout.core.events.model import PayingDoor
from turnout.core.events.showing import EventView, get_shown_event
from turnout.core.identity.link_keys import ensure_link_key
from turnout.core.ids import EntryId, TicketTypeId
from turnout.core.mails.model import MailKind
from turnout.core.mails.sending import Addressee, Particulars, choose_for, write
from turnout.core.neutral import neutralize
from turnout.core.times import local
from turnout.core.waiting_list.entries import WaitingState, make_link
from turnout.core.waiting_list.sql import sql
from turnout.core.work.claims import Key, Queue
from turnout.formats.local_dates import say_moment, say_money
from turnout.store import Tx

SLICE = 20


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
    shown = get_shown_event(tx, org_id, row.event_id)
    is_offered = row.state == WaitingState.OFFERED and row.deadline_at is not None
    kind: MailKind | str = MailKind.OFFER if is_offered else MailKind.WAITING
    if row.reason and not is_offered:
        kind = "withdrawn"
    chosen = choose_for(tx, org_id, shown, kind, row.language)
    link = make_link(ensure_link_key(tx), base_url, entry_id)
    deadline_at = row.deadline_at if is_offered else None
    said = say_entry(shown, row.ticket_type_id, link, deadline_at, chosen.language)
    to = Addressee(row.email, neutralize(row.first_name), neutralize(row.last_name))
    write(tx, org_id, shown, chosen, to, said, base_url=base_url)


def say_entry(
    shown: EventView, type_id: TicketTypeId, link: str, deadline_at: int | None, language: str
) -> Particulars:
    """What mails say of a place on the list, or of one that is held until then (epoch ms)."""
    wanted = _say_wanted(shown, type_id, language)
    if deadline_at is None:
        return Particulars({"waiting_link": link}, wanted)
    timezone = shown.event.timezone
    until = say_moment(local(deadline_at, timezone), language)
    zoned = label(language, "date.zoned", moment=until, timezone=timezone)
    return Particulars({"offer_link": link}, {"deadline": zoned, **wanted})


def _say_wanted(shown: EventView, type_id: TicketTypeId, language: str) -> dict[str, str]:
    """The ticket type that is waited for, and its price where the event asks for it."""
    wanted = next((kind for kind in shown.ticket_types if kind.id == type_id), None)
    if wanted is None:
        return {}
    asks = wanted.price_minor and PayingDoor.OFFER in shown.details.payment_doors
    price = say_money(wanted.price_minor, wanted.currency, language) if asks else ""
    return {"ticket_type": wanted.name, "price": price}
