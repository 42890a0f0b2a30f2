"""Holding an exchange against the dialect's openapi.yaml."""

from tests.dialects.booking.school import Request
from tests.support.client import Answer
from tests.support.openapi import Document
from turnout.dialects import booking

DOCUMENT = Document(booking)
OTHERS = {404: "NotFound", 405: "MethodNotAllowed"}


def check_answer(asked: Request, answer: Answer) -> None:
    """Raise AssertionError unless the document has this answer, headers and body included."""
    path = asked.target.partition("?")[0].rstrip("/").lower()
    path = path.replace("/api/events/registrations/", "/api/registrations/")
    response = DOCUMENT.find_response(asked.method, path, answer.status)
    if response is None:
        response = DOCUMENT.get_component("responses", OTHERS[answer.status])
    assert "x-request-id" in answer.headers
    kind = answer.headers["content-type"].partition(";")[0]
    body = answer.json() if kind == "application/json" else answer.body.decode()
    DOCUMENT.check(response["content"][kind]["schema"], body)
