"""Invitations of colleagues: a link by mail that gives roles to anyone who follows it.

The token is kept as a digest, is good once and for two weeks, and ends when it is withdrawn or
another one is sent to the same address. Who follows the link accepts as the user that they are
signed in as, or makes a user with the address that was invited.
"""

import secrets
from collections.abc import Collection
from typing import NamedTuple

import msgspec

from turnout.core.audit.recording import record
from turnout.core.identity.credentials import digest_of
from turnout.core.identity.giving_roles import add_staff
from turnout.core.identity.members import find_password, require_member
from turnout.core.identity.model import Principal, Role, User
from turnout.core.identity.names import find_name
from turnout.core.identity.organizations import get_organization_of
from turnout.core.identity.roles import StaffRole
from turnout.core.identity.sql import sql
from turnout.core.identity.staff import limit_colleague
from turnout.core.identity.users import create_user, list_users
from turnout.core.ids import EventId, OrgId
from turnout.core.text import is_email
from turnout.errors import Conflict, Gone, Invalid, Missing
from turnout.store import Tx

LASTING_MS = 14 * 24 * 3_600_000
LONGEST = 200


class StaffInvitation(NamedTuple):
    """An invitation. Instants in epoch ms; `roles` and `event_ids` as they are stored."""

    org_id: OrgId
    id: int
    email: str
    roles: str
    event_ids: str
    inviter: str
    created_at: int
    ends_at: int
    accepted_at: int | None
    withdrawn_at: int | None

    @property
    def role_set(self) -> frozenset[StaffRole]:
        return frozenset(StaffRole(role) for role in self.roles.split())

    @property
    def events(self) -> list[EventId]:
        return msgspec.json.decode(self.event_ids, type=list[EventId])

    def state(self, now: int) -> str:
        """`open`, `accepted`, `withdrawn` or `over` at the instant `now` (epoch ms)."""
        if self.accepted_at is not None:
            return "accepted"
        if self.withdrawn_at is not None:
            return "withdrawn"
        return "open" if self.ends_at > now else "over"


class Invited(NamedTuple):
    """An invitation that is open, and whom it is from."""

    invitation: StaffInvitation
    organization: str
    has_user: bool


def make_invitation(
    tx: Tx,
    org_id: OrgId,
    email: str,
    roles: Collection[StaffRole],
    event_ids: Collection[EventId] = (),
    *,
    actor: str,
) -> tuple[StaffInvitation, str]:
    """Invite somebody; returns the token, which is shown to nobody else. With `event_ids`, to
    these events alone. Raises Invalid for a bad e-mail, no role, or an event of others."""
    email = email.strip()
    if not is_email(email):
        raise Invalid("user.email", email=email)
    if not roles:
        raise Invalid("staff.no_role")
    for event_id in event_ids:
        if not sql.has_event(tx, org_id=org_id, event_id=event_id):
            raise Invalid("staff.event", event_id=event_id)
    sql.withdraw_staff_invitations_to(tx, org_id=org_id, email=email, now=tx.now)
    token = secrets.token_urlsafe(32)
    sql.add_staff_invitation(
        tx,
        org_id=org_id,
        id=tx.next_id("staff"),
        digest=digest_of(token),
        email=email,
        roles=" ".join(sorted(roles)),
        event_ids=msgspec.json.encode(sorted(event_ids)).decode(),
        inviter=actor,
        now=tx.now,
        ends_at=tx.now + LASTING_MS,
    )
    made = _get(tx, token)
    record(tx, org_id, actor, "invited", "staff_invitation", made.id, roles=sorted(roles))
    return made, token


def get_invited(tx: Tx, token: str) -> Invited:
    """The open invitation of a token. Raises Missing, Gone for one that is used or over."""
    invitation = _get_open(tx, token)
    organization = get_organization_of(tx, invitation.org_id)
    has_user = bool(sql.list_users_by_email(tx, email=invitation.email, limit=1))
    return Invited(invitation, organization.name, has_user)


def accept_as_user(tx: Tx, principal: Principal, token: str) -> str:
    """Accept as the user who is signed in; returns the organization's short name. Raises as
    `get_invited`."""
    member = require_member(tx, principal)
    return _accept(tx, token, member.user)


def accept_as_new(tx: Tx, token: str, name: str, password_hash: str) -> tuple[Principal, str]:
    """Make a user of the invited address and accept; who it is, and the short name of the place.
    Raises as `get_invited`, Conflict where a user of the organization has the address already. One
    of another organization, where anybody may have written it, keeps nobody out."""
    invitation = _get_open(tx, token)
    org_id, email = invitation.org_id, invitation.email
    if any(user.email.casefold() == email.casefold() for user in list_users(tx, org_id)):
        raise Conflict("staff.has_user", email=email)
    user = create_user(
        tx,
        org_id,
        _free_code(tx, invitation),
        name=name,
        email=invitation.email,
        role=Role.ACCT,
        password_hash=password_hash,
        roles=(),
        actor=f"invitation:{invitation.id}",
    )
    slug = _accept(tx, token, user)
    password = find_password(tx, user.user_code)
    if password is None:
        raise Gone("link.used")
    return password.principal, slug


def list_invitations(tx: Tx, org_id: OrgId) -> list[StaffInvitation]:
    """The newest 200 invitations of an organization, newest first."""
    return sql.list_staff_invitations(tx, org_id=org_id)


def withdraw_invitation(tx: Tx, org_id: OrgId, invitation_id: int, *, actor: str) -> None:
    """End an open invitation. Raises Missing for one that is not open."""
    if not sql.withdraw_staff_invitation(tx, org_id=org_id, id=invitation_id, now=tx.now):
        raise Missing("staff.no_invitation")
    record(tx, org_id, actor, "withdrew", "staff_invitation", invitation_id)


def _accept(tx: Tx, token: str, user: User) -> str:
    invitation = _get_open(tx, token)
    org_id = invitation.org_id
    if not sql.accept_staff_invitation(tx, org_id=org_id, id=invitation.id, now=tx.now):
        raise Gone("staff.invitation_used")
    add_staff(tx, org_id, user.org_id, user.id, invitation.role_set)
    actor = f"user:{user.id}"
    roles = sorted(invitation.role_set)
    record(tx, org_id, actor, "accepted", "staff_invitation", invitation.id, roles=roles)
    if events := invitation.events:
        limit_colleague(tx, org_id, user.id, events, is_limited=True, actor=actor)
    return get_organization_of(tx, org_id).slug


def _free_code(tx: Tx, invitation: StaffInvitation) -> str:
    """The invited address, or what begins with the organization where a user has that code."""
    email = invitation.email
    if find_name(tx, "user", email.casefold()) is None:
        return email
    code = f"{get_organization_of(tx, invitation.org_id).slug}/{email}"
    return code if find_name(tx, "user", code.casefold()) is None else f"{code}/{invitation.id}"


def _get_open(tx: Tx, token: str) -> StaffInvitation:
    found = _get(tx, token)
    match found.state(tx.now):
        case "accepted":
            raise Gone("staff.invitation_used")
        case "withdrawn":
            raise Gone("staff.invitation_withdrawn")
        case "over":
            raise Gone("staff.invitation_over")
    return found


def _get(tx: Tx, token: str) -> StaffInvitation:
    found = sql.find_staff_invitation(tx, digest=digest_of(token[:LONGEST]))
    if found is None:
        raise Missing("link.missing")
    return found
