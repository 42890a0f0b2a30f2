"""How long a signing key and its tokens are trusted, whatever a token says of itself."""

import jwt
import pytest

from tests.support.node import LocalNode, key_pair, new_database, open_node
from turnout.core.identity.signing import TOKEN_SECONDS, generate_key_pair, rotate_signing_key
from turnout.dialects.registration.auth import FOLLOW_EVERY_MS

STATUS = "/v1.0/registerstatus?queueId=1"
HOUR_S = 3600
FOR_EVER = 2**40


@pytest.fixture
def node(tmp_path):
    with open_node(new_database("sqlite", tmp_path)) as node:
        yield node


def forge(node: LocalNode, genuine: str) -> dict[str, str]:
    """The headers of somebody who stole the signing key, and signs a token that never ends."""
    kid, private_pem, _ = key_pair()
    claims = jwt.decode(genuine, options={"verify_signature": False}) | {"exp": FOR_EVER}
    forged = jwt.encode(claims, private_pem, "RS256", {"kid": kid})
    return {"Authorization": f"Bearer {forged}"}


def test_a_token_is_trusted_for_an_hour_at_most(node: LocalNode) -> None:
    headers = forge(node, node.add_account().token)
    assert node.client.request("GET", STATUS, headers=headers).status == 200
    node.clock.advance(TOKEN_SECONDS - 1)
    assert node.client.request("GET", STATUS, headers=headers).status == 200
    node.clock.advance(1)
    assert node.client.request("GET", STATUS, headers=headers).status == 401


def test_a_retired_key_is_not_trusted_by_a_node_that_knew_it(node: LocalNode) -> None:
    account = node.add_account()
    assert node.client.request("GET", STATUS, headers=account.headers).status == 200
    node.db.call(rotate_signing_key, *generate_key_pair(), actor="test")
    node.clock.advance(2 * HOUR_S)
    headers = forge(node, account.token)
    assert node.client.request("GET", STATUS, headers=headers).status == 401


@pytest.mark.parametrize("at_once", [False, True])
def test_tokens_of_a_rotated_key_end_within_half_a_minute_where_that_is_meant(
    node: LocalNode, at_once: bool
) -> None:
    """Also those that the node has seen before, and remembers as good."""
    account = node.add_account()
    assert node.client.request("GET", STATUS, headers=account.headers).status == 200
    node.db.call(rotate_signing_key, *generate_key_pair(), at_once=at_once, actor="test")
    node.clock.advance(FOLLOW_EVERY_MS / 1000)
    expected = 401 if at_once else 200
    assert node.client.request("GET", STATUS, headers=account.headers).status == expected
    new = node.client.run(node.tokens.sign(account.caller))
    headers = {"Authorization": f"Bearer {new}"}
    assert node.client.request("GET", STATUS, headers=headers).status == 200
