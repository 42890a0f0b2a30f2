"""How much of a month's money a user has spent or reserved, and the limit of it.

Amounts are micros: millionths of the currency unit. A month is the calendar's, in the job's zone.
What a job's messages cost if they arrive (reckoning.py) is reserved before they are sent, by one
guarded statement, so that jobs of the same time never go over the limit together. It is written
beside each recipient, and is the most that is ever charged for them; when the job ends, the
reservation becomes the cost.

A message that its network says arrived after all, when its job had ended, costs what was reserved
for it (correcting.py). That was given back, and may be spent since: so it may go over the limit, or
below what is prepaid. It counts all the same, and nothing more is accepted until there is room.
"""

from typing import TypedDict

from turnout.core.identity.members import find_member
from turnout.core.identity.model import Member
from turnout.core.ids import JobId, OrgId, UserId
from turnout.core.messaging.credit import charge, draw
from turnout.core.messaging.notices import queue_credit_alert
from turnout.core.messaging.prices import MICROS
from turnout.core.messaging.sql import sql
from turnout.core.times import local
from turnout.errors import Invalid
from turnout.store import Tx


class _Month(TypedDict):
    """Whose spending is counted, and of which month (`2027-03`)."""

    org_id: OrgId
    user_id: UserId
    month: str


def reserve(tx: Tx, member: Member, micros: int) -> None:
    """Set aside what a job that is accepted now will cost. Raises Invalid when it is beyond the
    month's limit, or the organization's credit (credit.py)."""
    _reserve(tx, member, tx.now, member.timezone, micros)


def foresee(tx: Tx, member: Member, micros: int) -> str:
    """The error that `reserve` would raise for a job of this cost now, empty = none."""
    org_id, limit = member.user.org_id, member.profile.monthly_limit
    key = _key(org_id, member.user.id, tx.now, member.timezone)
    spent = sql.find_spent(tx, **key) or 0
    if limit is not None and spent + micros > limit * MICROS:
        return "limit.exceeded"
    credit = sql.find_credit(tx, org_id=org_id)
    return "credit.exhausted" if credit and 0 < micros > credit.balance_micros else ""


def reserve_more(tx: Tx, org_id: OrgId, job_id: JobId, micros: int) -> None:
    """Set aside what further recipients of a job will cost, in the month in which it was accepted.
    A job that is nobody's has no limit but the credit. Raises Invalid as `reserve` does, and has
    changed nothing then."""
    user_id, accepted_at, timezone, *_ = sql.get_job_cost(tx, org_id=org_id, id=job_id)
    member = find_member(tx, org_id, user_id) if user_id else None
    if member is not None:
        _reserve(tx, member, accepted_at, timezone, micros)
        return
    _set_aside(tx, _key(org_id, user_id, accepted_at, timezone), micros, None)


def _reserve(tx: Tx, member: Member, accepted_at: int, timezone: str, micros: int) -> None:
    key = _key(member.user.org_id, member.user.id, accepted_at, timezone)
    _set_aside(tx, key, micros, member.profile.monthly_limit)
    _alert(tx, member, key)


def _set_aside(tx: Tx, key: _Month, micros: int, limit: int | None) -> None:
    sql.ensure_spending(tx, **key)
    is_prepaid = sql.reserve(
        tx, **key, amount=micros, limit=-1 if limit is None else limit * MICROS
    )
    if is_prepaid is None:
        raise Invalid("limit.exceeded")
    if is_prepaid and micros and not draw(tx, key["org_id"], micros):
        sql.reserve(tx, **key, amount=-micros, limit=-1)
        raise Invalid("credit.exhausted")


def settle_spending(tx: Tx, org_id: OrgId, job_id: JobId) -> None:
    """The job has ended, or never begins: what was reserved for it becomes what it cost.
    Idempotent."""
    user_id, accepted_at, timezone, reserved, cost = sql.get_job_cost(tx, org_id=org_id, id=job_id)
    if reserved != cost:
        key = _key(org_id, user_id, accepted_at, timezone)
        sql.ensure_spending(tx, **key)
        if sql.reserve(tx, **key, amount=cost - reserved, limit=-1):
            charge(tx, org_id, cost - reserved)
    sql.set_reserved(tx, org_id=org_id, id=job_id, reserved=cost)


def _alert(tx: Tx, member: Member, key: _Month) -> None:
    limit = member.profile.credit_limit_for_alert
    if limit is None or not member.profile.credit_limit_alert_address:
        return
    spent = sql.mark_alerted(tx, **key, least=round(limit * MICROS), now=tx.now)
    if spent is not None:
        queue_credit_alert(tx, member, spent)


def _key(org_id: OrgId, user_id: UserId, at: int, timezone: str) -> _Month:
    month = local(at, timezone).strftime("%Y-%m")
    return {"org_id": org_id, "user_id": user_id, "month": month}
