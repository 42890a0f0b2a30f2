"""The OpenAPI document of a dialect, held against what is answered."""

import re
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

import jsonschema
import yaml

METHODS = ("get", "put", "post", "delete")


class Document:
    """`openapi.yaml` of a dialect, as it is served."""

    def __init__(self, dialect: ModuleType) -> None:
        self.file = Path(str(dialect.__file__)).with_name("openapi.yaml")

    @cached_property
    def content(self) -> dict[str, Any]:
        """All of it."""
        found: dict[str, Any] = yaml.safe_load(self.file.read_text(encoding="utf-8"))
        return found

    def list_operations(self) -> list[tuple[str, str]]:
        """Every operation, as method and path."""
        return [
            (method.upper(), path)
            for path, item in self.content["paths"].items()
            for method in item
            if method in METHODS
        ]

    def list_statuses(self) -> set[str]:
        """Every status that some operation documents."""
        return {
            status
            for method, path in self.list_operations()
            for status in self.content["paths"][path][method.lower()]["responses"]
        }

    def find_response(self, method: str, path: str, status: int) -> dict[str, Any] | None:
        """What the document has for an answer of that status; None where the operation is none of
        its own. Raises AssertionError for a status that a documented operation does not have."""
        for template, operations in self.content["paths"].items():
            pattern = re.sub(r"\{\w+\}", "[^/]+", template)
            operation = operations.get(method.lower())
            if operation and re.fullmatch(pattern, path):
                found = operation["responses"].get(str(status))
                if found or status != 405:
                    assert found, f"{status} is not documented for {method} {template}"
                    return self.follow(found)
        return None

    def get_component(self, kind: str, name: str) -> dict[str, Any]:
        """A part that others refer to."""
        return self.follow({"$ref": f"#/components/{kind}/{name}"})

    def follow(self, node: dict[str, Any]) -> dict[str, Any]:
        """What a `$ref` leads to, else the node itself."""
        if "$ref" not in node:
            return node
        place: Any = self.content
        for name in node["$ref"].removeprefix("#/").split("/"):
            place = place[name]
        found: dict[str, Any] = place
        return found

    def check(self, schema: dict[str, Any], value: Any) -> None:
        """Raise AssertionError unless `value` is as the schema says."""
        whole = schema | {"components": self.content["components"]}
        found = jsonschema.Draft202012Validator(whole).iter_errors(value)
        assert [f"{error.json_path}: {error.message}" for error in found] == []
