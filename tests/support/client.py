"""Asking a Turnout over HTTP: `AppClient` in this process, `ask` over the network.

Both give an `Answer`, so that one assertion fits either.
"""

import asyncio
import http.client
import json
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from typing import Any, Self

from turnout.http.mounts import Asgi

TIMEOUT_S = 30
HOST = "127.0.0.1:8080"
Headers = dict[str, str] | None


@dataclass(frozen=True)
class Answer:
    """What came back; header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes
    set_cookies: tuple[str, ...] = ()
    """Every cookie that it sets, whole; `headers` has the last one."""

    def json(self) -> Any:
        return json.loads(self.body)


class AppClient:
    """Drives an ASGI app without a network, in one event loop of its own."""

    def __init__(self, app: Asgi) -> None:
        self.app = app
        self.place = "127.0.0.1"
        """The address that requests come from."""
        self._runner = asyncio.Runner()

    def request(
        self,
        method: str,
        target: str,
        *,
        headers: Headers = None,
        json: Any = None,
        body: bytes | Iterable[bytes] = b"",
        http_version: str = "1.1",
        has_host: bool = True,
    ) -> Answer:
        """One request. `target` is path and query. `json` is encoded and gets its content type;
        a `body` of several parts comes in pieces and, like an HTTP chunked one, without length.
        It has a Host header, unless `has_host` is off."""
        return self.run(
            self.send(
                method,
                target,
                headers=headers,
                json=json,
                body=body,
                http_version=http_version,
                has_host=has_host,
            )
        )

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Await anything in the client's event loop; for requests side by side, see `send`."""
        return self._runner.run(work)

    async def send(
        self,
        method: str,
        target: str,
        *,
        headers: Headers = None,
        json: Any = None,
        body: bytes | Iterable[bytes] = b"",
        http_version: str = "1.1",
        has_host: bool = True,
    ) -> Answer:
        """`request`, inside the event loop: `asyncio.gather(*(client.send(…) for …))`."""
        headers, body = _prepare(headers, json, body)
        if has_host:
            headers.setdefault("host", HOST)
        parts = [body] if isinstance(body, bytes) else [*body, b""]
        if isinstance(body, bytes) and body:
            headers.setdefault("content-length", str(len(body)))
        sent: list[dict[str, Any]] = []

        async def take(message: dict[str, Any]) -> None:
            sent.append(message)

        asked = {"http_version": http_version, "client": (self.place, 50000)}
        scope = _scope(method, target, headers) | asked
        await self.app(scope, _receive(parts), take)
        return Answer(
            sent[0]["status"],
            {name.decode().lower(): value.decode() for name, value in sent[0]["headers"]},
            b"".join(message.get("body", b"") for message in sent[1:]),
            tuple(v.decode() for name, v in sent[0]["headers"] if name.lower() == b"set-cookie"),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._runner.close()


def ask(
    port: int,
    method: str,
    target: str,
    *,
    headers: Headers = None,
    json: Any = None,
    body: bytes = b"",
    timeout: float = TIMEOUT_S,
) -> Answer:
    """One request to a server on this machine. Raises OSError or HTTPException when it fails."""
    headers, body = _prepare(headers, json, body)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request(method, target, body or None, headers)
        response = connection.getresponse()
        names = {name.lower(): value for name, value in response.getheaders()}
        cookies = response.msg.get_all("set-cookie") or ()
        return Answer(response.status, names, response.read(), tuple(cookies))
    finally:
        connection.close()


def _prepare(headers: Headers, body_json: Any, body: Any) -> tuple[dict[str, str], Any]:
    headers = {name.lower(): value for name, value in (headers or {}).items()}
    if body_json is not None:
        headers.setdefault("content-type", "application/json")
        body = json.dumps(body_json).encode()
    return headers, body


def _scope(method: str, target: str, headers: dict[str, str]) -> dict[str, Any]:
    path, _, query = target.partition("?")
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in headers.items()],
        "server": ("127.0.0.1", 8080),
        "client": ("127.0.0.1", 50000),
    }


def _receive(parts: list[bytes]) -> Callable[[], Coroutine[Any, Any, dict[str, Any]]]:
    waiting = [
        {"type": "http.request", "body": part, "more_body": number < len(parts)}
        for number, part in enumerate(parts, start=1)
    ]

    async def receive() -> dict[str, Any]:
        if not waiting:
            await asyncio.Event().wait()  # the client stays until it is answered
        return waiting.pop(0)

    return receive
