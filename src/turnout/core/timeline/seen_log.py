"""Who changed what, as far as somebody sees the events that it is of."""

import msgspec

from turnout.core.audit.recording import LogFilter, LogLine, list_log
from turnout.core.identity.staff import Access
from turnout.core.ids import OrgId
from turnout.core.timeline.sql import sql
from turnout.store import Tx


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
