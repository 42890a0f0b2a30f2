"""Whether the phones at an event's doors check in at the scan (express), or show a good ticket
first and check it in with a tap (look first), as small events may want it."""

from turnout.core.audit.recording import record
from turnout.core.door.sql import sql
from turnout.core.events.programme import get_event
from turnout.core.ids import EventId, OrgId
from turnout.store import Tx


def looks_first(tx: Tx, org_id: OrgId, event_id: EventId) -> bool:
    """Whether the event's phones show a ticket before they check it in."""
    return bool(sql.find_looks_first(tx, org_id=org_id, id=event_id))


def set_looks_first(
    tx: Tx, org_id: OrgId, event_id: EventId, *, is_first: bool, actor: str
) -> None:
    """Whether the event's phones show a ticket before they check it in. They hear of it within a
    second. Raises Missing."""
    get_event(tx, org_id, event_id)
    sql.set_looks_first(tx, org_id=org_id, id=event_id, is_first=int(is_first), now=tx.now)
    record(tx, org_id, actor, "set", "event", event_id, looks_first=is_first)
