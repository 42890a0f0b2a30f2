"""Bearer tokens that are refused."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import jwt

from tests.dialects.registration.cases.listing import case, plain
from tests.dialects.registration.cases.register import accept
from tests.dialects.registration.cases.signin import revoke
from tests.dialects.registration.requests import Request, ask_status, checks, event_body, register
from tests.support.node import Account, LocalNode, key_pair
from turnout.core.identity.signing import generate_key_pair


def signed_by_another_key(account: Account) -> str:
    """A stranger's signature under our own key's number."""
    _, private_pem, _ = generate_key_pair()
    return jwt.encode(_claims(account), private_pem, "RS256", {"kid": key_pair()[0]})


def signed_by_unknown_key(account: Account) -> str:
    kid, private_pem, _ = generate_key_pair()
    return jwt.encode(_claims(account), private_pem, "RS256", {"kid": kid})


def not_signed(account: Account) -> str:
    return _token({"alg": "none"}, _claims(account), lambda _: b"")


def signed_with_the_public_key(account: Account) -> str:
    """HS256 with our published key as its secret: the classic confusion of algorithms."""
    public_pem = key_pair()[2].encode()
    return _token(
        {"alg": "HS256"},
        _claims(account),
        lambda content: hmac.digest(public_pem, content, hashlib.sha256),
    )


def with_other_claims(account: Account) -> str:
    """Another account's number under the signature of the real token."""
    signature = base64.urlsafe_b64decode(account.token.rpartition(".")[2] + "==")
    claims = _claims(account) | {"custom:account_number": "10002"}
    return _token({"alg": "RS256"}, claims, lambda _: signature)


def _claims(account: Account) -> dict[str, Any]:
    return jwt.decode(account.token, options={"verify_signature": False})


def _token(header: dict[str, str], claims: dict[str, Any], sign: Callable[[bytes], bytes]) -> str:
    header = header | {"typ": "JWT", "kid": key_pair()[0]}
    content = b".".join(_base64(json.dumps(part).encode()) for part in (header, claims))
    return (content + b"." + _base64(sign(content))).decode()


def _base64(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def _register(account: Account, authorization: str) -> Request:
    return register(account, event_body(account), Authorization=authorization)


plain(
    401,
    "token-missing",
    lambda a: replace(register(a, event_body(a)), headers={"Content-Type": "application/json"}),
)
plain(401, "token-empty", lambda a: _register(a, "Bearer "))
plain(401, "token-wrong-scheme", lambda a: _register(a, f"Basic {a.token}"))
plain(401, "token-without-scheme", lambda a: _register(a, a.token))
plain(401, "token-malformed", lambda a: _register(a, "Bearer not.a.token"))
plain(401, "token-is-the-api-key", lambda a: _register(a, f"Bearer {a.api_key}"))


def forged(forge: Callable[[Account], str], account: Account) -> Request:
    return _register(account, f"Bearer {forge(account)}")


for forge in (
    signed_by_another_key,
    signed_by_unknown_key,
    not_signed,
    signed_with_the_public_key,
    with_other_claims,
):
    plain(401, f"token-{forge.__name__.replace('_', '-')}", partial(forged, forge))


@case(401, "token-expired")
def expired(node: LocalNode, account: Account) -> Request:
    node.clock.advance(3600)
    return register(account, event_body(account))


@case(401, "token-expired-after-use")
def expired_after_use(node: LocalNode, account: Account) -> Request:
    accept(node, account)
    node.clock.advance(3600)
    return ask_status(account, checks(1))


@case(401, "token-of-a-revoked-key-at-register")
def revoked_at_register(node: LocalNode, account: Account) -> Request:
    accept(node, account)
    revoke(node, account)
    return register(account, event_body(account))


@case(401, "token-of-a-revoked-key-at-registerstatus")
def revoked_at_registerstatus(node: LocalNode, account: Account) -> Request:
    accept(node, account)
    revoke(node, account)
    return ask_status(account, checks(1))
