"""Removing what old messages say and whom they went to: a phase of the daily run (expiring.py).

Of a job that ended long enough ago there go its name, texts, files and options, and of its
recipients reference, name, address and merge fields, with the replies and callbacks. Outcomes,
parts and costs stay. A mailing's unsubscribe link works for ever, and so does STOP by text: in
place of the address stands its keyed hash, which is what refusals of erased people are kept as.
"""

from typing import NamedTuple

from turnout.core.erasure.sql import sql
from turnout.core.ids import JobId, OrgId, RecipientId
from turnout.core.messaging.files import drop_file
from turnout.core.messaging.model import Channel, Kind
from turnout.core.messaging.numbers import address_key
from turnout.core.messaging.opt_outs import HASH, hash_erased
from turnout.core.messaging.staging import readdress_recipients
from turnout.store import Tx

RECIPIENTS = 1_000
# What people can leave for ever.
_LEFT_BY = (Channel.EMAIL, Channel.SMS, Channel.MMS)


class JobHead(NamedTuple):
    """A job that is emptied: the recipients up to `emptied_until` are done."""

    id: JobId
    kind: str
    channel: str
    emptied_until: int


def empty_job(tx: Tx, org_id: OrgId, job_id: JobId) -> bool:
    """Remove the next 1,000 recipients of a job, and behind the last one what the job says;
    returns whether it is done. Idempotent."""
    job = sql.get_emptied(tx, org_id=org_id, job_id=job_id)
    found = sql.list_job_addresses(
        tx, org_id=org_id, job_id=job_id, after=job.emptied_until, limit=RECIPIENTS + 1
    )
    if found:
        _empty_recipients(tx, org_id, job, {row.id: row.address for row in found[:RECIPIENTS]})
    if len(found) > RECIPIENTS:
        return False
    _empty_rest(tx, org_id, job_id)
    return True


def _empty_recipients(
    tx: Tx, org_id: OrgId, job: JobHead, addresses: dict[RecipientId, str]
) -> None:
    until = max(addresses)
    span = {"after": job.emptied_until, "until": until}
    sql.empty_recipients(tx, org_id=org_id, job_id=job.id, **span)
    sql.empty_attempts(tx, org_id=org_id, job_id=job.id, **span)
    if job.kind == Kind.BROADCAST and job.channel in _LEFT_BY:
        hashed = _hash(tx, org_id, Channel(job.channel), addresses)
        readdress_recipients(tx, org_id, job.id, hashed)
    sql.note_emptied(tx, org_id=org_id, job_id=job.id, until=until)


def _hash(
    tx: Tx, org_id: OrgId, channel: Channel, addresses: dict[RecipientId, str]
) -> dict[RecipientId, str]:
    keys = {
        id_: address if address.startswith(HASH) else address_key(channel, address)
        for id_, address in addresses.items()
        if address
    }
    hashed = hash_erased(tx, org_id, {key for key in keys.values() if not key.startswith(HASH)})
    return {id_: hashed.get(key, key) for id_, key in keys.items()}


def _empty_rest(tx: Tx, org_id: OrgId, job_id: JobId) -> None:
    digests = [row.digest for row in sql.list_job_digests(tx, org_id=org_id, job_id=job_id)]
    sql.drop_job_files(tx, org_id=org_id, job_id=job_id)
    sql.empty_replies(tx, org_id=org_id, job_id=job_id)
    sql.empty_callbacks(tx, org_id=org_id, job_id=job_id)
    sql.empty_job(tx, org_id=org_id, job_id=job_id, now=tx.now)
    for digest in digests:
        drop_file(tx, org_id, digest)
