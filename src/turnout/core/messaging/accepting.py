"""A request becomes a job with its recipients.

A job of up to SLICE recipients is one transaction. A longer one is staged: `begin_job`, then
`add_slice` for each slice, then `finish_job`, by which it becomes visible, or `give_up_job`; what a
crash leaves half-staged nobody ever saw, and is swept (starting.py). What the messages cost is
reserved with the recipients.
"""

import datetime
from collections.abc import Sequence
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from turnout.core.identity.countries import find_country
from turnout.core.identity.idempotency import IdempotentRequest, first_answer, keep_answer
from turnout.core.identity.members import require_member
from turnout.core.identity.model import Member, Principal
from turnout.core.ids import JobId, OrgId
from turnout.core.messaging.fence import FENCED, Fence
from turnout.core.messaging.files import add_job_files
from turnout.core.messaging.holding import hold
from turnout.core.messaging.jobs import get_job_head
from turnout.core.messaging.model import (
    Channel,
    Content,
    JobState,
    Kind,
    NewJob,
    NewRecipient,
)
from turnout.core.messaging.prices import Prices
from turnout.core.messaging.reckoning import Reckoning, reckoning_of, to_ascii, without_controls
from turnout.core.messaging.sender_ids import (
    SenderRules,
    check_mail_sender,
    check_sender_id,
    to_sender,
)
from turnout.core.messaging.sights import may_write_to
from turnout.core.messaging.speakable import Scripts, check_speakable
from turnout.core.messaging.spending import reserve, reserve_more, settle_spending
from turnout.core.messaging.sql import sql
from turnout.core.messaging.staging import (
    SCHEDULE,
    add_job,
    add_recipients,
    check_national,
    start_sending,
)
from turnout.errors import Invalid
from turnout.store import Tx

_CALLS = (Channel.TTS, Channel.VOICE)


class Policy(msgspec.Struct, frozen=True):
    """What the operator has set: prices, the numbers that replies reach, the sender of mails, how
    many verification codes a user may send in an hour (0 = any), who may be the sender, which
    scripts the voices of calls read, whether the pages of faxes are drawn here, and which numbers
    are never called."""

    prices: Prices
    reply_numbers: tuple[str, ...]
    mail_from: str
    codes_per_hour: int = 0
    senders: SenderRules = SenderRules()
    scripts: Scripts = {}
    draws_faxes: bool = False
    fence: Fence = Fence(simulated=FENCED)


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
    passed, a text is too long or cannot be read out, a national number has no country or the
    month's limit would be exceeded, Conflict when the key belongs to another request.
    """
    return accept_for(tx, require_member(tx, principal), new, recipients, policy, request)


def accept_for(
    tx: Tx,
    member: Member,
    new: NewJob,
    recipients: Sequence[NewRecipient],
    policy: Policy,
    request: IdempotentRequest | None = None,
) -> JobId:
    """The same for a user who need not have signed in."""
    begun, new = _stage(tx, member, new, policy, request)
    if begun.is_repetition:
        return begun.job_id
    check_national(new.job_type.channel, recipients, find_country(tx, begun.org_id))
    reckoning = Reckoning(new.job_type, new.content, new.options, new.sender, policy.prices)
    micros = add_recipients(tx, begun.org_id, begun.job_id, recipients, reckoning)
    job_id = finish_job(tx, begun.org_id, begun.job_id, request)
    reserve(tx, member, micros)  # last: every job of the user waits for this row
    return job_id


def begin_job(
    tx: Tx,
    principal: Principal,
    new: NewJob,
    policy: Policy,
    request: IdempotentRequest | None = None,
) -> StagedJob:
    """Stage a job; nobody sees it before `finish_job`. Raises as `accept_job` does."""
    return _stage(tx, require_member(tx, principal), new, policy, request)[0]


def add_slice(
    tx: Tx, org_id: OrgId, job_id: JobId, recipients: Sequence[NewRecipient], prices: Prices
) -> None:
    """Add some recipients to a staged job, and reserve what their messages cost. Raises Invalid
    when that is beyond the month's limit or the credit."""
    reckoning = reckoning_of(get_job_head(tx, org_id, job_id), prices)
    micros = add_recipients(tx, org_id, job_id, recipients, reckoning)
    reserve_more(tx, org_id, job_id, micros)


def give_up_job(tx: Tx, org_id: OrgId, job_id: JobId) -> None:
    """A staged job is not finished: what was reserved for it is free. Idempotent; changes nothing
    for a job that was finished after all."""
    if get_job_head(tx, org_id, job_id).state is JobState.STAGING:
        settle_spending(tx, org_id, job_id)


def _stage(
    tx: Tx,
    member: Member,
    new: NewJob,
    policy: Policy,
    request: IdempotentRequest | None,
) -> tuple[StagedJob, NewJob]:
    """A staged job, and the job as its user's settings complete it."""
    org_id = member.user.org_id
    if request and (answer := first_answer(tx, org_id, member.actor, request)) is not None:
        return StagedJob(org_id, JobId(int(answer)), is_repetition=True), new
    job_id = JobId(tx.next_id("job"))
    new = _with_sender(tx, org_id, complete_job(new, member, policy, job_id), policy)
    scheduled_at = scheduled_instant(new.scheduled_local, member.timezone)
    if scheduled_at is not None and scheduled_at <= tx.now:
        raise Invalid("job.scheduled_past")
    if not may_write_to(tx, org_id, member.user.id, new.list_ids):
        raise Invalid("job.list_unknown")
    add_job(
        tx,
        org_id,
        member.user.id,
        job_id,
        Kind.BROADCAST,
        new,
        timezone=member.timezone,
        scheduled_at=scheduled_at,
    )
    keep_hours = member.profile.maximum_document_retention_hours
    add_job_files(tx, org_id, job_id, new.content.files, keep_hours)
    return StagedJob(org_id, job_id, is_repetition=False), new


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
    if list_ids == "[]" and hold(tx, org_id, job_id):
        pass  # whenever it is scheduled: there is time to look at it
    elif scheduled_at is not None or list_ids != "[]":
        sql.schedule_job(tx, org_id=org_id, id=job_id, due_at=scheduled_at or tx.now)
        tx.wake(SCHEDULE)
    else:
        start_sending(tx, org_id, job_id)
    if request:
        keep_answer(tx, org_id, owner, request, str(job_id))
    return job_id


def complete_job(new: NewJob, member: Member, policy: Policy, job_id: JobId) -> NewJob:
    """The job as the user's settings complete it; contract notes, Users."""
    profile, channel = member.profile, new.job_type.channel
    content, options, sender = new.content, new.options, new.sender
    if not options.callback_url and profile.call_back_url:
        options = msgspec.structs.replace(options, callback_url=profile.call_back_url)
    if new.job_type.takes_replies:
        if not options.reply_address and profile.default_sms_reply_email_address:
            address = profile.default_sms_reply_email_address
            options = msgspec.structs.replace(options, reply_address=address)
        number = policy.reply_numbers[job_id % len(policy.reply_numbers)]
        options = msgspec.structs.replace(options, reply_number=number)
        if not options.has_custom_sender:
            sender = number
    elif channel in (Channel.SMS, Channel.MMS):
        sender = sender or profile.default_sms_sender_id or ""
    elif channel is not Channel.EMAIL:
        sender = sender or profile.default_voice_caller_id or ""
    if channel is Channel.SMS:
        content = msgspec.structs.replace(content, text=without_controls(content.text))
    if channel is Channel.SMS and profile.filter_non_ascii_in_sms:
        options = msgspec.structs.replace(options, is_ascii_only=True)
        content = msgspec.structs.replace(content, text=to_ascii(content.text))
    content = _completed(content, channel, member, policy)
    return msgspec.structs.replace(new, content=content, options=options, sender=sender)


def _completed(content: Content, channel: Channel, member: Member, policy: Policy) -> Content:
    """What is said in a call or stands above a fax, as the user's settings complete it."""
    if channel is Channel.FAX:
        return msgspec.structs.replace(content, header=member.profile.fax_header_text or "")
    if channel is Channel.TTS:
        content = _speech(content, member)
        check_speakable(content, policy.scripts)
    return content


def _with_sender(tx: Tx, org_id: OrgId, new: NewJob, policy: Policy) -> NewJob:
    """The job from a sender that the organization may have, in the form that networks take."""
    channel = new.job_type.channel
    if channel is Channel.EMAIL:
        check_mail_sender(tx, org_id, new.sender, policy.senders)
    if channel is Channel.EMAIL or not new.sender:
        return new
    sender = to_sender(new.sender, find_country(tx, org_id))
    if channel in (Channel.SMS, Channel.MMS):
        sender = check_sender_id(tx, org_id, sender, policy.senders, policy.reply_numbers)
    return msgspec.structs.replace(new, sender=sender)


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


def scheduled_instant(local: str, timezone: str) -> int | None:
    """The instant (epoch ms) of `scheduled_local`, None when that is empty."""
    if not local:
        return None
    moment = datetime.datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(timezone))
    return round(moment.timestamp() * 1000)
