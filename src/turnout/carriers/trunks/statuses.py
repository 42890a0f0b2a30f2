"""What a trunk's refusal means, whatever was to be carried: SIP codes and Q.850 causes."""

from typing import Any

import msgspec

from turnout.carriers import Misconfigured, Outcome, Retry
from turnout.core.counterparts import tidy
from turnout.core.messaging.call_ends import LOST, Q850
from turnout.core.messaging.model import Status

RETRY_S = 30.0
MISCONFIGURED = frozenset({401, 407, 423})
RETRIED = frozenset({429, 500, 502, 503, 504})
BUSY = frozenset({480, 486})
FORBIDDEN = 403
FIRST_REFUSAL = 300
# What stacks say of a TLS handshake that failed, and some say no more.
_TLS = ("certificate", "protocol error", "tls", "ssl")
OURS = {
    "ring": (Status.NO_ANSWER, "Nobody answered in time."),
    "cancelled": (Status.EXPIRED, "Cancelled while it rang."),
    "cut_off": (Status.EXPIRED, "Its time was over while it rang."),
    "stopped": (Status.NO_ANSWER, "Turnout was stopped while it rang."),
}
"""What it means that we ended a call before it was answered."""


class End(msgspec.Struct, frozen=True):
    """How a call ended, as the worker tells it; `duration` in seconds,
    `retry_after` too: 0 = the network does not say when to call again. `how` is `failed` where the
    network ended it before its answer."""

    id: str
    how: str
    sip: int = 0
    q850: int = 0
    reason: str = ""
    duration: float = 0.0
    rung: bool = False
    retry_after: int = 0


def judge_trunk(end: End) -> Outcome | None:
    """What it says of the trunk that a call failed before it rang; None where it says something of
    the number."""
    if end.how == "failed" and end.sip in BUSY and end.retry_after:
        return Retry(end.retry_after, f"It asks to be called again later: {say(end)}")
    if end.how != "failed" or Q850.get(end.q850):
        return None
    if end.sip in MISCONFIGURED:
        return Misconfigured(f"The trunk refuses the account: {say(end)}")
    if not end.sip and is_untrusted(end.reason):
        return Misconfigured(f"The trunk cannot be trusted: {say(end)}")
    if end.sip in RETRIED or end.sip < FIRST_REFUSAL:
        return Retry(end.retry_after or RETRY_S, f"The trunk cannot take the call: {say(end)}")
    return None


def is_refused(end: End) -> bool:
    """Whether a trunk refused the call for itself: the account, the caller's number, or all calls
    now. It never rang."""
    is_own = end.how == "failed" and not end.rung and not Q850.get(end.q850)
    return is_own and end.sip in MISCONFIGURED | RETRIED | {FORBIDDEN}


def say_lost(end: End) -> str:
    """Why nobody knows how a call ended, for people."""
    if end.reason in ("", LOST):
        return LOST
    return tidy(f"nobody knows how the call ended: {end.reason}", 300)


def is_untrusted(reason: str) -> bool:
    """Whether the words of a broken connection are of a certificate."""
    return any(word in reason.lower() for word in _TLS)


def say(end: End) -> str:
    """The codes and words of a network, for people."""
    facts: tuple[tuple[str, Any], ...] = (("SIP", end.sip), ("Q.850", end.q850))
    codes = ", ".join(f"{name} {code}" for name, code in facts if code)
    return tidy(": ".join(filter(None, (codes, end.reason))) or "no reason was given", 300)
