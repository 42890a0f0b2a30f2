"""How the reporting API answers each kind of failure: the envelope, with a code of its own."""

import time

from turnout.dialects.reporting.envelope import to_json, to_xml, wants_json
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
from turnout.http.errors import Answer, MethodNotAllowed, Unexpected

GENERAL, CREDENTIALS, SESSION, PERMISSION, PARAMETER = 0, -1, -2, -3, -4
LOGIN = "login."
STATUS: dict[type[Failure], int] = {
    Invalid: 400,
    Unauthenticated: 401,
    Denied: 403,
    Conflict: 200,
    Missing: 404,
    Gone: 404,
    MethodNotAllowed: 405,
    Limited: 429,
    Unexpected: 500,
    Unavailable: 503,
}
XML, JSON = "text/xml; charset=utf-8", "text/json; charset=utf-8"


def return_code(failure: Failure) -> int:
    """The code of the contract's notes."""
    if isinstance(failure, Unauthenticated):
        return CREDENTIALS if failure.code.startswith(LOGIN) else SESSION
    if isinstance(failure, Denied):
        return PERMISSION
    return PARAMETER if isinstance(failure, Invalid) else GENERAL


def present_failure(failure: Failure) -> Answer:
    """The envelope with `returnCode` and the description, as XML or JSON."""
    headers = {}
    if isinstance(failure, Limited | Unavailable):
        headers["Retry-After"] = str(failure.retry_after)
    if isinstance(failure, MethodNotAllowed):
        headers["Allow"] = ", ".join(failure.allowed)
    result = {"returnCode": return_code(failure), "error": {"description": failure.message}}
    now = time.time_ns() // 1_000_000
    is_json = wants_json.get()
    body = to_json(now, result) if is_json else to_xml(now, result)
    return Answer(STATUS[type(failure)], body, JSON if is_json else XML, headers)
