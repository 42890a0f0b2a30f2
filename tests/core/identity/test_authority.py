"""Who may change whom: nobody changes a user who may do what they may not."""

from itertools import product
from typing import Any

import pytest

from tests.core.identity.staff import add_user, principal_of
from tests.support.builder import make_organization
from turnout.core.identity.authority import Standing, find_standing, may_give
from turnout.core.identity.members import NewMember, add_member, edit_member
from turnout.core.identity.model import Profile, Role, User
from turnout.core.identity.roles import PERMISSIONS, StaffRole
from turnout.core.identity.staff import set_roles
from turnout.core.identity.user_changes import change_user
from turnout.core.ids import EventId, OrgId
from turnout.errors import Denied
from turnout.store import Database

OWNER, ORGANIZER, FINANCE = StaffRole.OWNER, StaffRole.ORGANIZER, StaffRole.FINANCE
MESSENGER, EXAMS = StaffRole.MESSENGER, StaffRole.EXAM_OFFICER
FIELDS: tuple[dict[str, Any], ...] = (
    {"email": "thief@example.com"},
    {"is_live": False},
    {"monthly_limit": 1},
    {"phone": "1"},
    {},
)


def standing(*roles: StaffRole, named: tuple[int, ...] | None = None) -> Standing:
    return Standing(frozenset(roles), named is not None, frozenset(map(EventId, named or ())))


@pytest.mark.parametrize(("mine", "theirs"), list(product(StaffRole, StaffRole)))
def test_a_role_covers_those_that_permit_no_more(mine: StaffRole, theirs: StaffRole) -> None:
    permitted = [mine in roles or theirs not in roles for roles in PERMISSIONS.values()]
    assert standing(mine).covers(standing(theirs)) == all(permitted)


def test_several_roles_together_cover_another_and_nobody_is_covered_by_everybody() -> None:
    assert not standing(MESSENGER).covers(standing(FINANCE, EXAMS))
    assert standing(FINANCE, EXAMS).covers(standing(EXAMS))
    assert not standing(ORGANIZER).covers(standing(OWNER))
    assert standing().covers(standing())
    assert not standing().covers(standing(StaffRole.READER))


def test_the_events_of_the_other_are_covered_too() -> None:
    limited = standing(ORGANIZER, named=(1, 2))
    assert limited.covers(standing(MESSENGER, named=(2,)))
    assert not limited.covers(standing(MESSENGER, named=(3,)))
    assert not limited.covers(standing(MESSENGER))
    assert standing(ORGANIZER).covers(standing(MESSENGER, named=(3,)))
    shown = Standing(frozenset({MESSENGER}), named=frozenset({EventId(3)}))
    assert not standing(ORGANIZER).covers(shown, {EventId(3)})
    assert standing(OWNER).covers(shown, {EventId(3)})


def make_agent(db: Database, org_id: OrgId, *roles: StaffRole, role: Role = Role.AGENT) -> User:
    user = add_user(db, org_id, f"{role}-{'-'.join(roles)}", roles)
    return db.call(change_user, org_id, user.user_code, role=role, actor="test")


def outcomes(db: Database, caller: User, user: User) -> set[bool]:
    """Whether changes of each kind go through."""
    code = f"{user.user_code}-renamed-by-{caller.user_code}"
    tried: list[tuple[dict[str, Any], str | None]] = [(changes, None) for changes in FIELDS]
    tried += [({"user_code": code}, None), ({}, "hash")]
    found = set()
    for changes, hashed in tried:
        try:
            db.call(edit_member, principal_of(db, caller), user.id, changes, {}, hashed)
            found.add(True)
        except Denied:
            found.add(False)
    return found


@pytest.mark.parametrize("role", [Role.AGENT, Role.ADMIN])
def test_over_the_api_an_owner_is_changed_by_owners_alone(
    db: Database, org_id: OrgId, role: Role
) -> None:
    organizer = make_agent(db, org_id, ORGANIZER, role=role)
    boss = add_user(db, org_id, "boss", {OWNER})
    jo = add_user(db, org_id, "jo", {MESSENGER, EXAMS})
    assert outcomes(db, organizer, boss) == {False}
    assert outcomes(db, make_agent(db, org_id, OWNER, role=role), boss) == {True}
    assert outcomes(db, organizer, jo) == {True}


def test_roles_in_another_organization_are_asked_too(db: Database, org_id: OrgId) -> None:
    other = db.call(make_organization, f"elsewhere-{org_id}", "Elsewhere")
    owner = make_agent(db, org_id, OWNER, role=Role.ADMIN)
    jo = add_user(db, org_id, "jo", {MESSENGER})
    db.call(set_roles, other, jo, {StaffRole.READER}, actor="test")
    assert outcomes(db, owner, jo) == {False}
    db.call(set_roles, other, jo, (), actor="test")
    assert outcomes(db, owner, jo) == {True}


def test_a_new_user_may_do_no_more_than_who_makes_it(db: Database, org_id: OrgId) -> None:
    def make(caller: User, role: Role, name: str) -> bool:
        new = NewMember(
            f"{name}-{org_id}", "n@example.com", role, Profile(), True, org_id, {}, None
        )
        try:
            db.call(add_member, principal_of(db, caller), new, "hash")
        except Denied:
            return False
        return True

    organizer = make_agent(db, org_id, ORGANIZER, role=Role.ADMIN)
    made = [make(organizer, role, role.value) for role in (Role.ADMIN, Role.AGENT, Role.ACCT)]
    assert made == [False, True, True]
    assert not make(make_agent(db, org_id, MESSENGER, role=Role.ADMIN), Role.AGENT, "more")
    assert make(make_agent(db, org_id, MESSENGER), Role.ACCT, "same")
    assert make(make_agent(db, org_id, OWNER, role=Role.ADMIN), Role.ADMIN, "boss")


def test_the_console_asks_the_same(db: Database, org_id: OrgId) -> None:
    organizer, boss = (
        add_user(db, org_id, "org", {ORGANIZER}),
        add_user(db, org_id, "boss", {OWNER}),
    )

    def gives(caller: User, given: Standing, user: User) -> bool:
        return db.call(may_give, caller.id, org_id, given, user.id)

    assert db.call(find_standing, org_id, boss.id) == standing(OWNER)
    assert not gives(organizer, standing(OWNER), organizer)
    assert not gives(organizer, standing(), boss)
    assert gives(organizer, standing(MESSENGER), organizer)
    assert gives(boss, standing(OWNER), organizer)


def test_an_organization_is_renamed_over_the_api_by_who_may_in_the_console(
    db: Database, org_id: OrgId
) -> None:
    jo = add_user(db, org_id, "jo", {MESSENGER})
    for role, is_permitted in ((ORGANIZER, False), (OWNER, True)):
        caller = principal_of(db, make_agent(db, org_id, role))
        try:
            db.call(edit_member, caller, jo.id, {}, {"name": f"Renamed by {role}"}, None)
            assert is_permitted
        except Denied:
            assert not is_permitted
