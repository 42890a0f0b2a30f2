"""What the end of a call means: a table of SIP codes and Q.850 causes, and of our own reasons.

    404 410 416 484 485 604; Q.850 1, 28     INVN
    486 600 603; Q.850 17                    BUSY
    480 408 487, ring time-out; Q.850 18, 19 NOAN
    403 433 607 608                          BARR
    301 302                                  followed once on the trunk, else INVN
    401 407 423, TLS refused, not registered Misconfigured
    429 500 502 503 504, transport error     Retry, the next trunk; used up: SVRE
    415 421 422 488 606, no audio            FAIL
    any other code of refusal                FAIL
    an answer whose sound cannot be read     FAIL
    answered, message begun                  SENT
    cut-off, opt-out                         EXPD, OPTO

Before it has rung, a call that failed may go elsewhere; after that it has ended, and Misconfigured
and Retry become SVRE.
"""

from typing import Any

import msgspec

from turnout.carriers import Misconfigured, Outcome, Rejected, Retry
from turnout.core.counterparts import tidy
from turnout.core.messaging.call_ends import Q850, SIP
from turnout.core.messaging.model import Status

RETRY_S = 30.0
MISCONFIGURED = frozenset({401, 407, 423})
# What the stack says of a TLS handshake that failed, and it says no more.
_TLS = ("certificate", "protocol error", "tls", "ssl")
RETRIED = frozenset({429, 500, 502, 503, 504})
# What the stack says of an answer whose SDP it cannot read.
_GARBLED = "bad message"
_FIRST_REFUSAL = 300
_OURS = {
    "ring": (Status.NO_ANSWER, "Nobody answered in time."),
    "silent": (Status.FAILED, "It was answered, and no sound came through."),
    "opt_out": (Status.OPTED_OUT, "Wants no more calls: pressed the key for it."),
    "cancelled": (Status.EXPIRED, "Cancelled while it rang."),
    "cut_off": (Status.EXPIRED, "Its time was over while it rang."),
    "stopped": (Status.NO_ANSWER, "Turnout was stopped while it rang."),
}


class End(msgspec.Struct, frozen=True):
    """How a call ended, as the worker tells it; `duration` in seconds."""

    id: str
    how: str
    sip: int = 0
    q850: int = 0
    reason: str = ""
    duration: float = 0.0
    key: str = ""
    voicemail: bool = False
    begun: bool = False
    redirect: str = ""
    rung: bool = False


def judge(end: End) -> tuple[Status, str]:
    """What a call became, and the notes of its report."""
    if end.how in _OURS and not (end.begun and end.how != "opt_out"):
        return _OURS[end.how]
    if end.begun:
        return Status.SENT, f"Put through to {end.redirect}." if end.redirect else ""
    if end.how == "answered":
        return Status.FAILED, "It ended before anything was said."
    if _is_garbled(end):
        return (
            Status.FAILED,
            "It was answered, and what the answer says of its sound is unreadable.",
        )
    otherwise = Status.FAILED if end.sip >= _FIRST_REFUSAL else Status.PATHWAY_ERROR
    return Q850.get(end.q850) or SIP.get(end.sip, otherwise), say(end)


def judge_unrung(end: End) -> Outcome:
    """The outcome of a call that ended before it rang."""
    if end.how == "failed" and not Q850.get(end.q850) and not _is_garbled(end):
        if end.sip in MISCONFIGURED:
            return Misconfigured(f"The trunk refuses the account: {say(end)}")
        if not end.sip and is_untrusted(end.reason):
            return Misconfigured(f"The trunk cannot be trusted: {say(end)}")
        if end.sip in RETRIED or end.sip < _FIRST_REFUSAL:
            return Retry(RETRY_S, f"The trunk cannot take the call: {say(end)}")
    return Rejected(*judge(end))


def _is_garbled(end: End) -> bool:
    return not end.sip and _GARBLED in end.reason.lower()


def is_untrusted(reason: str) -> bool:
    """Whether the words of a broken connection are of a certificate."""
    return any(word in reason.lower() for word in _TLS)


def say(end: End) -> str:
    """The codes and words of a network, for people."""
    facts: tuple[tuple[str, Any], ...] = (("SIP", end.sip), ("Q.850", end.q850))
    codes = ", ".join(f"{name} {code}" for name, code in facts if code)
    return tidy(": ".join(filter(None, (codes, end.reason))) or "no reason was given", 300)
