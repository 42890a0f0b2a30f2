"""Who works for an organization, in which roles, and which events they may see.

Theory. A user belongs to one organization and may have roles in others, too. Who has none there
does not learn that it exists: everything of it is Missing. A role without the permission is Denied.
Roles are read in every transaction, so what is taken away ends at once.

An event is seen by everybody with a role, unless one of two things limits it: the event is open to
some people only, or the person sees some events only. Both are named by the same rows
(`staff_events`). Owners see every event.

An organization that had an owner always has one who can sign in: the last one neither goes nor
changes roles. Disabling a user is the operator's (user_changes.py), and can be undone.
"""

from collections.abc import Collection
from typing import NamedTuple

from turnout.core.audit.recording import record
from turnout.core.identity.authority import Standing, may_give
from turnout.core.identity.giving_roles import add_staff
from turnout.core.identity.members import require_member
from turnout.core.identity.model import Member, Organization, Principal, User
from turnout.core.identity.roles import BEYOND_EVENTS, PERMISSIONS, StaffRole, has_permission
from turnout.core.identity.sight import EventSight
from turnout.core.identity.sql import sql
from turnout.core.ids import EventId, OrgId, UserId
from turnout.errors import Conflict, Denied, Invalid, Missing
from turnout.store import Tx

Roles = frozenset[StaffRole]


class Access(NamedTuple):
    """What somebody may do in an organization, as it stands now. `named` are the events that name
    the person, `closed` those that only named people see."""

    member: Member
    organization: Organization
    roles: Roles
    is_limited: bool
    named: frozenset[EventId]
    closed: frozenset[EventId]

    def may(self, permission: str, event_id: EventId | None = None) -> bool:
        """Whether a role has it, at that event or, without one, for the organization. The only
        place where it is decided."""
        if not has_permission(self.roles, permission):
            return False
        if event_id is None:
            return self.is_owner or not self.is_limited or permission in BEYOND_EVENTS
        return self.sees(event_id)

    @property
    def is_owner(self) -> bool:
        return StaffRole.OWNER in self.roles

    def sees(self, event_id: EventId) -> bool:
        """Whether the person may see that event of the organization."""
        return self.sight.sees(event_id)

    @property
    def sight(self) -> EventSight:
        """Which events the person sees."""
        return EventSight(self.is_owner, self.is_limited, self.named, self.closed)

    def require(self, permission: str, event_id: EventId | None = None) -> None:
        """Raise Denied for what the roles do not permit, Missing for an event that the person is
        not to know of."""
        if event_id is not None and not self.sees(event_id):
            raise _missing_event(event_id)
        if not self.may(permission, event_id):
            raise Denied("staff.denied", roles=sorted(PERMISSIONS[permission]))

    @property
    def actor(self) -> str:
        return self.member.actor


class Workplace(NamedTuple):
    """An organization that somebody has roles in."""

    org_id: OrgId
    slug: str
    name: str
    roles: Roles


class Colleague(NamedTuple):
    """Somebody with roles in an organization. Instants in epoch ms; `home` is the short name of the
    user's own organization where that is another one."""

    user: User
    roles: Roles
    is_limited: bool
    event_ids: frozenset[EventId]
    disabled_at: int | None
    used_at: int | None
    home: str


def list_workplaces(tx: Tx, principal: Principal) -> list[Workplace]:
    """The organizations in which the person who signed in has roles, by name."""
    member = require_member(tx, principal)
    found: dict[OrgId, Workplace] = {}
    for row in sql.list_workplaces(tx, user_id=member.user.id):
        place = found.get(row.org_id) or Workplace(row.org_id, row.slug, row.name, frozenset())
        found[row.org_id] = place._replace(roles=place.roles | {StaffRole(row.role)})
    return list(found.values())


def get_access(tx: Tx, principal: Principal, slug: str) -> Access:
    """What the person who signed in may do in the organization of that short name. Raises Missing
    where the person has no role, as for an organization that is none."""
    member = require_member(tx, principal)
    organization = sql.find_organization(tx, slug=slug)
    if organization is None:
        raise missing_workplace()
    return _access(tx, member, organization)


def get_first_access(tx: Tx, principal: Principal) -> Access:
    """`get_access` for where the person begins: the own organization, or else the first in which
    they have a role. Raises Denied for somebody without any."""
    places = list_workplaces(tx, principal)
    if not places:
        raise Denied("staff.nowhere")
    own = [place for place in places if place.org_id == principal.org_id]
    return get_access(tx, principal, (own or places)[0].slug)


def get_own_access(tx: Tx, principal: Principal, slug: str) -> Access:
    """`get_access`, or that of the own organization, also without a role there: for pages of the
    person's own account. Raises Missing for an organization of others."""
    member = require_member(tx, principal)
    own = sql.get_organization(tx, org_id=member.user.org_id)
    if slug and slug != own.slug:
        return get_access(tx, principal, slug)
    try:
        return _access(tx, member, own)
    except Missing:
        return Access(member, own, frozenset(), False, frozenset(), frozenset())


def get_event_access(tx: Tx, principal: Principal, event_id: EventId) -> Access:
    """`get_access` for the organization of that event. Raises Missing for an event that the person
    does not see."""
    member = require_member(tx, principal)
    organization = sql.find_organization_of_event(tx, event_id=event_id)
    if organization is None:
        raise _missing_event(event_id)
    try:
        access = _access(tx, member, organization)
    except Missing as failure:
        raise _missing_event(event_id) from failure
    if not access.sees(event_id):
        raise _missing_event(event_id)
    return access


def _access(tx: Tx, member: Member, organization: Organization) -> Access:
    org_id, user_id = organization.org_id, member.user.id
    rows = sql.list_roles_of(tx, org_id=org_id, user_id=user_id)
    if not rows:
        raise missing_workplace()
    named = sql.list_events_of_staff(tx, org_id=org_id, user_id=user_id)
    return Access(
        member,
        organization,
        frozenset(StaffRole(row.role) for row in rows),
        bool(rows[0].is_limited),
        frozenset(event_id for (event_id,) in named),
        list_closed_events(tx, org_id),
    )


def list_colleagues(tx: Tx, org_id: OrgId) -> list[Colleague]:
    """Everybody with a role in the organization, oldest first, disabled users too."""
    events: dict[UserId, set[EventId]] = {}
    for user_id, event_id in sql.list_staff_events(tx, org_id=org_id):
        events.setdefault(user_id, set()).add(event_id)
    roles: dict[UserId, set[StaffRole]] = {}
    for user_id, role in sql.list_staff_roles(tx, org_id=org_id):
        roles.setdefault(user_id, set()).add(StaffRole(role))
    return [
        Colleague(
            row.user,
            frozenset(roles[row.user.id]),
            bool(row.is_limited),
            frozenset(events.get(row.user.id, ())),
            row.disabled_at,
            row.used_at,
            row.home,
        )
        for row in sql.list_staff(tx, org_id=org_id)
        if row.user.id in roles
    ]


def get_colleague(tx: Tx, org_id: OrgId, user_id: UserId) -> Colleague:
    """Somebody with a role in the organization. Raises Missing."""
    for colleague in list_colleagues(tx, org_id):
        if colleague.user.id == user_id:
            return colleague
    raise Missing("user.missing", user_id=user_id)


def set_roles(
    tx: Tx, org_id: OrgId, user: User, roles: Collection[StaffRole], *, actor: str
) -> None:
    """Give a user, of this organization or of another one, exactly these roles; none = the user
    works here no more. Idempotent. Raises Conflict for the last owner."""
    add_staff(tx, org_id, user.org_id, user.id, ())
    sql.hold_staff(tx, org_id=org_id)
    rows = sql.list_roles_of(tx, org_id=org_id, user_id=user.id)
    before = {StaffRole(row.role) for row in rows}
    if before == set(roles):
        return
    is_owner_going = StaffRole.OWNER in before and StaffRole.OWNER not in roles
    if is_owner_going and not sql.count_owners(tx, org_id=org_id, other_than=user.id):
        raise Conflict("staff.last_owner")
    if not roles:
        sql.set_limited(tx, org_id=org_id, user_id=user.id, is_limited=0)
        sql.delete_events_of_staff(tx, org_id=org_id, user_id=user.id)
    sql.delete_staff_roles(tx, org_id=org_id, user_id=user.id)
    for role in sorted(roles):
        sql.add_staff_role(tx, org_id=org_id, user_id=user.id, role=role.value)
    shown = [sorted(before), sorted(roles)]
    record(tx, org_id, actor, "changed", "user", user.id, roles=shown)


def require_may_give(
    tx: Tx,
    access: Access,
    user_id: UserId,
    roles: Collection[StaffRole],
    event_ids: Collection[EventId],
    *,
    is_limited: bool,
) -> None:
    """Raise Denied unless the person may give the user, NO_USER for somebody invited, these roles
    and events, and take those that the user has."""
    given = Standing(frozenset(roles), is_limited, frozenset(event_ids))
    if not may_give(tx, access.member.user.id, access.organization.org_id, given, user_id):
        raise Denied("staff.denied", roles=[StaffRole.OWNER])


def limit_colleague(
    tx: Tx,
    org_id: OrgId,
    user_id: UserId,
    event_ids: Collection[EventId],
    *,
    is_limited: bool,
    actor: str,
) -> None:
    """Name the events that a colleague sees; `is_limited`: these and no others. Idempotent. Raises
    Missing, Invalid for an event that is not the organization's."""
    sql.hold_staff(tx, org_id=org_id)
    before = get_colleague(tx, org_id, user_id)
    if (before.is_limited, before.event_ids) == (is_limited, frozenset(event_ids)):
        return
    _check_events(tx, org_id, event_ids)
    sql.set_limited(tx, org_id=org_id, user_id=user_id, is_limited=int(is_limited))
    sql.delete_events_of_staff(tx, org_id=org_id, user_id=user_id)
    for event_id in sorted(event_ids):
        sql.add_staff_event(tx, org_id=org_id, event_id=event_id, user_id=user_id)
    events = [sorted(before.event_ids), sorted(event_ids)]
    record(tx, org_id, actor, "changed", "user", user_id, is_limited=is_limited, events=events)


def limit_event(tx: Tx, org_id: OrgId, event_id: EventId, *, is_limited: bool, actor: str) -> None:
    """Let only owners and those whom the event names see it, or everybody again. Idempotent. Raises
    Invalid for an event that is not the organization's."""
    _check_events(tx, org_id, [event_id])
    change = sql.add_limited_event if is_limited else sql.delete_limited_event
    if change(tx, org_id=org_id, event_id=event_id):
        record(tx, org_id, actor, "changed", "event", event_id, is_limited=is_limited)


def list_closed_events(tx: Tx, org_id: OrgId) -> frozenset[EventId]:
    """The events that only owners and those whom they name see."""
    return frozenset(event_id for (event_id,) in sql.list_limited_events(tx, org_id=org_id))


def missing_workplace() -> Missing:
    """The failure of an organization that is none, or where the person has no role."""
    return Missing("staff.missing")


def _check_events(tx: Tx, org_id: OrgId, event_ids: Collection[EventId]) -> None:
    for event_id in event_ids:
        if not sql.has_event(tx, org_id=org_id, event_id=event_id):
            raise Invalid("staff.event", event_id=event_id)


def _missing_event(event_id: EventId) -> Missing:
    return Missing("event.missing", event_id=event_id)
