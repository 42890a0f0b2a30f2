"""Holding an exchange against the dialect's openapi.yaml, and reading what it answers."""

import csv
import io
import json
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

from tests.dialects.messaging.people import Request
from tests.support.client import Answer
from tests.support.openapi import Document
from turnout.dialects import reporting

DOCUMENT = Document(reporting)
# Names that come as often as they like: arrays in JSON, however many there are.
MANY = {
    "event_info", "attendee", "live_session", "simlive_session", "od_session",
    "custom_registration_qa", "general_qa", "survey_qa",
}  # fmt: skip


def check_answer(asked: Request, answer: Answer) -> None:
    """Raise AssertionError unless the document has this answer, and its body is as it says."""
    path = asked.target.partition("?")[0].rstrip("/")
    operation = DOCUMENT.content["paths"].get(path, {}).get(asked.method.lower())
    assert "x-request-id" in answer.headers
    kind, _, charset = answer.headers["content-type"].partition("; ")
    if kind.startswith("text/"):
        assert charset == "charset=utf-8"
    if operation is None:
        if path.startswith("/viewer/"):
            assert kind == "text/plain"
            return
        schema = {"$ref": "#/components/schemas/Error"}
    else:
        response = DOCUMENT.follow(operation["responses"][str(answer.status)])
        assert kind in response["content"]
        assert {name.lower() for name in response["headers"]} <= answer.headers.keys()
        schema = response["content"]["text/json"]["schema"] if kind == "text/json" else {}
    if kind == "text/xml":
        value = read_xml(answer.body)
        schema = _json_schema(path, answer.status)
    elif kind == "text/json":
        value = json.loads(answer.body)
    else:
        return
    DOCUMENT.check(schema, value)


def _json_schema(path: str, status: int) -> dict[str, Any]:
    if status != 200:
        return {"$ref": "#/components/schemas/Error"}
    responses = DOCUMENT.content["paths"][f"{path}/json"]["get"]["responses"]
    return responses["200"]["content"]["text/json"]["schema"]


def read_xml(body: bytes) -> dict[str, Any]:
    """An XML answer as the JSON one must be; expat takes nothing but well-formed XML."""
    assert body.startswith(b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n')
    root = ElementTree.fromstring(body)  # noqa: S314 - it is our own answer
    return {root.tag: _value(root)}


def _value(element: ElementTree.Element) -> Any:
    children: dict[str, Any] = {}
    for name, value in ((child.tag, _value(child)) for child in element):
        if name in MANY:
            children.setdefault(name, []).append(value)
        else:
            assert name not in children
            children[name] = value
    attributes: dict[str, Any] = dict(element.attrib)
    text = element.text or ""
    if element.tag == "attendee":
        for name in ("custom_registration_qa", "general_qa", "survey_qa"):
            children.setdefault(name, [])
    if element.tag in ("live_session", "simlive_session", "od_session"):
        attributes["duration"] = int(attributes["duration"])
    if element.tag in ("event_list", "core_event") and "core_event" not in children:
        children.setdefault("event_info", [])
    if element.tag == "attendee_list":
        children.setdefault("attendee", [])
    if children or element.tag == "session":
        assert not text.strip()
        return attributes | children
    if attributes:
        is_leaf = element.tag == "event_info"
        return attributes | ({"title": text} if is_leaf else {})
    return int(text) if element.tag == "returnCode" else text


def read_csv(body: bytes) -> Iterator[dict[str, str]]:
    """The rows of a CSV report, by column."""
    yield from csv.DictReader(io.StringIO(body.decode(), newline=""), strict=True)
