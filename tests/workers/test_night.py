"""A night of calls: whatever happens to the jobs, the workers and the server, nobody is called
after the cut-off hour or in the quiet hours."""

import asyncio
import datetime
from collections.abc import Sequence
from typing import Any

import pytest

from tests.core.messaging.jobs import PRICES, make_login, new_job
from tests.support import proof
from tests.support.builder import make_organization
from tests.support.turns import run_schedules
from turnout.carriers import Accepted, Lapsed, Message, Outcome, Parcel, Retry
from turnout.core.ids import JobId
from turnout.core.messaging.accepting import Policy, add_slice, begin_job, finish_job
from turnout.core.messaging.controlling import pause_job, resume_job
from turnout.core.messaging.delivering import SIMULATED, claim
from turnout.core.messaging.hours import QuietHours
from turnout.core.messaging.model import Channel, JobOptions, JobType, NewRecipient
from turnout.core.messaging.sender_ids import SenderRules
from turnout.workers.delivery import Delivery, delivery_loops

SENT = Accepted((), 1, is_final=True)
POLICY = Policy(PRICES, ("61400000100",), "no-reply@turnout.test")
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
# By the clock of the node, which goes on with each call, and nobody renews a lease so fast.
LEASE_MS = 2 * HOUR_MS
DEAD_MS = 60_000
KILLS, OUTAGES = 1, 1_000
SLICE = 500
# From UTC+1 to UTC+11: when the evening's calls begin, it is night in Sydney.
PREFIXES = {"Europe/Berlin": "4930", "Australia/Sydney": "612"}
QUIET = QuietHours("AU=21:00-08:00")


class Lines:
    """A network of so many telephone lines: each call takes its time, by the clock of the node."""

    name = "lines"
    channels = frozenset(Channel)

    def __init__(self, node: Any, call_ms: float, chance: Any) -> None:
        self.node, self.call_ms, self.chance = node, call_ms, chance
        self.called: list[tuple[JobId, str, int]] = []
        self.left_over = 0.0

    async def start(self, _inbox: Any) -> None: ...

    async def stop(self) -> None: ...

    async def send(self, message: Message, parcels: Sequence[Parcel]) -> list[Outcome]:
        return [self._call(message, parcel) for parcel in parcels]

    def _call(self, message: Message, parcel: Parcel) -> Outcome:
        if not parcel.is_ours():
            return Lapsed()
        self.called.append((message.id, parcel.destination, self.node.clock()))
        self.left_over += self.call_ms
        self.node.clock.advance(int(self.left_over) / 1000)
        self.left_over %= 1
        return Retry(300, "busy") if self.chance.random() < 0.05 else SENT


def _no_list(*_: Any) -> Any:
    raise AssertionError


@pytest.mark.proof
def test_nobody_is_called_after_the_hour_whatever_happens_that_night(node):
    night = _Night(node, proof.scale(200, 5_000, 100_000))
    night.pass_()
    night.check()


class _Night:
    """Jobs of calls to many people, for more of whom there is no time than there is."""

    def __init__(self, node: Any, people: int) -> None:
        self.node, self.db = node, node.db
        self.chance = proof.random_for(f"night of calls {node.db.backend}")
        node.execute("UPDATE jobs SET ready_at = NULL, due_at = NULL")
        now = node.clock()
        node.clock.advance((DAY_MS - now % DAY_MS + 16 * HOUR_MS) / 1000)  # 16:00 UTC
        self.began_at = node.clock()
        org_id = self.db.call(make_organization, f"night-{self.db.backend}", "Night")
        self.login = self.db.call(
            make_login, org_id, f"au/night-{self.db.backend}", receive_reports=False
        )
        # Two hours of lines for half of those who are to be called.
        self.lines = Lines(node, 2 * HOUR_MS / (people / 2), self.chance)
        self.outages = 0
        sizes = [people * share // 100 for share in (50, 20, 20)]
        sizes += [1] * min(10, people // 100)
        self.jobs = [self._post(number, size) for number, size in enumerate(sizes)]
        self.people = sum(sizes)

    def _post(self, number: int, size: int) -> tuple[JobId, int]:
        """A job for so many; its number and the instant after which nobody may be called."""
        hour = ("18:00", "17:30", "17:45")[number % 3]
        scheduled = datetime.datetime.fromtimestamp(self.began_at / 1000 + 1800, datetime.UTC)
        new = new_job(
            JobType.TTS,
            options=JobOptions(cutoff_hour=hour),
            scheduled_local=scheduled.strftime("%Y-%m-%dT%H:%M:%S") if number % 3 == 1 else "",
        )
        prefixes = list(PREFIXES.values())
        begun = self.db.call(begin_job, self.login, new, POLICY)
        for first in range(0, size, SLICE):
            recipients = [
                NewRecipient(f"+{prefixes[n % 8 == 0]}{number % 10}{n:07}"[:13])
                for n in range(first, min(size, first + SLICE))
            ]
            self.db.call(add_slice, self.login.org_id, begun.job_id, recipients, PRICES)
        self.db.call(finish_job, self.login.org_id, begun.job_id)
        minutes = int(hour[:2]) * 60 + int(hour[3:])
        return begun.job_id, self.began_at + (minutes - 16 * 60) * 60_000

    def pass_(self) -> None:
        """Until all is over, however often the server is stopped."""
        while self._open():
            assert self.outages < OUTAGES, "the night does not end"
            asyncio.run(self._serve())
            self._disturb()

    def _disturb(self) -> None:
        """The server is down for a while, jobs are paused and resumed, and the clock's loop may be
        late."""
        self.outages += 1
        if self.outages <= KILLS:  # what it had in hand is claimed again
            self.db.call(claim, "tts", 20, DEAD_MS)
        self.node.clock.advance(self.chance.choice((1, 30, 300, 900)))
        for job_id, _ in self.jobs:
            change = self.chance.choice((pause_job, resume_job, resume_job, resume_job))
            if self._is_open(job_id):
                self.db.call(change, self.login.org_id, job_id, actor="test")
        if self.chance.random() < 0.7 or self.node.clock() > self.began_at + 3 * HOUR_MS:
            while self.db.call(run_schedules, _no_list, PRICES):
                pass

    async def _serve(self) -> None:
        """Run the loops for some calls, then end them at once, whatever they have in hand."""
        delivery = Delivery(
            carriers=dict.fromkeys(Channel, self.lines),
            prices=PRICES,
            unsubscribe_url=str,
            senders=SenderRules("no-reply@turnout.test"),
            lease_ms=LEASE_MS,
            quiet_hours=QUIET,
            fence=SIMULATED,
        )
        loops = [loop for loop in delivery_loops(self.db, delivery) if loop.name == "messaging-tts"]
        until = len(self.lines.called) + self.people // 20
        for loop in loops:
            loop.start()
        deadline = asyncio.get_running_loop().time() + 0.2
        for _ in range(1000):
            if len(self.lines.called) >= until or asyncio.get_running_loop().time() > deadline:
                break
            await asyncio.sleep(0.01)
        await asyncio.gather(*(loop.stop() for loop in loops))

    def _ask(self, question: str) -> list[tuple[Any, ...]]:
        return self.db.call(
            lambda tx: [tuple(row) for row in tx.connection.execute(question).fetchall()]
        )

    def _is_open(self, job_id: JobId) -> bool:
        return self._ask(f"SELECT 1 FROM jobs WHERE id = {job_id} AND completed_at IS NULL") != []

    def _open(self) -> bool:
        return any(self._is_open(job_id) for job_id, _ in self.jobs)

    def check(self) -> None:
        """Nobody was called after the hour, or at night, and everybody's outcome is known."""
        late = [
            (job_id, at) for job_id, _, at in self.lines.called if at >= dict(self.jobs)[job_id]
        ]
        asleep = [
            (address, at)
            for _, address, at in self.lines.called
            if QUIET.ends_at(address, at, "UTC") is not None
        ]
        ids = ", ".join(str(job_id) for job_id, _ in self.jobs)
        outcomes = dict(
            self._ask(
                f"SELECT status, count(*) FROM recipients WHERE job_id IN ({ids}) GROUP BY status"
            )
        )
        proof.report(
            "night of calls",
            backend=self.db.backend,
            people=self.people,
            called=len(self.lines.called),
            late=len(late),
            asleep=len(asleep),
            outages=self.outages,
            seed=proof.seed(),
        )
        assert (late, asleep) == ([], [])
        assert sum(outcomes.values()) == self.people
        assert set(outcomes) <= {"SENT", "EXPD", "SVRE", "INVN"}
        assert 0 < outcomes["SENT"] < self.people
        assert outcomes["EXPD"] > 0
