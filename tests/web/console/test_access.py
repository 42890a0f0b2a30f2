"""Who asks, and for which organization."""

import pytest

from tests.core.identity.staff import add_user, principal_of
from tests.support.builder import make_organization
from tests.support.node import LocalNode
from turnout.core.identity.model import Principal
from turnout.core.identity.organizations import get_organization_of
from turnout.core.identity.roles import StaffRole
from turnout.core.identity.staff import set_roles
from turnout.core.ids import EventId, OrgId
from turnout.errors import Denied, Failure, Missing
from turnout.web.console.access import admit, initials_of


def test_a_user_is_named_on_the_bar_by_two_letters() -> None:
    names = ("Ada Byron", "ada/byron", "Ada", "ada.byron@example.com", "")
    assert [initials_of(name) for name in names] == ["AB", "AB", "A", "AC", ""]


def test_an_address_names_an_organization_an_event_or_neither(
    node: LocalNode, org_id: OrgId, events: dict[str, EventId]
) -> None:
    principal = principal_of(node.db, add_user(node.db, org_id, "scope", {StaffRole.READER}))
    found = [
        node.db.call(admit, principal, "events.see", scope)
        for scope in ("", "rail", str(events["Summit"]))
    ]
    assert [(user.org_id, event) for user, event in found] == [
        (org_id, None),
        (org_id, None),
        (org_id, events["Summit"]),
    ]


def refusals(node: LocalNode, principal: Principal, permission: str, *scopes: str) -> list[str]:
    codes = []
    for scope in scopes:
        with pytest.raises(Failure) as failure:
            node.db.call(admit, principal, permission, scope)
        codes.append(failure.value.code)
    return codes


def test_what_others_have_does_not_exist(
    node: LocalNode, org_id: OrgId, events: dict[str, EventId]
) -> None:
    other = node.db.call(make_organization, "harbour", "Harbour")
    principal = principal_of(node.db, add_user(node.db, other, "out", {StaffRole.OWNER}))
    scopes = ("rail", "nobody", str(events["Draft"]), "12345", "9" * 40)
    assert refusals(node, principal, "events.see", *scopes) == [
        *("staff.missing", "staff.missing", "event.missing", "event.missing", "staff.missing")
    ]


def test_a_role_without_the_permission_is_denied(node: LocalNode, org_id: OrgId) -> None:
    principal = principal_of(node.db, add_user(node.db, org_id, "door", {StaffRole.DOOR}))
    with pytest.raises(Denied) as failure:
        node.db.call(admit, principal, "users.see", "rail")
    assert failure.value.code == "staff.denied"


def test_somebody_without_a_role_has_an_account_and_nothing_else(
    node: LocalNode, org_id: OrgId
) -> None:
    principal = principal_of(node.db, add_user(node.db, org_id, "none", ()))
    assert refusals(node, principal, "events.see", "", "rail") == ["staff.nowhere", "staff.missing"]
    user, _ = node.db.call(admit, principal, "account.change", "rail")
    assert (set(user.roles), user.may("account.change"), user.may("events.see")) == (
        set(),
        True,
        False,
    )
    node.db.call(make_organization, "canal", "Canal")
    with pytest.raises(Missing):
        node.db.call(admit, principal, "account.change", "canal")


def test_somebody_of_elsewhere_begins_where_they_work(node: LocalNode, org_id: OrgId) -> None:
    home = node.db.call(make_organization, "home", "Home")
    user = add_user(node.db, home, "guest", ())
    node.db.call(set_roles, org_id, user, {StaffRole.DOOR}, actor="test")
    found, _ = node.db.call(admit, principal_of(node.db, user), "events.see", "")
    assert found.access.organization == node.db.call(get_organization_of, org_id)
