"""An event's way: published, closed, opened again, deleted while it is a draft.

| move | from | to |
|---|---|---|
| publish | draft | open |
| close | open | closed |
| reopen | closed | open |

rules.py says which doors each state shuts; closing takes offers back (places.py). Cancelling and
postponing tell people: announcing.py.
"""

import enum
from typing import NamedTuple

from turnout.core.audit.recording import record
from turnout.core.events.describing import EventChange, change_event
from turnout.core.events.model import EventState
from turnout.core.events.removing import delete_event
from turnout.core.events.sql import sql as events_sql
from turnout.core.ids import EventId, OrgId
from turnout.core.registrations.places import end_offers, offer_places
from turnout.errors import Conflict, Missing
from turnout.store import Tx


class Move(enum.StrEnum):
    """What an organizer does with an event's state."""

    PUBLISH = "publish"
    CLOSE = "close"
    REOPEN = "reopen"


class _Step(NamedTuple):
    """From which state to which; `code` is the refusal in any other."""

    before: EventState
    after: EventState
    code: str


STEPS = {
    Move.PUBLISH: _Step(EventState.DRAFT, EventState.OPEN, "event.publish"),
    Move.CLOSE: _Step(EventState.OPEN, EventState.CLOSED, "event.close"),
    Move.REOPEN: _Step(EventState.CLOSED, EventState.OPEN, "event.reopen"),
}


def move_event(tx: Tx, org_id: OrgId, event_id: EventId, move: Move, *, actor: str) -> int:
    """Publish, close or reopen an event; places that are free when it opens go to the waiting list
    first. Closing takes back what is offered: those people wait again and are told; returns how
    many. Raises Conflict if it is in another state, or if its registration has ended; Missing."""
    before, after, code = STEPS[move]
    withdrawn = end_offers(tx, org_id, event_id, after)
    if not events_sql.move_event_state(
        tx, org_id=org_id, id=event_id, before=before.value, state=after.value, now=tx.now
    ):
        row = events_sql.find_stored_state(tx, org_id=org_id, id=event_id)
        if row is None:
            raise Missing("event.missing", event_id=event_id)
        raise Conflict(code, event_id=event_id, state=row.state)
    _check_registration(tx, org_id, event_id, after)
    record(tx, org_id, actor, "changed", "event", event_id, state=[before, after])
    offer_places(tx, org_id, event_id)
    return withdrawn


def describe_event(
    tx: Tx, org_id: OrgId, event_id: EventId, change: EventChange, *, actor: str
) -> None:
    """`change_event` for an event that may have a waiting list: where registration goes on, what is
    free goes to those who wait first."""
    change_event(tx, org_id, event_id, change, actor=actor)
    if change.registration_ends is not None:
        offer_places(tx, org_id, event_id)


def delete_draft(tx: Tx, org_id: OrgId, event_id: EventId, *, actor: str) -> None:
    """Delete an event that was never published, with its programme. Raises Conflict if it is no
    draft, or if anybody is registered, invited or waiting; Missing."""
    delete_event(tx, org_id, event_id, actor=actor)


def _check_registration(tx: Tx, org_id: OrgId, event_id: EventId, state: EventState) -> None:
    row = events_sql.find_stored_state(tx, org_id=org_id, id=event_id)
    ends_at = row.registration_ends_at if row else None
    if state is EventState.OPEN and ends_at is not None and ends_at <= tx.now:
        raise Conflict("event.registration_ended", event_id=event_id)
