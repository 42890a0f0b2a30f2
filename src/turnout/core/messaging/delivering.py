"""What the delivery loop claims, and for how long.

Theory. `claim` gives a worker some recipients for the length of a lease, `record` (recording.py)
writes down their outcome. Nothing is held in between, so a worker may die at any instant:
when a lease runs out nobody knows whether the message went out, and it is claimed again with
`is_repeated` set.
A worker may also stand still and come back. So it knows when its lease ends (work/leases.py), hands
nothing over afterwards, and `renew`s it for what waits; and claims of a recipient are numbered, so
that `record` can tell whose results these are. What a lost claim says counts only where something
was sent (late.py).

Rules.
- Jobs take turns: those whose `ready_at` is lowest go first, each gives a share, and one with more
  to do goes to the end of the line.
- `ready_at` is never later than the first `due_at` of a recipient that has one, unless the job is
  paused. Whatever sets a recipient's `due_at` also sees to that.
- `recipients.claim` rises with each claim, and never falls while there is something to send.
- A recipient whose worker was lost is counted with its next claim (work/claims.py), and those are
  few at a time. The others of them wait, behind those that nobody has claimed yet.
- Somebody whose report never comes is claimed too, when the wait is over, and ended here; so is
  everybody of a job that is closing.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from turnout.core.identity.countries import find_country
from turnout.core.ids import JobId, OrgId, RecipientId
from turnout.core.messaging.calling import OVER, WAITS, Call, draw_hour, find_faults, next_hour
from turnout.core.messaging.consents import find_consented, needs_consent
from turnout.core.messaging.controlling import begin_closing
from turnout.core.messaging.ending import RecipientEnding, end_recipients
from turnout.core.messaging.fence import FENCED, Fence, is_short
from turnout.core.messaging.hours import QuietHours
from turnout.core.messaging.jobs import get_job_head
from turnout.core.messaging.model import Channel, JobHead, JobState, Kind, Status
from turnout.core.messaging.numbers import is_deliverable, is_e164, to_address
from turnout.core.messaging.opt_outs import list_opted_out
from turnout.core.messaging.sql import sql
from turnout.core.messaging.staging import readdress_recipients
from turnout.core.messaging.suppression import Reason, find_suppressed
from turnout.core.work import claims
from turnout.core.work.apart import do_apart
from turnout.store import Tx, to_json

if TYPE_CHECKING:
    from turnout.core.messaging.sql import ClaimRecipientsRow

JOBS_AT_ONCE = 16
MISCONFIGURED_PAUSE_MS = 60_000
WORK = "delivery"
ALWAYS_ON = QuietHours()
SIMULATED = Fence(simulated=FENCED)
EVER = 2**62
WAIT_MS = 500
REPEATED = "May have been sent twice: the server stopped while it was being sent."
SUPPRESSED = {
    Reason.BOUNCE: "Not sent: mail to this address came back before (turnout suppression list).",
    Reason.COMPLAINT: "Not sent: its owner complained before (turnout suppression list).",
    Reason.MANUAL: "Not sent: the address is on the suppression list.",
}
NO_CONSENT = "Not sent: there is no consent to marketing."
ASIDE = "Set aside: the server stopped three times while it was being sent."
# What recipients of a job are told that was closed for another reason than that somebody did.
CLOSED = {
    "cut off": "Not sent: the job's cut-off hour had passed.",
    "credit": "Not sent: the organization's prepaid credit does not cover the job.",
    "limit": "Not sent: the job would have exceeded its user's monthly limit.",
}


class ClaimedRecipient(NamedTuple):
    """Somebody to send to now; `fields` is JSON or empty. `quote_micros` was reserved for it, and
    is the most that it costs; None where nothing was."""

    id: RecipientId
    reference: str
    name: str
    destination: str
    address: str
    fields: str
    attempts: int
    claim: int
    quote_micros: int | None


class ClaimedJob(NamedTuple):
    """A job's share of what was claimed, `until` then (epoch ms)."""

    head: JobHead
    recipients: list[ClaimedRecipient]
    until: int


class RecipientClaims(NamedTuple):
    """Recipients of a job that a worker has in hand: number and claim of each."""

    org_id: OrgId
    job_id: JobId
    claims: Sequence[tuple[RecipientId, int]]


def claim(
    tx: Tx,
    lane: str,
    limit: int,
    lease_ms: int,
    quiet: QuietHours = ALWAYS_ON,
    fence: Fence = SIMULATED,
) -> list[ClaimedJob]:
    """Claim about `limit` recipients of a lane for `lease_ms`.

    Those who opted out, who may not be called (`fence`), whose report never came, and who belong to
    a job that is closing or whose cut-off has come are ended here; those for whom it is `quiet`
    wait, and those for whose calls this hour has no money. A job that cannot be claimed from costs
    the others nothing, and is looked at again later.
    """
    jobs = sql.list_ready_jobs(tx, lane=lane, now=tx.now, limit=JOBS_AT_ONCE)
    share = -(-limit // len(jobs)) if jobs else 0
    claimed: dict[tuple[OrgId, JobId], ClaimedJob] = {}

    def claim_jobs(tx: Tx, jobs: Sequence[tuple[OrgId, JobId]]) -> None:
        for org_id, job_id in jobs:
            head = _cut_off(tx, get_job_head(tx, org_id, job_id))
            claimed[org_id, job_id] = _claim_of(tx, head, share, lease_ms, quiet, fence)

    for org_id, job_id in do_apart(tx, "claim", claim_jobs, sorted(jobs)):
        claimed.pop((org_id, job_id), None)
        ready_at = tx.now + MISCONFIGURED_PAUSE_MS
        sql.set_ready(tx, org_id=org_id, id=job_id, ready_at=ready_at)
    return [claimed[key] for key in sorted(claimed) if claimed[key].recipients]


def _cut_off(tx: Tx, head: JobHead) -> JobHead:
    """The job, closing if its cut-off has come: the clock's own loop may be late."""
    if head.state is not JobState.SENDING or head.cutoff_at is None or head.cutoff_at > tx.now:
        return head
    begin_closing(tx, head.org_id, head.id, "cut off")
    return get_job_head(tx, head.org_id, head.id)


def _claim_of(
    tx: Tx, head: JobHead, share: int, lease_ms: int, quiet: QuietHours, fence: Fence
) -> ClaimedJob:
    rows = sql.claim_recipients(
        tx,
        org_id=head.org_id,
        job_id=head.id,
        now=tx.now,
        until=EVER if head.state is JobState.CLOSING else tx.now,
        lease_now=tx.lease_now,
        lease_end=tx.now + lease_ms,
        limit=share,
    )
    chosen, is_waiting = _without_killers(tx, head, rows, lease_ms)
    _keep_turn(tx, head, is_more=len(rows) == share and bool(chosen), is_waiting=is_waiting)
    to_send = _without_sleepers(tx, head, _sort_out(tx, head, chosen, fence), quiet)
    to_send = _without_unpaid(tx, head, to_send, fence)
    return ClaimedJob(head, to_send, tx.now + lease_ms)


def renew(tx: Tx, held: Sequence[RecipientClaims], lease_ms: int) -> tuple[int, set[RecipientId]]:
    """Hold what still is the worker's for `lease_ms` from now; until when that is (epoch ms), and
    the numbers of those that are another's, or done, by now."""
    lost: set[RecipientId] = set()
    for org_id, job_id, claims_ in sorted(held):
        kept = sql.renew_claims(
            tx,
            org_id=org_id,
            job_id=job_id,
            rows=to_json(sorted(claims_)),
            lease_end=tx.now + lease_ms,
        )
        lost |= {id_ for id_, _ in claims_} - {id_ for (id_,) in kept}
    return tx.now + lease_ms, lost


def _keep_turn(tx: Tx, head: JobHead, *, is_more: bool, is_waiting: bool) -> None:
    """When the job is looked at again. Those who wait have their turn when others that had lost
    their worker have their answers (recording.py), or soon."""
    ready_at: int | None
    if is_more:
        ready_at = tx.now
    elif is_waiting:
        ready_at = tx.now + WAIT_MS
    else:
        ready_at = sql.next_due(tx, org_id=head.org_id, job_id=head.id)
    sql.set_ready(tx, org_id=head.org_id, id=head.id, ready_at=ready_at)


def _sort_out(
    tx: Tx, head: JobHead, rows: "list[ClaimRecipientsRow]", fence: Fence
) -> list[ClaimedRecipient]:
    """Those to send to; the others are ended."""
    ended, to_send = [], []
    for state, is_repeated, recipient in rows:
        if state == "accepted":
            ended.append(end_of(head, recipient, Status.EXPIRED, "No delivery report came."))
        elif head.state is JobState.CLOSING:
            ended.append(_close(head, recipient, is_interrupted=bool(is_repeated)))
        else:
            to_send.append(recipient)
    to_send = _read_numbers(tx, head, to_send)
    if faults := find_faults(tx, head, _calls_of(head, to_send), fence):
        ended += [
            end_of(head, recipient, Status.BLOCKED, faults[recipient.id])
            for recipient in to_send
            if recipient.id in faults
        ]
        to_send = [recipient for recipient in to_send if recipient.id not in faults]
    if head.honours_opt_outs and to_send:
        gone = find_opted_out(tx, head, to_send)
        ended += [
            end_of(head, recipient, Status.OPTED_OUT, "Opted out.")
            for recipient in to_send
            if recipient.id in gone
        ]
        to_send = [recipient for recipient in to_send if recipient.id not in gone]
    if to_send and needs_consent(tx, head):
        agreed = find_agreed(tx, head, to_send)
        ended += [
            end_of(head, recipient, Status.OPTED_OUT, NO_CONSENT)
            for recipient in to_send
            if recipient.id not in agreed
        ]
        to_send = [recipient for recipient in to_send if recipient.id in agreed]
    if head.job_type.channel is Channel.EMAIL and to_send:
        refused = find_refused(tx, head, to_send)
        ended += refused.values()
        to_send = [recipient for recipient in to_send if recipient.id not in refused]
    end_recipients(tx, ended)
    return to_send


def _without_sleepers(
    tx: Tx, head: JobHead, recipients: list[ClaimedRecipient], quiet: QuietHours
) -> list[ClaimedRecipient]:
    """Those for whom it is not quiet now; the others wait for the end of their quiet hours."""
    if head.kind is not Kind.BROADCAST or not quiet.apply(head.job_type.channel):
        return recipients
    ends = {
        recipient.id: end
        for recipient in recipients
        if (end := quiet.ends_at(recipient.address, tx.now, head.timezone)) is not None
    }
    if ends:
        waiting = [
            (recipient.id, recipient.claim, ends[recipient.id], recipient.attempts - 1)
            for recipient in recipients
            if recipient.id in ends
        ]
        return_recipients(tx, head, waiting, "")
        sql.hasten(tx, org_id=head.org_id, id=head.id, ready_at=min(ends.values()))
    return [recipient for recipient in recipients if recipient.id not in ends]


def _without_unpaid(
    tx: Tx, head: JobHead, recipients: list[ClaimedRecipient], fence: Fence
) -> list[ClaimedRecipient]:
    """Those whose calls this hour has money for; the others wait for the next, but for codes."""
    over = draw_hour(tx, head, _calls_of(head, recipients), fence)
    if not over:
        return recipients
    unpaid = [recipient for recipient in recipients if recipient.id in over]
    if head.kind is Kind.CODE:
        end_recipients(tx, [end_of(head, one, Status.BLOCKED, OVER) for one in unpaid])
    else:
        at = next_hour(tx.now)
        waiting = [(one.id, one.claim, at, one.attempts - 1) for one in unpaid]
        return_recipients(tx, head, waiting, WAITS)
        sql.hasten(tx, org_id=head.org_id, id=head.id, ready_at=at)
    return [recipient for recipient in recipients if recipient.id not in over]


def _calls_of(head: JobHead, recipients: list[ClaimedRecipient]) -> list[Call]:
    """Those that are dialled. A number that nobody can have ends as invalid (workers/refusals.py),
    but for codes, which go wherever somebody asked for, and for what may be a short number."""
    return [
        Call(one.id, one.address, one.quote_micros or 0)
        for one in recipients
        if head.kind is Kind.CODE or is_deliverable(one.address) or is_short(one.address, "")
    ]


def _read_numbers(
    tx: Tx, head: JobHead, recipients: list[ClaimedRecipient]
) -> list[ClaimedRecipient]:
    """The same, with the numbers in E.164 that an earlier version took as they were typed."""
    channel = head.job_type.channel
    if channel is Channel.EMAIL:
        return recipients
    odd = [recipient for recipient in recipients if not is_e164(recipient.address)]
    if not odd:
        return recipients
    country = find_country(tx, head.org_id)
    read = {
        recipient.id: address
        for recipient in odd
        if (address := to_address(channel, recipient.destination, country)) != recipient.address
    }
    readdress_recipients(tx, head.org_id, head.id, read)
    return [
        recipient._replace(address=read.get(recipient.id, recipient.address))
        for recipient in recipients
    ]


def _without_killers(
    tx: Tx, head: JobHead, rows: "list[ClaimRecipientsRow]", lease_ms: int
) -> "tuple[list[ClaimRecipientsRow], bool]":
    """The claimed rows that may be sent now, and whether others wait. Those whose lease ran out
    before are counted: what was claimed three times without an answer is set aside, and due no
    more; what was claimed twice is sent alone; of the others a few, and the rest a little later."""
    repeated = [
        (head.org_id, row.recipient.id)
        for row in rows
        if row.is_repeated and row.state != "accepted"
    ]
    if not repeated:
        return rows, False
    chosen = {
        claim.id for claim in claims.claim(tx, WORK, repeated, lease_ms, is_counted_late=True)
    }
    left = {id_ for _, id_ in repeated if id_ not in chosen}
    aside = {id_ for _, id_ in claims.list_aside(tx, WORK, [(head.org_id, id_) for id_ in left])}
    held = {row.recipient.id: row.recipient for row in rows if row.recipient.id in left}
    waiting = [
        (id_, held[id_].claim, tx.now, held[id_].attempts - 1) for id_ in held.keys() - aside
    ]
    return_recipients(tx, head, waiting, REPEATED)
    set_aside = [(id_, held[id_].claim, None, claims.LIMIT) for id_ in held.keys() & aside]
    return_recipients(tx, head, set_aside, ASIDE)
    return [row for row in rows if row.recipient.id not in left], bool(waiting)


def return_recipients(tx: Tx, head: JobHead, rows: list[Any], notes: str) -> set[RecipientId]:
    """Have recipients wait, of those (number, claim, due_at, attempts) whose claims still hold;
    returns whose those are. Without `notes` theirs stay."""
    if not rows:
        return set()
    encoded = to_json(rows)
    kept = sql.put_off(tx, org_id=head.org_id, job_id=head.id, rows=encoded, notes=notes)
    return {id_ for (id_,) in kept}


def find_opted_out(tx: Tx, head: JobHead, recipients: list[ClaimedRecipient]) -> set[RecipientId]:
    """Those who want no more broadcasts of the job's channel."""
    addresses = {recipient.address for recipient in recipients}
    gone = list_opted_out(tx, head.org_id, head.job_type.channel, addresses)
    return {recipient.id for recipient in recipients if recipient.address in gone}


def find_agreed(tx: Tx, head: JobHead, recipients: list[ClaimedRecipient]) -> set[RecipientId]:
    """Those who consented to marketing by the job's channel."""
    addresses = {recipient.address for recipient in recipients}
    agreed = find_consented(tx, head.org_id, head.job_type.channel, addresses)
    return {recipient.id for recipient in recipients if recipient.address in agreed}


def find_refused(
    tx: Tx, head: JobHead, recipients: list[ClaimedRecipient]
) -> dict[RecipientId, RecipientEnding]:
    """The ends of those who are not written to: any mail would bounce, or they complained."""
    found = find_suppressed(tx, head.org_id, {recipient.address for recipient in recipients})
    ended = {}
    for recipient in recipients:
        entry = found.get(recipient.address)
        if entry is None or (entry.reason != Reason.BOUNCE and not head.can_be_left):
            continue
        is_bounce = entry.reason == Reason.BOUNCE
        status = Status.BOUNCED if is_bounce else Status.OPTED_OUT
        ended[recipient.id] = end_of(head, recipient, status, SUPPRESSED[Reason(entry.reason)])
    return ended


def _close(head: JobHead, recipient: ClaimedRecipient, *, is_interrupted: bool) -> RecipientEnding:
    if is_interrupted:
        return end_of(head, recipient, Status.PATHWAY_ERROR, "May have been sent; then cancelled.")
    status = Status.FAILED if head.job_type.channel is Channel.EMAIL else Status.EXPIRED
    notes = CLOSED.get(head.closing_reason, "Not sent: the job was closed.")
    return end_of(head, recipient, status, notes, is_unsent=True)


def end_of(
    head: JobHead, recipient: ClaimedRecipient, status: Status, notes: str, **more: Any
) -> RecipientEnding:
    return RecipientEnding(head.org_id, head.id, recipient.id, status, notes, **more)
