"""What a delivery loop has in hand: its leases are renewed, and nothing is sent without one."""

import asyncio
import itertools
from collections.abc import Sequence

import pytest

from tests.core.messaging.jobs import (
    NUMBERS,
    PRICES,
    answer,
    job,
    make_login,
    new_job,
    post,
    rows,
)
from tests.support.builder import make_organization
from tests.workers.conftest import until
from turnout.carriers import Accepted, Inbox, Lapsed, Message, Outcome, Parcel
from turnout.core.ids import JobId
from turnout.core.messaging.delivering import ClaimedJob, claim
from turnout.core.messaging.model import Channel
from turnout.core.messaging.sender_ids import SenderRules
from turnout.store import Tx
from turnout.workers.delivery import Delivery, delivery_loops

LEASE_MS = 900
SENT = Accepted(is_final=True)
ORGS = itertools.count(1)


class Gate:
    """A carrier that lets parcels wait until it is opened; then it sends what is still ours."""

    name = "gate"
    channels = frozenset(Channel)

    def __init__(self) -> None:
        self.waiting: list[Parcel] = []
        self.sent: list[int] = []
        self.is_open = asyncio.Event()

    async def start(self, inbox: Inbox) -> None:
        pass

    async def stop(self) -> None:
        pass

    async def send(self, message: Message, parcels: Sequence[Parcel]) -> list[Outcome]:
        self.waiting += parcels
        await self.is_open.wait()
        return [self._send(parcel) for parcel in parcels]

    def _send(self, parcel: Parcel) -> Outcome:
        if not parcel.is_ours():
            return Lapsed()
        self.sent.append(parcel.attempt_id)
        return SENT


@pytest.fixture
def job_id(node) -> JobId:
    slug = f"leases-{next(ORGS)}"
    org_id = node.db.call(make_organization, slug, slug)
    login = node.db.call(make_login, org_id, f"au/{slug}", receive_reports=False)
    return post(node.db, login, new_job(), NUMBERS[:30])


def run(node, gate: Gate, work, lease_ms: int = LEASE_MS) -> None:
    """Deliver by the gate while `work` is done."""

    async def main() -> None:
        delivery = Delivery(
            carriers=dict.fromkeys(Channel, gate),
            prices=PRICES,
            unsubscribe_url=str,
            senders=SenderRules("no-reply@turnout.test"),
            lease_ms=lease_ms,
            most_in_flight=30,  # nothing is claimed while all wait
        )
        loops = delivery_loops(node.db, delivery)
        for loop in loops:
            loop.start()
        try:
            await work()
        finally:
            gate.is_open.set()
            await asyncio.gather(*(loop.stop() for loop in loops))

    asyncio.run(main())


async def all_wait(gate: Gate) -> bool:
    return len(gate.waiting) == 30


def test_what_waits_keeps_its_lease(node, job_id):
    gate = Gate()
    first_ends = node.clock() + LEASE_MS

    async def work() -> None:
        await until(lambda: all_wait(gate))
        for _ in range(3):  # each time past the lease as it would have been without renewal
            node.clock.advance(LEASE_MS / 2000)
            ends = node.clock() + LEASE_MS

            async def is_renewed(ends: int = ends) -> bool:
                return all(due_at == ends for (due_at,) in rows(node.db, job_id, "due_at"))

            await until(is_renewed)
        assert node.clock() > first_ends
        assert node.db.call(claim, "sms", 100, LEASE_MS) == []
        gate.is_open.set()
        await until(lambda: is_complete(node, job_id))

    run(node, gate, work)
    assert len(set(gate.sent)) == len(gate.sent) == 30
    assert rows(node.db, job_id, "status", "attempts", "is_repeated") == [("SENT", 1, 0)] * 30


def test_nothing_is_sent_after_the_end_of_its_lease(node, job_id):
    """As after a freeze: what waited goes back unsent and unmarked, and is claimed again."""
    gate = Gate()

    async def work() -> None:
        await until(lambda: all_wait(gate))
        node.clock.advance(90)
        assert [parcel.is_ours() for parcel in gate.waiting] == [False] * 30
        gate.is_open.set()
        await until(lambda: is_complete(node, job_id))

    run(node, gate, work, lease_ms=60_000)
    assert len(set(gate.sent)) == len(gate.sent) == 30
    assert len(gate.waiting) == 60
    assert (
        rows(node.db, job_id, "status", "attempts", "claim", "is_repeated", "notes")
        == [("SENT", 1, 2, 0, "")] * 30
    )


def test_what_another_has_taken_over_is_not_sent(node, job_id):
    """Though the worker's own lease is renewed for what is left."""
    gate = Gate()

    async def work() -> None:
        await until(lambda: all_wait(gate))
        taken = node.db.call(take_over, job_id)
        ids = {recipient.id for share in taken for recipient in share.recipients}
        assert len(ids) == 10

        async def is_known() -> bool:
            return {p.attempt_id for p in gate.waiting if p.is_ours()} == {
                p.attempt_id for p in gate.waiting
            } - ids

        await until(is_known)
        gate.is_open.set()
        answer(node.db, taken, SENT)
        await until(lambda: is_complete(node, job_id))
        assert ids.isdisjoint(gate.sent)

    run(node, gate, work)
    assert len(gate.sent) == 20
    assert job(node.db, job_id, "sent") == (30,)


def take_over(tx: Tx, job_id: JobId) -> list[ClaimedJob]:
    """Claim a third of the recipients, as if their leases had run out."""
    tx.connection.execute(
        f"UPDATE recipients SET due_at = 0 WHERE job_id = {job_id} AND id % 3 = 0"
    )
    tx.connection.execute(f"UPDATE jobs SET ready_at = 0 WHERE id = {job_id}")
    return claim(tx, "sms", 100, 600_000)


async def is_complete(node, job_id: JobId) -> bool:
    return job(node.db, job_id, "state") == ("complete",)
