"""Payments of tickets: asked for, paid, waived, refunded, extended; and what is not paid in time.

Theory. A ticket without a payment costs nothing. An open one holds its place until it is due; then
the worker gives the ticket back with the reason, and the place goes to the waiting list. Nothing
here talks to a provider: one that comes later calls `settle` with what it was told, idempotently.

Rules.
- Amounts are in minor units of their currency, such as cents.
- A payment ends as paid, waived or (after paid) refunded; what lapsed stays so, and a registration
  that is restored has a new ticket.
- The registration is locked before its payment, as everything that cancels tickets does.
"""

import enum
import re
from typing import NamedTuple

from turnout.core.audit.recording import record
from turnout.core.events.programme import get_event
from turnout.core.ids import EventId, OrgId, RegistrationId, TicketId
from turnout.core.payments.sql import sql
from turnout.core.registrations import booking
from turnout.core.registrations.giving_back import give_ticket_back
from turnout.core.text import is_line
from turnout.core.tickets.prices import Price, ask
from turnout.core.tickets.signing import normalize
from turnout.core.work.claims import Key, Queue
from turnout.errors import Conflict, Invalid, Missing
from turnout.store import Tx

LONGEST_REFERENCE = 35
REASON = "not paid"
ACTOR = "system"
LARGEST = 10**12
_WORD = re.compile(r"[A-Z0-9-]{4,35}", re.ASCII)


class PaymentState(enum.StrEnum):
    """How a payment stands; a ticket without one has none."""

    OPEN = "open"
    PAID = "paid"
    REFUNDED = "refunded"
    WAIVED = "waived"


class Payment(NamedTuple):
    """What is to be paid for a ticket. Instants in epoch ms; `lapsed_at` = it was not paid in time,
    so the ticket was cancelled."""

    code: str
    state: PaymentState
    amount_minor: int
    currency: str
    reference: str
    due_at: int
    lapsed_at: int | None
    email: str
    first_name: str
    last_name: str


class _Held(NamedTuple):
    ticket_id: TicketId
    registration_id: RegistrationId
    state: PaymentState
    is_valid: bool


# What may follow on what.
_FROM = {
    PaymentState.PAID: (PaymentState.OPEN,),
    PaymentState.WAIVED: (PaymentState.OPEN,),
    PaymentState.REFUNDED: (PaymentState.PAID,),
}


def ask_for_payment(
    tx: Tx,
    org_id: OrgId,
    code: str,
    amount_minor: int,
    currency: str,
    *,
    due_at: int,
    reference: str = "",
    actor: str,
) -> str:
    """Ask for money for a valid ticket until `due_at` (epoch ms); returns the reference with which
    it is to be paid (empty = one is made).

    Raises Conflict when the ticket is cancelled or has a payment, or the reference is taken;
    Invalid for an amount, reference or instant that is none; Missing.
    """
    ticket_id, registration_id, state = _find_ticket(tx, org_id, code)
    booking.lock_registration(tx, org_id, registration_id)
    if state != "valid":
        raise Conflict("ticket.cancelled", code=code)
    if not 0 < amount_minor <= LARGEST:
        raise Invalid("payment.amount")
    if due_at <= tx.now:
        raise Invalid("payment.due")
    own = reference.strip().upper() or f"T-{normalize(code)}"
    if not _WORD.fullmatch(own):
        raise Invalid("payment.reference", reference=reference, limit=LONGEST_REFERENCE)
    price = Price(amount_minor, currency, own, due_at)
    ask(tx, org_id, ticket_id, registration_id, price, code=code, actor=actor)
    return own


def settle(tx: Tx, org_id: OrgId, code: str, state: PaymentState, *, actor: str) -> None:
    """Say that a ticket was paid, waived or refunded. Idempotent.

    Raises Conflict where the payment cannot become that: nothing is asked for, it lapsed, it was
    settled otherwise; Missing.
    """
    held = _lock(tx, org_id, code)
    if held.state is state:
        return
    if held.state not in _FROM.get(state, ()) or (
        held.state is PaymentState.OPEN and not held.is_valid
    ):
        was = held.state.value if held.is_valid else "cancelled"
        raise Conflict("payment.settled", code=code, state=was, wanted=state.value)
    sql.settle(tx, org_id=org_id, ticket_id=held.ticket_id, state=state.value, now=tx.now)
    record(tx, org_id, actor, state.value, "registration", held.registration_id)


def extend(tx: Tx, org_id: OrgId, code: str, due_at: int, *, actor: str) -> None:
    """Give more (or less) time to pay, until `due_at` (epoch ms). Raises Conflict unless it is
    open, Invalid for the past, Missing."""
    held = _lock(tx, org_id, code)
    if due_at <= tx.now:
        raise Invalid("payment.due")
    if held.state is not PaymentState.OPEN or not held.is_valid:
        raise Conflict("payment.not_open", code=code)
    sql.set_due(tx, org_id=org_id, ticket_id=held.ticket_id, due_at=due_at, now=tx.now)
    record(tx, org_id, actor, "extended payment", "registration", held.registration_id)


def list_payments(
    tx: Tx, org_id: OrgId, event_id: EventId, state: PaymentState | None = None, *, limit: int
) -> list[Payment]:
    """The payments of an event, the first due first; None = in any state. Raises Missing."""
    get_event(tx, org_id, event_id)
    wanted = state.value if state else ""
    return sql.list_payments(tx, org_id=org_id, event_id=event_id, state=wanted, limit=limit)


def set_refuses_unpaid(
    tx: Tx, org_id: OrgId, event_id: EventId, *, is_refused: bool, actor: str
) -> None:
    """Whether the event's doors refuse tickets that are not paid. Raises Missing."""
    get_event(tx, org_id, event_id)
    sql.set_refuses_unpaid(tx, org_id=org_id, id=event_id, is_refused=int(is_refused), now=tx.now)
    record(tx, org_id, actor, "set", "event", event_id, refuses_unpaid=is_refused)


# -- bank statements -----------------------------------------------------------------------


class Booked(NamedTuple):
    """What a line of a statement was for; `fault` says why nothing was settled."""

    code: str = ""
    fault: str = ""


def book_statement_line(
    tx: Tx, org_id: OrgId, text: str, amount_minor: int, currency: str, *, actor: str
) -> Booked:
    """Settle the payment whose reference stands in the text of a bank statement's line, if the
    amount is exactly what was asked for. Idempotent: a line that is read again says that."""
    if not is_line(text):
        return Booked(fault="text")
    for word in dict.fromkeys(_WORD.findall(text.upper())):
        found = sql.find_by_reference(tx, org_id=org_id, reference=word)
        if found is None:
            continue
        if found.state == PaymentState.PAID:
            return Booked(found.code, "paid")
        if found.state != PaymentState.OPEN or found.ticket_state != "valid":
            return Booked(found.code, "closed")
        if (found.amount_minor, found.currency) != (amount_minor, currency):
            return Booked(found.code, "amount")
        settle(tx, org_id, found.code, PaymentState.PAID, actor=actor)
        return Booked(found.code)
    return Booked(fault="unknown")


# -- what is due ---------------------------------------------------------------------------


def _list_overdue(tx: Tx, limit: int) -> list[Key]:
    rows = sql.list_overdue(tx, now=tx.now, limit=limit)
    return [(row.org_id, row.ticket_id) for row in rows]


def _lapse(tx: Tx, key: Key) -> None:
    """A payment that is due and open: the ticket is given back, with the reason."""
    org_id, ticket_id = OrgId(key[0]), TicketId(key[1])
    holder = sql.find_holder(tx, org_id=org_id, ticket_id=ticket_id)
    if holder is None:
        return
    booking.lock_registration(tx, org_id, holder.registration_id)
    row = sql.lock_payment(tx, org_id=org_id, ticket_id=ticket_id)
    if row is None or row.state != PaymentState.OPEN or row.due_at > tx.now or row.lapsed_at:
        return
    sql.lapse(tx, org_id=org_id, ticket_id=ticket_id, now=tx.now)
    give_ticket_back(tx, org_id, holder.registration_id, ticket_id, reason=REASON, actor=ACTOR)


OVERDUE = Queue("payment", _list_overdue, _lapse)


def _find_ticket(tx: Tx, org_id: OrgId, code: str) -> tuple[TicketId, RegistrationId, str]:
    row = sql.find_ticket(tx, org_id=org_id, code=normalize(code))
    if row is None:
        raise Missing("ticket.missing", code=code)
    return row


def _lock(tx: Tx, org_id: OrgId, code: str) -> _Held:
    ticket_id, registration_id, _ = _find_ticket(tx, org_id, code)
    booking.lock_registration(tx, org_id, registration_id)
    row = sql.lock_payment(tx, org_id=org_id, ticket_id=ticket_id)
    if row is None:
        raise Conflict("payment.none", code=code)
    _, _, state = _find_ticket(tx, org_id, code)
    return _Held(ticket_id, registration_id, PaymentState(row.state), state == "valid")
