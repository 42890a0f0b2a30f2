"""The waiting list: who wants in when nothing is left, in order, and the offers that hold places.

Theory. An entry is `waiting` until it is `offered` a place, and then holds that place until its
deadline; until then it may be `taken`, given back (`left`), or `lapsed`. An event has one list, by
rising number. The first whose own ticket type has room is next; who waits for another type is not
held up by a type that is sold out.

An offer stands only while its event takes people. When it closes, those who were offered a place
wait again, at their place in the order; when it is cancelled or over, everybody's entry lapses. The
entry then has a `reason`, the code of a sentence.

This module knows no registration: registrations/places.py takes the places that are offered here,
registrations/offers.py lets people join, take and leave.
"""

import enum
from typing import TYPE_CHECKING, NamedTuple

from turnout.core.audit.recording import record
from turnout.core.events.model import EventState
from turnout.core.events.programme import get_event
from turnout.core.identity.link_keys import find_link_keys
from turnout.core.identity.personal_links import PersonalLinks, missing_link
from turnout.core.ids import EntryId, EventId, OrgId, PersonId, TicketTypeId
from turnout.core.waiting_list.sql import sql
from turnout.core.work.claims import Key
from turnout.errors import Conflict, Invalid, Missing
from turnout.store import Tx

if TYPE_CHECKING:
    from turnout.core.waiting_list.sql import FindNextRow

PATH = "/waiting/"
QUEUE = "waiting"
HOUR_MS = 3_600_000
MOST_HOURS = 24 * 90
_LINKS = PersonalLinks("waiting", PATH)


# Why somebody who waits is offered nothing by itself: their ticket type is held back.
_HELD_BACK = {
    "locked": Conflict("waiting.type_locked"),
    "hidden": Conflict("waiting.type_hidden"),
    "not_yet": Conflict("waiting.type_not_yet"),
    "sale_over": Conflict("waiting.type_sale_over"),
}


class WaitingState(enum.StrEnum):
    """Where an entry stands; the last three are final."""

    WAITING = "waiting"
    OFFERED = "offered"
    TAKEN = "taken"
    LAPSED = "lapsed"
    LEFT = "left"


class Entry(NamedTuple):
    """Somebody on a waiting list. `deadline_at` in epoch ms, until when an offer stands; `sti` is
    the campaign source of the link they came with. `reason` is the code of why an offer was taken
    back or the entry lapsed, empty = the state says it; `extras` is what they asked for along with
    the place (registrations/extras.py), `language` that of the page, empty = not known."""

    id: EntryId
    event_id: EventId
    ticket_type_id: TicketTypeId
    person_id: PersonId
    state: WaitingState
    deadline_at: int | None
    sti: str
    reason: str
    extras: str
    language: str


class ListedEntry(NamedTuple):
    """An entry as lists show it. Instants in epoch ms; `reason` as in Entry, or why they are
    passed over."""

    id: EntryId
    type_name: str
    email: str
    first_name: str
    last_name: str
    state: WaitingState
    deadline_at: int | None
    created_at: int
    priority: int
    reason: str


class OfferTerms(NamedTuple):
    """What offers of an event depend on. Instants in epoch ms, `hours` for how long one holds."""

    state: EventState
    starts_at: int
    ends_at: int
    registration_ends_at: int | None
    hours: int


def add_entry(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    ticket_type_id: TicketTypeId,
    person_id: PersonId,
    *,
    sti: str,
    extras: str = "",
    language: str = "",
) -> Entry:
    """Put somebody at the end of the list, who is not on it."""
    entry_id = EntryId(tx.next_id("waiting"))
    sql.add_entry(
        tx,
        org_id=org_id,
        id=entry_id,
        event_id=event_id,
        ticket_type_id=ticket_type_id,
        person_id=person_id,
        sti=sti,
        extras=extras,
        language=language,
        now=tx.now,
    )
    tx.wake(QUEUE)
    return get_entry(tx, org_id, entry_id)


def find_open_entry(tx: Tx, org_id: OrgId, event_id: EventId, person_id: PersonId) -> Entry | None:
    """The person's entry that waits or is offered a place."""
    return sql.find_open_entry(tx, org_id=org_id, event_id=event_id, person_id=person_id)


def find_offer(tx: Tx, org_id: OrgId, event_id: EventId, person_id: PersonId) -> Entry | None:
    """The person's entry if a place is offered to them now."""
    entry = find_open_entry(tx, org_id, event_id, person_id)
    is_offered = entry is not None and (entry.deadline_at or 0) > tx.now
    return entry if is_offered else None


def lock_offer(tx: Tx, org_id: OrgId, event_id: EventId, person_id: PersonId) -> Entry | None:
    """The person's entry if a place is offered to them now, held against concurrent changes."""
    return sql.lock_offer(tx, org_id=org_id, event_id=event_id, person_id=person_id, now=tx.now)


def lock_entry(tx: Tx, org_id: OrgId, entry_id: EntryId) -> Entry:
    """An entry, held against concurrent changes. Raises Missing."""
    entry = sql.lock_entry(tx, org_id=org_id, id=entry_id)
    if entry is None:
        raise _missing(entry_id)
    return entry


def find_next(tx: Tx, org_id: OrgId, event_id: EventId) -> "FindNextRow | None":
    """The entry and the ticket type of the first who waits and could be let in, as far as one can
    see from here."""
    return sql.find_next(tx, org_id=org_id, event_id=event_id, now=tx.now)


def get_offer_terms(tx: Tx, org_id: OrgId, event_id: EventId) -> OfferTerms:
    """What an offer of the event depends on."""
    row = sql.get_offer_terms(tx, org_id=org_id, id=event_id, now=tx.now)
    return OfferTerms(
        EventState(row.state),
        row.starts_at,
        row.ends_at,
        row.registration_ends_at,
        row.waiting_hours,
    )


def offer(tx: Tx, org_id: OrgId, entry_id: EntryId, terms: OfferTerms) -> bool:
    """Offer a place that was taken for the entry; False if it does not wait any more. The offer
    ends with the event's start and its registration at the latest."""
    latest = terms.starts_at if terms.starts_at > tx.now else terms.ends_at
    ends_at = latest if terms.registration_ends_at is None else terms.registration_ends_at
    deadline = min(tx.now + terms.hours * HOUR_MS, latest, ends_at)
    return bool(sql.offer(tx, org_id=org_id, id=entry_id, deadline_at=deadline, now=tx.now))


def set_entry_state(tx: Tx, org_id: OrgId, entry: Entry, state: WaitingState) -> None:
    """Change how a locked entry stands. What an offer held is the caller's business."""
    sql.set_entry_state(tx, org_id=org_id, id=entry.id, state=state.value, now=tx.now)


def set_extras(tx: Tx, org_id: OrgId, entry_id: EntryId, extras: str) -> None:
    """Keep what somebody on the list asks for along with a place."""
    sql.set_extras(tx, org_id=org_id, id=entry_id, extras=extras, now=tx.now)


def lock_offers(tx: Tx, org_id: OrgId, event_id: EventId) -> list[Entry]:
    """The entries of an event that are offered a place, held against concurrent changes."""
    return sql.lock_offers(tx, org_id=org_id, event_id=event_id)


def withdraw(
    tx: Tx, org_id: OrgId, entry: Entry, state: WaitingState, reason: str, *, is_quiet: bool
) -> None:
    """Take back what a locked entry is offered; it waits again, or lapses. Unless `is_quiet`,
    somebody who waits again is told why. What the offer held is the caller's business."""
    is_untold = state is WaitingState.WAITING and not is_quiet
    sql.withdraw(
        tx,
        org_id=org_id,
        id=entry.id,
        state=state.value,
        reason=reason,
        is_untold=int(is_untold),
        now=tx.now,
    )
    if is_untold:
        tx.wake(QUEUE)


def end_waiting(tx: Tx, org_id: OrgId, event_id: EventId, reason: str) -> None:
    """Let everybody lapse who waits for an event."""
    sql.end_waiting(tx, org_id=org_id, event_id=event_id, reason=reason, now=tx.now)


def wait_again(tx: Tx, org_id: OrgId, event_id: EventId, reason: str) -> None:
    """Put those back on the list whose entry lapsed for this reason, at their place in the order,
    unless they are registered or erased."""
    sql.wait_again(tx, org_id=org_id, event_id=event_id, reason=reason, now=tx.now)


def tell_again(tx: Tx, org_id: OrgId, event_id: EventId, person_id: PersonId) -> None:
    """Have somebody on the list told once more how they stand."""
    sql.tell_again(tx, org_id=org_id, event_id=event_id, person_id=person_id, now=tx.now)
    tx.wake(QUEUE)


def list_overdue(tx: Tx, limit: int) -> list[Key]:
    """Offers of all organizations whose deadline has passed or whose event takes nobody now, and
    entries for events that are cancelled or over."""
    return [(org_id, id_) for org_id, id_ in sql.list_overdue(tx, now=tx.now, limit=limit)]


def list_offerable(tx: Tx, limit: int) -> list[Key]:
    """Events of all organizations with somebody who waits and could be let in."""
    return [(org_id, id_) for org_id, id_ in sql.list_promotable(tx, now=tx.now, limit=limit)]


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
    entry = sql.get_entry(tx, org_id=org_id, id=entry_id)
    if entry is None:
        raise _missing(entry_id)
    return entry


def get_position(tx: Tx, org_id: OrgId, entry: Entry) -> int:
    """How many wait before them, for whatever ticket type, and they themselves: 1 = the next."""
    return 1 + sql.count_before(tx, org_id=org_id, event_id=entry.event_id, id=entry.id)


def list_entries(
    tx: Tx, org_id: OrgId, event_id: EventId, *, is_all: bool = False, limit: int
) -> list[ListedEntry]:
    """The event's list in order: who waits or is offered a place; with `is_all`, everybody who
    ever was on it."""
    rows = sql.list_entries(
        tx, org_id=org_id, event_id=event_id, is_all=int(is_all), now=tx.now, limit=limit
    )
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
            row.priority,
            _HELD_BACK[row.held_back].code if row.held_back else row.reason,
        )
        for row in rows
    ]


def make_link(key: str, base_url: str, entry_id: EntryId) -> str:
    """The personal address of an entry; `key` is that of all personal links."""
    return _LINKS.url(base_url, key, entry_id)


def read_waiting_link(tx: Tx, token: str) -> tuple[OrgId, Entry]:
    """Whose personal link it is: organization and entry; for one that was left, as the newer one of
    two people who were merged is, the place that the person has on the list. Raises Missing."""
    (number,) = _LINKS.read(find_link_keys(tx), token)
    entry_id = EntryId(int(number))
    org_id = sql.find_entry_organization(tx, id=entry_id)
    if org_id is None:
        raise missing_link()
    entry = get_entry(tx, org_id, entry_id)
    if entry.state is not WaitingState.LEFT:
        return org_id, entry
    open_entry = sql.find_open_entry(
        tx, org_id=org_id, event_id=entry.event_id, person_id=entry.person_id
    )
    return org_id, open_entry or entry


def _missing(entry_id: EntryId) -> Missing:
    return Missing("waiting.missing", entry_id=entry_id)


def is_awaited(tx: Tx, org_id: OrgId, event_id: EventId, type_id: TicketTypeId) -> bool:
    """Whether somebody waits for the ticket type, and is offered nothing."""
    return sql.count_waiting(tx, org_id=org_id, event_id=event_id, ticket_type_id=type_id) > 0


def count_offered(tx: Tx, org_id: OrgId, event_id: EventId) -> int:
    """How many places of an event are held for offers."""
    return sql.count_offered(tx, org_id=org_id, event_id=event_id)
