"""Gates, or check-in lists: whom the doors of an event let in, and on which day."""

import datetime
from typing import NamedTuple

from turnout.core.audit.recording import record
from turnout.core.checkin.sql import sql
from turnout.core.events.model import Event
from turnout.core.events.programme import get_event, list_sessions, list_ticket_types
from turnout.core.fields import check_filled
from turnout.core.ids import EventId, GateId, OrgId, RegistrationId, SessionId, TicketTypeId
from turnout.core.times import local
from turnout.errors import Invalid, Missing
from turnout.store import Tx, to_json

MOST_DAYS = 60
# A session's day begins a while before it, and ends a while after it, over midnight too.
GRACE_MS = 3 * 3_600_000


class BookedSession(NamedTuple):
    """A session that somebody has booked. Instants in epoch ms."""

    id: SessionId
    starts_at: int
    ends_at: int


class Moment(NamedTuple):
    """When somebody comes (epoch ms), and the zone of the event."""

    at: int
    timezone: str

    @property
    def day(self) -> str:
        """YYYY-MM-DD by the event's clock."""
        return local(self.at, self.timezone).date().isoformat()

    def is_day_of(self, session: BookedSession) -> bool:
        """Whether the session is on that day."""
        return self.day in days_of_session(session, self.timezone)


class Gate(NamedTuple):
    """A check-in list: it lets in those with one of its ticket types, or who booked one of its
    sessions; both empty = everybody. `has_exit`: those who go out there may come back. `day`
    (YYYY-MM-DD by the event's clock): it is open on that day; empty = on every day."""

    id: GateId
    name: str
    ticket_type_ids: list[TicketTypeId]
    session_ids: list[SessionId]
    has_exit: bool = False
    day: str = ""

    def is_open_on(self, day: str) -> bool:
        """Whether it is open on a day (YYYY-MM-DD)."""
        return self.day in ("", day)


def create_gate(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    name: str,
    ticket_type_ids: list[TicketTypeId],
    session_ids: list[SessionId],
    *,
    has_exit: bool = False,
    day: str = "",
    actor: str,
) -> Gate:
    """Make a check-in list. Raises Missing for an unknown event, Invalid for a ticket type or
    session that is not the event's, and for a day that is none of it."""
    check_filled("name", name)
    event = get_event(tx, org_id, event_id)
    if day and day not in days_of(event):
        raise Invalid("gate.day", day=day)
    known = {ticket_type.id for ticket_type in list_ticket_types(tx, org_id, event_id)}
    if not set(ticket_type_ids) <= known:
        raise Invalid("gate.ticket_type")
    if not set(session_ids) <= {session.id for session in list_sessions(tx, org_id, event_id)}:
        raise Invalid("gate.session")
    gate = Gate(
        GateId(tx.next_id("programme")),
        name,
        sorted(ticket_type_ids),
        sorted(session_ids),
        has_exit,
        day,
    )
    sql.add_gate(
        tx,
        org_id=org_id,
        id=gate.id,
        event_id=event_id,
        name=name,
        ticket_type_ids=to_json(gate.ticket_type_ids),
        session_ids=to_json(gate.session_ids),
        has_exit=int(has_exit),
        day=day,
        now=tx.now,
    )
    record(tx, org_id, actor, "created", "gate", gate.id, name=name)
    return gate


def get_gate(tx: Tx, org_id: OrgId, event_id: EventId, gate_id: GateId) -> Gate:
    """A check-in list of the event. Raises Missing."""
    gate = sql.get_gate(tx, org_id=org_id, event_id=event_id, id=gate_id)
    if gate is None:
        raise Missing("gate.missing", gate_id=gate_id)
    return gate


def list_gates(tx: Tx, org_id: OrgId, event_id: EventId) -> list[Gate]:
    """The event's check-in lists."""
    return sql.list_gates(tx, org_id=org_id, event_id=event_id)


def lets_in(
    tx: Tx,
    org_id: OrgId,
    gate: Gate,
    ticket_type_id: TicketTypeId,
    registration_id: RegistrationId,
    moment: Moment | None = None,
) -> bool:
    """Whether a gate lets in a ticket of that type and registration; at a `moment` only if that is
    a day of the gate, or of the session that was booked."""
    if moment and not gate.is_open_on(moment.day):
        return False
    if not gate.ticket_type_ids and not gate.session_ids:
        return True
    if ticket_type_id in gate.ticket_type_ids:
        return True
    booked = list_booked(tx, org_id, registration_id)
    own = [one for one in booked if one.id in gate.session_ids]
    return any(moment is None or moment.is_day_of(one) for one in own)


def list_booked(tx: Tx, org_id: OrgId, registration_id: RegistrationId) -> list[BookedSession]:
    """The sessions that a registration has booked."""
    return sql.list_booked(tx, org_id=org_id, registration_id=registration_id)


def days_of(event: Event) -> list[str]:
    """The days of an event (YYYY-MM-DD by its clock), up to 60."""
    return _list_days(event.starts_at, event.ends_at, event.timezone)


def days_of_session(session: BookedSession, timezone: str) -> list[str]:
    """The days of a session, with those that it touches over midnight."""
    return _list_days(session.starts_at - GRACE_MS, session.ends_at + GRACE_MS, timezone)


def _list_days(starts_at: int, ends_at: int, timezone: str) -> list[str]:
    first, last = (local(at, timezone).date() for at in (starts_at, ends_at))
    count = min((last - first).days + 1, MOST_DAYS)
    return [(first + datetime.timedelta(days=number)).isoformat() for number in range(count)]
