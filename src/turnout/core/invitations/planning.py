"""Invitations and reminders that go at a time.

Theory. A campaign has a time for its first mails and one for a reminder, each a local time in the
event's zone with its instant. A worker sends what is due: the mails are queued, those who get them
are marked, and the time is forgotten, in one transaction. So a worker may die at any instant, or
two may want the same one, and nobody is left out or written to twice. What is refused then (the
event was cancelled, the month's limit is reached) is not tried again: the campaign says why.
"""

from typing import NamedTuple

from turnout.core.audit.recording import record
from turnout.core.events.programme import get_event
from turnout.core.ids import NO_EVENT, CampaignId, EventId, OrgId
from turnout.core.invitations.campaigns import (
    TABLE,
    forget_plan,
    get_campaign,
    send_campaign,
)
from turnout.core.invitations.sql import sql
from turnout.core.messaging.prices import Prices
from turnout.core.registrations.rules import Door, check, check_no_exam
from turnout.core.times import instant
from turnout.core.work.claims import Key, Queue
from turnout.errors import Failure, Invalid, Unavailable
from turnout.store import Tx

QUEUE = "invitation"
WAKE = "invitations"


class PlannedMail(NamedTuple):
    """An invitation, or its reminder, that goes `at` a time (epoch ms); the zone is the event's."""

    campaign_id: CampaignId
    event_id: EventId
    timezone: str
    name: str
    is_reminder: int
    at: int


def plan_sending(
    tx: Tx,
    org_id: OrgId,
    campaign_id: CampaignId,
    at_local: str,
    *,
    is_reminder: bool = False,
    actor: str,
) -> int:
    """Have a campaign, or its reminder, sent at a time (local, in the event's zone), instead of at
    the one that was set before; the instant (epoch ms). Idempotent.

    Raises Invalid for a time that has passed, is not one there or comes after the event, Conflict
    for an event that takes nobody, Missing.
    """
    campaign = get_campaign(tx, org_id, campaign_id)
    event = get_event(tx, org_id, campaign.event_id)
    check(Door.INVITATION, event.state, event.ends_at, tx.now)
    check_no_exam(tx, org_id, event.id)
    at = instant(at_local, event.timezone)
    if not tx.now < at < event.ends_at:
        raise Invalid("campaign.time", local=at_local, ends_local=event.ends_local)
    plan = sql.set_remind_plan if is_reminder else sql.set_send_plan
    plan(tx, org_id=org_id, id=campaign_id, local=at_local, at=at, planned_by=actor, now=tx.now)
    action = "planned reminder" if is_reminder else "planned"
    record(tx, org_id, actor, action, "campaign", campaign_id, at=at)
    tx.wake(WAKE)
    return at


def cancel_plan(
    tx: Tx, org_id: OrgId, campaign_id: CampaignId, *, is_reminder: bool = False, actor: str
) -> None:
    """Let it go by hand again. Idempotent. Raises Missing."""
    campaign = get_campaign(tx, org_id, campaign_id)
    if (campaign.remind_at if is_reminder else campaign.send_at) is None:
        return
    forget_plan(tx, org_id, campaign_id, is_reminder=is_reminder)
    action = "cancelled planned reminder" if is_reminder else "cancelled plan"
    record(tx, org_id, actor, action, "campaign", campaign_id)


def list_planned(
    tx: Tx, org_id: OrgId, event_id: EventId = NO_EVENT, *, limit: int
) -> list[PlannedMail]:
    """What goes at a time, the next first; of every event without an `event_id`."""
    return sql.list_planned(tx, org_id=org_id, event_id=event_id, limit=limit)


def plan_queue(base_url: str, prices: Prices) -> Queue:
    """Campaigns that are due, as a queue of turns; `base_url` is the address in their links."""
    return Queue(
        QUEUE,
        lambda tx, limit: [
            (org_id, id_) for org_id, id_ in sql.list_due_plans(tx, now=tx.now, limit=limit)
        ],
        lambda tx, key: _send_due(tx, key, base_url, prices),
    )


def _send_due(tx: Tx, key: Key, base_url: str, prices: Prices) -> None:
    org_id, campaign_id = key[0], CampaignId(key[1])
    tx.about(TABLE, campaign_id)
    sql.lock_campaign(tx, org_id=org_id, id=campaign_id)
    campaign = get_campaign(tx, org_id, campaign_id)
    for is_reminder, at in ((False, campaign.send_at), (True, campaign.remind_at)):
        if at is None or at > tx.now:
            continue
        by = campaign.planned_by
        try:
            with tx.savepoint():
                send_campaign(
                    *(tx, org_id, campaign_id, base_url),
                    is_reminder=is_reminder,
                    prices=prices,
                    actor=by,
                )
        except Unavailable:
            raise
        except Failure as failure:
            forget_plan(tx, org_id, campaign_id, is_reminder=is_reminder)
            sql.set_refusal(tx, org_id=org_id, id=campaign_id, refusal=failure.message)
            record(tx, org_id, by, "was not sent", "campaign", campaign_id, why=failure.code)
