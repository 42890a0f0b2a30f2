"""`/healthz`, `/readyz` and `/metrics`: an app like every other.

They go the way of every request on purpose. Answered by the front door itself, they stayed green
while everything behind it was down.

They have one spelling each, unlike all other paths: a proxy that keeps one of them from the world
compares texts, and must not be led around by `/METRICS`, `//metrics` or `/metric%73`. Metrics are
for the operator alone, so what came through a proxy or from a public address is refused them.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import falcon
import msgspec
from falcon.asgi import Request, Response

from turnout.core.identity.addresses import parse_address
from turnout.errors import Failure, Invalid, Missing
from turnout.http import metrics
from turnout.http.client_address import address_of
from turnout.http.cross_site import CrossSite
from turnout.http.dialect import DialectApp, Resource, new_app
from turnout.http.errors import Answer, MethodNotAllowed, Unexpected, headers_of

PREFIXES = ("/healthz", "/readyz", "/metrics")
SPELLINGS = frozenset(prefix.encode() for prefix in PREFIXES)
# What proxies add to a request that they pass on.
FORWARDING = frozenset(
    (
        b"forwarded",
        b"via",
        b"x-forwarded-for",
        b"x-forwarded-host",
        b"x-forwarded-proto",
        b"x-real-ip",
    )
)
NO_STORE = "no-store"
STATUS: dict[type[Failure], int] = {
    Invalid: 400,
    CrossSite: 403,
    Missing: 404,
    MethodNotAllowed: 405,
    Unexpected: 500,
}


def build(
    is_ready: Callable[[], Awaitable[None]], count_in_flight: Callable[[], int]
) -> DialectApp:
    """The app. `is_ready` raises Failure while requests cannot be served."""
    app = new_app(present_failure)
    app.add_middleware(OneSpelling())
    app.add_route("/healthz", HealthResource())
    app.add_route("/readyz", ReadyResource(is_ready))
    app.add_route("/metrics", MetricsResource(count_in_flight))
    return app


class OneSpelling:
    """Refuses every path that is not one of ours to the letter."""

    async def process_request(self, req: Request, _resp: Response) -> None:
        """Raises Missing."""
        if req.scope["raw_path"] not in SPELLINGS:
            raise Missing("path.health", paths=PREFIXES)


class HealthResource(Resource):
    """`/healthz`: the process lives."""

    async def on_get(self, _req: Request, resp: Response) -> None:
        """Always 200."""
        _answer(resp, {"status": "ok"})


class ReadyResource(Resource):
    """`/readyz`: requests can be served."""

    def __init__(self, is_ready: Callable[[], Awaitable[None]]) -> None:
        self._is_ready = is_ready

    async def on_get(self, _req: Request, resp: Response) -> None:
        """200, or 503 with the reason."""
        try:
            await self._is_ready()
        except Failure as failure:
            resp.status = falcon.HTTP_503
            _answer(resp, {"status": "unavailable", "reason": failure.message})
        else:
            _answer(resp, {"status": "ready"})


class MetricsResource(Resource):
    """`/metrics`, for Prometheus."""

    def __init__(self, count_in_flight: Callable[[], int]) -> None:
        self._count_in_flight = count_in_flight

    async def on_get(self, req: Request, resp: Response) -> None:
        """Everything, in Prometheus' text format. Raises Missing for requests of the world."""
        if not _is_direct(req.scope):
            raise Missing("metrics.forwarded")
        metrics.in_flight.set(self._count_in_flight())
        resp.data = metrics.render()
        resp.content_type = metrics.CONTENT_TYPE
        resp.set_header("Cache-Control", NO_STORE)


def present_failure(failure: Failure) -> Answer:
    """`{"status": "error", "reason": text}`."""
    status = STATUS.get(type(failure), 503)
    body = msgspec.json.encode({"status": "error", "reason": failure.message})
    headers = headers_of(failure, status) | {"Cache-Control": NO_STORE}
    return Answer(status, body, falcon.MEDIA_JSON, headers)


def _is_direct(scope: dict[str, Any]) -> bool:
    """Whether no proxy passed the request on, and its sender has no public address."""
    if any(name in FORWARDING for name, _ in scope["headers"]):
        return False
    address = parse_address(address_of(scope))
    return address is None or not address.is_global


def _answer(resp: Response, body: dict[str, str]) -> None:
    resp.data = msgspec.json.encode(body)
    resp.set_header("Cache-Control", NO_STORE)
