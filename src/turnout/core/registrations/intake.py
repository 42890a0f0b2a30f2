"""The intake queue: applications are accepted at once, and decided a moment later.

Theory. What was accepted is on disk (accepting.py). A turn decides submissions in the transaction
in which the person, registration, bookings and ticket are written and the items are closed. There
is no state between: after a crash a submission is either still waiting or wholly done, so every
item ends exactly once. The claim, written by the turn before, only counts how often a submission
was begun: one that kills its worker is set aside (core/work/claims.py).

Rules.
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

from turnout.core.ids import OrgId, PersonId, SubmissionId
from turnout.core.registrations.accepting import QUEUE
from turnout.core.registrations.batches import Simple, decide_together, list_runs
from turnout.core.registrations.deciding import NothingSucceededError, decide
from turnout.core.registrations.model import Submitted
from turnout.core.registrations.sql import sql
from turnout.core.registrations.submissions import (
    Outcome,
    QueuedItem,
    Submission,
    TargetNoun,
)
from turnout.core.work.claims import Claim, claim, put_off, take
from turnout.errors import Conflict
from turnout.log import log
from turnout.store import Tx, attempt_together, to_json
from turnout.store.back_off import growing

ATTEMPTS = 5
PAUSES_S = growing(1, 64, 4)

_submitted_decoder = msgspec.json.Decoder(Submitted)


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


_Run = Sequence[tuple[_Claimed, Simple | None]]


def _list_runs(tx: Tx, claimed: Sequence[_Claimed]) -> Iterator[_Run]:
    """What was claimed, in its order: some that can be decided together, or one alone."""
    submissions = [item.find_fresh() for item in claimed] if len(claimed) > 1 else []
    runs = attempt_together(tx, list_runs, submissions) or [[None] for _ in claimed]
    rest = iter(claimed)
    return ([(next(rest), simple) for simple in run] for run in runs)


def _decide_together(tx: Tx, run: _Run) -> bool:
    """Whether all of a run are decided; else nothing was written."""
    simple = [simple for _, simple in run if simple]
    return attempt_together(tx, _finish_together, simple) is not None


def _finish_together(tx: Tx, simple: Sequence[Simple]) -> int:
    """Decide them and close their items; returns how many. Raises NotTogetherError."""
    items, submissions = [], []
    decided = decide_together(tx, simple)
    for submission, person_id, outcomes in decided.submissions:
        submissions.append((submission.org_id, submission.id))
        for outcome in outcomes:
            end = _end(outcome, person_id)
            items.append((submission.org_id, outcome.id, *end.values()))
    sql.finish_all_items(tx, rows=to_json(items), now=tx.now)
    finished = sql.finish_submissions(tx, rows=to_json(submissions), now=tx.now)
    decided.take(tx)
    return finished


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
