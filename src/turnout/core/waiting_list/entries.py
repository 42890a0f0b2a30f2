"""The waiting list: who wants in when nothing is left, and gets the next place in order.

Theory. An entry is `waiting` until it is `offered` a place, and then holds that place until its
deadline; it may be `taken`, given back (`left`), or `lapsed`. Anyone who frees a place calls
`promote` in the same transaction, so a place never stands free for others while somebody waits for
it. What frees places without knowing of lists (a capacity that is raised) is found by the worker's
sweep a few seconds later, as are deadlines that have passed.

Rules.
- An event has one list, by rising number. The first whose own ticket type has room is promoted; who
  waits for another type is not held up by a type that is sold out.
- held = confirmed registrations + offered entries, always.
"""

import enum
from typing import NamedTuple

from turnout.core.audience.links import clean_source
from turnout.core.audit.recording import record
from turnout.core.events import places
from turnout.core.events.model import EventState
from turnout.core.events.programme import get_event, list_ticket_types
from turnout.core.identity.link_keys import find_link_keys
from turnout.core.identity.personal_links import PersonalLinks, missing_link
from turnout.core.ids import EntryId, EventId, OrgId, PersonId, TicketTypeId
from turnout.core.people.merging import know_person
from turnout.core.people.model import Contact
from turnout.core.registrations import booking
from turnout.core.registrations.joining import (
    check_not_over,
    give_ticket,
    queue_ticket_mail,
    release_places,
)
from turnout.core.registrations.model import RegistrationState
from turnout.core.text import is_email
from turnout.core.tickets.issuing import Grant, GrantKind
from turnout.core.waiting_list.sql import sql
from turnout.core.work.claims import Key, Queue, turn
from turnout.errors import Conflict, Invalid, Missing
from turnout.store import Tx

PATH = "/waiting/"
SOURCE = "waiting list"
QUEUE = "waiting"
HOUR_MS = 3_600_000
MOST_HOURS = 24 * 90
# A transaction promotes this many at most; the sweep does the rest.
SLICE = 50
_LINKS = PersonalLinks("waiting", PATH)


class WaitingState(enum.StrEnum):
    """Where an entry stands; the last three are final."""

    WAITING = "waiting"
    OFFERED = "offered"
    TAKEN = "taken"
    LAPSED = "lapsed"
    LEFT = "left"


class Entry(NamedTuple):
    """Somebody on a waiting list. `deadline_at` in epoch ms, until when an offer stands; `sti` is
    the campaign source of the link they came with."""

    id: int
    event_id: EventId
    ticket_type_id: TicketTypeId
    person_id: PersonId
    state: WaitingState
    deadline_at: int | None
    sti: str


class ListedEntry(NamedTuple):
    """An entry as lists show it. Instants in epoch ms."""

    id: int
    type_name: str
    email: str
    first_name: str
    last_name: str
    state: WaitingState
    deadline_at: int | None
    created_at: int


def join_list(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    ticket_type_id: TicketTypeId,
    contact: Contact,
    *,
    sti: str = "",
) -> Entry:
    """Put somebody on the waiting list; who is on it already keeps their place. `sti` is the
    campaign source of the link they came with, kept for when they register.

    Raises Conflict while there are places, for somebody registered, and when the event is over or
    cancelled; Invalid for an address or ticket type that is none; Missing.
    """
    if not is_email(contact.email):
        raise Invalid("contact.email", email=contact.email)
    event = check_not_over(tx, org_id, event_id)
    types = {each.id: each for each in list_ticket_types(tx, org_id, event_id)}
    wanted = types.get(ticket_type_id)
    if wanted is None or wanted.is_locked:
        raise Invalid("ticket_type.unknown")
    person_id = know_person(tx, org_id, contact)
    if found := sql.find_open_entry(tx, org_id=org_id, event_id=event_id, person_id=person_id):
        return _entry(found)
    known = booking.find_registration(tx, org_id, event_id, person_id)
    if known and known.state is RegistrationState.CONFIRMED:
        raise Conflict("waiting.registered")
    is_full = event.capacity is not None and event.held >= event.capacity
    is_sold_out = wanted.capacity is not None and wanted.held >= wanted.capacity
    if not (is_full or is_sold_out):
        raise Conflict("waiting.places")
    entry_id = tx.next_id("waiting")
    sql.add_entry(
        tx,
        org_id=org_id,
        id=entry_id,
        event_id=event_id,
        ticket_type_id=ticket_type_id,
        person_id=person_id,
        sti=clean_source(sti),
        now=tx.now,
    )
    tx.wake(QUEUE)
    return get_entry(tx, org_id, entry_id)


def promote(tx: Tx, org_id: OrgId, event_id: EventId) -> int:
    """Offer free places to those who wait first, each with a deadline; returns how many.

    Nobody is promoted for an event that is cancelled, a draft, or over.
    """
    promoted = 0
    while promoted < SLICE:
        found = sql.find_next(tx, org_id=org_id, event_id=event_id)
        if found is None:
            break
        entry_id, ticket_type_id = found
        state, starts_at, ends_at, hours = sql.get_offer_terms(tx, org_id=org_id, id=event_id)
        if state in (EventState.CANCELLED, EventState.DRAFT) or ends_at <= tx.now:
            break
        # On PostgreSQL somebody else may have had the place since we looked.
        if not places.take_ticket(tx, org_id, ticket_type_id):
            break
        if not places.take_event_place(tx, org_id, event_id):
            places.release_ticket(tx, org_id, ticket_type_id)
            break
        latest = starts_at if starts_at > tx.now else ends_at
        deadline = min(tx.now + hours * HOUR_MS, latest)
        if not sql.offer(tx, org_id=org_id, id=entry_id, deadline_at=deadline, now=tx.now):
            release_places(tx, org_id, event_id, ticket_type_id)
            continue
        promoted += 1
    if promoted:
        tx.wake(QUEUE)
    return promoted


def take_offer(tx: Tx, org_id: OrgId, entry_id: EntryId, *, actor: str) -> None:
    """Register who was offered a place, with the place that is held for them, and mail the ticket.
    Idempotent.

    Raises Conflict when nothing is offered any more, or the event is over or cancelled; Missing.
    """
    entry = _lock(tx, org_id, entry_id)
    if entry.state is WaitingState.TAKEN:
        return
    check_not_over(tx, org_id, entry.event_id)
    if entry.state is not WaitingState.OFFERED:
        raise Conflict("waiting.no_offer")
    if entry.deadline_at is None or entry.deadline_at <= tx.now:
        raise Conflict("waiting.lapsed")
    known = booking.find_registration(tx, org_id, entry.event_id, entry.person_id)
    _set_state(tx, org_id, entry, WaitingState.TAKEN)
    if known and known.state is RegistrationState.CONFIRMED:
        # Registered otherwise since: what was held is for the next.
        release_places(tx, org_id, entry.event_id, entry.ticket_type_id)
        promote(tx, org_id, entry.event_id)
    else:
        ticket_id = give_ticket(
            tx,
            org_id,
            entry.event_id,
            entry.person_id,
            entry.ticket_type_id,
            known,
            grant=Grant(GrantKind.OFFER, entry_id),
            source=SOURCE,
            sti=entry.sti,
        )
        queue_ticket_mail(tx, org_id, ticket_id)
    record(tx, org_id, actor, "took offer", "waiting_entry", entry_id)


def leave_list(tx: Tx, org_id: OrgId, entry_id: EntryId, *, actor: str) -> None:
    """Take somebody off the list; an offered place goes to the next. Doing it again changes
    nothing, nor does it for a place that was taken (cancel the registration). Raises Missing."""
    entry = _lock(tx, org_id, entry_id)
    if entry.state not in (WaitingState.WAITING, WaitingState.OFFERED):
        return
    _set_state(tx, org_id, entry, WaitingState.LEFT)
    if entry.state is WaitingState.OFFERED:
        release_places(tx, org_id, entry.event_id, entry.ticket_type_id)
        promote(tx, org_id, entry.event_id)
    record(tx, org_id, actor, "left", "waiting_entry", entry_id)


def _let_lapse(tx: Tx, key: Key) -> None:
    """An offer whose deadline has passed lapses, and its place is offered to the next."""
    org_id, entry_id = key
    entry = _lock(tx, org_id, entry_id)
    if entry.state is WaitingState.OFFERED and (entry.deadline_at or 0) <= tx.now:
        _set_state(tx, org_id, entry, WaitingState.LAPSED)
        release_places(tx, org_id, entry.event_id, entry.ticket_type_id)
        promote(tx, org_id, entry.event_id)


OFFERS = Queue(
    "offer",
    lambda tx, limit: sql.list_overdue(tx, now=tx.now, limit=limit),
    _let_lapse,
)
PROMOTIONS = Queue(
    "promotion",
    lambda tx, limit: sql.list_promotable(tx, now=tx.now, limit=limit),
    lambda tx, key: promote(tx, *key),
)


def move_on(tx: Tx) -> bool:
    """One step of the sweep, claimed and done at once, for those who cannot be killed in between:
    offers whose deadline has passed lapse, and free places are offered. Whether there may be more
    to do."""
    overdue = turn(tx, OFFERS, [], SLICE)
    turn(tx, OFFERS, overdue, 0)
    promotable = turn(tx, PROMOTIONS, [], SLICE)
    turn(tx, PROMOTIONS, promotable, 0)
    return len(overdue) == SLICE or len(promotable) == SLICE


def set_waiting_hours(tx: Tx, org_id: OrgId, event_id: EventId, hours: int, *, actor: str) -> None:
    """For how long an offered place is held, 1 hour to 90 days; for offers from now on. Raises
    Invalid, Missing."""
    if not 1 <= hours <= MOST_HOURS:
        raise Invalid("waiting.hours", limit=MOST_HOURS)
    get_event(tx, org_id, event_id)
    sql.set_waiting_hours(tx, org_id=org_id, id=event_id, hours=hours, now=tx.now)
    record(tx, org_id, actor, "set", "event", event_id, waiting_hours=hours)


def get_entry(tx: Tx, org_id: OrgId, entry_id: EntryId) -> Entry:
    """An entry. Raises Missing."""
    row = sql.get_entry(tx, org_id=org_id, id=entry_id)
    if row is None:
        raise Missing("waiting.missing", entry_id=entry_id)
    return _entry(row)


def get_position(tx: Tx, org_id: OrgId, entry: Entry) -> int:
    """How many wait before them, for whatever ticket type, and they themselves: 1 = the next."""
    return 1 + sql.count_before(tx, org_id=org_id, event_id=entry.event_id, id=entry.id)


def list_entries(
    tx: Tx, org_id: OrgId, event_id: EventId, *, is_all: bool = False, limit: int
) -> list[ListedEntry]:
    """The event's list in order: who waits or is offered a place; with `is_all`, everybody who
    ever was on it."""
    rows = sql.list_entries(tx, org_id=org_id, event_id=event_id, is_all=int(is_all), limit=limit)
    return [
        ListedEntry(
            row.id,
            row.name,
            row.email,
            row.first_name,
            row.last_name,
            WaitingState(row.state),
            row.deadline_at,
            row.created_at,
        )
        for row in rows
    ]


def make_link(key: str, base_url: str, entry_id: EntryId) -> str:
    """The personal address of an entry; `key` is that of all personal links."""
    return _LINKS.url(base_url, key, entry_id)


def read_waiting_link(tx: Tx, token: str) -> tuple[int, Entry]:
    """Whose personal link it is: organization and entry. Raises Missing."""
    (entry_id,) = _LINKS.read(find_link_keys(tx), token)
    org_id = sql.find_entry_organization(tx, id=int(entry_id))
    if org_id is None:
        raise missing_link()
    return org_id, get_entry(tx, org_id, int(entry_id))


def _lock(tx: Tx, org_id: OrgId, entry_id: EntryId) -> Entry:
    row = sql.lock_entry(tx, org_id=org_id, id=entry_id)
    if row is None:
        raise Missing("waiting.missing", entry_id=entry_id)
    return _entry(row)


def _set_state(tx: Tx, org_id: OrgId, entry: Entry, state: WaitingState) -> None:
    sql.set_entry_state(tx, org_id=org_id, id=entry.id, state=state.value, now=tx.now)


def _entry(row: tuple[int, int, int, int, str, int | None, str]) -> Entry:
    id_, event_id, ticket_type_id, person_id, state, deadline_at, sti = row
    return Entry(id_, event_id, ticket_type_id, person_id, WaitingState(state), deadline_at, sti)
