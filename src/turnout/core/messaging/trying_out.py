"""A job's message to oneself, before anybody else gets it.

It goes out as any message does: merged with what is known of one of the job's recipients, paid, and
stopped by an opt-out of the one who asks for it.
"""

import msgspec

from turnout.core.audit.recording import record
from turnout.core.identity.countries import find_country
from turnout.core.identity.members import find_live_member
from turnout.core.identity.model import Member
from turnout.core.identity.users import get_user_id
from turnout.core.ids import JobId, OrgId, UserId
from turnout.core.messaging.accepting import Policy, accept_for
from turnout.core.messaging.model import Channel, Content, JobType, NewJob, NewRecipient
from turnout.core.messaging.numbers import is_deliverable, to_address
from turnout.errors import Conflict, Invalid, Missing
from turnout.store import Tx

_PREFIX = "Test: "
_TESTED = {
    Channel.EMAIL: JobType.EMAIL,
    Channel.SMS: JobType.SMS,
    Channel.MMS: JobType.MMS,
    Channel.TTS: JobType.TTS,
    Channel.FAX: JobType.FAX,
}
TESTED = tuple(_TESTED)
"""What a network can be tested with: words alone. Recorded calls go as those that are read do."""


def get_sender_member(tx: Tx, org_id: OrgId, user_code: str) -> Member:
    """The live user of that code, for whom a job is judged. Raises Missing."""
    member = find_live_member(tx, org_id, get_user_id(tx, org_id, user_code))
    if member is None:
        raise Missing("user.unknown_code", user_code=user_code)
    return member


def send_test(
    tx: Tx, member: Member, new: NewJob, like: NewRecipient, to: str, policy: Policy, *, actor: str
) -> JobId:
    """Send a job's message to `to` (empty = the user's own address) as `like` would get it, now
    and to nobody else; returns the job's number. Raises as `accept_job`, and Invalid where the user
    has no address for the channel."""
    target = to or _own_address(member, new.job_type.channel)
    if not target:
        raise Invalid("job.no_own_address", channel=new.job_type.channel.value)
    options = msgspec.structs.replace(
        new.options, callback_url="", report_addresses=(), cutoff_hour="", submitted={}
    )
    test = msgspec.structs.replace(
        new,
        name=f"{_PREFIX}{new.name}"[:255],
        options=options,
        list_ids=(),
        is_deduped=False,
        scheduled_local="",
    )
    recipient = msgspec.structs.replace(like, destination=target)
    job_id = accept_for(tx, member, test, [recipient], policy)
    record(tx, member.user.org_id, actor, "tested", "job", job_id)
    return job_id


def send_network_test(
    tx: Tx,
    org_id: OrgId,
    user_id: UserId,
    channel: Channel,
    to: str,
    said: Content,
    policy: Policy,
    *,
    actor: str,
) -> JobId:
    """Send a test over the network that carries a channel of TESTED, as a job of a user of the
    organization; returns its number. Raises Invalid for an address that is none and as
    `accept_job`, Conflict for a user of another organization."""
    member = find_live_member(tx, org_id, user_id)
    if member is None:
        raise Conflict("network.foreign_user")
    address = to_address(channel, to, find_country(tx, org_id))
    if not address or (channel is not Channel.EMAIL and not is_deliverable(address)):
        raise Invalid("network.address", channel=channel.value)
    new = NewJob(job_type=_TESTED[channel], name=said.subject, content=said)
    job_id = accept_for(tx, member, new, [NewRecipient(to)], policy)
    record(tx, org_id, actor, "tested", "network", job_id, channel=channel.value)
    return job_id


def _own_address(member: Member, channel: Channel) -> str:
    profile = member.profile
    if channel is Channel.EMAIL:
        return member.user.email
    if channel is Channel.FAX:
        return profile.fax or ""
    return profile.mobile or profile.phone or ""
