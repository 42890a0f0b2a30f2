"""OpenAPI documents: read from YAML, led by `$ref`, served with this server's address."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml

from turnout.http.dialect import Dialect


def load(api: Dialect[Any], base_url: str) -> dict[str, Any]:
    """The document of an API, as this server serves it."""
    return _read(api.document) | {"servers": [{"url": base_url}]}


def follow(spec: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    """`node`, or what its `$ref` leads to inside `spec`; what stands beside the `$ref` wins."""
    beside = {name: value for name, value in node.items() if name != "$ref"}
    while "$ref" in node:
        target: Any = spec
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part.replace("~1", "/").replace("~0", "~")]
        node = target
        beside = {name: value for name, value in node.items() if name != "$ref"} | beside
    return beside


@cache
def _read(path: Path) -> dict[str, Any]:
    # libyaml, where it is there, is ten times faster.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    spec: dict[str, Any] = yaml.load(path.read_bytes(), loader)  # noqa: S506
    return spec
