"""Tokens and the keys that sign them, as somebody outside sees them."""

import base64
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.dialects.registration.cases.signin import by_header
from tests.support.node import START, Account, LocalNode, key_pair, new_database, open_node
from turnout.core.identity.credentials import find_credential
from turnout.core.identity.signing import (
    TOKEN_SECONDS,
    generate_key_pair,
    rotate_signing_key,
)

# A retired key is published until its last token has run out, and five minutes more.
RETIRED_FOR_S = TOKEN_SECONDS + 300


def sign_in(node: LocalNode, account: Account) -> str:
    return by_header(account.api_key).send(node).json()["idToken"]


def published(node: LocalNode) -> dict[str, jwt.PyJWK]:
    """The published keys by their numbers."""
    answer = node.client.request("GET", "/.well-known/jwks.json")
    assert answer.status == 200
    return {key["kid"]: jwt.PyJWK.from_dict(key) for key in answer.json()["keys"]}


def read(token: str, keys: dict[str, jwt.PyJWK]) -> dict[str, Any]:
    """The claims, when one of the keys signed; the tests' clock is not the machine's."""
    key = keys[jwt.get_unverified_header(token)["kid"]]
    options: Any = {"verify_exp": False, "verify_iat": False}
    return jwt.decode(token, key, algorithms=["RS256"], options=options)


def status_of(node: LocalNode, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    target = "/v1.0/registerstatus?queueId=1"
    return node.client.request("GET", target, headers=headers).status


def rotate(node: LocalNode) -> str:
    kid, *pems = generate_key_pair()
    node.db.call(rotate_signing_key, kid, *pems, actor="test")
    return kid


def test_a_token_says_who_signed_for_whom_and_how_long(node: LocalNode, account: Account):
    token = sign_in(node, account)

    kid = key_pair()[0]
    assert jwt.get_unverified_header(token) == {"alg": "RS256", "kid": kid, "typ": "JWT"}
    assert read(token, published(node)) == {
        "iss": "http://turnout.test",
        "sub": str(account.caller.credential_id),
        "custom:account_number": str(account.org_id),
        "token_use": "id",
        "auth_time": START // 1000,
        "iat": START // 1000,
        "exp": START // 1000 + TOKEN_SECONDS,
    }


def test_a_token_is_good_to_its_last_second(node: LocalNode, account: Account):
    token = sign_in(node, account)

    node.clock.advance(TOKEN_SECONDS - 0.001)
    assert status_of(node, token) == 200
    node.clock.advance(0.001)
    assert status_of(node, token) == 401


def test_rotation_publishes_two_keys_and_ends_no_token(node: LocalNode, account: Account):
    old_token = sign_in(node, account)
    (old_kid,) = published(node)
    new_kid = rotate(node)
    node.clock.advance(60)
    new_token = sign_in(node, account)

    keys = published(node)
    assert list(keys) == [new_kid, old_kid]
    assert jwt.get_unverified_header(new_token)["kid"] == new_kid
    for token in (old_token, new_token):
        assert read(token, keys)["sub"] == str(account.caller.credential_id)
        assert status_of(node, token) == 200


def test_a_retired_key_is_published_until_its_last_token_has_run_out(
    node: LocalNode, account: Account
):
    old_token = sign_in(node, account)
    (old_kid,) = published(node)
    new_kid = rotate(node)

    node.clock.advance(TOKEN_SECONDS - 1)
    assert status_of(node, old_token) == 200
    node.clock.advance(RETIRED_FOR_S - TOKEN_SECONDS)
    assert list(published(node)) == [new_kid, old_kid]
    node.clock.advance(2)
    assert list(published(node)) == [new_kid]


def test_another_node_takes_the_token_and_a_key_that_came_after_it_started(
    node: LocalNode, account: Account
):
    with open_node(node.settings.database_url, clock=node.clock) as other:
        assert status_of(other, sign_in(node, account)) == 200
        rotate(node)
        node.clock.advance(60)
        assert status_of(other, sign_in(node, account)) == 200


def test_a_token_of_another_installation_is_refused(node: LocalNode, account: Account, tmp_path):
    with open_node(new_database("sqlite", tmp_path)) as elsewhere:
        namesake = elsewhere.add_account()
        rotate(elsewhere)
        elsewhere.clock.advance(60)
        assert namesake.caller == account.caller
        assert status_of(node, sign_in(elsewhere, namesake)) == 401


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": None},
        {"exp": "tomorrow"},
        {"exp": [1]},
        {"sub": None},
        {"sub": "me"},
        {"sub": "999"},
        {"custom:account_number": None},
        {"custom:account_number": "me"},
        {"custom:account_number": ["10001"]},
        {"custom:account_number": "99999"},
    ],
    ids=str,
)
def test_odd_claims_under_our_own_signature_are_refused(
    node: LocalNode, account: Account, claims: dict[str, Any]
):
    kid, private_pem, _ = key_pair()
    usual = jwt.decode(account.token, options={"verify_signature": False})
    odd = {name: value for name, value in (usual | claims).items() if value is not None}
    assert status_of(node, jwt.encode(odd, private_pem, "RS256", {"kid": kid})) == 401


@pytest.mark.parametrize("size", [16_384, 16_385])
@pytest.mark.parametrize("is_in_pieces", [False, True])
def test_a_body_beside_the_key_in_the_header_has_the_same_limit(
    node: LocalNode, account: Account, size: int, is_in_pieces: bool
):
    body = b"x" * size
    sent = [body[:10], body[10:]] if is_in_pieces else body
    headers = {"APIKey": account.api_key, "Content-Type": "application/json"}
    for method in ("GET", "POST"):
        answer = node.client.request(method, "/v1.0/signin", headers=headers, body=sent)
        assert answer.status == (200 if size == 16_384 else 400)
    assert size == 16_384 or "is over 16384 bytes" in answer.json()["message"]


segments = st.binary(max_size=80) | st.integers(1, 6000).map(lambda depth: b"[" * depth)


@pytest.fixture(scope="module")
def quiet_node(tmp_path_factory):
    with open_node(new_database("sqlite", tmp_path_factory.mktemp("auth"))) as node:
        node.add_account()
        yield node


@given(parts=st.lists(segments, max_size=4), scheme=st.sampled_from(["Bearer ", "bearer  ", ""]))
def test_whatever_stands_for_a_token_is_refused(quiet_node: LocalNode, parts, scheme):
    encoded = [base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts]
    headers = {"Authorization": scheme + ".".join(encoded)}
    answer = quiet_node.client.request("PUT", "/v1.0/register", headers=headers)
    assert (answer.status, answer.json()["responseCode"]) == (401, 401)


def test_the_last_use_of_a_key_is_stored_behind_the_requests(node: LocalNode, account: Account):
    def last_used_at() -> int | None:
        caller = account.caller
        credential = node.db.call(find_credential, caller.org_id, caller.credential_id)
        assert credential is not None
        return credential.last_used_at

    node.clock.advance(10)
    sign_in(node, account)
    assert last_used_at() is None
    node.client.run(node.node.drain())
    assert last_used_at() == START + 10_000
