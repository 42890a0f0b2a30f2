"""Calls that Turnout dials by itself: each is written down before it rings, and dialled once.

A row of `dialled_calls` says that a recipient may have been called. It is written with the last
look at what may have changed since the recipient was claimed: the job, and whom the organization
may call. The process that calls vouches for it until `ends_at`, VOUCH_MS ahead, and does so again
for as long as the call goes on. It goes when the call was certainly not made, or else when nobody
vouches for it any more: who has no end then was called by a process that is no more. Nobody knows
how that ended, and nobody is called again for it. A process that was only frozen or without its
database tells the true end later, which counts.
"""

from collections.abc import Sequence
from enum import Enum
from typing import NamedTuple

from turnout.core.ids import JobId, OrgId, RecipientId
from turnout.core.messaging.call_ends import LOST
from turnout.core.messaging.calling import NOT_DIALLED, find_whom
from turnout.core.messaging.fence import Fence
from turnout.core.messaging.model import Channel, JobState, Status
from turnout.core.messaging.outcomes import DeliveryReport
from turnout.core.messaging.receiving import receive_reports
from turnout.core.messaging.sql import sql
from turnout.store import Tx, to_json

VOUCH_MS = 180_000


class Leave(Enum):
    """Whether somebody may be dialled now."""

    GIVEN = "given"
    BARRED = "barred"
    UNWANTED = "unwanted"
    TWICE = "twice"


class Dialling(NamedTuple):
    """Somebody to dial: in digits, by an account, vouched for until `ends_at` (epoch ms)."""

    org_id: OrgId
    job_id: JobId
    id: RecipientId
    channel: Channel
    number: str
    account: str
    ends_at: int


def begin_dialling(tx: Tx, call: Dialling, fence: Fence) -> tuple[Leave, str]:
    """Ask for leave to dial, and why there is none. GIVEN: it is written down, and certainly was
    not before. TWICE: it may have rung already. UNWANTED: its job is being closed, or it
    has an end."""
    leave, why = may_dial(tx, call, fence)
    if leave is not Leave.GIVEN:
        return leave, why
    is_new = sql.begin_dialling(
        tx, org_id=call.org_id, id=call.id, account=call.account, ends_at=call.ends_at
    )
    if is_new is None:
        return Leave.TWICE, ""
    # What was written down of an earlier call may just have gone, with its end.
    if sql.has_ended(tx, org_id=call.org_id, job_id=call.job_id, id=call.id) is not None:
        sql.forget_dialling(tx, org_id=call.org_id, id=call.id)
        return Leave.UNWANTED, ""
    return Leave.GIVEN, ""


def may_dial(tx: Tx, call: Dialling, fence: Fence) -> tuple[Leave, str]:
    """Whether a number may still be dialled, and why not: GIVEN, BARRED or UNWANTED. For a call
    that is written down, and that the process which made it goes on with."""
    state = sql.find_job_state(tx, org_id=call.org_id, id=call.job_id)
    if state is None or state == JobState.CLOSING or JobState(state).is_ended:
        return Leave.UNWANTED, ""
    whom = find_whom(tx, call.org_id, fence, call.channel)
    if fault := fence.find_fault(call.number, whom):
        return Leave.BARRED, NOT_DIALLED.format(fault)
    return Leave.GIVEN, ""


def find_bar(
    tx: Tx, org_id: OrgId, channel: Channel, number: str, fence: Fence, *, is_redirect: bool
) -> str:
    """Why a number (digits) is not dialled in the course of a call, empty = it may be:
    `is_redirect` to put somebody through, else since the network says to call there instead."""
    whom = find_whom(tx, org_id, fence, channel)
    return fence.find_fault(number, whom, is_redirect=is_redirect)


def forget_dialling(tx: Tx, calls: Sequence[tuple[OrgId, RecipientId]]) -> None:
    """These were certainly not called, or have ended. Idempotent."""
    for org_id, id_ in calls:
        sql.forget_dialling(tx, org_id=org_id, id=id_)


def vouch(tx: Tx, calls: Sequence[tuple[OrgId, RecipientId]]) -> None:
    """This process still makes these calls."""
    until = tx.now + VOUCH_MS
    rows = [{"org_id": org_id, "id": id_, "ends_at": until} for org_id, id_ in sorted(calls)]
    sql.vouch_for_dialling(tx, rows)


def end_lost(tx: Tx, limit: int) -> tuple[list[str], bool]:
    """Look at up to `limit` calls for which nobody vouches any more, whatever account made them,
    and end as SVRE those that have no end; returns the account of each that was lost, and whether
    there may be more to look at."""
    rows = sql.list_dialled(tx, now=tx.now, limit=limit)
    ids = to_json(sorted(row.id for row in rows))
    states = {row.id: row.state for row in sql.list_named_recipients(tx, ids=ids)} if rows else {}
    lost = [row for row in rows if states.get(row.id, "done") != "done"]
    receive_reports(tx, [_report_lost(tx, row.id, row.account) for row in lost])
    forget_dialling(tx, [(row.org_id, row.id) for row in rows])
    return [row.account for row in lost], len(rows) == limit


def _report_lost(tx: Tx, id_: RecipientId, account: str) -> DeliveryReport:
    return DeliveryReport(
        carrier=account, status=Status.PATHWAY_ERROR, at=tx.now, attempt_id=id_, notes=LOST
    )
