"""Asking for the price of a ticket that somebody took at the event's page or from its list."""

from turnout.core.events.model import Event
from turnout.core.events.programme import get_event, list_ticket_types
from turnout.core.ids import EventId, OrgId
from turnout.core.registrations.granting import Granted
from turnout.core.tickets.prices import Price, ask
from turnout.store import Tx

PAYMENT_DAYS = 14
ACTOR = "system"
_DAY_MS = 86_400_000


def ask_price(tx: Tx, org_id: OrgId, event_id: EventId, granted: Granted) -> None:
    """Ask for the price of a ticket that was issued now, if its type has one: until PAYMENT_DAYS
    from now, and never beyond the event's start (its end, once it runs)."""
    if not granted.is_new:
        return
    ticket = granted.ticket
    types = {kind.id: kind for kind in list_ticket_types(tx, org_id, event_id)}
    kind = types[ticket.ticket_type_id]
    if not kind.price_minor:
        return
    due_at = _due(get_event(tx, org_id, event_id), tx.now)
    price = Price(kind.price_minor, kind.currency, f"T-{ticket.code}", due_at)
    ask(tx, org_id, ticket.id, granted.registration_id, price, code=ticket.code, actor=ACTOR)


def _due(event: Event, now: int) -> int:
    latest = event.starts_at if event.starts_at > now else event.ends_at
    return min(now + PAYMENT_DAYS * _DAY_MS, latest)
