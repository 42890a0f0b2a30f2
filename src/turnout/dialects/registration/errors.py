"""How the registration API answers each kind of failure: a status, in the envelope."""

import msgspec

from turnout.dialects.registration.wire import Envelope
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
    Unauthenticated: 401,
    Denied: 401,
    Conflict: 402,
    CrossSite: 403,
    Missing: 404,
    Gone: 404,
    MethodNotAllowed: 405,
    Limited: 429,
    Unexpected: 500,
    Unavailable: 503,
}


# Signing in takes a key, everything else the token that it gives.
CHALLENGE = 'Bearer realm="Turnout", APIKey realm="Turnout"'


def present_failure(failure: Failure) -> Answer:
    """The failure in the envelope; contract section 1.3."""
    status = STATUS[type(failure)]
    body = msgspec.json.encode(Envelope(response_code=status, message=failure.message))
    return Answer(status, body, "application/json", headers_of(failure, status, CHALLENGE))
