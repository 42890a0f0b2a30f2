"""What the delivery loop writes: who is claimed, and what networks answered.

Theory. `claim` gives a worker some recipients for the length of a lease, `record` writes down what
became of them. Nothing is held in between, so a worker may die at any instant: when a lease runs
out nobody knows whether the message went out, and it is claimed again with `is_repeated` set.
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
- Somebody whose report never comes is claimed too, when the wait is over, and ended here; so is
  everybody of a job that is closing.
"""

from collections.abc import Sequence
from itertools import groupby
from typing import Any, NamedTuple

import msgspec

from turnout.core.messaging.ending import Ended, end_recipients
from turnout.core.messaging.jobs import get_job_head
from turnout.core.messaging.late import note_copies, take_back
from turnout.core.messaging.model import MEDIA, Channel, JobHead, JobState, Kind, Status
from turnout.core.messaging.network_ids import Named, note_network_ids
from turnout.core.messaging.numbers import address_key
from turnout.core.messaging.outcomes import (
    Accepted,
    Lapsed,
    Misconfigured,
    Outcome,
    Rejected,
    Retry,
    Unknown,
)
from turnout.core.messaging.prices import Prices
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
    claim: int


class ClaimedJob(NamedTuple):
    """A job's share of what was claimed, `until` then (epoch ms)."""

    head: JobHead
    recipients: list[Claimed]
    until: int


class Held(NamedTuple):
    """Recipients of a job that a worker has in hand: number and claim of each."""

    org_id: int
    job_id: int
    claims: Sequence[tuple[int, int]]


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
        lease_now=tx.lease_now,
        lease_end=tx.now + lease_ms,
        most=share,
    )
    _keep_turn(tx, head, is_more=len(rows) == share)
    to_send = _sort_out(tx, head, _without_killers(tx, head, rows, lease_ms))
    return ClaimedJob(head, to_send, tx.now + lease_ms)


def renew(tx: Tx, held: Sequence[Held], lease_ms: int) -> tuple[int, set[int]]:
    """Hold what still is the worker's for `lease_ms` from now; until when that is (epoch ms), and
    the numbers of those that are another's, or done, by now."""
    lost: set[int] = set()
    for org_id, job_id, claims_ in sorted(held):
        kept = sql.renew_claims(
            tx,
            org_id=org_id,
            job_id=job_id,
            rows=_encode(sorted(claims_)).decode(),
            lease_end=tx.now + lease_ms,
        )
        lost |= {id_ for id_, _ in claims_} - {id_ for (id_,) in kept}
    return tx.now + lease_ms, lost


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
    waiting = [(row[2], row[9], tx.now, row[8] - 1) for row in rows if row[2] in left - aside]
    _return(tx, head, waiting, REPEATED)
    set_aside = [(row[2], row[9], None, claims.LIMIT) for row in rows if row[2] in aside]
    _return(tx, head, set_aside, ASIDE)
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


def _return(tx: Tx, head: JobHead, rows: list[Any], notes: str) -> set[int]:
    """Have recipients wait, of those (number, claim, due_at, attempts) whose claims still hold;
    returns whose those are. Without `notes` theirs stay."""
    if not rows:
        return set()
    encoded = _encode(rows).decode()
    kept = sql.put_off(tx, org_id=head.org_id, job_id=head.id, rows=encoded, notes=notes)
    return {id_ for (id_,) in kept}


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

    Of recipients that another worker has claimed since, only what was sent is written down.
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
    """Whatever these got: no worker sends to them again, until an operator decides. One that
    another worker has claimed since is left to it."""
    for head, recipient, *_ in results:
        row = (recipient.id, recipient.claim, None, recipient.attempts)
        if _return(tx, head, [row], UNRECORDED_NOTE):
            key = (head.org_id, recipient.id)
            claims.count(tx, WORK, [key])
            claims.set_aside(tx, WORK, key, UNRECORDED_NOTE)


def _record(tx: Tx, results: Sequence[Result], prices: Prices, report_wait_ms: int) -> None:
    ordered = sorted(results, key=lambda each: (each.head.org_id, each.head.id, each.recipient.id))
    for _, group in groupby(ordered, key=lambda each: (each.head.org_id, each.head.id)):
        _record_job(tx, list(group), prices, report_wait_ms)


def _record_job(tx: Tx, results: list[Result], prices: Prices, report_wait_ms: int) -> None:
    head = results[0].head
    held = _write_down(tx, results, prices, report_wait_ms)
    if len(held) < len(results):
        lost = [each for each in results if each.recipient.id not in held]
        _record_lost(tx, head, lost, prices, report_wait_ms)
    _note_attempts(tx, head, [each for each in results if _is_worth_noting(each, held)])
    _let_next_go(tx, head, results)
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


def _write_down(tx: Tx, results: list[Result], prices: Prices, report_wait_ms: int) -> set[int]:
    """Write down the results whose claims still hold; returns whose those are."""
    head = results[0].head
    accepted, again, lapsed, ended = [], [], [], []
    for each in results:
        outcome = each.outcome
        if isinstance(outcome, Accepted) and not outcome.is_final:
            accepted.append(each)
        elif isinstance(outcome, Lapsed):
            lapsed.append(each)
        elif isinstance(outcome, Retry | Misconfigured) and not _is_over(each):
            again.append(each)
        else:
            ended.append(_end_by(each, prices)._replace(claim=each.recipient.claim))
    held = _put_off(tx, head, again) | _put_off(tx, head, lapsed)
    held |= _await_reports(tx, head, accepted, prices, report_wait_ms)
    held |= end_recipients(tx, ended)
    claims.settle(tx, WORK, [(head.org_id, id_) for id_ in held])
    return held


def _record_lost(
    tx: Tx, head: JobHead, lost: list[Result], prices: Prices, report_wait_ms: int
) -> None:
    """Of those who are another's by now, or done: whoever was sent to was (late.py)."""
    sent = [each for each in lost if isinstance(each.outcome, Accepted)]
    unknown = [each for each in lost if isinstance(each.outcome, Unknown)]
    back = take_back(
        tx,
        head,
        [(each.recipient.id, each.recipient.claim, 1) for each in sent]
        + [(each.recipient.id, each.recipient.claim, 0) for each in unknown],
    )
    if back:
        facts = [each for each in lost if each.recipient.id in back]
        _write_down(tx, facts, prices, report_wait_ms)
    copies = {e.recipient.id: e.recipient.claim for e in sent if e.recipient.id not in back}
    note_copies(tx, head, copies)


def _is_over(result: Result) -> bool:
    return isinstance(result.outcome, Retry) and result.recipient.attempts >= MAX_ATTEMPTS


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
    reason = getattr(outcome, "reason", "")
    notes = f"Given up after {recipient.attempts} attempts: {reason}"
    return _ended(head, recipient, Status.FAILED, notes, carrier=result.carrier)


def _cost(head: JobHead, recipient: Claimed, parts: int, prices: Prices) -> int:
    if head.kind is not Kind.BROADCAST:
        return 0
    return parts * prices.price_micros(head.job_type.channel, recipient.address)


def _is_worth_noting(result: Result, held: set[int]) -> bool:
    """Everything but a first attempt that the network took; that too if the claim was lost."""
    match result.outcome:
        case Lapsed():
            return False
        case Accepted():
            return result.recipient.attempts > 1 or result.recipient.id not in held
    return True


def _note_attempts(tx: Tx, head: JobHead, results: list[Result]) -> None:
    rows = [
        (
            each.recipient.id,
            each.recipient.attempts,
            type(each.outcome).__name__.lower(),
            getattr(each.outcome, "reason", ""),
        )
        for each in results
    ]
    if rows:
        sql.add_attempts(
            tx, org_id=head.org_id, job_id=head.id, rows=_encode(rows).decode(), now=tx.now
        )


def _put_off(tx: Tx, head: JobHead, results: list[Result]) -> set[int]:
    if not results:
        return set()
    rows = []
    for each in results:
        recipient = each.recipient
        due_at, attempts = _next_try(each, tx.now)
        rows.append((recipient.id, recipient.claim, due_at, attempts))
    notes = getattr(results[0].outcome, "reason", "")
    sql.hasten(tx, org_id=head.org_id, id=head.id, ready_at=min(row[2] for row in rows))
    return _return(tx, head, rows, notes)


def _next_try(result: Result, now: int) -> tuple[int, int]:
    """When to try again (epoch ms), and how many attempts have counted by then."""
    outcome, attempts = result.outcome, result.recipient.attempts
    match outcome:
        case Retry():
            pause_s = max(outcome.after_s, PAUSES_S[min(attempts, len(PAUSES_S)) - 1])
            return now + round(pause_s * 1000), attempts
        case Lapsed():
            return now, attempts - 1
    return now + MISCONFIGURED_PAUSE_MS, attempts - 1


def _await_reports(
    tx: Tx, head: JobHead, results: list[Result], prices: Prices, wait_ms: int
) -> set[int]:
    if not results:
        return set()
    rows: list[tuple[int, int, int, int, int]] = []
    names: list[Named] = []
    for each in results:
        outcome = each.outcome
        assert isinstance(outcome, Accepted)  # noqa: S101 - what the caller sorted by
        cost = _cost(head, each.recipient, outcome.parts, prices)
        recipient, own = each.recipient, dict.fromkeys(outcome.network_ids)
        rows.append((recipient.id, recipient.claim, outcome.parts, cost, len(own)))
        names += [Named(name, recipient.id, len(own)) for name in own]
    held = sql.accept_recipients(
        tx,
        org_id=head.org_id,
        job_id=head.id,
        rows=_encode(rows).decode(),
        carrier=results[0].carrier,
        now=tx.now,
        due_at=tx.now + wait_ms,
        is_secret=int(head.kind is Kind.CODE),
    )
    ids = {id_ for (id_,) in held}
    named = [each for each in names if each.recipient_id in ids]
    note_network_ids(tx, head, results[0].carrier, named)
    return ids
