"""What the DNS says about a record, asked once by a command."""

from turnout.errors import Invalid

LOOKUP_S = 10.0
MOST_ANSWERS = 50


def look_up(kind: str, name: str, resolver: str = "") -> list[str] | None:
    """The answers for a name: texts whole, names as they are; [] if there are none, None if no
    name server answered. `resolver` is `address` or `address:port`, empty = the system's. Raises
    Invalid for a resolver that is none."""
    from dns.exception import DNSException
    from dns.resolver import NXDOMAIN, NoAnswer, Resolver

    try:
        asked = Resolver(configure=not resolver)
        if resolver:
            address, _, port = _split(resolver)
            asked.nameservers, asked.port = [address], int(port or 53)
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


def _split(resolver: str) -> tuple[str, str, str]:
    """An address and a port; IPv6 stands in brackets where there is a port."""
    if resolver.startswith("[") and "]" in resolver:
        address, _, port = resolver[1:].partition("]")
        return address, "", port.removeprefix(":")
    if resolver.count(":") > 1:
        return resolver, "", ""
    return resolver.partition(":")


def _say(kind: str, record: object) -> str:
    if kind == "TXT":
        strings: tuple[bytes, ...] = getattr(record, "strings", ())
        return b"".join(strings).decode("utf-8", "replace")
    return str(getattr(record, "target", record))
