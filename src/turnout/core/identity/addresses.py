"""Network addresses: one spelling for each, and the place that throttles count for."""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address


def parse_address(text: str) -> Address | None:
    """The address that `text` spells exactly, an IPv4 address mapped into IPv6 as the IPv4
    address; None for anything else, and for one with a zone."""
    try:
        address = ip_address(text) if "%" not in text else None
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def place_of(address: str) -> str:
    """Where somebody is, as throttles count: the address; of IPv6 the network of 64 bits, which
    one household has to itself."""
    parsed = parse_address(address)
    if parsed is None or parsed.version == 4:
        return str(parsed or address)
    return str(IPv6Network((parsed, 64), strict=False))


def is_loopback(host: str) -> bool:
    """Whether a host name or address leads to the machine itself and nowhere else."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    parsed = parse_address(host.strip("[]"))
    return parsed is not None and parsed.is_loopback
