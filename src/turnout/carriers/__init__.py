"""Networks that carry messages, one a folder; here is what they have in common.

A carrier gets one message (what a job says) and parcels (one a recipient), and answers each
parcel with an outcome. What the network tells later (delivery reports, replies) it hands to the
inbox, and acknowledges it to the network only after the inbox has it on disk. A carrier holds
no state that matters: the sender decides what is tried again.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, TypeVar, runtime_checkable

import msgspec

from turnout.core.ids import JobId, OrgId
from turnout.core.messaging.fence import Fence
from turnout.core.messaging.model import Channel, KeyResponse, Kind
from turnout.core.messaging.outcomes import (
    Accepted,
    DeliveryReport,
    Lapsed,
    Misconfigured,
    Outcome,
    Rejected,
    Reply,
    Retry,
    Unknown,
)
from turnout.core.senders.model import Signing
from turnout.core.work.leases import Lease
from turnout.http.mounts import Mount
from turnout.speech.speaking import Speech
from turnout.store import Database

T = TypeVar("T")

__all__ = [
    "Accepted",
    "Attachment",
    "Carrier",
    "DeliveryReport",
    "House",
    "Inbox",
    "Lapsed",
    "Lease",
    "Message",
    "Misconfigured",
    "Network",
    "Outcome",
    "Parcel",
    "Rejected",
    "Reply",
    "Retry",
    "Signing",
    "Unknown",
    "merge_all",
]


class Attachment(msgspec.Struct, frozen=True):
    """A file that goes with a message."""

    name: str
    content_type: str
    content: bytes


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """What a job says, before merging; texts may have `%%fields%%`.

    `id` is the job's; a carrier may keep what it prepared under it. Which members matter is the
    channel's: e-mail has subject, text and/or html, from_name, reply_to and attachments, and
    `signing` (its keys and the domain of its return path, empty = the network's own); SMS has
    text; MMS subject, text and one attachment; fax the attachments; voice one of them, a recording;
    TTS header, text (read out `repeats` times), voicemail (said to a machine in place of the text),
    voice and keys, whose numbers are whole (`+` and digits) where they can be read; `redirects` of
    the organization's calls may be put through at once. A call that ends is reported with its
    duration, key and whether a machine answered.
    """

    id: JobId
    org_id: OrgId
    channel: Channel
    subject: str = ""
    text: str = ""
    html: str = ""
    from_name: str = ""
    reply_to: str = ""
    attachments: tuple[Attachment, ...] = ()
    headers: Mapping[str, str] = {}
    signing: Signing = Signing(())
    kind: Kind = Kind.BROADCAST
    header: str = ""
    voicemail: str = ""
    voice: str = ""
    repeats: int = 1
    keys: tuple[KeyResponse, ...] = ()
    redirects: int = 0
    is_high_resolution: bool = False


class Parcel(msgspec.Struct, frozen=True, kw_only=True):
    """One message on its way to one recipient.

    `destination` is an e-mail address, or a phone number in digits without `+`; `sender` an
    e-mail address, a number or an alphanumeric sender id, and `reply_number` the number that
    answers reach, whatever the sender, where the message takes them; `name` is the recipient's,
    empty = not known. `fields` are the merge fields by name in lower case. `unsubscribe_url` is the
    recipient's own one-click address, or empty. `size` is
    how many characters its texts become once merged, 0 where nobody asked: what is made of large
    ones is made in a thread. `lease` is the time for which the sender may hand it over, and that
    ends at `not_after` (epoch ms), when the recipient is called no more; after `valid_until` (epoch
    ms) it is of no use any more, and a network that can drops it. `tell` takes its outcome as soon
    as that is known.
    """

    attempt_id: int
    destination: str
    sender: str
    reply_number: str = ""
    name: str = ""
    fields: Mapping[str, str] = {}
    unsubscribe_url: str = ""
    size: int = 0
    lease: Lease | None = None
    not_after: int | None = None
    valid_until: int | None = None
    tell: Callable[[Outcome], None] | None = None

    def is_ours(self) -> bool:
        """Whether it may still be handed over. A carrier asks immediately before it writes the
        first byte that the network can act upon; if not, the outcome is Lapsed."""
        if self.lease is None:
            return True
        is_late = self.not_after is not None and self.lease.is_past(self.not_after)
        return not is_late and self.lease.holds(self.attempt_id)

    def answered(self, outcome: Outcome) -> Outcome:
        """Tell its outcome now, before those of others that were handed over with it: what is not
        recorded when the process dies or is frozen may be sent again."""
        if self.tell:
            self.tell(outcome)
        return outcome


LARGE_TEXTS = 100_000
"""Characters of merged texts from which on they are merged off the event loop."""


async def merge_all(parcels: Sequence[Parcel], merge: Callable[..., T], *args: Any) -> T:
    """`merge(*args)`, here or in a thread: by what the parcels become once merged."""
    if sum(parcel.size for parcel in parcels) <= LARGE_TEXTS:
        return merge(*args)
    return await asyncio.to_thread(merge, *args)


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
        """Hand parcels over; one outcome each, in their order. Never raises for the network.

        What is not ours any more when its turn comes (`Parcel.is_ours`) is not handed over. Each
        outcome is told when it is known (`Parcel.answered`), if not all are at the same time.
        """

    async def stop(self) -> None:
        """Finish what is under way, then disconnect."""


@runtime_checkable
class Hurried(Protocol):
    """A carrier whose sends may take long, as phones ring: it is told before it is stopped."""

    def hurry(self) -> None:
        """Begin nothing more, and end what nobody has answered; `stop` follows once all sends have
        returned."""


class House(NamedTuple):
    """What carriers use of the process they are in: the database, the address at which others reach
    this server, what may be dialled, and the voices. `put_through` counts the calls of each
    organization that are put through now, over all accounts; `outbound_allow` are the private
    networks that the operator lets be reached."""

    db: Database
    base_url: str
    fence: Fence
    speech: Speech
    put_through: Counter[OrgId]
    outbound_allow: str = ""


class UnfitError(OSError):
    """A network cannot be used as this machine is set up; `advice` says what to do."""

    def __init__(self, said: str, advice: str = "") -> None:
        super().__init__(said)
        self.advice = advice


class Network(NamedTuple):
    """One network, as its folder declares it; networks.py lists them.

    Its settings are the members of the struct `settings`, set as `TURNOUT_NAME_MEMBER`. `make` gets
    the account's name, its settings and the house; it raises ValueError when no carrier can be made
    of them. `mount_webhook` is for
    networks that call back: it has an inbox, too. `has_accounts`: there may be several at once, and
    what `make` makes is an `Account` (routing.py). `probe` says what the network answers,
    and raises OSError that says why not (UnfitError, if it is here); without one it is enough that
    its address can be reached.
    """

    name: str
    channels: frozenset[Channel]
    settings: type[msgspec.Struct]
    make: Callable[[str, Any, House], Carrier]
    mount_webhook: Callable[[str, Any, Database, Inbox, str], list[Mount]] | None = None
    has_accounts: bool = False
    probe: Callable[[Any], str] | None = None
