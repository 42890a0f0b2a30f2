"""What a provider's answer means; README.md has the table, and a test holds it to this one."""

from turnout.carriers import Accepted, Misconfigured, Outcome, Rejected, Retry, Unknown
from turnout.carriers.posting import RETRY_S
from turnout.core.counterparts import read_object, read_pause, tidy, to_count, to_text
from turnout.core.messaging.model import Status
from turnout.core.messaging.outcomes import PARTS

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
    """The outcome of one message. `has_reports`: the provider will tell the outcome."""
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
    found = read_object(body)
    network_id = to_text(found.get(id_member) or "")
    return Accepted(
        (network_id,) if network_id and has_reports else (),
        to_count(found.get(parts_member), 1, least=1, limit=PARTS),
        is_final=not (network_id and has_reports),
    )


def _say(body: bytes) -> str:
    """What the provider said of it, in one bounded line."""
    found = read_object(body)
    said = to_text(found.get("message") or found.get("error"))
    line = tidy(said or body.decode(errors="replace"), LONGEST_REASON)
    return f": {line}" if line else ""


def _read_pause(retry_after: str, now_s: float) -> float:
    """Retry-After in seconds, within bounds."""
    return min(max(read_pause(retry_after, now_s, RETRY_S), RETRY_S), LONGEST_RETRY_S)
