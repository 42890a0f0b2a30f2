"""Who may change whom: the one rule that the console and the APIs ask.

> Nobody changes a user who may do what they may not.

Theory. With somebody's password, address or user code one signs in as them, so a caller who changes
a user can have all that the user may do: the user's permissions and events, in each organization
that the user has roles in. Giving roles, to a new user or an old one, is the same. So an owner is
changed by owners, or by the operator's commands, which ask nothing here. Everybody changes
themselves.

In companies that a caller of the messaging API reaches without having a role there, it counts for
what the contract lets it make there: an Admin for an owner, an Agent for a messenger, each no more
than at home.
"""

from collections.abc import Collection, Iterable
from typing import NamedTuple

from turnout.core.identity.model import Role, User
from turnout.core.identity.roles import PERMISSIONS, STAFF_ROLES, StaffRole, has_permission
from turnout.core.identity.sql import sql
from turnout.core.ids import EventId, OrgId, UserId
from turnout.store import Tx

_MADE_BY = {Role.ADMIN: Role.ADMIN, Role.AGENT: Role.ACCT}


class Standing(NamedTuple):
    """What somebody is in one organization: `named` are the events that name them, the only ones
    that they see if `is_limited`."""

    roles: frozenset[StaffRole]
    is_limited: bool = False
    named: frozenset[EventId] = frozenset()

    def covers(self, other: "Standing", closed: Collection[EventId] = ()) -> bool:
        """Whether the other may do and see nothing that this one may not; `closed` are the events
        that only named people see."""
        if not other.roles or StaffRole.OWNER in self.roles:
            return True
        if StaffRole.OWNER in other.roles:
            return False
        for permission in PERMISSIONS:
            if has_permission(other.roles, permission) > has_permission(self.roles, permission):
                return False
        if self.is_limited:
            return other.is_limited and other.named <= self.named
        return other.named.isdisjoint(set(closed) - self.named)


def find_standing(tx: Tx, org_id: OrgId, user_id: UserId) -> Standing:
    """What the user is in the organization; without roles for somebody who has none."""
    rows = sql.list_roles_of(tx, org_id=org_id, user_id=user_id)
    if not rows:
        return Standing(frozenset())
    named = sql.list_events_of_staff(tx, org_id=org_id, user_id=user_id)
    return Standing(
        frozenset(StaffRole(row.role) for row in rows),
        bool(rows[0].is_limited),
        frozenset(event_id for (event_id,) in named),
    )


def may_change(tx: Tx, caller: User, user: User) -> bool:
    """Whether the caller, who sees the user over the messaging API, may change the user's account:
    the caller covers all that the user is, in each organization."""
    if caller.id == user.id:
        return True
    places = {row.org_id for row in sql.list_workplaces(tx, user_id=user.id)}
    return all(
        _covers(tx, _standings_of(tx, caller, org_id, user.org_id), org_id, user.id)
        for org_id in sorted(places)
    )


def may_make(tx: Tx, caller: User, role: Role, org_id: OrgId | None) -> bool:
    """Whether the caller may make a user of that role of the messaging contract, and so of its
    roles in the console, in a company that it sees; None = in a new one."""
    wanted = Standing(STAFF_ROLES[role])
    if org_id is None:
        standings: Iterable[Standing] = _standings_elsewhere(tx, caller)
    else:
        standings = _standings_of(tx, caller, org_id, org_id)
    return any(standing.covers(wanted) for standing in standings)


def may_change_company(tx: Tx, caller: User, org_id: OrgId) -> bool:
    """Whether the caller may change the name and details of a company whose user it may change. Its
    own is the organization of the console, which asks for a permission."""
    if caller.org_id != org_id:
        return True
    return has_permission(find_standing(tx, org_id, caller.id).roles, "organization.change")


def may_give(tx: Tx, caller_id: UserId, org_id: OrgId, given: Standing, user_id: UserId) -> bool:
    """Whether the caller may make the user, who may have roles already, exactly that in the
    organization. For somebody who has only been invited, `user_id` is NO_USER."""
    own = find_standing(tx, org_id, caller_id)
    closed = _closed(tx, org_id)
    return own.covers(given, closed) and own.covers(find_standing(tx, org_id, user_id), closed)


def _covers(tx: Tx, standings: Iterable[Standing], org_id: OrgId, user_id: UserId) -> bool:
    theirs, closed = find_standing(tx, org_id, user_id), _closed(tx, org_id)
    return any(standing.covers(theirs, closed) for standing in standings)


def _standings_of(tx: Tx, caller: User, org_id: OrgId, home: OrgId) -> list[Standing]:
    """What the caller counts for in an organization; `home` is that of the user in question, which
    the caller sees."""
    own = [find_standing(tx, org_id, caller.id)]
    is_elsewhere = org_id == home and org_id != caller.org_id
    return own + (_standings_elsewhere(tx, caller) if is_elsewhere else [])


def _standings_elsewhere(tx: Tx, caller: User) -> list[Standing]:
    made = _MADE_BY.get(caller.role)
    if made is None:
        return []
    at_home, wanted = find_standing(tx, caller.org_id, caller.id), Standing(STAFF_ROLES[made])
    return [wanted if at_home.covers(wanted) else at_home]


def _closed(tx: Tx, org_id: OrgId) -> frozenset[EventId]:
    return frozenset(event_id for (event_id,) in sql.list_limited_events(tx, org_id=org_id))
