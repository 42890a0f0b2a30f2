"""What the DNS says about a record, asked once, by a thread that may wait."""

import ipaddress
import re
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from turnout.errors import Invalid

PORT = 53

LOOKUP_S = 10.0
MOST_ANSWERS, MOST_AT_ONCE = 50, 8


def look_up_all(asked: Iterable[tuple[str, str]], resolver: str = "") -> list[list[str] | None]:
    """The answers for several kinds and names, asked at once: a name server that is away costs the
    time of one. As `look_up`."""
    with ThreadPoolExecutor(MOST_AT_ONCE) as threads:
        return list(threads.map(lambda one: look_up(one[0], one[1], resolver), asked))


def look_up(kind: str, name: str, resolver: str = "") -> list[str] | None:
    """The answers for a name: texts whole, names as they are; [] if there are none, None if no
    name server answered. `resolver` is `address` or `address:port`, empty = the system's. Raises
    Invalid for a resolver that is none."""
    from dns.exception import DNSException
    from dns.resolver import NXDOMAIN, NoAnswer, Resolver

    try:
        asked = Resolver(configure=not resolver)
        if resolver:
            address, asked.port = split_resolver(resolver)
            asked.nameservers = [address]
    except (DNSException, ValueError) as error:
        raise Invalid("sender.resolver", resolver=resolver, said=str(error)) from error
    asked.lifetime = LOOKUP_S
    try:
        answer = asked.resolve(name, kind, search=False)
    except (NXDOMAIN, NoAnswer):
        return []
    except (DNSException, OSError):
        return None
    return [_say(kind, record) for record in list(answer)[:MOST_ANSWERS]]


def split_resolver(resolver: str) -> tuple[str, int]:
    """The address and port of a name server; IPv6 stands in brackets where there is a port. Empty =
    the system's. Raises ValueError for a resolver that cannot be read."""
    if not resolver:
        return "", PORT
    if found := re.fullmatch(r"\[([^\]]*)\](?::([0-9]+))?", resolver):
        address, port = str(ipaddress.IPv6Address(found[1])), found[2]
    elif resolver.count(":") > 1:
        address, port = str(ipaddress.IPv6Address(resolver)), None
    else:
        host, colon, port = resolver.partition(":")
        address = str(ipaddress.IPv4Address(host))
        if colon and not re.fullmatch("[0-9]+", port):
            raise ValueError(f"{port!r} is not a port")
    number = int(port or PORT)
    if not 0 < number < 65536:
        raise ValueError(f"{number} is not a port")
    return address, number


def _say(kind: str, record: object) -> str:
    if kind == "TXT":
        strings: tuple[bytes, ...] = getattr(record, "strings", ())
        return b"".join(strings).decode("utf-8", "replace")
    return str(getattr(record, "target", record))
