"""The served document, `openapi.yaml`: loaded once, and held against answers."""

from functools import cache
from importlib.resources import files
from typing import Any

import jsonschema
import yaml

from tests.support.client import Answer

PATH = files("turnout.dialects.registration").joinpath("openapi.yaml")


@cache
def load_document() -> dict[str, Any]:
    return yaml.safe_load(PATH.read_text())


def list_operations() -> list[tuple[str, str]]:
    """All documented operations, as (method, path)."""
    return [
        (method.upper(), path)
        for path, item in load_document()["paths"].items()
        for method in item
        if method != "parameters"
    ]


def list_statuses() -> set[str]:
    """Every status that any operation documents."""
    return {
        status
        for method, path in list_operations()
        for status in load_document()["paths"][path][method.lower()]["responses"]
    }


def check_documented(method: str, target: str, answer: Answer) -> None:
    """Raise unless the answer, its status, headers and body, is as the document says.

    Paths and methods that are not documented may answer as they like.
    """
    path = target.partition("?")[0]
    operation = load_document()["paths"].get(path, {}).get(method.lower())
    if operation is None:
        return
    response = _resolve(operation["responses"][str(answer.status)])
    for name, header in response["headers"].items():
        if _resolve(header).get("required"):
            assert name.lower() in answer.headers
    (media,) = response["content"].values()
    whole = media["schema"] | {"components": load_document()["components"]}
    jsonschema.Draft202012Validator(whole).validate(answer.json())


def _resolve(node: dict[str, Any]) -> dict[str, Any]:
    """What a `$ref` leads to, else the node itself."""
    if "$ref" not in node:
        return node
    place: Any = load_document()
    for name in node["$ref"].removeprefix("#/").split("/"):
        place = place[name]
    return place
