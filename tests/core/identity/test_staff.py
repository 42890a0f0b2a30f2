"""Who works for an organization: roles, events, and the last owner."""

import threading

import pytest

from tests.core.identity.staff import add_user, principal_of
from tests.support.builder import make_organization
from tests.support.node import Account
from turnout.core.audit.recording import list_entries
from turnout.core.identity.organizations import get_organization_of
from turnout.core.identity.roles import StaffRole
from turnout.core.identity.staff import (
    get_access,
    get_colleague,
    get_event_access,
    limit_colleague,
    limit_event,
    list_colleagues,
    list_workplaces,
    set_roles,
)
from turnout.core.identity.user_changes import change_user
from turnout.core.ids import EventId, OrgId, UserId
from turnout.errors import Conflict, Denied, Failure, Invalid, Missing
from turnout.store import Database

OWNER, READER, DOOR = StaffRole.OWNER, StaffRole.READER, StaffRole.DOOR


def slug_of(db: Database, org_id: OrgId) -> str:
    return db.call(get_organization_of, org_id).slug


def test_a_user_has_roles_in_several_organizations(db: Database, org_id: OrgId) -> None:
    other = db.call(make_organization, f"other-{org_id}", "A first")
    user = add_user(db, org_id, "ann", {READER})
    db.call(set_roles, other, user, {OWNER, DOOR}, actor="test")
    places = db.call(list_workplaces, principal_of(db, user))
    assert [(place.org_id, set(place.roles)) for place in places] == [
        (other, {OWNER, DOOR}),
        (org_id, {READER}),
    ]
    [there] = db.call(list_colleagues, other)
    assert (there.user, there.home) == (user, slug_of(db, org_id))


def test_an_organization_without_a_role_does_not_exist(db: Database, org_id: OrgId) -> None:
    other = db.call(make_organization, f"closed-{org_id}", "Other")
    user = principal_of(db, add_user(db, org_id, "ann", {OWNER}))
    codes = []
    for slug in (slug_of(db, other), "nobody"):
        with pytest.raises(Missing) as failure:
            db.call(get_access, user, slug)
        codes.append((failure.value.code, failure.value.facts))
    assert codes == [("staff.missing", {})] * 2


def test_a_role_without_the_permission_is_denied(db: Database, org_id: OrgId) -> None:
    user = principal_of(db, add_user(db, org_id, "ann", {READER}))
    access = db.call(get_access, user, slug_of(db, org_id))
    access.require("people.see")
    with pytest.raises(Denied) as failure:
        access.require("users.see")
    assert (failure.value.code, failure.value.facts) == ("staff.denied", {"roles": ["owner"]})


def test_changes_of_roles_are_audited_with_before_and_after(db: Database, org_id: OrgId) -> None:
    user = add_user(db, org_id, "ann", {READER})
    for _ in range(2):
        db.call(set_roles, org_id, user, {DOOR, StaffRole.FINANCE}, actor="jo")
    entries = db.call(list_entries, org_id, "user", user.id)
    assert [(e.actor, e.facts) for e in entries if e.action == "changed"] == [
        ("jo", {"roles": [["reader"], ["door", "finance"]]})
    ]


def test_the_last_owner_stays(db: Database, org_id: OrgId) -> None:
    first, second = add_user(db, org_id, "ann", {OWNER}), add_user(db, org_id, "ben", {OWNER})
    db.call(change_user, org_id, second.user_code, is_disabled=True, actor="test")
    for roles in ({READER}, ()):
        with pytest.raises(Conflict) as failure:
            db.call(set_roles, org_id, first, roles, actor="test")
        assert failure.value.code == "staff.last_owner"
    db.call(change_user, org_id, second.user_code, is_disabled=False, actor="test")
    db.call(set_roles, org_id, first, (), actor="test")
    assert [line.user.id for line in db.call(list_colleagues, org_id)] == [second.id]


def test_two_owners_who_go_at_once_leave_one(db: Database, org_id: OrgId) -> None:
    users = [add_user(db, org_id, name, {OWNER}) for name in ("ann", "ben")]
    refused: list[str] = []

    def leave(index: int) -> None:
        try:
            db.call(set_roles, org_id, users[index], {READER}, actor="test")
        except Failure as failure:
            refused.append(failure.code)

    threads = [threading.Thread(target=leave, args=(index,)) for index in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused == ["staff.last_owner"]
    assert [OWNER in line.roles for line in db.call(list_colleagues, org_id)].count(True) == 1


def test_who_works_here_no_more_is_no_colleague(db: Database, org_id: OrgId) -> None:
    add_user(db, org_id, "ann", {OWNER})
    user = add_user(db, org_id, "ben", {READER})
    db.call(set_roles, org_id, user, (), actor="test")
    with pytest.raises(Missing):
        db.call(get_colleague, org_id, user.id)
    with pytest.raises(Missing):
        db.call(get_access, principal_of(db, user), slug_of(db, org_id))


def seen(db: Database, user: UserId, org_id: OrgId, *events: EventId) -> list[bool]:
    principal = principal_of(db, db.call(get_colleague, org_id, user).user)
    access = db.call(get_access, principal, slug_of(db, org_id))
    found = []
    for event_id in events:
        try:
            found.append(db.call(get_event_access, principal, event_id) == access)
        except Missing:
            found.append(False)
    return found


def test_events_are_limited_to_people_and_people_to_events(db: Database, account: Account) -> None:
    org_id, first = account.org_id, account.event.id
    second = account.channel_sessions[0].event_id
    owner = add_user(db, org_id, "ann", {OWNER}).id
    limited = add_user(db, org_id, "ben", {DOOR}).id
    free = add_user(db, org_id, "cat", {READER}).id
    db.call(limit_colleague, org_id, limited, [first], is_limited=True, actor="test")
    assert [seen(db, user, org_id, first, second) for user in (owner, limited, free)] == [
        [True, True],
        [True, False],
        [True, True],
    ]
    db.call(limit_event, org_id, second, is_limited=True, actor="test")
    assert [seen(db, user, org_id, first, second) for user in (owner, limited, free)] == [
        [True, True],
        [True, False],
        [True, False],
    ]
    db.call(limit_colleague, org_id, free, [second], is_limited=False, actor="test")
    assert seen(db, free, org_id, first, second) == [True, True]


def test_who_sees_some_events_has_nothing_of_the_organization(
    db: Database, account: Account
) -> None:
    user = add_user(db, account.org_id, "ann", {StaffRole.ORGANIZER})
    event = account.event.id
    db.call(limit_colleague, account.org_id, user.id, [event], is_limited=True, actor="test")
    access = db.call(get_access, principal_of(db, user), account.organization.slug)
    asked = ("events.see", "log.see", "event.add")
    assert [access.may(name) for name in asked] == [True, False, False]
    assert access.may("event.change", event)


def test_other_organizations_events_are_refused(
    db: Database, account: Account, org_id: OrgId
) -> None:
    user = add_user(db, org_id, "ann", {READER})
    with pytest.raises(Invalid):
        db.call(limit_event, org_id, account.event.id, is_limited=True, actor="test")
    with pytest.raises(Invalid):
        db.call(limit_colleague, org_id, user.id, [account.event.id], is_limited=True, actor="test")
    with pytest.raises(Missing):
        db.call(get_event_access, principal_of(db, user), account.event.id)
    with pytest.raises(Missing):
        db.call(get_event_access, principal_of(db, user), EventId(7))
