"""The fast form of `grant_with_sessions`: many who are new to their events, in few statements.

Theory. It is all or nothing. Who can be granted together is looked up before (`list_simple`); where
things are not so any more when they are written (a place less, a registration made since),
NotTogetherError takes everything back, and each wish is granted alone. So the rules stay those of
granting; here only the case is known in which none of them has anything to say.

Rules.
- Somebody is new to an event who has no registration for it, a cancelled one included, and does not
  wait for it; a learner is left alone, since their name is an official record.
- The event's default type is free, has no limit for one person and is given now to anybody.
  Sessions for some ticket types are left alone. The queue's door knows no party or invitation.
- People come first, by organization and address; then places, event by event, in the order of
  places.py. All people are taken before the first place, so two batches never wait for each other
  in a ring.
"""

from collections import Counter
from collections.abc import Sequence
from itertools import chain
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


class Newcomer(NamedTuple):
    """Somebody who is new to the event, the sessions that they get there, and the names that the
    registration and the ticket get."""

    org_id: OrgId
    event_id: EventId
    person_id: PersonId
    submitted: Submitted
    session_ids: list[SessionId]
    uuid: str
    code: str


def list_simple(tx: Tx, wishes: Sequence[Sequence[Asked]]) -> list[bool]:
    """Which of the wishes, each for some events, can be granted together as things are, in this
    order. It locks nothing."""
    rows = [(*asked.person, asked.event_id) for asked in chain.from_iterable(wishes)]
    known = set(map(tuple, sql.list_known(tx, rows=to_json(rows)))) if rows else set()
    rooms = _Rooms(tx)
    return [
        bool(wish) and not any(asked.person in known for asked in wish) and rooms.count(wish)
        for wish in wishes
    ]


def grant_together(tx: Tx, newcomers: Sequence[Newcomer], *, source: str) -> list[TicketId]:
    """Register all of them, each with a ticket of the event's default type and the sessions; the
    tickets' numbers. Raises NotTogetherError."""
    types = _take_places(tx, newcomers)
    ids = [RegistrationId(number) for number in tx.next_ids("registration", len(newcomers))]
    numbered = list(zip(ids, newcomers, strict=True))
    _write(tx, numbered, types, source)
    wanted = [(new.org_id, new.code, id_, types[new.org_id, new.event_id]) for id_, new in numbered]
    tickets = issue_first_tickets(tx, wanted, RULES[_DOOR].kind)
    if tickets is None:
        raise NotTogetherError
    return [ticket.id for ticket in tickets]


# -- who can be granted together -----------------------------------------------------------


class _Rooms:
    """What was free when it was looked up, less what was counted since."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx
        self._plain: dict[tuple[OrgId, EventId], bool] = {}
        self._left: dict[tuple[str, OrgId, int], int | None] = {}

    def count(self, wish: Sequence[Asked]) -> bool:
        """Whether there is room for the wish at every event; then it is counted."""
        if not all(self._is_plain(asked) for asked in wish):
            return False
        wanted = [place for asked in wish for place in self._list_places(asked)]
        known = [(place, left) for place in wanted if (left := self._left[place]) is not None]
        if any(left <= 0 for _, left in known):
            return False
        self._left |= {place: left - 1 for place, left in known}
        return True

    def _is_plain(self, asked: Asked) -> bool:
        org_id, event_id = asked.person[0], asked.event_id
        if (org_id, event_id) not in self._plain:
            self._plain[org_id, event_id] = self._look(org_id, event_id)
        is_for_all = all(session.ticket_type_ids == _ANY_TYPE for session in asked.sessions)
        return is_for_all and self._plain[org_id, event_id]

    def _look(self, org_id: OrgId, event_id: EventId) -> bool:
        room = places.find_default_room(self._tx, org_id, event_id)
        if room is None or not _is_for_all(self._tx, room.terms):
            return False
        self._left["tickets", org_id, event_id] = room.tickets_left
        self._left["event", org_id, event_id] = room.places_left
        return True

    def _list_places(self, asked: Asked) -> list[tuple[str, OrgId, int]]:
        org_id = asked.person[0]
        for session in asked.sessions:
            self._left.setdefault(("session", org_id, session.id), session.places_left)
        sessions = [("session", org_id, int(session.id)) for session in asked.sessions]
        return [*sessions, *((what, org_id, int(asked.event_id)) for what in ("tickets", "event"))]


def _is_for_all(tx: Tx, terms: TakenTicket) -> bool:
    is_free = terms.price_minor == 0
    return is_free and terms.person_limit is None and find_sale(tx, _DOOR, terms) is None


# -- writing -------------------------------------------------------------------------------


def _take_places(
    tx: Tx, newcomers: Sequence[Newcomer]
) -> dict[tuple[OrgId, EventId], TicketTypeId]:
    """Take all places, and say which ticket type each event gives."""
    people = Counter((new.org_id, new.event_id) for new in newcomers)
    seats: dict[tuple[OrgId, EventId], Counter[SessionId]] = {event: Counter() for event in people}
    for new in newcomers:
        seats[new.org_id, new.event_id].update(new.session_ids)
    types = {}
    for event in sorted(people):
        taken = places.take_for_many(tx, *event, seats[event], people[event])
        if taken is None or not _is_for_all(tx, taken):
            raise NotTogetherError
        types[event] = taken.ticket_type_id
    return types


def _write(
    tx: Tx,
    numbered: Sequence[tuple[RegistrationId, Newcomer]],
    types: dict[tuple[OrgId, EventId], TicketTypeId],
    source: str,
) -> None:
    rows = [
        NewRegistration(
            new.org_id,
            id_,
            new.uuid,
            new.event_id,
            new.person_id,
            types[new.org_id, new.event_id],
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
