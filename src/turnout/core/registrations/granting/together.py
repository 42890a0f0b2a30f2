"""The fast forms of granting: many who are new to their events, or candidates of an exam, in few
statements.

Theory. It is all or nothing. Who can be granted together is looked up before (`list_simple`); where
things are not so any more when they are written (a place less, a registration made since),
NotTogetherError takes everything back, and each wish is granted alone. So the rules stay those of
granting; here only the case is known in which none of them has anything to say.

Rules.
- Somebody is new to an event who has no registration for it, a cancelled one included, and does not
  wait for it; a learner is left alone, since their name is an official record.
- A candidate is new to every exam: their registration is a sitting of its own.
- The event's default type is free, has no limit for one person and is given now to anybody.
  Sessions for some ticket types are left alone. The queue's door knows no party or invitation.
- A session that is full is left out of what somebody gets, as granting does; that it is full is
  held against its row when the places of the others are taken.
- People come first, by organization and address; places last, event by event, in the order of
  places.py. So two batches never wait for each other in a ring, and the rows that all want are held
  for the few statements before the commit only.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from turnout.core.ids import (
    EventId,
    OrgId,
    PersonId,
    RegistrationId,
    SessionId,
    TicketId,
    TicketTypeId,
)
from turnout.core.people.merging import PersonKey
from turnout.core.registrations import booking, places
from turnout.core.registrations.booking import NewRegistration
from turnout.core.registrations.model import Submitted, WantedSession
from turnout.core.registrations.places import TakenTicket
from turnout.core.registrations.rules import RULES, Door
from turnout.core.registrations.sale_limits import find_sale
from turnout.core.registrations.sql import sql
from turnout.core.tickets.issuing import issue_first_tickets
from turnout.store import NotTogetherError, Tx, to_json

_DOOR = Door.QUEUE
_ANY_TYPE = "[]"


class Asked(NamedTuple):
    """Which sessions of one event, that take bookings, somebody asks for."""

    person: PersonKey
    event_id: EventId
    sessions: list[WantedSession]


class Share(NamedTuple):
    """What somebody gets of one event, with which ticket type: the sessions that have a place; the
    others are full. With none of them they get nothing there."""

    event_id: EventId
    ticket_type_id: TicketTypeId
    session_ids: list[SessionId]
    full_ids: list[SessionId]


class FullSession(NamedTuple):
    """A session that somebody was refused."""

    org_id: OrgId
    event_id: EventId
    id: SessionId


class Newcomer(NamedTuple):
    """Somebody who is new to the event, the ticket type and the sessions that they get there, and
    the names that the registration and the ticket get."""

    org_id: OrgId
    event_id: EventId
    ticket_type_id: TicketTypeId
    person_id: PersonId
    submitted: Submitted
    session_ids: list[SessionId]
    uuid: str
    code: str


class Candidate(NamedTuple):
    """Somebody who sits an exam, with the number and the GUID of the registration, and the code of
    the ticket."""

    person_id: PersonId
    submitted: Submitted
    registration_id: RegistrationId
    uuid: str
    code: str


def list_simple(tx: Tx, wishes: Sequence[Sequence[Asked] | None]) -> list[list[Share] | None]:
    """What each of the wishes, for some events, gets as things are, in this order; None for one
    that is to be granted alone, or is None already. It locks nothing."""
    rows = [(*asked.person, asked.event_id) for wish in wishes for asked in wish or ()]
    known = set(map(tuple, sql.list_known(tx, rows=to_json(rows)))) if rows else set()
    rooms = _Rooms(tx)
    return [
        None if wish is None or any(asked.person in known for asked in wish) else rooms.share(wish)
        for wish in wishes
    ]


def grant_together(tx: Tx, newcomers: Sequence[Newcomer], *, source: str) -> list[TicketId]:
    """Register all of them, each with a ticket and the sessions; the tickets' numbers. Their places
    are to be taken in this transaction (`take_places_together`). Raises NotTogetherError."""
    if not newcomers:
        return []
    ids = [RegistrationId(number) for number in tx.next_ids("registration", len(newcomers))]
    numbered = list(zip(ids, newcomers, strict=True))
    _write(tx, numbered, source)
    wanted = [(new.org_id, new.code, id_, new.ticket_type_id) for id_, new in numbered]
    tickets = issue_first_tickets(tx, wanted, RULES[_DOOR].kind)
    if tickets is None:
        raise NotTogetherError
    return [ticket.id for ticket in tickets]


def take_places_together(
    tx: Tx, newcomers: Sequence[Newcomer], full: Iterable[FullSession]
) -> None:
    """Take the places of those who were granted together; `full` are the sessions that others were
    refused, or they. Raises NotTogetherError."""
    people = Counter((new.org_id, new.event_id, new.ticket_type_id) for new in newcomers)
    types = {(org_id, event_id): type_id for org_id, event_id, type_id in people}
    seats: dict[tuple[OrgId, EventId], Counter[SessionId]] = defaultdict(Counter)
    full_ids: dict[tuple[OrgId, EventId], set[SessionId]] = defaultdict(set)
    for new in newcomers:
        seats[new.org_id, new.event_id].update(new.session_ids)
    for org_id, event_id, session_id in full:
        seats[org_id, event_id][session_id] += 0
        full_ids[org_id, event_id].add(session_id)
    for event in sorted(seats):
        if not places.take_seats_for_many(tx, event[0], seats[event], full_ids[event]):
            raise NotTogetherError
        if type_id := types.get(event):
            _take_tickets(tx, *event, type_id, people[*event, type_id])


def _take_tickets(
    tx: Tx, org_id: OrgId, event_id: EventId, type_id: TicketTypeId, people: int
) -> None:
    taken = places.take_for_many(tx, org_id, event_id, people)
    if taken is None or taken.ticket_type_id != type_id or not _is_for_all(tx, taken):
        raise NotTogetherError


def seat_together(
    tx: Tx, org_id: OrgId, event_id: EventId, candidates: Sequence[Candidate], *, source: str
) -> None:
    """`grant` for many candidates of one exam: each has a sitting of its own, with a ticket of the
    default type. Raises NotTogetherError."""
    taken = places.take_for_candidates(tx, org_id, event_id, len(candidates))
    if taken is None or taken.price_minor != 0:
        raise NotTogetherError
    type_id = taken.ticket_type_id
    rows = [
        NewRegistration(
            org_id, number, uuid, event_id, person_id, type_id, to_json(submitted), number
        )
        for person_id, submitted, number, uuid, _ in candidates
    ]
    if not booking.add_registrations(tx, rows, source=source):
        raise NotTogetherError
    wanted = [(org_id, one.code, one.registration_id, type_id) for one in candidates]
    if issue_first_tickets(tx, wanted, RULES[Door.EXAM].kind) is None:
        raise NotTogetherError


# -- who can be granted together -----------------------------------------------------------


_Place = tuple[str, OrgId, int]


class _Rooms:
    """What was free when it was looked up, less what was counted since."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx
        self._types: dict[tuple[OrgId, EventId], TicketTypeId | None] = {}
        self._left: dict[_Place, int | None] = {}

    def share(self, wish: Sequence[Asked]) -> list[Share] | None:
        """What is left for the wish at every event, which is counted then; None where an event has
        rules of its own, or no place."""
        types = [self._find_type(asked) for asked in wish]
        shares = [
            self._divide(asked, type_id)
            for asked, type_id in zip(wish, types, strict=True)
            if type_id is not None
        ]
        if len(shares) < len(wish):
            return None
        taken = [
            place
            for asked, share in zip(wish, shares, strict=True)
            if share.session_ids
            for place in self._list_places(asked.person[0], share)
        ]
        if not all(self._is_free(place) for place in taken):
            return None
        self._left |= {
            place: left - 1 for place in taken if (left := self._left[place]) is not None
        }
        return shares

    def _divide(self, asked: Asked, type_id: TicketTypeId) -> Share:
        org_id = asked.person[0]
        for session in asked.sessions:
            self._left.setdefault(("session", org_id, session.id), session.places_left)
        ids = [session.id for session in asked.sessions]
        free = [id_ for id_ in ids if self._is_free(("session", org_id, id_))]
        full = [id_ for id_ in ids if id_ not in free]
        return Share(asked.event_id, type_id, free, full)

    def _is_free(self, place: _Place) -> bool:
        left = self._left[place]
        return left is None or left > 0

    def _list_places(self, org_id: OrgId, share: Share) -> list[_Place]:
        sessions = [("session", org_id, int(id_)) for id_ in share.session_ids]
        return [*sessions, *((what, org_id, int(share.event_id)) for what in ("tickets", "event"))]

    def _find_type(self, asked: Asked) -> TicketTypeId | None:
        org_id, event_id = asked.person[0], asked.event_id
        if (org_id, event_id) not in self._types:
            self._types[org_id, event_id] = self._look(org_id, event_id)
        is_for_all = all(session.ticket_type_ids == _ANY_TYPE for session in asked.sessions)
        return self._types[org_id, event_id] if is_for_all else None

    def _look(self, org_id: OrgId, event_id: EventId) -> TicketTypeId | None:
        """The type that the event gives to everybody; None = it has rules of its own."""
        room = places.find_default_room(self._tx, org_id, event_id)
        if room is None or not _is_for_all(self._tx, room.terms):
            return None
        self._left["tickets", org_id, event_id] = room.tickets_left
        self._left["event", org_id, event_id] = room.places_left
        return room.ticket_type_id


def _is_for_all(tx: Tx, terms: TakenTicket) -> bool:
    is_free = terms.price_minor == 0
    return is_free and terms.person_limit is None and find_sale(tx, _DOOR, terms) is None


# -- writing -------------------------------------------------------------------------------


def _write(
    tx: Tx,
    numbered: Sequence[tuple[RegistrationId, Newcomer]],
    source: str,
) -> None:
    rows = [
        NewRegistration(
            new.org_id,
            id_,
            new.uuid,
            new.event_id,
            new.person_id,
            new.ticket_type_id,
            to_json(new.submitted),
        )
        for id_, new in numbered
    ]
    if not booking.add_registrations(tx, rows, source=source):
        raise NotTogetherError
    booked = [
        (new.org_id, id_, session_id) for id_, new in numbered for session_id in new.session_ids
    ]
    booking.add_session_bookings(tx, booked)
