"""Every kind of failure, in both forms of the envelope."""

import json

import pytest
from defusedxml.ElementTree import fromstring  # type: ignore[import-untyped]

from turnout.dialects.reporting.envelope import wants_json
from turnout.dialects.reporting.errors import STATUS, present_failure
from turnout.errors import (
    KINDS,
    Denied,
    Failure,
    Invalid,
    Limited,
    Unauthenticated,
    Unavailable,
)
from turnout.http.errors import MethodNotAllowed, Unexpected

TEXT = "What <happened> & why."
FAILURES: list[tuple[Failure, int]] = [
    (Invalid("a.code", TEXT), -4),
    (Unauthenticated("login.wrong", TEXT), -1),
    (Unauthenticated("session.expired", TEXT), -2),
    (Denied("a.code", TEXT), -3),
    (Limited("a.code", TEXT, retry_after=7), 0),
    (Unavailable("a.code", TEXT, retry_after=7), 0),
    (MethodNotAllowed("BREW", "/pot", ["GET"]), 0),
    (Unexpected(), 0),
    *(
        (kind("a.code", TEXT), 0)
        for kind in KINDS
        if kind.__name__ in ("Missing", "Conflict", "Gone")
    ),
]


def test_every_kind_has_a_status() -> None:
    assert {type(failure) for failure, _ in FAILURES} == set(STATUS)


@pytest.mark.parametrize(("failure", "code"), FAILURES, ids=lambda value: repr(value)[:30])
def test_a_failure_is_the_same_in_both_forms(failure: Failure, code: int) -> None:
    token = wants_json.set(True)
    try:
        as_json = present_failure(failure)
    finally:
        wants_json.reset(token)
    as_xml = present_failure(failure)
    assert (as_json.status, as_xml.status) == (STATUS[type(failure)],) * 2
    result = json.loads(as_json.body)["convey_api"]["result"]
    assert result == {"returnCode": code, "error": {"description": failure.message}}
    tree = fromstring(as_xml.body)
    assert tree.findtext("result/returnCode") == str(code)
    assert tree.findtext("result/error/description") == failure.message
    assert as_json.content_type == "text/json; charset=utf-8"
    assert as_xml.content_type == "text/xml; charset=utf-8"
    expected = {"Retry-After": "7"} if isinstance(failure, Limited | Unavailable) else {}
    assert dict(as_json.headers) == expected or as_json.headers["Allow"] == "GET"


def test_unknown_paths_and_methods_are_answered_in_the_envelope(house) -> None:
    missing = house.node.client.request("GET", "/api/reporting/nothing/json")
    assert (missing.status, missing.json()["convey_api"]["result"]["returnCode"]) == (404, 0)
    other = house.node.client.request("DELETE", "/api/reporting/eventlist")
    assert (other.status, other.headers["allow"]) == (405, "GET, POST")
    assert fromstring(other.body).findtext("result/returnCode") == "0"
