"""Return paths that name the attempt they belong to, and the bounces that come back to them.

Mail is sent from `bounces+ATTEMPT.MAC@DOMAIN` (VERP). So a bounce says whose it is by the address
it is sent to, whatever it looks like; the MAC keeps others from making such addresses up. What is
read of it is whether it says that delivery failed: in a report (RFC 3464), also one inside of a
forwarded mail, or in the words of a mail system (bounce_texts.py). Anybody who got a mail may send
anything to its return path, so all of it is bounded (entity.py). Complaints (RFC 5965) come to
`complaints@DOMAIN`, and name the attempt by the return path or Message-ID of the mail.
"""

import hmac
import re

import msgspec

from turnout.carriers.smtp.bounce_texts import is_gone, read_failure
from turnout.carriers.smtp.entity import (
    PARTS,
    Fields,
    decode_body,
    list_parts,
    read_fields,
    read_text,
    read_type,
    read_words,
    split_entity,
    split_groups,
)
from turnout.core.counterparts import tidy
from turnout.core.senders.model import RETURN_LABEL

_PREFIX = "bounces+"
_MAC_BYTES = 10
_LOCAL_PART = re.compile(r"bounces\+([1-9][0-9]{0,18})\.([0-9a-f]{20})", re.ASCII)
_OF_AN_ORGANIZATION = re.compile(rf"{RETURN_LABEL}\.[a-z0-9.\-]{{1,250}}", re.ASCII)
COMPLAINTS = "complaints"
COMPLAINT = 0
"""In the place of an attempt, for a mail to the address of complaints."""

_FAILED = re.compile(r"(?:failed|failure|error)\b", re.IGNORECASE)
_TOKEN = re.compile(rb"([1-9][0-9]{0,18}\.[0-9a-fA-F]{20})(?=@)")
_SEARCHED = 256 * 1024
_FEEDBACK = "message/feedback-report"
_RECEIPT = "message/disposition-notification"
_TEXTS = ("", "text/plain", "text/html")
_TEXT_PARTS = 4
_MAIL, _FORWARDED = "message/rfc822", 3
_REPORTS = ("message/delivery-status", "message/global-delivery-status")

# Bounds on what is looked at: parts inside parts, recipients in a report.
_DEPTH = 4
_RECIPIENTS = 50


class Bounce(msgspec.Struct, frozen=True):
    """What a mail says about a recipient for whom delivery failed, or who complained.

    `is_gone`: the address takes no mail any more, which is not said of a full mailbox or of one
    that refused what was sent.
    """

    status: str
    recipient: str
    diagnostic: str
    is_gone: bool = False
    is_complaint: bool = False

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

    def wrap(self, token: str, domain: str = "") -> str:
        """The return path with this token, at another domain that leads here if one is given."""
        return f"{_PREFIX}{token}@{domain or self.domain}"

    def find_attempt(self, address: str) -> int | None:
        """The attempt that a return path names, None when it is not one of ours. In any case, and
        at the domains of organizations, which lead here too (core/senders)."""
        local, _, domain = address.lower().rpartition("@")
        found = _LOCAL_PART.fullmatch(local)
        if not found or not (domain == self.domain or _OF_AN_ORGANIZATION.fullmatch(domain)):
            return None
        attempt_id = int(found[1])
        genuine = self.token(attempt_id)
        return attempt_id if hmac.compare_digest(f"{found[1]}.{found[2]}", genuine) else None

    def find_in(self, raw: bytes) -> int | None:
        """The attempt whose return path or Message-ID stands in a mail; what a complaint is
        about."""
        for found in _TOKEN.finditer(raw[:_SEARCHED]):
            token = found[1].decode().lower()
            attempt_id = int(token.partition(".")[0])
            if hmac.compare_digest(token, self.token(attempt_id)):
                return attempt_id
        return None

    def takes_complaints(self, address: str) -> bool:
        """Whether complaints are sent to this address, as an operator tells mailbox providers."""
        return address.lower() == f"{COMPLAINTS}@{self.domain}"


def find_bounce(raw: bytes) -> Bounce | None:
    """What a mail to a return path says, if it says that delivery failed for good, or that its
    recipient complained.

    None for everything else: reports of delays and successes, read receipts, automatic answers,
    spam. `raw` may be cut off anywhere behind the report, and may be anything at all; nothing is
    raised.
    """
    fields, _ = split_entity(raw)
    texts: list[str] = []
    waiting, forwarded, is_own = [(raw, 0)], list[tuple[bytes, int]](), True
    for _ in range(PARTS):
        if not waiting:
            waiting, forwarded, is_own = forwarded, [], False
        if not waiting:
            break
        part, depth = waiting.pop()
        part_fields, body = split_entity(part)
        content_type, boundary = read_type(part_fields)
        is_told, bounce = _read_report(content_type, body)
        if is_told:
            return bounce
        if content_type.startswith("multipart/") and depth < _DEPTH:
            waiting += [(inner, depth + 1) for inner in reversed(list_parts(body, boundary))]
        elif content_type == _MAIL and is_own and len(forwarded) < _FORWARDED:
            forwarded.append((decode_body(part_fields, body), depth + 1))
        elif content_type in _TEXTS and is_own and len(texts) < _TEXT_PARTS:
            texts.append(read_text(part_fields, body))
    failure = read_failure(fields, read_words(fields.get("subject", "")), texts)
    if failure is None:
        return None
    status, recipient, said = failure
    return Bounce(tidy(status), tidy(recipient), tidy(said), is_gone(status, said))


def _read_report(content_type: str, body: bytes) -> tuple[bool, Bounce | None]:
    """Whether a part is a report, which says all there is to say; and the bounce that it tells."""
    if content_type in _REPORTS and (recipients := _list_recipients(body)):
        return True, _find_failure(recipients)
    if content_type == _FEEDBACK:
        return True, _find_complaint(body)
    return content_type == _RECEIPT and not _is_refused(body), None


def _is_refused(receipt: bytes) -> bool:
    """Whether a program deleted the mail, as those answer that refuse one with a receipt."""
    mode, *kinds = _field(read_fields(receipt), "disposition").lower().split(";")
    return "automatic-action" in mode and any(kind.strip().startswith("deleted") for kind in kinds)


def _list_recipients(report: bytes) -> list[Fields]:
    """What a report says of each recipient."""
    groups = [read_fields(group) for group in split_groups(report, _RECIPIENTS)]
    return [fields for fields in groups if "action" in fields]


def _find_failure(recipients: list[Fields]) -> Bounce | None:
    """The first recipient for whom a report says "failed"."""
    for fields in recipients:
        if _FAILED.match(_field(fields, "action")):
            recipient = _field(fields, "original-recipient") or _field(fields, "final-recipient")
            status = _field(fields, "status")
            diagnostic = _field(fields, "diagnostic-code")
            diagnostic = (diagnostic.partition(";")[2] or diagnostic).strip()
            return Bounce(
                status=status,
                recipient=recipient.rpartition(";")[2].strip(),
                diagnostic=diagnostic,
                is_gone=is_gone(status, diagnostic),
            )
    return None


def _find_complaint(report: bytes) -> Bounce:
    """Who complained, by an abuse report (RFC 5965)."""
    fields = read_fields(report)
    recipient = _field(fields, "original-rcpt-to").strip("<>")
    kind = _field(fields, "feedback-type") or "abuse"
    return Bounce("", recipient, f"complaint ({kind})", is_complaint=True)


def _field(fields: Fields, name: str) -> str:
    return tidy(fields.get(name, ""))
