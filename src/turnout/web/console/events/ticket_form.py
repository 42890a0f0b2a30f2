"""The fields of a ticket type: what is stored, as a form shows it, and what a form asks for."""

from decimal import Decimal
from typing import NamedTuple

from turnout.core.events.model import TicketType
from turnout.core.events.ticket_types import TicketTypeChange
from turnout.errors import Invalid
from turnout.formats.money import DECIMALS, read_currency
from turnout.web.console.events.clashes import Values
from turnout.web.console.events.going import refuse
from turnout.web.console.forms import Form

MINUTES = len("2027-03-01T09:00")


class Stored(NamedTuple):
    """A ticket type, with its sale times as they were planned (local, at the event)."""

    type: TicketType
    sale_starts: str
    sale_ends: str


class Wanted(NamedTuple):
    """What a form asks for."""

    version: str
    change: TicketTypeChange
    capacity: int | None
    person_limit: int | None
    is_rsvp: bool


def values_of(stored: Stored) -> Values:
    """What is stored, by the names of the form's fields."""
    kind = stored.type
    return {
        "name": kind.name,
        "description": kind.description,
        "price": say_amount(kind.price_minor, kind.currency),
        "currency": kind.currency,
        "capacity": _said(kind.capacity),
        "person_limit": _said(kind.person_limit),
        "sale_starts": stored.sale_starts[:MINUTES],
        "sale_ends": stored.sale_ends[:MINUTES],
        "access_code": kind.access_code,
        "is_hidden": "1" if kind.is_hidden else "",
        "is_locked": "1" if kind.is_locked else "",
        "is_rsvp": "1" if kind.is_rsvp else "",
    }


def read_ticket(form: Form) -> Wanted:
    """What was typed; `form.is_right` says whether it can be taken."""
    currency = form.value("currency").upper()
    change = TicketTypeChange(
        name=form.text("name", limit=200),
        description=form.text("description", limit=20_000, is_required=False),
        price_minor=_read_price(form, currency),
        currency=currency,
        is_hidden=form.value("is_hidden") == "1",
        is_locked=form.value("is_locked") == "1",
        access_code=form.text("access_code", limit=64, is_required=False),
        sale_starts=form.moment("sale_starts", is_required=False),
        sale_ends=form.moment("sale_ends", is_required=False),
    )
    return Wanted(
        form.value("version"),
        change,
        form.whole("capacity"),
        form.whole("person_limit", least=1),
        form.value("is_rsvp") == "1",
    )


def say_amount(minor: int, currency: str) -> str:
    """An amount as it is typed: `45.00`; empty for nothing."""
    if not minor:
        return ""
    decimals = DECIMALS.get(currency, 2)
    return f"{Decimal(minor).scaleb(-decimals):.{decimals}f}"


def _read_price(form: Form, currency: str) -> int:
    if currency:
        try:
            read_currency(currency)
        except Invalid as failure:
            refuse(form, failure)
            return 0
    price = form.amount("price", DECIMALS.get(currency, 2)) or 0
    if price and not currency:
        form.fault("currency", "console.tickets.fault.currency")
    return price


def _said(number: int | None) -> str:
    return "" if number is None else str(number)
