"""Holding an exchange against the dialect's openapi.yaml."""

from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from tests.dialects.messaging.people import Request
from tests.support.client import Answer
from turnout.dialects import messaging

FILE = Path(messaging.__file__).with_name("openapi.yaml")


@cache
def document() -> dict[str, Any]:
    return yaml.safe_load(FILE.read_text())


def check_answer(asked: Request, answer: Answer) -> None:
    """Raise AssertionError unless the document has this answer, headers and body included."""
    response = _response(asked, answer.status)
    for name, header in response.get("headers", {}).items():
        assert name.lower() in answer.headers or not _follow(header).get("required"), name
    schema = response["content"]["application/json"]["schema"]
    validator = jsonschema.Draft202012Validator(schema | {"components": document()["components"]})
    errors = [
        f"{error.json_path}: {error.message}" for error in validator.iter_errors(answer.json())
    ]
    assert errors == []
    assert answer.headers["content-type"] == "application/json"


def _response(asked: Request, status: int) -> dict[str, Any]:
    """What the operation answers; an unknown path or method answers like all the others."""
    path = asked.target.partition("?")[0].rstrip("/")
    for noun in ("user", "job"):
        if path.startswith(f"/api/v1/{noun}s/"):
            path = f"/api/v1/{noun}s/{{{noun}_id}}"
    operations = document()["paths"].get(path, {})
    operation = operations.get(asked.method.lower())
    if operation is None:
        name = {404: "NotFound", 405: "MethodNotAllowed"}[status]
        return _follow({"$ref": f"#/components/responses/{name}"})
    return _follow(operation["responses"][str(status)])


def _follow(value: dict[str, Any]) -> dict[str, Any]:
    place: Any = document()
    if "$ref" not in value:
        return value
    for part in value["$ref"].removeprefix("#/").split("/"):
        place = place[part]
    return place
