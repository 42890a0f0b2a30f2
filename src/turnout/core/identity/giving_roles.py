"""Giving roles to a user who may have none yet; staff.py changes and takes them."""

from collections.abc import Collection

from turnout.core.identity.roles import StaffRole
from turnout.core.identity.sql import sql
from turnout.core.ids import OrgId, UserId
from turnout.store import Tx


def add_staff(
    tx: Tx, org_id: OrgId, home_org_id: OrgId, user_id: UserId, roles: Collection[StaffRole]
) -> None:
    """Give a user these roles beside those that it has. Idempotent; the caller records why."""
    sql.add_staff(tx, org_id=org_id, user_id=user_id, home_org_id=home_org_id, now=tx.now)
    for role in sorted(roles):
        sql.add_staff_role(tx, org_id=org_id, user_id=user_id, role=role.value)
