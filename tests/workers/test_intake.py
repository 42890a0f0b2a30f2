"""The intake loops: they decide what anybody accepted, and give way to requests."""

import asyncio
import time
from typing import Any

import pytest

from tests.core.registrations.invariants import find_faults
from tests.support.node import Account, LocalNode, open_node
from tests.workers.conftest import until
from turnout.core.people.model import Contact
from turnout.core.registrations.accepting import Asking, accept, accept_all
from turnout.core.registrations.intake import count_waiting
from turnout.core.registrations.model import Submitted
from turnout.core.registrations.submissions import Application, TargetNoun
from turnout.store import Tx
from turnout.workers.intake import intake_loops, rest_for

FLOOD_S = 1.0
TOTAL = {"sqlite": 2_000, "postgresql": 2_000}


def applications(account: Account, count: int) -> list[Application]:
    paks = [session.pak for session in account.sessions]
    return [
        Application(
            TargetNoun.EVENT, account.event.pak, paks, Submitted(Contact(email=f"{n}@example.com"))
        )
        for n in range(count)
    ]


async def run(node: LocalNode, work: Any) -> Any:
    """Do `work` while the intake loops of the node run."""
    loops = intake_loops(node.db)
    for loop in loops:
        loop.start()
    try:
        return await work
    finally:
        for loop in loops:
            await loop.stop()


async def drained(node: LocalNode) -> None:
    async def is_drained() -> bool:
        return await node.db.read(count_waiting, 1) == 0

    await until(is_drained)


def test_what_is_accepted_is_decided(node):
    account = node.add_account()

    async def work():
        for application in applications(account, 40):
            await node.db.write(accept, account.caller, application)
        await drained(node)

    asyncio.run(run(node, work()))
    assert node.db.call(find_faults, after_intake_only=True) == {}
    assert node.db.call(_count_registered) == 40


def test_what_waits_when_the_loops_begin_is_decided(node):
    account = node.add_account()
    for application in applications(account, 20):
        node.db.call(accept, account.caller, application)
    asyncio.run(run(node, drained(node)))
    assert node.db.call(_count_registered) == 20


def test_what_another_process_accepted_is_found_by_polling(node, url):
    """The other one does not wake us: its NOTIFY comes from a connection that is closed first."""
    account = node.add_account()

    def accept_elsewhere():
        with open_node(url, seed=8) as other:
            for application in applications(account, 3):
                other.db.call(accept, account.caller, application)

    async def work():
        await asyncio.sleep(0.1)
        await asyncio.to_thread(accept_elsewhere)
        await drained(node)

    asyncio.run(run(node, work()))
    assert node.db.call(_count_registered) == 3


@pytest.mark.timed
def test_while_requests_come_the_loops_rest_and_go_on_when_they_are_done(node):
    """They decide some among the requests, but far from as many as alone."""
    account = node.add_account()
    everything = [
        Asking(account.caller, application)
        for application in applications(account, TOTAL[node.db.backend])
    ]
    node.db.call(accept_all, everything)

    async def ask_on(until_s: float) -> None:
        while time.monotonic() < until_s:
            await node.db.write(_nothing)

    async def work():
        began = time.monotonic()
        await asyncio.gather(*(ask_on(began + FLOOD_S) for _ in range(8)))
        among = await node.db.write(_count_registered)
        flooded = time.monotonic() - began
        await drained(node)
        return among / flooded, (len(everything) - among) / (time.monotonic() - began - flooded)

    among_requests, alone = asyncio.run(run(node, work()))
    assert 0 < among_requests < alone / 1.5
    assert node.db.call(_count_registered) == len(everything)


def _nothing(tx: Tx) -> None:
    pass


def _count_registered(tx: Tx) -> int:
    (count,) = tx.connection.execute("SELECT count(*) FROM registrations").fetchone()
    return count


@pytest.mark.parametrize(
    ("waited_ms", "rest"), [(0, 9), (10_000, 9), (10_001, 4), (60_001, 1), (10**9, 1)]
)
def test_the_longer_the_first_has_waited_the_less_the_loop_rests(waited_ms, rest):
    assert rest_for(waited_ms) == rest
