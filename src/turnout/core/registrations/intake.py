"""The intake queue: applications are accepted at once, and decided a moment later.

Theory. `accept` writes the submission and one queue item a session in one transaction: what was
answered is on disk. A turn decides submissions in the transaction in which the person,
registration, bookings and ticket are written and the items are closed. There is no state between:
after a crash a submission is either still waiting or wholly done, so every item ends exactly once.
The claim, written by the turn before, only counts how often a submission was begun: one that kills
its worker is set aside (core/work/claims.py).

Rules.
- What depends on the state of things (unknown or closed session, no place left) fails the item,
  never the request (deciding.py decides that).
- Where the row of an event is held by a transaction that does not end, its submission is left as it
  is, and for some seconds those to the same target are not claimed: the others go on. Where it is
  another row, such as the person's, that submission alone rests.
- When every item failed, the savepoint takes back what was written for the person.
- An unexpected error takes back one submission only; it is tried again with growing pauses and
  then fails with a code, so that a single bad row never blocks the queue.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import NamedTuple, TypedDict

import msgspec

from turnout.core.identity.demo import check_demo
from turnout.core.identity.idempotency import IdempotentRequest, first_answer, keep_answer
from turnout.core.identity.model import Principal
from turnout.core.ids import OrgId, PersonId, QueueItemId, SubmissionId
from turnout.core.registrations.batches import Case, decide_together, list_runs
from turnout.core.registrations.deciding import NothingSucceededError, decide
from turnout.core.registrations.model import Submitted
from turnout.core.registrations.sql import sql
from turnout.core.registrations.submissions import (
    Application,
    ItemStatus,
    Outcome,
    QueuedItem,
    QueueItem,
    Submission,
    TargetNoun,
)
from turnout.core.work.claims import Claim, claim, put_off, take
from turnout.errors import Conflict, Failure, Missing, Unauthenticated
from turnout.log import log
from turnout.store import Tx, attempt_together, to_json
from turnout.store.back_off import growing

QUEUE = "intake"
ATTEMPTS = 5
PAUSES_S = growing(1, 64, 4)
MAX_SESSIONS = 200

_submitted_decoder = msgspec.json.Decoder(Submitted)
_items_decoder = msgspec.json.Decoder(list[QueueItem])


# -- accepting -----------------------------------------------------------------------------


def accept(
    tx: Tx, caller: Principal, application: Application, request: IdempotentRequest | None = None
) -> list[QueueItem]:
    """Queue an application, one item a session in request order; registration API 2.1.

    With `request` it is idempotent for 24 hours: a repetition gets the first items again.
    Raises Unauthenticated when the credential has ended, Missing for an unknown event or
    channel pak, Conflict when the idempotency key belongs to another request.
    """
    target_id = _find_target(tx, caller, application.noun, application.pak)
    if request and (answer := first_answer(tx, caller.org_id, caller.actor, request)) is not None:
        return _items_decoder.decode(answer)
    [items] = _queue(tx, [_Entry(caller.org_id, target_id, application)])
    if request:
        keep_answer(tx, caller.org_id, caller.actor, request, to_json(items))
    return items


def accept_all(
    tx: Tx, asked: list[tuple[Principal, Application]]
) -> list[list[QueueItem] | Failure]:
    """`accept` for many callers in two statements; a refusal stands in its caller's place."""
    targets: dict[tuple[Principal, TargetNoun, str], int | Failure] = {}
    for caller, application in asked:
        key = (caller, application.noun, application.pak)
        if key not in targets:
            try:
                targets[key] = _find_target(tx, *key)
            except (Unauthenticated, Missing) as refusal:
                targets[key] = refusal
    answers: list[list[QueueItem] | Failure] = []
    entries = []
    for caller, application in asked:
        target = targets[caller, application.noun, application.pak]
        if isinstance(target, Failure):
            answers.append(target)
        else:
            answers.append([])
            entries.append(_Entry(caller.org_id, target, application))
    queued = iter(_queue(tx, entries))
    return [answer if isinstance(answer, Failure) else next(queued) for answer in answers]


class _Entry(NamedTuple):
    org_id: OrgId
    target_id: int
    application: Application


_NOT_FOUND = {TargetNoun.EVENT: "event.unknown_pak", TargetNoun.CHANNEL: "channel.unknown_pak"}


def _find_target(tx: Tx, caller: Principal, noun: TargetNoun, pak: str) -> int:
    row = sql.find_intake_target(
        tx, org_id=caller.org_id, credential_id=caller.credential_id, pak=pak
    )
    if row is None:
        raise Unauthenticated("credential.unknown")
    revoked_at, expires_at, is_demo, found, target_id = row
    if revoked_at is not None or (expires_at is not None and expires_at <= tx.now):
        raise Unauthenticated("credential.ended")
    check_demo(tx, bool(is_demo))
    if found != noun or target_id is None:
        raise Missing(_NOT_FOUND[noun], pak=pak)
    return target_id


def _queue(tx: Tx, entries: list[_Entry]) -> list[list[QueueItem]]:
    """Write the submissions and their items, all of them in one statement each."""
    if not entries:
        return []
    submissions, items, answers = [], [], []
    for org_id, target_id, application in entries:
        paks = list(dict.fromkeys(application.session_paks))
        ids = [QueueItemId(number) for number in tx.next_ids("queue_item", len(paks))]
        email = application.submitted.contact.email
        contact = to_json(application.submitted)
        submissions.append((org_id, ids[0], ids[-1], application.noun, target_id, email, contact))
        numbered = list(zip(ids, paks, strict=True))
        items += [(org_id, id_, ids[0], pak) for id_, pak in numbered]
        answers.append([QueueItem(id_, pak, ItemStatus.QUEUED, email) for id_, pak in numbered])
    sql.add_submissions(tx, rows=to_json(submissions), now=tx.now)
    sql.add_queue_items(tx, rows=to_json(items))
    tx.wake(QUEUE)
    return answers


# -- processing ----------------------------------------------------------------------------


class Progress(NamedTuple):
    """How many submissions a step decided, how long the first of them was overdue (ms), and how
    many it left as they were."""

    done: int
    waited_ms: int
    left: int = 0


def process(tx: Tx, limit: int) -> Progress:
    """Claim and decide up to `limit` waiting submissions at once, for those who cannot be killed in
    between. Each ends exactly once; other workers skip those claimed here."""
    return decide_claimed(tx, claim_submissions(tx, limit))


def claim_submissions(tx: Tx, limit: int) -> list[Claim]:
    """Claim up to `limit` submissions that are due (core/work/claims.py)."""
    left = tx.list_left(QUEUE)
    if not left:
        return claim(tx, QUEUE, sql.list_due_submissions(tx, now=tx.now, limit=limit))
    targets = to_json(left)
    return claim(tx, QUEUE, sql.list_due_elsewhere(tx, now=tx.now, limit=limit, targets=targets))


def decide_claimed(tx: Tx, submissions: Sequence[Claim], *, is_brief: bool = False) -> Progress:
    """Decide the submissions that were claimed. One that has been decided since, or claimed by
    another worker, is left alone. `is_brief`: those at the head that are decided together, or the
    first alone; the rest is due again."""
    claims = take(tx, QUEUE, submissions)
    if not claims:
        return Progress(0, 0)
    claimed = sql.lock_submissions(tx, keys=to_json(list(claims)))
    if not claimed:
        return Progress(0, 0)
    done = tried = 0
    for run in _list_runs(tx, claimed):
        if len(run) > 1 and _decide_together(tx, run):
            done += len(run)
            tried += len(run)
        else:
            alone = run[:1] if is_brief else run
            done += sum(_process_one(tx, item, claims[item.org_id, item.id]) for item, _ in alone)
            tried += len(alone)
        if is_brief:
            break
    return Progress(done, max(0, tx.now - claimed[0].due_at), len(claimed) - tried)


def turn_intake(tx: Tx, submissions: Sequence[Claim], limit: int) -> tuple[Progress, list[Claim]]:
    """Decide what the last turn claimed, and claim what is next, in one transaction. Where others
    write at the same time, it is a brief one: places are locked until it ends, and the people of
    the next ones would be locked behind them."""
    is_shared = tx.backend == "postgresql"
    return decide_claimed(tx, submissions, is_brief=is_shared), claim_submissions(tx, limit)


class _Claimed(NamedTuple):
    """A submission as the database gives it; `contact` and `items` are JSON."""

    org_id: OrgId
    id: SubmissionId
    noun: str
    target_id: int
    contact: str
    attempts: int
    due_at: int
    items: str

    def read(self) -> Submission:
        """The submission itself. Raises for a row that makes no sense."""
        return Submission(
            self.org_id,
            self.id,
            TargetNoun(self.noun),
            self.target_id,
            _submitted_decoder.decode(self.contact),
            self.read_items(),
        )

    def find_fresh(self) -> Submission | None:
        """The submission, unless it was tried before or makes no sense: that is to be found out
        alone."""
        with suppress(ValueError, TypeError):
            return None if self.attempts else self.read()
        return None

    def read_items(self) -> list[QueuedItem]:
        return sorted(QueuedItem(*item) for item in msgspec.json.decode(self.items))


_Run = Sequence[tuple[_Claimed, Case | None]]


def _list_runs(tx: Tx, claimed: Sequence[_Claimed]) -> Iterator[_Run]:
    """What was claimed, in its order: some that can be decided together, or one alone."""
    submissions = [item.find_fresh() for item in claimed] if len(claimed) > 1 else []
    runs = attempt_together(tx, list_runs, submissions) or [[None] for _ in claimed]
    rest = iter(claimed)
    return ([(next(rest), case) for case in run] for run in runs)


def _decide_together(tx: Tx, run: _Run) -> bool:
    """Whether all of a run are decided; else nothing was written."""
    cases = [case for _, case in run if case]
    return attempt_together(tx, _finish_together, cases) is not None


def _finish_together(tx: Tx, cases: Sequence[Case]) -> int:
    """Decide them and close their items; returns how many. Raises NotTogetherError."""
    items, submissions = [], []
    for submission, person_id, outcomes in decide_together(tx, cases):
        submissions.append((submission.org_id, submission.id))
        for outcome in outcomes:
            end = _end(outcome, person_id)
            items.append((submission.org_id, outcome.id, *end.values()))
    sql.finish_all_items(tx, rows=to_json(items), now=tx.now)
    return sql.finish_submissions(tx, rows=to_json(submissions), now=tx.now)


def _process_one(tx: Tx, claimed: _Claimed, claims: int) -> bool:
    """Decide one that was claimed so often; False = it was left, since a row is held."""
    person_id: PersonId | None = None
    try:
        with tx.savepoint():
            person_id, outcomes = decide(tx, claimed.read())
    except NothingSucceededError as nothing:
        outcomes = nothing.outcomes
    except tx.held as error:
        if tx.find_held(error):
            tx.leave(QUEUE, (claimed.org_id, claimed.target_id))
        else:
            put_off(tx, QUEUE, (claimed.org_id, claimed.id), claims)
        return False
    except Exception as error:
        if tx.is_transient(error):
            raise
        attempt = claimed.attempts + 1
        log.exception("submission failed", submission=claimed.id, attempt=attempt)
        if attempt < ATTEMPTS:
            due_at = tx.now + round(PAUSES_S.scatter(attempt, claimed.id) * 1000)
            sql.postpone_submission(tx, org_id=claimed.org_id, id=claimed.id, due_at=due_at)
            return True
        outcomes = _fail(claimed.read_items())
    _finish(tx, claimed, outcomes, person_id)
    return True


def give_up(tx: Tx, org_id: OrgId, submission_id: SubmissionId) -> None:
    """Fail every item of a submission that is not decided."""
    for claimed in sql.lock_submissions(tx, keys=to_json([(org_id, submission_id)])):
        _finish(tx, claimed, _fail(claimed.read_items()), None)


def _fail(items: list[QueuedItem]) -> list[Outcome]:
    return [Outcome(item.id, Conflict("registration.failed")) for item in items]


def _finish(tx: Tx, claimed: _Claimed, outcomes: list[Outcome], person_id: PersonId | None) -> None:
    _finish_items(tx, claimed, outcomes, person_id)
    sql.finish_submission(tx, org_id=claimed.org_id, id=claimed.id, now=tx.now)


def _finish_items(
    tx: Tx, claimed: _Claimed, outcomes: list[Outcome], person_id: PersonId | None
) -> None:
    ends = [_end(outcome, person_id) for outcome in outcomes]
    if ends and all(end == ends[0] for end in ends):
        sql.finish_alike(
            tx,
            org_id=claimed.org_id,
            submission_id=claimed.id,
            last_id=max(outcome.id for outcome in outcomes),
            now=tx.now,
            **ends[0],
        )
        return
    rows = [
        {"org_id": claimed.org_id, "id": outcome.id, "now": tx.now, **end}
        for outcome, end in zip(outcomes, ends, strict=True)
    ]
    sql.finish_items(tx, rows)


class _End(TypedDict):
    """The columns that say how an item ended."""

    status: str
    code: str | None
    facts: str | None
    person_id: PersonId | None


def _end(outcome: Outcome, person_id: PersonId | None) -> _End:
    refusal = outcome.refusal
    return {
        "status": outcome.status.value,
        "code": refusal.code if refusal else outcome.note,
        "facts": to_json(refusal.facts) if refusal and refusal.facts else None,
        "person_id": None if refusal else person_id,
    }


def count_waiting(tx: Tx, limit: int) -> int:
    """How many submissions wait, counted up to `limit`."""
    return sql.count_waiting(tx, limit=limit)
