"""Routes that do not exist, limits, and a server that cannot."""

from dataclasses import replace

from tests.dialects.registration.cases.listing import BACKLOG, case, plain
from tests.dialects.registration.cases.signin import by_body
from tests.dialects.registration.requests import (
    Request,
    ask_status,
    checks,
    event_body,
    register,
)
from tests.support.node import Account, LocalNode
from turnout.core.identity.organizations import set_rate_limit
from turnout.core.registrations.intake import count_waiting

plain(404, "route-unknown", lambda a: Request("GET", "/v1.0/nothing?secret=1", a.headers))
plain(404, "route-base-path", lambda _: Request("GET", "/v1.0"))
plain(404, "route-below-an-endpoint", lambda a: Request("PUT", "/v1.0/register/7", a.headers))


@case(429, "signin-limited")
def signin_limited(node: LocalNode, account: Account) -> Request:
    return _limited(node, account, by_body(account.api_key))


@case(429, "register-limited")
def register_limited(node: LocalNode, account: Account) -> Request:
    return _limited(node, account, register(account, event_body(account)))


@case(429, "registerstatus-limited")
def registerstatus_limited(node: LocalNode, account: Account) -> Request:
    return _limited(node, account, ask_status(account, checks(1)))


def _limited(node: LocalNode, account: Account, request: Request) -> Request:
    """Use the whole limit of one request a minute up; 12.3 s of the window have passed."""
    node.db.call(set_rate_limit, account.organization.slug, 1, actor="test")
    assert request.send(node).status == 200
    node.clock.advance(12.3)
    return request


# A rule in the database that the product does not know of, and so does not expect to break.
BREAKING = {
    "sqlite": [
        "CREATE TRIGGER broken BEFORE INSERT ON submissions "
        "BEGIN SELECT RAISE(ABORT, 'inside information'); END"
    ],
    "postgresql": [
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'inside information'; END $$",
        "CREATE TRIGGER broken BEFORE INSERT ON submissions EXECUTE FUNCTION refuse()",
    ],
}


@case(500, "register-unexpected-failure")
def unexpected(node: LocalNode, account: Account) -> Request:
    for statement in BREAKING[node.db.backend]:
        node.execute(statement)
    return register(account, event_body(account))


@case(503, "register-queue-is-full")
def full(node: LocalNode, account: Account) -> Request:
    for number in range(BACKLOG):
        body = event_body(account, email=f"guest{number}@example.com")
        assert register(account, body).send(node).status == 200
    backlog = node.node.backlog
    backlog.counted(node.db.call(count_waiting, backlog.limit))
    return register(account, event_body(account))


FOREIGN = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}


def _from_elsewhere(asked: Request) -> Request:
    return replace(asked, headers=asked.headers | FOREIGN)


plain(403, "signin-from-another-site", lambda a: _from_elsewhere(by_body(a.api_key)))
plain(403, "register-from-another-site", lambda a: _from_elsewhere(register(a, event_body(a))))
plain(
    403,
    "registerstatus-from-another-site",
    lambda a: _from_elsewhere(Request("POST", "/v1.0/registerstatus", a.headers, b"{}")),
)
