"""Holding an exchange against the dialect's openapi.yaml."""

import re
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from tests.dialects.booking.school import Request
from tests.support.client import Answer
from turnout.dialects import booking

FILE = Path(booking.__file__).with_name("openapi.yaml")


@cache
def document() -> dict[str, Any]:
    return yaml.safe_load(FILE.read_text())


def list_statuses() -> set[str]:
    """Every status that some operation documents."""
    return {
        status
        for path in document()["paths"].values()
        for method, operation in path.items()
        if method in ("get", "post", "delete")
        for status in operation["responses"]
    }


def check_answer(asked: Request, answer: Answer) -> None:
    """Raise AssertionError unless the document has this answer, headers and body included."""
    response = _response(asked, answer.status)
    assert "x-request-id" in answer.headers
    kind = answer.headers["content-type"].partition(";")[0]
    schema = response["content"][kind]["schema"]
    validator = jsonschema.Draft202012Validator(schema | {"components": document()["components"]})
    body = answer.json() if kind == "application/json" else answer.body.decode()
    assert [f"{each.json_path}: {each.message}" for each in validator.iter_errors(body)] == []


def _response(asked: Request, status: int) -> dict[str, Any]:
    path = asked.target.partition("?")[0].rstrip("/").lower()
    path = path.replace("/api/events/registrations/", "/api/registrations/")
    for template, operations in document()["paths"].items():
        pattern = re.sub(r"\{\w+\}", "[^/]+", template)
        operation = operations.get(asked.method.lower())
        if re.fullmatch(pattern, path) and operation:
            found = operation["responses"].get(str(status))
            if found or status != 405:
                assert found, f"{status} is not documented for {asked.method} {template}"
                return _follow(found)
    name = {404: "NotFound", 405: "MethodNotAllowed"}[status]
    return _follow({"$ref": f"#/components/responses/{name}"})


def _follow(value: dict[str, Any]) -> dict[str, Any]:
    place: Any = document()
    if "$ref" not in value:
        return value
    for part in value["$ref"].removeprefix("#/").split("/"):
        place = place[part]
    return place
