"""What each role of staff permits: the one table that every page and action of the console asks.

A permission is `noun.verb`; every page and every action names exactly one, and `Access.may` in
staff.py is the only place that decides. Roles are given for an organization; somebody may have
several, and other ones elsewhere. They are not the roles of the messaging contract (`Role` in
model.py), which say whose users and jobs a user sees over that API.
"""

import enum
from collections.abc import Collection, Mapping

from turnout.core.identity.model import Role


class StaffRole(enum.StrEnum):
    """What somebody is for an organization."""

    OWNER = "owner"
    ORGANIZER = "organizer"
    FINANCE = "finance"
    MESSENGER = "messenger"
    EXAM_OFFICER = "exam_officer"
    DOOR = "door"
    READER = "reader"


STAFF_ROLES = {
    Role.ADMIN: frozenset({StaffRole.OWNER}),
    Role.AGENT: frozenset({StaffRole.ORGANIZER}),
    Role.ACCT: frozenset({StaffRole.MESSENGER}),
}
"""The roles in the console of a user that is made with a role of the messaging contract."""


_R = StaffRole
EVERYBODY = frozenset(StaffRole)
OWNERS = frozenset({_R.OWNER})
ORGANIZERS = frozenset({_R.OWNER, _R.ORGANIZER})
READERS = EVERYBODY - {_R.DOOR}

PERMISSIONS: Mapping[str, frozenset[StaffRole]] = {
    "events.see": EVERYBODY,
    "event.see": EVERYBODY,
    "event.add": ORGANIZERS,
    "event.change": ORGANIZERS,
    "event.publish": ORGANIZERS,
    "event.cancel": ORGANIZERS,
    "people.see": EVERYBODY,
    "people.read": READERS,
    "people.add": ORGANIZERS | {_R.DOOR},
    "people.change": ORGANIZERS,
    "people.cancel": ORGANIZERS,
    "people.merge": ORGANIZERS,
    "people.erase": OWNERS,
    "people.import": ORGANIZERS,
    "people.export": ORGANIZERS | {_R.FINANCE},
    "payments.settle": ORGANIZERS | {_R.FINANCE},
    "people.check_in": ORGANIZERS | {_R.DOOR},
    "invitations.see": READERS,
    "invitations.send": ORGANIZERS | {_R.MESSENGER},
    "messages.see": READERS,
    "messages.send": ORGANIZERS | {_R.MESSENGER},
    "exams.see": READERS,
    "exams.change": ORGANIZERS | {_R.EXAM_OFFICER},
    "door.see": EVERYBODY,
    "door.change": ORGANIZERS,
    "webcast.see": READERS,
    "webcast.change": ORGANIZERS,
    "report.see": READERS,
    "report.export": ORGANIZERS | {_R.FINANCE},
    "report.names": OWNERS,
    "log.see": ORGANIZERS,
    "organization.see": READERS,
    "organization.change": OWNERS,
    "users.see": OWNERS,
    "users.change": OWNERS,
    "credentials.see": OWNERS,
    "credentials.change": OWNERS,
    "callbacks.see": ORGANIZERS,
    "callbacks.replay": ORGANIZERS,
    "server.see": OWNERS,
    "account.change": EVERYBODY,
}
"""Every permission, `noun.verb`, with the roles that have it."""

BEYOND_EVENTS = frozenset({"events.see", "account.change"})
"""What belongs to nobody's event, yet is open to those who see some events only."""


def has_permission(roles: Collection[StaffRole], permission: str) -> bool:
    """Whether one of these roles has that permission."""
    return not PERMISSIONS[permission].isdisjoint(roles)
