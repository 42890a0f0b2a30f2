"""Calls to addresses that users give: callbacks, files to fetch.

Such an address must never lead into a network that only we can reach. So each name is resolved by
our own resolver, every address that comes out is judged, and the connection goes to exactly the
addresses that were judged (a second look-up could answer otherwise). Redirects are not followed, no
proxy of the environment is used, answers are limited, and everything has a time-out. Networks that
the operator names in TURNOUT_OUTBOUND_ALLOW may be reached all the same.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import msgspec

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

CONNECT_S = 5.0
TO_EACH_HOST = 16
AT_ONCE = 128
ANSWER_BYTES = 65_536
# IPv6 addresses in which an IPv4 address stands.
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_CARRIER_NAT = ipaddress.IPv4Network("100.64.0.0/10")


class OutboundError(Exception):
    """There was no answer; the message says why. Trying again may help."""


class OutboundRefused(OutboundError):
    """The address may not be called; trying again will not help."""


class TooLarge(OutboundRefused):
    """The answer is over the limit."""


class Answer(msgspec.Struct, frozen=True):
    """What a receiver said; `body` is its beginning."""

    status: int
    body: bytes = b""


class Fetched(msgspec.Struct, frozen=True):
    """A file that was fetched; `content_type` as its server named it, without parameters."""

    content: bytes
    content_type: str


def read_networks(text: str) -> tuple[Network, ...]:
    """The networks of TURNOUT_OUTBOUND_ALLOW. Raises ValueError."""
    return tuple(ipaddress.ip_network(each.strip()) for each in text.split(",") if each.strip())


def may_reach(address: str, allowed: Sequence[Network]) -> bool:
    """Whether a call may go to an address: a public one, or one that the operator allows."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    inner = _inner(parsed)
    if any(each in network for network in allowed for each in {parsed, inner}):
        return True
    return parsed.is_global and _is_public(inner)


def _inner(address: Address) -> Address:
    """The IPv4 address that stands in an IPv6 one, else the address itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def _is_public(address: Address) -> bool:
    if isinstance(address, ipaddress.IPv4Address) and address in _CARRIER_NAT:
        return False
    return address.is_global and not address.is_multicast


class Outbound:
    """The way out. Used in one event loop; `close` when done."""

    def __init__(self, allow: str = "") -> None:
        self._allowed = read_networks(allow)
        self._session: Any = None

    async def post(
        self, url: str, body: bytes, headers: dict[str, str], timeout_s: float
    ) -> Answer:
        """Post, following nothing; any status is an answer.

        Raises OutboundRefused for an address that may not be called, OutboundError when there was
        no answer in time.
        """
        status, _, content = await self._ask(
            "POST", url, timeout_s, ANSWER_BYTES, data=body, headers=headers
        )
        return Answer(status, content)

    async def fetch(self, url: str, most: int, timeout_s: float) -> Fetched:
        """The file at an address. Raises as `post`, TooLarge for over `most` bytes, and
        OutboundError for any status but 200."""
        status, content_type, content = await self._ask("GET", url, timeout_s, most, is_whole=True)
        if status != 200:
            raise OutboundError(f"{_host(url)} answered {status}")
        return Fetched(content, content_type)

    async def close(self) -> None:
        """Close every connection."""
        if self._session is not None:
            await self._session.close()

    async def _ask(
        self,
        method: str,
        url: str,
        timeout_s: float,
        most: int,
        *,
        is_whole: bool = False,
        **options: Any,
    ) -> tuple[int, str, bytes]:
        import aiohttp

        self._check(url)
        try:
            async with self._opened().request(
                method,
                url,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=timeout_s, connect=CONNECT_S),
                **options,
            ) as answer:
                content = await answer.content.read(most + 1 if is_whole else most)
                while is_whole and len(content) <= most and not answer.content.at_eof():
                    content += await answer.content.read(most + 1 - len(content))
                if is_whole and len(content) > most:
                    raise TooLarge(f"what {_host(url)} sends is over {most} bytes")
                return answer.status, answer.content_type, content
        except _Forbidden as error:
            raise OutboundRefused(str(error)) from error
        except TimeoutError as error:
            raise OutboundError(f"{_host(url)} did not answer in {timeout_s:g} s") from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            if isinstance(error.__cause__, _Forbidden):
                raise OutboundRefused(str(error.__cause__)) from error
            raise OutboundError(f"{_host(url)}: {str(error) or type(error).__name__}") from error

    def _check(self, url: str) -> None:
        try:
            parts = urlsplit(url)
            host, _ = parts.hostname, parts.port
        except ValueError as error:
            raise OutboundRefused(f"the address is not valid: {error}") from error
        if parts.scheme not in ("http", "https") or not host or "@" in parts.netloc:
            raise OutboundRefused(
                "only http:// and https:// addresses without credentials are called"
            )
        if _is_literal(host) and not may_reach(host, self._allowed):
            raise OutboundRefused(_refusal(host))

    def _opened(self) -> Any:
        import aiohttp

        if self._session is None:
            connector = aiohttp.TCPConnector(
                resolver=_make_resolver(self._allowed),
                limit=AT_ONCE,
                limit_per_host=TO_EACH_HOST,
                use_dns_cache=False,
            )
            self._session = aiohttp.ClientSession(
                connector=connector,
                trust_env=False,
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                headers={"User-Agent": "Turnout", "Accept-Encoding": "identity"},
            )
        return self._session


class _Forbidden(OSError):
    """A name leads to addresses that may not be called."""


def _make_resolver(allowed: Sequence[Network]) -> Any:
    from aiohttp.abc import AbstractResolver, ResolveResult

    class Resolver(AbstractResolver):
        """Resolves, and gives none but addresses that may be reached."""

        async def resolve(
            self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
        ) -> list[ResolveResult]:
            found = await asyncio.get_running_loop().getaddrinfo(
                host, port, type=socket.SOCK_STREAM, family=family
            )
            fit = [each for each in found if may_reach(str(each[4][0]), allowed)]
            if not fit:
                raise _Forbidden(_refusal(host))
            return [
                ResolveResult(
                    hostname=host,
                    host=str(sockaddr[0]),
                    port=port,
                    family=family_,
                    proto=proto,
                    flags=socket.AI_NUMERICHOST,
                )
                for family_, _type, proto, _name, sockaddr in fit
            ]

        async def close(self) -> None:
            """Nothing is kept."""

    return Resolver()


def _is_literal(host: str) -> bool:
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def _refusal(host: str) -> str:
    return (
        f"{host} is in a private network. The operator may name networks that can be called in "
        "TURNOUT_OUTBOUND_ALLOW."
    )


def _host(url: str) -> str:
    return urlsplit(url).hostname or "the address"
