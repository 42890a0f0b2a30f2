"""The outermost ASGI app: leads a request to the dialect or page that serves its path.

It gives every request its number, counts and logs it, and answers `/healthz`, `/readyz` and
`/metrics` itself. What is inside a path prefix is the mounted app's own business.
"""

import time
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

import msgspec
import structlog

from turnout.errors import Failure
from turnout.http import logs, metrics, request_id

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]

log = structlog.get_logger()


class Mount(NamedTuple):
    """Serve paths that begin with `prefix` by `app`; `name` is its label in the metrics."""

    prefix: str
    name: str
    app: Asgi


class RootApp:
    """One server's front door. `is_ready` raises Failure while requests cannot be served."""

    def __init__(
        self,
        mounts: list[Mount],
        *,
        is_ready: Callable[[], Awaitable[None]],
        access_log: bool,
    ) -> None:
        # The longest prefix that fits wins; "/" fits everything.
        self._mounts = sorted(mounts, key=lambda mount: -len(mount.prefix))
        self._is_ready = is_ready
        self._access_log = access_log
        self._own = {"/healthz": self._health, "/readyz": self._ready, "/metrics": self._metrics}
        self.in_flight = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        started = time.perf_counter()
        number = request_id.choose(scope["headers"])
        token = request_id.current.set(number)
        status = 500
        path = scope["path"]
        mount = self._mount(path)

        async def send_numbered(message: dict[str, Any]) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [
                    *message.get("headers", ()),
                    (b"x-request-id", number.encode()),
                ]
            await send(message)

        self.in_flight += 1
        try:
            await mount.app(scope, _without_waiting(receive), send_numbered)
        finally:
            self.in_flight -= 1
            request_id.current.reset(token)
            duration = time.perf_counter() - started
            metrics.observe(mount.name, scope["method"], status, duration)
            if self._access_log:
                logs.log_request(
                    event="request",
                    timestamp=time.time(),
                    method=scope["method"],
                    path=path,
                    status=status,
                    ms=round(duration * 1000, 2),
                    request_id=number,
                )

    def _mount(self, path: str) -> Mount:
        if own := self._own.get(path):
            return Mount(path, "health", own)
        for mount in self._mounts:
            if path.startswith(mount.prefix):
                return mount
        raise LookupError(f"nothing is mounted at {path}; mount something at /")

    async def _health(self, scope: Scope, receive: Receive, send: Send) -> None:
        await _answer(send, 200, b'{"status":"ok"}', "application/json")

    async def _ready(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._is_ready()
        except Failure as failure:
            body = msgspec.json.encode({"status": "unavailable", "reason": failure.message})
            await _answer(send, 503, body, "application/json")
        else:
            await _answer(send, 200, b'{"status":"ready"}', "application/json")

    async def _metrics(self, scope: Scope, receive: Receive, send: Send) -> None:
        metrics.in_flight.set(self.in_flight)
        await _answer(send, 200, metrics.render(), metrics.CONTENT_TYPE)


def _without_waiting(receive: Receive) -> Receive:
    """`receive`, the first time with no bytes, at once.

    Falcon takes the first part of the body before it looks at anything else. A client that
    announces a body and sends none would be waited for without end; now only `read_body` waits.
    """
    is_begun = False

    async def receive_next() -> dict[str, Any]:
        nonlocal is_begun
        if is_begun:
            return await receive()
        is_begun = True
        return {"type": "http.request", "body": b"", "more_body": True}

    return receive_next


async def _answer(send: Send, status: int, body: bytes, content_type: str) -> None:
    headers = [
        (b"content-type", content_type.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
