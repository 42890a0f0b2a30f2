"""Who asks, and for which organization. What they may do there is decided in core/identity:
`roles.py` has the one table of permissions, `Access` in `staff.py` judges by it.

A permission is `noun.verb`; every page and every action of the console names exactly one. If you
add a permission, add it to that table and to tests/matrix.
"""

from typing import NamedTuple

from turnout.core.identity.model import Principal
from turnout.core.identity.roles import StaffRole
from turnout.core.identity.staff import (
    Access,
    get_access,
    get_event_access,
    get_first_access,
    get_own_access,
    missing_workplace,
)
from turnout.core.ids import EventId, OrgId, UserId
from turnout.store import Tx

LONGEST_NUMBER = 15
ACCOUNT = "account.change"
"""The permission of pages of somebody's own account, which are open without any role."""


class ConsoleUser(NamedTuple):
    """Who is signed in, and what they may do in the organization of the page."""

    access: Access

    @property
    def org_id(self) -> OrgId:
        """The organization of the page, which need not be the user's own."""
        return self.access.organization.org_id

    @property
    def user_id(self) -> UserId:
        return self.access.member.user.id

    @property
    def roles(self) -> frozenset[StaffRole]:
        return self.access.roles

    @property
    def user_code(self) -> str:
        return self.access.member.user.user_code

    @property
    def name(self) -> str:
        return self.access.member.user.name

    @property
    def actor(self) -> str:
        """As the audit log names it."""
        return self.access.actor

    @property
    def initials(self) -> str:
        """Two letters for a small disc."""
        return initials_of(self.name or self.user_code)

    def may(self, permission: str, event_id: EventId | None = None) -> bool:
        """Whether a role has it, at this event or, without one, for the organization."""
        return permission == ACCOUNT or self.access.may(permission, event_id)

    def sees(self, event_id: EventId) -> bool:
        """Whether the user may know of that event."""
        return self.access.sees(event_id)


def initials_of(name: str) -> str:
    """Two letters of a name or a code."""
    words = name.replace("/", " ").replace(".", " ").replace("@", " ").split()
    letters = [word[0] for word in words if word]
    return "".join(letters[:1] + letters[-1:] if len(letters) > 1 else letters).upper()


def admit(
    tx: Tx, principal: Principal, permission: str, scope: str
) -> tuple[ConsoleUser, EventId | None]:
    """Who asks, and the event that `scope` names (None for an organization's short name, or for
    none). Raises Denied for what the roles do not permit, Missing for an organization or event that
    the user is not to know of."""
    event_id = _read_event(scope)
    if permission == ACCOUNT:
        return ConsoleUser(get_own_access(tx, principal, scope)), None
    if event_id is not None:
        access = get_event_access(tx, principal, event_id)
    else:
        access = get_access(tx, principal, scope) if scope else get_first_access(tx, principal)
    access.require(permission, event_id)
    return ConsoleUser(access), event_id


def _read_event(scope: str) -> EventId | None:
    if not (scope.isascii() and scope.isdigit()):
        return None
    if len(scope) > LONGEST_NUMBER:
        raise missing_workplace()
    return EventId(int(scope))
