"""The outermost ASGI app: leads a request to the dialect or page that serves its path.

It gives every request its number, counts and logs it, and answers `/healthz`, `/readyz` and
`/metrics` itself. What is inside a path prefix is the mounted app's own business.
"""

import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, NamedTuple

import msgspec
import structlog

from turnout.errors import Failure
from turnout.http import logs, metrics, request_id
from turnout.http.client_address import ClientAddresses, TrustedProxies
from turnout.http.shortcut import Shortcut

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]

START = "http.response.start"
REQUEST_ID = b"x-request-id"

log = structlog.get_logger()


class Mount(NamedTuple):
    """Serve paths that begin with `prefix` by `app`; `name` is its label in the metrics."""

    prefix: str
    name: str
    app: Asgi


class RootApp:
    """One server's front door. `is_ready` raises Failure while requests cannot be served; the
    `shortcuts` go before the mounts. What follows one of `secret_paths` is never logged: it is
    what somebody proves themselves with."""

    def __init__(
        self,
        mounts: list[Mount],
        *,
        is_ready: Callable[[], Awaitable[None]],
        access_log: bool,
        clients: ClientAddresses | None = None,
        shortcuts: Iterable[Shortcut] = (),
        secret_paths: tuple[str, ...] = (),
    ) -> None:
        # The longest prefix that fits wins; "/" fits everything.
        self._mounts = sorted(mounts, key=lambda mount: -len(mount.prefix))
        self._shortcuts = {(each.method, each.path): each for each in shortcuts}
        self._is_ready = is_ready
        self._access_log = access_log
        self._clients = clients or ClientAddresses(TrustedProxies())
        self._secret_paths = secret_paths
        self._own = {"/healthz": self._health, "/readyz": self._ready, "/metrics": self._metrics}
        self.in_flight = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        started = time.perf_counter()
        address = self._clients.enter(scope)
        number = request_id.choose(scope["headers"])
        token = request_id.current.set(number)
        method, path = scope["method"], scope["path"]
        exchange = _Exchange(send, number)
        shortcut = self._shortcuts.get((method, path))
        self.in_flight += 1
        try:
            if shortcut:
                name = shortcut.name
                exchange.status, headers, body = await shortcut.answer(scope, receive)
                headers.append((REQUEST_ID, exchange.number))
                await send({"type": START, "status": exchange.status, "headers": headers})
                await send({"type": "http.response.body", "body": body})
            else:
                mount = self._mount(path)
                name = mount.name
                await mount.app(scope, _without_waiting(receive), exchange.send)
        finally:
            self.in_flight -= 1
            request_id.current.reset(token)
            duration = time.perf_counter() - started
            metrics.observe(name, method, exchange.status, duration)
            if self._access_log:
                shown = self._show(path) if path.startswith(self._secret_paths) else path
                logs.log_request(
                    logs.RequestLine(
                        time.time(),
                        method,
                        shown,
                        exchange.status,
                        duration * 1000,
                        number,
                        address,
                    )
                )

    def _show(self, path: str) -> str:
        """A path without what is secret in it."""
        return next(f"{each}…" for each in self._secret_paths if path.startswith(each))

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


class _Exchange:
    """One request's answer on its way out: it bears the request's number."""

    __slots__ = ("_send", "number", "status")

    def __init__(self, send: Send, number: str) -> None:
        self._send = send
        self.number = number.encode()
        self.status = 500

    async def send(self, message: dict[str, Any]) -> None:
        if message["type"] == START:
            self.status = message["status"]
            message["headers"] = [*message.get("headers", ()), (REQUEST_ID, self.number)]
        await self._send(message)


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
