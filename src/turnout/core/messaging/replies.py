"""What people write back: matched to the newest message that they answer, and kept.

A reply belongs to the job that last wrote to its sender from the number that it was sent to. One
that belongs to none is kept apart, for operators. One that has a key is stored once, on whichever
node it comes again.

A stop word (stop_words.py) opts its sender out of the texts of that job's organization, and of
the one that wrote to them last, one-way messages too; it belongs to that message if it answers no
other. START from the same number undoes that, and nothing else that keeps messages from it. A stop
word counts for messages that were emptied (core/erasure), too: a keyed hash of the number is
left, and the reply is kept without number and text. Its sender is told so once. Numbers are
compared in E.164: a sender as its country writes it is read in the country of the number that was
written to, and that number in the sender's. A network may have left out what was written to, or
carry answers to the name that was shown as the sender.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

import msgspec

from turnout.core.identity.organizations import get_organization_of, list_organizations
from turnout.core.identity.profiles import get_profile
from turnout.core.ids import JobId, OrgId, RecipientId, ReplyId
from turnout.core.messaging.callbacks import queue_reply_callbacks
from turnout.core.messaging.jobs import get_job_head
from turnout.core.messaging.model import (
    Channel,
    Content,
    JobHead,
    JobType,
    Kind,
    Medium,
    NewRecipient,
)
from turnout.core.messaging.notices import queue_reply_forward
from turnout.core.messaging.numbers import (
    country_of,
    is_e164,
    list_forms,
    list_sender_keys,
    read_sender,
    to_address,
)
from turnout.core.messaging.opt_outs import (
    BY_REPLY,
    find_opt_outs,
    hash_addresses,
    opt_out,
    take_back,
)
from turnout.core.messaging.outcomes import Reply
from turnout.core.messaging.sql import sql
from turnout.core.messaging.staging import add_internal_job
from turnout.core.messaging.stop_words import ends_it, takes_it_back
from turnout.core.work.apart import do_apart
from turnout.log import log
from turnout.store import Tx, to_json

STOPPED = "Opt-out confirmation"
RETURNED = "Opt-out taken back"
NO_ANSWER = "-"
"""The text of an organization that answers no stop word."""

# How long a reply is known again.
KEPT_MS = 30 * 24 * 3_600_000


class _Message(NamedTuple):
    """What a reply answers."""

    org_id: OrgId
    job_id: JobId
    recipient_id: RecipientId


class _Text(NamedTuple):
    """A text that somebody got, and when."""

    org_id: OrgId
    job_id: JobId
    recipient_id: RecipientId
    at: int


def receive_replies(tx: Tx, replies: Sequence[Reply], stop_words: Collection[str] = ()) -> None:
    """Store replies, and do what follows from them: opt-outs, callbacks, mails to the job's user.
    `stop_words` are the operator's own, beside those of stop_words.py.

    Those that come after the job's time for replies are kept, and nobody is told of them. One that
    cannot be stored with its job is kept apart, as those that belong to none.
    """
    replies = [_read_numbers(reply) for reply in replies]

    def receive(tx: Tx, replies: Sequence[Reply]) -> None:
        _receive(tx, replies, stop_words)

    do_apart(tx, "stray reply", _keep_strays, do_apart(tx, "reply", receive, replies))


def _read_numbers(reply: Reply) -> Reply:
    """The reply with its numbers in E.164, as far as they can be read."""
    sender, recipient = reply.sender, reply.recipient
    if not is_e164(sender):
        sender = to_address(Channel.SMS, sender, country_of(recipient)) or sender
    if not is_e164(recipient):
        recipient = read_sender(recipient, country_of(sender))
    return msgspec.structs.replace(reply, sender=sender, recipient=recipient)


def _receive(tx: Tx, replies: Sequence[Reply], stop_words: Collection[str]) -> None:
    stored: dict[OrgId, list[ReplyId]] = {}
    for reply in replies:
        if not _is_new(tx, reply):
            continue
        message = _find_message(tx, reply)
        job = get_job_head(tx, message.org_id, message.job_id) if message else None
        is_stop = ends_it(reply.text, stop_words, job.options.opt_out_code if job else "")
        is_back = not is_stop and takes_it_back(reply.text)
        last = _find_last(tx, reply) if is_stop or is_back else None
        if is_back and last and not find_opt_outs(tx, last.org_id, Channel.SMS, reply.sender):
            last = None
        if message is None and last is not None:
            message, job = last, get_job_head(tx, last.org_id, last.job_id)
        if message is None or job is None:
            _keep_stray(tx, reply)
            continue
        if reply_id := _keep(tx, reply, job, message.recipient_id, is_stop=is_stop):
            stored.setdefault(message.org_id, []).append(reply_id)
        jobs = {found.org_id: found.job_id for found in (last, message) if found}
        if is_stop:
            _stop(tx, reply, jobs)
        if is_back:
            _take_back(tx, reply, jobs)
    for org_id, reply_ids in sorted(stored.items()):
        _call_back(tx, org_id, sorted(reply_ids))


def forget_reply_keys(tx: Tx, limit: int) -> int:
    """Delete up to `limit` keys of replies that came a month ago; returns how many."""
    rows = sql.list_old_reply_keys(tx, before=tx.now - KEPT_MS, limit=limit)
    sql.delete_reply_key(tx, [{"carrier": carrier, "key": key} for carrier, key in rows])
    return len(rows)


def _is_new(tx: Tx, reply: Reply) -> bool:
    """Whether a reply did not come before; from now on it did."""
    if not reply.key or sql.note_reply_key(tx, carrier=reply.carrier, key=reply.key, now=tx.now):
        return True
    log.info("a reply came again; it is stored once", carrier=reply.carrier)
    return False


def _call_back(tx: Tx, org_id: OrgId, reply_ids: list[ReplyId]) -> None:
    """Queue the callbacks due; replies, and opt-outs with them, stand where that fails."""

    def call_back(tx: Tx, ids: Sequence[ReplyId]) -> None:
        queue_reply_callbacks(tx, org_id, ids)

    do_apart(tx, "reply callback", call_back, reply_ids)


def _find_message(tx: Tx, reply: Reply) -> _Message | None:
    """The message that the number written to last sent to the reply's sender."""
    found = sql.find_conversation(
        tx,
        numbers=to_json(list_sender_keys(reply.recipient)),
        addresses=to_json(list_forms(reply.sender)),
    )
    return _Message(*found) if found else None


def _find_last(tx: Tx, reply: Reply) -> _Message | None:
    """The last text that anybody sent to the reply's sender."""
    forms = list_forms(reply.sender)
    known = sql.find_last_writer(tx, addresses=to_json(forms))
    found = [*([known] if known else []), *_list_hashed(tx, forms)]
    last = max(found, key=lambda text: (text.at, text.recipient_id), default=None)
    return _Message(*last[:3]) if last else None


def _list_hashed(tx: Tx, forms: list[str]) -> Iterator[_Text]:
    """The last text of each organization that emptied it."""
    for organization in list_organizations(tx):
        org_id = organization.org_id
        for hashed in hash_addresses(tx, org_id, set(forms)).values():
            if text := sql.find_last_hashed(tx, org_id=org_id, address=hashed):
                yield text


def _stop(tx: Tx, reply: Reply, jobs: dict[OrgId, JobId]) -> None:
    """Opt the sender out of the texts of these organizations, and say so once for each."""
    for org_id, job_id in sorted(jobs.items()):
        if opt_out(tx, org_id, Medium.SMS, reply.sender, source=BY_REPLY, job_id=job_id):
            own = get_profile(tx, org_id).stop_reply
            _answer(tx, org_id, reply, STOPPED, own or "{name}: you will get no more messages.")


def _take_back(tx: Tx, reply: Reply, orgs: Collection[OrgId]) -> None:
    """Let texts of these organizations reach the sender again, and say so once for each."""
    for org_id in sorted(orgs):
        if take_back(tx, org_id, reply.sender):
            _answer(tx, org_id, reply, RETURNED, "{name}: you will get messages again.")


def _answer(tx: Tx, org_id: OrgId, reply: Reply, job_name: str, text: str) -> None:
    if get_profile(tx, org_id).stop_reply == NO_ANSWER:
        return
    name = get_organization_of(tx, org_id).name
    add_internal_job(
        tx,
        org_id,
        None,
        kind=Kind.NOTICE,
        job_type=JobType.SMS,
        name=job_name,
        content=Content(text=text.replace("{name}", name)),
        recipients=[NewRecipient(f"+{reply.sender}")],
        sender=reply.recipient,
    )


def _keep(
    tx: Tx, reply: Reply, job: JobHead, recipient_id: RecipientId, *, is_stop: bool
) -> ReplyId | None:
    """Keep a reply; its number, unless it came too late for anybody to be told, or answers a
    message that takes no replies. Of one to an emptied job neither sender nor text is kept."""
    is_emptied = sql.find_emptied_at(tx, org_id=job.org_id, id=job.id) is not None
    is_late = job.expires_at is not None and job.expires_at <= tx.now
    reply_id = ReplyId(tx.next_id("messaging"))
    sql.add_reply(
        tx,
        org_id=job.org_id,
        id=reply_id,
        job_id=job.id,
        recipient_id=recipient_id,
        sender="" if is_emptied else reply.sender,
        number=reply.recipient,
        text="" if is_emptied else reply.text,
        carrier=reply.carrier,
        now=tx.now,
        is_late=int(is_late),
        is_opt_out=int(is_stop),
    )
    if is_late or is_emptied or not job.job_type.takes_replies:
        return None
    if job.options.reply_address and not job.options.batches_replies:
        queue_reply_forward(tx, job, reply_id)
    return reply_id


def _keep_strays(tx: Tx, replies: Sequence[Reply]) -> None:
    for reply in replies:
        if _is_new(tx, reply):
            _keep_stray(tx, reply)


def _keep_stray(tx: Tx, reply: Reply) -> None:
    sql.add_stray_reply(
        tx,
        id=tx.next_id("messaging"),
        sender=reply.sender,
        number=reply.recipient,
        text=reply.text,
        carrier=reply.carrier,
        now=tx.now,
    )
