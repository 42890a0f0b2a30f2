"""Invitations of colleagues: once, for a time, for the address that was invited."""

import pytest

from tests.core.identity.staff import add_user, principal_of
from tests.support.node import Account, LocalNode
from turnout.core.identity.roles import StaffRole
from turnout.core.identity.signing_in import get_user
from turnout.core.identity.staff import get_access, get_colleague
from turnout.core.identity.staff_invitations import (
    LASTING_MS,
    accept_as_new,
    accept_as_user,
    get_invited,
    list_invitations,
    make_invitation,
    withdraw_invitation,
)
from turnout.core.identity.user_changes import change_user
from turnout.core.identity.users import rename_user
from turnout.core.ids import OrgId
from turnout.errors import Failure, Gone, Invalid, Missing
from turnout.store import Tx

READER, DOOR = StaffRole.READER, StaffRole.DOOR


def test_a_stranger_accepts_and_is_a_user(node: LocalNode, account: Account) -> None:
    org_id, event = account.org_id, account.event.id
    email = f"Ann-{org_id}@example.com"
    _, token = node.db.call(make_invitation, org_id, email, {DOOR}, [event], actor="jo")
    invited = node.db.call(get_invited, token)
    assert (invited.organization, invited.has_user) == (account.organization.name, False)
    principal, slug = node.db.call(accept_as_new, token, "Ann Doe", "hash")
    access = node.db.call(get_access, principal, slug)
    assert (set(access.roles), access.is_limited, set(access.named)) == ({DOOR}, True, {event})
    user = node.db.call(get_user, principal)
    assert (user.user_code, user.name, user.email, user.role) == (email, "Ann Doe", email, "Acct")


def test_a_user_of_another_organization_accepts(
    node: LocalNode, account: Account, org_id: OrgId
) -> None:
    user = add_user(node.db, org_id, "ann", {StaffRole.OWNER})
    _, token = node.db.call(make_invitation, account.org_id, user.email, {READER}, actor="jo")
    assert node.db.call(get_invited, token).has_user
    slug = node.db.call(accept_as_user, principal_of(node.db, user), token)
    assert slug == account.organization.slug
    assert node.db.call(get_colleague, account.org_id, user.id).roles == {READER}


def test_an_address_that_strangers_have_taken_keeps_nobody_out(
    node: LocalNode, account: Account, org_id: OrgId
) -> None:
    email = f"invitee-{org_id}@example.com"
    thief = add_user(node.db, org_id, "thief", {StaffRole.OWNER})
    node.db.call(change_user, org_id, thief.user_code, email=email, actor="test")
    node.db.call(rename_user, thief, email.upper())
    _, token = node.db.call(make_invitation, account.org_id, email, {READER}, actor="jo")
    principal, slug = node.db.call(accept_as_new, token, "Ann", "hash")
    user = node.db.call(get_user, principal)
    assert (user.user_code, user.email) == (f"{slug}/{email}", email)


def refusal(node: LocalNode, token: str) -> str:
    codes = set()
    for verb, args in ((get_invited, ()), (accept_as_new, ("Ann", "hash"))):
        with pytest.raises(Failure) as failure:
            node.db.call(verb, token, *args)
        codes.add(failure.value.code)
    [code] = codes
    return code


def test_a_token_is_good_once(node: LocalNode, org_id: OrgId) -> None:
    email = f"once-{org_id}@example.com"
    _, token = node.db.call(make_invitation, org_id, email, {READER}, actor="jo")
    node.db.call(accept_as_new, token, "Ann", "hash")
    assert refusal(node, token) == "staff.invitation_used"


def test_an_invitation_ends_by_itself_by_another_and_by_hand(
    node: LocalNode, org_id: OrgId
) -> None:
    email = f"ends-{org_id}@example.com"
    _, first = node.db.call(make_invitation, org_id, email, {READER}, actor="jo")
    made, second = node.db.call(make_invitation, org_id, email.upper(), {DOOR}, actor="jo")
    assert refusal(node, first) == "staff.invitation_withdrawn"
    node.db.call(withdraw_invitation, org_id, made.id, actor="jo")
    assert refusal(node, second) == "staff.invitation_withdrawn"
    with pytest.raises(Missing):
        node.db.call(withdraw_invitation, org_id, made.id, actor="jo")
    _, third = node.db.call(make_invitation, org_id, email, {READER}, actor="jo")
    node.clock.advance(LASTING_MS / 1000)
    assert refusal(node, third) == "staff.invitation_over"
    states = [line.state(node.clock()) for line in node.db.call(list_invitations, org_id)]
    assert states == ["over", "withdrawn", "withdrawn"]


@pytest.mark.parametrize("token", ["", "x", "x" * 10_000, "a\0b"])
def test_what_is_no_token_is_missing(node: LocalNode, token: str) -> None:
    assert refusal(node, token) == "link.missing"


def test_the_token_itself_is_not_kept(node: LocalNode, org_id: OrgId) -> None:
    _, token = node.db.call(make_invitation, org_id, "a@example.com", {READER}, actor="jo")

    def read(tx: Tx) -> str:
        return str(tx.connection.execute("SELECT * FROM staff_invitations").fetchall())

    assert token not in node.db.call(read)


def test_what_is_wrong_is_refused(node: LocalNode, org_id: OrgId, account: Account) -> None:
    codes = []
    for email, roles, events in (
        ("nobody", {READER}, ()),
        ("a@example.com", (), ()),
        ("a@example.com", {READER}, [account.event.id]),
    ):
        with pytest.raises(Invalid) as failure:
            node.db.call(make_invitation, org_id, email, roles, events, actor="jo")
        codes.append(failure.value.code)
    assert codes == ["user.email", "staff.no_role", "staff.event"]


def test_a_user_with_the_address_signs_in_instead(node: LocalNode, org_id: OrgId) -> None:
    email = f"taken-{org_id}@example.com"
    _, token = node.db.call(make_invitation, org_id, email, {READER}, actor="jo")
    node.db.call(accept_as_new, token, "Ann", "hash")
    _, token = node.db.call(make_invitation, org_id, email, {DOOR}, actor="jo")
    with pytest.raises(Failure) as failure:
        node.db.call(accept_as_new, token, "Eve", "hash")
    assert failure.value.code == "staff.has_user"
    node.clock.advance(LASTING_MS / 1000)
    with pytest.raises(Gone):
        node.db.call(get_invited, token)
