"""Passkeys: made, shown, copied, replayed, of other places."""

import json

import pytest

from tests.core.identity.key import PRESENT, SoftKey
from tests.core.identity.staff import add_user, principal_of
from tests.support.node import LocalNode
from turnout.core.identity.model import User
from turnout.core.identity.passkeys import (
    PASSKEYS_LIMIT,
    add_passkey,
    begin_passkey,
    begin_sign_in,
    check_passkey,
    list_passkeys,
    relying_party,
    remove_passkey,
)
from turnout.core.identity.second_steps import find_second_steps
from turnout.core.identity.signing_in import Browser, sign_in
from turnout.core.identity.user_changes import change_user
from turnout.core.ids import OrgId
from turnout.errors import Conflict, Failure, Gone, Invalid, Missing, Unauthenticated

HERE = "https://turnout.example"


@pytest.fixture
def user(node: LocalNode, org_id: OrgId) -> User:
    return add_user(node.db, org_id, "ann", ())


@pytest.fixture
def key(node: LocalNode, user: User) -> SoftKey:
    key = SoftKey(HERE)
    add(node, user, key)
    return key


def add(node: LocalNode, user: User, key: SoftKey) -> None:
    options = node.db.call(begin_passkey, user, HERE)
    node.db.call(add_passkey, user, key.make(options), " My  laptop ", HERE)


def show(node: LocalNode, key: SoftKey) -> str:
    return key.show(node.db.call(begin_sign_in, HERE))


def refusal(node: LocalNode, answer: str) -> str:
    with pytest.raises(Failure) as failure:
        node.db.call(check_passkey, answer, HERE)
    return failure.value.code


@pytest.mark.parametrize(
    ("address", "party"),
    [
        ("https://events.example.org", "events.example.org"),
        ("https://events.example.org:8443", "events.example.org"),
        ("http://localhost:8080", "localhost"),
        ("http://demo.localhost", "demo.localhost"),
        ("http://127.0.0.1:8080", None),
        ("https://192.0.2.1", None),
        ("https://[::1]", None),
        ("http://events.example.org", None),
    ],
)
def test_passkeys_are_for_https_and_localhost(address: str, party: str | None) -> None:
    assert relying_party(address) == party


def test_where_they_cannot_work_they_are_refused(node: LocalNode, user: User) -> None:
    local = "http://127.0.0.1:8080"
    with pytest.raises(Invalid) as adding:
        node.db.call(begin_passkey, user, local)
    with pytest.raises(Invalid) as showing:
        node.db.call(begin_sign_in, local)
    assert {adding.value.code, showing.value.code} == {"passkey.impossible"}


def test_a_passkey_is_made_and_signs_in(node: LocalNode, user: User, key: SoftKey) -> None:
    assert node.db.call(find_second_steps, user.org_id, user.id).passkeys == 1
    assert node.db.call(check_passkey, show(node, key), HERE) == principal_of(node.db, user)
    [passkey] = node.db.call(list_passkeys, user)
    assert (passkey.name, passkey.sign_count, passkey.used_at) == ("My laptop", 1, node.clock())


def test_an_answer_is_good_once(node: LocalNode, key: SoftKey) -> None:
    answer = show(node, key)
    node.db.call(check_passkey, answer, HERE)
    assert refusal(node, answer) == "link.used"


def test_a_challenge_ends_and_is_ours(node: LocalNode, user: User, key: SoftKey) -> None:
    answer = show(node, key)
    node.clock.advance(300)
    assert refusal(node, answer) == "link.used"
    assert refusal(node, key.show(json.dumps({"challenge": "AAAA"}))) == "link.used"
    made_for_adding = node.db.call(begin_passkey, user, HERE)
    assert refusal(node, key.show(made_for_adding)) == "link.used"


def test_a_challenge_of_one_user_adds_no_passkey_to_another(
    node: LocalNode, user: User, org_id: OrgId
) -> None:
    other = add_user(node.db, org_id, "eve", ())
    answer = SoftKey(HERE).make(node.db.call(begin_passkey, user, HERE))
    with pytest.raises(Gone):
        node.db.call(add_passkey, other, answer, "", HERE)
    answer = SoftKey(HERE).make(node.db.call(begin_sign_in, HERE))
    with pytest.raises(Gone):
        node.db.call(add_passkey, user, answer, "", HERE)


def test_a_key_of_another_place_or_without_a_check_of_the_person_is_refused(
    node: LocalNode, user: User, key: SoftKey
) -> None:
    elsewhere = SoftKey("https://evil.example", handle=key.handle, private=key.private)
    assert refusal(node, show(node, elsewhere)) == "passkey.unknown"
    key.flags = PRESENT
    assert refusal(node, show(node, key)) == "passkey.unknown"
    with pytest.raises(Invalid):
        add(node, user, SoftKey(HERE, flags=PRESENT))


def test_a_copied_key_is_found_out(node: LocalNode, key: SoftKey) -> None:
    key.counter = 10
    node.db.call(check_passkey, show(node, key), HERE)
    key.counter = 5
    assert refusal(node, show(node, key)) == "passkey.unknown"


def test_a_wrong_key_or_signature_is_refused(node: LocalNode, key: SoftKey) -> None:
    assert refusal(node, show(node, SoftKey(HERE))) == "passkey.unknown"
    assert refusal(node, show(node, SoftKey(HERE, handle=key.handle))) == "passkey.unknown"


@pytest.mark.parametrize("answer", ["", "{}", "[]", "null", '{"response":{"clientDataJSON":"@"}}'])
def test_what_is_no_answer_is_refused(node: LocalNode, answer: str) -> None:
    assert refusal(node, answer) == "passkey.wrong"


def test_a_key_is_added_once(node: LocalNode, user: User, key: SoftKey, org_id: OrgId) -> None:
    with pytest.raises(Conflict):
        add(node, add_user(node.db, org_id, "eve", ()), key)
    for _ in range(PASSKEYS_LIMIT - 1):
        add(node, user, SoftKey(HERE))
    with pytest.raises(Invalid) as failure:
        add(node, user, SoftKey(HERE))
    assert failure.value.code == "passkey.many"


def test_a_removed_key_and_a_disabled_user_do_not_sign_in(
    node: LocalNode, user: User, key: SoftKey, org_id: OrgId
) -> None:
    node.db.call(change_user, org_id, user.user_code, is_disabled=True, actor="test")
    principal = node.db.call(check_passkey, show(node, key), HERE)
    with pytest.raises(Unauthenticated):
        node.db.call(sign_in, principal, Browser())
    node.db.call(change_user, org_id, user.user_code, is_disabled=False, actor="test")
    [passkey] = node.db.call(list_passkeys, user)
    other = add_user(node.db, org_id, "eve", ())
    with pytest.raises(Missing):
        node.db.call(remove_passkey, other, passkey.handle, actor="test")
    node.db.call(remove_passkey, user, passkey.handle, actor="test")
    assert refusal(node, show(node, key)) == "passkey.unknown"
