"""What the end of a fax means: the codes of every trunk, and what fax machines say.

refusals, ring time-out, cut-off             as for calls (trunks/statuses.py)
301 302                                      followed once, if the number may be called; else INVN
480 486 with Retry-After, not rung           again after that pause
answered, and no fax machine is heard        NOFX
media are to go where nothing is sent        FAIL
all pages are confirmed                      SENT, however the call ended then
broken off                                   what remains again, then FAIL
cancelled or cut off before what remains     EXPD
"""

from collections.abc import Sequence

from turnout.carriers import Outcome, Rejected
from turnout.carriers.trunks import statuses
from turnout.carriers.trunks.statuses import FIRST_REFUSAL, OURS, judge_trunk, say, say_lost
from turnout.core.counterparts import tidy
from turnout.core.messaging.call_ends import Q850, SIP
from turnout.core.messaging.model import Status

_OURS = {
    **OURS,
    "unreadable": (Status.FAILED, "It was answered, and without G.711 or T.38."),
}
_UNWANTED = {
    "cancelled": "It was cancelled.",
    "cut_off": "Its time was over.",
    "stopped": "Turnout was stopped.",
}
_WHYS = {
    "no_fax": "No fax machine was heard.",
    "long": "The call took too long.",
    "stopped": "Turnout was stopped.",
}


class End(statuses.End, frozen=True):
    """How a call ended, as the worker tells it. `pages`: how many of the document are confirmed,
    those of calls before too; `said`: what fax machines call the end."""

    pages: int = 0
    heard: bool = False
    way: str = ""
    said: str = ""
    bit_rate: int = 0
    ecm: bool = False
    ident: str = ""


def is_answered(end: End) -> bool:
    """Whether somebody answered."""
    return bool(end.way) or end.how in ("faxed", "unreadable", "astray")


def is_broken_off(end: End, total: int) -> bool:
    """Whether the other end is a fax machine that has not got all pages, and could."""
    return end.heard and end.pages < total and end.how in ("faxed", "long")


def judge(ends: Sequence[End], total: int, unwanted: str) -> tuple[Status, str]:
    """What a fax of `total` pages became by its calls, and the notes of its report. `unwanted`: why
    what remained was not tried again, empty = it was, or need not be."""
    last = ends[-1]
    if last.how == "lost" and not any(map(is_answered, ends)):
        return Status.PATHWAY_ERROR, say_lost(last)
    if not any(map(is_answered, ends)):
        return _OURS.get(last.how) or _judge_refusal(last)
    notes = _describe(ends, total)
    if last.pages >= total:
        return Status.SENT, notes
    if last.how == "lost":
        return Status.PATHWAY_ERROR, notes
    if last.how == "unreadable" and len(ends) == 1:
        return _OURS[last.how]
    if last.how == "astray":
        return Status.FAILED, notes
    if not any(end.heard for end in ends):
        return Status.NO_FAX, notes
    why = _UNWANTED.get(unwanted, "")
    is_late = unwanted in ("cancelled", "cut_off")
    return Status.EXPIRED if is_late else Status.FAILED, tidy(f"{notes} {why}")


def judge_unrung(end: End) -> Outcome:
    """The outcome of a call that ended before it rang."""
    return judge_trunk(end) or Rejected(*judge([end], 1, ""))


def _judge_refusal(end: End) -> tuple[Status, str]:
    otherwise = Status.FAILED if end.sip >= FIRST_REFUSAL else Status.PATHWAY_ERROR
    return Q850.get(end.q850) or SIP.get(end.sip, otherwise), say(end)


def _describe(ends: Sequence[End], total: int) -> str:
    """How far it came, call by call."""
    done, said = 0, list[str]()
    for end in ends:
        said.append(_describe_one(end, done, total))
        done = max(done, end.pages)
    head = f"{done} of {total} pages."
    if len(ends) == 1:
        return f"{head} {said[0]}"
    return " ".join([head, *(f"Call {number}: {text}" for number, text in enumerate(said, 1))])


def _describe_one(end: End, done: int, total: int) -> str:
    pages = "No page" if end.pages <= done else f"Page {done + 1}"
    if end.pages > done + 1:
        pages = f"Pages {done + 1} to {end.pages}"
    ecm = ", error correction" if end.ecm else ""
    way = f" ({end.way}, {end.bit_rate} bit/s{ecm})" if end.way and end.heard else ""
    why = "" if end.pages >= total else _say_why(end)
    return " ".join(filter(None, (f"{pages}{way}.", why)))


def _say_why(end: End) -> str:
    if end.how == "lost":
        said = say_lost(end)
        return f"{said[:1].upper()}{said[1:]}."
    if end.how == "astray":
        return end.reason
    if end.how in _WHYS:
        return _WHYS[end.how]
    if end.way:
        return f"{end.said.rstrip('.') or 'It was hung up'}."
    return OURS[end.how][1] if end.how in OURS else f"{say(end)}."
