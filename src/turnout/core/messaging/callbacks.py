"""What integrators are told, and in which words: the bodies of callbacks.

A body is a form, its fields in the order of the contract's tables (Callback on Fax, TTS and Voice
Delivery Report; on SMS Reply Received; on SMS Delivery Report). E-mail jobs are not called back.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple
from urllib.parse import urlencode

from turnout.core.callbacks.model import NewCallback
from turnout.core.callbacks.outbox import add_callbacks
from turnout.core.ids import JobId, OrgId, RecipientId, ReplyId
from turnout.core.messaging.jobs import get_job_head
from turnout.core.messaging.model import Channel, JobHead, Kind
from turnout.core.messaging.sql import sql
from turnout.core.times import local
from turnout.store import Tx, to_json

_TEXTS = (Channel.SMS, Channel.MMS)
_CALLS = (Channel.TTS, Channel.VOICE)


class _EndingRow(NamedTuple):
    id: RecipientId
    reference: str
    name: str
    address: str
    status: str
    duration_s: int
    cost_micros: int
    keypress: str
    is_voicemail: int
    carrier: str
    done_at: int


class _ReplyRow(NamedTuple):
    id: ReplyId
    job_id: JobId
    recipient_id: RecipientId
    reference: str
    name: str
    sender: str
    text: str
    carrier: str
    received_at: int


def queue_status_callbacks(
    tx: Tx, org_id: OrgId, job_id: JobId, recipient_ids: Sequence[RecipientId]
) -> None:
    """Queue the callbacks due for recipients of one job that have just ended, in their
    transaction. Does nothing for a job that wants none."""
    job = get_job_head(tx, org_id, job_id)
    if not recipient_ids or not wants_status_callbacks(job):
        return
    rows = sql.list_ended(tx, org_id=org_id, job_id=job_id, ids=to_json(list(recipient_ids)))
    new = []
    for row in rows:
        body = urlencode(_status_fields(job, row))
        new.append(NewCallback(job.id, row.id, job.options.callback_url, body, row.carrier))
    add_callbacks(tx, org_id, new)


def wants_status_callbacks(job: JobHead) -> bool:
    """Whether the ends of a job's recipients are to be told: of calls and faxes always when there
    is an address, of texts when that was asked for."""
    if job.kind is not Kind.BROADCAST or not job.options.callback_url:
        return False
    channel = job.job_type.channel
    return channel is not Channel.EMAIL and (channel not in _TEXTS or job.options.has_sms_callbacks)


def queue_reply_callbacks(tx: Tx, org_id: OrgId, reply_ids: Sequence[ReplyId]) -> None:
    """Queue the callbacks due for replies that have just been stored, in their transaction."""
    if not reply_ids:
        return
    rows = sql.list_new_replies(tx, org_id=org_id, ids=to_json(list(reply_ids)))
    heads: dict[JobId, JobHead] = {}
    new = []
    for row in rows:
        if row.job_id not in heads:
            heads[row.job_id] = get_job_head(tx, org_id, row.job_id)
        job = heads[row.job_id]
        if url := job.options.callback_url:
            body = urlencode(_reply_fields(job, row))
            new.append(NewCallback(job.id, row.recipient_id, url, body, row.carrier))
    add_callbacks(tx, org_id, new)


def _status_fields(job: JobHead, row: _EndingRow) -> list[tuple[str, Any]]:
    channel = job.job_type.channel
    fields = _common(job, row.done_at, row.reference, row.name, row.address)
    fields.append(("Status", row.status))
    if channel not in _TEXTS:
        fields += [("Duration", row.duration_s), ("Cost", row.cost_micros / 1_000_000)]
        if row.keypress:
            fields.append(("Keypress", row.keypress))
    if channel in _CALLS:
        fields.append(("Voicemail", "true" if row.is_voicemail else "false"))
    return [*fields, ("BroadcastName", job.name)]


def _reply_fields(job: JobHead, row: _ReplyRow) -> list[tuple[str, Any]]:
    fields = _common(job, row.received_at, row.reference, row.name, row.sender)
    return [*fields, ("Response", row.text), ("BroadcastName", job.name)]


def _common(
    job: JobHead, at: int, reference: str, name: str, address: str
) -> list[tuple[str, Any]]:
    moment = local(at, job.timezone)
    return [
        ("BroadcastID", job.id),
        ("Timestamp", moment.isoformat()),
        ("Reference", reference),
        ("Recipient", name),
        ("Destination", address),
    ]
