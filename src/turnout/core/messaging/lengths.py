"""How long a message becomes for each recipient, told before it is merged.

A short text with many fields and long values becomes a very long one: 2 MB of each could make 100
GB. So lengths are reckoned from the number of fields and the lengths of their values, which takes
time in proportion to the text, once, and to the values. Requests are refused by it
(accepting.py); recipients of lists, and of jobs from before there was a limit, fail by themselves
(workers/delivery.py).
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from turnout.core.messaging.merging import Template
from turnout.core.messaging.model import Channel, JobType, NewRecipient
from turnout.errors import Invalid

MAIL_LENGTH = 2_000_000
MESSAGE_LENGTH = 10_000
SUBJECT_LENGTH = 1000
# What a user's settings put before a spoken text, and the space behind it.
PREFIX_LENGTH = 2001
_REPLY_NUMBER = "0" * 15


class Texts(Protocol):
    """What a job says, before merging."""

    @property
    def subject(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def html(self) -> str: ...
    @property
    def header(self) -> str: ...
    @property
    def voicemail(self) -> str: ...


class Part(NamedTuple):
    """One text of a message: its name in requests, its limit once merged, what it is."""

    name: str
    limit: int
    template: Template
    is_html: bool

    def length(self, fields: Mapping[str, str]) -> int:
        """How long it becomes; values take more room in HTML."""
        return self.template.length(fields, _html_length if self.is_html else len)


class Excess(NamedTuple):
    """A text that becomes too long for somebody."""

    name: str
    limit: int
    length: int


class Lengths:
    """What to expect of a job's texts."""

    def __init__(self, channel: Channel, texts: Texts) -> None:
        is_mail, is_call = channel is Channel.EMAIL, channel is Channel.TTS
        limit = MAIL_LENGTH if is_mail else MESSAGE_LENGTH
        parts = (
            ("subject", SUBJECT_LENGTH, texts.subject),
            ("html_message", MAIL_LENGTH, texts.html),
            ("text_message" if is_mail else "message", limit, texts.text),
            ("header", MESSAGE_LENGTH, texts.header),
            ("voicemail_message", MESSAGE_LENGTH, texts.voicemail),
        )
        # A text or call has nothing else; a mail or fax may be its files.
        self._only = Template(texts.text) if channel in (Channel.SMS, Channel.TTS) else None
        self._parts = [
            Part(
                name,
                limit + (PREFIX_LENGTH if is_call and name == "message" else 0),
                Template(text),
                name == "html_message",
            )
            for name, limit, text in parts
            if text
        ]

    @property
    def names(self) -> frozenset[str]:
        """The merge fields of all texts, in lower case."""
        return frozenset().union(*(part.template.names for part in self._parts))

    def size(self, fields: Mapping[str, str]) -> int:
        """How many characters all texts together become."""
        return sum(part.length(fields) for part in self._parts)

    def is_empty(self, fields: Mapping[str, str]) -> bool:
        """Whether nothing is left to say, once its fields are merged."""
        return self._only is not None and self._only.is_blank(fields)

    def merge(self, fields: Mapping[str, str]) -> str:
        """The text of an SMS or call, merged; empty for others."""
        return self._only.merge(fields) if self._only is not None else ""

    def find_excess(self, fields: Mapping[str, str]) -> Excess | None:
        """The first text that would be too long, None if all fit."""
        for part in self._parts:
            if part.template.names and (length := part.length(fields)) > part.limit:
                return Excess(part.name, part.limit, length)
        return None


def check_lengths(
    lengths: Lengths, job_type: JobType, recipients: Sequence[NewRecipient], first: int = 0
) -> None:
    """Raise Invalid for the first of the recipients for whom a text becomes too long; `first` is
    the place in the request of the first of them."""
    for place, recipient in enumerate(recipients, first):
        if excess := lengths.find_excess(known_of(job_type, recipient)):
            raise Invalid("recipient.text_long", name=excess.name, place=place, limit=excess.limit)


def known_of(job_type: JobType, recipient: NewRecipient) -> dict[str, str]:
    """The merge fields of somebody who is not stored yet, by name in lower case."""
    fields = {"reference": recipient.reference, "recipient": recipient.name}
    fields |= {name.lower(): value for name, value in recipient.fields.items()}
    return fields | ({"replynum": _REPLY_NUMBER} if job_type.takes_replies else {})


def _html_length(value: str) -> int:
    """The length of `html.escape(value)`."""
    more = 4 * value.count("&") + 5 * (value.count('"') + value.count("'"))
    return len(value) + more + 3 * (value.count("<") + value.count(">"))
