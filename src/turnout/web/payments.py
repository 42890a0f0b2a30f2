"""How a ticket is paid, as personal pages say it."""

from typing import NamedTuple

from turnout.core.events.showing import EventView
from turnout.core.identity.organizations import get_organization_of
from turnout.core.ids import OrgId
from turnout.core.tickets.prices import Price, find_price, get_payment_terms, say_price
from turnout.store import Tx
from turnout.web.languages import language


class Due(NamedTuple):
    """What is still to be paid for a ticket, and all that pages say of it."""

    price: Price
    shown: EventView
    organizer: str
    text: str


def find_due(tx: Tx, org_id: OrgId, shown: EventView, code: str) -> Due | None:
    """What is still to be paid for the event's ticket of that code, empty = none."""
    price = find_price(tx, org_id, code) if code else None
    if price is None:
        return None
    text = get_payment_terms(tx, org_id, shown.details).text
    return Due(price, shown, get_organization_of(tx, org_id).name, text)


def say_due(due: Due | None) -> str:
    """That, in the language of the page at hand; empty without it."""
    return say_price(*due, language.get()) if due else ""
