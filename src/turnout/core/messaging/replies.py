"""What people write back: matched to the newest message that they answer, and kept.

A reply belongs to the job that last wrote to its sender from the number that it was sent to. One
that belongs to none is kept apart, for operators. A code that ends it, or STOP, opts the sender out
of the organization's texts. One that has a key is stored once, on whichever node it comes again.
"""

from collections.abc import Sequence

from turnout.core.ids import JobId, OrgId, RecipientId, ReplyId
from turnout.core.messaging.callbacks import queue_reply_callbacks
from turnout.core.messaging.jobs import get_job_head
from turnout.core.messaging.model import JobHead, Medium
from turnout.core.messaging.notices import queue_reply_forward
from turnout.core.messaging.opt_outs import opt_out
from turnout.core.messaging.outcomes import Reply
from turnout.core.messaging.sql import sql
from turnout.core.work.apart import do_apart
from turnout.log import log
from turnout.store import Tx

# What carriers everywhere take for "no more", in any case.
STOP_WORDS = frozenset({"stop", "stopall", "unsubscribe", "cancel", "end", "quit"})
# How long a reply is known again.
KEPT_MS = 30 * 24 * 3_600_000


def receive_replies(tx: Tx, replies: Sequence[Reply]) -> None:
    """Store replies, and do what follows from them: opt-outs, callbacks, mails to the job's user.

    Those that come after the job's time for replies are kept, and nobody is told of them. One that
    cannot be stored with its job is kept apart, as those that belong to none.
    """
    do_apart(tx, "stray reply", _keep_strays, do_apart(tx, "reply", _receive, replies))


def _receive(tx: Tx, replies: Sequence[Reply]) -> None:
    stored: dict[OrgId, list[ReplyId]] = {}
    for reply in replies:
        if not _is_new(tx, reply):
            continue
        found = sql.find_conversation(tx, number=reply.recipient, address=reply.sender)
        if found is None:
            _keep_stray(tx, reply)
        elif (reply_id := _keep(tx, reply, *found)) is not None:
            stored.setdefault(found.org_id, []).append(reply_id)
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


def _keep(
    tx: Tx, reply: Reply, org_id: OrgId, job_id: JobId, recipient_id: RecipientId
) -> ReplyId | None:
    """Keep a reply; its number, unless it came too late for anybody to be told."""
    job = get_job_head(tx, org_id, job_id)
    is_late = job.expires_at is not None and job.expires_at <= tx.now
    is_opt_out = ends_it(reply.text, job)
    reply_id = ReplyId(tx.next_id("messaging"))
    sql.add_reply(
        tx,
        org_id=org_id,
        id=reply_id,
        job_id=job_id,
        recipient_id=recipient_id,
        sender=reply.sender,
        number=reply.recipient,
        text=reply.text,
        carrier=reply.carrier,
        now=tx.now,
        is_late=int(is_late),
        is_opt_out=int(is_opt_out),
    )
    if is_opt_out:
        opt_out(tx, org_id, Medium.SMS, reply.sender, source="reply", job_id=job_id)
    if is_late:
        return None
    if job.options.reply_address and not job.options.batches_replies:
        queue_reply_forward(tx, job, reply_id)
    return reply_id


def ends_it(text: str, job: JobHead) -> bool:
    """Whether a reply says that its sender wants no more."""
    word = text.strip().casefold()
    code = job.options.opt_out_code.strip().casefold()
    return word in STOP_WORDS or bool(code and word == code)


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
