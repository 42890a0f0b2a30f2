"""What a sender domain is, and which records in the DNS prove that it is the organization's.

A domain is an organization's once one of its own DKIM keys stands in the domain's DNS, which only
the domain's owner can write to. So each organization has keys and selectors of its own, and two of
one company may share a domain. What is signed with such a key aligns with From (RFC 7489, relaxed:
the same domain or one below it). The return path aligns too, once the domain's CNAME leads to the
installation's return path domain.
"""

import base64
import enum
import re
from typing import NamedTuple

import msgspec

RETURN_LABEL = "bounces"
LONGEST_RECORD = 4096


class DkimKey(msgspec.Struct, frozen=True):
    """A key that signs mail of a domain, published at `selector`._domainkey.`domain`."""

    domain: str
    selector: str
    private_pem: str

    def __repr__(self) -> str:
        return f"DkimKey({self.selector}._domainkey.{self.domain})"


class SenderKey(msgspec.Struct, frozen=True):
    """A key as lists show it. `public` is base64; `verified_at` (epoch ms) is when it was first
    found in the DNS, None = it was not when somebody last looked."""

    domain: str
    selector: str
    algorithm: str
    public: str
    verified_at: int | None

    @property
    def name(self) -> str:
        """Where the key is published."""
        return f"{self.selector}._domainkey.{self.domain}"


class SenderDomain(msgspec.Struct, frozen=True):
    """A domain that an organization sends from. Instants in epoch ms: `checked_at` is when somebody
    last looked, `verified_at` since when a key of it is published, `returning_at` the return
    path."""

    domain: str
    created_at: int
    checked_at: int | None
    verified_at: int | None
    returning_at: int | None

    @property
    def return_path(self) -> str:
        """The host name that stands behind the @ of return paths."""
        return f"{RETURN_LABEL}.{self.domain}"


class Signing(msgspec.Struct, frozen=True):
    """How mail of a verified domain is sent: the keys that sign it, and its return path's domain,
    empty where that is the installation's."""

    keys: tuple[DkimKey, ...]
    return_path: str = ""


class Found(enum.Enum):
    """What the DNS says about a record."""

    YES = "published"
    MISSING = "missing"
    OTHER = "different"
    UNKNOWN = "not known: no name server answered"


class Record(NamedTuple):
    """A record to publish. `is_needed`: the domain is verified by one of these. `selector` is that
    of the key in it, empty for others."""

    kind: str
    name: str
    value: str
    is_needed: bool
    selector: str = ""


def records_of(domain: SenderDomain, keys: list[SenderKey], return_target: str) -> list[Record]:
    """What to publish. `return_target` is the installation's return path domain, empty = it has
    none. The policy (DMARC) is advice: any other one counts as well."""
    records = [
        Record("TXT", key.name, f"v=DKIM1; k={key.algorithm}; p={key.public}", True, key.selector)
        for key in keys
    ]
    if return_target:
        records.append(Record("CNAME", domain.return_path, return_target, is_needed=False))
    records.append(Record("TXT", f"_dmarc.{domain.domain}", "v=DMARC1; p=none", is_needed=False))
    return records


def judge(record: Record, answers: list[str] | None) -> Found:
    """What answers mean for a record; None = no name server answered."""
    if answers is None:
        return Found.UNKNOWN
    if not answers:
        return Found.MISSING
    if record.kind == "CNAME":
        wanted = record.value.lower().rstrip(".")
        is_there = wanted in {answer.lower().rstrip(".") for answer in answers}
    elif record.selector:
        is_there = any(_same_key(record.value, answer) for answer in answers)
    else:
        is_there = any(read_tags(answer).get("v") == "DMARC1" for answer in answers)
    return Found.YES if is_there else Found.OTHER


def sort_found(records: list[Record], found: list[Found]) -> tuple[dict[str, Found], Found]:
    """What was found of each record: of the keys by their selectors, and of the return path."""
    pairs = list(zip(records, found, strict=True))
    of_keys = {record.selector: state for record, state in pairs if record.selector}
    returns = [state for record, state in pairs if record.kind == "CNAME"]
    return of_keys, returns[0] if returns else Found.MISSING


def _same_key(wanted: str, answer: str) -> bool:
    ours, theirs = read_tags(wanted), read_tags(answer)
    return (
        theirs.get("v", "DKIM1") == "DKIM1"
        and theirs.get("k", "rsa") == ours["k"]
        and _octets(theirs.get("p", "")) == _octets(ours["p"])
    )


def _octets(text: str) -> bytes:
    try:
        return base64.b64decode(re.sub(r"\s", "", text), validate=True)
    except ValueError:
        return b""


def read_tags(text: str) -> dict[str, str]:
    """`a=b; c=d` of a record, as RFC 6376 writes it."""
    found = {}
    for part in text[:LONGEST_RECORD].split(";"):
        name, equals, value = part.partition("=")
        if equals:
            found[name.strip()] = value.strip()
    return found


def find_domain(address: str, domains: dict[str, Signing]) -> Signing | None:
    """How mail from an address is signed: by its own domain, or the nearest one above it."""
    domain = address.rpartition("@")[2].lower().rstrip(".")
    while domain:
        if found := domains.get(domain):
            return found
        domain = domain.partition(".")[2]
    return None
