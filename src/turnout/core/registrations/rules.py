"""Who may be granted a ticket, by the door at which it is asked for: one table for all doors.

Rules.
- A *cancelled* event takes nobody.
- A *closed* event takes nobody but those whom staff add; offers are taken back (places.py).
- A *draft* takes nobody from outside: no form, program, invitation or offer. Staff prepare it, and
  an exam's draft is only hidden.
- An event that is *over* takes those who watch what was recorded (the registration API), exams'
  records, and nobody else.
- An *exam* takes candidates only: their door names a sitting.
- *Full* is full at every door; a place that is offered to somebody is theirs at every door.
- The *limit for one person* holds at every door, a party's tickets included; an exam has none.
- *Already there* means a ticket of the type where each ticket is asked for by its type (invitation,
  offer, staff), and any ticket where somebody just registers.
"""

import enum
from collections.abc import Mapping
from typing import NamedTuple

from turnout.core.events.model import EventState
from turnout.core.ids import EventId, OrgId
from turnout.core.registrations.sql import sql
from turnout.core.tickets.issuing import GrantKind
from turnout.errors import Conflict
from turnout.store import Tx

EVENT_CANCELLED, EVENT_OVER = "event.cancelled", "event.over"
_OUTSIDE = frozenset({EventState.CANCELLED, EventState.CLOSED, EventState.DRAFT})
_CANDIDATES = frozenset({EventState.CANCELLED, EventState.CLOSED})
_STAFF = frozenset({EventState.CANCELLED})


class Door(enum.StrEnum):
    """Where a ticket is asked for. The queue is the registration API's, a program knows the event's
    registration password, a party is registered by staff, and a walk-in by an invigilator."""

    FORM = "form"
    QUEUE = "queue"
    PROGRAM = "program"
    INVITATION = "invitation"
    OFFER = "offer"
    EXAM = "exam"
    WALK_IN = "walk-in"
    STAFF = "staff"
    PARTY = "party"


class There(enum.Enum):
    """What counts as having been granted already."""

    REGISTERED = enum.auto()
    SAME_TYPE = enum.auto()
    NEVER = enum.auto()


class Rule(NamedTuple):
    """What holds at a door. `refused` are the event's states in which it grants nothing."""

    kind: GrantKind
    refused: frozenset[EventState]
    takes_when_over: bool
    there: There
    has_person_limit: bool


RULES: Mapping[Door, Rule] = {
    Door.FORM: Rule(GrantKind.FORM, _OUTSIDE, False, There.REGISTERED, True),
    Door.QUEUE: Rule(GrantKind.INTEGRATION, _OUTSIDE, True, There.REGISTERED, True),
    Door.PROGRAM: Rule(GrantKind.INTEGRATION, _OUTSIDE, False, There.REGISTERED, True),
    Door.INVITATION: Rule(GrantKind.INVITATION, _OUTSIDE, False, There.SAME_TYPE, True),
    Door.OFFER: Rule(GrantKind.OFFER, _OUTSIDE, False, There.SAME_TYPE, True),
    Door.EXAM: Rule(GrantKind.EXAM, _CANDIDATES, True, There.NEVER, False),
    Door.WALK_IN: Rule(GrantKind.EXAM, _STAFF, True, There.NEVER, False),
    Door.STAFF: Rule(GrantKind.STAFF, _STAFF, False, There.SAME_TYPE, True),
    Door.PARTY: Rule(GrantKind.STAFF, _STAFF, False, There.SAME_TYPE, True),
}


def find_refusal(door: Door, state: EventState, ends_at: int, now: int) -> Conflict | None:
    """Why the door grants nothing for an event in that state that ends then (epoch ms), if so."""
    rule = RULES[door]
    if state is EventState.CANCELLED:
        return Conflict("event.cancelled")
    if ends_at <= now and not rule.takes_when_over:
        return Conflict("event.over")
    if state not in rule.refused:
        return None
    return Conflict("event.closed") if state is EventState.CLOSED else Conflict("event.draft")


def check(door: Door, state: EventState, ends_at: int, now: int) -> None:
    """Raise Conflict if the door grants nothing."""
    if refusal := find_refusal(door, state, ends_at, now):
        raise refusal


def check_no_exam(tx: Tx, org_id: OrgId, event_id: EventId) -> None:
    """Raise Conflict if the event is an exam, whose seats the organizer books."""
    if sql.is_exam(tx, org_id=org_id, event_id=event_id):
        raise Conflict("event.exam")
