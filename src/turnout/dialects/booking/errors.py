"""How the booking API answers each kind of failure: a bare JSON string, for the most part.

The product's codes have the contract's sentences here (contract, Errors); every other code is said
as the catalogue does.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from turnout.catalogue import fill
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


NO_GUID = "00000000-0000-0000-0000-000000000000"
SENTENCES = {
    MALFORMED: "The request is invalid.",
    NO_QUERY: "No HTTP resource was found that matches the request URI '{uri}'.",
    SIGN_IN: "This link opens for members of the organization alone: sign in, or send a developer "
    "secret.",
    "accommodation.time": "TimeExtension must be between 0 and {limit} minutes.",
    "accommodation.type": "Accommodation type cannot be empty.",
    "exam.active": "The exam event cannot be canceled because it contains active registrations.",
    "exam.billing_code": "Invalid EventBillingCode Value: {value}",
    "exam.billing_code_absent": "EventBillingCode Not Specified",
    "exam.cancelled": "Event {exam} was cancelled just now. Repeat.",
    "exam.cancelled_before": "Exam event is already cancelled..",
    "exam.closed": "Registration is closed for event {exam}.",
    "exam.exists": "Event Already Exists: {uuid}",
    "exam.format": "Invalid EventExamFormat Value: {value}",
    "exam.format_absent": "EventExamFormat Not Specified",
    "exam.full": "Registration limit of {limit} reached for event {exam}.",
    "exam.limit": "Invalid RegistrationLimit Value: {limit}",
    "exam.start_late": "Invalid EventStartTime Value: the value must be before the year {year}",
    "exam.start_past": "Invalid EventStartTime Value: the value must be a future date and time",
    "exam.type": "Invalid EventExamType Value: {value}",
    "exam.type_absent": "EventExamType Not Specified",
    "exam.unknown": "Exam event not found.",
    "exam.venue": "Venue Not Found: {venue}",
    "form.unknown": "Assessment Form Not Found: {code}",
    "learner.missing": "Learner Not Found: {learner}",
    "link.missing": "This link does not lead anywhere.",
    "paper.busy": "Too much scrap paper is being drawn. Try again in a few seconds.",
    "paper.from": "from must be 1 to {count}, the number of candidates.",
    "paper.long": "This exam has {count} candidates, and one paper has up to {limit} pages. "
    "Add to the link, one after the other: {starts}",
    "paper.not_number": "from must be a number, not {text!r}.",
    "paper.throttled": "More than {limit} papers were drawn in a minute. Try again later.",
    "key.expired": "Your user key is expired.",
    "key.unknown": "Your user key is not recognized.",
    "secret.absent": "Your HTTP request is missing the Authorization header.",
    "secret.expired": "Your bearer token is expired.",
    "secret.organization": "Your bearer token is not authorized to access this organization.",
    "secret.scheme": "The Authorization header in your HTTP request must contain a bearer token.",
    "secret.unknown": "Your bearer token is not recognized.",
    "sitting.cancelled": "Registration Is Cancelled: {uuid}",
    "sitting.exists": "Registration {uuid} already exists. It registers {name} for event {exam}. "
    "You cannot add a new registration with the same identifier.",
    "sitting.exists_elsewhere": "Registration {uuid} already exists. "
    "You cannot add a new registration with the same identifier.",
    "sitting.has_form": "Assessment {code} Already Assigned to Registration {uuid}",
    "sitting.in_exam": "Registration Already Assigned to Event {exam}",
    "sitting.missing": "Registration Not Found: {uuid}",
    "sitting.other_learner": "Learner Does Not Belong to Registration: {learner}",
    "sitting.without_form": "Registration Has No Assessment Form: {uuid}",
}
# Facts that the contract writes in its own way.
_FACTS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "learner.missing": lambda facts: {"learner": facts["learner"] or NO_GUID},
    "paper.long": lambda facts: {"starts": [f"?from={first}" for first in facts["starts"]]},
}


def malformed(refusal: Invalid | None = None) -> Invalid:
    """The refusal of a GUID or body that cannot be understood; `refusal` says what is wrong with
    the body, and where."""
    return Invalid(MALFORMED, detail=refusal.message if refusal else "")


def no_query(uri: str) -> Missing:
    """The refusal of a request without a query parameter that it must have."""
    return Missing(NO_QUERY, uri=uri)


def sentence_of(failure: Failure) -> str:
    """What the contract says about a failure, or else the catalogue."""
    sentence = SENTENCES.get(failure.code)
    if sentence is None:
        return failure.message
    rewrite = _FACTS.get(failure.code, dict)
    return fill(sentence, failure.facts | rewrite(failure.facts), failure.code)


def present_failure(failure: Failure) -> Answer:
    """`"text"`; `{"error": text}` for a bad secret; `{"Message": text}` where the original's
    framework says it."""
    status = 401 if failure.code == SIGN_IN else STATUS[type(failure)]
    sentence = sentence_of(failure)
    body: str | dict[str, str] = sentence
    if isinstance(failure, Unauthenticated | Denied | CrossSite):
        body = {"error": sentence}
    elif member := _OBJECTS.get(failure.code):
        body = {member: sentence}
        if detail := failure.facts.get("detail"):
            body["MessageDetail"] = f"{detail[:1].upper()}{detail[1:]}"
    headers = headers_of(failure, status, CHALLENGE)
    return Answer(status, msgspec.json.encode(body), "application/json", headers)
