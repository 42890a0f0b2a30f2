"""Calls to addresses that users give: callbacks, files to fetch.

Such an address must never lead into a network that only we can reach. One program that judges and
another that connects read the same text differently (`http://①②⑦.0.0.1/`), so here the thing that
connects is judged: the URL that the client has parsed, every address that a look-up gave, and once
more each socket, where it is made. A second look-up cannot answer otherwise, since there is none.
Redirects are not followed, no proxy of the environment is used, answers are limited (patience.py),
no connection is kept (a request that meets its closing is lost), and everything has a time-out.
Networks that the operator names in TURNOUT_OUTBOUND_ALLOW may be reached all the same; ports are
those of TURNOUT_OUTBOUND_PORTS.

All is judged before anything is sent, by the address alone, and a name that leads into a private
network is answered like one that is not known: a refusal tells nothing of what is in there.

Each party (an organization) has a number of calls of its own under way; more wait, within their
time-outs. So one whose addresses never answer holds nobody else up.
"""

import asyncio
import re
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any

import msgspec

from turnout.core.counterparts import read_content_type, tidy
from turnout.http.addresses import Network, find_address, may_reach, read_networks
from turnout.http.last_look import MayGo, last_look
from turnout.http.names import NameFailed, Names, UnknownName
from turnout.settings import Ports, split_ports

if TYPE_CHECKING:
    from yarl import URL

CONNECT_S = 5.0
TO_EACH_HOST = 16
OF_EACH_PARTY = 32
AT_ONCE = 512
ANSWER_BYTES = 65_536
ANY_PORT = "1-65535"
_WAY_OUT = "The operator may name networks that can be called in TURNOUT_OUTBOUND_ALLOW."
# What is left of a name in other scripts once the client has read it.
_NAME = re.compile(r"[A-Za-z0-9._-]{1,255}")


class OutboundError(Exception):
    """There was no answer; the message, which users see, says why. Trying again may help.

    `reason` is a word for logs: what users are not told."""

    def __init__(self, message: str, reason: str = "failed") -> None:
        super().__init__(tidy(message))
        self.reason = reason


class OutboundRefused(OutboundError):
    """The address may not be called; trying again will not help."""


class TooLarge(OutboundRefused):
    """The answer is over the limit."""


class Answer(msgspec.Struct, frozen=True):
    """What a receiver said; `body` is its beginning."""

    status: int
    body: bytes = b""


class FetchedFile(msgspec.Struct, frozen=True):
    """A file that was fetched; `content_type` as its server named it, without parameters."""

    content: bytes
    content_type: str


class Outbound:
    """The way out. Used in one event loop; `close` when done.

    `allow` and `ports` as in the settings. `names` resolves names.
    """

    def __init__(
        self, allow: str = "", ports: str = ANY_PORT, *, names: Names | None = None
    ) -> None:
        self._allowed = read_networks(allow)
        self._ports = split_ports(ports)
        self._names = names or Names()
        self._session: Any = None
        self._turns: dict[int, _Turns] = {}

    async def post(
        self,
        url: str,
        body: bytes,
        headers: dict[str, str],
        timeout_s: float,
        *,
        party: int,
        may_go: MayGo | None = None,
    ) -> Answer:
        """Post, following nothing; any status is an answer.

        Raises OutboundRefused for an address that may not be called, OutboundError when there was
        no answer in time, NotToBeMade if `may_go` says no when the first byte would be written.
        """
        status, _, content = await self._ask(
            "POST",
            url,
            timeout_s,
            ANSWER_BYTES,
            party,
            data=body,
            headers=headers,
            trace_request_ctx=may_go,
        )
        return Answer(status, content)

    async def fetch(self, url: str, limit: int, timeout_s: float, *, party: int) -> FetchedFile:
        """The file at an address. Raises as `post`, TooLarge for over `limit` bytes, and
        OutboundError for any status but 200."""
        status, content_type, content = await self._ask(
            "GET", url, timeout_s, limit, party, is_whole=True
        )
        if status != 200:
            raise OutboundError(f"{host_of(url)} answered {status}", "status")
        return FetchedFile(content, read_content_type(content_type))

    async def send(
        self, host: str, port: int, data: bytes, timeout_s: float, *, party: int
    ) -> None:
        """Send bytes over a connection of their own, such as to a printer, and close it; nothing is
        read. Raises OutboundRefused, OutboundError as `post`."""
        self._check_port(port)
        _check_host(host, self._allowed)
        try:
            async with asyncio.timeout(timeout_s), self._turn(party):
                known = [host] if find_address(host) else await self._names.look_up(host)
                fit = [address for address in known if may_reach(address, self._allowed)]
                if not fit:
                    raise OutboundRefused(_unreachable(host), "private")
                await self._deliver(fit[0], port, data)
        except TimeoutError as error:
            said = f"{host} did not answer in {timeout_s:g} s"
            raise OutboundError(said, "time-out") from error
        except (UnknownName, NameFailed) as error:
            raise OutboundError(_unreachable(host), "unknown name") from error
        except OSError as error:
            raise _translate(error, host) from error

    async def _deliver(self, address: str, port: int, data: bytes) -> None:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        to = (address, port)
        made = self._make_socket((family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", to))
        with made:
            made.setblocking(False)
            loop = asyncio.get_running_loop()
            await loop.sock_connect(made, to)
            await loop.sock_sendall(made, data)

    async def close(self) -> None:
        """Close every connection."""
        if self._session is not None:
            await self._session.close()

    async def _ask(
        self, method: str, url: str, timeout_s: float, limit: int, party: int, **options: Any
    ) -> tuple[int, str, bytes]:
        """Status, content type and content. Foreign exceptions end here."""
        if self._session is None:
            await asyncio.to_thread(_load)
        import aiohttp

        parsed = self._parse(url)
        try:
            async with asyncio.timeout(timeout_s), self._turn(party):
                return await self._send(method, parsed, limit, **options)
        except TimeoutError as error:
            raise OutboundError(
                f"{parsed.raw_host} did not answer in {timeout_s:g} s", "time-out"
            ) from error
        except aiohttp.InvalidURL as error:
            raise _invalid(error) from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise _translate(error, str(parsed.raw_host)) from error
        except (ArithmeticError, LookupError, RecursionError, TypeError) as error:
            # A head that the client stumbles over.
            raise OutboundError(f"{parsed.raw_host} gave an answer that cannot be read") from error

    async def _send(
        self, method: str, url: "URL", limit: int, *, is_whole: bool = False, **options: Any
    ) -> tuple[int, str, bytes]:
        from turnout.http.patience import read_body

        async with self._opened().request(method, url, allow_redirects=False, **options) as answer:
            if is_whole:
                content = await read_body(answer, limit + 1)
            else:
                content = await answer.content.read(limit)
            if is_whole and len(content) > limit:
                raise TooLarge(f"what {url.raw_host} sends is over {limit} bytes", "too large")
            # Not `answer.content_type`, which a parser of mail heads reads.
            return answer.status, answer.headers.get("Content-Type", ""), content

    def _parse(self, url: str) -> "URL":
        """The address as the client will take it, judged as far as it can be without a look-up."""
        parsed = _read(url)
        self._check_port(parsed.port or 0)
        _check_host(str(parsed.raw_host), self._allowed)
        return parsed

    def _check_port(self, port: int) -> None:
        if not _is_in(port, self._ports):
            raise OutboundRefused(
                f"port {port} is not one that is called; TURNOUT_OUTBOUND_PORTS has those that are",
                "port",
            )

    @asynccontextmanager
    async def _turn(self, party: int) -> AsyncIterator[None]:
        turns = self._turns.setdefault(party, _Turns())
        turns.wanted += 1
        try:
            async with turns.free:
                yield
        finally:
            turns.wanted -= 1
            if not turns.wanted:
                self._turns.pop(party, None)

    def _opened(self) -> Any:
        import aiohttp

        from turnout.http.patience import make_connector

        if self._session is None:
            connector = make_connector(
                resolver=_make_resolver(self._names, self._allowed),
                socket_factory=self._make_socket,
                limit=AT_ONCE,
                limit_per_host=TO_EACH_HOST,
                force_close=True,
                use_dns_cache=False,
            )
            self._session = aiohttp.ClientSession(
                connector=connector,
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_S),
                trust_env=False,
                cookie_jar=aiohttp.DummyCookieJar(),
                trace_configs=[last_look()],
                auto_decompress=False,
                headers={"User-Agent": "Turnout", "Accept-Encoding": "identity"},
            )
        return self._session

    def _make_socket(self, info: tuple[Any, ...]) -> socket.socket:
        """A socket for exactly this address; the last word on where a call goes."""
        family, type_, proto, _, (host, port, *_) = info
        if not may_reach(str(host), self._allowed) or not _is_in(int(port), self._ports):
            raise _Forbidden(host)
        return socket.socket(family, type_, proto)


def is_callable(url: str) -> bool:
    """Whether `url` is an address that can be called: read as the calls read it, so what is kept
    never turns out to be none. Whether it *may* be called is judged with each call."""
    try:
        parsed = _read(url)
        _check_name(str(parsed.raw_host))
    except OutboundRefused:
        return False
    return 0 < (parsed.port or 0) <= 65_535


def _read(url: str) -> "URL":
    """The address as the client will take it. Raises OutboundRefused if it is none."""
    from yarl import URL

    try:
        parsed = URL(url)
        is_web = parsed.scheme in ("http", "https") and parsed.raw_host
    except ValueError as error:
        raise _invalid(error) from error
    if not is_web or "@" in parsed.raw_authority:
        raise OutboundRefused(
            "only http:// and https:// addresses without credentials are called", "scheme"
        )
    return parsed


def _load() -> None:
    """What the first call needs; loading it takes half a second, which is not the event loop's."""
    for module in ("turnout.http.patience", "dns.asyncresolver", "dns.nameserver"):
        import_module(module)


class _Turns:
    """The calls of one party that are under way or wait to be."""

    def __init__(self) -> None:
        self.free = asyncio.Semaphore(OF_EACH_PARTY)
        self.wanted = 0


class _Forbidden(OSError):
    """An address may not be called, or none of those of a name may."""


def _make_resolver(names: Names, allowed: Sequence[Network]) -> Any:
    from aiohttp.abc import AbstractResolver, ResolveResult

    class Resolver(AbstractResolver):
        """Resolves, and gives none but addresses that may be reached."""

        async def resolve(
            self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
        ) -> list[ResolveResult]:
            fit = [address for address in await names.look_up(host) if may_reach(address, allowed)]
            if not fit:
                raise _Forbidden(host)
            return [
                ResolveResult(
                    hostname=host,
                    host=address,
                    port=port,
                    family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                    proto=socket.IPPROTO_TCP,
                    flags=socket.AI_NUMERICHOST,
                )
                for address in fit
            ]

        async def close(self) -> None:
            """Nothing is kept."""

    return Resolver()


def _check_host(host: str, allowed: Sequence[Network]) -> None:
    """Refuse a number that may not be reached, and what only looks like one (`127.1`)."""
    if find_address(host) is not None:
        if not may_reach(host, allowed):
            raise OutboundRefused(f"{host} is in a private network. {_WAY_OUT}", "private")
    elif host.replace(".", "").isdigit():
        raise _no_host()
    else:
        _check_name(host)


def _check_name(host: str) -> None:
    """Refuse what can be neither a name nor a number."""
    if find_address(host) is None and not _NAME.fullmatch(host):
        raise _no_host()


def _no_host() -> OutboundRefused:
    return OutboundRefused(
        "the address is not valid: its host is neither a name nor an IP address", "invalid"
    )


def _is_in(port: int, ports: Ports) -> bool:
    return any(first <= port <= last for first, last in ports)


def _translate(error: Exception, host: str) -> OutboundError:
    cause = error if isinstance(error, OSError) and not error.__cause__ else error.__cause__
    if isinstance(cause, _Forbidden):
        return OutboundRefused(_unreachable(host), "private")
    if isinstance(cause, UnknownName):
        return OutboundError(_unreachable(host), "unknown name")
    if isinstance(cause, NameFailed):
        return OutboundError(str(cause), "look-up failed")
    from turnout.http.broken import say

    return OutboundError(f"{host}: {say(error)}", "failed")


def _unreachable(host: str) -> str:
    """What is said of a name: the same whether it leads inside or is not known."""
    return f"{host} leads to no public address. {_WAY_OUT}"


def _invalid(error: ValueError) -> OutboundRefused:
    return OutboundRefused(f"the address is not valid: {ascii(str(error))[1:-1]}", "invalid")


def host_of(url: str) -> str:
    """The host of an address as the client reads it, fit for logs; empty if it has none."""
    from yarl import URL

    try:
        return ascii(URL(url).raw_host or "")[1:-1]
    except ValueError:
        return ""
