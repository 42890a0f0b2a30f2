"""What a job's messages take and cost, reckoned from the merged texts before they are sent.

The same for everybody who asks: reservations, previews and the price of what was sent. What is
known of a recipient is put together here, too, so that nothing is merged otherwise than reckoned.
"""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from turnout.core.messaging.lengths import MESSAGE_LENGTH
from turnout.core.messaging.merging import UNSUBSCRIBE, Template
from turnout.core.messaging.model import (
    Channel,
    Content,
    JobHead,
    JobOptions,
    JobType,
    NewRecipient,
)
from turnout.core.messaging.parts import count_parts
from turnout.core.messaging.prices import Prices

_CONTROLS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f]")
# Fields that jobs know themselves, for every recipient.
_ALWAYS = {"reference", "recipient", "replynum", UNSUBSCRIBE}


class Reckoned(NamedTuple):
    """How many parts somebody's message takes, and what it costs in micros if it arrives."""

    parts: int
    micros: int


class Reckoning:
    """Reckons the messages of one job."""

    def __init__(
        self, job_type: JobType, content: Content, options: JobOptions, sender: str, prices: Prices
    ) -> None:
        """`content` and `sender` as the user's settings completed them."""
        self._job_type = job_type
        self._options = options
        self._sender = sender
        self._prices = prices
        self._is_cut = job_type.channel is Channel.SMS
        self._text = Template(content.text if self._is_cut else "")
        self._parts = 1 if self._text.names else count_parts(self._text.merge({}))

    def reckon(self, recipient: NewRecipient, address: str) -> Reckoned:
        """What the message to somebody at `address` takes; nothing, if it will not be sent."""
        parts = self.count_parts(recipient) if address else 0
        return Reckoned(parts, parts * self._prices.price_micros(self._job_type.channel, address))

    def count_parts(self, recipient: NewRecipient) -> int:
        """How many parts somebody's message takes; none, if it is too long to be sent."""
        if not self._text.names:
            return self._parts
        fields = fields_of(
            self._job_type,
            self._options,
            self._sender,
            reference=recipient.reference,
            name=recipient.name,
            given=recipient.fields,
        )
        if self._text.length(fields) > MESSAGE_LENGTH:
            return 0
        return count_parts(self._text.merge(fields))


def reckoning_of(head: JobHead, prices: Prices) -> Reckoning:
    """What reckons the messages of a job that was accepted."""
    return Reckoning(head.job_type, head.content, head.options, head.sender, prices)


def find_unknown(asked: Iterable[str], recipients: Iterable[NewRecipient]) -> list[str]:
    """Which of these merge fields, in lower case, none of the recipients has: each becomes empty
    text for everybody."""
    unknown = set(asked) - _ALWAYS
    for recipient in recipients:
        if not unknown:
            break
        unknown -= {name.lower() for name in recipient.fields}
    return sorted(unknown)


def fields_of(
    job_type: JobType,
    options: JobOptions,
    sender: str,
    *,
    reference: str,
    name: str,
    given: Mapping[str, str],
) -> dict[str, str]:
    """What is known of a recipient, by name in lower case; `given` are the further members."""
    fields = {"reference": reference, "recipient": name}
    fields |= {member.lower(): value for member, value in given.items()}
    if job_type.takes_replies:
        fields["replynum"] = options.reply_number or sender
    if job_type.channel is Channel.SMS:
        fields = {member: without_controls(value) for member, value in fields.items()}
    if options.is_ascii_only:
        fields = {member: to_ascii(value) for member, value in fields.items()}
    return fields


def without_controls(text: str) -> str:
    """The text of an SMS without the controls that no handset shows, and that would make it
    Unicode: a tab is a space, and only line feeds stay."""
    if text.isprintable():
        return text
    return _CONTROLS.sub("", text.replace("\t", " "))


def to_ascii(text: str) -> str:
    """The text without the characters that are not ASCII."""
    return re.sub(r"[^\x00-\x7f]", "", text)
