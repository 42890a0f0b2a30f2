"""How many places there are, and who holds them: in events, sessions and ticket types.

Theory. Each count is one guarded UPDATE, and the tables refuse `held > capacity` too, so a place is
never sold twice, whatever the number of nodes. This is the only module that changes counts and
capacities. A verb that frees places calls `offer_places` in the same transaction, as the verbs
here that add some do: a place never stands free for strangers while somebody waits for it.

Rules.
- A ticket holds a place of its type, a registration one of the event, a booking one of the session,
  an offer one of its type and one of the event.
- Nobody is offered a place of a type by itself while that is locked, hidden or not on sale; staff
  may offer one by hand. When a sale starts, the first who asks for a place, or the sweep, has what
  is free offered.
- An offer stands only while its event takes people: whatever ends that takes the offers back.
- Callers take places in the order waiting entry, sessions, ticket type, event, each by rising
  number: two of them then never wait for each other in a ring.
"""

from collections.abc import Collection, Mapping
from typing import NamedTuple

from turnout.core.events import programme, showing, ticket_types
from turnout.core.events.model import Event, EventState
from turnout.core.ids import EventId, OrgId, SessionId, TicketTypeId
from turnout.core.registrations.rules import (
    EVENT_CANCELLED,
    EVENT_OVER,
    Door,
    find_refusal,
)
from turnout.core.registrations.sql import sql
from turnout.core.waiting_list.entries import (
    QUEUE,
    Entry,
    OfferTerms,
    WaitingState,
    count_offered,
    end_waiting,
    find_next,
    get_offer_terms,
    lock_offers,
    offer,
    set_entry_state,
    wait_again,
    withdraw,
)
from turnout.errors import Conflict
from turnout.store import Tx, to_json

# A transaction offers this many places at most; the sweep does the rest.
SLICE = 50


class TakenTicket(NamedTuple):
    """A place of a type that was taken. `person_limit` None = any number for each person; it is
    sold between two instants (epoch ms), None = from ever, for good. One that is locked or hidden
    (1) is given by staff, invitation and offer alone. `price_minor` None = not known here;
    `is_waited_for` 1 = somebody waits for a place of the event and could be given one."""

    ticket_type_id: TicketTypeId
    person_limit: int | None
    sale_starts_at: int | None = None
    sale_ends_at: int | None = None
    is_locked: int = 0
    is_hidden: int = 0
    price_minor: int | None = None
    is_waited_for: int = 0


class DefaultRoom(NamedTuple):
    """What was free of an event's default type, and in the event, when somebody looked; None = any
    number. The rest is as in TakenTicket."""

    ticket_type_id: TicketTypeId
    person_limit: int | None
    sale_starts_at: int | None
    sale_ends_at: int | None
    is_locked: int
    is_hidden: int
    price_minor: int
    tickets_left: int | None
    places_left: int | None

    @property
    def terms(self) -> TakenTicket:
        """On which terms one of the type is taken."""
        return TakenTicket(*self[:7])


def take_session_places(tx: Tx, org_id: OrgId, session_ids: list[SessionId]) -> set[SessionId]:
    """Take a place in each session that has one; returns which those are."""
    if not session_ids:
        return set()
    tx.about("sessions", *session_ids)
    ids = to_json(session_ids)
    return {session_id for (session_id,) in sql.take_session_places(tx, org_id=org_id, ids=ids)}


def take_event_place(tx: Tx, org_id: OrgId, event_id: EventId) -> EventState | None:
    """Take a place in an event; None when it is full. Returns the event's state: it stays that one
    until this transaction ends."""
    tx.about("events", event_id)
    state = sql.take_event_place(tx, org_id=org_id, id=event_id, now=tx.now)
    return EventState(state) if state else None


def take_open_event_place(tx: Tx, org_id: OrgId, event_id: EventId) -> bool:
    """Take a place in an event that is open; False when it is full, or not open. It stays open
    until this transaction ends. Cheaper than `take_event_place`, which says why."""
    tx.about("events", event_id)
    return sql.take_open_event_place(tx, org_id=org_id, id=event_id, now=tx.now) > 0


def take_default_ticket(tx: Tx, org_id: OrgId, event_id: EventId) -> TakenTicket | None:
    """Take a ticket of the event's default type, behind those who wait; None when sold out."""
    tx.about("ticket_types", ("default", event_id))
    taken = sql.take_default_ticket(tx, org_id=org_id, event_id=event_id, now=tx.now)
    return _take_behind(tx, org_id, event_id, taken) if taken and taken.is_waited_for else taken


def take_ticket(
    tx: Tx, org_id: OrgId, event_id: EventId, ticket_type_id: TicketTypeId
) -> TakenTicket | None:
    """Take a ticket of this type of the event, behind those who wait; None when none is left."""
    taken = take_ticket_first(tx, org_id, ticket_type_id)
    return _take_behind(tx, org_id, event_id, taken) if taken and taken.is_waited_for else taken


def take_ticket_first(tx: Tx, org_id: OrgId, ticket_type_id: TicketTypeId) -> TakenTicket | None:
    """`take_ticket` for those who wait, and for a place that changes hands."""
    tx.about("ticket_types", ticket_type_id)
    return sql.take_ticket(tx, org_id=org_id, id=ticket_type_id, now=tx.now)


def _take_behind(
    tx: Tx, org_id: OrgId, event_id: EventId, taken: TakenTicket
) -> TakenTicket | None:
    """Places stand free for those who wait, since time has passed: a sale began, say, or there were
    more than are offered at once. They are offered first; then somebody else may have what is left.
    """
    release_ticket(tx, org_id, taken.ticket_type_id)
    while offer_places(tx, org_id, event_id) == SLICE:
        pass
    return take_ticket_first(tx, org_id, taken.ticket_type_id)


def find_default_room(tx: Tx, org_id: OrgId, event_id: EventId) -> DefaultRoom | None:
    """What is free of the event's default type, for now; None where the event has none."""
    return sql.find_default_room(tx, org_id=org_id, event_id=event_id)


def take_seats_for_many(
    tx: Tx, org_id: OrgId, seats: Mapping[SessionId, int], full_ids: Collection[SessionId]
) -> bool:
    """Take so many places in each session; `full_ids` are those of them in which no place may be
    left then. False = things are otherwise: what was taken is to be taken back."""
    tx.about("sessions", *seats)
    rows = [(id_, seats, int(id_ in full_ids)) for id_, seats in sorted(seats.items())]
    return sql.take_many_session_places(tx, org_id=org_id, seats=to_json(rows)) == len(rows)


def take_for_many(tx: Tx, org_id: OrgId, event_id: EventId, people: int) -> TakenTicket | None:
    """Take for many people a place each in an open event and a ticket of its default type. None =
    there are not enough, it is not open, or somebody waits: what was taken is to be taken back."""
    taken = _take_default_tickets(tx, org_id, event_id, people)
    if taken is None:
        return None
    tx.about("events", event_id)
    had = sql.take_open_event_places(tx, org_id=org_id, id=event_id, count=people, now=tx.now)
    return taken if had else None


def take_for_candidates(
    tx: Tx, org_id: OrgId, event_id: EventId, people: int
) -> TakenTicket | None:
    """`take_for_many` in an event that takes an exam's candidates, a draft too."""
    taken = _take_default_tickets(tx, org_id, event_id, people)
    if taken is None:
        return None
    tx.about("events", event_id)
    state = sql.take_event_places(tx, org_id=org_id, id=event_id, count=people, now=tx.now)
    if state is None or find_refusal(Door.EXAM, EventState(state), tx.now + 1, tx.now):
        return None
    return taken


def _take_default_tickets(
    tx: Tx, org_id: OrgId, event_id: EventId, people: int
) -> TakenTicket | None:
    tx.about("ticket_types", ("default", event_id))
    taken = sql.take_default_tickets(tx, org_id=org_id, event_id=event_id, count=people, now=tx.now)
    return None if taken is None or taken.is_waited_for else taken


def release_session_place(tx: Tx, org_id: OrgId, session_id: SessionId) -> None:
    """Give a place in a session back."""
    tx.about("sessions", session_id)
    sql.release_session_place(tx, org_id=org_id, id=session_id)


def release_event_place(tx: Tx, org_id: OrgId, event_id: EventId) -> None:
    """Give a place in an event back."""
    tx.about("events", event_id)
    sql.release_event_place(tx, org_id=org_id, id=event_id)


def release_ticket(tx: Tx, org_id: OrgId, ticket_type_id: TicketTypeId) -> None:
    """Give a ticket of a type back."""
    tx.about("ticket_types", ticket_type_id)
    sql.release_ticket(tx, org_id=org_id, id=ticket_type_id)


def release_offer(tx: Tx, org_id: OrgId, event_id: EventId, ticket_type_id: TicketTypeId) -> None:
    """Give back what an offer held."""
    release_ticket(tx, org_id, ticket_type_id)
    release_event_place(tx, org_id, event_id)


def end_offer(tx: Tx, org_id: OrgId, entry: Entry, state: WaitingState) -> None:
    """End a locked entry that is offered a place: that goes to the next."""
    set_entry_state(tx, org_id, entry, state)
    release_offer(tx, org_id, entry.event_id, entry.ticket_type_id)
    offer_places(tx, org_id, entry.event_id)


def offer_places(tx: Tx, org_id: OrgId, event_id: EventId) -> int:
    """Offer free places to those who wait first, each with a deadline; returns how many. Nobody is
    offered a place that they could not take now."""
    offered = 0
    terms: OfferTerms | None = None
    while offered < SLICE and (entry := find_next(tx, org_id, event_id)):
        entry_id, ticket_type_id = entry
        # Once a place is ours, so is the event's row: nobody changes its terms.
        terms = terms or get_offer_terms(tx, org_id, event_id)
        if find_refusal(Door.OFFER, terms.state, terms.ends_at, tx.now):
            break
        # On PostgreSQL somebody else may have had the place since we looked, or closed the event.
        if not take_ticket_first(tx, org_id, ticket_type_id):
            break
        state = take_event_place(tx, org_id, event_id)
        if state is not EventState.OPEN:
            release_ticket(tx, org_id, ticket_type_id)
            if state:
                release_event_place(tx, org_id, event_id)
            break
        if not offer(tx, org_id, entry_id, terms):
            release_offer(tx, org_id, event_id, ticket_type_id)
            continue
        offered += 1
    if offered:
        tx.wake(QUEUE)
    return offered


def withdraw_offers(
    tx: Tx, org_id: OrgId, event_id: EventId, refusal: Conflict, *, is_quiet: bool
) -> int:
    """Take back what is offered to people for an event that takes nobody now, for the reason of the
    refusal; returns from how many. They wait again and, unless `is_quiet`, are told; for an event
    that is cancelled or over, they and all who wait lapse."""
    offered = lock_offers(tx, org_id, event_id)
    for entry in offered:
        withdraw_offer(tx, org_id, entry, refusal, is_quiet=is_quiet)
    if is_final(refusal):
        end_waiting(tx, org_id, event_id, refusal.code)
    return len(offered)


def withdraw_offer(
    tx: Tx, org_id: OrgId, entry: Entry, refusal: Conflict, *, is_quiet: bool = False
) -> None:
    """Take back what a locked entry is offered, since its event takes nobody now."""
    state = WaitingState.LAPSED if is_final(refusal) else WaitingState.WAITING
    withdraw(tx, org_id, entry, state, refusal.code, is_quiet=is_quiet)
    release_offer(tx, org_id, entry.event_id, entry.ticket_type_id)


def is_final(refusal: Conflict) -> bool:
    """Whether an event that refuses for this reason will not take people again."""
    return refusal.code in (EVENT_CANCELLED, EVENT_OVER)


def offer_place(tx: Tx, org_id: OrgId, entry: Entry) -> None:
    """Take a place for a locked entry that waits, and offer it. Raises Conflict."""
    if not take_ticket_first(tx, org_id, entry.ticket_type_id):
        raise Conflict("tickets.sold_out_type")
    if not take_event_place(tx, org_id, entry.event_id):
        raise Conflict("event.full")
    terms = get_offer_terms(tx, org_id, entry.event_id)
    if refusal := find_refusal(Door.OFFER, terms.state, terms.ends_at, tx.now):
        raise refusal
    offer(tx, org_id, entry.id, terms)
    tx.wake(QUEUE)


def count_left(
    tx: Tx, org_id: OrgId, event_id: EventId, ticket_type_id: TicketTypeId | None
) -> tuple[int, int]:
    """How many more people of a ticket type (None = the default one) an event that is full for
    somebody takes, and how many of its places are held for offers. Raises Missing."""
    event = programme.get_event(tx, org_id, event_id)
    types = [
        (kind.capacity, kind.held)
        for kind in programme.list_ticket_types(tx, org_id, event_id)
        if kind.id == ticket_type_id or (ticket_type_id is None and kind.is_default)
    ]
    held = [(event.capacity, event.held), *types]
    left = [capacity - taken for capacity, taken in held if capacity is not None]
    return min(left, default=0), count_offered(tx, org_id, event_id)


# -- how many there are --------------------------------------------------------------------


def set_event_capacity(
    tx: Tx, org_id: OrgId, event_id: EventId, capacity: int | None, *, actor: str
) -> Event:
    """Set how many places an event has; None = any number. More places go to the waiting list
    first. Raises Conflict below what is taken, Missing, Invalid."""
    event = programme.store_event_capacity(tx, org_id, event_id, capacity, actor=actor)
    offer_places(tx, org_id, event_id)
    return event


def set_session_capacity(
    tx: Tx, org_id: OrgId, session_id: SessionId, capacity: int | None, *, actor: str
) -> None:
    """Set how many places a session has; None = any number. A waiting list's entries are for a
    ticket type, so nobody waits for a session: its new places are free for anyone registered.
    Raises Conflict below what is taken, Missing, Invalid."""
    event_id = programme.store_session_capacity(tx, org_id, session_id, capacity, actor=actor)
    offer_places(tx, org_id, event_id)


def set_ticket_capacity(
    tx: Tx, org_id: OrgId, ticket_type_id: TicketTypeId, capacity: int | None, *, actor: str
) -> None:
    """Set how many tickets of a type there are; None = any number. More go to the waiting list
    first. Raises Conflict below what is held, Missing."""
    event_id = showing.store_ticket_capacity(tx, org_id, ticket_type_id, capacity, actor=actor)
    offer_places(tx, org_id, event_id)


def change_ticket_type(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    ticket_type_id: TicketTypeId,
    change: ticket_types.TicketTypeChange,
    *,
    actor: str,
) -> None:
    """`edit_ticket_type` for an event whose list may wait for the type: what it allows now goes to
    those who wait first."""
    ticket_types.edit_ticket_type(tx, org_id, event_id, ticket_type_id, change, actor=actor)
    offer_places(tx, org_id, event_id)


def set_event_state(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    state: EventState,
    *,
    is_quiet: bool = False,
    actor: str,
) -> Event:
    """Open, close or cancel an event, or make it a draft. What is free when it opens goes to the
    waiting list first; offers end when it takes nobody (`withdraw_offers`, which says what
    `is_quiet` is). Those who waited for a cancelled event wait again when it is revived, and open
    payments are due again. Raises Missing."""
    before = programme.get_event(tx, org_id, event_id)
    # Before the event's row is ours: entries come first in the order of places.
    end_offers(tx, org_id, event_id, state, is_quiet=is_quiet)
    event = programme.store_event_state(tx, org_id, event_id, state, actor=actor)
    if EventState.CANCELLED is before.state is not state:
        wait_again(tx, org_id, event_id, EVENT_CANCELLED)
        sql.wake_payments(tx, org_id=org_id, event_id=event_id, now=tx.now)
    offer_places(tx, org_id, event_id)
    return event


def end_offers(
    tx: Tx, org_id: OrgId, event_id: EventId, state: EventState, *, is_quiet: bool = False
) -> int:
    """`withdraw_offers` for an event that is about to have that state; 0 if it takes people then.
    An offer that is made at this moment is taken back by the sweep (offers.py)."""
    refusal = find_refusal(Door.OFFER, state, tx.now + 1, tx.now)
    return withdraw_offers(tx, org_id, event_id, refusal, is_quiet=is_quiet) if refusal else 0
