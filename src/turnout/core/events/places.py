"""Taking and giving back places: in an event, in a session, of a ticket type.

Each count is one guarded UPDATE, and the tables also refuse `held > capacity`, so a place
is never sold twice, whatever the number of nodes. Callers take places in the order sessions,
ticket type, event, each by rising number: two of them then never wait for each other in a ring.
"""

import enum
from typing import NamedTuple

from turnout.core.events.model import EventState, SessionState
from turnout.core.events.sql import sql
from turnout.core.ids import EventId, OrgId, SessionId, TicketTypeId
from turnout.store import Tx, to_json


class TargetNoun(enum.StrEnum):
    """What a registration is addressed to."""

    EVENT = "event"
    CHANNEL = "channel"


class WantedSession(NamedTuple):
    """A session that somebody asks for, and the states that decide about it."""

    pak: str
    id: int
    event_id: EventId
    state: SessionState
    event_state: EventState


def list_wanted_sessions(
    tx: Tx, org_id: OrgId, paks: list[str], noun: TargetNoun, target_id: int
) -> list[WantedSession]:
    """Those of `paks` that are sessions of the event or channel, by event and number."""
    rows = sql.list_wanted_sessions(
        tx,
        org_id=org_id,
        paks=to_json(paks),
        noun=noun.value,
        target_id=target_id,
    )
    return [
        WantedSession(pak, id_, event_id, SessionState(state), EventState(event_state))
        for pak, id_, event_id, state, event_state in rows
    ]


def take_session_places(tx: Tx, org_id: OrgId, session_ids: list[SessionId]) -> set[int]:
    """Take a place in each session that has one; returns which those are."""
    if not session_ids:
        return set()
    tx.about("sessions", *session_ids)
    ids = to_json(session_ids)
    return {session_id for (session_id,) in sql.take_session_places(tx, org_id=org_id, ids=ids)}


def take_event_place(tx: Tx, org_id: OrgId, event_id: EventId) -> bool:
    """Take a place in an event; False when it is full."""
    tx.about("events", event_id)
    return bool(sql.take_event_place(tx, org_id=org_id, id=event_id))


def take_default_ticket(tx: Tx, org_id: OrgId, event_id: EventId) -> int | None:
    """Take a ticket of the event's default type; its type's id, or None when sold out."""
    tx.about("ticket_types", ("default", event_id))
    return sql.take_default_ticket(tx, org_id=org_id, event_id=event_id)


def take_ticket(tx: Tx, org_id: OrgId, ticket_type_id: TicketTypeId) -> bool:
    """Take a ticket of this type; False when none is left."""
    tx.about("ticket_types", ticket_type_id)
    return bool(sql.take_ticket(tx, org_id=org_id, id=ticket_type_id))


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
