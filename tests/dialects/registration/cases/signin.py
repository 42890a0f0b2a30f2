"""/v1.0/signin and the published keys."""

import json
from typing import Any

from tests.dialects.registration.cases.listing import case, plain
from tests.dialects.registration.requests import Request
from tests.support.node import Account, LocalNode
from turnout.core.identity.credentials import issue_credential, revoke_credential
from turnout.core.identity.model import CredentialKind

JSON = {"Content-Type": "application/json"}


def by_header(api_key: str, method: str = "POST") -> Request:
    return Request(method, "/v1.0/signin", JSON | {"APIKey": api_key})


def by_body(api_key: Any) -> Request:
    return Request("POST", "/v1.0/signin", JSON, json.dumps({"apiKey": api_key}).encode())


plain(200, "signin-by-header", lambda account: by_header(account.api_key))
plain(200, "signin-by-body", lambda account: by_body(account.api_key))
plain(
    200,
    "signin-by-body-in-small-letters",
    lambda account: Request(
        "POST", "/v1.0/signin", JSON, json.dumps({"apikey": account.api_key}).encode()
    ),
)
plain(200, "signin-by-get", lambda account: by_header(account.api_key, "GET"))
plain(
    200,
    "signin-header-in-lower-case-and-empty-list",
    lambda account: Request(
        "POST", "/v1.0/signin", JSON | {"apikey": f" {account.api_key} "}, b"[]"
    ),
)
plain(200, "jwks", lambda _: Request("GET", "/.well-known/jwks.json"))

plain(400, "signin-body-too-large", lambda _: Request("POST", "/v1.0/signin", JSON, b" " * 16_385))

plain(401, "signin-without-key", lambda _: Request("POST", "/v1.0/signin", JSON, b"{}"))
plain(401, "signin-empty-key", lambda _: by_body(""))
plain(401, "signin-key-of-the-wrong-type", lambda _: by_body(12345))
plain(401, "signin-unknown-key", lambda _: by_body("test_api_key"))


@case(401, "signin-revoked-key")
def revoked_key(node: LocalNode, account: Account) -> Request:
    revoke(node, account)
    return by_body(account.api_key)


@case(401, "signin-expired-key")
def expired_key(node: LocalNode, account: Account) -> Request:
    secret = _issue(node, account, CredentialKind.API_KEY, expires_at=node.clock() + 1000)
    node.clock.advance(1)
    return by_header(secret)


@case(401, "signin-credential-of-another-kind")
def another_kind(node: LocalNode, account: Account) -> Request:
    return by_header(_issue(node, account, CredentialKind.COMPANY_TOKEN))


plain(405, "signin-put", lambda account: by_header(account.api_key, "PUT"))


def revoke(node: LocalNode, account: Account) -> None:
    """End the account's API key."""
    node.db.call(revoke_credential, account.org_id, account.caller.credential_id, actor="test")


def _issue(node: LocalNode, account: Account, kind: CredentialKind, **options: Any) -> str:
    _, secret = node.db.call(
        issue_credential, account.org_id, kind, "other", actor="test", **options
    )
    return secret
