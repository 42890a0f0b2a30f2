"""Return paths that name the attempt they belong to, and the bounces that come back to them.

Mail is sent from `bounces+ATTEMPT.MAC@DOMAIN` (VERP). So a bounce says whose it is by the address
it is sent to, whatever it looks like; the MAC keeps others from making such addresses up. What is
read of it is only whether it says "failed" (RFC 3464); it is never decoded further than that, as
anybody who got a mail may send anything to its return path (entity.py).
"""

import hmac
import re

import msgspec

from turnout.carriers.smtp.entity import (
    PARTS,
    Fields,
    list_parts,
    read_fields,
    read_type,
    split_entity,
    split_groups,
)
from turnout.core.counterparts import tidy

_PREFIX = "bounces+"
_MAC_BYTES = 10
_LOCAL_PART = re.compile(r"bounces\+([1-9][0-9]{0,18})\.([0-9a-f]{20})", re.ASCII)
_REPORTS = ("message/delivery-status", "message/global-delivery-status")

# Bounds on what is looked at: parts inside parts, recipients in a report.
_DEPTH = 4
_RECIPIENTS = 50


class Bounce(msgspec.Struct, frozen=True):
    """What a delivery status notification says about a recipient it failed for."""

    status: str
    recipient: str
    diagnostic: str

    @property
    def notes(self) -> str:
        """In one line, for people."""
        return tidy(f"{self.recipient}: {self.status} {self.diagnostic}")


class ReturnPaths:
    """Makes return paths and tells its own from others'. Nodes with one secret share them."""

    def __init__(self, domain: str, secret: str) -> None:
        self.domain = domain.lower()
        self._secret = secret.encode()

    def token(self, attempt_id: int) -> str:
        """`ATTEMPT.MAC`, the same whenever it is asked for."""
        mac = hmac.digest(self._secret, b"%d" % attempt_id, "sha256")[:_MAC_BYTES]
        return f"{attempt_id}.{mac.hex()}"

    def address(self, attempt_id: int) -> str:
        """The return path of the mail that was sent in this attempt."""
        return self.wrap(self.token(attempt_id))

    def wrap(self, token: str) -> str:
        """The return path with this token."""
        return f"{_PREFIX}{token}@{self.domain}"

    def find_attempt(self, address: str) -> int | None:
        """The attempt that a return path names, None when it is not one of ours. In any case."""
        local, _, domain = address.lower().rpartition("@")
        found = _LOCAL_PART.fullmatch(local)
        if not found or domain != self.domain:
            return None
        attempt_id = int(found[1])
        genuine = self.token(attempt_id)
        return attempt_id if hmac.compare_digest(f"{found[1]}.{found[2]}", genuine) else None


def find_bounce(raw: bytes) -> Bounce | None:
    """What a mail to a return path says, if it says that delivery failed for good.

    None for everything else: reports of delays and successes, automatic answers, spam. `raw` may
    be cut off anywhere behind the report, and may be anything at all; nothing is raised.
    """
    waiting = [(raw, 0)]
    for _ in range(PARTS):
        if not waiting:
            break
        part, depth = waiting.pop()
        fields, body = split_entity(part)
        content_type, boundary = read_type(fields)
        if content_type in _REPORTS:
            return _find_failure(body)
        if content_type.startswith("multipart/") and depth < _DEPTH:
            waiting += [(inner, depth + 1) for inner in reversed(list_parts(body, boundary))]
    return None


def _find_failure(report: bytes) -> Bounce | None:
    """The first recipient for whom a report says "failed"."""
    for group in split_groups(report, _RECIPIENTS):
        fields = read_fields(group)
        if _field(fields, "action").lower() == "failed":
            recipient = _field(fields, "original-recipient") or _field(fields, "final-recipient")
            return Bounce(
                status=_field(fields, "status"),
                recipient=recipient.rpartition(";")[2].strip(),
                diagnostic=_field(fields, "diagnostic-code").partition(";")[2].strip(),
            )
    return None


def _field(fields: Fields, name: str) -> str:
    return tidy(fields.get(name, ""))
