"""The served document, `openapi.yaml`, held against answers."""

from tests.support.client import Answer
from tests.support.openapi import Document
from turnout.dialects import registration

DOCUMENT = Document(registration)


def check_documented(method: str, target: str, answer: Answer) -> None:
    """Raise unless the answer, its status, headers and body, is as the document says.

    Paths and methods that are not documented may answer as they like.
    """
    response = DOCUMENT.find_response(method, target.partition("?")[0], answer.status)
    if response is None:
        return
    for name, header in response["headers"].items():
        if DOCUMENT.follow(header).get("required"):
            assert name.lower() in answer.headers
    (media,) = response["content"].values()
    DOCUMENT.check(media["schema"], answer.json())
