"""What a network answers to a message handed to it, and what it tells later."""

import msgspec

from turnout.core.messaging.model import Status


class Accepted(msgspec.Struct, frozen=True):
    """The network took it. `network_ids` are its own names for it (one a part), under which
    reports will come; `is_final` when no report is to be expected."""

    network_ids: tuple[str, ...] = ()
    parts: int = 1
    is_final: bool = False


class Retry(msgspec.Struct, frozen=True):
    """Not now: try again after so many seconds. It was certainly not sent."""

    after_s: float
    reason: str


class Rejected(msgspec.Struct, frozen=True):
    """Never: the network refuses this recipient or content for good."""

    status: Status
    reason: str


class Misconfigured(msgspec.Struct, frozen=True):
    """The carrier itself cannot work (bad credentials, bad address): an operator must act."""

    reason: str


class Unknown(msgspec.Struct, frozen=True):
    """The connection broke after everything was handed over: it may or may not have been sent,
    and is never blindly repeated."""

    reason: str


Outcome = Accepted | Retry | Rejected | Misconfigured | Unknown


class DeliveryReport(msgspec.Struct, frozen=True, kw_only=True):
    """What the network says later about something it took. `at` in epoch ms.

    Named by `network_id`, or by `attempt_id` where the network carries our own name.
    """

    carrier: str
    status: Status
    at: int
    network_id: str = ""
    attempt_id: int | None = None
    notes: str = ""
    duration_s: int = 0
    keypress: str = ""
    is_voicemail: bool = False


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """A message that came back: `sender` and `recipient` in digits without `+`. `at` epoch ms."""

    carrier: str
    sender: str
    recipient: str
    text: str
    at: int
