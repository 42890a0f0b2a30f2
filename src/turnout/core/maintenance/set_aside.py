"""Work that was set aside (core/work/claims.py): what an operator sees of it, and may do."""

from collections.abc import Callable
from typing import Any

from turnout.core.audit.recording import record
from turnout.core.callbacks.outbox import release_callback
from turnout.core.ids import CampaignId, EntryId, EventId, JobId, OrgId, TicketId
from turnout.core.invitations.planning import cancel_plan
from turnout.core.messaging.controlling import begin_closing
from turnout.core.messaging.releasing import give_up_recipient, release_recipient
from turnout.core.registrations.intake import give_up
from turnout.core.registrations.reminding import stop_reminding
from turnout.core.tickets.sql import sql as tickets_sql
from turnout.core.waiting_list.sql import sql as waiting_list_sql
from turnout.core.work.claims import LIMIT, settle
from turnout.core.work.listing import list_set_aside
from turnout.errors import Conflict, Missing
from turnout.store import Tx

Action = Callable[[Tx, OrgId, Any], object]
"""What is done with a row of an organization, by its id: each queue has ids of its own kind."""


def _nothing(_tx: Tx, _org_id: OrgId, _id: int) -> None:
    """What is due stays due: forgetting the claims is enough."""


def _drop_ticket_mail(tx: Tx, org_id: OrgId, id_: TicketId) -> None:
    tickets_sql.delete_ticket_mail(tx, org_id=org_id, ticket_id=id_)


def _drop_list_mail(tx: Tx, org_id: OrgId, id_: EntryId) -> None:
    waiting_list_sql.mark_told(tx, org_id=org_id, id=id_, now=tx.now)


def _stop_reminder(tx: Tx, org_id: OrgId, id_: EventId) -> None:
    stop_reminding(tx, org_id, id_, actor="set aside")


def _cancel_plans(tx: Tx, org_id: OrgId, id_: CampaignId) -> None:
    for is_reminder in (False, True):
        cancel_plan(tx, org_id, id_, is_reminder=is_reminder, actor="set aside")


def _close_job(tx: Tx, org_id: OrgId, id_: JobId) -> None:
    begin_closing(tx, org_id, id_, "set aside")


def _refuse(_tx: Tx, _org_id: OrgId, id_: int) -> None:
    raise Conflict("work.keeps", id=id_)


# What releasing and dropping do, by the name of the queue.
ACTIONS: dict[str, tuple[Action, Action]] = {
    "intake": (_nothing, give_up),
    "schedule": (_nothing, _close_job),
    "delivery": (release_recipient, give_up_recipient),
    "callback": (release_callback, _nothing),
    "offer": (_nothing, _refuse),
    "promotion": (_nothing, _refuse),
    "payment": (_nothing, _refuse),
    "reminder": (_nothing, _stop_reminder),
    "invitation": (_nothing, _cancel_plans),
    "list mail": (_nothing, _drop_list_mail),
    "ticket mail": (_nothing, _drop_ticket_mail),
}


def release(tx: Tx, queue: str, id_: int, *, actor: str) -> None:
    """Let workers try a row again, three times. Raises Missing."""
    _act(tx, queue, id_, "released", actor, 0)


def drop(tx: Tx, queue: str, id_: int, *, actor: str) -> None:
    """Give a row up for good; what waits for it is told that it failed. Raises Missing, Conflict
    where that would leave something half done."""
    _act(tx, queue, id_, "dropped", actor, 1)


def _act(tx: Tx, queue: str, id_: int, done: str, actor: str, which: int) -> None:
    found = list_set_aside(tx, queue=queue, id_=id_)
    if not found or queue not in ACTIONS:
        raise Missing("work.missing", queue=queue, id=id_)
    for work in found:
        ACTIONS[queue][which](tx, work.org_id, id_)
        settle(tx, queue, [(work.org_id, id_)])
        facts = {"queue": queue, "claims": min(work.claims, LIMIT)}
        record(tx, work.org_id, actor, done, "work", id_, **facts)
