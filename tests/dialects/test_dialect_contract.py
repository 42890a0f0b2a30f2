"""What every dialect promises, held against each: failures in its own shape, and nothing else.

A new dialect is one more entry in `DIALECTS`.
"""

import json
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from tests.dialects.attendance.document import DOCUMENT as ATTENDANCE
from tests.dialects.booking.document import DOCUMENT as BOOKING
from tests.dialects.registration.cases.faults import BREAKING
from tests.dialects.registration.document import DOCUMENT as REGISTRATION
from tests.dialects.registration.requests import event_body, register
from tests.support.client import Answer
from tests.support.node import Account, LocalNode
from turnout.core.identity.credentials import issue_credential
from turnout.core.identity.model import CredentialKind
from turnout.dialects.attendance import errors as attendance
from turnout.dialects.booking import errors as booking
from turnout.dialects.registration.errors import STATUS, present_failure
from turnout.errors import KINDS, Failure, Invalid, Limited, Unavailable
from turnout.http.cross_site import CrossSite
from turnout.http.errors import MethodNotAllowed, Present, Unexpected


class Dialect(NamedTuple):
    """One dialect: how it presents failures, what it documents, and where it can be tried."""

    name: str
    present: Present
    statuses: dict[type[Failure], int]
    documented: set[str]
    shape: Callable[[int, str], Any]
    unknown_path: str
    known_path: str
    allowed: str
    fail: Callable[[LocalNode, Account], Answer]
    challenge: str = ""


def fail_registration(node: LocalNode, account: Account) -> Answer:
    """A request that meets a fault which nobody expected."""
    for statement in BREAKING[node.db.backend]:
        node.execute(statement)
    return register(account, event_body(account)).send(node)


def fail_attendance(node: LocalNode, account: Account) -> Answer:
    """A request that meets a fault which nobody expected."""
    _, token = node.db.call(
        issue_credential,
        account.org_id,
        CredentialKind.EVENT_TOKEN,
        "door",
        event_id=account.event.id,
        actor="test",
    )
    node.execute("UPDATE events SET details = 'inside information'")
    return node.client.request("GET", "/v1/event.json", headers={"Authorization": f"event {token}"})


def fail_booking(node: LocalNode, account: Account) -> Answer:
    """A request that meets a fault which nobody expected."""
    _, secret = node.db.call(
        issue_credential, account.org_id, CredentialKind.DEVELOPER_SECRET, "dev", actor="test"
    )
    node.execute("UPDATE events SET details = 'inside information'")
    return node.client.request(
        "GET",
        "/api/events/list-events?date=never",
        headers={"Authorization": f"Bearer {secret}"},
    )


def shape_attendance(status: int, text: str) -> Any:
    return {"error": text} | ({"errors": {"base": [text]}} if status == 422 else {})


DIALECTS = [
    Dialect(
        name="registration",
        present=present_failure,
        statuses=STATUS,
        documented=REGISTRATION.list_statuses(),
        shape=lambda status, text: {"paging": None, "responseCode": status, "message": text},
        unknown_path="/v1.0/nothing",
        known_path="/v1.0/registerstatus",
        allowed="GET, HEAD, POST",
        fail=fail_registration,
        challenge='Bearer realm="Turnout", APIKey realm="Turnout"',
    ),
    Dialect(
        name="attendance",
        present=attendance.present_failure,
        statuses=attendance.STATUS,
        # It is exempt from refusals of other sites (http/cross_site.py): 403 is never answered.
        documented=ATTENDANCE.list_statuses() | {"403", "405", "429", "500"},
        shape=shape_attendance,
        unknown_path="/v1/nothing",
        known_path="/v1/event",
        allowed="GET, HEAD",
        fail=fail_attendance,
        challenge='event realm="Turnout", company realm="Turnout"',
    ),
    Dialect(
        name="booking",
        present=booking.present_failure,
        statuses=booking.STATUS,
        documented=BOOKING.list_statuses() | {"405", "429", "500"},
        shape=lambda status, text: {"error": text} if status == 403 else text,
        unknown_path="/api/nothing",
        known_path="/api/events/list-events",
        allowed="GET, HEAD",
        fail=fail_booking,
    ),
]
every_dialect = pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
FAILURES: dict[type[Failure], Failure] = {
    kind: kind("a.code") for kind in KINDS if kind not in (Limited, Unavailable)
} | {
    Limited: Limited("a.code", retry_after=7),
    Unavailable: Unavailable("store.away", retry_after=7),
    CrossSite: CrossSite(),
    MethodNotAllowed: MethodNotAllowed("BREW", "/pot", ["GET", "PUT"]),
    Unexpected: Unexpected(),
}


@every_dialect
def test_every_kind_of_failure_has_a_status(dialect: Dialect):
    assert set(dialect.statuses) == set(FAILURES)


@every_dialect
@pytest.mark.parametrize("kind", FAILURES, ids=lambda kind: kind.__name__)
def test_a_failure_has_the_shape_and_a_status_of_the_dialect(dialect: Dialect, kind: type[Failure]):
    answer = dialect.present(FAILURES[kind])

    assert answer.status == dialect.statuses[kind]
    assert str(answer.status) in dialect.documented
    assert json.loads(answer.body) == dialect.shape(answer.status, FAILURES[kind].message)
    assert answer.content_type == "application/json"
    challenge = {"WWW-Authenticate": dialect.challenge} if answer.status == 401 else {}
    assert answer.headers == HEADERS.get(kind, {}) | challenge


HEADERS = {
    Limited: {"Retry-After": "7"},
    Unavailable: {"Retry-After": "7"},
    MethodNotAllowed: {"Allow": "GET, PUT"},
}


@every_dialect
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD", "BREW"])
def test_an_unknown_path_is_missing(dialect: Dialect, method: str, node: LocalNode):
    answer = node.client.request(method, f"{dialect.unknown_path}?token=secret")

    assert answer.status == 404
    text = f"Nothing is at {dialect.unknown_path}."
    assert answer.body == b"" or answer.json() == dialect.shape(404, text)
    assert (answer.body == b"") == (method == "HEAD")


@every_dialect
@pytest.mark.parametrize("method", ["DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_an_unknown_method_is_not_allowed(dialect: Dialect, method: str, node: LocalNode):
    answer = node.client.request(method, dialect.known_path)

    assert (answer.status, answer.headers["allow"]) == (405, dialect.allowed)
    text = f"{method} is not allowed for {dialect.known_path}. Allowed: {dialect.allowed}."
    assert answer.json() == dialect.shape(405, text)


@every_dialect
def test_a_method_that_http_does_not_know_is_a_bad_request(dialect: Dialect, node: LocalNode):
    answer = node.client.request("BREW", dialect.known_path)

    status = dialect.statuses[Invalid]
    assert (answer.status, answer.json()) == (status, dialect.shape(status, "Invalid HTTP method"))


@every_dialect
def test_every_answer_has_the_number_of_its_request(dialect: Dialect, node: LocalNode):
    given = {"X-Request-ID": "order-66.b"}
    answers = [
        node.client.request("GET", dialect.unknown_path, headers=headers)
        for headers in (given, {}, {})
    ]
    numbers = [answer.headers["x-request-id"] for answer in answers]
    assert numbers[0] == "order-66.b"
    assert len(set(numbers)) == 3


@every_dialect
def test_an_unexpected_failure_tells_nothing_but_its_number(
    dialect: Dialect, node: LocalNode, account: Account, capsys
):
    answer = dialect.fail(node, account)

    number = answer.headers["x-request-id"]
    text = f"Something went wrong on the server. Nothing was changed. Request id: {number}."
    assert (answer.status, answer.json()) == (500, dialect.shape(500, text))
    # The operator is told what the caller is not.
    told = capsys.readouterr()
    assert "inside information" in told.out + told.err
