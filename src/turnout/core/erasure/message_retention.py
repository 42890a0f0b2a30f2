"""How long texts and addresses of messages are kept after a job has ended: an organization's rule.

Off until somebody sets it. As with people, a new or shorter rule waits 14 days, and the
organization is told by mail. What the daily runs remove is in emptying.py.
"""

from typing import NamedTuple

from turnout.core.audit.recording import record
from turnout.core.erasure.retention import LONGEST_DAYS, WAIT_MS
from turnout.core.erasure.sql import sql
from turnout.core.identity.organizations import get_organization_of
from turnout.core.ids import OrgId
from turnout.core.messaging.notices import queue_to_organization
from turnout.core.times import say_days, wall_clock
from turnout.errors import Invalid, Missing
from turnout.store import Tx


class MessageRule(NamedTuple):
    """`days` after a job has ended its texts and addresses go. Instants in epoch ms; nothing is
    removed before `starts_at`."""

    days: int
    set_at: int
    starts_at: int


def set_message_retention(tx: Tx, org_id: OrgId, days: int, *, actor: str) -> MessageRule:
    """Keep texts, addresses, replies and files of messages for `days` after their job has ended.

    Tells the organization by mail. A rule that keeps longer than before starts at once. Raises
    Invalid for days out of 1 to 36,500.
    """
    if not 1 <= days <= LONGEST_DAYS:
        raise Invalid("retention.days", limit=LONGEST_DAYS)
    former = find_message_rule(tx, org_id)
    is_longer = former is not None and days >= former.days
    starts_at = former.starts_at if former and is_longer else tx.now + WAIT_MS
    rule = MessageRule(days, tx.now, starts_at)
    sql.set_message_retention(tx, org_id=org_id, **rule._asdict())
    record(tx, org_id, actor, "set", "message_retention", 0, days=days)
    _tell(tx, org_id, rule)
    return rule


def end_message_retention(tx: Tx, org_id: OrgId, *, actor: str) -> None:
    """Keep messages for ever again. Raises Missing when there is no rule."""
    if not sql.delete_message_retention(tx, org_id=org_id):
        raise Missing("retention.missing")
    record(tx, org_id, actor, "ended", "message_retention", 0)


def find_message_rule(tx: Tx, org_id: OrgId) -> MessageRule | None:
    """The organization's rule for messages."""
    return sql.find_message_retention(tx, org_id=org_id)


def _tell(tx: Tx, org_id: OrgId, rule: MessageRule) -> None:
    organization = get_organization_of(tx, org_id)
    starts = wall_clock(rule.starts_at, organization.timezone)
    lines = [
        f"{organization.name} keeps the texts and addresses of messages for {say_days(rule.days)}",
        f"after a job has ended. Those of older jobs are removed for ever, first on {starts}.",
        "Numbers, outcomes and costs stay.",
        "",
        "See what would go, or end the rule before then:",
        f"turnout retention preview {organization.slug}",
        f"turnout retention messages {organization.slug} --off",
    ]
    queue_to_organization(tx, org_id, "Messages will be removed after a time", lines)
