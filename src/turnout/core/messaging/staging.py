"""Jobs and recipients as rows: staged, added to, started.

Everybody who makes a job comes through here: requests (accepting.py), verification codes, and the
mails that Turnout itself writes (notices.py).
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from turnout.core.identity.countries import find_country
from turnout.core.ids import JobId, OrgId, RecipientId, UserId
from turnout.core.messaging.holding import hold
from turnout.core.messaging.hours import cutoff_after
from turnout.core.messaging.model import (
    NOBODY,
    URGENT,
    Channel,
    Content,
    JobState,
    JobType,
    Kind,
    NewJob,
    NewRecipient,
)
from turnout.core.messaging.numbers import address_key, needs_country, to_address
from turnout.core.messaging.reckoning import Reckoning
from turnout.core.messaging.sql import sql
from turnout.errors import Invalid
from turnout.store import Tx, to_json

SLICE = 500
SCHEDULE = "messaging-schedule"
HOUR_MS = 3_600_000


def add_job(
    tx: Tx,
    org_id: OrgId,
    user_id: UserId | None,
    job_id: JobId,
    kind: Kind,
    new: NewJob,
    *,
    timezone: str,
    scheduled_at: int | None,
) -> None:
    """Stage a job of a user, or of nobody (None); it is not seen before it is scheduled or
    started."""
    channel = new.job_type.channel
    sql.add_job(
        tx,
        org_id=org_id,
        id=job_id,
        user_id=NOBODY if user_id is None else user_id,
        kind=kind.value,
        job_type=new.job_type.value,
        channel=channel.value,
        lane=URGENT if kind is Kind.CODE else channel.value,
        name=new.name,
        state=JobState.STAGING.value,
        sender=new.sender,
        content=to_json(new.content),
        options=to_json(new.options),
        list_ids=to_json(new.list_ids),
        is_deduped=int(new.is_deduped),
        timezone=timezone,
        now=tx.now,
        scheduled_local=new.scheduled_local,
        scheduled_at=scheduled_at,
    )


def readdress_recipients(
    tx: Tx, org_id: OrgId, job_id: JobId, addresses: Mapping[RecipientId, str]
) -> None:
    """Put other addresses in the place of those of a job's recipients."""
    if addresses:
        rows = to_json(sorted(addresses.items()))
        sql.set_addresses(tx, org_id=org_id, job_id=job_id, rows=rows)


def add_recipients(
    tx: Tx,
    org_id: OrgId,
    job_id: JobId,
    recipients: Sequence[NewRecipient],
    reckoning: Reckoning | None = None,
) -> int:
    """Add recipients to a staged job, duplicates left out where asked; returns what the messages
    of those that were added cost in micros, which the caller reserves in the same transaction.
    Without `reckoning` nothing is charged beforehand."""
    if not recipients:
        return 0
    named, is_deduped = sql.get_staged(tx, org_id=org_id, id=job_id)
    channel = Channel(named)
    country = "" if channel is Channel.EMAIL else find_country(tx, org_id)
    rows = []
    ids = tx.next_ids("recipient", len(recipients))
    for id_, recipient in zip(ids, recipients, strict=True):
        address = to_address(channel, recipient.destination, country)
        key = address_key(channel, address or recipient.destination) if is_deduped else None
        fields = to_json(recipient.fields) if recipient.fields else ""
        quote = reckoning.reckon(recipient, address).micros if reckoning else None
        rows.append(
            (
                id_,
                recipient.reference,
                recipient.name,
                recipient.destination,
                address,
                fields,
                key,
                quote,
            )
        )
    added = sql.add_recipients(tx, org_id=org_id, job_id=job_id, rows=to_json(rows), now=tx.now)
    micros = sum(quote or 0 for (quote,) in added)
    sql.count_added(tx, org_id=org_id, id=job_id, added=len(added), reserved=micros)
    return micros


def check_national(channel: Channel, recipients: Sequence[NewRecipient], country: str) -> None:
    """Raise Invalid for a national number where no country is set, or known by the time zone."""
    if country:
        return
    for recipient in recipients:
        if needs_country(channel, recipient.destination):
            raise Invalid("number.national", number=recipient.destination)


def start_sending(tx: Tx, org_id: OrgId, job_id: JobId) -> None:
    """From now on the job's recipients are sent to, unless it waits for approval."""
    if hold(tx, org_id, job_id):
        return
    lane, cutoff_at, expires_at = ends_after_start(tx, org_id, job_id)
    sql.start_job(
        tx, org_id=org_id, id=job_id, now=tx.now, cutoff_at=cutoff_at, expires_at=expires_at
    )
    tx.wake(f"messaging-{lane}")
    if cutoff_at is not None:
        tx.wake(SCHEDULE)


def ends_after_start(tx: Tx, org_id: OrgId, job_id: JobId) -> tuple[str, int | None, int | None]:
    """The lane of a job that starts now, when it is cut off, and until when it takes replies (epoch
    ms). It is cut off on the day for which it was asked, whenever it starts."""
    row = sql.get_start_facts(tx, org_id=org_id, id=job_id)
    options: dict[str, Any] = msgspec.json.decode(row.options)
    asked_for = min(row.scheduled_at or row.accepted_at, tx.now)
    cutoff_at = cutoff_after(options.get("cutoff_hour", ""), asked_for, row.timezone)
    if not JobType(row.job_type).takes_replies:
        return row.lane, cutoff_at, None
    return row.lane, cutoff_at, tx.now + int(options.get("expires_hours", 24)) * HOUR_MS


def add_internal_job(
    tx: Tx,
    org_id: OrgId,
    user_id: UserId | None,
    *,
    kind: Kind,
    job_type: JobType,
    name: str,
    content: Content,
    recipients: Sequence[NewRecipient],
    sender: str = "",
    timezone: str = "UTC",
    reckoning: Reckoning | None = None,
) -> JobId:
    """A job that Turnout itself makes: a verification code or a notice. It starts at once, and
    nobody opts out of it. It costs nothing, unless there is a `reckoning`: the caller reserves
    that. `user_id` None: no user asked for it, so it is nobody's. Returns its number."""
    job_id = JobId(tx.next_id("job"))
    new = NewJob(job_type=job_type, name=name, content=content, sender=sender)
    add_job(tx, org_id, user_id, job_id, kind, new, timezone=timezone, scheduled_at=None)
    add_recipients(tx, org_id, job_id, recipients, reckoning)
    start_sending(tx, org_id, job_id)
    return job_id
