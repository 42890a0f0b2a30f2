"""How the registration API answers each kind of failure: a status, in the envelope."""

import msgspec

from turnout.core.registrations.submissions import QueueItem
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
from turnout.http.errors import (
    Answer,
    MethodNotAllowed,
    Unexpected,
    headers_of,
    sentence_of,
    sentence_of_code,
)

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

# The contract's sentences; contract section 1.3.
SENTENCES = {
    "api_key.absent": "Unauthorised - Invalid API key provided: send it in the header APIKey "
    'or as {{"apiKey": "…"}}.',
    "api_key.refused": "Unauthorised - {why}",
    "channel.unknown_pak": "No channel has the channelPak {pak}.",
    "event.unknown_pak": "No event has the eventPak {pak}.",
    "member.invalid": "{member} {fault}.",
    "registration.failed": "The server could not process this registration. Try it again.",
    "session.not_of_channel": "Session {pak} does not exist in this channel.",
    "session.not_of_event": "Session {pak} does not exist in this event.",
    "signing.no_key": "The server has no signing key yet. Try again.",
    # As an older Turnout kept it.
    "ticket_type.limit": "One person may have up to {limit} of this ticket type.",
    "tickets.sold_out": "Tickets are sold out.",
    "token.absent": "Unauthorised: send the header 'Authorization: Bearer <idToken>'. "
    "POST /v1.0/signin gives an idToken.",
    "token.bad": "Unauthorised: the token is not valid. Sign in again.",
    "token.expired": "Unauthorised: the token has expired. Sign in again.",
}
# What is said of a body or a member of it begins as the contract's 400 does.
BAD_REQUEST = ("body.", "member.", "text.", "request.content_length")

# Signing in takes a key, everything else the token that it gives.
CHALLENGE = 'Bearer realm="Turnout", APIKey realm="Turnout"'


def present_failure(failure: Failure) -> Answer:
    """The failure in the envelope; contract section 1.3."""
    status = STATUS[type(failure)]
    body = msgspec.json.encode(Envelope(response_code=status, message=_sentence(failure)))
    return Answer(status, body, "application/json", headers_of(failure, status, CHALLENGE))


def sentence_of_item(item: QueueItem) -> str | None:
    """Why a queue item failed; None unless it did. Of one that was decided by a Turnout that kept
    sentences, that sentence."""
    if item.code is None:
        return item.message
    return sentence_of_code(item.code, item.facts, SENTENCES)


def _sentence(failure: Failure) -> str:
    sentence = sentence_of(failure, SENTENCES)
    if not (isinstance(failure, Invalid) and failure.code.startswith(BAD_REQUEST)):
        return sentence
    if sentence.startswith(("The ", "A ")):
        sentence = sentence[:1].lower() + sentence[1:]
    return f"Bad Request: {sentence}"
