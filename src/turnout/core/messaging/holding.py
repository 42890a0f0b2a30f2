"""Whether a job waits until a second person lets it go (approvals.py).

Asked where a job would start, and where one is accepted whose recipients are known. An
organization says from how many recipients on; jobs that Turnout makes for itself never wait.
"""

import enum

from turnout.core.identity.profiles import get_profile
from turnout.core.ids import JobId, OrgId
from turnout.core.messaging.model import Kind
from turnout.core.messaging.sql import sql
from turnout.store import Tx


class Approval(enum.StrEnum):
    """Where a job stands that needs the approval of a second person; empty = it needs none,
    `refused` = it was cancelled while it waited."""

    NONE = ""
    WAITING = "waiting"
    APPROVED = "approved"
    REFUSED = "refused"


def hold(tx: Tx, org_id: OrgId, job_id: JobId) -> bool:
    """Have a job wait that has more recipients than may be written to without approval; whether it
    waits. Idempotent."""
    facts = sql.get_hold_facts(tx, org_id=org_id, id=job_id)
    if facts.kind != Kind.BROADCAST or facts.approval == Approval.APPROVED:
        return False
    if not foresee_hold(tx, org_id, facts.total):
        return False
    sql.hold_job(tx, org_id=org_id, id=job_id)
    return True


def foresee_hold(tx: Tx, org_id: OrgId, total: int) -> bool:
    """Whether a broadcast to so many recipients would wait."""
    above = get_profile(tx, org_id).approval_above
    return total >= 2 and bool(above) and total > above


def find_approval(tx: Tx, org_id: OrgId, job_id: JobId) -> Approval:
    """Where a job stands; it exists."""
    return Approval(sql.get_hold_facts(tx, org_id=org_id, id=job_id).approval)
