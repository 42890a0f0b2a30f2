"""How the attendance API answers each kind of failure; contract, Errors."""

import msgspec

from turnout.errors import (
    Conflict,
    Denied,
    Failure,
    Gone,
    Invalid,
    Limited,
    Missing,
    Unauthenticated,
    Unavailable,
)
from turnout.http.cross_site import CrossSite
from turnout.http.errors import Answer, MethodNotAllowed, Unexpected, headers_of

STATUS: dict[type[Failure], int] = {
    Invalid: 422,
    Unauthenticated: 401,
    Denied: 401,
    Conflict: 406,
    CrossSite: 403,
    Missing: 404,
    Gone: 404,
    MethodNotAllowed: 405,
    Limited: 429,
    Unexpected: 500,
    Unavailable: 503,
}


CHALLENGE = 'event realm="Turnout", company realm="Turnout"'


def present_failure(failure: Failure) -> Answer:
    """`{"error": text}`, for Invalid with `errors` by field."""
    status = STATUS[type(failure)]
    body: dict[str, object] = {"error": failure.message}
    if isinstance(failure, Invalid):
        body["errors"] = failure.fields or {"base": [failure.message]}
    headers = headers_of(failure, status, CHALLENGE)
    return Answer(status, msgspec.json.encode(body), "application/json", headers)
