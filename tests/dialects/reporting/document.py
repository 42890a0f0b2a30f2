"""Holding an exchange against the dialect's openapi.yaml."""

import re
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import yaml
from defusedxml.ElementTree import fromstring  # type: ignore[import-untyped]

from tests.dialects.messaging.people import Request
from tests.support.client import Answer
from turnout.dialects import reporting

FILE = Path(reporting.__file__).with_name("openapi.yaml")


@cache
def document() -> dict[str, Any]:
    return yaml.safe_load(FILE.read_text())


def list_statuses() -> set[str]:
    """Every status that some operation documents."""
    return {
        status
        for path in document()["paths"].values()
        for method, operation in path.items()
        if method in ("get", "post")
        for status in operation["responses"]
    }


def check_answer(asked: Request, answer: Answer) -> None:
    """Raise AssertionError unless the document has this answer: its form is as described, JSON by
    its schema, XML by a strict parser."""
    response = _response(asked, answer.status)
    assert "x-request-id" in answer.headers
    kind = answer.headers["content-type"].partition(";")[0]
    described = response["content"][kind]["schema"]
    if kind == "text/json":
        validator = jsonschema.Draft202012Validator(
            described | {"components": document()["components"]}
        )
        assert [f"{e.json_path}: {e.message}" for e in validator.iter_errors(answer.json())] == []
    elif kind == "text/xml":
        assert fromstring(answer.body).tag == "convey_api"
    else:
        assert answer.body.decode().startswith("id,email,")


def _response(asked: Request, status: int) -> dict[str, Any]:
    path = asked.target.partition("?")[0].rstrip("/")
    operation = document()["paths"][path][asked.method.lower()]
    found = operation["responses"].get(str(status))
    assert found, f"{status} is not documented for {asked.method} {path}"
    return _follow(found)


def _follow(value: dict[str, Any]) -> dict[str, Any]:
    place: Any = document()
    if "$ref" not in value:
        return value
    for part in re.split("/", value["$ref"].removeprefix("#/")):
        place = place[part]
    return place
