"""What a network answers to a message handed to it, and what it tells later.

Whatever a carrier puts into these comes from somebody else's program, so each passes it through
the one door (counterparts.py) when it is made: there is no outcome, report or reply that a database
could not keep.
"""

from typing import Any

import msgspec
from msgspec.structs import force_setattr

from turnout.core.counterparts import (
    LARGEST,
    LONGEST_TEXT,
    clean,
    tidy,
    to_count,
    to_name,
    to_seconds,
)
from turnout.core.messaging.model import Status

PARTS = 255
LONGEST_PAUSE_S = 86_400.0
LONGEST_CALL_S = 86_400
LONGEST_NUMBER = 50
LONGEST_KEYS = 20


class _Answer(msgspec.Struct, frozen=True):
    """An answer with a reason, which is one line."""

    def __post_init__(self) -> None:
        _set(self, reason=tidy(self.reason))  # type: ignore[attr-defined]


def _set(what: msgspec.Struct, **members: Any) -> None:
    for name, value in members.items():
        force_setattr(what, name, value)


class Accepted(msgspec.Struct, frozen=True):
    """The network took it. `network_ids` are its own names for it (one a part), under which
    reports will come; `is_final` when no report is to be expected. `carrier`: the account that
    answered, where there may be several (of the other outcomes that end a message, too)."""

    network_ids: tuple[str, ...] = ()
    parts: int = 1
    is_final: bool = False
    carrier: str = ""

    def __post_init__(self) -> None:
        names = tuple(map(to_name, self.network_ids[:PARTS]))
        _set(self, network_ids=names, parts=to_count(self.parts, 1, least=1, limit=PARTS))


class Retry(_Answer, frozen=True):
    """Not now: try again after so many seconds. It was certainly not sent."""

    after_s: float
    reason: str

    def __post_init__(self) -> None:
        _set(self, reason=tidy(self.reason), after_s=to_seconds(self.after_s, LONGEST_PAUSE_S))


class Rejected(_Answer, frozen=True):
    """Never: the network refuses this recipient or content for good. `is_gone`: the address takes
    no messages any more, whatever they say."""

    status: Status
    reason: str
    is_gone: bool = False
    carrier: str = ""


class Misconfigured(_Answer, frozen=True):
    """The carrier itself cannot work (bad credentials, bad address): an operator must act."""

    reason: str


class Unknown(_Answer, frozen=True):
    """The connection broke after everything was handed over: it may or may not have been sent,
    and is never blindly repeated."""

    reason: str
    carrier: str = ""


class Lapsed(msgspec.Struct, frozen=True):
    """The time of the claim was over before it was handed over: it was certainly not sent, and may
    be somebody else's by now."""


Outcome = Accepted | Retry | Rejected | Misconfigured | Unknown | Lapsed


def name_call(recipient_id: int) -> str:
    """Our own name for a call or fax, the same whenever it is handed over."""
    return f"turnout-{recipient_id}"


class DeliveryReport(msgspec.Struct, frozen=True, kw_only=True):
    """What the network says later about something it took. `at` in epoch ms.

    `is_gone`: the address takes no messages any more. `is_complaint`: somebody got it, and
    complained; `status` says nothing then.

    Named by `network_id`, or by `attempt_id` where the network carries our own name. `reference`:
    our own name for a call (`name_call`), which counts where the id is not known. `is_loose`: the
    network may have spelled the id otherwise when it took the message. `address`: whose message it
    is, in digits, where the network says so; it is nobody's where the id is somebody else's.
    """

    carrier: str
    status: Status
    at: int
    network_id: str = ""
    reference: str = ""
    attempt_id: int | None = None
    address: str = ""
    notes: str = ""
    duration_s: int = 0
    keypress: str = ""
    is_voicemail: bool = False
    is_gone: bool = False
    is_complaint: bool = False
    is_loose: bool = False

    def __post_init__(self) -> None:
        _set(
            self,
            at=to_count(self.at, 0),
            network_id=to_name(self.network_id),
            address=to_name(self.address),
            reference=to_name(self.reference),
            notes=tidy(self.notes),
            duration_s=to_count(self.duration_s, 0, limit=LONGEST_CALL_S),
            keypress=tidy(self.keypress, LONGEST_KEYS),
        )
        if self.attempt_id is not None and not 0 <= self.attempt_id <= LARGEST:
            _set(self, attempt_id=0)  # nobody's


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """A message that came back: `sender` and `recipient` in digits without `+`. `at` epoch ms.

    `key` tells it from every other of its carrier, so that it is stored once however often it
    comes; empty where nothing does.
    """

    carrier: str
    sender: str
    recipient: str
    text: str
    at: int
    key: str = ""

    def __post_init__(self) -> None:
        _set(
            self,
            sender=tidy(self.sender, LONGEST_NUMBER),
            recipient=tidy(self.recipient, LONGEST_NUMBER),
            text=clean(self.text, LONGEST_TEXT),
            at=to_count(self.at, 0),
            key=to_name(self.key),
        )
