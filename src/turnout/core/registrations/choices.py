"""What an event chose for registrations by API: tickets by mail, and waiting when it is full."""

from typing import NamedTuple

from turnout.core.audit.recording import record
from turnout.core.ids import EventId, OrgId
from turnout.core.registrations.sql import sql
from turnout.errors import Missing
from turnout.store import Tx


class Choices(NamedTuple):
    """`mails_tickets`: their tickets are mailed; `waits_when_full`: they join the waiting list
    instead of being refused. Both are off until chosen."""

    mails_tickets: bool
    waits_when_full: bool


def get_choices(tx: Tx, org_id: OrgId, event_id: EventId) -> Choices:
    """What the event chose. Raises Missing."""
    found = sql.find_choices(tx, org_id=org_id, id=event_id)
    if found is None:
        raise Missing("event.missing", event_id=event_id)
    return found


def set_choices(
    tx: Tx,
    org_id: OrgId,
    event_id: EventId,
    *,
    mails_tickets: bool | None = None,
    waits_when_full: bool | None = None,
    actor: str,
) -> Choices:
    """Choose for registrations from now on; None leaves a choice as it is. Raises Missing."""
    before = get_choices(tx, org_id, event_id)
    chosen = Choices(
        before.mails_tickets if mails_tickets is None else mails_tickets,
        before.waits_when_full if waits_when_full is None else waits_when_full,
    )
    sql.set_choices(
        tx,
        org_id=org_id,
        id=event_id,
        mails_tickets=int(chosen.mails_tickets),
        waits_when_full=int(chosen.waits_when_full),
        now=tx.now,
    )
    record(tx, org_id, actor, "set", "event", event_id, **chosen._asdict())
    return chosen
