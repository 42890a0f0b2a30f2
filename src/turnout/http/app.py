"""The outermost ASGI app: leads a request to the dialect or page that serves its path.

What comes from the network is first put into one form: the HTTP version's name, and slashes that
mean nothing. Then the request goes to the app whose prefix fits. Whatever goes wrong on the way is
logged with the request's number and answered in that app's shape; nothing is answered by anybody
else, so that no request, health checks included, has a way of its own. (A fast path leads to the
same responder, only faster.)
"""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote

import structlog

from turnout.errors import Failure, Invalid, Unavailable
from turnout.http import client_address, compression, cross_site, health, logs, metrics, request_id
from turnout.http.client_address import ClientAddresses, TrustedProxies
from turnout.http.compression import Coding, Compressed, choose_coding, vary_plain
from turnout.http.cross_site import VERDICT, CrossSiteGuard
from turnout.http.errors import Answer, Present, Unexpected, present_plainly
from turnout.http.fast_path import spell
from turnout.http.masks import Masks
from turnout.http.mounts import Mount, Receive, Scope, Send
from turnout.http.reception import CHUNKED, Reception, Receptions
from turnout.http.server_sent_events import STOPPING
from turnout.store import deadlines
from turnout.store.deadlines import REQUEST_S, Patience

HOST = b"host"
# RFC 9112, 3.2: a proxy might have judged the request by the other one.
TWO_HOSTS = Invalid("request.hosts")
# RFC 9112, 3.2, too: what has no Host names nothing. HTTP/1.0 knows no such header.
NO_HOST = Invalid("request.host")
# RFC 9112, 6.1: no other transfer coding is known here.
BAD_FRAMING = Invalid("request.framing")
# What nginx logs, too; it is never sent.
CLIENT_LEFT = 499
START, BODY = "http.response.start", "http.response.body"
REQUEST_ID = request_id.NAME
# All headers that the front door looks at. Most requests have none of them, and then nothing that
# depends on them is done.
TELLING = client_address.NAMES | cross_site.NAMES | {REQUEST_ID, compression.ACCEPTS}
# Granian's names of versions that ASGI calls otherwise.
VERSIONS = {"1": "1.0"}
_SLASHES = re.compile("/{2,}")
# Everything but what is not ASCII stays as it is.
_QUERY_SIGNS = "".join(map(chr, range(33, 127)))

log = structlog.get_logger()


class RootApp:
    """One server's front door. `is_ready` raises Failure while requests cannot be served.
    The database is waited for `request_seconds`. What its routes have of secret parts is never
    logged, by whomever in the process."""

    def __init__(
        self,
        mounts: list[Mount],
        *,
        is_ready: Callable[[], Awaitable[None]],
        access_log: bool,
        clients: ClientAddresses | None = None,
        base_url: str = "",
        request_seconds: float = REQUEST_S,
    ) -> None:
        self.in_flight = 0
        self.stopping = asyncio.Event()
        """Set when the node is to stop: what would go on for long ends by itself."""
        self._request_seconds = request_seconds
        self._receptions = Receptions()
        own = health.build(is_ready, lambda: self.in_flight)
        self.mounts = [
            *mounts,
            *(Mount(prefix, "health", own, own.present) for prefix in health.PREFIXES),
        ]
        self._exact = {
            (mount.method, mount.prefix): mount
            for mount in mounts
            if mount.method and mount.shape is None
        }
        self._shaped = _sort_by_method(mounts)
        self._by_part = _sort_by_part([mount for mount in self.mounts if not mount.method])
        self._access_log = access_log
        self._guard = CrossSiteGuard(base_url)
        self._clients = clients or ClientAddresses(TrustedProxies())
        self.masks = Masks(self._templates())
        logs.hide_by(self.masks)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        telling = [header for header in scope["headers"] if header[0] in TELLING]
        scope[STOPPING] = self.stopping
        reception = Reception(scope, receive, Patience(self._request_seconds))
        exchange = _Exchange(scope, send, request_id.choose(telling), reception)
        token = request_id.current.set(exchange.number)
        deadlines.current.set(reception.patience)
        self._receptions.open(reception)
        self.in_flight += 1
        try:
            exchange.address = self._clients.enter(scope, telling)
            if wrong := _judge_host(scope) or _judge_framing(scope):
                await exchange.refuse(wrong)
                return
            if telling and (verdict := self._guard.judge(scope, telling)):
                scope[VERDICT] = verdict
            coding = choose_coding(telling) if telling else None
            await self._lead(exchange, scope, reception, coding)
        except Unavailable as failure:  # in the middle of a list: its cause is known
            log.warning("answer broke off", app=exchange.name, code=failure.code)
            await exchange.fail(failure)
        except Exception as error:
            log.error("unexpected failure", app=exchange.name, exc_info=error)
            await exchange.fail(error)
        finally:
            self.in_flight -= 1
            self._receptions.close(reception)
            deadlines.current.set(None)
            request_id.current.reset(token)
            self._note(exchange, reception)

    async def _lead(
        self, exchange: "_Exchange", scope: Scope, reception: Reception, coding: Coding | None
    ) -> None:
        """Let the app that serves the path answer, in that coding where that is less."""
        normalize(scope)
        mount = self._find_mount(exchange.method, scope["path"])
        exchange.name, exchange.present = mount.name, mount.present
        send = Compressed(scope, exchange.send, coding).send if coding else exchange.send_plain
        await mount.app(scope, reception.begin_without_waiting, send)
        if not exchange.is_begun:
            raise RuntimeError(f"{mount.name} ended without an answer")

    def _find_mount(self, method: str, path: str) -> Mount:
        """The one of exactly this method and path, or of its shape, else of the longest prefix that
        fits; the one at `/` fits everything."""
        if exact := self._exact.get((method, path)):
            return exact
        for shape, mount in self._shaped.get(method, ()):
            if shape.fullmatch(path):
                return mount
        path = path.lower()
        for prefix, below, mount in self._by_part.get(path.split("/", 2)[1], ()):
            if path == prefix or path.startswith(below):
                return mount
        return self._by_part[""][0][2]

    def _note(self, exchange: "_Exchange", reception: Reception) -> None:
        """Count and log an answered request. A refusal of one whose client has left is counted
        apart: nobody gets it, and the server is not to blame."""
        duration = time.perf_counter() - exchange.started
        is_unheard = reception.has_left and exchange.status >= 400 and exchange.status != 500
        status = CLIENT_LEFT if is_unheard else exchange.status
        metrics.observe(exchange.name, exchange.method, status, duration)
        if self._access_log:
            logs.log_request(
                logs.RequestLine(
                    time.time(),
                    exchange.method,
                    self.masks.hide_path(exchange.path),
                    status,
                    duration * 1000,
                    exchange.number,
                    exchange.address,
                )
            )

    def _templates(self) -> list[str]:
        apps = {id(mount.app): mount.app for mount in self.mounts}
        routes = [route for app in apps.values() for route in getattr(app, "routes", ())]
        return [route.template for route in routes]


class _Exchange:
    """One request and its answer on the way out, which bears the request's number."""

    __slots__ = (
        "_reception",
        "_send",
        "address",
        "is_begun",
        "method",
        "name",
        "number",
        "path",
        "present",
        "started",
        "status",
    )

    def __init__(self, scope: Scope, send: Send, number: str, reception: Reception) -> None:
        self._send = send
        self._reception = reception
        self.started = time.perf_counter()
        self.number = number
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.address = ""
        self.name = "none"
        self.present: Present = present_plainly
        self.status = 500
        self.is_begun = False

    async def send(self, message: dict[str, Any]) -> None:
        """Pass a message of the app on."""
        if message["type"] == START:
            self.is_begun = True
            self.status = message["status"]
            message["headers"] = [
                *message.get("headers", ()),
                (REQUEST_ID, self.number.encode()),
            ]
            await self._forget_rest(message["headers"])
        await self._send(message)

    async def send_plain(self, message: dict[str, Any]) -> None:
        """Pass a message on that others might get compressed."""
        if message["type"] == START:
            vary_plain(message)
        await self.send(message)

    async def answer(self, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
        """Send a whole answer."""
        self.is_begun = True
        self.status = status
        headers.append((REQUEST_ID, self.number.encode()))
        await self._forget_rest(headers)
        await self._send({"type": START, "status": status, "headers": headers})
        await self._send({"type": BODY, "body": body})

    async def _forget_rest(self, headers: list[tuple[bytes, bytes]]) -> None:
        if self.status >= 400 and await self._reception.forget_rest():
            headers.append((b"connection", b"close"))

    async def refuse(self, failure: Failure) -> None:
        """Answer a request that is no proper HTTP, before any app sees it."""
        status, headers, body = spell(present_plainly(failure))
        await self.answer(status, headers, b"" if self.method == "HEAD" else body)

    async def fail(self, error: Exception) -> None:
        """Answer what no app has caught. Raises it where an answer has begun: then the connection
        is cut, and the client sees that the answer is not whole."""
        if self.is_begun:
            raise error
        status, headers, body = spell(self._shape(error))
        await self.answer(status, headers, b"" if self.method == "HEAD" else body)

    def _shape(self, error: Exception) -> Answer:
        try:
            return self.present(error if isinstance(error, Failure) else Unexpected())
        except Exception as error:
            log.error("a failure cannot be presented", exc_info=error)
            return present_plainly(Unexpected())


def _judge_host(scope: Scope) -> Invalid | None:
    """What is wrong with the request's Host headers."""
    hosts = [value for name, value in scope["headers"] if name == HOST]
    if len(hosts) > 1:
        return TWO_HOSTS
    # Granian makes an empty one where there is none.
    return NO_HOST if hosts in ([], [b""]) and scope["http_version"] == "1.1" else None


def _judge_framing(scope: Scope) -> Invalid | None:
    """What is wrong with how the body's end is told: a proxy might have found it elsewhere."""
    codings = [value for name, value in scope["headers"] if name == CHUNKED]
    is_plain = len(codings) < 2 and all(coding.strip().lower() == b"chunked" for coding in codings)
    return None if is_plain else BAD_FRAMING


def normalize(scope: Scope) -> None:
    """Put into one form what means the same: the version's name, and doubled, trailing and missing
    slashes of the path, and bytes of the query that are not ASCII."""
    if version := VERSIONS.get(scope["http_version"]):
        scope["http_version"] = version
    path: str = scope["path"]
    if "//" in path or path[:1] != "/" or path[-1:] == "/":
        scope["path"] = "/" + _SLASHES.sub("/", path).strip("/")
    query: bytes = scope["query_string"]
    if not query.isascii():
        scope["query_string"] = quote(query, safe=_QUERY_SIGNS).encode()


def _sort_by_method(mounts: list[Mount]) -> dict[str, list[tuple[re.Pattern[str], Mount]]]:
    """The mounts that serve paths of one shape, by their method."""
    found: dict[str, list[tuple[re.Pattern[str], Mount]]] = {}
    for mount in mounts:
        if mount.shape is not None:
            found.setdefault(mount.method, []).append((mount.shape, mount))
    return found


def _sort_by_part(mounts: list[Mount]) -> dict[str, list[tuple[str, str, Mount]]]:
    """The mounts by the first part of their prefix; those of one part with the longest first, each
    with its prefix in small letters, as itself and as what lies under it begins."""
    found: dict[str, list[tuple[str, str, Mount]]] = {}
    for mount in sorted(mounts, key=lambda mount: len(mount.prefix)):
        prefix = mount.prefix.rstrip("/").lower()
        first = prefix.partition("/")[2].partition("/")[0]
        found.setdefault(first, []).insert(0, (prefix, f"{prefix}/", mount))
    return found
