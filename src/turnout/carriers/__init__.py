"""Networks that carry messages, one a file; here is what they have in common.

A carrier gets one message (what a job says) and parcels (one a recipient), and answers each
parcel with an outcome. What the network tells later (delivery reports, replies) it hands to the
inbox, and acknowledges it to the network only after the inbox has it on disk. A carrier holds
no state that matters: whoever sends decides what is tried again.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec

from turnout.core.messaging.model import Channel, Status


class Attachment(msgspec.Struct, frozen=True):
    """A file that goes with a message."""

    name: str
    content_type: str
    content: bytes


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """What a job says, before merging; texts may have `%%fields%%`.

    `id` is the job's; a carrier may keep what it prepared under it. Which members matter is the
    channel's: e-mail has subject, text and/or html, from_name and attachments; SMS has text; MMS
    subject, text and one attachment.
    """

    id: int
    org_id: int
    channel: Channel
    subject: str = ""
    text: str = ""
    html: str = ""
    from_name: str = ""
    attachments: tuple[Attachment, ...] = ()
    headers: Mapping[str, str] = {}


class Parcel(msgspec.Struct, frozen=True, kw_only=True):
    """One message on its way to one recipient.

    `destination` is an e-mail address, or a phone number in digits without `+`; `sender` an
    e-mail address, a number or an alphanumeric sender id. `fields` are the merge fields by name
    in lower case. `unsubscribe_url` is the recipient's own one-click address, or empty.
    """

    attempt_id: int
    destination: str
    sender: str
    fields: Mapping[str, str] = {}
    unsubscribe_url: str = ""


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


class Inbox(Protocol):
    """Where carriers deliver what comes in. When a call returns, it is on disk."""

    async def reports(self, reports: Sequence[DeliveryReport]) -> None:
        """Store delivery reports; repeating one changes nothing."""

    async def replies(self, replies: Sequence[Reply]) -> None:
        """Store replies."""


class Carrier(Protocol):
    """One network. `send` may be called many times at once; it waits while the network is slow."""

    name: str
    channels: frozenset[Channel]

    async def start(self, inbox: Inbox) -> None:
        """Connect, and keep connected until `stop`; returns without waiting for the network."""

    async def send(self, message: Message, parcels: Sequence[Parcel]) -> list[Outcome]:
        """Hand parcels over; one outcome each, in their order. Never raises for the network."""

    async def stop(self) -> None:
        """Finish what is under way, then disconnect."""
