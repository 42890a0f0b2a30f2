"""What a ticket type allows when it is granted: when it is sold, and how many a person may have."""

from typing import TYPE_CHECKING

from turnout.core.events.programme import list_ticket_types
from turnout.core.ids import NO_PARTY, OrgId
from turnout.core.registrations.places import TakenTicket
from turnout.core.registrations.rules import RULES, Door, There
from turnout.core.registrations.sql import sql
from turnout.errors import Conflict
from turnout.store import Tx

if TYPE_CHECKING:
    from turnout.core.registrations.granting import Wish


def find_sale(tx: Tx, door: Door, taken: TakenTicket) -> Conflict | None:
    """Why the type is not given now to somebody who just registers, if so."""
    if RULES[door].there is not There.REGISTERED:
        return None
    if taken.is_locked:
        return Conflict("ticket_type.locked")
    if taken.is_hidden:
        return Conflict("ticket_type.hidden")
    if taken.sale_starts_at is not None and tx.now < taken.sale_starts_at:
        return Conflict("ticket_type.not_yet")
    if taken.sale_ends_at is not None and tx.now >= taken.sale_ends_at:
        return Conflict("ticket_type.sale_over")
    return None


def find_limit(tx: Tx, org_id: OrgId, wish: "Wish", taken: TakenTicket) -> Conflict | None:
    """Why the person may not have one more of the type, if so; the tickets of their party count.
    The row of the type is ours now, so nobody else adds one at the same time."""
    limit = taken.person_limit
    if limit is None or not RULES[wish.door].has_person_limit:
        return None
    held = sql.count_held_by_person(
        tx,
        org_id=org_id,
        event_id=wish.event_id,
        ticket_type_id=taken.ticket_type_id,
        person_id=wish.person_id,
        party_id=wish.party_id or NO_PARTY,
    )
    if held < limit:
        return None
    types = list_ticket_types(tx, org_id, wish.event_id)
    name = next(kind.name for kind in types if kind.id == taken.ticket_type_id)
    return Conflict("ticket_type.person_full", name=name, limit=limit)
