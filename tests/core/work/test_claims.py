"""Claims of work that is done in one transaction: each row is done by the worker that holds it."""

from collections.abc import Sequence

import pytest

from turnout.core.ids import OrgId
from turnout.core.work.claims import LEASE_MS, PAUSE_MS, Claim, Key, Queue, claim, take, turn
from turnout.store import Tx

WORK = "claims test"


class Tray:
    """A queue of numbers; doing one is counted, and those in `failing` fail."""

    def __init__(self, node, org_id: OrgId, due: Sequence[int]) -> None:
        self.node = node
        self.org_id = org_id
        self.due = list(due)
        self.done: list[int] = []
        self.failing: set[int] = set()
        self.queue = Queue(f"{WORK} {org_id}", self._list, self._do)

    def turn(self, claimed: Sequence[Claim] = (), limit: int = 10) -> list[Claim]:
        return self.node.db.call(turn, self.queue, claimed, limit)

    def claims(self) -> dict[int, tuple[int, int]]:
        """How often each was claimed, and until when, in ms from now."""
        query = (
            f"SELECT id, claims, claimed_until FROM work_claims WHERE queue = '{self.queue.name}'"
        )
        now = self.node.clock()
        found = self.node.db.call(lambda tx: tx.connection.execute(query).fetchall())
        return {id_: (claims, until - now) for id_, claims, until in found}

    def _list(self, tx: Tx, limit: int) -> list[Key]:
        held = {row[0] for row in tx.connection.execute(
            f"SELECT id FROM work_claims WHERE queue = '{self.queue.name}' "
            f"AND (set_aside_at IS NOT NULL OR claimed_until > {tx.now})"
        ).fetchall()}  # fmt: skip
        return [(self.org_id, row) for row in self.due if row not in held][:limit]

    def _do(self, _tx: Tx, key: Key) -> None:
        if key[1] in self.failing:
            raise ValueError(key)
        self.done.append(key[1])
        self.due.remove(key[1])


@pytest.fixture
def tray(node, org_id) -> Tray:
    return Tray(node, org_id, [1, 2, 3])


def test_what_was_claimed_is_done_once_and_its_claims_are_forgotten(tray):
    claimed = tray.turn()
    assert [row.id for row in claimed] == [1, 2, 3]
    assert (tray.turn(), tray.done) == ([], [])
    assert (tray.turn(claimed), tray.done, tray.claims()) == ([], [1, 2, 3], {})


def test_a_worker_that_was_frozen_leaves_what_another_has_claimed(tray):
    """Its transaction does not touch the other's claims, which still count."""
    frozen = tray.turn(limit=2)
    tray.node.clock.advance(LEASE_MS // 1000)
    taken = tray.turn(limit=1)
    assert [row.id for row in taken] == [1]
    tray.turn(frozen, limit=0)
    assert tray.done == [2]  # nobody else has claimed that one
    assert tray.claims() == {1: (2, LEASE_MS)}
    tray.turn(taken, limit=0)
    assert (tray.done, tray.claims()) == ([2, 1], {})


def test_a_claim_of_a_row_that_came_round_again_is_not_the_first_ones(tray):
    """The number of claims starts over, the token does not."""
    frozen = tray.turn(limit=1)
    tray.node.clock.advance(LEASE_MS // 1000)
    tray.turn(tray.turn(limit=1), limit=0)
    tray.due.insert(0, 1)
    again = tray.turn(limit=1)
    assert tray.claims() == {1: (1, LEASE_MS)}
    tray.turn(frozen, limit=0)
    assert (tray.done, tray.claims()) == ([1], {1: (1, LEASE_MS)})
    tray.turn(again, limit=0)
    assert tray.done == [1, 1]


def test_what_fails_keeps_its_count_and_waits(tray):
    tray.failing = {2}
    tray.turn(tray.turn(), limit=0)
    assert (tray.done, tray.claims()) == ([1, 3], {2: (1, PAUSE_MS)})
    tray.node.clock.advance(PAUSE_MS // 1000)
    tray.turn(tray.turn(), limit=0)
    assert tray.claims() == {2: (2, PAUSE_MS)}


def test_giving_back_is_for_the_holder_alone(tray):
    frozen = tray.turn(limit=1)
    tray.node.clock.advance(LEASE_MS // 1000)
    taken = tray.turn(limit=1)
    name = tray.queue.name
    assert tray.node.db.call(take, name, frozen) == {}
    assert tray.node.db.call(take, name, taken) == {(tray.org_id, 1): 2}
    assert tray.claims() == {}


def test_the_end_of_a_claim_is_told(node, org_id):
    claimed = node.db.call(claim, f"{WORK} {org_id}", [(org_id, 7)], 2_000)
    assert claimed == [Claim(org_id, 7, node.clock() + 2_000)]


@pytest.mark.parametrize("is_counted_late", [False, True])
def test_what_two_workers_list_at_the_same_time_is_had_by_one(node, org_id, is_counted_late):
    """As two nodes that the same commit wakes. The claim of the one who comes late is not counted:
    else what is held for long would seem to kill its workers, and be set aside."""
    tray = Tray(node, org_id, [7, 8])
    queue, late = tray.queue.name, is_counted_late

    def ask(tx: Tx, *ids: int) -> list[int]:
        listed = [(org_id, id_) for id_ in ids]
        return [row.id for row in claim(tx, queue, listed, is_counted_late=late)]

    first = 2 if late else 1
    assert node.db.call(ask, 7) == [7]
    assert [node.db.call(ask, 7, 8), node.db.call(ask, 7, 8)] == [[] if late else [8], []]
    assert tray.claims()[7] == (first, LEASE_MS)
    node.clock.advance(LEASE_MS // 1000)
    assert node.db.call(ask, 7) == [7]
    assert tray.claims()[7] == (first + 1, LEASE_MS)
