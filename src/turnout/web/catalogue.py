"""What the pages are told about this server and its APIs."""

from pathlib import Path
from typing import Any, NamedTuple


class Api(NamedTuple):
    """One API. `document` is its openapi.yaml; without one, this version does not serve it yet.

    `is_whole` False: what the document says is served, but it is not the whole API yet.
    """

    name: str
    title: str
    base_path: str
    summary: str
    document: Path | None = None
    is_whole: bool = True

    @property
    def is_served(self) -> bool:
        return self.document is not None

    @property
    def state(self) -> str:
        """What people are told about it."""
        if not self.is_served:
            return "Not in this version"
        return "Ready" if self.is_whole else "In part"


class WebParts(NamedTuple):
    """What the pages are put together from; `demo` is the content of demo.json, or None."""

    base_url: str
    apis: tuple[Api, ...]
    demo: dict[str, Any] | None
