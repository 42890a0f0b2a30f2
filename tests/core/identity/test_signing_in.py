"""From the first proof to a session."""

import pytest

from tests.core.identity.staff import add_user, principal_of
from tests.core.identity.test_second_steps import code_of, turn_on
from tests.support.builder import make_organization
from tests.support.node import LocalNode
from turnout.core.identity.model import User
from turnout.core.identity.page_sessions import (
    list_page_sessions,
    read_page_session,
    revoke_page_session,
    revoke_page_sessions,
)
from turnout.core.identity.roles import StaffRole
from turnout.core.identity.second_steps import make_recovery_codes
from turnout.core.identity.signing_in import (
    MOST_MAILED,
    MOST_NAMED,
    Browser,
    SecondStepWanted,
    SignedIn,
    change_password,
    find_messenger_password,
    find_passwords_of,
    find_reset,
    find_user_of,
    find_users_of,
    make_reset,
    pass_first_step,
    pass_second_step,
    reset_by_link,
)
from turnout.core.identity.staff import set_roles
from turnout.core.identity.user_changes import change_user
from turnout.core.identity.users import rename_user
from turnout.core.ids import OrgId, UserId
from turnout.errors import Failure, Gone, Missing, Unauthenticated

FIREFOX = Browser("", "Firefox", "203.0.113.0/24")


@pytest.fixture
def user(node: LocalNode, org_id: OrgId) -> User:
    return add_user(node.db, org_id, "ann", {StaffRole.READER})


def begin(node: LocalNode, user: User, browser: Browser = FIREFOX) -> str:
    done = node.db.call(pass_first_step, principal_of(node.db, user), browser)
    assert isinstance(done, SignedIn)
    return done.token


def is_signed_in(node: LocalNode, token: str) -> bool:
    try:
        node.db.call(read_page_session, token)
    except Unauthenticated:
        return False
    return True


def test_a_user_is_found_by_code_and_by_address_in_any_case(node: LocalNode, user: User) -> None:
    names = (user.user_code.upper(), user.email.upper(), "nobody", "nobody@example.com")
    assert [named(node, name) for name in names] == [[user.id], [user.id], [], []]


def named(node: LocalNode, name: str) -> list[UserId]:
    found = node.db.call(find_passwords_of, name)
    # As many hashes are run for an address of nobody as for one of many.
    assert found.checks == (MOST_NAMED if "@" in name else 1)
    return [password.principal.user_id for password in found.passwords]


def test_an_address_names_all_who_have_it_and_nobody_is_pushed_out(
    node: LocalNode, org_id: OrgId
) -> None:
    """Anybody may give their own users any address, or take it as a user code."""
    crowd = node.db.call(make_organization, f"crowd-{org_id}", "Crowd")
    thieves = [add_user(node.db, crowd, f"thief{number}", ()) for number in range(8)]
    user = add_user(node.db, org_id, "ann", {StaffRole.READER})
    for thief in thieves:
        change = (crowd, thief.user_code)
        node.db.call(change_user, *change, email=user.email.upper(), actor="test")
    assert user.id in named(node, user.email)
    node.db.call(rename_user, thieves[7], user.email.upper())
    assert user.id in named(node, user.email)
    assert len(named(node, user.email)) == MOST_NAMED
    mailed = [one.id for one in node.db.call(find_users_of, user.email)]
    assert (user.id in mailed, len(mailed)) == (True, MOST_MAILED)
    assert named(node, user.user_code) == [user.id]
    assert node.db.call(find_user_of, user.user_code) == user


def test_apis_take_passwords_of_those_who_may_send(node: LocalNode, user: User) -> None:
    assert not node.db.call(find_messenger_password, user.user_code).passwords
    node.db.call(set_roles, user.org_id, user, {StaffRole.MESSENGER}, actor="test")
    assert node.db.call(find_messenger_password, user.user_code).passwords
    assert not node.db.call(find_messenger_password, user.email).passwords


def test_every_sign_in_has_a_token_of_its_own(node: LocalNode, user: User) -> None:
    first = begin(node, user)
    second = begin(node, user, FIREFOX._replace(former=first))
    third = begin(node, user)
    assert [is_signed_in(node, token) for token in (first, second, third)] == [False, True, True]


def test_sessions_are_listed_and_ended(node: LocalNode, user: User) -> None:
    begin(node, user)
    node.clock.advance(1)
    kept = begin(node, user, Browser("", "x" * 1_000, "::1"))
    node.clock.advance(1)
    begin(node, user)
    lines = node.db.call(list_page_sessions, user)
    assert [(line.device, line.place) for line in lines] == [
        ("Firefox", "203.0.113.0/24"),
        ("x" * 200, "::1"),
        ("Firefox", "203.0.113.0/24"),
    ]
    node.db.call(revoke_page_session, user, lines[0].number, actor="test")
    with pytest.raises(Missing):
        node.db.call(revoke_page_session, user, lines[0].number, actor="test")
    digest = node.db.call(read_page_session, kept).digest
    assert node.db.call(revoke_page_sessions, user, kept=digest, actor="test") == 1
    assert [line.digest for line in node.db.call(list_page_sessions, user)] == [digest]


def test_nobody_ends_sessions_of_others(node: LocalNode, user: User, org_id: OrgId) -> None:
    other = add_user(node.db, org_id, "eve", ())
    token = begin(node, user)
    [line] = node.db.call(list_page_sessions, user)
    with pytest.raises(Missing):
        node.db.call(revoke_page_session, other, line.number, actor="test")
    assert is_signed_in(node, token)


def wait_for_second(node: LocalNode, user: User) -> str:
    done = node.db.call(pass_first_step, principal_of(node.db, user), FIREFOX)
    assert isinstance(done, SecondStepWanted)
    return done.token


def pass_second(node: LocalNode, token: str, code: str) -> str:
    done = node.db.call(pass_second_step, token, code, FIREFOX)
    return done.code if isinstance(done, Failure) else done.token


def test_with_two_steps_a_password_alone_is_not_enough(node: LocalNode, user: User) -> None:
    url = turn_on(node, user)
    token = wait_for_second(node, user)
    assert not is_signed_in(node, token)
    assert pass_second(node, token, "000000") == "two_step.wrong"
    assert is_signed_in(node, pass_second(node, token, code_of(node, url)))
    with pytest.raises(Gone):
        pass_second(node, token, code_of(node, url))


def test_a_recovery_code_is_a_second_step(node: LocalNode, user: User) -> None:
    turn_on(node, user)
    code = node.db.call(make_recovery_codes, user)[0]
    assert is_signed_in(node, pass_second(node, wait_for_second(node, user), code))
    assert pass_second(node, wait_for_second(node, user), code) == "two_step.wrong"


def test_a_first_step_ends_after_ten_minutes_and_with_another_one(
    node: LocalNode, user: User
) -> None:
    url = turn_on(node, user)
    former = wait_for_second(node, user)
    token = wait_for_second(node, user)
    with pytest.raises(Gone):
        pass_second(node, former, code_of(node, url))
    node.clock.advance(600)
    with pytest.raises(Gone):
        pass_second(node, token, code_of(node, url))


def test_a_disabled_user_does_not_pass_the_second_step(node: LocalNode, user: User) -> None:
    url = turn_on(node, user)
    token = wait_for_second(node, user)
    node.db.call(change_user, user.org_id, user.user_code, is_disabled=True, actor="test")
    with pytest.raises(Unauthenticated):
        pass_second(node, token, code_of(node, url))


def test_a_link_sets_a_password_once_and_ends_all_sessions(node: LocalNode, user: User) -> None:
    session = begin(node, user)
    former = node.db.call(make_reset, user, actor="test")
    token = node.db.call(make_reset, user, actor="test")
    with pytest.raises(Gone):
        node.db.call(find_reset, former)
    assert node.db.call(find_reset, token) == user
    done = node.db.call(reset_by_link, token, "new hash", FIREFOX)
    assert isinstance(done, SignedIn)
    assert [is_signed_in(node, one) for one in (session, done.token)] == [False, True]
    [found] = node.db.call(find_passwords_of, user.user_code).passwords
    assert found is not None
    assert found.hashed == "new hash"
    with pytest.raises(Gone):
        node.db.call(reset_by_link, token, "another", FIREFOX)


def test_a_link_does_not_pass_the_second_step(node: LocalNode, user: User) -> None:
    turn_on(node, user)
    token = node.db.call(make_reset, user, actor="test")
    done = node.db.call(reset_by_link, token, "new hash", FIREFOX)
    assert isinstance(done, SecondStepWanted)
    token = node.db.call(make_reset, user, without_second_step=True, actor="operator")
    done = node.db.call(reset_by_link, token, "third", FIREFOX)
    assert isinstance(done, SignedIn)


def test_a_link_of_a_disabled_user_is_no_good(node: LocalNode, user: User) -> None:
    token = node.db.call(make_reset, user, actor="test")
    node.db.call(change_user, user.org_id, user.user_code, is_disabled=True, actor="test")
    for verb, args in ((find_reset, ()), (reset_by_link, ("new", FIREFOX))):
        with pytest.raises(Gone):
            node.db.call(verb, token, *args)


def test_a_changed_password_ends_other_sessions_and_open_links(node: LocalNode, user: User) -> None:
    other, own = begin(node, user), begin(node, user)
    link = node.db.call(make_reset, user, actor="test")
    done = node.db.call(change_password, user, "new", FIREFOX._replace(former=own))
    assert [is_signed_in(node, one) for one in (other, own, done.token)] == [False, False, True]
    with pytest.raises(Gone):
        node.db.call(find_reset, link)


def test_a_user_without_a_password_gets_one_by_a_link(node: LocalNode, org_id: OrgId) -> None:
    other = node.db.call(make_organization, f"new-{org_id}", "New")
    user = add_user(node.db, other, "ann", (), hashed="")
    assert node.db.call(find_user_of, user.email) == user
    token = node.db.call(make_reset, user, actor="test")
    assert isinstance(node.db.call(reset_by_link, token, "hash", FIREFOX), SignedIn)
