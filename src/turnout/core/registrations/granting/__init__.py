"""Granting: the one way in which anybody gets a ticket.

Theory. A wish names the door at which it is made (rules.py), the person and the ticket type.
`grant` answers it in one transaction: the rules, the place that is offered to this person, else new
places, the registration (made, revived or extended), the ticket. It raises Conflict, which takes
back all.
`grant_with_sessions` is the same for the intake queue, which decides hundreds in a transaction: it
names no type, books sessions along, and returns the refusal, because the other sessions of the
submission go on. Its fast form for many people at once, where no rule has anything to say, is in
together.py.

Rules.
- Places and entries are locked in one order (see places.py).
- The offer of a person is taken by whatever grants them a ticket of its type; an API that names no
  type takes the one that is offered.
- A place of the event is taken by a registration once, a place of a type by each ticket.
"""

from typing import NamedTuple

from turnout.core.events.programme import get_event
from turnout.core.ids import (
    EventId,
    OrgId,
    PartyId,
    PersonId,
    RegistrationId,
    SessionId,
    TicketTypeId,
)
from turnout.core.registrations import booking, places, rules
from turnout.core.registrations.claiming import claim, find_there
from turnout.core.registrations.extras import (
    NOTHING,
    Extras,
    book_extras,
    join_submitted,
    read_extras,
    take_chosen,
)
from turnout.core.registrations.model import (
    Registration,
    RegistrationState,
    Submitted,
    join_submissions,
)
from turnout.core.registrations.places import TakenTicket
from turnout.core.registrations.pricing import Asking, ask_price
from turnout.core.registrations.rules import RULES, Door, There, check, check_no_exam
from turnout.core.registrations.sale_limits import find_limit, find_sale
from turnout.core.registrations.sources import note_source
from turnout.core.registrations.sql import sql
from turnout.core.tickets.issuing import (
    Grant,
    Ticket,
    cancel_ticket,
    issue_ticket,
    list_valid_tickets,
    set_ticket_type,
)
from turnout.core.waiting_list.entries import Entry, WaitingState, lock_offer, set_entry_state
from turnout.errors import Conflict
from turnout.store import Tx


class Wish(NamedTuple):
    """Who asks for which ticket. `ticket_type_id` None = the event's default one; `submitted` None
    = what is known of the person; `grant_id` is the invitation's or the waiting entry's number;
    `sti` the campaign source; `sitting_uuid` names a candidate's registration; `language` is that
    of the page that asks, empty = not known. `revived` is a candidate's, locked; `session_ids` are
    booked along."""

    door: Door
    event_id: EventId
    person_id: PersonId
    ticket_type_id: TicketTypeId | None
    source: str
    submitted: Submitted | None = None
    grant_id: int | None = None
    sti: str = ""
    party_id: PartyId | None = None
    registration_id: RegistrationId | None = None
    sitting_uuid: str = ""
    language: str = ""
    asking: Asking | None = None
    revived: Registration | None = None
    session_ids: tuple[SessionId, ...] = ()

    @property
    def grant(self) -> Grant:
        return Grant(RULES[self.door].kind, self.grant_id)


class Granted(NamedTuple):
    """The ticket that somebody has; `is_new` = it was issued now."""

    registration_id: RegistrationId
    ticket: Ticket
    is_new: bool


class SessionGrant(NamedTuple):
    """The sessions that are booked now, those that were before too; or why nothing was granted, and
    which of them were full, too. `ticket` is one that was issued now."""

    session_ids: set[SessionId]
    refusal: Conflict | None = None
    full_ids: frozenset[SessionId] = frozenset()
    ticket: Ticket | None = None


def grant(tx: Tx, org_id: OrgId, wish: Wish) -> Granted:
    """Give a person a ticket, or find the one that they have (rules.py says what counts).

    Raises Conflict when the door grants nothing for this event now, for an exam unless it is a
    candidate's, when no ticket or place is left and none is offered to this person, and at the
    type's limit for one person; Missing.
    """
    event = get_event(tx, org_id, wish.event_id)
    check(wish.door, event.state, event.ends_at, tx.now)
    if not wish.sitting_uuid:
        check_no_exam(tx, org_id, wish.event_id)
    return grant_checked(tx, org_id, wish)


def grant_checked(tx: Tx, org_id: OrgId, wish: Wish) -> Granted:
    """`grant` for a caller that has held the event against the rules of the door in this
    transaction (`check_open`)."""
    own = None
    known = wish.revived
    if not wish.sitting_uuid:
        own = lock_offer(tx, org_id, wish.event_id, wish.person_id)
        known = booking.find_registration(tx, org_id, wish.event_id, wish.person_id)
    if own and own.ticket_type_id != wish.ticket_type_id:
        own = None
    confirmed = known if known and known.state is RegistrationState.CONFIRMED else None
    asked = wish.door, wish.ticket_type_id
    if confirmed and (there := find_there(tx, org_id, confirmed.id, *asked)):
        if own and there.ticket_type_id == own.ticket_type_id:
            places.end_offer(tx, org_id, own, WaitingState.TAKEN)
        claim(tx, org_id, confirmed.id, *asked, wish.grant_id)
        return Granted(confirmed.id, there, is_new=False)
    if own and not wish.language:
        wish = wish._replace(language=own.language)
    chosen = take_chosen(tx, org_id, wish.event_id, asked[1], wish.session_ids, confirmed)
    taken = _take(tx, org_id, wish, own, has_place=confirmed is not None)
    wish, extras = _add_extras(wish, own)
    registration_id = confirmed.id if confirmed else _write(tx, org_id, wish, taken, known)
    booking.add_bookings(tx, org_id, registration_id, sorted(chosen))
    # A form may be anybody's: it says nothing of who is registered.
    said = wish.submitted if RULES[wish.door].there is There.SAME_TYPE else extras.submitted
    if confirmed and said:
        joined = join_submissions(confirmed.submitted, said)
        booking.set_answers(tx, org_id, confirmed.id, joined)
    book_extras(tx, org_id, wish.event_id, registration_id, taken.ticket_type_id, extras)
    note_source(tx, org_id, registration_id, wish.sti or (own.sti if own else ""))
    ticket = _issue(tx, org_id, registration_id, taken, wish, own)
    return Granted(registration_id, ticket, is_new=True)


def grant_with_sessions(
    tx: Tx, org_id: OrgId, wish: Wish, session_ids: list[SessionId], *, is_person_new: bool
) -> SessionGrant:
    """Register a person for those of the sessions that have places: the queue's fast form. The
    caller knows that the event takes registrations and is no exam. A refusal has taken nothing."""
    # Somebody who was made a moment ago, in this transaction, has no offer or registration yet.
    if is_person_new:
        own = known = None
    else:
        own = lock_offer(tx, org_id, wish.event_id, wish.person_id)
        known = booking.find_registration(tx, org_id, wish.event_id, wish.person_id)
    if known and known.state is RegistrationState.CONFIRMED:
        return SessionGrant(_extend(tx, org_id, wish, known, session_ids))
    booked = places.take_session_places(tx, org_id, session_ids)
    if not booked:
        return SessionGrant(booked)
    if own:
        wish = wish._replace(ticket_type_id=own.ticket_type_id, sti=own.sti, language=own.language)
    taken = _try_to_take(tx, org_id, wish, own, has_place=False)
    if isinstance(taken, Conflict):
        for session_id in booked:
            places.release_session_place(tx, org_id, session_id)
        return SessionGrant(set(), taken, frozenset(session_ids) - booked)
    wish, extras = _add_extras(wish, own)
    registration_id = _write(tx, org_id, wish, taken, known)
    booking.add_bookings(tx, org_id, registration_id, sorted(booked))
    book_extras(tx, org_id, wish.event_id, registration_id, taken.ticket_type_id, extras)
    if wish.sti:
        note_source(tx, org_id, registration_id, wish.sti)
    ticket = _issue(tx, org_id, registration_id, taken, wish, own)
    return SessionGrant(booked, ticket=ticket)


def _issue(
    tx: Tx,
    org_id: OrgId,
    registration_id: RegistrationId,
    taken: TakenTicket,
    wish: Wish,
    own: Entry | None,
) -> Ticket:
    """The ticket, and what is to be paid for it; `own` = it was offered."""
    ticket = issue_ticket(tx, org_id, registration_id, taken.ticket_type_id, wish.grant)
    if taken.price_minor != 0 or wish.asking:
        is_offer = own is not None and RULES[wish.door].there is There.REGISTERED
        whose = (tx, org_id, wish.event_id, registration_id, ticket)
        ask_price(*whose, asking=wish.asking, is_offer=is_offer)
    return ticket


# -- places that change hands --------------------------------------------------------------


def pass_on(
    tx: Tx, org_id: OrgId, registration: Registration, ticket: Ticket, wish: Wish
) -> Granted:
    """Give the place of a ticket of a locked registration to the person of the wish, who has none
    in the event. With the last ticket goes the registration's place and what is booked; with
    another, the person needs a place in the event. What is to be paid goes along. Raises
    Conflict."""
    cancel_ticket(tx, org_id, ticket.id)
    # Its type's row is ours from here on, so nobody else adds one at the same time.
    places.release_ticket(tx, org_id, ticket.ticket_type_id)
    taken = places.take_ticket_first(tx, org_id, ticket.ticket_type_id)
    if taken and (refusal := find_limit(tx, org_id, wish, taken)):
        raise refusal
    is_last = not list_valid_tickets(tx, org_id, registration.id)
    if is_last:
        booking.cancel(tx, org_id, registration.id)
    elif refusal := _take_event_place(tx, org_id, wish):
        raise refusal
    known = booking.find_registration(tx, org_id, wish.event_id, wish.person_id)
    passed = TakenTicket(ticket.ticket_type_id, None)
    registration_id = _write(tx, org_id, wish, passed, known)
    if is_last:
        booking.move_bookings(tx, org_id, registration.id, registration_id)
    grant = Grant(ticket.granted_by)
    new = issue_ticket(tx, org_id, registration_id, ticket.ticket_type_id, grant)
    sql.move_payment(tx, org_id=org_id, from_id=ticket.id, to_id=new.id)
    return Granted(registration_id, new, is_new=True)


def change_type(
    tx: Tx, org_id: OrgId, registration: Registration, ticket: Ticket, ticket_type_id: TicketTypeId
) -> None:
    """Make a ticket of a locked registration one of another type of its event; its code stays.
    Raises Conflict when none is left, and at the type's limit for one person."""
    taken = places.take_ticket(tx, org_id, registration.event_id, ticket_type_id)
    if taken is None:
        raise Conflict("tickets.sold_out_type")
    wish = Wish(
        Door.STAFF,
        registration.event_id,
        registration.person_id,
        ticket_type_id,
        source="",
        party_id=registration.party_id,
    )
    if refusal := find_limit(tx, org_id, wish, taken):
        raise refusal
    places.release_ticket(tx, org_id, ticket.ticket_type_id)
    booking.note_type_left(tx, org_id, registration.id, ticket.ticket_type_id)
    set_ticket_type(tx, org_id, ticket.id, ticket_type_id)
    types = {"from_type": ticket.ticket_type_id, "to_type": ticket_type_id}
    sql.follow_type(tx, org_id=org_id, ticket_id=ticket.id, **types)
    places.offer_places(tx, org_id, registration.event_id)


def move(
    tx: Tx, org_id: OrgId, registration: Registration, event_id: EventId, *, door: Door
) -> None:
    """Move a locked registration with its tickets to another event, with its default type; codes
    stay. Raises Conflict as `grant` does."""
    wish = Wish(door, event_id, registration.person_id, None, source="")
    tickets = list_valid_tickets(tx, org_id, registration.id)
    taken = _take(tx, org_id, wish, None, has_place=False)
    for _ in tickets[1:]:
        _take(tx, org_id, wish, None, has_place=True)
    for ticket in tickets:
        places.release_ticket(tx, org_id, ticket.ticket_type_id)
        set_ticket_type(tx, org_id, ticket.id, taken.ticket_type_id)
    places.release_event_place(tx, org_id, registration.event_id)
    booking.move(tx, org_id, registration.id, event_id, taken.ticket_type_id)
    places.offer_places(tx, org_id, registration.event_id)


# -- who is there already ------------------------------------------------------------------


def _extend(
    tx: Tx, org_id: OrgId, wish: Wish, known: Registration, session_ids: list[SessionId]
) -> set[SessionId]:
    """The person is registered already: add the sessions, and what was answered now."""
    booked = set(booking.list_booked_sessions(tx, org_id, known.id))
    wanted = [session_id for session_id in session_ids if session_id not in booked]
    taken = places.take_session_places(tx, org_id, wanted)
    booking.add_bookings(tx, org_id, known.id, sorted(taken))
    if len(taken) + len(session_ids) > len(wanted):
        claim(tx, org_id, known.id, wish.door)
    if wish.submitted:
        joined = join_submissions(known.submitted, wish.submitted)
        booking.set_answers(tx, org_id, known.id, joined)
    return taken | (booked & set(session_ids))


# -- places --------------------------------------------------------------------------------


def _take(tx: Tx, org_id: OrgId, wish: Wish, own: Entry | None, *, has_place: bool) -> TakenTicket:
    taken = _try_to_take(tx, org_id, wish, own, has_place=has_place)
    if isinstance(taken, Conflict):
        raise taken
    return taken


def _try_to_take(
    tx: Tx, org_id: OrgId, wish: Wish, own: Entry | None, *, has_place: bool
) -> TakenTicket | Conflict:
    """Take a ticket of the type and, unless the person has one, a place in the event; or what is
    offered. Or say why not, and have taken nothing."""
    if own:
        set_entry_state(tx, org_id, own, WaitingState.TAKEN)
        if has_place:
            places.release_event_place(tx, org_id, wish.event_id)
            places.offer_places(tx, org_id, wish.event_id)
        return TakenTicket(own.ticket_type_id, None)
    taken = (
        places.take_default_ticket(tx, org_id, wish.event_id)
        if wish.ticket_type_id is None
        else places.take_ticket(tx, org_id, wish.event_id, wish.ticket_type_id)
    )
    if taken is None:
        return Conflict("tickets.sold_out")
    if refusal := find_sale(tx, wish.door, taken) or find_limit(tx, org_id, wish, taken):
        places.release_ticket(tx, org_id, taken.ticket_type_id)
        return refusal
    refusal = None if has_place else _take_event_place(tx, org_id, wish)
    if refusal:
        places.release_ticket(tx, org_id, taken.ticket_type_id)
        return refusal
    return taken


def _take_event_place(tx: Tx, org_id: OrgId, wish: Wish) -> Conflict | None:
    """Take a place in the event. Its state is judged on the row that is ours now: closing or
    cancelling it from here on comes after this."""
    # An open event takes people at every door.
    if places.take_open_event_place(tx, org_id, wish.event_id):
        return None
    state = places.take_event_place(tx, org_id, wish.event_id)
    if state is None:
        return Conflict("event.full")
    if refusal := rules.find_refusal(wish.door, state, tx.now + 1, tx.now):
        places.release_event_place(tx, org_id, wish.event_id)
        return refusal
    return None


def _add_extras(wish: Wish, own: Entry | None) -> tuple[Wish, Extras]:
    """The wish with what was answered when its offer was asked for, and that."""
    extras = read_extras(own.extras) if own else NOTHING
    return wish._replace(submitted=join_submitted(extras.submitted, wish.submitted)), extras


# -- the registration ----------------------------------------------------------------------


def _write(
    tx: Tx, org_id: OrgId, wish: Wish, taken: TakenTicket, cancelled: Registration | None
) -> RegistrationId:
    """Make the registration, or revive the one that was cancelled; returns its number."""
    if cancelled:
        if wish.submitted:
            joined = join_submissions(cancelled.submitted, wish.submitted)
            booking.set_answers(tx, org_id, cancelled.id, joined)
        booking.revive(
            tx, org_id, cancelled.id, taken.ticket_type_id, wish.party_id, language=wish.language
        )
        return cancelled.id
    made = booking.add_registration(
        tx,
        org_id,
        wish.event_id,
        wish.person_id,
        taken.ticket_type_id,
        source=wish.source,
        submitted=wish.submitted or Submitted(booking.get_contact(tx, org_id, wish.person_id), []),
        party_id=wish.party_id,
        registration_id=wish.registration_id,
        sitting_uuid=wish.sitting_uuid,
        language=wish.language,
    )
    if made is None:
        raise Conflict("registration.raced")
    return made
