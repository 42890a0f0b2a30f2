"""Look-ups of names that users give.

The system's resolver (getaddrinfo) occupies a thread until it gives up, and there are few: four
names whose servers never answer would hold up the look-ups of mail relays and of everybody else.
So names of users are asked for here, without threads, by our own queries to the system's name
servers, and no look-up lasts longer than `LOOK_UP_S`. The system's `hosts` file counts, search
domains do not: a name is meant as it is written. Nothing is cached: connections are kept open,
and the system's name server has a cache.
"""

import asyncio
from collections.abc import Callable, Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from dns.message import Message

LOOK_UP_S = 4.0
ONE_SERVER_S = 2.0
# Once one family's addresses are known, the other's are not waited for longer.
OTHER_FAMILY_S = 0.5
ADDRESSES = 8
ANSWER_BYTES = 4096
HOSTS = Path("/etc/hosts")
SERVERS = Path("/etc/resolv.conf")

_Made = TypeVar("_Made")


class NameFailed(OSError):
    """A name was not resolved; the message says why."""


class UnknownName(NameFailed):
    """There is no such name, or it has no address."""


class Names:
    """Resolves names, each within `limit_s` seconds. Used in one event loop.

    `servers` are name servers (address, port) to be asked in place of the system's.
    """

    def __init__(
        self,
        servers: Sequence[tuple[str, int]] = (),
        *,
        hosts: Path = HOSTS,
        conf: Path = SERVERS,
        limit_s: float = LOOK_UP_S,
    ) -> None:
        self._servers = servers
        self._limit_s = limit_s
        self._hosts: _File[dict[str, list[str]]] = _File(hosts, _read_hosts)
        self._resolver: _File[Any] = _File(conf, self._make_resolver)

    async def look_up(self, name: str) -> list[str]:
        """Its addresses, IPv4 first, at most `ADDRESSES`.

        Raises UnknownName if it has none, NameFailed if no server said so in time.
        """
        name = name.rstrip(".").lower()
        if known := self._hosts.read().get(name):
            return known[:ADDRESSES]
        found = await self._ask(name)
        addresses = [address for answer in found if isinstance(answer, list) for address in answer]
        if addresses:
            return addresses[:ADDRESSES]
        for answer in found:
            if isinstance(answer, NameFailed) and not isinstance(answer, UnknownName):
                raise answer
        raise UnknownName(f"{name} is not known")

    async def _ask(self, name: str) -> list[list[str] | BaseException]:
        """What was said for each family."""
        tasks = [asyncio.ensure_future(self._ask_for(name, kind)) for kind in ("A", "AAAA")]
        try:
            done, rest = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            is_found = any(task.exception() is None and task.result() for task in done)
            if rest:
                await asyncio.wait(rest, timeout=OTHER_FAMILY_S if is_found else None)
        finally:
            for task in tasks:
                task.cancel()
            said = await asyncio.gather(*tasks, return_exceptions=True)
        return said

    async def _ask_for(self, name: str, kind: str) -> list[str]:
        from dns.exception import DNSException
        from dns.resolver import NXDOMAIN, NoAnswer

        try:
            async with asyncio.timeout(self._limit_s):
                answer = await self._resolver.read().resolve(name, kind, search=False)
        except (NXDOMAIN, NoAnswer):
            return []
        except (DNSException, OSError, TimeoutError) as error:
            raise NameFailed(f"no name server answered for {name}") from error
        return [str(record.address) for record in answer]

    def _make_resolver(self, conf: Path) -> Any:
        from dns.asyncresolver import Resolver

        resolver = Resolver(str(conf), configure=not self._servers and conf.exists())
        servers = self._servers or [
            (str(nameserver), resolver.port) for nameserver in resolver.nameservers
        ]
        resolver.nameservers = [_make_server(*server) for server in servers]
        resolver.timeout = ONE_SERVER_S
        resolver.lifetime = self._limit_s
        return resolver


def _make_server(address: str, port: int) -> Any:
    """A name server that is not listened to for longer than ANSWER_BYTES."""
    from dns.message import Message, from_wire
    from dns.nameserver import Do53Nameserver

    class Server(Do53Nameserver):
        """By UDP as usual, and by TCP within bounds."""

        async def async_query(self, request: Any, *args: Any, **options: Any) -> Message:
            if not options["max_size"]:
                return await _ask_by_udp(address, port, request, options["timeout"])
            async with asyncio.timeout(options["timeout"]):
                wire = await _ask_by_tcp(address, port, request.to_wire())
            answer = from_wire(wire)
            if not request.is_response(answer):
                raise NameFailed(f"{address} answered something else")
            return answer

    return Server(address, port)


async def _ask_by_udp(address: str, port: int, query: Any, timeout_s: float) -> "Message":
    """An answer, or `Truncated` where it is too long for that. Raises OSError and DNSException."""
    from dns.asyncquery import udp
    from dns.inet import af_for_address

    from turnout.http.datagrams import Datagrams

    async with Datagrams(af_for_address(address)) as sock:
        return await udp(
            query,
            address,
            timeout_s,
            port,
            sock=sock,
            raise_on_truncation=True,
            ignore_errors=True,
            ignore_unexpected=True,
        )


async def _ask_by_tcp(address: str, port: int, query: bytes) -> bytes:
    """An answer as it came. Raises OSError, and NameFailed for a longer one."""
    reader, writer = await asyncio.open_connection(address, port)
    try:
        writer.write(len(query).to_bytes(2, "big") + query)
        size = int.from_bytes(await reader.readexactly(2), "big")
        if size > ANSWER_BYTES:
            raise NameFailed(f"{address} answered with {size} bytes")
        return await reader.readexactly(size)
    except EOFError as error:
        raise NameFailed(f"{address} hung up") from error
    finally:
        writer.close()


class _File(Generic[_Made]):
    """What `make` makes of a file; made again when the file has changed."""

    def __init__(self, path: Path, make: Callable[[Path], _Made]) -> None:
        self._path = path
        self._make = make
        self._changed_ns: int | None = -1
        self._made: _Made

    def read(self) -> _Made:
        """What the file says now."""
        try:
            changed_ns = self._path.stat().st_mtime_ns
        except OSError:
            changed_ns = None
        if changed_ns != self._changed_ns:
            self._made, self._changed_ns = self._make(self._path), changed_ns
        return self._made


def _read_hosts(path: Path) -> dict[str, list[str]]:
    """The addresses of each name in the system's `hosts` file; empty without a file."""
    known: dict[str, list[str]] = {}
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return known
    for line in lines:
        address, *names = line.partition("#")[0].split() or [""]
        if not _is_address(address):
            continue
        for name in names:
            known.setdefault(name.lower().rstrip("."), []).append(address)
    return known


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
