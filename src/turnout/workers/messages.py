"""What jobs say, as carriers take it, kept in memory while their recipients are sent to."""

import re
from collections import OrderedDict
from collections.abc import Mapping
from html import escape
from typing import NamedTuple

import msgspec

from turnout.carriers import (
    Attachment,
    Message,
)
from turnout.catalogue.translations import choose_locale, label
from turnout.core.identity.countries import find_country
from turnout.core.identity.organizations import get_organization_of
from turnout.core.ids import JobId, OrgId
from turnout.core.messaging.files import read_file
from turnout.core.messaging.lengths import Lengths
from turnout.core.messaging.merging import UNSUBSCRIBE
from turnout.core.messaging.model import Channel, JobHead, KeyResponse, Kind
from turnout.core.messaging.numbers import is_deliverable, to_address
from turnout.formats.html_text import to_text
from turnout.formats.mail_html import to_mail_html
from turnout.http.body import in_thread
from turnout.store import Database, Tx
from turnout.workers.senders import Senders, with_sender

CACHED_BYTES = 64 << 20
# So that programs which answer mails ("out of office") do not answer these (RFC 3834).
AUTOMATIC = {"Auto-Submitted": "auto-generated"}
_FOOTER = (
    '<p style="font-family:sans-serif;font-size:14px;line-height:1.5;text-align:center">'
    f'<a href="%%{UNSUBSCRIBE}%%">{{}}</a></p>'
)
_LINK = re.compile(f"%%{UNSUBSCRIBE}%%", re.IGNORECASE)
_BODY_END = re.compile("</body", re.IGNORECASE)


class Prepared(NamedTuple):
    """What a job says, how long it becomes, and who it is from."""

    message: Message
    lengths: Lengths
    sender: str


class Messages:
    """What jobs say, as carriers take it; the files of some are kept in memory."""

    def __init__(self, db: Database, senders: Senders, redirects: int = 0) -> None:
        """`redirects` is how many of an organization's calls may be put through at once."""
        self._db = db
        self._redirects = redirects
        self._senders = senders
        self._kept: OrderedDict[tuple[OrgId, JobId], tuple[Message, Lengths]] = OrderedDict()
        self._bytes = 0

    async def get(self, head: JobHead) -> Prepared:
        """The message of a job as it goes out now, with its files, and how long it becomes."""
        sender = await self._senders.find(head)
        message, lengths = await self._get(head)
        return Prepared(with_sender(message, sender), lengths, sender.address)

    async def _get(self, head: JobHead) -> tuple[Message, Lengths]:
        key = (head.org_id, head.id)
        if kept := self._kept.get(key):
            self._kept.move_to_end(key)
            return kept
        attachments = []
        for file in head.content.files:
            content = await self._db.read(read_file, head.org_id, file.digest)
            attachments.append(Attachment(file.name, file.content_type, content))
        given = to_message(head, tuple(attachments))
        if any(key.redirect_to for key in given.keys):
            country = await self._db.read(find_country, head.org_id)
            keys = tuple(_with_whole_number(key, country) for key in given.keys)
            given = msgspec.structs.replace(given, keys=keys, redirects=self._redirects)
        size = len(given.text) + len(given.html)
        language = await self._db.read(footer_language, head.org_id) if head.can_be_left else ""
        message = await in_thread(size, as_sent, given, head, language)
        lengths = await in_thread(size, Lengths, given.channel, given)
        if key in self._kept:  # another task made it first
            return self._kept[key]
        self._keep(key, message, lengths)
        return message, lengths

    def _keep(self, key: tuple[OrgId, JobId], message: Message, lengths: Lengths) -> None:
        self._kept[key] = message, lengths
        self._bytes += _weight(message)
        while self._bytes > CACHED_BYTES and len(self._kept) > 1:
            _, (dropped, _) = self._kept.popitem(last=False)
            self._bytes -= _weight(dropped)


def _with_whole_number(key: KeyResponse, country: str) -> KeyResponse:
    """The same, leading to the number as networks dial it, where it can be read."""
    number = to_address(Channel.TTS, key.redirect_to, country)
    if not is_deliverable(number):
        return key
    return msgspec.structs.replace(key, redirect_to=f"+{number}")


def to_message(head: JobHead, attachments: tuple[Attachment, ...]) -> Message:
    """What a job says, as it was given."""
    content = head.content
    return Message(
        id=head.id,
        org_id=head.org_id,
        channel=head.job_type.channel,
        subject=content.subject,
        text=content.text,
        html=content.html,
        from_name=content.from_name,
        reply_to=content.reply_to,
        attachments=attachments,
        kind=head.kind,
        headers={} if head.kind is Kind.BROADCAST else AUTOMATIC,
        header=content.header,
        voicemail=content.voicemail,
        voice=content.voice,
        repeats=content.repeats,
        keys=content.keys,
        is_high_resolution=content.is_high_resolution,
    )


def footer_language(tx: Tx, org_id: OrgId) -> str:
    """The language of what Turnout adds to an organization's mailings."""
    return choose_locale(get_organization_of(tx, org_id).locale)


def as_sent(message: Message, head: JobHead, language: str) -> Message:
    """The message with what every mail has: HTML that mail programs show (formats/mail_html.py), a
    text beside it, and in mailings a link to unsubscribe, in that language, and what they are
    sorted by. What people wrote is judged without it."""
    if not message.text and message.html:
        # For programs that read out or show no HTML; mail without is taken for junk, too.
        message = msgspec.structs.replace(message, text=to_text(message.html))
    if message.html and head.kind is Kind.BROADCAST:
        message = msgspec.structs.replace(message, html=to_mail_html(message.html))
    if not head.can_be_left:
        return message
    return msgspec.structs.replace(
        message,
        text=_with_footer(message.text, language) if message.text else "",
        html=_with_html_footer(message.html, language) if message.html else "",
        headers=list_headers(head),
    )


def _with_footer(text: str, language: str) -> str:
    if _LINK.search(text):
        return text
    said = label(language, "mailing.leave", link=f"%%{UNSUBSCRIBE}%%")
    return f"{text.rstrip()}\n\n-- \n{said}\n"


def html_footer(language: str) -> str:
    """The link to unsubscribe below a mailing."""
    return _FOOTER.format(escape(label(language, "mailing.unsubscribe")))


def _with_html_footer(html: str, language: str) -> str:
    if _LINK.search(html):
        return html
    at = max((end.start() for end in _BODY_END.finditer(html)), default=len(html))
    return html[:at] + html_footer(language) + html[at:]


def list_headers(head: JobHead) -> Mapping[str, str]:
    """What mail programs and networks sort mailings by: the list (RFC 2919), and by whom and what
    complaints are counted (Feedback-ID, from the narrowest to the sender)."""
    domain = head.sender.rpartition("@")[2] or "localhost"
    return {
        "List-Id": f"<org-{head.org_id}.{domain}>",
        "Feedback-ID": f"job-{head.id}:org-{head.org_id}:mailing:turnout",
    }


def _weight(message: Message) -> int:
    texts = len(message.text) + len(message.html)
    return 2_000 + 2 * texts + sum(len(attachment.content) for attachment in message.attachments)
