"""In which order the registrations of an event are looked through, and by which index.

Theory. A list of a million is read a page at a time, and a filter that leaves few of them must not
read the others. So the numbers of those that may fit come from the index of one filter, the one
that leaves fewest as a rule, in slices; browsing.py reads their rows and applies the other filters.
By name, the few of such a filter are sorted. Else the event is gone through in the order of names,
in an index that has them (docs/adr/0046-lists-by-name.md): where the numbers of all that may fit
are soon read, each name is held against those, and else its filters are looked up.
"""

import enum
from collections.abc import Callable, Iterator
from heapq import merge
from itertools import islice
from math import isqrt
from typing import Any, NamedTuple

from turnout.core.events.programme import list_ticket_types
from turnout.core.ids import (
    NO_REGISTRATION,
    EventId,
    OrgId,
    RegistrationId,
    SessionId,
    TicketTypeId,
)
from turnout.core.people.searching import find_people
from turnout.core.registrations.sql import sql
from turnout.core.text import fold
from turnout.errors import Missing
from turnout.store import Tx, to_json

# By name, so many of an event are sorted, and so many sought in the order of names: the root of its
# size times this, and not less than `LEAST`. To sort one costs as much as to read thirty names, and
# to look up what is asked of a name as much as to read twenty; a page has fifty.
SORTED, SOUGHT, LEAST = 2, 500, 200
NAMES_A_LOOK = 20
MOST_OF_CODE = 5_000
# So many payments of a state, at all events, are looked up.
PAYING = 2_000
PAGE = 50
# So much of a ticket's code finds it.
SHORTEST_CODE, NO_REFERENCE = 3, "-"
NEWEST = RegistrationId(2**62)


class Stretch(NamedTuple):
    """A part of a walk: those in it that may be asked for, how many it looked at, and the one
    behind which the next begins; `is_last` = there are no more."""

    ids: list[RegistrationId]
    looked: int
    end: RegistrationId
    is_last: bool


Walk = Callable[[int], Stretch]
"""The stretch of the next so many."""
_Before = Callable[[RegistrationId, int], list[RegistrationId]]


class Order(enum.StrEnum):
    """How a list of registrations is sorted."""

    NEWEST = "newest"
    OLDEST = "oldest"
    NAME = "name"
    NAME_DOWN = "-name"


class Browsed(NamedTuple):
    """Which registrations of an event are looked through; empty, 0 and None = any. `text` is a part
    of name, address or company, a ticket's code or a payment's reference, in any case; `state` is
    confirmed or cancelled; `payment` is how one of the tickets' payments stands: open, paid, waived
    or refunded. With `is_by_name` the text is a part of what a list calls them, or a code, and of
    nothing else.
    """

    event_id: EventId
    text: str = ""
    state: str = ""
    ticket_type_id: TicketTypeId = TicketTypeId(0)
    session_id: SessionId = SessionId(0)
    is_checked_in: bool | None = None
    source: str = ""
    tag: str = ""
    payment: str = ""
    is_by_name: bool = False


def open_walk(tx: Tx, org_id: OrgId, wanted: Browsed, order: Order, after: RegistrationId) -> Walk:
    """All registrations that may be asked for, in that order, from the one behind `after`. Raises
    Missing if that is not a registration of the event."""
    match order:
        case Order.NEWEST:
            return _go(list_newest(tx, org_id, wanted, after or NEWEST))
        case Order.OLDEST:
            return _go(_oldest(tx, org_id, wanted.event_id, after))
        case Order.NAME | Order.NAME_DOWN:
            return _by_name(tx, org_id, wanted, order is Order.NAME_DOWN, after)


def list_newest(
    tx: Tx, org_id: OrgId, wanted: Browsed, before: RegistrationId = NEWEST
) -> Iterator[RegistrationId]:
    """All that may be asked for, the newest first, read as they are taken."""
    few = _find_few(tx, org_id, wanted)
    if few is not None:
        return (number for number in few if number < before)
    return _descend(_find_index(tx, org_id, wanted) or _of_event(tx, org_id, wanted), before)


def find_coded(tx: Tx, org_id: OrgId, wanted: Browsed) -> frozenset[RegistrationId]:
    """Those with a ticket whose code, bare or behind `T-`, begins with what was typed, or that is
    paid with that reference."""
    text = wanted.text.strip().upper()
    code = text.removeprefix("T-")
    if len(code) < SHORTEST_CODE:
        return frozenset()
    rows = sql.list_of_codes(
        tx,
        org_id=org_id,
        event_id=wanted.event_id,
        code=code,
        reference=NO_REFERENCE if wanted.is_by_name else text,
        limit=MOST_OF_CODE,
    )
    return frozenset(row.id for row in rows)


def is_narrowed(wanted: Browsed) -> bool:
    """Whether an index knows those that may be asked for without the others of the event."""
    is_in = wanted.is_checked_in is True
    narrow = (
        wanted.text.strip(),
        wanted.tag,
        wanted.state == "cancelled",
        wanted.session_id,
        wanted.ticket_type_id,
        wanted.payment,
    )
    return is_in or any(narrow)


def name_filters(org_id: OrgId, wanted: Browsed) -> dict[str, Any]:
    """What statements are told of it."""
    return {
        "org_id": org_id,
        "event_id": wanted.event_id,
        "state": wanted.state,
        "ticket_type_id": wanted.ticket_type_id,
        "session_id": wanted.session_id,
        "checked": {None: "", True: "yes", False: "no"}[wanted.is_checked_in],
        "source": wanted.source,
        "tag_key": fold(wanted.tag.strip()),
        "payment": wanted.payment,
    }


# -- the newest first ----------------------------------------------------------------------


def _find_index(tx: Tx, org_id: OrgId, wanted: Browsed) -> _Before | None:
    kind, number = _narrowest(wanted)
    match kind:
        case "tag":
            tag_key = fold(wanted.tag.strip())
            return _asking(sql.list_tagged_before, tx, org_id=org_id, tag_key=tag_key)
        case "cancelled":
            event_id = wanted.event_id
            return _asking(sql.list_cancelled_before, tx, org_id=org_id, event_id=event_id)
        case "checked_in":
            return _checked_in(tx, org_id, wanted)
        case "session":
            return _asking(sql.list_booked_before, tx, org_id=org_id, session_id=number)
        case "type":
            return _asking(sql.list_of_type_before, tx, org_id=org_id, ticket_type_id=number)
    return None


def _find_few(tx: Tx, org_id: OrgId, wanted: Browsed) -> list[RegistrationId] | None:
    """Those that may be asked for, where a text or a state of payments leaves few, the newest
    first."""
    found = _find_texts(tx, org_id, wanted)
    if found is not None or not wanted.payment:
        return found
    paying = sql.list_paying(tx, org_id=org_id, state=wanted.payment, limit=PAYING + 1)
    if len(paying) > PAYING:
        return None
    ids = to_json([row.ticket_id for row in paying])
    rows = sql.list_of_tickets(tx, org_id=org_id, event_id=wanted.event_id, ids=ids)
    return [row.id for row in rows]


def _find_texts(tx: Tx, org_id: OrgId, wanted: Browsed) -> list[RegistrationId] | None:
    """Those that have what was typed, the newest first; None = nothing was, or very many have."""
    text = wanted.text.strip()
    people = find_people(tx, org_id, text) if text else None
    if people is None:
        return None
    ids = to_json([person.id for person in people])
    rows = sql.list_of_people(tx, org_id=org_id, event_id=wanted.event_id, ids=ids)
    return sorted({*(row.id for row in rows), *find_coded(tx, org_id, wanted)}, reverse=True)


def _of_event(tx: Tx, org_id: OrgId, wanted: Browsed) -> _Before:
    return _asking(sql.list_before, tx, org_id=org_id, event_id=wanted.event_id)


def _checked_in(tx: Tx, org_id: OrgId, wanted: Browsed) -> _Before:
    """Those of each ticket type of the event, put together."""
    kinds = [kind.id for kind in list_ticket_types(tx, org_id, wanted.event_id)]
    if wanted.ticket_type_id:
        kinds = [kind for kind in kinds if kind == wanted.ticket_type_id]

    def before(number: RegistrationId, limit: int) -> list[RegistrationId]:
        each = [
            sql.list_checked_in_before(
                tx, org_id=org_id, ticket_type_id=kind, before=number, limit=limit
            )
            for kind in kinds
        ]
        ids = ([row.id for row in rows] for rows in each)
        return list(islice(merge(*ids, reverse=True), limit))

    return before


def _asking(statement: Callable[..., list[Any]], tx: Tx, **named: Any) -> _Before:
    def before(number: RegistrationId, limit: int) -> list[RegistrationId]:
        return [row.id for row in statement(tx, **named, before=number, limit=limit)]

    return before


def _descend(before: _Before, number: RegistrationId) -> Iterator[RegistrationId]:
    """One after another, each once, though it may have several tickets."""
    size = 64
    while ids := before(number, size):
        yield from dict.fromkeys(ids)
        if len(ids) < size:
            return
        number, size = ids[-1], min(4_096, 4 * size)


def _oldest(
    tx: Tx, org_id: OrgId, event_id: EventId, after: RegistrationId
) -> Iterator[RegistrationId]:
    size = 64
    while True:
        rows = sql.list_behind(tx, org_id=org_id, event_id=event_id, after=after, limit=size)
        yield from (row.id for row in rows)
        if len(rows) < size:
            return
        after, size = rows[-1].id, min(4_096, 4 * size)


def _go(ids: Iterator[RegistrationId]) -> Walk:
    def take(size: int) -> Stretch:
        some = list(islice(ids, size))
        return Stretch(some, len(some), some[-1] if some else NO_REGISTRATION, len(some) < size)

    return take


# -- by name -------------------------------------------------------------------------------


def _by_name(tx: Tx, org_id: OrgId, wanted: Browsed, is_down: bool, after: RegistrationId) -> Walk:
    size = _measure(tx, org_id, wanted.event_id)
    sought = _list_sought(tx, org_id, wanted, size) if is_narrowed(wanted) else None
    if sought is not None and len(sought) <= max(LEAST, isqrt(SORTED * size)):
        return _sort(tx, org_id, wanted.event_id, sought, is_down, after)
    return _NameWalk(tx, org_id, wanted, is_down, after, sought).take


def _measure(tx: Tx, org_id: OrgId, event_id: EventId) -> int:
    """How many registrations the event has at most."""
    span = sql.find_span(tx, org_id=org_id, event_id=event_id)
    return 1 + (span.last or 0) - (span.first or 0)


def _list_sought(tx: Tx, org_id: OrgId, wanted: Browsed, size: int) -> list[RegistrationId] | None:
    """All that may be asked for, where they are few enough to be sorted or sought."""
    few = _find_few(tx, org_id, wanted)
    kind, number = _narrowest(wanted)
    if few is not None or not kind:
        return few
    # The index of names has the state.
    most = max(LEAST, isqrt((SORTED if kind == "cancelled" else SOUGHT) * size))
    count = sql.count_narrowed(
        tx,
        org_id=org_id,
        event_id=wanted.event_id,
        kind=kind,
        number=number,
        tag_key=fold(wanted.tag.strip()),
        limit=most + 1,
    )
    if (count or 0) > most:
        return None
    return list(_descend(_find_index(tx, org_id, wanted) or _of_event(tx, org_id, wanted), NEWEST))


def _narrowest(wanted: Browsed) -> tuple[str, int]:
    """Which index leaves fewest as a rule, and of which number; empty = none does."""
    if wanted.tag:
        return "tag", 0
    if wanted.state == "cancelled":
        return "cancelled", 0
    if wanted.is_checked_in:
        return "checked_in", wanted.ticket_type_id
    if wanted.session_id:
        return "session", wanted.session_id
    return ("type", wanted.ticket_type_id) if wanted.ticket_type_id else ("", 0)


def _sort(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    ids: list[RegistrationId],
    is_down: bool,
    after: RegistrationId,
) -> Walk:
    if after:
        ids = [*ids, after]  # it may have ceased to fit since the page before
    rows = sql.list_chosen_names(
        tx, org_id=org_id, event_id=event_id, ids=to_json(sorted(set(ids)))
    )
    names = [row.id for row in rows]
    if is_down:
        names.reverse()
    if after:
        if after not in names:
            raise Missing("registration.missing", registration_id=after)
        names = names[names.index(after) + 1 :]
    return _go(iter(names))


class _NameWalk:
    """The registrations of an event by name, from the one behind `after` on; of those that are
    `sought`, if that is known. Raises Missing if there is no `after`."""

    def __init__(
        self,
        tx: Tx,
        org_id: OrgId,
        wanted: Browsed,
        is_down: bool,
        after: RegistrationId,
        sought: list[RegistrationId] | None,
    ) -> None:
        self._tx, self._after, self._is_down = tx, after, is_down
        self._sought = None if sought is None else frozenset(sought)
        self._event: dict[str, Any] = {"org_id": org_id, "event_id": wanted.event_id}
        self._named = name_filters(org_id, wanted)
        self._key = self._find_key()

    def _find_key(self) -> str:
        """What the names behind which it goes on are sorted by."""
        if self._after:
            key = sql.find_name_key(self._tx, **self._event, id=self._after)
            if key is None:
                raise Missing("registration.missing", registration_id=self._after)
            return key
        if self._is_down:
            self._after = NEWEST
            return sql.find_last_name(self._tx, **self._event) or ""
        return ""

    def take(self, size: int) -> Stretch:
        """The next ones; of names that need no look-up, more of them."""
        if self._sought is not None:
            return self._seek(self._sought, NAMES_A_LOOK * size)
        statement = sql.list_names_down if self._is_down else sql.list_names
        rows = statement(self._tx, **self._named, key=self._key, after=self._after, limit=size)
        self._go_on([row.id for row in rows])
        asked = [row.id for row in rows if row.is_asked]
        return Stretch(asked, len(rows), self._after, len(rows) < size)

    def _seek(self, sought: frozenset[RegistrationId], size: int) -> Stretch:
        statement = sql.list_by_name_down if self._is_down else sql.list_by_name
        rows = statement(self._tx, **self._event, key=self._key, after=self._after, limit=size)
        ids = [id_ for (id_,) in rows]
        self._go_on(ids)
        asked = [id_ for id_ in ids if id_ in sought]
        return Stretch(asked, len(ids) // NAMES_A_LOOK, self._after, len(ids) < size)

    def _go_on(self, ids: list[RegistrationId]) -> None:
        if ids:
            self._after = ids[-1]
            self._key = self._find_key()
