"""Who is asking: the address of the person behind the proxies, worked out once at the front door.

Theory. Everybody can write forwarding headers, so they count only as far as a trusted proxy wrote
them. A proxy appends the address that it saw to what it was given; so the list is read from its
right end. While the address at hand is a trusted proxy's, the next element to the left is what that
proxy saw; the first address that is not trusted is the client's, and whatever stands left of it is
hearsay. An element that is not an address ends the walk at the proxy that passed it on.

A proxy writes one of the two headers and hands the other one on as the client sent it. Where both
are there and disagree, a stranger may have written either of them, so neither counts and the
request is the proxy's own: a client can lose its address that way, and never take another's.

Addresses come out in one spelling: an IPv4 address mapped into IPv6 is the IPv4 address, and there
are no ports, brackets or zones.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Network, ip_network
from typing import Any, NamedTuple

from turnout.core.identity.addresses import Address, parse_address
from turnout.settings import UNIX, split_list
from turnout.store import Clock, system_clock
from turnout.store.windows import is_over

Network = IPv4Network | IPv6Network
RawHeaders = Iterable[tuple[bytes, bytes]]

HOPS_LIMIT = 32
NOTED_LIMIT = 16
NOTE_EVERY_MS = 3_600_000
LENGTH_LIMIT = 4096
# Judgements that are kept, and how long the headers of one may be.
KEPT, KEPT_LENGTH = 2048, 256
_FORWARDED, _X_FORWARDED_FOR = b"forwarded", b"x-forwarded-for"
NAMES = frozenset({_X_FORWARDED_FOR, _FORWARDED})
"""The headers that are looked at."""
_BLANKS = " \t"
# A port in digits, or one that a proxy hides behind a name (RFC 7239, 6.3).
_PORT = re.compile(r":(?:[0-9]{1,5}|_[A-Za-z0-9._-]{1,64})")
# Elements of Forwarded end at commas, and their parameters at semicolons, outside of quotes.
_PIECE = re.compile(r'"(?:[^"\\]|\\.)*"?|[^",;]+|[,;]')
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')


class ClientAddress(NamedTuple):
    """The client's `address` (`unix` for one without); `is_ignored` when forwarding headers came
    that did not count, because the peer is no trusted proxy."""

    address: str
    is_ignored: bool


class TrustedProxies:
    """The proxies whose forwarding headers count: networks, and whether Unix sockets do."""

    def __init__(self, networks: Iterable[Network] = (), *, trusts_unix: bool = False) -> None:
        self._networks = tuple(networks)
        self._trusts_unix = trusts_unix
        # The same people ask again: parsing addresses costs more than all else at the front door.
        self._judge_again = lru_cache(maxsize=KEPT)(self._judge)

    @classmethod
    def parse(cls, text: str) -> "TrustedProxies":
        """From CIDRs and addresses between commas, and the word `unix`. Raises ValueError."""
        parts = split_list(text)
        return cls(
            (_fold_network(part) for part in parts if part != UNIX), trusts_unix=UNIX in parts
        )

    def judge(self, peer: str, headers: RawHeaders) -> ClientAddress:
        """Who sends a request that came from `peer` ("" for a Unix socket). Header names are in
        lower case. Never raises."""
        given = tuple(header for header in headers if header[0] in NAMES) if headers else ()
        if given and sum(len(value) for _, value in given) > KEPT_LENGTH:
            return self._judge(peer, given)
        return self._judge_again(peer, given)

    def _judge(self, peer: str, headers: RawHeaders) -> ClientAddress:
        known = parse_address(peer.partition("%")[0])
        shown = str(known) if known else UNIX
        lists = _lists_of(headers)
        if not lists:
            return ClientAddress(shown, is_ignored=False)
        if not self._trusts(known):
            return ClientAddress(shown, is_ignored=True)
        walked = {str(self._walk(known, elements) or UNIX) for elements in lists}
        return ClientAddress(walked.pop() if len(walked) == 1 else shown, is_ignored=False)

    def trusts(self, address: str) -> bool:
        """Whether the peer of that address, `unix` for a socket, is a trusted proxy."""
        return self._trusts(parse_address(address))

    def _trusts(self, address: Address | None) -> bool:
        if address is None:
            return self._trusts_unix
        return any(address in network for network in self._networks)

    def _walk(self, address: Address | None, elements: Iterable[Address | None]) -> Address | None:
        for element in elements:
            if element is None or not self._trusts(address):
                break
            address = element
        return address


class ClientAddresses:
    """The front door's part: puts the client's address into each request's scope, and remembers
    which near peers forward requests without being trusted, for `turnout doctor`."""

    def __init__(self, proxies: TrustedProxies, clock: Clock = system_clock) -> None:
        self._proxies = proxies
        self._clock = clock
        self._noted: dict[str, int] = {}
        self._fresh: set[str] = set()

    def enter(self, scope: dict[str, Any], headers: RawHeaders | None = None) -> str:
        """Replace the scope's client by the judged one; returns its address. `headers` are those
        of the request of which some may forward, where the caller knows (None: all of them)."""
        host, port = scope.get("client") or ("", 0)
        headers = scope["headers"] if headers is None else headers
        judged = self._proxies.judge(host or "", headers)
        if judged.address != host:
            scope["client"] = (judged.address, port if _is_same(judged.address, host) else 0)
        if judged.is_ignored:
            self._note(judged.address)
        return judged.address

    def take_noted(self) -> set[str]:
        """The near peers that were noted since the last call."""
        taken, self._fresh = self._fresh, set()
        return taken

    def _note(self, peer: str) -> None:
        address = parse_address(peer)
        is_near = address is None or address.is_loopback or address.is_private
        now = self._clock()
        noted_at = self._noted.get(peer)
        is_known = noted_at is not None and not is_over(noted_at, NOTE_EVERY_MS, now)
        if is_known or not is_near:
            return
        while len(self._noted) >= NOTED_LIMIT:
            del self._noted[next(iter(self._noted))]
        self._noted[peer] = now
        self._fresh.add(peer)


def address_of(scope: dict[str, Any]) -> str:
    """The address that the front door has put into the scope of a request."""
    client = scope.get("client")
    return str(client[0]) if client and client[0] else UNIX


@lru_cache(maxsize=KEPT)
def _is_same(address: str, host: str | None) -> bool:
    """Whether both are one address, in whatever spelling."""
    return str(parse_address((host or "").partition("%")[0])) == address


def _fold_network(text: str) -> Network:
    network = ip_network(text, strict=False)
    mapped = parse_address(str(network.network_address))
    if isinstance(network, IPv6Network) and isinstance(mapped, IPv4Address):
        return IPv4Network((mapped, network.prefixlen - 96))
    return network


def _lists_of(headers: RawHeaders) -> list[Iterator[Address | None]]:
    """The addresses that each kind of forwarding header names, nearest first; None = no address."""
    lines: dict[bytes, list[bytes]] = {}
    for name, value in headers:
        if name in NAMES:
            lines.setdefault(name, []).append(value)
    return [_read(name, b",".join(values)) for name, values in lines.items()]


def _read(name: bytes, value: bytes) -> Iterator[Address | None]:
    text = value.decode("latin-1")
    if name == _X_FORWARDED_FOR:
        elements = [part.strip(_BLANKS) for part in text[-LENGTH_LIMIT:].split(",")]
        if len(text) > LENGTH_LIMIT:
            elements[0] = "?"  # it may have been cut in the middle
        nodes = [_node(element) for element in elements if element]
    elif len(text) > LENGTH_LIMIT:
        nodes = [None]  # quotes can only be told apart from the left
    else:
        nodes = _forwarded_nodes(text)
    return iter(nodes[: -HOPS_LIMIT - 1 : -1])


def _forwarded_nodes(text: str) -> list[Address | None]:
    """What each element of a Forwarded header names. A quote that a client leaves open would
    swallow what the proxy appended; so with one nothing counts."""
    elements: list[list[str]] = [[""]]
    for piece in _PIECE.findall(text):
        if piece.startswith('"') and not _QUOTED.fullmatch(piece):
            return [None]
        if piece == ",":
            elements.append([""])
        elif piece == ";":
            elements[-1].append("")
        else:
            elements[-1][-1] += piece
    return [_forwarded_for(element) for element in elements if "".join(element).strip(_BLANKS)]


def _forwarded_for(parameters: list[str]) -> Address | None:
    """What the one `for` of an element names; None where there is no such address."""
    pairs = [parameter.strip(_BLANKS).partition("=") for parameter in parameters]
    nodes = [value for name, _, value in pairs if name.lower() == "for"]
    if len(nodes) != 1:
        return None
    value = nodes[0]
    if len(value) > 1 and value[0] == value[-1] == '"':
        value = re.sub(r"\\(.)", r"\1", value[1:-1])
    return _node(value)


def _node(text: str) -> Address | None:
    """The address of a node: `192.0.2.1`, `192.0.2.1:80`, `[2001:db8::1]:80` or, as
    X-Forwarded-For has it, `2001:db8::1`."""
    if text.startswith("["):
        host, bracket, port = text[1:].partition("]")
        address = parse_address(host)
        is_node = bool(bracket) and ":" in host and (not port or _PORT.fullmatch(port))
        return address if is_node else None
    if text.count(":") == 1:
        host, _, port = text.partition(":")
        return parse_address(host) if _PORT.fullmatch(f":{port}") else None
    return parse_address(text)
