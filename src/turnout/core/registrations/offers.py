"""Joining the waiting list, taking and leaving what is offered, and offers that lapse.

Theory. Places are offered where they become free (places.py). Here people answer; the worker's
sweep lets offers lapse whose deadline has passed, takes those back whose event takes nobody any
more, and offers what nobody did.
"""

from turnout.core.audit.recording import record
from turnout.core.events.model import Event, TicketType
from turnout.core.events.programme import get_event, list_ticket_types
from turnout.core.ids import EntryId, EventId, OrgId, TicketTypeId
from turnout.core.people.contacts import check_contact
from turnout.core.people.merging import know_person
from turnout.core.people.model import Contact
from turnout.core.registrations import booking, places
from turnout.core.registrations.extras import (
    NOTHING,
    Extras,
    join_extras,
    read_extras,
    write_extras,
)
from turnout.core.registrations.granting import Wish, grant
from turnout.core.registrations.joining import check_open, queue_ticket_mail
from turnout.core.registrations.rules import Door, check, check_no_exam, find_refusal
from turnout.core.registrations.sources import clean_source
from turnout.core.waiting_list.entries import (
    Entry,
    WaitingState,
    add_entry,
    find_open_entry,
    get_offer_terms,
    is_awaited,
    list_offerable,
    list_overdue,
    lock_entry,
    set_entry_state,
    set_extras,
    withdraw,
)
from turnout.core.waiting_list.steering import is_closed
from turnout.core.work.claims import Key, Queue
from turnout.errors import Conflict, Invalid
from turnout.store import Tx

SOURCE = "waiting list"


def join_list(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    ticket_type_id: TicketTypeId,
    contact: Contact,
    *,
    sti: str = "",
    extras: Extras = NOTHING,
    language: str = "",
    is_staff: bool = False,
) -> Entry:
    """Put somebody on the waiting list; who is on it already keeps their place. `sti` is the
    campaign source of the link they came with, `extras` what they ask for along with the place, and
    `language` that of the page: all are kept for when they register. Staff (`is_staff`) may put
    people on the list of a locked ticket type, too.

    Raises Conflict while there are places that nobody waits for, for somebody registered, and when
    the event takes nobody; Invalid for an address or ticket type that is none; Missing.
    """
    check_contact(contact)
    event = get_event(tx, org_id, event_id)
    check(Door.OFFER, event.state, event.ends_at, tx.now)
    check_no_exam(tx, org_id, event_id)
    types = {ticket_type.id: ticket_type for ticket_type in list_ticket_types(tx, org_id, event_id)}
    wanted = types.get(ticket_type_id)
    if wanted is None or (wanted.is_locked and not is_staff):
        raise Invalid("ticket_type.unknown")
    person_id = know_person(tx, org_id, contact)
    if found := find_open_entry(tx, org_id, event_id, person_id):
        return _add_extras(tx, org_id, found, extras)
    if booking.is_registered(tx, org_id, event_id, person_id):
        raise _registered(contact.email, is_staff=is_staff)
    if is_closed(tx, org_id, event_id):
        raise Conflict("waiting.closed")
    is_short = _is_full(event) or _is_full(wanted)
    if not is_short and not is_awaited(tx, org_id, event_id, ticket_type_id):
        raise Conflict("waiting.places")
    named = {"sti": clean_source(sti), "extras": write_extras(extras), "language": language}
    return add_entry(tx, org_id, event_id, ticket_type_id, person_id, **named)


def _registered(email: str, *, is_staff: bool) -> Conflict:
    if is_staff:
        return Conflict("waiting.they_registered", email=email)
    return Conflict("waiting.registered")


def _is_full(taken: Event | TicketType) -> bool:
    return taken.capacity is not None and taken.held >= taken.capacity


def _add_extras(tx: Tx, org_id: OrgId, entry: Entry, extras: Extras) -> Entry:
    if extras == NOTHING:
        return entry
    entry = lock_entry(tx, org_id, entry.id)
    joined = write_extras(join_extras(read_extras(entry.extras), extras))
    set_extras(tx, org_id, entry.id, joined)
    return entry._replace(extras=joined)


def take_offer(tx: Tx, org_id: OrgId, entry_id: EntryId, *, actor: str) -> None:
    """Give somebody the place that is held for them, and mail the ticket. Idempotent.

    Raises Conflict when nothing is offered any more, or the event takes nobody; Missing.
    """
    entry = lock_entry(tx, org_id, entry_id)
    if entry.state is WaitingState.TAKEN:
        return
    event = get_event(tx, org_id, entry.event_id)
    check(Door.OFFER, event.state, event.ends_at, tx.now)
    if entry.state is not WaitingState.OFFERED:
        raise Conflict("waiting.no_offer")
    if entry.deadline_at is None or entry.deadline_at <= tx.now:
        raise Conflict("waiting.lapsed")
    wish = Wish(
        Door.OFFER,
        entry.event_id,
        entry.person_id,
        entry.ticket_type_id,
        source=SOURCE,
        grant_id=entry_id,
    )
    granted = grant(tx, org_id, wish)
    if granted.is_new:
        queue_ticket_mail(tx, org_id, granted.ticket.id)
    record(tx, org_id, actor, "took offer", "waiting_entry", entry_id)


def offer_by_hand(tx: Tx, org_id: OrgId, entry_id: EntryId, *, actor: str) -> None:
    """Offer a free place to somebody who waits, out of turn. Idempotent while they
    are offered one.

    Raises Conflict when no place of their type or of the event is free, when they wait no more, and
    when the event takes nobody; Missing.
    """
    entry = lock_entry(tx, org_id, entry_id)
    if entry.state is WaitingState.OFFERED:
        return
    if entry.state is not WaitingState.WAITING:
        raise Conflict("waiting.ended", entry_id=entry_id, state=entry.state.value)
    places.offer_place(tx, org_id, entry)
    record(tx, org_id, actor, "offered", "waiting_entry", entry_id)


def leave_list(tx: Tx, org_id: OrgId, entry_id: EntryId, *, actor: str) -> None:
    """Take somebody off the list; an offered place goes to the next. Idempotent, and without effect
    for a place that was taken (cancel the registration). Raises Missing."""
    entry = lock_entry(tx, org_id, entry_id)
    if entry.state not in (WaitingState.WAITING, WaitingState.OFFERED):
        return
    _end(tx, org_id, entry, WaitingState.LEFT)
    record(tx, org_id, actor, "left", "waiting_entry", entry_id)


def _let_lapse(tx: Tx, key: Key) -> None:
    """An offer whose deadline has passed lapses, and its place is offered to the next. One whose
    event takes nobody now is taken back."""
    org_id, entry_id = key[0], EntryId(key[1])
    entry = lock_entry(tx, org_id, entry_id)
    terms = get_offer_terms(tx, org_id, entry.event_id)
    refusal = find_refusal(Door.OFFER, terms.state, terms.ends_at, tx.now)
    is_offered = entry.state is WaitingState.OFFERED
    if is_offered and (entry.deadline_at or 0) <= tx.now:
        _end(tx, org_id, entry, WaitingState.LAPSED)
    elif is_offered and refusal:
        places.withdraw_offer(tx, org_id, entry, refusal)
    elif entry.state is WaitingState.WAITING and refusal and places.is_final(refusal):
        withdraw(tx, org_id, entry, WaitingState.LAPSED, refusal.code, is_quiet=True)


def _end(tx: Tx, org_id: OrgId, entry: Entry, state: WaitingState) -> None:
    if entry.state is WaitingState.OFFERED:
        places.end_offer(tx, org_id, entry, state)
    else:
        set_entry_state(tx, org_id, entry, state)


def open_sale(
    tx: Tx, org_id: OrgId, event_id: EventId, ticket_type_id: TicketTypeId
) -> tuple[Event, TicketType]:
    """`check_open`, for a form. Where a sale has begun its places go to the list first: the worker
    that sees to that looks only every few seconds, and nobody else shall be before it."""
    event, kind = check_open(tx, org_id, event_id, ticket_type_id)
    if kind.sale_starts_at is None or not places.offer_places(tx, org_id, event_id):
        return event, kind
    return check_open(tx, org_id, event_id, ticket_type_id)


OFFERS = Queue("offer", list_overdue, _let_lapse)
PROMOTIONS = Queue(
    "promotion", list_offerable, lambda tx, key: places.offer_places(tx, key[0], EventId(key[1]))
)
