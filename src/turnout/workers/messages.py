"""What jobs say, as carriers take it, kept in memory while their recipients are sent to."""

from collections import OrderedDict

from turnout.carriers import (
    Attachment,
    Message,
)
from turnout.core.ids import JobId, OrgId
from turnout.core.messaging.files import read_file
from turnout.core.messaging.lengths import Lengths
from turnout.core.messaging.model import JobHead, Kind
from turnout.http.body import in_thread
from turnout.store import Database

CACHED_BYTES = 64 << 20
# So that programs which answer mails ("out of office") do not answer these (RFC 3834).
AUTOMATIC = {"Auto-Submitted": "auto-generated"}


class Messages:
    """What jobs say, as carriers take it; the files of some are kept in memory."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._kept: OrderedDict[tuple[OrgId, JobId], tuple[Message, Lengths]] = OrderedDict()
        self._bytes = 0

    async def get(self, head: JobHead) -> tuple[Message, Lengths]:
        """The message of a job, with its files, and how long it becomes."""
        key = (head.org_id, head.id)
        if kept := self._kept.get(key):
            self._kept.move_to_end(key)
            return kept
        attachments = []
        for file in head.content.files:
            content = await self._db.read(read_file, head.org_id, file.digest)
            attachments.append(Attachment(file.name, file.content_type, content))
        message = to_message(head, tuple(attachments))
        size = len(message.text) + len(message.html)
        lengths = await in_thread(size, Lengths, message.channel, message)
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


def to_message(head: JobHead, attachments: tuple[Attachment, ...]) -> Message:
    """What a job says, as carriers take it."""
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


def _weight(message: Message) -> int:
    texts = len(message.text) + len(message.html)
    return 2_000 + 2 * texts + sum(len(attachment.content) for attachment in message.attachments)
