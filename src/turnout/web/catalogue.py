"""What the pages are told about this server and its APIs."""

from pathlib import Path
from typing import Any, NamedTuple


class Api(NamedTuple):
    """One API. `document` is its openapi.yaml; without one, this version does not serve it yet."""

    name: str
    title: str
    base_path: str
    summary: str
    document: Path | None = None

    @property
    def is_ready(self) -> bool:
        return self.document is not None


class WebParts(NamedTuple):
    """What the pages are put together from; `demo` is the content of demo.json, or None."""

    base_url: str
    apis: tuple[Api, ...]
    demo: dict[str, Any] | None
