"""What the delivery loop writes: who is claimed, and what networks answered.

Theory. `claim` gives a worker some recipients for the length of a lease, `record` writes down what
became of them. Nothing is held in between, so a worker may die at any instant: when a lease runs
out nobody knows whether the message went out, and it is claimed again with `is_repeated` set.

Rules.
- Jobs take turns: those whose `ready_at` is lowest go first, each gives a share, and one with more
  to do goes to the end of the line.
- `ready_at` is never later than the first `due_at` of a recipient that has one, unless the job is
  paused. Whatever sets a recipient's `due_at` also sees to that.
- Somebody whose report never comes is claimed too, when the wait is over, and ended here; so is
  everybody of a job that is closing.
"""

from collections.abc import Sequence
from itertools import groupby
from typing import Any, NamedTuple

import msgspec

from turnout.core.messaging.ending import Ended, end_recipients
from turnout.core.messaging.jobs import get_job_head
from turnout.core.messaging.model import MEDIA, Channel, JobHead, JobState, Kind, Status
from turnout.core.messaging.numbers import address_key
from turnout.core.messaging.outcomes import (
    Accepted,
    Misconfigured,
    Outcome,
    Rejected,
    Retry,
    Unknown,
)
from turnout.core.messaging.prices import Prices
from turnout.core.messaging.receiving import take_early_reports
from turnout.core.messaging.sql import sql
from turnout.core.work import claims
from turnout.core.work.apart import do_apart
from turnout.store import Tx

JOBS_AT_ONCE = 16
MAX_ATTEMPTS = 8
MISCONFIGURED_PAUSE_MS = 60_000
# Between tries, in seconds; a network may ask for longer ones.
PAUSES_S = (5, 30, 120, 600, 1800, 3600, 7200)
WORK = "delivery"
WAIT_MS = 500
REPEATED = "May have been sent twice: the server stopped while it was being sent."
ASIDE = "Set aside: the server stopped three times while it was being sent."
UNRECORDED = "the answer could not be recorded, and the log says why"
UNRECORDED_NOTE = "Set aside: it was sent, and its answer could not be recorded."
_encode = msgspec.json.Encoder().encode


class Claimed(NamedTuple):
    """Somebody to send to now; `fields` is JSON or empty."""

    id: int
    reference: str
    name: str
    destination: str
    address: str
    fields: str
    attempts: int


class ClaimedJob(NamedTuple):
    """A job's share of what was claimed."""

    head: JobHead
    recipients: list[Claimed]


class Result(NamedTuple):
    """What a network answered about one recipient."""

    head: JobHead
    recipient: Claimed
    carrier: str
    outcome: Outcome


def claim(tx: Tx, lane: str, most: int, lease_ms: int) -> list[ClaimedJob]:
    """Claim about `most` recipients of a lane for `lease_ms`.

    Those who opted out, whose report never came, and who belong to a closing job are ended here. A
    job that cannot be claimed from costs the others nothing, and is looked at again later.
    """
    jobs = sql.list_ready_jobs(tx, lane=lane, now=tx.now, most=JOBS_AT_ONCE)
    share = -(-most // len(jobs)) if jobs else 0
    claimed: dict[tuple[int, int], ClaimedJob] = {}

    def claim_jobs(tx: Tx, jobs: Sequence[tuple[int, int]]) -> None:
        for org_id, job_id in jobs:
            head = get_job_head(tx, org_id, job_id)
            claimed[org_id, job_id] = _claim_of(tx, head, share, lease_ms)

    for org_id, job_id in do_apart(tx, "claim", claim_jobs, sorted(jobs)):
        claimed.pop((org_id, job_id), None)
        ready_at = tx.now + MISCONFIGURED_PAUSE_MS
        sql.set_ready(tx, org_id=org_id, id=job_id, ready_at=ready_at)
    return [claimed[key] for key in sorted(claimed) if claimed[key].recipients]


def _claim_of(tx: Tx, head: JobHead, share: int, lease_ms: int) -> ClaimedJob:
    rows = sql.claim_recipients(
        tx,
        org_id=head.org_id,
        job_id=head.id,
        now=tx.now,
        lease_end=tx.now + lease_ms,
        most=share,
    )
    _keep_turn(tx, head, is_more=len(rows) == share)
    return ClaimedJob(head, _sort_out(tx, head, _without_killers(tx, head, rows, lease_ms)))


def _keep_turn(tx: Tx, head: JobHead, *, is_more: bool) -> None:
    ready_at = tx.now if is_more else sql.next_due(tx, org_id=head.org_id, job_id=head.id)
    sql.set_ready(tx, org_id=head.org_id, id=head.id, ready_at=ready_at)


def _sort_out(tx: Tx, head: JobHead, rows: list[Any]) -> list[Claimed]:
    """Those to send to; the others are ended."""
    ended, to_send = [], []
    for state, is_repeated, *columns in rows:
        recipient = Claimed(*columns)
        if state == "accepted":
            ended.append(_ended(head, recipient, Status.EXPIRED, "No delivery report came."))
        elif head.state is JobState.CLOSING:
            ended.append(_close(head, recipient, is_interrupted=bool(is_repeated)))
        else:
            to_send.append(recipient)
    if head.kind is Kind.BROADCAST and to_send:
        gone = _opted_out(tx, head, to_send)
        ended += [
            _ended(head, each, Status.OPTED_OUT, "Opted out.")
            for each in to_send
            if each.id in gone
        ]
        to_send = [each for each in to_send if each.id not in gone]
    end_recipients(tx, ended)
    return to_send


def _without_killers(tx: Tx, head: JobHead, rows: list[Any], lease_ms: int) -> list[Any]:
    """The claimed rows that may be sent now. Those whose lease ran out before are counted: what
    was claimed three times without an answer is set aside, and due no more; what was claimed twice
    is sent alone, the others of them a little later."""
    repeated = [(head.org_id, row[2]) for row in rows if row[1] and row[0] != "accepted"]
    if not repeated:
        return rows
    chosen = {each.id for each in claims.claim(tx, WORK, repeated, lease_ms, is_counted_late=True)}
    left = {id_ for _, id_ in repeated if id_ not in chosen}
    aside = {id_ for _, id_ in claims.list_aside(tx, WORK, [(head.org_id, id_) for id_ in left])}
    waiting = [(row[2], tx.now, row[8] - 1) for row in rows if row[2] in left - aside]
    _return(tx, head, waiting, REPEATED)
    _return(tx, head, [(id_, None, claims.LIMIT) for id_ in aside], ASIDE)
    if waiting:
        # Their turn is when the one that is alone has its answer (`_let_next_go`), or soon.
        sql.set_ready(tx, org_id=head.org_id, id=head.id, ready_at=tx.now + WAIT_MS)
    return [row for row in rows if row[2] not in left]


def release_recipient(tx: Tx, org_id: int, recipient_id: int) -> None:
    """Let somebody who was set aside be sent to again, now."""
    for job_id, lane in sql.release_recipient(tx, org_id=org_id, id=recipient_id, now=tx.now):
        sql.hasten(tx, org_id=org_id, id=job_id, ready_at=tx.now)
        tx.wake(f"messaging-{lane}")


def give_up_recipient(tx: Tx, org_id: int, recipient_id: int) -> None:
    """End somebody who was set aside: nobody knows what they got."""
    rows = sql.release_recipient(tx, org_id=org_id, id=recipient_id, now=tx.now)
    end_recipients(
        tx,
        [Ended(org_id, job_id, recipient_id, Status.PATHWAY_ERROR, ASIDE) for job_id, _ in rows],
    )


def _return(tx: Tx, head: JobHead, rows: list[Any], notes: str) -> None:
    if rows:
        sql.put_off(
            tx, org_id=head.org_id, job_id=head.id, rows=_encode(rows).decode(), notes=notes
        )


def _let_next_go(tx: Tx, head: JobHead, results: list[Result]) -> None:
    """Others may wait for somebody who was sent to alone: it is their turn now."""
    if any(each.recipient.attempts > 1 for each in results):
        sql.hasten(tx, org_id=head.org_id, id=head.id, ready_at=tx.now)
        tx.wake(f"messaging-{head.lane}")


def _opted_out(tx: Tx, head: JobHead, recipients: list[Claimed]) -> set[int]:
    channel = head.job_type.channel
    keys = {each.id: address_key(channel, each.address) for each in recipients}
    found = {
        address
        for (address,) in sql.find_opted_out(
            tx,
            org_id=head.org_id,
            medium=MEDIA[channel].value,
            addresses=_encode(sorted(set(keys.values()))).decode(),
        )
    }
    return {id_ for id_, key in keys.items() if key in found}


def _close(head: JobHead, recipient: Claimed, *, is_interrupted: bool) -> Ended:
    if is_interrupted:
        return _ended(head, recipient, Status.PATHWAY_ERROR, "May have been sent; then cancelled.")
    status = Status.FAILED if head.job_type.channel is Channel.EMAIL else Status.EXPIRED
    return _ended(head, recipient, status, "Not sent: the job was closed.", is_unsent=True)


def _ended(head: JobHead, recipient: Claimed, status: Status, notes: str, **more: Any) -> Ended:
    return Ended(head.org_id, head.id, recipient.id, status, notes, **more)


# -- recording -----------------------------------------------------------------------------


def record(tx: Tx, results: Sequence[Result], prices: Prices, report_wait_ms: int) -> None:
    """Write down what networks answered; `report_wait_ms` is how long a report may take.

    Repeating it changes nothing but the notes of attempts. An answer that cannot be written down
    costs the others nothing, and its recipient no second copy: nobody knows what they got. If that
    cannot be written down either, they are set aside.
    """

    def write_down(tx: Tx, results: Sequence[Result]) -> None:
        _record(tx, results, prices, report_wait_ms)

    for result in do_apart(tx, WORK, write_down, results):
        if do_apart(tx, WORK, write_down, [result._replace(outcome=Unknown(UNRECORDED))]):
            do_apart(tx, WORK, _keep_aside, [result])


def _keep_aside(tx: Tx, results: Sequence[Result]) -> None:
    """Whatever these got: no worker sends to them again, until an operator decides."""
    for head, recipient, *_ in results:
        key = (head.org_id, recipient.id)
        claims.count(tx, WORK, [key])
        claims.set_aside(tx, WORK, key, UNRECORDED_NOTE)
        _return(tx, head, [(recipient.id, None, recipient.attempts)], UNRECORDED_NOTE)


def _record(tx: Tx, results: Sequence[Result], prices: Prices, report_wait_ms: int) -> None:
    ordered = sorted(results, key=lambda each: (each.head.org_id, each.head.id, each.recipient.id))
    ended: list[Ended] = []
    for _, group in groupby(ordered, key=lambda each: (each.head.org_id, each.head.id)):
        ended += _record_job(tx, list(group), prices, report_wait_ms)
    end_recipients(tx, ended)


def _record_job(tx: Tx, results: list[Result], prices: Prices, report_wait_ms: int) -> list[Ended]:
    head = results[0].head
    claims.settle(tx, WORK, [(head.org_id, each.recipient.id) for each in results])
    _let_next_go(tx, head, results)
    accepted, again, ended = [], [], []
    for each in results:
        outcome = each.outcome
        if isinstance(outcome, Accepted) and not outcome.is_final:
            accepted.append(each)
        elif isinstance(outcome, Retry | Misconfigured) and not _is_over(each):
            again.append(each)
        else:
            ended.append(_end_by(each, prices))
    _note_attempts(tx, head, results)
    _put_off(tx, head, again)
    _await_reports(tx, head, accepted, prices, report_wait_ms)
    taken = [each for each in results if isinstance(each.outcome, Accepted)]
    if head.job_type.takes_replies and taken:
        pairs = [(each.recipient.address, each.recipient.id) for each in taken]
        sql.note_conversations(
            tx,
            number=head.sender,
            org_id=head.org_id,
            job_id=head.id,
            rows=_encode(pairs).decode(),
            now=tx.now,
        )
    return ended


def _is_over(result: Result) -> bool:
    if isinstance(result.outcome, Misconfigured):
        return False
    return result.recipient.attempts >= MAX_ATTEMPTS


def _end_by(result: Result, prices: Prices) -> Ended:
    head, recipient, outcome = result.head, result.recipient, result.outcome
    match outcome:
        case Accepted():
            cost = _cost(head, recipient, outcome.parts, prices)
            facts = {"carrier": result.carrier, "parts": outcome.parts, "cost_micros": cost}
            return _ended(head, recipient, Status.SENT, "", **facts)
        case Rejected():
            return _ended(head, recipient, outcome.status, outcome.reason, carrier=result.carrier)
        case Unknown():
            notes = f"May have been delivered, and is not sent again: {outcome.reason}."
            return _ended(head, recipient, Status.PATHWAY_ERROR, notes, carrier=result.carrier)
    notes = f"Given up after {recipient.attempts} attempts: {outcome.reason}"
    return _ended(head, recipient, Status.FAILED, notes, carrier=result.carrier)


def _cost(head: JobHead, recipient: Claimed, parts: int, prices: Prices) -> int:
    if head.kind is not Kind.BROADCAST:
        return 0
    return parts * prices.price_micros(head.job_type.channel, recipient.address)


def _note_attempts(tx: Tx, head: JobHead, results: list[Result]) -> None:
    """Everything but a first attempt that the network took is kept."""
    rows = [
        (
            each.recipient.id,
            each.recipient.attempts,
            type(each.outcome).__name__.lower(),
            getattr(each.outcome, "reason", ""),
        )
        for each in results
        if not isinstance(each.outcome, Accepted) or each.recipient.attempts > 1
    ]
    if rows:
        sql.add_attempts(
            tx, org_id=head.org_id, job_id=head.id, rows=_encode(rows).decode(), now=tx.now
        )


def _put_off(tx: Tx, head: JobHead, results: list[Result]) -> None:
    if not results:
        return
    rows = []
    for each in results:
        outcome, attempts = each.outcome, each.recipient.attempts
        if isinstance(outcome, Retry):
            pause_s = max(outcome.after_s, PAUSES_S[min(attempts, len(PAUSES_S)) - 1])
            rows.append((each.recipient.id, tx.now + round(pause_s * 1000), attempts))
        else:
            rows.append((each.recipient.id, tx.now + MISCONFIGURED_PAUSE_MS, attempts - 1))
    notes = getattr(results[0].outcome, "reason", "")
    sql.put_off(tx, org_id=head.org_id, job_id=head.id, rows=_encode(rows).decode(), notes=notes)
    sql.hasten(tx, org_id=head.org_id, id=head.id, ready_at=min(row[1] for row in rows))


def _await_reports(
    tx: Tx, head: JobHead, results: list[Result], prices: Prices, wait_ms: int
) -> None:
    if not results:
        return
    rows, names = [], []
    for each in results:
        outcome = each.outcome
        assert isinstance(outcome, Accepted)  # noqa: S101 - what the caller sorted by
        cost = _cost(head, each.recipient, outcome.parts, prices)
        rows.append((each.recipient.id, outcome.parts, cost, len(outcome.network_ids)))
        names += [
            (each.carrier, name, each.recipient.id, len(outcome.network_ids))
            for name in outcome.network_ids
        ]
    sql.accept_recipients(
        tx,
        org_id=head.org_id,
        job_id=head.id,
        rows=_encode(rows).decode(),
        carrier=results[0].carrier,
        now=tx.now,
        due_at=tx.now + wait_ms,
        is_secret=int(head.kind is Kind.CODE),
    )
    if names:
        sql.add_network_ids(tx, org_id=head.org_id, job_id=head.id, rows=_encode(names).decode())
        take_early_reports(tx, [(carrier, name) for carrier, name, *_ in names])
