"""Holding an exchange against the dialect's openapi.yaml."""

from tests.dialects.messaging.people import Request
from tests.support.client import Answer
from tests.support.openapi import Document
from turnout.dialects import messaging

DOCUMENT = Document(messaging)
OTHERS = {404: "NotFound", 405: "MethodNotAllowed"}


def check_answer(asked: Request, answer: Answer) -> None:
    """Raise AssertionError unless the document has this answer, headers and body included; an
    unknown path or method answers like all the others."""
    path = asked.target.partition("?")[0].rstrip("/")
    for noun in ("user", "job"):
        if path.startswith(f"/api/v1/{noun}s/"):
            path = f"/api/v1/{noun}s/x"
    response = DOCUMENT.find_response(asked.method, path, answer.status)
    if response is None:
        response = DOCUMENT.get_component("responses", OTHERS[answer.status])
    for name, header in response.get("headers", {}).items():
        assert name.lower() in answer.headers or not DOCUMENT.follow(header).get("required"), name
    assert answer.headers["content-type"] == "application/json"
    DOCUMENT.check(response["content"]["application/json"]["schema"], answer.json())
