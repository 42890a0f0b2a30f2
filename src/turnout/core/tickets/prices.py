"""What a ticket costs: what is asked for it, and how people are told to pay it."""

from typing import NamedTuple

from turnout.catalogue.translations import label
from turnout.core.audit.recording import record
from turnout.core.events.model import EventDetails
from turnout.core.events.showing import EventView
from turnout.core.fields import PAYMENT_FIELDS, fill_payment_text
from turnout.core.identity.profiles import get_profile
from turnout.core.ids import OrgId, RegistrationId, TicketId
from turnout.core.tickets.sql import sql
from turnout.core.times import local
from turnout.errors import Conflict
from turnout.formats.local_dates import say_day_time, say_money
from turnout.store import Tx

_IN_MAIL = {
    "amount": "payment_mail.amount",
    "reference": "payment_mail.reference",
    "due": "payment_mail.due",
}
PAYMENT_DAYS = 14
"""How long a ticket waits for its payment where neither event nor organization say."""


class PaymentTerms(NamedTuple):
    """How an event's tickets are paid (`text`, empty = not said), and within how many days."""

    text: str
    days: int


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
    is_waived: bool = False,
    actor: str,
) -> None:
    """Ask for the price of a valid ticket with that code, whose registration is held, or keep that
    it is waived. Raises Conflict when the ticket has a payment already, or the reference is taken.
    """
    state = "waived" if is_waived else "open"
    added = sql.add_payment(
        tx, org_id=org_id, ticket_id=ticket_id, state=state, **price._asdict(), now=tx.now
    )
    if not added:
        raise Conflict("payment.exists", code=code, reference=price.reference)
    facts = {"amount_minor": price.amount_minor, "currency": price.currency}
    verb = "waived payment" if is_waived else "asked for payment"
    record(tx, org_id, actor, verb, "registration", registration_id, **facts)


def find_price(tx: Tx, org_id: OrgId, code: str) -> Price | None:
    """What is still to be paid for a valid ticket."""
    return sql.find_open_price(tx, org_id=org_id, code=code)


class Payment(NamedTuple):
    """What was asked for a ticket, in minor units; `state` is open, paid, refunded, waived
    or cancelled (it was open when its ticket was cancelled, or the event); instants in epoch ms."""

    code: str
    state: str
    amount_minor: int
    currency: str
    reference: str
    due_at: int
    settled_at: int | None


def list_payments_of(tx: Tx, org_id: OrgId, registration_id: RegistrationId) -> list[Payment]:
    """What was asked for the tickets of a registration, oldest first."""
    return sql.list_payments_of(tx, org_id=org_id, registration_id=registration_id)


def get_payment_terms(tx: Tx, org_id: OrgId, details: EventDetails) -> PaymentTerms:
    """The event's, else the organization's."""
    profile = get_profile(tx, org_id)
    days = details.pay_within_days or profile.pay_within_days or PAYMENT_DAYS
    return PaymentTerms(details.payment_text or profile.payment_text, days)


def say_price(price: Price, shown: EventView, organizer: str, text: str, language: str) -> str:
    """How to pay, in lines: the organizer's text, filled in; before it, unless it has them itself,
    amount, reference, until when by the event's clock, and whom to ask."""
    zone = shown.event.timezone
    due = f"{say_day_time(local(price.due_at, zone), language)} ({zone})"
    amount = say_money(price.amount_minor, price.currency, language)
    own = fill_payment_text(text, {"amount": amount, "reference": price.reference, "due": due})
    if all(f"%%{name}%%" in text.lower() for name in PAYMENT_FIELDS):
        return own
    usual = _say_usual(amount, price.reference, due, shown, organizer, language)
    return f"{usual}\n\n{own}".strip()


def say_payment_text(text: str, language: str) -> str:
    """The organizer's text for somebody who has no ticket yet: its fields name what the mail with
    the ticket says."""
    named = {name: label(language, code) for name, code in _IN_MAIL.items()}
    return fill_payment_text(text, named)


def _say_usual(
    amount: str, reference: str, due: str, shown: EventView, organizer: str, language: str
) -> str:
    contact = ", ".join(filter(None, (shown.contact.name, shown.contact.email)))
    return label(
        language,
        "payment.how",
        amount=amount,
        reference=reference,
        date=due,
        whom=f"{organizer} ({contact})" if contact else organizer,
    )
