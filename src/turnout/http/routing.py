"""Which resource serves a path, and with which methods.

Two rules hold for every route, so that no dialect has to think of them: HEAD works wherever GET
does (but on one that is marked with `acts` or `without_head`), and the fixed parts of a path mean
the same in any letter case. Variable parts are handed on as they came: some are secrets.
"""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any, NamedTuple, TypeVar

import falcon
import falcon.asgi
from falcon.routing import CompiledRouter

from turnout.http.errors import MethodNotAllowed

Responder = Callable[..., Awaitable[None]]
R = TypeVar("R", bound=Responder)
Spellings = dict[str | None, Any]
PREFLIGHT = "Access-Control-Request-Method"
VARIABLE = None
DEEPEST = 12
NO_HEAD = ("acts", "without_head")


class Route(NamedTuple):
    """A path template, and the methods that it has (HEAD among them, OPTIONS not)."""

    template: str
    resource: object
    methods: frozenset[str]


def acts(responder: R) -> R:
    """Mark an `on_get` that changes something: HEAD is refused there, and a program that only
    looks (a link checker, a prefetching browser) does nothing by asking."""
    responder.acts = True  # type: ignore[attr-defined]
    return responder


def without_head(responder: R) -> R:
    """Mark an `on_get` that changes nothing but has no HEAD: what it hands out is noted in the
    audit, or has no end."""
    responder.without_head = True  # type: ignore[attr-defined]
    return responder


class Router(CompiledRouter):
    """Falcon's router with the rules above; `routes` lists what it serves."""

    def __init__(self) -> None:
        super().__init__()
        self.routes: list[Route] = []
        self._spellings: Spellings = {}
        self._is_lower = True
        self._methods: frozenset[str] = frozenset()

    def add_route(self, uri_template: str, resource: object, **kwargs: Any) -> None:
        """Add a route, as Falcon does."""
        super().add_route(uri_template, resource, **kwargs)
        self.routes.append(Route(uri_template, resource, self._methods - {"OPTIONS"}))
        parts = uri_template.strip("/").split("/")
        self._is_lower &= all(part == part.lower() for part in parts if "{" not in part)
        _learn(self._spellings, parts)

    def map_http_methods(self, resource: object, **kwargs: Any) -> Any:
        """The responders by method, with those that follow from others."""
        methods: dict[str, Any] = super().map_http_methods(resource, **kwargs)
        get = methods.get("GET")
        if get is not None and not any(getattr(get, mark, False) for mark in NO_HEAD):
            methods["HEAD"] = _head_of(get)
        methods["OPTIONS"] = _options_of(resource, sorted(set(methods) - {"OPTIONS"}))
        self._methods = frozenset(methods)  # of the route that is being added
        return methods

    def find(self, uri: str, req: Any = None) -> Any:
        """The route of a path, whose fixed parts may have any letter case."""
        return super().find(self._spell(uri), req)

    def _spell(self, uri: str) -> str:
        plain = uri.strip("/")
        if self._is_lower and uri == "/" + plain.lower():
            return uri
        parts = plain.split("/", DEEPEST)
        place: Spellings | None = self._spellings
        for number, part in enumerate(parts):
            if place is None:
                break
            spelling, place = place.get(part.lower()) or (part, place.get(VARIABLE))
            parts[number] = spelling
        return "/" + "/".join(parts)


def _learn(place: Spellings, parts: Iterable[str]) -> None:
    """Note a template's fixed parts; VARIABLE leads past another one."""
    for part in parts:
        if "{" in part:
            place = place.setdefault(VARIABLE, {})
        else:
            place = place.setdefault(part.lower(), (part, {}))[1]


def _head_of(get: Responder) -> Responder:
    """GET, whose body Falcon leaves out; a stream is closed before anything is read from it."""

    async def on_head(
        req: falcon.asgi.Request, resp: falcon.asgi.Response, **params: object
    ) -> None:
        await get(req, resp, **params)
        if close := getattr(resp.stream, "close", None):
            await close()

    return on_head


def _options_of(resource: object, allowed: list[str]) -> Responder:
    """A preflight of a resource that is open to other origins (cors.py); else no such method."""

    async def on_options(
        req: falcon.asgi.Request, resp: falcon.asgi.Response, **_params: object
    ) -> None:
        if not getattr(resource, "is_open", False) or not req.get_header(PREFLIGHT):
            raise MethodNotAllowed(req.method, req.path, allowed)
        resp.status = falcon.HTTP_204
        resp.set_header("Access-Control-Allow-Methods", ", ".join(allowed))

    return on_options
