"""Payments of tickets: asked for, paid, waived, refunded, extended; and what is not paid in time.

Theory. A ticket without a payment costs nothing. An open one holds its place until it is due; then
the worker gives the ticket back with the reason, and the place goes to the waiting list. Nothing
here talks to a provider: one that comes later calls `settle` with what it was told, idempotently.

Rules.
- Amounts are in minor units of their currency, such as cents.
- A payment ends as paid, waived or (after paid) refunded. An open one ends with its ticket, the
  registration or the event: nothing is stored for that, it is read from these. A registration that
  is restored takes its payments along (registrations/restoring.py).
- The registration is locked before its payment, as everything that cancels tickets does.
"""

import datetime
import enum
import re
from typing import TYPE_CHECKING, NamedTuple

from turnout.core.audit.recording import record
from turnout.core.events.model import EventState
from turnout.core.events.programme import get_event
from turnout.core.ids import EventId, OrgId, RegistrationId, TicketId
from turnout.core.payments.sql import sql
from turnout.core.registrations import booking
from turnout.core.registrations.giving_back import give_ticket_back
from turnout.core.registrations.joining import queue_ticket_mail
from turnout.core.registrations.telling import find_mail_address
from turnout.core.text import is_line
from turnout.core.tickets.prices import Price, ask
from turnout.core.tickets.signing import normalize
from turnout.core.times import end_of_day
from turnout.core.work.claims import Key, Queue
from turnout.errors import Conflict, Invalid, Missing
from turnout.store import Tx

if TYPE_CHECKING:
    from turnout.core.payments.sql import FindTicketRow, ListOfRegistrationRow

LONGEST_REFERENCE = 35
REASON = "not paid"
ACTOR = "system"
LARGEST = 10**12
_WORD = re.compile(r"[A-Z0-9-]{4,35}", re.ASCII)


class PaymentState(enum.StrEnum):
    """How a payment stands; a ticket without one has none. `cancelled` = it was open when its
    ticket was cancelled, or the event."""

    OPEN = "open"
    PAID = "paid"
    REFUNDED = "refunded"
    WAIVED = "waived"
    CANCELLED = "cancelled"


class Payment(NamedTuple):
    """What is to be paid for a ticket. Instants in epoch ms; `lapsed_at` = it was not paid in time,
    so the ticket was cancelled; what is paid later settles nothing."""

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
    ticket = _find_ticket(tx, org_id, code)
    booking.lock_registration(tx, org_id, ticket.registration_id)
    if not _find_ticket(tx, org_id, code).is_valid:
        raise Conflict("ticket.cancelled", code=code)
    if not 0 < amount_minor <= LARGEST:
        raise Invalid("payment.amount")
    if due_at <= tx.now:
        raise Invalid("payment.due")
    own = reference.strip().upper() or f"T-{normalize(code)}"
    if not _WORD.fullmatch(own):
        raise Invalid("payment.reference", reference=reference, limit=LONGEST_REFERENCE)
    price = Price(amount_minor, currency, own, due_at)
    ask(tx, org_id, ticket.id, ticket.registration_id, price, code=code, actor=actor)
    return own


def settle(tx: Tx, org_id: OrgId, code: str, state: PaymentState, *, actor: str) -> bool:
    """Say that a ticket was paid, waived or refunded; whether it was not that before. Idempotent.

    Raises Conflict where the payment cannot become that: nothing is asked for, it lapsed, it was
    settled otherwise; Missing.
    """
    held = _lock(tx, org_id, code)
    if held.state is state:
        return False
    if held.state not in _FROM.get(state, ()) or (
        held.state is PaymentState.OPEN and not held.is_valid
    ):
        was = held.state.value if held.is_valid else "cancelled"
        raise Conflict("payment.settled", code=code, state=was, wanted=state.value)
    sql.settle(tx, org_id=org_id, ticket_id=held.ticket_id, state=state.value, now=tx.now)
    record(tx, org_id, actor, state.value, "registration", held.registration_id)
    return True


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


def find_due_end(tx: Tx, org_id: OrgId, code: str, day: str) -> int:
    """The end (epoch ms) of a last day to pay for a ticket, such as 2027-02-01, by its event's
    clock. Raises Invalid for what is no day, Missing."""
    ticket = _find_ticket(tx, org_id, code)
    try:
        return end_of_day(datetime.date.fromisoformat(day), ticket.timezone)
    except (ValueError, OverflowError) as error:
        raise Invalid("filter.day", text=day) from error


def mail_payment(tx: Tx, org_id: OrgId, code: str) -> bool:
    """Mail a ticket (again), with what is to be paid for it and how, to where its mails go. False =
    there is no address, or it is a candidate's. Raises Missing."""
    ticket = _find_ticket(tx, org_id, code)
    registration = booking.lock_registration(tx, org_id, ticket.registration_id)
    if registration.sitting or not find_mail_address(tx, org_id, registration):
        return False
    queue_ticket_mail(tx, org_id, ticket.id)
    return True


def list_payments(
    tx: Tx, org_id: OrgId, event_id: EventId, state: PaymentState | None = None, *, limit: int
) -> list[Payment]:
    """The payments of an event, the first due first; None = in any state. Raises Missing."""
    get_event(tx, org_id, event_id)
    wanted = state.value if state else ""
    return sql.list_payments(tx, org_id=org_id, event_id=event_id, state=wanted, limit=limit)


def list_of_registration(
    tx: Tx, org_id: OrgId, registration_id: RegistrationId
) -> "list[ListOfRegistrationRow]":
    """The payments of a registration's valid tickets, and what was paid for those that are
    cancelled; `due_at` in epoch ms."""
    return sql.list_of_registration(tx, org_id=org_id, registration_id=registration_id)


def find_referenced(tx: Tx, org_id: OrgId, text: str) -> str | None:
    """The code of the ticket that is paid with that reference, as people write it; `text` is one
    word."""
    for word in _list_references(tx, org_id, text):
        if found := sql.find_by_reference(tx, org_id=org_id, reference=word):
            return found.code
    return None


def refuses_unpaid(tx: Tx, org_id: OrgId, event_id: EventId) -> bool:
    """Whether the event's doors refuse tickets that are not paid."""
    return bool(sql.find_refuses_unpaid(tx, org_id=org_id, id=event_id))


def set_refuses_unpaid(
    tx: Tx, org_id: OrgId, event_id: EventId, *, is_refused: bool, actor: str
) -> None:
    """Whether the event's doors refuse tickets that are not paid. Raises Missing."""
    get_event(tx, org_id, event_id)
    sql.set_refuses_unpaid(tx, org_id=org_id, id=event_id, is_refused=int(is_refused), now=tx.now)
    record(tx, org_id, actor, "set", "event", event_id, refuses_unpaid=is_refused)


# -- bank statements -----------------------------------------------------------------------


class Booked(NamedTuple):
    """What a line of a statement was for; `fault` says why nothing was settled, `currency` in
    which it is to be paid where that is another one."""

    code: str = ""
    fault: str = ""
    currency: str = ""


def book_statement_line(
    tx: Tx, org_id: OrgId, text: str, amount_minor: int, currency: str, *, actor: str
) -> Booked:
    """Settle the payment whose reference stands in the text of a bank statement's line, if
    currency and amount are exactly what was asked for. Idempotent: a line that is read again says
    that."""
    if not is_line(text):
        return Booked(fault="text")
    for word in _list_references(tx, org_id, text):
        found = sql.find_by_reference(tx, org_id=org_id, reference=word)
        if found is None:
            continue
        if found.state == PaymentState.PAID:
            return Booked(found.code, "paid")
        if found.state != PaymentState.OPEN or not found.is_valid:
            return Booked(found.code, "closed")
        if found.currency != currency:
            return Booked(found.code, "currency", found.currency)
        if found.amount_minor != amount_minor:
            return Booked(found.code, "amount")
        settle(tx, org_id, found.code, PaymentState.PAID, actor=actor)
        return Booked(found.code)
    return Booked(fault="unknown")


def _list_references(tx: Tx, org_id: OrgId, text: str) -> dict[str, None]:
    """What may be a reference in a line, as people and banks write it: in any letter case, with
    hyphens around it, and that of a ticket also without its hyphen or as the code alone."""
    words = _WORD.findall(text.upper())
    bare = [word.strip("-") for word in words]
    codes = [code for word in bare for code in (word, word.removeprefix("T"))]
    own = [sql.find_reference(tx, org_id=org_id, code=code) for code in codes]
    known = (reference for reference in own if reference)
    return dict.fromkeys((*words, *bare, *(f"T-{code}" for code in codes), *known))


# -- what is due ---------------------------------------------------------------------------


def _list_overdue(tx: Tx, limit: int) -> list[Key]:
    rows = sql.list_overdue(tx, now=tx.now, limit=limit)
    return [(row.org_id, row.ticket_id) for row in rows]


def _lapse(tx: Tx, key: Key) -> None:
    """A payment that is due and open: the ticket is given back, with the reason. That of an event
    which is cancelled ended with it."""
    org_id, ticket_id = OrgId(key[0]), TicketId(key[1])
    holder = sql.find_holder(tx, org_id=org_id, ticket_id=ticket_id)
    if holder is None:
        return
    booking.lock_registration(tx, org_id, holder.registration_id)
    row = sql.lock_payment(tx, org_id=org_id, ticket_id=ticket_id)
    if row is None or row.state != PaymentState.OPEN or row.due_at > tx.now or row.lapsed_at:
        return
    sql.lapse(tx, org_id=org_id, ticket_id=ticket_id, now=tx.now)
    if holder.event_state != EventState.CANCELLED:
        give_ticket_back(tx, org_id, holder.registration_id, ticket_id, reason=REASON, actor=ACTOR)


OVERDUE = Queue("payment", _list_overdue, _lapse)


def _find_ticket(tx: Tx, org_id: OrgId, code: str) -> "FindTicketRow":
    row = sql.find_ticket(tx, org_id=org_id, code=normalize(code))
    if row is None:
        raise Missing("ticket.missing", code=code)
    return row


def _lock(tx: Tx, org_id: OrgId, code: str) -> _Held:
    ticket = _find_ticket(tx, org_id, code)
    booking.lock_registration(tx, org_id, ticket.registration_id)
    row = sql.lock_payment(tx, org_id=org_id, ticket_id=ticket.id)
    if row is None:
        raise Conflict("payment.none", code=code)
    is_valid = bool(_find_ticket(tx, org_id, code).is_valid)
    return _Held(ticket.id, ticket.registration_id, PaymentState(row.state), is_valid)
