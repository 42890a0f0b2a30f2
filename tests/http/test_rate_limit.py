"""The window: 60 s from the first request, an account and endpoint, over processes and restarts."""

import asyncio
from collections.abc import Iterator

import pytest

from tests.support.node import BACKENDS, Account, LocalNode, new_database, open_node
from turnout.core.identity.organizations import set_rate_limit
from turnout.core.ids import OrgId
from turnout.errors import Limited
from turnout.http.rate_limit import RateLimiter

LIMIT = 3


class Door:
    """A limiter of the node's database, as one process has it."""

    def __init__(self, node: LocalNode) -> None:
        self.node = node
        self.limiter = RateLimiter(node.db, LIMIT)

    def knock(self, org_id: OrgId, endpoint: str = "register") -> int:
        """0 when admitted, else the seconds to wait."""
        try:
            self.node.client.run(self.limiter.admit(org_id, endpoint))
        except Limited as refusal:
            return refusal.retry_after
        return 0

    def knock_often(self, times: int, org_id: OrgId, endpoint: str = "register") -> int:
        """How many of so many knocks were admitted."""
        return [self.knock(org_id, endpoint) for _ in range(times)].count(0)

    def flush(self) -> None:
        self.node.client.run(self.limiter.flush())


@pytest.fixture(params=BACKENDS)
def both(request: pytest.FixtureRequest, tmp_path) -> Iterator[LocalNode]:
    """A node on either database."""
    cluster = request.getfixturevalue("cluster") if request.param == "postgresql" else None
    with open_node(new_database(request.param, tmp_path, cluster)) as node:
        yield node


@pytest.fixture
def door(node: LocalNode) -> Door:
    return Door(node)


def set_limit(node: LocalNode, account: Account, limit: int | None) -> None:
    node.db.call(set_rate_limit, account.organization.slug, limit, actor="test")


def test_the_window_lasts_60_seconds_from_the_first_request(
    door: Door, node: LocalNode, account: Account
):
    assert door.knock(account.org_id) == 0
    node.clock.advance(40)
    assert [door.knock(account.org_id) for _ in range(3)] == [0, 0, 20]
    node.clock.advance(19.999)
    assert door.knock(account.org_id) == 1
    node.clock.advance(0.001)
    assert [door.knock(account.org_id) for _ in range(4)] == [0, 0, 0, 60]


def test_a_refusal_does_not_make_the_window_longer(door: Door, node: LocalNode, account: Account):
    waits = []
    for _ in range(6):
        waits.append(door.knock(account.org_id))
        node.clock.advance(10)
    assert waits == [0, 0, 0, 30, 20, 10]
    assert door.knock(account.org_id) == 0


@pytest.mark.parametrize(("passed_s", "wait_s"), [(0, 60), (0.001, 60), (12.3, 48), (59.5, 1)])
def test_the_wait_is_what_is_left_of_the_window(
    door: Door, node: LocalNode, account: Account, passed_s: float, wait_s: int
):
    door.knock_often(LIMIT, account.org_id)
    node.clock.advance(passed_s)
    assert door.knock(account.org_id) == wait_s


def test_each_account_and_endpoint_has_its_own_window(
    door: Door, node: LocalNode, account: Account
):
    other = node.add_account("other")
    assert door.knock_often(5, account.org_id, "register") == LIMIT
    assert door.knock_often(5, account.org_id, "signin") == LIMIT
    assert door.knock_often(5, other.org_id, "register") == LIMIT


@pytest.mark.parametrize(("limit", "admitted"), [(None, LIMIT), (1, 1), (5, 5), (0, 10)])
def test_the_account_has_its_own_limit(
    door: Door, node: LocalNode, account: Account, limit: int | None, admitted: int
):
    set_limit(node, account, limit)
    assert door.knock_often(10, account.org_id) == admitted


def test_a_changed_limit_is_taken_over_with_the_next_flush(
    door: Door, node: LocalNode, account: Account
):
    assert door.knock_often(5, account.org_id) == LIMIT
    set_limit(node, account, 5)
    assert door.knock_often(5, account.org_id) == 0
    door.flush()
    assert door.knock_often(5, account.org_id) == 2
    set_limit(node, account, 0)
    door.flush()
    assert door.knock_often(20, account.org_id) == 20


def test_first_requests_side_by_side_share_one_count(door: Door, node: LocalNode, account: Account):
    async def knock_together() -> list[BaseException | None]:
        knocks = (door.limiter.admit(account.org_id, "register") for _ in range(20))
        return await asyncio.gather(*knocks, return_exceptions=True)

    outcomes = node.client.run(knock_together())
    assert outcomes.count(None) == LIMIT


def test_two_processes_count_into_one_window(both: LocalNode):
    account = both.add_account()
    set_limit(both, account, 10)
    here, there = Door(both), Door(both)
    assert here.knock_often(4, account.org_id) == 4
    here.flush()
    # Who comes to know the account now, knows what others counted ...
    assert there.knock_often(4, account.org_id) == 4
    there.flush()
    # ... and who knows it already, learns that with its own flush.
    here.flush()
    assert here.knock_often(10, account.org_id) == 2
    here.flush()
    there.flush()
    assert there.knock(account.org_id) == 60


def test_a_restart_does_not_begin_the_window_anew(both: LocalNode):
    account = both.add_account()
    before = Door(both)
    assert before.knock_often(LIMIT, account.org_id) == LIMIT
    before.flush()
    both.clock.advance(20)
    after = Door(both)
    assert after.knock(account.org_id) == 40
    both.clock.advance(40)
    assert after.knock_often(5, account.org_id) == LIMIT


def test_a_window_that_begins_while_another_is_stored_is_not_lost(
    door: Door, node: LocalNode, account: Account
):
    """What is flushed belongs to the old window; the new one keeps its own count."""
    door.knock_often(2, account.org_id)

    async def flush_and_knock() -> None:
        flush = asyncio.ensure_future(door.limiter.flush())
        await asyncio.sleep(0)
        node.clock.advance(60)
        await door.limiter.admit(account.org_id, "register")
        await flush

    node.client.run(flush_and_knock())
    assert door.knock_often(5, account.org_id) == LIMIT - 1
    door.flush()
    assert Door(node).knock(account.org_id) == 60


def test_an_idle_account_is_forgotten_and_known_again(
    door: Door, node: LocalNode, account: Account
):
    door.knock_often(LIMIT, account.org_id)
    door.flush()
    node.clock.advance(11 * 60)
    door.flush()
    set_limit(node, account, 1)
    assert door.knock_often(5, account.org_id) == 1


@pytest.mark.parametrize("seconds", [-3600, 3600, 2 * 24 * 3600])
def test_a_clock_that_is_set_refuses_nobody(both: LocalNode, seconds: float):
    account = both.add_account()
    before = Door(both)
    assert before.knock_often(LIMIT, account.org_id) == LIMIT
    before.flush()
    both.clock.advance(seconds)
    assert before.knock(account.org_id) == 0
    assert Door(both).knock(account.org_id) == 0
    before.flush()
    assert Door(both).knock_often(5, account.org_id) == LIMIT - 1


def test_one_request_of_a_clock_that_is_ahead_costs_nobody_the_next_hours(both: LocalNode):
    account = both.add_account()
    both.clock.advance(7200)
    astray = Door(both)
    assert astray.knock_often(LIMIT, account.org_id) == LIMIT
    astray.flush()
    both.clock.advance(-7200)
    door = Door(both)
    assert [door.knock(account.org_id) for _ in range(4)] == [0, 0, 0, 60]


@pytest.mark.parametrize("ahead_s", [1, 5])
def test_nobody_is_told_to_wait_for_longer_than_the_window(both: LocalNode, ahead_s: int):
    """Clocks of two machines are never the same: a window may begin a little later than now."""
    account = both.add_account()
    first = Door(both)
    assert first.knock_often(LIMIT, account.org_id) == LIMIT
    first.flush()
    both.clock.advance(-ahead_s)
    assert Door(both).knock(account.org_id) == 60


def test_what_was_not_asked_for_long_is_forgotten_after_the_clock_was_set_back(
    door: Door, node: LocalNode, account: Account
):
    door.knock_often(LIMIT, account.org_id)
    door.flush()
    node.clock.advance(-3600)
    door.flush()
    set_limit(node, account, 1)
    assert door.knock_often(5, account.org_id) == 1
