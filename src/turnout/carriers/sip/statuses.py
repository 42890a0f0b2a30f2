"""What the end of a call means: a table of SIP codes and Q.850 causes, and of our own reasons.

    404 410 416 484 485 604; Q.850 1, 28     INVN
    486 600 603; Q.850 17                    BUSY
    480 408 487, ring time-out; Q.850 18, 19 NOAN
    403 433 607 608                          BARR
    301 302                                  followed once on the trunk, else INVN
    401 407 423, TLS refused, not registered Misconfigured
    a challenge of an unknown algorithm      Misconfigured
    429 500 502 503 504, transport error     Retry, the next trunk; used up: SVRE
    415 421 422 488 606, no audio            FAIL
    any other code of refusal                FAIL
    an answer whose sound cannot be read     FAIL
    answered, message begun                  SENT
    cut-off, opt-out                         EXPD, OPTO

Before it has rung, a call that failed may go elsewhere; after that it has ended, and Misconfigured
and Retry become SVRE.
"""

from turnout.carriers import Misconfigured, Outcome, Rejected
from turnout.carriers.sip.quality import Quality
from turnout.carriers.trunks import statuses
from turnout.carriers.trunks.statuses import FIRST_REFUSAL, judge_trunk, say, say_lost
from turnout.core.messaging.call_ends import Q850, SIP
from turnout.core.messaging.model import Status

# What the stack says of an answer whose SDP it cannot read.
_GARBLED = "bad message"
# And of a challenge (401, 407) for which it has no algorithm: ENOSYS.
_UNPROVABLE = "function not implemented"
_OURS = {
    **statuses.OURS,
    "silent": (Status.FAILED, "It was answered, and no sound came through."),
    "opt_out": (Status.OPTED_OUT, "Wants no more calls: pressed the key for it."),
}


class End(statuses.End, frozen=True):
    """How a call ended, as the worker tells it."""

    key: str = ""
    voicemail: bool = False
    begun: bool = False
    redirect: str = ""
    quality: Quality | None = None


def judge(end: End) -> tuple[Status, str]:
    """What a call became, and the notes of its report."""
    if end.how in _OURS and not (end.begun and end.how != "opt_out"):
        return _OURS[end.how]
    if end.begun:
        return Status.SENT, f"Put through to {end.redirect}." if end.redirect else ""
    if end.how == "lost":
        return Status.PATHWAY_ERROR, say_lost(end)
    if end.how == "answered":
        return Status.FAILED, "It ended before anything was said."
    if _is_garbled(end):
        return (
            Status.FAILED,
            "It was answered, and what the answer says of its sound is unreadable.",
        )
    otherwise = Status.FAILED if end.sip >= FIRST_REFUSAL else Status.PATHWAY_ERROR
    return Q850.get(end.q850) or SIP.get(end.sip, otherwise), say(end)


def judge_unrung(end: End) -> Outcome:
    """The outcome of a call that ended before it rang."""
    if end.how == "failed" and not end.sip and _UNPROVABLE in end.reason.lower():
        return Misconfigured(
            "The trunk asks for a password by an algorithm that calls do not have."
        )
    of_trunk = None if _is_garbled(end) else judge_trunk(end)
    return of_trunk or Rejected(*judge(end))


def _is_garbled(end: End) -> bool:
    return not end.sip and _GARBLED in end.reason.lower()
