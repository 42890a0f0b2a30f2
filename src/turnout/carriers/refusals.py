"""How the webhooks of carriers refuse what networks tell them: a line of text."""

from turnout.errors import Failure, Invalid, Limited, Missing, Unauthenticated, Unavailable
from turnout.http.errors import Answer, MethodNotAllowed, Present, Unexpected, headers_of

_STATUS: dict[type[Failure], int] = {
    Invalid: 400,
    Unauthenticated: 401,
    Missing: 404,
    MethodNotAllowed: 405,
    Limited: 429,
    Unexpected: 500,
    Unavailable: 503,
}


def refusing(challenge: str) -> Present:
    """What answers failures of a webhook; `challenge` says how it is signed in to."""

    def present(failure: Failure) -> Answer:
        status = _STATUS.get(type(failure), 400)
        headers = headers_of(failure, status, challenge) | {"Cache-Control": "no-store"}
        body = f"{failure.message}\n".encode()
        return Answer(status, body, "text/plain; charset=utf-8", headers)

    return present
