"""What an MMSC's answer means; README.md has the tables, and a test holds them to these."""

from collections.abc import Mapping

from turnout.carriers import Accepted, Misconfigured, Outcome, Rejected, Retry, Unknown
from turnout.carriers.mm7 import multipart, soap
from turnout.carriers.posting import RETRY_S
from turnout.core.counterparts import read_pause, tidy, to_count
from turnout.core.messaging.model import Status

LONGEST_RETRY_S = 3600.0
LONGEST_REASON = 200
_NOT_NOW = (408, 425, 429, 503)
_MISCONFIGURED = (401, 402, 403, 404, 405, 410)

# What a refusal says of the message: its status, or that another time or an operator is needed.
LATER, OPERATOR = "later", "operator"
CODES: dict[int, Status | str] = {
    2000: Status.FAILED,
    2001: OPERATOR,
    2002: Status.INVALID_NUMBER,
    2003: Status.INVALID_NUMBER,
    2004: Status.NOT_CONVERTED,
    2005: Status.FAILED,
    2006: Status.FAILED,
    2007: Status.FAILED,
    2008: OPERATOR,
    2009: OPERATOR,
    3000: LATER,
    3001: Status.FAILED,
    3002: Status.BLOCKED,
    3003: Status.FAILED,
    3004: Status.FAILED,
    4000: LATER,
    4001: OPERATOR,
    4002: OPERATOR,
    4003: OPERATOR,
    4004: Status.FAILED,
    4005: Status.FAILED,
    4006: LATER,
    4007: OPERATOR,
    4008: OPERATOR,
}

# What a report says of a message; None = it goes on.
FATES: dict[str, Status | None] = {
    "retrieved": Status.SENT,
    "forwarded": Status.SENT,
    "expired": Status.EXPIRED,
    "rejected": Status.BLOCKED,
    "unrecognised": Status.FAILED,
    "indeterminate": Status.PATHWAY_ERROR,
    "deferred": None,
}


def read_answer(
    status: int, body: bytes, headers: Mapping[str, str], *, now_s: float, has_reports: bool
) -> Outcome:
    """The outcome of one message. `has_reports`: the MMSC will tell the outcome. A code of MM7
    counts more than the status of HTTP."""
    said = _read(headers.get("Content-Type", ""), body)
    if said and (found := to_count(said.find("StatusCode"), 0, limit=9999)):
        return _judge(found, said, has_reports=has_reports)
    reason = f"The MMSC answered {status}{_say(said)}"
    if status in _NOT_NOW:
        pause_s = read_pause(headers.get("Retry-After", ""), now_s, RETRY_S)
        return Retry(min(max(pause_s, RETRY_S), LONGEST_RETRY_S), reason)
    if status in _MISCONFIGURED or 300 <= status < 400:
        return Misconfigured(reason)
    return Rejected(Status.FAILED, reason) if 400 <= status < 500 else Unknown(reason)


def _read(content_type: str, body: bytes) -> soap.Envelope | None:
    """The envelope, if it is one."""
    try:
        [first, *_] = multipart.split(content_type, body)
        return soap.read(first.content)
    except ValueError:
        return None


def _judge(code: int, said: soap.Envelope, *, has_reports: bool) -> Outcome:
    if 1000 <= code < 2000:
        name = said.find("MessageID")
        is_told = bool(name) and has_reports
        return Accepted((name,) if is_told else (), is_final=not is_told)
    reason = f"The MMSC answered {code}{_say(said)}"
    meaning = CODES.get(code)
    if meaning is None:
        meaning = Status.FAILED if 2000 <= code < 5000 else None
    if meaning == LATER:
        return Retry(RETRY_S, reason)
    if meaning == OPERATOR:
        return Misconfigured(reason)
    return Rejected(meaning, reason) if isinstance(meaning, Status) else Unknown(reason)


def _say(said: soap.Envelope | None) -> str:
    """What it said of it, in one bounded line."""
    texts = [said.find(name) for name in ("StatusText", "Details", "faultstring")] if said else []
    line = tidy(" ".join(text for text in texts if text), LONGEST_REASON)
    return f": {line}" if line else ""
