"""The ticket types of an event's page: those on sale, those that come later, and what the thanks
say of the price of the one that was chosen."""

import datetime
from collections.abc import Sequence
from typing import NamedTuple

from turnout.core.events.model import Event, TicketType
from turnout.core.events.showing import EventView
from turnout.core.ids import TicketTypeId
from turnout.core.registrations.joining import is_for_few, list_seen
from turnout.core.registrations.pricing import asks_at
from turnout.core.tickets.issuing import GrantKind
from turnout.core.times import local

REGISTERED, WAITING = "registered", "waiting"
# Behind what was done: others were registered along.
OTHERS = "~others"
# To be paid, for a ticket type that not everybody may know.
PRICED = "registered-priced"


class Offer(NamedTuple):
    """A ticket type as the page offers it; `left` None = any number; so many wait for it."""

    id: TicketTypeId
    name: str
    left: int | None
    description: str = ""
    price_minor: int = 0
    currency: str = ""
    waiting: int = 0
    ends: datetime.datetime | None = None

    @property
    def is_out(self) -> bool:
        """Whether nothing is left of it."""
        return self.left == 0


class Later(NamedTuple):
    """A ticket type that is not on sale yet; `opens` is local at the event."""

    name: str
    opens: datetime.datetime
    description: str
    price_minor: int
    currency: str


class Sales(NamedTuple):
    """What is on sale, what comes later, the soonest first, and whether something was on sale
    before; `is_unknown`: the visitor's code opens nothing."""

    later: list[Later]
    is_over: bool
    is_unknown: bool


def make_offer(event: Event, ticket_type: TicketType, waiting: int = 0) -> Offer:
    """A ticket type of the event as its page offers it; so many wait for it."""
    ends_at = ticket_type.sale_ends_at
    limits = [
        quantity - taken
        for quantity, taken in (
            (event.capacity, event.held),
            (ticket_type.capacity, ticket_type.held),
        )
        if quantity is not None
    ]
    return Offer(
        ticket_type.id,
        ticket_type.name,
        max(0, min(limits)) if limits else None,
        ticket_type.description,
        ticket_type.price_minor,
        ticket_type.currency,
        waiting,
        local(ends_at, event.timezone) if ends_at else None,
    )


def see_sales(event: Event, types: Sequence[TicketType], now: int, code: str) -> Sales:
    """What somebody with that code sees of the types that are not on sale."""
    seen = list_seen(types, code)
    later = [
        Later(
            kind.name,
            local(kind.sale_starts_at, event.timezone),
            kind.description,
            kind.price_minor,
            kind.currency,
        )
        for kind in seen
        if kind.sale_starts_at is not None and now < kind.sale_starts_at
    ]
    is_over = any(kind.sale_ends_at is not None and kind.sale_ends_at <= now for kind in seen)
    is_unknown = bool(code) and not any(is_for_few(kind) for kind in seen)
    return Sales(sorted(later, key=lambda one: one.opens), is_over, is_unknown)


def name_thanks(shown: EventView, type_id: str) -> str:
    """What the address of the thanks says was done for who chose that ticket type: whether it is to
    be paid follows from the choice alone, never from who chose."""
    for kind in _priced(shown):
        if str(kind.id) == type_id:
            return PRICED if is_for_few(kind) else f"{REGISTERED}-{kind.id}"
    return REGISTERED


def list_thanks(shown: EventView) -> dict[str, TicketType | None]:
    """What the page can say was done: with the ticket type that is to be paid, if it is known."""
    priced = _priced(shown)
    known = {f"{REGISTERED}-{kind.id}": kind for kind in list_seen(priced, "")}
    return dict.fromkeys((REGISTERED, WAITING, *([PRICED] if priced else []))) | known


def list_said(shown: EventView) -> list[str]:
    """The words with which the page says so: each may have OTHERS behind it."""
    return [f"{word}{others}" for word in list_thanks(shown) for others in ("", OTHERS)]


def _priced(shown: EventView) -> list[TicketType]:
    """The ticket types for whose price the event's page asks."""
    if not asks_at(shown.details, GrantKind.FORM):
        return []
    return [kind for kind in shown.ticket_types if kind.price_minor]
