"""What a provider's answer means; README.md has the table, and a test holds it to this one."""

from email.utils import parsedate_to_datetime

import msgspec

from turnout.carriers import Accepted, Misconfigured, Outcome, Rejected, Retry, Unknown
from turnout.core.messaging.model import Status

RETRY_S = 5.0
LONGEST_RETRY_S = 3600.0
LONGEST_REASON = 200
_REFUSED_BY_ACCOUNT = (401, 402, 403)
_NO_SUCH_ADDRESS = (404, 405, 410)
_NOT_NOW = (408, 425, 429, 503)

# What a status webhook says of a message, in any case; what is not here is not final.
FATES = {
    "delivered": Status.SENT,
    "undelivered": Status.FAILED,
    "failed": Status.FAILED,
    "expired": Status.EXPIRED,
    "rejected": Status.BLOCKED,
    "blocked": Status.BLOCKED,
    "canceled": Status.FAILED,
}


def read_answer(
    status: int,
    body: bytes,
    retry_after: str,
    *,
    now_s: float,
    id_member: str,
    parts_member: str,
    has_reports: bool,
) -> Outcome:
    """The outcome of one message. `has_reports`: the provider will tell what became of it."""
    if 200 <= status < 300:
        return _accepted(body, id_member, parts_member, has_reports=has_reports)
    reason = f"The provider answered {status}{_say(body)}"
    if status in _NOT_NOW:
        return Retry(_read_pause(retry_after, now_s), reason)
    if status in _REFUSED_BY_ACCOUNT or status in _NO_SUCH_ADDRESS or 300 <= status < 400:
        return Misconfigured(reason)
    if 400 <= status < 500:
        return Rejected(Status.FAILED, reason)
    return Unknown(reason)


def _accepted(body: bytes, id_member: str, parts_member: str, *, has_reports: bool) -> Accepted:
    found = _decode(body)
    network_id = str(found.get(id_member) or "")
    parts = str(found.get(parts_member) or "1")
    is_count = parts.isascii() and parts.isdigit() and 0 < int(parts) < 256
    return Accepted(
        (network_id,) if network_id and has_reports else (),
        int(parts) if is_count else 1,
        is_final=not (network_id and has_reports),
    )


def _decode(body: bytes) -> dict[str, object]:
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}
    return found if isinstance(found, dict) else {}


def _say(body: bytes) -> str:
    """What the provider said of it, in one bounded line."""
    found = _decode(body)
    said = found.get("message") or found.get("error") or body.decode(errors="replace")
    line = " ".join(str(said).split())
    return f": {line[:LONGEST_REASON]}" if line else ""


def _read_pause(retry_after: str, now_s: float) -> float:
    """Retry-After in seconds, within bounds."""
    text = retry_after.strip()
    try:
        seconds = float(text) if text[:1].isdigit() else _until(text, now_s)
    except (TypeError, ValueError):
        seconds = RETRY_S
    return min(max(seconds, RETRY_S), LONGEST_RETRY_S)


def _until(date: str, now_s: float) -> float:
    return parsedate_to_datetime(date).timestamp() - now_s
