"""A way past Falcon for the few requests that are worth it.

Routing, request and response objects and wrapped calls cost some 30 µs a request, a sixth of what
a registration costs in all (docs/adr/0012-fast-path.md). A mount with a method (mounts.py) leads
exactly this method and path to a `FastPath`; everything else goes on to the dialect's app: other
methods, other letter cases of the path. Both call the same responder, so the rules are written
once; what the responder needs of a request is `Incoming`, which Falcon's own request is as well.

Where a path has a variable part, the mount takes the paths of one shape. A `BareFastPath` takes
those requests among them that have neither a body nor a query and come from no page of another
origin.
"""

import re
from collections.abc import Awaitable, Callable
from functools import lru_cache
from typing import Protocol

import structlog

from turnout.errors import Failure, Invalid
from turnout.http.cross_site import VERDICT
from turnout.http.errors import Answer, Present, Unexpected
from turnout.http.mounts import Asgi, Mount, Receive, Scope, Send

log = structlog.get_logger()

Headers = list[tuple[bytes, bytes]]
JSON = (b"content-type", b"application/json")
NO_BODY = (b"content-length", b"0")
ORIGIN = b"origin"
VARY = (b"vary", b"Origin")


class BodyStream(Protocol):
    """A body as it arrives."""

    async def read(self, size: int, /) -> bytes:
        """It to its end, or `size` bytes and what came with them."""


class Incoming(Protocol):
    """What a responder may look at, on either way."""

    @property
    def method(self) -> str:
        """`GET`, `PUT` and so on."""

    @property
    def path(self) -> str:
        """The path, decoded."""

    @property
    def query_string(self) -> str:
        """What stands behind the question mark, as it came."""

    @property
    def scope(self) -> Scope:
        """The request's scope, as ASGI has it."""

    @property
    def content_length(self) -> int | None:
        """What the client announced, in bytes."""

    @property
    def stream(self) -> BodyStream:
        """The body: `await stream.read(limit)` gives it to its end, or `limit` bytes and what
        came with them."""

    def get_header(self, name: str) -> str | None:
        """The header's value, by its name in any case."""


class DirectRequest:
    """A request as it came, without Falcon."""

    __slots__ = ("_headers", "_receive", "method", "path", "scope")

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self.scope = scope
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self._headers: dict[bytes, bytes] = dict(scope["headers"])
        if len(self._headers) < len(scope["headers"]):
            self._headers = _join(scope["headers"])
        self._receive = receive

    @property
    def query_string(self) -> str:
        return str(self.scope["query_string"], "ascii")

    @property
    def content_length(self) -> int | None:
        length = self._headers.get(b"content-length")
        if length is None:
            return None
        if not length.isdigit():
            raise Invalid("request.content_length")
        return int(length)

    @property
    def stream(self) -> "DirectRequest":
        return self

    def get_header(self, name: str) -> str | None:
        value = self._headers.get(_key(name))
        return None if value is None else value.decode("latin-1")

    async def read(self, limit: int) -> bytes:
        """The body, as `Incoming.stream` says, and never more than was announced. Empty when the
        client has gone away: half a body is none."""
        length = self.content_length
        wanted = limit if length is None else min(limit, length)
        body, more = b"", True
        while more and len(body) < wanted:
            message = await self._receive()
            if message["type"] != "http.request":
                return b""
            body += message.get("body", b"")
            more = message.get("more_body", False)
        return body[:length]


@lru_cache(maxsize=64)
def _key(name: str) -> bytes:
    """How ASGI spells a header's name; the names that responders ask for are few."""
    return name.lower().encode("latin-1")


def _join(headers: Headers) -> dict[bytes, bytes]:
    """Headers of which some came more than once."""
    joined: dict[bytes, bytes] = {}
    for name, value in headers:
        joined[name] = joined[name] + b", " + value if name in joined else value
    return joined


class FastPath:
    """An ASGI app that answers with what `respond` returns, as the body of a 200 in JSON; failures
    as `present` says."""

    def __init__(
        self, respond: Callable[[DirectRequest], Awaitable[bytes]], present: Present
    ) -> None:
        self._respond = respond
        self._present = present

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request. Never raises but for a caller who has gone away."""
        status, headers, body = await self._answer(scope, receive)
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, scope: Scope, receive: Receive) -> tuple[int, Headers, bytes]:
        if verdict := scope.get(VERDICT):
            return spell(self._present(verdict))
        try:
            body = await self._respond(DirectRequest(scope, receive))
        except Failure as failure:
            return spell(self._present(failure))
        except Exception as error:
            log.error("unexpected failure", path=scope["path"], exc_info=error)
            return spell(self._present(Unexpected()))
        return 200, [JSON, (b"content-length", b"%d" % len(body))], body


class BareFastPath(FastPath):
    """The same for requests without body, query and `Origin`, of an API that is open to all origins
    (cors.py); `app` serves every other one of the same paths."""

    def __init__(
        self,
        respond: Callable[[DirectRequest], Awaitable[bytes]],
        present: Present,
        app: Asgi,
    ) -> None:
        super().__init__(respond, present)
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or have it answered."""
        if not _is_bare(scope):
            await self._app(scope, receive, send)
            return
        status, headers, body = await self._answer(scope, receive)
        headers.append(VARY)
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def _is_bare(scope: Scope) -> bool:
    headers = scope["headers"]
    if scope["query_string"] or VERDICT in scope or headers.count(NO_BODY) != 1:
        return False
    return all(name != ORIGIN and name != b"transfer-encoding" for name, _ in headers)


def mount_shaped_fast_path(
    name: str,
    method: str,
    shape: re.Pattern[str],
    path: FastPath,
    present: Present,
) -> Mount:
    """A mount that answers `method` and the paths of this shape, past Falcon where it can."""
    return Mount(shape.pattern, name, path, present, method, shape)


def mount_fast_path(
    name: str,
    method: str,
    path: str,
    respond: Callable[[DirectRequest], Awaitable[bytes]],
    present: Present,
) -> Mount:
    """A mount that answers `method` and `path`, past Falcon. `name` is its label in the metrics."""
    return Mount(path, name, FastPath(respond, present), present, method)


def spell(answer: Answer) -> tuple[int, Headers, bytes]:
    """An answer as ASGI sends it: status, headers and body."""
    headers = [
        (b"content-type", answer.content_type.encode()),
        (b"content-length", b"%d" % len(answer.body)),
        *((name.lower().encode(), value.encode()) for name, value in answer.headers.items()),
    ]
    return answer.status, headers, answer.body
