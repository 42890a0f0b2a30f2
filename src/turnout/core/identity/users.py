"""Making users and changing them; who may is judged in members.py."""

from collections.abc import Collection

import msgspec

from turnout.core.audit.recording import record
from turnout.core.identity.companies import ensure_agent
from turnout.core.identity.giving_roles import add_staff
from turnout.core.identity.model import CredentialKind, Profile, Role, User
from turnout.core.identity.names import Target, drop_name, take_name
from turnout.core.identity.passwords import hash_password as hash_password
from turnout.core.identity.passwords import is_password as is_password
from turnout.core.identity.roles import STAFF_ROLES, StaffRole
from turnout.core.identity.sql import sql
from turnout.core.ids import CredentialId, OrgId, UserId
from turnout.core.text import is_email
from turnout.errors import Invalid, Missing
from turnout.store import Tx, to_json


def create_user(
    tx: Tx,
    org_id: OrgId,
    user_code: str,
    *,
    name: str,
    email: str,
    role: Role = Role.ACCT,
    password_hash: str | None = None,
    profile: Profile | None = None,
    is_live: bool = True,
    roles: Collection[StaffRole] | None = None,
    actor: str,
) -> User:
    """Make a user. Without a profile, first and last name are taken from `name`; without `roles`
    in the console, those that go with the `role` of the messaging contract (STAFF_ROLES).

    The organization of an Agent gets an agent, if it is under none. Raises Conflict when the
    user code is taken, Invalid for a bad e-mail.
    """
    if not is_email(email):
        raise Invalid("user.email", email=email)
    user = User(org_id, UserId(tx.next_id("identity")), user_code, role, name, email)
    take_name(tx, "user", user_code.casefold(), Target(org_id, "user", user.id))
    sql.add_user(
        tx,
        org_id=org_id,
        id=user.id,
        uuid=tx.uuid(),
        user_code=user_code,
        user_code_key=user_code.casefold(),
        role=role.value,
        name=name,
        email=email,
        profile=encode_settings(profile or _profile_of(name)),
        disabled_at=None if is_live else tx.now,
        now=tx.now,
    )
    if role is Role.AGENT:
        ensure_agent(tx, org_id, actor=actor)
    if password_hash:
        _add_password(tx, org_id, user.id, password_hash)
    add_staff(tx, org_id, org_id, user.id, STAFF_ROLES[role] if roles is None else roles)
    record(tx, org_id, actor, "created", "user", user.id, user_code=user_code, role=role.value)
    return user


def list_users(tx: Tx, org_id: OrgId) -> list[User]:
    """The organization's users who are not disabled."""
    return sql.list_users(tx, org_id=org_id)


def get_user_id(tx: Tx, org_id: OrgId, user_code: str) -> UserId:
    """The number of the organization's user of that code, in any case. Raises Missing."""
    for user in list_users(tx, org_id):
        if user.user_code.casefold() == user_code.casefold():
            return user.id
    raise Missing("user.unknown_code", user_code=user_code)


def set_password(tx: Tx, org_id: OrgId, user_id: UserId, password_hash: str) -> None:
    """Make this the user's password; the former one ends at once."""
    sql.end_passwords(tx, org_id=org_id, user_id=user_id, now=tx.now)
    _add_password(tx, org_id, user_id, password_hash)


def rename_user(tx: Tx, user: User, user_code: str) -> None:
    """Give the user another user code. Raises Conflict when it is taken."""
    old, new = user.user_code.casefold(), user_code.casefold()
    if old != new:
        take_name(tx, "user", new, Target(user.org_id, "user", user.id))
        drop_name(tx, user.org_id, "user", old)
    sql.rename_user(
        tx, org_id=user.org_id, id=user.id, user_code=user_code, user_code_key=new, now=tx.now
    )


def encode_settings(settings: msgspec.Struct) -> str:
    """A profile or a company's details as they are stored: what differs from the defaults."""
    return to_json(settings)


def _profile_of(name: str) -> Profile:
    first, _, last = name.rpartition(" ")
    return Profile(first_name=first, last_name=last) if first else Profile(first_name=last)


def _add_password(tx: Tx, org_id: OrgId, user_id: UserId, password_hash: str) -> None:
    sql.add_credential(
        tx,
        org_id=org_id,
        id=CredentialId(tx.next_id("identity")),
        kind=CredentialKind.PASSWORD.value,
        name="password",
        digest=password_hash,
        hint="",
        user_id=user_id,
        event_id=None,
        now=tx.now,
        expires_at=None,
    )
