"""What a server's refusal means for a message.

The first line that fits decides. "Class" is the middle number of an enhanced status code (RFC
3463), as in 5.CLASS.3; most servers send one.

| answer                                   | to             | outcome              |
|------------------------------------------|----------------|----------------------|
| 4yz, 421 too (which ends the connection) | anything       | Retry                |
| 530, 534, 535, 538: a login is missing   | anything       | Misconfigured        |
| 5yz                                      | MAIL           | Rejected SVRE        |
| 5yz, 5.1.7 or 5.1.8: the sender's address| RCPT, DATA, end| Rejected SVRE        |
| 5yz, an address that takes no mail any more | RCPT, DATA, end | Rejected BOUN |
| 5yz, class 1 or 2: address or mailbox    | RCPT, DATA, end| Rejected BOUN        |
| 5yz, 5.4.1 or 5.4.4: no such address or host | RCPT       | Rejected BOUN        |
| 5yz, class 3 to 7: relay, route, protocol, content, policy | RCPT, DATA, end | Rejected SVRE |
| 550 to 559 without a class               | RCPT           | Rejected BOUN        |
| 5yz without a class                      | RCPT, DATA, end| Rejected SVRE        |
| anything else, which RFC 5321 forbids    | MAIL, RCPT, DATA | Retry              |
| anything else, which RFC 5321 forbids    | end            | Unknown              |

Only BOUN says something about the recipient: anyone who refuses our relay, our sender or our text
would refuse the next recipient as well.

A connection that fails is Retry as long as the message's final dot was not sent, and Unknown
afterwards: the server may have taken the message and not got round to saying so.
"""

import enum
import re
from typing import NamedTuple

from turnout.carriers import Misconfigured, Rejected, Retry, Unknown
from turnout.carriers.smtp.bounce_texts import is_gone
from turnout.core.counterparts import tidy
from turnout.core.messaging.model import Status

RETRY_S = 60.0
"""The pause that a refusal for now asks for."""

RECONNECT_S = 30.0
"""The pause that a connection which failed asks for."""

_ENHANCED = re.compile(r"5\.(\d{1,3}\.\d{1,3})\b")
_LOGIN_MISSING = frozenset({530, 534, 535, 538})
_BAD_SENDER = ("1.7", "1.8")
_NOT_THERE = ("4.1", "4.4")
_ABOUT_RECIPIENT = ("1.", "2.")


class Stage(enum.StrEnum):
    """What the server was answering."""

    MAIL = "MAIL"
    RCPT = "RCPT"
    DATA = "DATA"
    END = "the message"


class Reply(NamedTuple):
    """One answer of a server: its code, and its lines as one text."""

    code: int
    text: str

    @property
    def is_positive(self) -> bool:
        return 200 <= self.code < 300


def judge(stage: Stage, reply: Reply) -> Retry | Rejected | Misconfigured | Unknown:
    """What a reply that refuses, in answer to `stage`, means for the message; see the table."""
    reason = tidy(f"{stage}: {reply.code} {reply.text}")
    if stage is Stage.END and not 400 <= reply.code < 600:
        return Unknown(reason)  # the relay has the message, and says nothing that has a meaning
    if not 500 <= reply.code < 600:
        return Retry(RETRY_S, reason)
    if reply.code in _LOGIN_MISSING:
        return Misconfigured(reason)
    gone = stage is not Stage.MAIL and is_gone(_code_of(reply), reply.text)
    status = _status(stage, reply)
    if gone and not _is_about_sender(reply):
        return Rejected(Status.BOUNCED, reason, is_gone=True)
    return Rejected(status, reason)


def _code_of(reply: Reply) -> str:
    enhanced = _ENHANCED.match(reply.text)
    return f"5.{enhanced[1]}" if enhanced else ""


def _is_about_sender(reply: Reply) -> bool:
    enhanced = _ENHANCED.match(reply.text)
    return bool(enhanced and enhanced[1] in _BAD_SENDER)


def _status(stage: Stage, reply: Reply) -> Status:
    if stage is Stage.MAIL:
        return Status.PATHWAY_ERROR
    if enhanced := _ENHANCED.match(reply.text):
        about = enhanced[1]
        is_bounce = about.startswith(_ABOUT_RECIPIENT) and about not in _BAD_SENDER
        is_bounce |= stage is Stage.RCPT and about in _NOT_THERE
        # 5.0.x says no more than the code does.
        if not about.startswith("0."):
            return Status.BOUNCED if is_bounce else Status.PATHWAY_ERROR
    is_bounce = stage is Stage.RCPT and reply.code >= 550
    return Status.BOUNCED if is_bounce else Status.PATHWAY_ERROR
