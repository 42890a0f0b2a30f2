"""Asking for the price of a ticket that is granted: at the doors that the event chose."""

import datetime
import enum

from turnout.core.audit.recording import record
from turnout.core.events.model import EventDetails, PayingDoor, TicketType
from turnout.core.events.showing import EventView, get_shown_event
from turnout.core.ids import EventId, OrgId, RegistrationId
from turnout.core.registrations.sql import sql
from turnout.core.tickets.issuing import GrantKind, Ticket
from turnout.core.tickets.prices import Price, ask, get_payment_terms
from turnout.core.times import end_of_day, local
from turnout.errors import Invalid
from turnout.store import Tx

ACTOR = "system"


class Asking(enum.StrEnum):
    """What staff say of the payment of a ticket: its price is to be paid, is not asked for, or was
    waived."""

    OPEN = "open"
    NONE = "none"
    WAIVED = "waived"


def ask_price(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    registration_id: RegistrationId,
    ticket: Ticket,
    *,
    asking: Asking | None = None,
    is_offer: bool = False,
) -> None:
    """Ask for the price of a ticket that was issued now, if its type has one and the event asks for
    it where the ticket was granted, or for what its waiting list offered (`is_offer`); `asking`
    overrides that. It is due when the last of the days of the event or its organization is over,
    and never beyond the event's start (its end, once it runs).

    Somebody who comes back is not asked twice: what was paid or waived for a ticket of the type
    that they gave up, and not paid back, counts for this one, at whatever price. Raises Invalid
    where the price of a free ticket is asked for."""
    if asking is Asking.NONE:
        return
    shown = get_shown_event(tx, org_id, event_id)
    kind = next(kind for kind in shown.ticket_types if kind.id == ticket.ticket_type_id)
    if not kind.price_minor:
        if asking:
            raise Invalid("payment.free", name=kind.name)
        return
    if asking is None and _take_settled_along(tx, org_id, registration_id, ticket):
        return
    doors = [ticket.granted_by, *([GrantKind.OFFER] if is_offer else [])]
    if asking is None and not any(asks_at(shown.details, door) for door in doors):
        return
    due_at = _due(tx, org_id, shown)
    price = Price(kind.price_minor, kind.currency, f"T-{ticket.code}", due_at)
    is_waived = asking is Asking.WAIVED
    ask(
        *(tx, org_id, ticket.id, registration_id, price),
        code=ticket.code,
        is_waived=is_waived,
        actor=ACTOR,
    )


def _take_settled_along(
    tx: Tx, org_id: OrgId, registration_id: RegistrationId, ticket: Ticket
) -> bool:
    """Whether what was settled for a former ticket is this one's now; the audit names both."""
    type_id = ticket.ticket_type_id
    former = sql.find_settled(
        tx, org_id=org_id, registration_id=registration_id, ticket_type_id=type_id
    )
    if former is None:
        return False
    sql.move_payment(tx, org_id=org_id, from_id=former.ticket_id, to_id=ticket.id)
    facts = {"state": former.state, "amount_minor": former.amount_minor}
    facts |= {"currency": former.currency, "from_code": former.code, "code": ticket.code}
    record(tx, org_id, ACTOR, "counted payment", "registration", registration_id, **facts)
    return True


def find_asking(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    registration_id: RegistrationId | None,
    kind: TicketType,
) -> Asking | None:
    """What is said of the payment of somebody who buys a ticket at the door (`registration_id` is
    theirs, None = they have none): an event that sells on its page sells there, too."""
    if not kind.price_minor:
        return None
    settled = registration_id and sql.find_settled(
        tx, org_id=org_id, registration_id=registration_id, ticket_type_id=kind.id
    )
    details = get_shown_event(tx, org_id, event_id).details
    return Asking.OPEN if asks_at(details, GrantKind.FORM) and not settled else None


def asks_at(details: EventDetails, granted_by: GrantKind) -> bool:
    """Whether the event asks for the price of a ticket that is granted so."""
    return granted_by in [door.value for door in details.payment_doors]


def asks_programs(details: EventDetails) -> bool:
    """Whether programs may take tickets that cost money: who gets one is asked for its price."""
    return PayingDoor.INTEGRATION in details.payment_doors


def find_due(tx: Tx, org_id: OrgId, event_id: EventId) -> int:
    """Until when (epoch ms) a ticket of the event is to be paid that is asked for now."""
    return _due(tx, org_id, get_shown_event(tx, org_id, event_id))


def _due(tx: Tx, org_id: OrgId, shown: EventView) -> int:
    """The end of the last day, by the event's clock."""
    event = shown.event
    latest = event.starts_at if event.starts_at > tx.now else event.ends_at
    last = local(tx.now, event.timezone).date() + datetime.timedelta(
        get_payment_terms(tx, org_id, shown.details).days
    )
    return min(end_of_day(last, event.timezone), latest)
