"""Claims: what is about to be done is counted before, so that work which kills is found.

Theory. A row of a queue that kills its process, or hangs it until the watchdog ends it, leaves no
trace in the transaction that it was done in; done again after the restart, it kills again. So a
claim is written in a transaction of its own before the work, and removed with its result. A claim
whose time ran out had no result; the third time the row is set aside: no worker sees it any more
until an operator releases or drops it (core/maintenance/set_aside.py).

A worker may be frozen (a paused machine, a closed laptop) for longer than its claim holds, and go
on as if nothing had been. So the end of a claim is its token: no two claims of a row end at the
same instant, and anyone who does the work takes the claim away first, by its token, in the same
transaction. If that finds nothing, the row is another's.

Rules.
- A row claimed once without a result is done again among others: most of them only had the
  misfortune to be in hand when the machine lost its power.
- One that was claimed twice is done alone, by one worker of all. If it is the one that kills, the
  others in hand stay innocent; if not, it ends, and its claims are forgotten.
- A queue that claims many rows ahead counts them late, and has at most `TOGETHER` of those in hand
  that lost their worker before: so few become suspects, however often workers die.
- Work that goes over a network is not done in the transaction that takes its claim: those queues
  have a token in their own rows (core/messaging, core/callbacks).
- `due` statements leave out what `work_claims` holds for now (`claimed_until`) and what is set
  aside; anyone who writes another queue does the same, with a name in set_aside.py.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from turnout.core.ids import OrgId
from turnout.core.work.sql import sql
from turnout.log import log
from turnout.store import Tx, to_json

LIMIT = 3
TOGETHER = 32
LEASE_MS = 10_000
PAUSE_MS = 60_000
HELD_PAUSE_MS = 3_000

Key = tuple[OrgId, int]
"""Organization and number of a row in its queue."""


class Claim(NamedTuple):
    """A row that a worker has in hand `until` then (epoch ms), which is also the claim's token."""

    org_id: OrgId
    id: int
    until: int

    @property
    def key(self) -> Key:
        return self.org_id, self.id


class Queue(NamedTuple):
    """A queue whose work is done in one transaction. `list_due(tx, limit)` names rows that are
    neither claimed nor set aside; `do(tx, key)` does one, and nothing where it is done already."""

    name: str
    list_due: Callable[[Tx, int], Sequence[Key]]
    do: Callable[[Tx, Key], object]


def turn(tx: Tx, queue: Queue, claimed: Sequence[Claim], limit: int) -> list[Claim]:
    """Do what was claimed by the last turn, then claim what is next, up to `limit`; returns that.

    How rows fail: `do_claimed`.
    """
    do_claimed(tx, queue.name, claimed, queue.do)
    return claim(tx, queue.name, queue.list_due(tx, limit))


def do_claimed(
    tx: Tx, queue: str, claimed: Sequence[Claim], do: Callable[[Tx, Key], object]
) -> None:
    """Do what was claimed, and forget the claims.

    What another worker has claimed since is left to it. One row that fails takes back its own
    effects, is tried again a minute later, and is set aside after the third time; the others go on.
    One that needs a row which another transaction holds is tried again in seconds, uncounted.
    """
    for key, claims in take(tx, queue, claimed).items():
        _do(tx, queue, key, claims, do)


def claim(
    tx: Tx,
    queue: str,
    due: Sequence[Key],
    lease_ms: int = LEASE_MS,
    *,
    is_counted_late: bool = False,
) -> list[Claim]:
    """Count a claim of the rows that are to be done now, which are returned: all that are due, or
    one alone that was claimed twice before, less what another worker has claimed since they were
    listed. What was claimed too often is set aside.

    `is_counted_late`: a queue that counts no first claims; these rows had one before this, and
    `TOGETHER` are in hand at most.
    """
    if not due:
        return []
    known = {
        (org_id, id_): claims
        for org_id, id_, claims, _ in sql.list_claims(tx, queue=queue, keys=to_json(due))
    }
    counts = known
    if is_counted_late:
        counts = dict.fromkeys(due, 1) | known
    for key in due:
        if counts.get(key, 0) >= LIMIT:
            set_aside(tx, queue, key, "It was begun three times, and never came to an end.")
    fresh = [key for key in due if counts.get(key, 0) < LIMIT - 1]
    suspects = [key for key in due if counts.get(key, 0) == LIMIT - 1]
    chosen = (suspects[:1] if suspects and _may_be_alone(tx, queue) else []) or fresh
    if is_counted_late:
        chosen = chosen[: max(0, TOGETHER - _count_in_hand(tx, queue))]
    got = _claim(tx, queue, chosen, lease_ms, first=2 if is_counted_late else 1)
    return [Claim(*key, tx.now + lease_ms) for key in chosen if key in got]


def _claim(tx: Tx, queue: str, keys: Sequence[Key], lease_ms: int, *, first: int) -> set[Key]:
    """Claim the rows, and say which of them were to be had: workers of other nodes, woken by the
    same commit, may have listed them too. A row without claims counts as claimed `first` times."""
    if not keys:
        return set()
    return set(
        sql.claim_rows(
            tx,
            queue=queue,
            keys=to_json(keys),
            now=tx.now,
            claimed_until=tx.now + lease_ms,
            first=first,
        )
    )


def take(tx: Tx, queue: str, claimed: Sequence[Claim]) -> dict[Key, int]:
    """Take away the claims that still hold, and say how often each of their rows was claimed: they
    are to be done in this transaction, or were never begun. The others are another worker's."""
    if not claimed:
        return {}
    held = {
        (org_id, id_): claims
        for org_id, id_, claims in sql.take_claims(tx, queue=queue, claims=to_json(claimed))
    }
    if len(held) < len(claimed):
        log.warning("work was taken over", queue=queue, rows=len(claimed) - len(held))
    return {claim.key: held[claim.key] for claim in claimed if claim.key in held}


def has_room(tx: Tx, queue: str) -> bool:
    """Whether fewer than half of those are in hand that a queue which counts late has at once."""
    return _count_in_hand(tx, queue) < TOGETHER // 2


def _count_in_hand(tx: Tx, queue: str) -> int:
    return int(sql.count_alone(tx, queue=queue, limit=1, now=tx.now))


def _may_be_alone(tx: Tx, queue: str) -> bool:
    """Whether no other worker has one of the queue alone in hand; the lock is kept until commit."""
    sql.lock_suspects(tx, queue=queue)
    return not sql.count_alone(tx, queue=queue, limit=LIMIT, now=tx.now)


def count(tx: Tx, queue: str, keys: Sequence[Key], lease_ms: int = LEASE_MS) -> None:
    """Count one more claim of each row."""
    if keys:
        sql.count_claims(tx, queue=queue, keys=to_json(keys), claimed_until=tx.now + lease_ms)


def put_off(tx: Tx, queue: str, key: Key, claims: int) -> None:
    """What the row needs is held by another transaction: let it rest for some seconds. It was
    claimed `claims` times, and this one does not count."""
    _note(tx, queue, key, claims - 1, "", HELD_PAUSE_MS)


def settle(tx: Tx, queue: str, keys: Sequence[Key]) -> None:
    """The rows came to a result, no matter who had them: forget their claims."""
    if keys:
        rows = [{"org_id": org_id, "queue": queue, "id": id_} for org_id, id_ in sorted(keys)]
        sql.settle_claim(tx, rows)


def list_aside(tx: Tx, queue: str, keys: Sequence[Key]) -> set[Key]:
    """Which of the rows are set aside."""
    rows = sql.list_claims(tx, queue=queue, keys=to_json(keys)) if keys else []
    return {(org_id, id_) for org_id, id_, _, is_aside in rows if is_aside}


def set_aside(tx: Tx, queue: str, key: Key, note: str) -> None:
    """Keep a row from every worker, until an operator decides."""
    org_id, id_ = key
    log.error("work set aside", queue=queue, org_id=org_id, id=id_, note=note)
    sql.set_aside(tx, queue=queue, org_id=org_id, id=id_, note=note, now=tx.now)


def _do(tx: Tx, queue: str, key: Key, claims: int, do: Callable[[Tx, Key], object]) -> None:
    org_id, id_ = key
    try:
        with tx.savepoint():
            do(tx, key)
    except tx.held:
        put_off(tx, queue, key, claims)
    except Exception as error:
        if tx.is_transient(error):
            raise
        log.exception("work failed", queue=queue, org_id=org_id, id=id_)
        _note(tx, queue, key, claims, f"{type(error).__name__}: {error}"[:300], PAUSE_MS)


def _note(tx: Tx, queue: str, key: Key, claims: int, note: str, pause_ms: int) -> None:
    """Let a row rest that could not be done."""
    org_id, id_ = key
    sql.note_failure(
        tx,
        queue=queue,
        org_id=org_id,
        id=id_,
        claims=claims,
        note=note,
        until=tx.now + pause_ms,
    )
