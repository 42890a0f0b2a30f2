"""Who changed what, as far as somebody sees the events that it is of."""

from typing import NamedTuple

import msgspec

from turnout.core.audit.recording import LogFilter, LogLine, list_log
from turnout.core.identity.staff import Access
from turnout.core.ids import EventId, OrgId
from turnout.core.timeline.sql import sql
from turnout.store import Tx

PARTS = (
    "event",
    "session",
    "ticket_type",
    "event_question",
    "speaker",
    "survey",
    "campaign",
    "gate",
    "printer",
    "exam",
    "certificate template",
    "retention",
)
"""What the log of an event is of: the event and its parts, and nobody's registration."""


class PartLine(NamedTuple):
    """A change of an event or of a part, and what the part is called now, empty for the event."""

    line: LogLine
    name: str


def list_event_log(
    tx: Tx, org_id: OrgId, event_id: EventId, wanted: LogFilter, limit: int
) -> list[PartLine]:
    """Changes of an event and its parts, newest first. Of a part that was removed it has none."""
    rows = sql.list_event_entries(
        tx, org_id=org_id, event_id=event_id, **msgspec.structs.asdict(wanted), limit=limit
    )
    return [
        PartLine(
            LogLine(number, at, actor, action, noun, noun_id, msgspec.json.decode(facts)), name
        )
        for number, at, actor, action, noun, noun_id, facts, name in rows
    ]


def list_seen_log(
    tx: Tx, org_id: OrgId, wanted: LogFilter, viewer: Access, limit: int
) -> list[LogLine]:
    """Changes of an organization's things, newest first, without those of events that are hidden
    from the viewer: of these, of their parts and registrations, of messages for them, and of people
    who are in no other event."""
    if viewer.sight.is_whole:
        return list_log(tx, org_id, wanted, limit)
    return sql.list_seen_entries(
        tx,
        org_id=org_id,
        user_id=viewer.member.user.id,
        is_limited=int(viewer.is_limited),
        actor_of=viewer.actor,
        **msgspec.structs.asdict(wanted),
        any="%",
        limit=limit,
    )
