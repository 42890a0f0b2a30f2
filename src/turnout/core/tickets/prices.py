"""What a ticket costs: what is asked for it, and how people are told to pay it."""

from typing import NamedTuple

from turnout.catalogue.translations import label
from turnout.core.audit.recording import record
from turnout.core.events.showing import EventView
from turnout.core.ids import OrgId, RegistrationId, TicketId
from turnout.core.tickets.sql import sql
from turnout.core.times import local
from turnout.errors import Conflict
from turnout.formats.local_dates import say_day_time, say_money
from turnout.store import Tx


class Price(NamedTuple):
    """What is to be paid for a ticket until `due_at` (epoch ms), in minor units of a currency."""

    amount_minor: int
    currency: str
    reference: str
    due_at: int


def ask(
    tx: Tx,
    org_id: OrgId,
    ticket_id: TicketId,
    registration_id: RegistrationId,
    price: Price,
    *,
    code: str,
    actor: str,
) -> None:
    """Ask for the price of a valid ticket with that code, whose registration is held. Raises
    Conflict when the ticket has a payment already, or the reference is taken."""
    added = sql.add_payment(tx, org_id=org_id, ticket_id=ticket_id, **price._asdict(), now=tx.now)
    if not added:
        raise Conflict("payment.exists", code=code, reference=price.reference)
    facts = {"amount_minor": price.amount_minor, "currency": price.currency}
    record(tx, org_id, actor, "asked for payment", "registration", registration_id, **facts)


def find_price(tx: Tx, org_id: OrgId, code: str) -> Price | None:
    """What is still to be paid for a valid ticket."""
    return sql.find_open_price(tx, org_id=org_id, code=code)


def say_price(price: Price, shown: EventView, organizer: str, language: str) -> str:
    """How to pay: amount, reference, until when by the event's clock, and whom to ask."""
    details = shown.details
    contact = ", ".join(filter(None, (details.contact_name, details.contact_email)))
    due = local(price.due_at, shown.event.timezone)
    return label(
        language,
        "payment.how",
        amount=say_money(price.amount_minor, price.currency, language),
        reference=price.reference,
        date=say_day_time(due, language),
        whom=f"{organizer} ({contact})" if contact else organizer,
    )
