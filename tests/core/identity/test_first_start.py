"""An installation without anything: one link, once."""

import pytest

from tests.core.identity.staff import add_user, principal_of
from tests.support.node import LocalNode
from turnout.core.identity.first_start import (
    FirstOwner,
    check_set_up,
    is_empty,
    make_demo_link,
    make_set_up,
    set_up,
    sign_in_by_link,
)
from turnout.core.identity.page_sessions import read_page_session
from turnout.core.identity.roles import StaffRole
from turnout.core.identity.signing_in import Browser
from turnout.core.identity.staff import get_access
from turnout.core.ids import OrgId
from turnout.errors import Gone, Invalid

FIRST = FirstOwner("Acme Ltd", "acme", "Europe/Berlin", "Ann Doe", "ann@example.com")


def test_the_link_makes_an_organization_and_its_owner_once(own_node: LocalNode) -> None:
    db = own_node.db
    former, token = db.call(make_set_up), db.call(make_set_up)
    assert former
    assert token
    assert db.call(is_empty)
    with pytest.raises(Gone):
        db.call(check_set_up, former)
    db.call(check_set_up, token)
    done = db.call(set_up, token, FIRST, "hash", Browser())
    member = db.call(read_page_session, done.token).member
    assert (member.user.email, member.user.role.value) == ("ann@example.com", "Admin")
    access = db.call(get_access, done.principal, "acme")
    assert (set(access.roles), access.organization.timezone) == ({StaffRole.OWNER}, "Europe/Berlin")
    assert db.call(make_set_up) is None
    with pytest.raises(Gone):
        db.call(set_up, token, FIRST._replace(slug="other"), "hash", Browser())


def test_a_wrong_form_leaves_the_link_good(own_node: LocalNode) -> None:
    db = own_node.db
    token = db.call(make_set_up)
    assert token
    for wrong in (
        FIRST._replace(slug="A b"),
        FIRST._replace(timezone="Mars"),
        FIRST._replace(email="x"),
    ):
        with pytest.raises(Invalid):
            db.call(set_up, token, wrong, "hash", Browser())
    assert db.call(is_empty)
    db.call(check_set_up, token)


def test_a_link_from_before_is_no_good_once_there_is_an_organization(own_node: LocalNode) -> None:
    token = own_node.db.call(make_set_up)
    own_node.add_account()
    assert token
    for verb, args in ((check_set_up, ()), (set_up, (FIRST, "hash", Browser()))):
        with pytest.raises(Gone):
            own_node.db.call(verb, token, *args)


def test_the_demo_signs_in_by_a_link_once(node: LocalNode, org_id: OrgId) -> None:
    principal = principal_of(node.db, add_user(node.db, org_id, "ann", {StaffRole.OWNER}))
    token = node.db.call(make_demo_link, principal)
    done = node.db.call(sign_in_by_link, token, Browser())
    assert done.principal == principal
    with pytest.raises(Gone):
        node.db.call(sign_in_by_link, token, Browser())
