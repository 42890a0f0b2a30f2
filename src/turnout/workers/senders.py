"""Who mails are from when they are handed over: looked up for each organization, and kept briefly.

A domain may be verified, or lost, between a job and its mails, so it is looked at when they go. The
check is another process, mostly, which can wake nobody here: what was read counts for KEPT_MS, and
an organization's mailing reads its few keys once in that time.
"""

import msgspec

from turnout.carriers import Message
from turnout.core.ids import OrgId
from turnout.core.messaging.model import Channel, JobHead
from turnout.core.messaging.sender_ids import (
    MailSender,
    SenderRules,
    choose_mail_sender,
    shown_name,
)
from turnout.core.senders.domains import list_signings
from turnout.core.senders.model import Signing
from turnout.store import Database

KEPT_MS = 3_000
MOST = 1000


class Senders:
    """The senders of jobs."""

    def __init__(self, db: Database, rules: SenderRules) -> None:
        self._db = db
        self._rules = rules
        self._kept: dict[OrgId, tuple[int, dict[str, Signing]]] = {}

    async def find(self, head: JobHead) -> MailSender:
        """Who the messages of a job are from. Raises Unavailable."""
        if head.job_type.channel is not Channel.EMAIL:
            return MailSender(head.sender, head.sender)
        signings = await self._signings(head.org_id) if head.sender else {}
        return choose_mail_sender(head.sender, signings, self._rules)

    async def _signings(self, org_id: OrgId) -> dict[str, Signing]:
        now = self._db.clock()
        read_at, signings = self._kept.get(org_id, (0, {}))
        if not 0 <= now - read_at < KEPT_MS:  # or the clock was set back
            signings = await self._db.read(list_signings, org_id)
            if len(self._kept) >= MOST:
                self._kept.clear()
            self._kept[org_id] = now, signings
        return signings


def with_sender(message: Message, sender: MailSender) -> Message:
    """The message as it goes out from this sender: signed by its keys, or in its name."""
    if sender.signing:
        return msgspec.structs.replace(message, signing=sender.signing)
    if not sender.is_via:
        return message
    host = sender.address.rpartition("@")[2]
    list_id = {"List-Id": f"<org-{message.org_id}.{host}>"} if "List-Id" in message.headers else {}
    return msgspec.structs.replace(
        message,
        from_name=shown_name(message.from_name, sender),
        reply_to=message.reply_to or sender.given,
        headers={**message.headers, **list_id},
    )


def display_name(name: str) -> str:
    """The name beside an address; not one that is an address, which some programs show alone."""
    return "" if "@" in name else name
