"""All routes of the pages, on one screen."""

from typing import Any

import falcon.asgi
import msgspec

from turnout.web.catalogue import Api


class WebParts(msgspec.Struct, frozen=True):
    """What the pages are put together from; `demo` is the content of demo.json, or None."""

    base_url: str
    apis: tuple[Api, ...]
    demo: dict[str, Any] | None


def build(parts: WebParts) -> "falcon.asgi.App[Any, Any]":
    """The pages as an ASGI app of their own."""
    return falcon.asgi.App()
