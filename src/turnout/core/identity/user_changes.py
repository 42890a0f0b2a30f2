"""What an operator changes of users: the role, the address, whether they may sign in, the password.

What users change of each other is in members.py. Sessions and Basic credentials end with the
password that they were begun by, and do not work while the user is disabled.
"""

from typing import NamedTuple

import msgspec

from turnout.core.audit.recording import record
from turnout.core.identity.companies import ensure_agent
from turnout.core.identity.members import find_member
from turnout.core.identity.model import Role, User
from turnout.core.identity.sql import sql
from turnout.core.identity.users import encode_settings, set_password
from turnout.core.ids import OrgId, UserId
from turnout.core.text import is_email
from turnout.errors import Conflict, Invalid, Missing
from turnout.store import Tx

MOST_LIMIT = 999_999_999


class UserLine(NamedTuple):
    """A user as lists of users show them. Instants in epoch ms; None = not disabled, never used."""

    user: User
    disabled_at: int | None
    has_password: bool
    used_at: int | None


def list_user_lines(tx: Tx, org_id: OrgId) -> list[UserLine]:
    """All users of the organization, also those who are disabled, oldest first."""
    return [
        UserLine(row.user, row.disabled_at, bool(row.has_password), row.used_at)
        for row in sql.list_user_lines(tx, org_id=org_id)
    ]


def change_user(
    tx: Tx,
    org_id: OrgId,
    user_code: str,
    *,
    role: Role | None = None,
    email: str | None = None,
    is_disabled: bool | None = None,
    actor: str,
) -> User:
    """Change what is given, not None, of the user of that code, in any case; who they are then.
    Idempotent. Raises Missing, Invalid for a bad e-mail."""
    if email is not None and not is_email(email):
        raise Invalid("user.email", email=email)
    line = _find(tx, org_id, user_code)
    user = line.user
    new_role = user.role if role is None else role
    new_email = user.email if email is None else email
    was_disabled = line.disabled_at is not None
    disabled = was_disabled if is_disabled is None else is_disabled
    # Of an address only that it changed: the audit holds nothing about people.
    facts: dict[str, str | bool] = {}
    if new_role is not user.role:
        facts["role"] = new_role.value
    if new_email != user.email:
        facts["email"] = True
    if disabled is not was_disabled:
        facts["disabled"] = disabled
    if facts:
        sql.change_user(
            tx,
            org_id=org_id,
            id=user.id,
            role=new_role.value,
            email=new_email,
            disabled_at=(line.disabled_at or tx.now) if disabled else None,
            now=tx.now,
        )
        record(tx, org_id, actor, "changed", "user", user.id, **facts)
    if "role" in facts and new_role is Role.AGENT:
        ensure_agent(tx, org_id, actor=actor)
    return msgspec.structs.replace(user, role=new_role, email=new_email)


def set_monthly_limit(
    tx: Tx,
    org_id: OrgId,
    user_code: str,
    limit: int | None,
    *,
    by: UserId | None = None,
    actor: str,
) -> User:
    """Let the user spend at most `limit` whole currency units on messages in a calendar month, None
    = any amount. Idempotent. Raises Missing, Invalid below 0 or above 999,999,999, Conflict where
    the user `by`, None = an operator, would raise their own."""
    if limit is not None and not 0 <= limit <= MOST_LIMIT:
        raise Invalid("user.monthly_limit", limit=MOST_LIMIT)
    user = _find(tx, org_id, user_code).user
    sql.touch_user(tx, org_id=org_id, id=user.id, now=tx.now)
    member = find_member(tx, org_id, user.id)
    if member is not None and by == user.id and _is_more(limit, member.profile.monthly_limit):
        raise Conflict("user.own_limit")
    if member is not None and member.profile.monthly_limit != limit:
        changed = msgspec.structs.replace(member.profile, monthly_limit=limit)
        sql.set_user_profile(tx, org_id=org_id, id=user.id, profile=encode_settings(changed))
        record(tx, org_id, actor, "changed", "user", user.id, monthly_limit=limit)
    return user


def reset_password(
    tx: Tx, org_id: OrgId, user_code: str, password_hash: str, *, actor: str
) -> User:
    """Give the user this password (its hash); every sign-in by the former one ends at once. Raises
    Missing."""
    user = _find(tx, org_id, user_code).user
    set_password(tx, org_id, user.id, password_hash)
    record(tx, org_id, actor, "reset", "password", user.id)
    return user


def _is_more(limit: int | None, former: int | None) -> bool:
    return former is not None and (limit is None or limit > former)


def _find(tx: Tx, org_id: OrgId, user_code: str) -> UserLine:
    for line in list_user_lines(tx, org_id):
        if line.user.user_code.casefold() == user_code.casefold():
            return line
    raise Missing("user.unknown_code", user_code=user_code)
