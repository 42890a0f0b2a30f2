"""`/healthz`, `/readyz` and `/metrics`: an app like every other.

They go the way of every request on purpose. Answered by the front door itself, they stayed green
while everything behind it was down.
"""

from collections.abc import Awaitable, Callable

import falcon
import msgspec
from falcon.asgi import Request, Response

from turnout.errors import Failure, Invalid, Missing
from turnout.http import metrics
from turnout.http.cross_site import CrossSite
from turnout.http.dialect import DialectApp, Resource, new_app
from turnout.http.errors import Answer, MethodNotAllowed, Unexpected, headers_of

PREFIXES = ("/healthz", "/readyz", "/metrics")
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
    app.add_route("/healthz", HealthResource())
    app.add_route("/readyz", ReadyResource(is_ready))
    app.add_route("/metrics", MetricsResource(count_in_flight))
    return app


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

    async def on_get(self, _req: Request, resp: Response) -> None:
        """Everything, in Prometheus' text format."""
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


def _answer(resp: Response, body: dict[str, str]) -> None:
    resp.data = msgspec.json.encode(body)
    resp.set_header("Cache-Control", NO_STORE)
