"""The order of an event's parts on its page, copies of a session, and removing a ticket type."""

from collections.abc import Sequence
from typing import NamedTuple, TypeVar

import msgspec

from turnout.core.audit.recording import record
from turnout.core.events.model import Session, SessionState, span
from turnout.core.events.programme import (
    create_session,
    get_event,
    list_sessions,
    list_ticket_types,
)
from turnout.core.events.sessions import SessionChange, change_session, list_session_texts
from turnout.core.events.sql import sql
from turnout.core.ids import EventId, OrgId, SessionId, TicketTypeId
from turnout.errors import Conflict, Invalid, Missing
from turnout.store import Tx

T = TypeVar("T")
_numbers = msgspec.json.Decoder(list[int])


class TypeUses(NamedTuple):
    """What keeps a ticket type from being removed: how many tickets of it were ever issued, entries
    of the waiting list and campaigns; `named_by` are sessions, gates and questions that name it, as
    pairs of the noun (`session`, `gate`, `question`) and the name."""

    is_default: bool
    tickets: int
    waiting: int
    invitations: int
    named_by: list[tuple[str, str]]

    @property
    def is_free(self) -> bool:
        counts = (self.tickets, self.waiting, self.invitations)
        return not (self.is_default or any(counts) or self.named_by)


def move_session(
    tx: Tx, org_id: OrgId, event_id: EventId, session_id: SessionId, place: int, *, actor: str
) -> None:
    """Make a session the one at `place` of its event's programme, counted from 1; behind the last
    is the last. All positions are given again. Raises Invalid below 1, Missing."""
    known = [session.id for session in list_sessions(tx, org_id, event_id)]
    if session_id not in known:
        raise Missing("session.missing", session_id=session_id)
    for position, id_ in enumerate(_moved(known, session_id, place), 1):
        sql.set_session_position(tx, org_id=org_id, id=id_, position=position, now=tx.now)
    record(tx, org_id, actor, "moved", "session", session_id, place=place)


def move_ticket_type(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    ticket_type_id: TicketTypeId,
    place: int,
    *,
    actor: str,
) -> None:
    """Make a ticket type the one at `place` on its event's page; as `move_session`."""
    known = [found.id for found in list_ticket_types(tx, org_id, event_id)]
    if ticket_type_id not in known:
        raise Missing("ticket_type.no_such", ticket_type_id=ticket_type_id)
    for position, id_ in enumerate(_moved(known, ticket_type_id, place), 1):
        sql.set_type_position(tx, org_id=org_id, id=id_, position=position, now=tx.now)
    record(tx, org_id, actor, "moved", "ticket_type", ticket_type_id, place=place)


def copy_session(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    session_id: SessionId,
    *,
    title: str = "",
    actor: str,
) -> Session:
    """Make a session like that one, at the same time, open and without bookings; `title` empty =
    the same. Raises Invalid, Missing."""
    source = find_session(tx, org_id, event_id, session_id)
    text = next(text for text in list_session_texts(tx, org_id, event_id) if text.id == source.id)
    event = get_event(tx, org_id, event_id)
    when = span(source.starts_local, source.ends_local, event.timezone)
    made = create_session(
        tx,
        org_id,
        event_id,
        title or source.title,
        when,
        state=SessionState.OPEN,
        capacity=source.capacity,
        actor=actor,
    )
    change = SessionChange(
        description=text.description,
        track=text.track,
        room=text.room,
        position=text.position,
        ticket_type_ids=text.ticket_type_ids,
        speaker_ids=text.speaker_ids,
    )
    change_session(tx, org_id, event_id, made.id, change, actor=actor)
    return made


def find_session(tx: Tx, org_id: OrgId, event_id: EventId, session_id: SessionId) -> Session:
    """The session of that number, if it is one of the event. Raises Missing."""
    for session in list_sessions(tx, org_id, event_id):
        if session.id == session_id:
            return session
    raise Missing("session.missing", session_id=session_id)


def list_type_uses(tx: Tx, org_id: OrgId, event_id: EventId) -> dict[TicketTypeId, TypeUses]:
    """What each ticket type of an event is used for, by its number."""
    naming = [
        (row.noun, row.name, set(_numbers.decode(row.ticket_type_ids)))
        for row in sql.list_type_names(tx, org_id=org_id, event_id=event_id)
    ]
    uses = {}
    for found in list_ticket_types(tx, org_id, event_id):
        counts = sql.count_type_uses(tx, org_id=org_id, event_id=event_id, id=found.id)
        named_by = [(noun, name) for noun, name, ids in naming if found.id in ids]
        uses[found.id] = TypeUses(found.is_default, *counts, named_by)
    return uses


def remove_ticket_type(
    tx: Tx, org_id: OrgId, event_id: EventId, ticket_type_id: TicketTypeId, *, actor: str
) -> None:
    """Remove a ticket type that is used for nothing. Raises Conflict for the event's default one,
    one of which a ticket was ever issued, to which people wait or are invited, or which a session,
    a gate or a question names; Missing."""
    known = sql.lock_ticket_type(tx, org_id=org_id, event_id=event_id, id=ticket_type_id)
    if known is None:
        raise Missing("ticket_type.no_such", ticket_type_id=ticket_type_id)
    uses = list_type_uses(tx, org_id, event_id)[ticket_type_id]
    if uses.is_default:
        raise Conflict("ticket_type.default", name=known.name)
    if uses.named_by:
        raise Conflict("ticket_type.named", name=known.name, noun=uses.named_by[0][1])
    registered = sql.has_registered_type(tx, org_id=org_id, event_id=event_id, id=ticket_type_id)
    if registered or not uses.is_free:
        raise Conflict("ticket_type.in_use", name=known.name, tickets=uses.tickets)
    if not sql.delete_ticket_type(tx, org_id=org_id, event_id=event_id, id=ticket_type_id):
        raise Conflict("ticket_type.in_use", name=known.name, tickets=uses.tickets)
    facts = {"name": known.name, "event_id": event_id}
    record(tx, org_id, actor, "deleted", "ticket_type", ticket_type_id, **facts)


def _moved(known: Sequence[T], moved: T, place: int) -> list[T]:
    if place < 1:
        raise Invalid("event_question.place", place=place)
    others = [one for one in known if one != moved]
    return [*others[: place - 1], moved, *others[place - 1 :]]
