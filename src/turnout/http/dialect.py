"""What every dialect has in common: how it describes itself, and what its app does."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar

import falcon
import falcon.asgi

from turnout.http.cross_site import RefuseCrossSite
from turnout.http.errors import Present, install
from turnout.http.mounts import Mount
from turnout.http.routing import Route, Router
from turnout.http.storable import RefuseUnstorable

S = TypeVar("S")


class Dialect(NamedTuple, Generic[S]):
    """One API, as it describes itself.

    Its paths begin with `base_path`, most of them. `document` is its openapi.yaml; with it come the
    reference page and `/openapi/NAME.json`. `build` makes its mounts from what bootstrap hands to
    every dialect.
    """

    name: str
    title: str
    base_path: str
    summary: str
    document: Path
    build: Callable[[S], list[Mount]]


class DialectApp(falcon.asgi.App[Any, Any]):
    """A Falcon app that knows how it presents failures, also those that never reach it."""

    __slots__ = ("present",)
    present: Present

    @property
    def routes(self) -> list[Route]:
        """Everything that it serves."""
        router: Router = self._router  # type: ignore[assignment]
        return router.routes


def mount_all(name: str, app: DialectApp, *prefixes: str) -> list[Mount]:
    """Mounts of one app; `name` is their label in the metrics."""
    return [Mount(prefix, name, app, app.present) for prefix in prefixes]


def new_app(present: Present, *, judges_queries: bool = False) -> DialectApp:
    """An app that answers every failure as `present` says, HEAD like GET, and `/X/` like `/x`.
    `judges_queries`: it has words of its own for what cannot be stored in a parameter."""
    app = DialectApp(router=Router())
    app.present = present
    app.add_middleware([RefuseCrossSite(), RefuseUnstorable(are_queries_judged=judges_queries)])
    app.req_options.strip_url_path_trailing_slash = True
    app.req_options.auto_parse_qs_csv = False
    app.resp_options.default_media_type = falcon.MEDIA_JSON
    for options in (app.req_options, app.resp_options):
        # Nobody sends it, and each holds a buffer of 128 KB.
        options.media_handlers.pop(falcon.MEDIA_MSGPACK, None)
    install(app, present)
    return app


class Resource:
    """A resource; `is_open` says that pages of other origins may call it (cors.py)."""

    is_open = False
