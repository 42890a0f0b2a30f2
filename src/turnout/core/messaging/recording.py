"""What the delivery loop records: what networks answered, and what follows from it.

Whom it concerns was claimed (delivering.py). Results of a claim that is another's by now count only
where something was sent (late.py).
"""

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

from turnout.core.identity.countries import find_country
from turnout.core.ids import RecipientId
from turnout.core.messaging.calling import give_back
from turnout.core.messaging.delivering import (
    MISCONFIGURED_PAUSE_MS,
    WORK,
    ClaimedRecipient,
    end_of,
    return_recipients,
)
from turnout.core.messaging.ending import RecipientEnding, end_recipients
from turnout.core.messaging.fence import FENCED
from turnout.core.messaging.late import note_copies, take_back
from turnout.core.messaging.model import Channel, JobHead, Kind, Status
from turnout.core.messaging.network_ids import NetworkId, name_ids, note_network_ids
from turnout.core.messaging.numbers import is_e164, read_sender, sender_key
from turnout.core.messaging.outcomes import (
    Accepted,
    Lapsed,
    Misconfigured,
    Outcome,
    Rejected,
    Retry,
    Unknown,
    name_call,
)
from turnout.core.messaging.prices import Prices
from turnout.core.messaging.sql import sql
from turnout.core.messaging.suppression import Reason, suppress_recipients
from turnout.core.work import claims
from turnout.core.work.apart import do_apart
from turnout.store import Tx, to_json
from turnout.store.back_off import BackOff

MAX_ATTEMPTS = 8
# How long a carrier may be misconfigured for somebody before they are given up.
MISCONFIGURED_MS = 24 * 3_600_000
# How long mail is tried: networks defer it for hours when they mean no harm (greylisting, full
# boxes, a relay's restart), and senders everywhere wait for that.
MAIL_RETRY_MS = 48 * 3_600_000
# Between tries, in seconds; a network may ask for longer ones.
PAUSES_S = BackOff((5, 30, 120, 600, 1800, 3600, 7200))
UNRECORDED = "the answer could not be recorded, and the log says why"
UNRECORDED_NOTE = "Set aside: it was sent, and its answer could not be recorded."


class Result(NamedTuple):
    """What a network answered about one recipient."""

    head: JobHead
    recipient: ClaimedRecipient
    carrier: str
    outcome: Outcome


class Patience(NamedTuple):
    """How long a report may take, and how long mail is tried; milliseconds."""

    report_ms: int
    mail_ms: int = MAIL_RETRY_MS


def record(tx: Tx, results: Sequence[Result], prices: Prices, patience: Patience) -> None:
    """Write down what networks answered.

    Of recipients that another worker has claimed since, only what was sent is written down.
    Repeating it changes nothing but the notes of attempts. An answer that cannot be written down
    costs the others nothing, and its recipient no second copy: nobody knows what they got. If that
    cannot be written down either, they are set aside.
    """

    def write_down(tx: Tx, results: Sequence[Result]) -> None:
        _record(tx, results, prices, patience)

    for result in do_apart(tx, WORK, write_down, results):
        if do_apart(tx, WORK, write_down, [result._replace(outcome=Unknown(UNRECORDED))]):
            do_apart(tx, WORK, _keep_aside, [result])


def _keep_aside(tx: Tx, results: Sequence[Result]) -> None:
    """Whatever these got: no worker sends to them again, until an operator decides. One that
    another worker has claimed since is left to it."""
    for head, recipient, *_ in results:
        row = (recipient.id, recipient.claim, None, recipient.attempts)
        if return_recipients(tx, head, [row], UNRECORDED_NOTE):
            key = (head.org_id, recipient.id)
            claims.count(tx, WORK, [key])
            claims.set_aside(tx, WORK, key, UNRECORDED_NOTE)


def _record(tx: Tx, results: Sequence[Result], prices: Prices, patience: Patience) -> None:
    ordered = sorted(
        results, key=lambda result: (result.head.org_id, result.head.id, result.recipient.id)
    )
    for _, group in groupby(ordered, key=lambda result: (result.head.org_id, result.head.id)):
        _record_job(tx, list(group), prices, patience)


def _record_job(tx: Tx, results: list[Result], prices: Prices, patience: Patience) -> None:
    head = results[0].head
    held = _write_down(tx, results, prices, patience)
    if len(held) < len(results):
        lost = [result for result in results if result.recipient.id not in held]
        _record_lost(tx, head, lost, prices, patience)
    _suppress_gone(tx, head, [result for result in results if result.recipient.id in held])
    _note_attempts(tx, head, [result for result in results if _is_worth_noting(result, held)])
    _let_next_go(tx, head, results)
    _note_conversations(tx, head, results)


def _note_conversations(tx: Tx, head: JobHead, results: list[Result]) -> None:
    """Anyone who may have got it may answer it: those of whom nobody knows, too."""
    reached = [r.recipient for r in results if isinstance(r.outcome, Accepted | Unknown)]
    if not head.job_type.takes_replies or not reached:
        return
    rows = to_json([(recipient.address, recipient.id) for recipient in reached])
    for number in _list_numbers(tx, head):
        sql.note_conversations(
            tx, number=number, org_id=head.org_id, job_id=head.id, rows=rows, now=tx.now
        )


def _suppress_gone(tx: Tx, head: JobHead, results: list[Result]) -> None:
    """Addresses that their network says take no mail any more are not written to again."""
    gone = [
        (result.recipient.address, result.outcome.reason)
        for result in results
        if isinstance(result.outcome, Rejected) and result.outcome.is_gone
    ]
    if gone and head.job_type.channel is Channel.EMAIL:
        suppress_recipients(tx, head.org_id, head.id, gone, Reason.BOUNCE)


def _list_numbers(tx: Tx, head: JobHead) -> list[str]:
    """Where people may answer a job: the pool's number, and its sender, for networks that carry
    answers to names, too."""
    numbers = {head.options.reply_number, head.sender} - {""}
    odd = {number for number in numbers if not is_e164(number)}
    if odd:
        country = find_country(tx, head.org_id)
        numbers = numbers - odd | {read_sender(number, country) for number in odd}
    return sorted(map(sender_key, numbers))


def _write_down(
    tx: Tx, results: list[Result], prices: Prices, patience: Patience
) -> set[RecipientId]:
    """Write down the results whose claims still hold; returns whose those are."""
    head = results[0].head
    accepted, again, lapsed, ended = [], [], [], []
    given_up = _given_up(tx, head, results, patience)
    for result in results:
        outcome = result.outcome
        if isinstance(outcome, Accepted) and not outcome.is_final:
            accepted.append(result)
        elif isinstance(outcome, Lapsed):
            lapsed.append(result)
        elif isinstance(outcome, Retry | Misconfigured) and result.recipient.id not in given_up:
            again.append(result)
        else:
            ended.append(_end_by(result, prices)._replace(claim=result.recipient.claim))
    held = _put_off(tx, head, again) | _put_off(tx, head, lapsed)
    give_back(tx, head, _price_uncalled(results))
    held |= _await_reports(tx, head, accepted, prices, patience.report_ms)
    held |= end_recipients(tx, ended)
    _name_unanswered(tx, head, results, held)
    # A first claim of a recipient is not counted.
    counted = {result.recipient.id for result in results if _is_repeated(result)}
    claims.settle(tx, WORK, [(head.org_id, id_) for id_ in held & counted])
    return held


def _name_unanswered(tx: Tx, head: JobHead, results: list[Result], held: set[RecipientId]) -> None:
    """A call that may have been made can still be reported, by our own name for it."""
    for result in results:
        if isinstance(result.outcome, Unknown) and result.recipient.id in held:
            named = _name_call(head, result.recipient.id)
            note_network_ids(tx, head, result.carrier, named)


def _name_call(
    head: JobHead, recipient_id: RecipientId, known: Sequence[str] = ()
) -> list[NetworkId]:
    """Our own name for a call, where its network does not use it as its id."""
    name = name_call(recipient_id)
    is_named = head.job_type.channel in FENCED and name not in known
    return name_ids([name], recipient_id) if is_named else []


def _price_uncalled(results: list[Result]) -> int:
    """What was reserved for those that were certainly not called."""
    return sum(
        result.recipient.quote_micros or 0
        for result in results
        if not isinstance(result.outcome, Accepted | Unknown)
    )


def _is_repeated(result: Result) -> bool:
    """Whether it was claimed before. Earlier versions did not number claims."""
    return result.recipient.claim > 1 or result.recipient.attempts > 1


def _record_lost(
    tx: Tx, head: JobHead, lost: list[Result], prices: Prices, patience: Patience
) -> None:
    """Of those who are another's by now, or done: anyone who was sent to was (late.py)."""
    sent = [result for result in lost if isinstance(result.outcome, Accepted)]
    unknown = [result for result in lost if isinstance(result.outcome, Unknown)]
    back = take_back(
        tx,
        head,
        [(result.recipient.id, result.recipient.claim, 1) for result in sent]
        + [(result.recipient.id, result.recipient.claim, 0) for result in unknown],
    )
    if back:
        facts = [result for result in lost if result.recipient.id in back]
        _write_down(tx, facts, prices, patience)
        claims.settle(tx, WORK, [(head.org_id, id_) for id_ in back])
    copies = {e.recipient.id: e.recipient.claim for e in sent if e.recipient.id not in back}
    note_copies(tx, head, copies)


def _let_next_go(tx: Tx, head: JobHead, results: list[Result]) -> None:
    """Others may wait for those that had lost their worker before: their turn is when half are
    done, so that a claim finds room for more than one."""
    if any(_is_repeated(result) for result in results) and claims.has_room(tx, WORK):
        sql.hasten(tx, org_id=head.org_id, id=head.id, ready_at=tx.now)
        tx.wake(f"messaging-{head.lane}")


def _given_up(tx: Tx, head: JobHead, results: list[Result], patience: Patience) -> set[RecipientId]:
    """Those who are not tried again: too often (mail: for too long), or for a day with a carrier
    that cannot work."""
    tried = [result.recipient for result in results if isinstance(result.outcome, Retry)]
    stuck = [result.recipient for result in results if isinstance(result.outcome, Misconfigured)]
    if head.job_type.channel is Channel.EMAIL:
        over = _tried_for_long(tx, head, tried, tx.now - patience.mail_ms)
    else:
        over = {recipient.id for recipient in tried if recipient.attempts >= MAX_ATTEMPTS}
    if stuck:
        found = sql.find_misconfigured(
            tx,
            org_id=head.org_id,
            job_id=head.id,
            rows=to_json([(result.id, result.attempts) for result in stuck]),
            before=tx.now - MISCONFIGURED_MS,
        )
        over |= {id_ for (id_,) in found}
    return over


def _tried_for_long(
    tx: Tx, head: JobHead, tried: list[ClaimedRecipient], before: int
) -> set[RecipientId]:
    """Those whose network said "not now" for the first time before that instant."""
    ids = [recipient.id for recipient in tried if recipient.attempts > 1]
    if not ids:
        return set()
    found = sql.find_long_tried(
        tx, org_id=head.org_id, job_id=head.id, ids=to_json(ids), before=before
    )
    return {id_ for (id_,) in found}


def _end_by(result: Result, prices: Prices) -> RecipientEnding:
    head, recipient, outcome = result.head, result.recipient, result.outcome
    match outcome:
        case Accepted():
            cost = _cost(head, recipient, outcome.parts, prices)
            facts = {"carrier": result.carrier, "parts": outcome.parts, "cost_micros": cost}
            return end_of(head, recipient, Status.SENT, "", **facts)
        case Rejected():
            return end_of(head, recipient, outcome.status, outcome.reason, carrier=result.carrier)
        case Unknown():
            notes = f"May have been delivered, and is not sent again: {outcome.reason}."
            return end_of(head, recipient, Status.PATHWAY_ERROR, notes, carrier=result.carrier)
    reason = getattr(outcome, "reason", "")
    tried = "a day" if isinstance(outcome, Misconfigured) else f"{recipient.attempts} attempts"
    notes = f"Given up after {tried}: {reason}"
    return end_of(head, recipient, Status.FAILED, notes, carrier=result.carrier)


def _cost(head: JobHead, recipient: ClaimedRecipient, parts: int, prices: Prices) -> int:
    quote = recipient.quote_micros
    if quote is None and head.kind is not Kind.BROADCAST:
        return 0
    cost = parts * prices.price_micros(head.job_type.channel, recipient.address)
    return cost if quote is None else min(cost, quote)


def _is_worth_noting(result: Result, held: set[RecipientId]) -> bool:
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
            result.recipient.id,
            result.recipient.attempts,
            type(result.outcome).__name__.lower(),
            getattr(result.outcome, "reason", ""),
        )
        for result in results
    ]
    if rows:
        sql.add_attempts(tx, org_id=head.org_id, job_id=head.id, rows=to_json(rows), now=tx.now)


def _put_off(tx: Tx, head: JobHead, results: list[Result]) -> set[RecipientId]:
    """Have them wait, each with the reason of its own outcome; returns whose claims still held."""
    rows: dict[str, list[tuple[RecipientId, int, int, int]]] = {}
    for result in results:
        due_at, attempts = _next_try(result, tx.now)
        row = (result.recipient.id, result.recipient.claim, due_at, attempts)
        rows.setdefault(getattr(result.outcome, "reason", ""), []).append(row)
    if rows:
        ready_at = min(due_at for some in rows.values() for _, _, due_at, _ in some)
        sql.hasten(tx, org_id=head.org_id, id=head.id, ready_at=ready_at)
    return {id_ for notes, some in rows.items() for id_ in return_recipients(tx, head, some, notes)}


def _next_try(result: Result, now: int) -> tuple[int, int]:
    """When to try again (epoch ms), and how many attempts have counted by then."""
    outcome, attempts = result.outcome, result.recipient.attempts
    match outcome:
        case Retry():
            pause_s = max(outcome.after_s, PAUSES_S.scatter(attempts, result.recipient.id))
            return now + round(pause_s * 1000), attempts
        case Lapsed():
            return now, attempts - 1
    return now + MISCONFIGURED_PAUSE_MS, attempts - 1


def _await_reports(
    tx: Tx, head: JobHead, results: list[Result], prices: Prices, wait_ms: int
) -> set[RecipientId]:
    ids: set[RecipientId] = set()
    for carrier in dict.fromkeys(result.carrier for result in results):
        some = [result for result in results if result.carrier == carrier]
        ids |= _await_reports_of(tx, head, carrier, some, prices, wait_ms)
    return ids


def _await_reports_of(
    tx: Tx, head: JobHead, carrier: str, results: list[Result], prices: Prices, wait_ms: int
) -> set[RecipientId]:
    rows: list[tuple[RecipientId, int, int, int, int]] = []
    names: list[NetworkId] = []
    for result in results:
        outcome = result.outcome
        assert isinstance(outcome, Accepted)  # noqa: S101 - what the caller sorted by
        cost = _cost(head, result.recipient, outcome.parts, prices)
        recipient = result.recipient
        own = name_ids(outcome.network_ids, recipient.id)
        rows.append((recipient.id, recipient.claim, outcome.parts, cost, len(own)))
        names += own + _name_call(head, recipient.id, outcome.network_ids)
    held = sql.accept_recipients(
        tx,
        org_id=head.org_id,
        job_id=head.id,
        rows=to_json(rows),
        carrier=carrier,
        now=tx.now,
        due_at=tx.now + wait_ms,
        is_secret=int(head.kind is Kind.CODE),
    )
    ids = {id_ for (id_,) in held}
    named = [name for name in names if name.recipient_id in ids]
    note_network_ids(tx, head, carrier, named)
    return ids
