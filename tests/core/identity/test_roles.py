"""The table of permissions: who may do what, role by role."""

from turnout.core.identity.roles import PERMISSIONS, STAFF_ROLES, StaffRole, has_permission

OF_ROLE = {
    StaffRole.FINANCE: {"people.export", "payments.settle", "report.export"},
    StaffRole.MESSENGER: {"invitations.send", "messages.send"},
    StaffRole.EXAM_OFFICER: {"exams.change"},
    StaffRole.DOOR: {"people.add", "people.check_in"},
    StaffRole.READER: set(),
}
OF_ALL = {"events.see", "event.see", "people.see", "door.see", "account.change"}
OF_READERS = OF_ALL | {
    *("invitations.see", "messages.see", "exams.see", "webcast.see", "report.see"),
    *("organization.see", "people.read"),
}


def permissions_of(role: StaffRole) -> set[str]:
    return {name for name in PERMISSIONS if has_permission([role], name)}


def test_each_role_may_what_it_is_for_and_no_more() -> None:
    found = {role: permissions_of(role) for role in OF_ROLE}
    seen = {role: OF_ALL if role is StaffRole.DOOR else OF_READERS for role in OF_ROLE}
    assert found == {role: OF_ROLE[role] | seen[role] for role in OF_ROLE}


def test_owners_may_everything_and_organizers_what_is_not_the_organizations() -> None:
    assert permissions_of(StaffRole.OWNER) == set(PERMISSIONS)
    assert permissions_of(StaffRole.OWNER) - permissions_of(StaffRole.ORGANIZER) == {
        *("people.erase", "organization.change", "users.see", "users.change"),
        *("credentials.see", "credentials.change", "server.see"),
        "report.names",
    }


def test_several_roles_add_up() -> None:
    both = [StaffRole.DOOR, StaffRole.FINANCE]
    assert has_permission(both, "people.check_in")
    assert has_permission(both, "report.export")
    assert not has_permission([], "events.see")


def test_roles_of_the_messaging_contract_become_these() -> None:
    assert {role.value: {*map(str, roles)} for role, roles in STAFF_ROLES.items()} == {
        "Admin": {"owner"},
        "Agent": {"organizer"},
        "Acct": {"messenger"},
    }
