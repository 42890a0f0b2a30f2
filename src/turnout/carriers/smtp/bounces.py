"""Return paths that name the attempt they belong to, and the bounces that come back to them.

Mail is sent from `bounces+ATTEMPT.MAC@DOMAIN` (VERP). So a bounce says whose it is by the address
it is sent to, whatever it looks like; the MAC keeps others from making such addresses up. What is
read of it is only whether it says "failed" (RFC 3464); it is never decoded further than that, as
anybody who got a mail may send anything to its return path.
"""

import email.parser
import hmac
import re
from email.message import Message
from email.policy import compat32

import msgspec

from turnout.carriers.smtp.outcomes import tidy

_PREFIX = "bounces+"
_MAC_BYTES = 10
_LOCAL_PART = re.compile(r"bounces\+([1-9][0-9]{0,18})\.([0-9a-f]{20})", re.ASCII)
_BLANK_LINE = re.compile(rb"\r?\n\r?\n")
_REPORTS = ("message/delivery-status", "message/global-delivery-status")

# Bounds on what is looked at: parts inside parts, parts in all, recipients in a report.
_DEPTH = 4
_PARTS = 50
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
    for _ in range(_PARTS):
        if not waiting:
            break
        part, depth = waiting.pop()
        fields, body = _split(part)
        if fields.get_content_type() in _REPORTS:
            return _find_failure(body)
        if fields.get_content_maintype() == "multipart" and depth < _DEPTH:
            waiting += [(inner, depth + 1) for inner in reversed(_list_parts(fields, body))]
    return None


def _split(entity: bytes) -> tuple[Message, bytes]:
    """The fields of an entity, and its body."""
    if entity.startswith((b"\r\n", b"\n")):
        return _parse(b""), entity
    head, *body = _BLANK_LINE.split(entity, maxsplit=1)
    return _parse(head), body[0] if body else b""


def _parse(head: bytes) -> Message:
    return email.parser.BytesHeaderParser(policy=compat32).parsebytes(head)


def _list_parts(fields: Message, body: bytes) -> list[bytes]:
    boundary = (fields.get_boundary() or "").encode("ascii", "replace")
    if not boundary:
        return []
    delimiter = re.compile(rb"(?:^|\r?\n)--%b(?:--)?[ \t]*(?:\r?\n|$)" % re.escape(boundary))
    return delimiter.split(body, maxsplit=_PARTS)[1:_PARTS]


def _find_failure(report: bytes) -> Bounce | None:
    """The first recipient for whom a report says "failed"."""
    for group in _BLANK_LINE.split(report.strip(), maxsplit=_RECIPIENTS)[:_RECIPIENTS]:
        fields = _parse(group)
        if _field(fields, "Action").lower() == "failed":
            recipient = _field(fields, "Original-Recipient") or _field(fields, "Final-Recipient")
            return Bounce(
                status=_field(fields, "Status"),
                recipient=recipient.rpartition(";")[2].strip(),
                diagnostic=_field(fields, "Diagnostic-Code").partition(";")[2].strip(),
            )
    return None


def _field(fields: Message, name: str) -> str:
    return tidy(str(fields.get(name, "")))
