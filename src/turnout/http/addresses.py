"""Which addresses a call may go to: public ones, and those in networks that the operator allows.

The rule is a list of what may be reached, not of what may not: in IPv6 only the global unicast
space, less the blocks below that are not the public internet. Python's own `is_global` is not
asked, since its answers differ between releases. The blocks are those of IANA's registries of
special-purpose addresses; two are added: the relays of 6to4 (RFC 7526), and the address at which
one large cloud serves machines their secrets.
"""

import ipaddress
from collections.abc import Sequence

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_BLOCKED_V4 = tuple(
    ipaddress.IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this network, and unspecified
        "10.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT
        "127.0.0.0/8",
        "168.63.129.16/32",  # metadata of Azure's machines
        "169.254.0.0/16",  # link-local, metadata of most other clouds
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
)
# Everything that IPv6 routes in public. Outside are loopback, ULA, link-local, site-local,
# multicast, local NAT64 (64:ff9b:1::/48), IPv4-compatible (::/96) and SIIT (::ffff:0:0:0/96).
_PUBLIC_V6 = ipaddress.IPv6Network("2000::/3")
_BLOCKED_V6 = tuple(
    ipaddress.IPv6Network(network)
    for network in (
        "2001::/23",  # protocols: Teredo, benchmarks, ORCHID
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4
        "3fff::/20",  # documentation
    )
)
# Networks of an organization's own, or of its provider's.
_LOCAL = tuple(
    ipaddress.ip_network(network)
    for network in ("10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
)
# What goes to an IPv4 address in the end, which is therefore the one to judge.
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def read_networks(text: str) -> tuple[Network, ...]:
    """The networks of TURNOUT_OUTBOUND_ALLOW. Raises ValueError."""
    parts = (part.strip() for part in text.split(","))
    return tuple(ipaddress.ip_network(part, strict=False) for part in parts if part)


def may_reach(address: str, allowed: Sequence[Network]) -> bool:
    """Whether a call may go to an address: a public one, or one that the operator allows.

    False for whatever is not a plain address. The zone of a scoped address is not judged.
    """
    parsed = find_address(address)
    if parsed is None:
        return False
    inner = plain_address(parsed)
    if any(address in network for network in allowed for address in {parsed, inner}):
        return True
    if isinstance(inner, ipaddress.IPv4Address):
        return not any(inner in network for network in _BLOCKED_V4)
    return inner in _PUBLIC_V6 and not any(inner in network for network in _BLOCKED_V6)


def find_address(text: str) -> Address | None:
    """The address that a text is, without its zone, or None if it is a name."""
    try:
        return ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None


def is_local(address: Address) -> bool:
    """Whether it is one of a private network. Loopback and link-local ones are none."""
    return any(address in network for network in _LOCAL)


def plain_address(address: Address) -> Address:
    """The IPv4 address that is meant by an IPv6 one, else the address itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address
