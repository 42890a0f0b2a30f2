"""How the booking API answers each kind of failure: a bare JSON string, for the most part."""

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
    Invalid: 400,
    Unauthenticated: 403,
    Denied: 403,
    Conflict: 400,
    CrossSite: 403,
    Missing: 404,
    Gone: 404,
    MethodNotAllowed: 405,
    Limited: 429,
    Unexpected: 500,
    Unavailable: 503,
}
# Codes of failures that are answered as an object with one member, and that member.
MALFORMED, NO_QUERY = "request.invalid", "query.absent"
# A link that is for members. Browsers are sent to sign in; they are never asked for Basic.
SIGN_IN = "paper.sign_in"
CHALLENGE = 'Bearer realm="Turnout"'
_OBJECTS = {MALFORMED: "Message", NO_QUERY: "Message"}


def malformed(detail: str = "") -> Invalid:
    """The refusal of a GUID or body that cannot be understood; `detail` says what is wrong with the
    body, and where."""
    return Invalid(MALFORMED, "The request is invalid.", detail=detail)


def no_query(uri: str) -> Missing:
    """The refusal of a request without a query parameter that it must have."""
    return Missing(NO_QUERY, f"No HTTP resource was found that matches the request URI '{uri}'.")


def present_failure(failure: Failure) -> Answer:
    """`"text"`; `{"error": text}` for a bad secret; `{"Message": text}` where the original's
    framework says it."""
    status = 401 if failure.code == SIGN_IN else STATUS[type(failure)]
    body: str | dict[str, str] = failure.message
    if isinstance(failure, Unauthenticated | Denied | CrossSite):
        body = {"error": failure.message}
    elif member := _OBJECTS.get(failure.code):
        body = {member: failure.message}
        if detail := failure.facts.get("detail"):
            body["MessageDetail"] = f"{detail[:1].upper()}{detail[1:]}"
    headers = headers_of(failure, status, CHALLENGE)
    return Answer(status, msgspec.json.encode(body), "application/json", headers)
