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
from turnout.http.errors import Answer, MethodNotAllowed, Unexpected, headers_of, sentence_of

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


# What is wrong with the header of a scan.
NONCES = {
    "nonce.other_action": "was used for the other action. Give each scan a nonce of its own.",
    "nonce.other_code": "was used for another code. Give each scan a nonce of its own.",
    "nonce.without_device": "needs X-Device: a nonce is the device's own name for one scan.",
}
# The contract's sentences by code: its own rules, and what the product calls otherwise.
SENTENCES = {
    "action.missing": "There is no action {action}: confirm or decline.",
    "event_id.absent": "A company token needs an event_id.",
    "event_id.invalid": "event_id must be the number of an event.",
    "field.invalid": "{field} {fault}",
    "invitation.unreadable": "There is no invitation {text}.",
    **{code: f"X-Nonce {fault}" for code, fault in NONCES.items()},
    "recipient.unreadable": "There is no recipient {text}.",
    "state.missing": "There is no state {state}: checked or unchecked.",
    "token.absent": "Send the header Authorization: {scheme} TOKEN.",
    "ticket.checked": "Ticket {code} was checked already, {when}.",
    "ticket.unpaid": "Ticket is not paid.",
    "ticket.elsewhere": "Ticket {code} is not for this gate.",
    "ticket.scanned_cancelled": "Ticket {code} is cancelled.",
    "ticket.unreadable": "There is no such ticket for this event.",
    "ticket.unscannable": "There is no ticket {code} for this event.",
}
CHALLENGE = 'event realm="Turnout", company realm="Turnout"'


def present_failure(failure: Failure) -> Answer:
    """`{"error": text}`, for Invalid with `errors` by field."""
    status = STATUS[type(failure)]
    sentence = sentence_of(failure, SENTENCES)
    body: dict[str, object] = {"error": sentence}
    if isinstance(failure, Invalid):
        fields = failure.fields or {"base": []}
        if fault := NONCES.get(failure.code):
            fields = {"X-Nonce": [fault]}
        elif failure.code.startswith("event_id."):
            fields = {"event_id": []}
        body["errors"] = {field: faults or [sentence] for field, faults in fields.items()}
    headers = headers_of(failure, status, CHALLENGE)
    return Answer(status, msgspec.json.encode(body), "application/json", headers)
