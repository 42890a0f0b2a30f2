"""Confirming a cancelled registration again: its tickets, their payments, its sessions.

What comes back is what the newest cancellation took, as its audit entry names it: each ticket as a
new one of its type, and the sessions, as far as there is room. What was to be paid, or was, goes
along with its ticket, and so does the check-in: the holder of the former ticket is inside.
A ticket that was passed on is the new holder's, with all of that.
"""

from collections import Counter
from typing import NamedTuple

from turnout.core.audit.recording import Entry, list_entries, record
from turnout.core.events.model import Session, SessionState
from turnout.core.events.programme import list_sessions, list_ticket_types
from turnout.core.ids import OrgId, RegistrationId, SessionId, TicketTypeId
from turnout.core.people.finding import get_person
from turnout.core.registrations import booking, places
from turnout.core.registrations.giving_back import CANCELLED, TRANSFERRED
from turnout.core.registrations.granting import Wish, grant
from turnout.core.registrations.joining import queue_ticket_mail
from turnout.core.registrations.model import Registration, RegistrationState
from turnout.core.registrations.places import TakenTicket
from turnout.core.registrations.pricing import ACTOR, Asking, find_due
from turnout.core.registrations.rules import Door
from turnout.core.registrations.sale_limits import find_limit
from turnout.core.registrations.sql import sql
from turnout.core.tickets.issuing import (
    Grant,
    GrantKind,
    Ticket,
    issue_ticket,
    list_tickets,
    take_check_in_along,
)
from turnout.core.tickets.prices import Price, ask
from turnout.core.waiting_list.entries import lock_offer
from turnout.errors import Conflict
from turnout.store import Tx

_ENDINGS = (CANCELLED, TRANSFERRED)


class Restored(NamedTuple):
    """The tickets of a registration that is confirmed again. `lost` are the names of the ticket
    types and sessions that did not come back, because no place was left; `checked_in` are the codes
    of tickets that are checked in, as the former ones were."""

    registration_id: RegistrationId
    tickets: list[Ticket]
    lost: list[str]
    checked_in: list[str]

    @property
    def ticket(self) -> Ticket:
        """The first."""
        return self.tickets[0]


class _Former(NamedTuple):
    """A ticket that comes back; `ticket` None = which it was is not known."""

    type_id: TicketTypeId
    ticket: Ticket | None


def restore_registration(
    tx: Tx,
    org_id: OrgId,
    registration_id: RegistrationId,
    *,
    is_mailed: bool = True,
    actor: str,
) -> Restored | None:
    """Confirm a registration that was cancelled again: a new ticket for each that was valid then,
    mailed, with its payment (an open one that was due gets new time) and its check-in, and those of
    the sessions of then that have places. None = it is not cancelled.

    Raises Conflict when the event is cancelled or over or full, no ticket has a place, the person
    was erased, or for a candidate's; Missing, also for somebody who was merged into somebody else.
    """
    registration = booking.lock_registration(tx, org_id, registration_id)
    if registration.sitting:
        raise Conflict("registration.candidate_left", registration_id=registration_id)
    if registration.state is RegistrationState.CONFIRMED:
        return None
    _check_person(tx, org_id, registration)
    ending = _find_ending(tx, org_id, registration_id)
    wanted = _list_given_back(tx, org_id, registration, ending)
    lock_offer(tx, org_id, registration.event_id, registration.person_id)
    booked = places.take_session_places(tx, org_id, sorted(session.id for session in wanted))
    formers = _list_formers(tx, org_id, registration, ending)
    tickets, checked_in = _grant_all(tx, org_id, registration, formers)
    booking.add_bookings(tx, org_id, registration_id, sorted(booked))
    for ticket in tickets if is_mailed else ():
        queue_ticket_mail(tx, org_id, ticket.id)
    facts = {"sessions": sorted(booked), "codes": [ticket.code for ticket in tickets]}
    record(tx, org_id, actor, "restored", "registration", registration_id, **facts)
    lost = _name_lost(tx, org_id, registration, formers, tickets)
    lost += [session.title for session in wanted if session.id not in booked]
    return Restored(registration_id, tickets, lost, checked_in)


def _check_person(tx: Tx, org_id: OrgId, registration: Registration) -> None:
    get_person(tx, org_id, registration.person_id)  # nobody who was merged into somebody else
    if sql.is_erased(tx, org_id=org_id, person_id=registration.person_id):
        raise Conflict("registration.erased", registration_id=registration.id)


def _find_ending(tx: Tx, org_id: OrgId, registration_id: RegistrationId) -> Entry | None:
    entries = list_entries(tx, org_id, "registration", registration_id)
    return next((entry for entry in reversed(entries) if entry.action in _ENDINGS), None)


def _list_given_back(
    tx: Tx, org_id: OrgId, registration: Registration, ending: Entry | None
) -> list[Session]:
    """The sessions that the cancellation gave back, as far as they still take bookings; none where
    the last ticket was passed on, which took them along."""
    ids: set[SessionId] = set(ending.facts.get("sessions", ())) if ending else set()
    sessions = list_sessions(tx, org_id, registration.event_id) if ids else []
    return [
        found for found in sessions if found.id in ids and found.state is not SessionState.CANCELLED
    ]


def _list_formers(
    tx: Tx, org_id: OrgId, registration: Registration, ending: Entry | None
) -> list[_Former]:
    """The tickets that the cancellation ended, by rising type."""
    codes = set(ending.facts.get("codes", ())) if ending else set()
    tickets = list_tickets(tx, org_id, registration.id)
    ended = [_Former(one.ticket_type_id, one) for one in tickets if one.code in codes]
    if ended:
        return sorted(ended, key=lambda former: former.type_id)
    return [_Former(registration.ticket_type_id, None)]


def _grant_all(
    tx: Tx, org_id: OrgId, registration: Registration, formers: list[_Former]
) -> tuple[list[Ticket], list[str]]:
    """A new ticket for each former one that has a place, and the codes of those that are checked
    in. Places of types are taken by rising
    number, before that of the event; `grant` takes the last one and the event's, or says why not.
    """
    held = [
        (former, taken)
        for former in formers
        if (taken := places.take_ticket(tx, org_id, registration.event_id, former.type_id))
    ]
    first = held[-1][0] if held else formers[-1]
    if held:
        places.release_ticket(tx, org_id, first.type_id)
    granted = grant(tx, org_id, _wish_for(registration, first)).ticket
    _take_payment_along(tx, org_id, registration, first, granted)
    pairs = [(first, granted)] + [
        (former, _add_ticket(tx, org_id, registration, former, taken))
        for former, taken in held[:-1]
        if not _is_too_many(tx, org_id, registration, former, taken)
    ]
    checked_in = [
        new.code
        for former, new in pairs
        if former.ticket and take_check_in_along(tx, org_id, former.ticket.id, new.id)
    ]
    return [new for _, new in pairs], checked_in


def _wish_for(registration: Registration, former: _Former) -> Wish:
    """What was asked for a ticket is known; of one that is not, the event says it again."""
    return Wish(
        Door.STAFF,
        registration.event_id,
        registration.person_id,
        former.type_id,
        registration.source,
        party_id=registration.party_id,
        asking=Asking.NONE if former.ticket else None,
    )


def _is_too_many(
    tx: Tx, org_id: OrgId, registration: Registration, former: _Former, taken: TakenTicket
) -> bool:
    """Whether the person may not have one more of the type; its place is given back then."""
    refusal = find_limit(tx, org_id, _wish_for(registration, former), taken)
    if refusal:
        places.release_ticket(tx, org_id, former.type_id)
    return refusal is not None


def _add_ticket(
    tx: Tx, org_id: OrgId, registration: Registration, former: _Former, taken: TakenTicket
) -> Ticket:
    kind = taken.ticket_type_id
    ticket = issue_ticket(tx, org_id, registration.id, kind, Grant(GrantKind.STAFF))
    _take_payment_along(tx, org_id, registration, former, ticket)
    return ticket


def _take_payment_along(
    tx: Tx, org_id: OrgId, registration: Registration, former: _Former, new: Ticket
) -> None:
    """What was to be paid for the former ticket, or was. An open payment that was due gets new
    time. What was paid back is to be paid again."""
    old = former.ticket
    paid = sql.find_payment(tx, org_id=org_id, ticket_id=old.id) if old else None
    if old is None or paid is None:
        return
    due_at = paid.due_at
    if due_at <= tx.now:
        due_at = find_due(tx, org_id, registration.event_id)
    if paid.state == "refunded":
        price = Price(paid.amount_minor, paid.currency, f"T-{new.code}", due_at)
        ask(tx, org_id, new.id, registration.id, price, code=new.code, actor=ACTOR)
        return
    sql.move_payment(tx, org_id=org_id, from_id=old.id, to_id=new.id)
    if paid.state == "open":
        sql.renew_payment(tx, org_id=org_id, ticket_id=new.id, due_at=due_at, now=tx.now)


def _name_lost(
    tx: Tx, org_id: OrgId, registration: Registration, formers: list[_Former], tickets: list[Ticket]
) -> list[str]:
    """The types of the former tickets that did not come back."""
    lost = Counter(former.type_id for former in formers)
    lost.subtract(ticket.ticket_type_id for ticket in tickets)
    types = list_ticket_types(tx, org_id, registration.event_id)
    return [kind.name for kind in types for _ in range(lost[kind.id])]
