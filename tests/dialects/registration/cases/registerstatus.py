"""/v1.0/registerstatus."""

import json
from functools import partial
from typing import Any

from tests.dialects.registration.cases.listing import case, plain
from tests.dialects.registration.cases.register import accept
from tests.dialects.registration.requests import (
    UNKNOWN_PAK,
    Request,
    ask_status,
    checks,
    event_body,
    having,
    query_status,
    register,
    sessions,
)
from tests.support.node import Account, LocalNode
from turnout.core.events.model import EventState, SessionState

# -- after a registration ------------------------------------------------------------------


def after_success(request: Any, node: LocalNode, account: Account) -> Request:
    accept(node, account)
    node.run_intake()
    return request(account)


def while_queued(request: Any, node: LocalNode, account: Account) -> Request:
    accept(node, account)
    return request(account)


for name, prepare, asked in (
    ("get-with-body", after_success, lambda a: ask_status(a, checks(1, 2, 3, limit=10))),
    (
        "post-with-body",
        after_success,
        lambda a: ask_status(a, {"checks": [{"queueId": 1}, {"queueId": "3"}]}, method="POST"),
    ),
    ("query", after_success, lambda a: query_status(a, "queueId=3,1&queueId=2&limit=10")),
    ("queued", while_queued, lambda a: ask_status(a, checks(1, 2, 3))),
    (
        "form",
        while_queued,
        lambda a: Request(
            "POST",
            "/v1.0/registerstatus",
            a.headers | {"Content-Type": "application/x-www-form-urlencoded"},
            b"queueId=1&queueId=2",
        ),
    ),
    ("first-page", while_queued, lambda a: ask_status(a, checks(1, 2, 3, limit=2))),
    ("last-page", while_queued, lambda a: query_status(a, "queueId=1,2,3&limit=2&skip=2")),
):
    case(200, f"registerstatus-{name}")(partial(prepare, asked))


@case(200, "registerstatus-failed")
def failed(node: LocalNode, account: Account) -> Request:
    """Every reason for which the queue fails an item, and one item that succeeds beside them."""
    org_id, event = account.org_id, account.event
    odd = [
        node.add_session(org_id, event, "Full", capacity=0),
        node.add_session(org_id, event, "Closed", state=SessionState.CLOSED),
        node.add_session(org_id, event, "Cancelled", state=SessionState.CANCELLED),
        account.channel_sessions[0],
    ]
    paks = [session.pak for session in odd] + [UNKNOWN_PAK, account.sessions[0].pak]
    assert register(account, event_body(account, paks)).send(node).status == 200
    for state in (EventState.DRAFT, EventState.CLOSED, EventState.CANCELLED):
        _register_for_new_event(node, account, state=state)
    _register_for_new_event(node, account, capacity=0)
    node.run_intake()
    return ask_status(account, checks(*range(1, 11)))


plain(200, "registerstatus-unknown-ids", lambda a: ask_status(a, checks(1, 2_147_483_647)))


@case(200, "registerstatus-items-of-another-organization")
def of_another_organization(node: LocalNode, account: Account) -> Request:
    accept(node, node.add_account("other"))
    accept(node, account)
    return ask_status(account, checks(1, 2, 3, 4, 5, 6))


# -- what is malformed ---------------------------------------------------------------------

plain(
    400,
    "registerstatus-nothing-asked",
    lambda a: Request("GET", "/v1.0/registerstatus", a.headers),
)
plain(
    400,
    "registerstatus-body-too-large",
    lambda a: ask_status(a, json.dumps(checks(1)).ljust(65_537).encode()),
)
for name, body in {
    "malformed-json": b'{"checks": [',
    "body-is-a-list": [1, 2, 3],
    "checks-not-a-list": {"checks": {"QueueId": 1}},
    "check-without-id": {"checks": [{"queue": 1}]},
    "check-is-a-number": {"checks": [1]},
    "too-many-checks": checks(*range(1, 1002)),
    "limit-0": checks(1, limit=0),
    "limit-101": checks(1, limit=101),
    "limit-not-whole": checks(1) | {"limit": 2.5},
    "queueId-0": checks(0),
    "queueId-too-large": checks(2_147_483_648),
    "queueId-not-a-number": {"checks": [{"QueueId": "one"}]},
}.items():
    plain(400, f"registerstatus-{name}", partial(ask_status, body=body))
for name, query in {
    "limit-101-in-query": "queueId=1&limit=101",
    "queueId-not-a-number-in-query": "queueId=1,x",
}.items():
    plain(400, f"registerstatus-{name}", partial(query_status, query=query))

plain(405, "registerstatus-delete", lambda a: ask_status(a, checks(1), method="DELETE"))


def _register_for_new_event(node: LocalNode, account: Account, **options: Any) -> None:
    event = node.add_event(account.org_id, "Odd", **options)
    session = node.add_session(account.org_id, event, "Talk")
    target = {"eventPak": event.pak, "sessions": sessions([session.pak])}
    body = having(event_body(account), "event", target)
    assert register(account, body).send(node).status == 200
