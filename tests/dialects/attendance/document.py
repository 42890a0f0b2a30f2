"""Holding an exchange against the dialect's openapi.yaml."""

from tests.dialects.attendance.hall import Request
from tests.support.client import Answer
from tests.support.openapi import Document
from turnout.dialects import attendance

DOCUMENT = Document(attendance)
OTHERS = {401: "Unauthorized", 404: "NotFound", 405: "MethodNotAllowed"}


def check_answer(asked: Request, answer: Answer) -> None:
    """Raise AssertionError unless the document has this answer, headers and body included."""
    path = asked.target.partition("?")[0].rstrip("/").removesuffix(".json")
    path = f"/v1{path}" if path.startswith("/event/") else path
    response = DOCUMENT.find_response(asked.method, path, answer.status)
    if response is None:
        response = DOCUMENT.get_component("responses", OTHERS[answer.status])
    assert "x-request-id" in answer.headers
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["vary"] in ("Origin", "Origin, Accept-Encoding")
    DOCUMENT.check(response["content"]["application/json"]["schema"], answer.json())
