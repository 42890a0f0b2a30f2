"""A request becomes a job with its recipients.

A job of up to SLICE recipients is one transaction. A longer one is staged: `begin_job`, then
`add_recipients` for each slice, then `finish_job`, by which it becomes visible; what a crash leaves
half-staged nobody ever saw, and is swept (starting.py).
"""

import datetime
import re
from collections.abc import Sequence
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from turnout.core.identity.idempotency import IdempotentRequest, first_answer, keep_answer
from turnout.core.identity.members import require_member
from turnout.core.identity.model import Member, Principal
from turnout.core.ids import JobId, OrgId
from turnout.core.messaging.files import add_job_files
from turnout.core.messaging.lists import is_list
from turnout.core.messaging.model import Channel, Content, Kind, NewJob, NewRecipient
from turnout.core.messaging.numbers import to_address
from turnout.core.messaging.prices import Prices, reserve
from turnout.core.messaging.sql import sql
from turnout.core.messaging.staging import SCHEDULE, add_job, add_recipients, start_sending
from turnout.errors import Invalid
from turnout.store import Tx

_CALLS = (Channel.TTS, Channel.VOICE)


class Policy(msgspec.Struct, frozen=True):
    """What the operator has set: prices, the numbers that replies reach, the sender of mails."""

    prices: Prices
    reply_numbers: tuple[str, ...]
    mail_from: str


class StagedJob(NamedTuple):
    """A staged job, or the number that an earlier request with the same key has got."""

    org_id: OrgId
    job_id: JobId
    is_repetition: bool


def accept_job(
    tx: Tx,
    principal: Principal,
    new: NewJob,
    recipients: Sequence[NewRecipient],
    policy: Policy,
    request: IdempotentRequest | None = None,
) -> JobId:
    """Accept a job with all its recipients (up to SLICE), or for lists; returns its number.

    With `request` it is idempotent for 24 hours. Raises Unauthenticated, Invalid when a date has
    passed, a text is too long or the month's limit would be exceeded, Conflict when the key
    belongs to another request.
    """
    estimate = estimate_micros(new, recipients, policy.prices)
    begun, member = _stage(tx, principal, new, estimate, policy, request)
    if begun.is_repetition:
        return begun.job_id
    add_recipients(tx, begun.org_id, begun.job_id, recipients)
    job_id = finish_job(tx, begun.org_id, begun.job_id, request)
    reserve(tx, member, estimate)  # last: every job of the user waits for this row
    return job_id


def estimate_micros(new: NewJob, recipients: Sequence[NewRecipient], prices: Prices) -> int:
    """What a job will cost if all of it is delivered and no merging makes a text longer."""
    channel = new.job_type.channel
    parts = 1
    if channel is Channel.SMS and len(new.content.text) > 160:
        parts = -(-len(new.content.text) // 153)
    return parts * sum(
        prices.price_micros(channel, to_address(channel, recipient.destination))
        for recipient in recipients
    )


def begin_job(
    tx: Tx,
    principal: Principal,
    new: NewJob,
    estimate: int,
    policy: Policy,
    request: IdempotentRequest | None = None,
) -> StagedJob:
    """Stage a job; nobody sees it before `finish_job`. Raises as `accept_job` does."""
    begun, member = _stage(tx, principal, new, estimate, policy, request)
    if not begun.is_repetition:
        reserve(tx, member, estimate)
    return begun


def _stage(
    tx: Tx,
    principal: Principal,
    new: NewJob,
    estimate: int,
    policy: Policy,
    request: IdempotentRequest | None,
) -> tuple[StagedJob, Member]:
    """`begin_job`, but for the reservation of what it will cost."""
    member = require_member(tx, principal)
    if (
        request
        and (answer := first_answer(tx, principal.org_id, member.actor, request)) is not None
    ):
        return StagedJob(principal.org_id, JobId(int(answer)), is_repetition=True), member
    job_id = JobId(tx.next_id("job"))
    new = _with_defaults(new, member, policy, job_id)
    scheduled_at = _instant(new.scheduled_local, member.timezone)
    if scheduled_at is not None and scheduled_at <= tx.now:
        raise Invalid("job.scheduled_past")
    if not all(is_list(tx, principal.org_id, list_id) for list_id in new.list_ids):
        raise Invalid("job.list_unknown")
    add_job(
        tx,
        principal.org_id,
        principal.user_id,
        job_id,
        Kind.BROADCAST,
        new,
        timezone=member.timezone,
        scheduled_at=scheduled_at,
        reserved=estimate,
    )
    keep_hours = member.profile.maximum_document_retention_hours
    add_job_files(tx, principal.org_id, job_id, new.content.files, keep_hours)
    return StagedJob(principal.org_id, job_id, is_repetition=False), member


def finish_job(
    tx: Tx, org_id: OrgId, job_id: JobId, request: IdempotentRequest | None = None
) -> JobId:
    """All recipients are there: the job becomes visible, and starts now or when it is due.

    Where the same request was finished since, that job counts, and this one is left to be
    swept.
    """
    scheduled_at, list_ids, user_id = sql.get_schedule(tx, org_id=org_id, id=job_id)
    owner = f"user:{user_id}"
    if request and (answer := first_answer(tx, org_id, owner, request)) is not None:
        return JobId(int(answer))
    if scheduled_at is not None or list_ids != "[]":
        sql.schedule_job(tx, org_id=org_id, id=job_id, due_at=scheduled_at or tx.now)
        tx.wake(SCHEDULE)
    else:
        start_sending(tx, org_id, job_id)
    if request:
        keep_answer(tx, org_id, owner, request, str(job_id))
    return job_id


def _with_defaults(new: NewJob, member: Member, policy: Policy, job_id: JobId) -> NewJob:
    """The job as the user's settings complete it; contract notes, Users."""
    profile, channel = member.profile, new.job_type.channel
    content, options, sender = new.content, new.options, new.sender
    if not options.callback_url and profile.call_back_url:
        options = msgspec.structs.replace(options, callback_url=profile.call_back_url)
    if new.job_type.takes_replies:
        if not options.reply_address and profile.default_sms_reply_email_address:
            address = profile.default_sms_reply_email_address
            options = msgspec.structs.replace(options, reply_address=address)
        if not options.has_custom_sender:
            sender = policy.reply_numbers[job_id % len(policy.reply_numbers)]
    elif channel in (Channel.SMS, Channel.MMS):
        sender = sender or profile.default_sms_sender_id or ""
    elif channel is not Channel.EMAIL:
        sender = sender or profile.default_voice_caller_id or ""
    if channel is Channel.SMS and profile.filter_non_ascii_in_sms:
        options = msgspec.structs.replace(options, is_ascii_only=True)
        content = msgspec.structs.replace(content, text=to_ascii(content.text))
    if channel is Channel.TTS:
        content = _speech(content, member)
    return msgspec.structs.replace(new, content=content, options=options, sender=sender)


def _speech(content: Content, member: Member) -> Content:
    profile = member.profile
    longest = profile.tts_max_character_limit
    if longest and len(content.text) > longest:
        raise Invalid("job.message_long", limit=longest)
    if profile.tts_message_prefix:
        content = msgspec.structs.replace(
            content, text=f"{profile.tts_message_prefix} {content.text}"
        )
    if content.repeats != 1 and profile.tts_repeat_count:
        content = msgspec.structs.replace(content, repeats=profile.tts_repeat_count)
    if not content.voice and profile.default_tts_voice:
        content = msgspec.structs.replace(content, voice=profile.default_tts_voice)
    return content


def to_ascii(text: str) -> str:
    """The text without the characters that are not ASCII."""
    return re.sub(r"[^\x00-\x7f]", "", text)


def _instant(local: str, timezone: str) -> int | None:
    if not local:
        return None
    moment = datetime.datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(timezone))
    return round(moment.timestamp() * 1000)
