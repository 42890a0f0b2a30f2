"""Whatever is done with a job in whatever order, its counts, its cost and its end stay true.

The state machine plays a user, the delivery loops, the network and the clock, with few people and
few jobs. A small model knows who was handed to the network, and what it answered.
"""

from collections.abc import Callable
from typing import Any

import hypothesis.stateful
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.core.messaging.jobs import LEASE_MS, PATIENCE, POLICY, PRICES, make_login
from tests.support import proof
from tests.support.node import LocalNode
from tests.support.turns import run_schedules
from turnout.core.identity.organizations import create_organization
from turnout.core.ids import OrgId
from turnout.core.messaging.accepting import accept_job
from turnout.core.messaging.controlling import cancel_job, pause_job, resume_job
from turnout.core.messaging.delivering import ClaimedJob, claim
from turnout.core.messaging.model import (
    Channel,
    Content,
    JobOptions,
    JobType,
    Medium,
    NewJob,
    NewRecipient,
    Status,
)
from turnout.core.messaging.opt_outs import opt_out
from turnout.core.messaging.outcomes import (
    Accepted,
    DeliveryReport,
    Misconfigured,
    Outcome,
    Rejected,
    Retry,
    Unknown,
)
from turnout.core.messaging.receiving import match_early_reports, receive_reports
from turnout.core.messaging.recording import Result, record
from turnout.core.messaging.starting import Page
from turnout.errors import Conflict
from turnout.store import Tx

PEOPLE = ["61412000001", "61412000002", "61412000003", "61412000004", "none"]
TYPES = (JobType.SMS, JobType.TWO_WAY_SMS, JobType.EMAIL, JobType.TTS)
HOW = ("sent", "taken", "taken in two", "retry", "rejected", "unknown", "misconfigured")
DAY_S = 24 * 3600
DONE = "state = 'done'"


class Messaging(RuleBasedStateMachine):
    """One user's jobs."""

    node: LocalNode
    runs: int
    checks: int

    @initialize()
    def begin(self) -> None:
        machine = type(self)
        machine.runs += 1
        self.db = self.node.db
        # Every sequence begins at the same time of day, so that cut-offs fall alike.
        self.node.clock.advance(DAY_S - self.node.clock() // 1000 % DAY_S + 8 * 3600)
        self.node.execute("UPDATE jobs SET ready_at = NULL, due_at = NULL")
        self.org_id = self.db.call(
            create_organization, f"steps-{machine.runs}", "Steps", actor="test"
        ).org_id
        self.login = self.db.call(
            make_login, self.org_id, f"au/steps-{machine.runs}", receive_reports=False
        )
        self.jobs: list[int] = []
        self.claimed: list[ClaimedJob] = []
        self.names: list[str] = []
        self.handed: dict[int, int] = {}
        self.ended: dict[int, tuple[str, int]] = {}
        self.corrected: set[int] = set()
        self.number = 0

    @rule(
        job_type=st.sampled_from(TYPES),
        to=st.lists(st.sampled_from(PEOPLE), min_size=1, max_size=4),
        is_deduped=st.booleans(),
        has_cutoff=st.booleans(),
    )
    def post(self, job_type: JobType, to: list[str], is_deduped: bool, has_cutoff: bool) -> None:
        if job_type is JobType.EMAIL:
            to = [f"{number}@example.com" if number.isdigit() else number for number in to]
        new = NewJob(
            job_type=job_type,
            name="steps",
            content=Content(text="Hi"),
            options=JobOptions(cutoff_hour="23:59" if has_cutoff else ""),
            is_deduped=is_deduped,
        )
        recipients = [NewRecipient(number) for number in to]
        self.jobs.append(self.db.call(accept_job, self.login, new, recipients, POLICY))

    @rule(limit=st.integers(1, 5))
    def take(self, limit: int) -> None:
        """A worker claims some, of every lane."""
        for channel in (Channel.SMS, Channel.EMAIL, Channel.TTS):
            for job in self.db.call(claim, channel.value, limit, LEASE_MS):
                if job.head.org_id == self.org_id:
                    self.claimed.append(job)
                    for recipient in job.recipients:
                        self.handed[recipient.id] = self.handed.get(recipient.id, 0) + 1

    @rule(data=st.data())
    def answer(self, data: st.DataObject) -> None:
        """The network answers somebody's share, perhaps long after the lease ran out."""
        if not self.claimed:
            return
        job = self.claimed.pop(data.draw(st.integers(0, len(self.claimed) - 1)))
        results = [
            Result(job.head, recipient, "net", self._outcome(data.draw(st.sampled_from(HOW))))
            for recipient in job.recipients
        ]
        self.db.call(record, results, PRICES, PATIENCE)

    def _outcome(self, how: str) -> Outcome:
        self.number += 1
        name = f"{self.org_id}-{self.number}"
        match how:
            case "sent":
                return Accepted((), 1, is_final=True)
            case "taken":
                self.names.append(name)
                return Accepted((name,), 1)
            case "taken in two":
                self.names += [f"{name}a", f"{name}b"]
                return Accepted((f"{name}a", f"{name}b"), 2)
            case "retry":
                return Retry(1, "later")
            case "rejected":
                return Rejected(Status.BLOCKED, "no")
            case "unknown":
                return Unknown("it broke")
        return Misconfigured("wrong password")

    @rule(data=st.data(), status=st.sampled_from([Status.SENT, Status.FAILED, Status.EXPIRED]))
    def report(self, data: st.DataObject, status: Status) -> None:
        """The network reports, perhaps again, perhaps of what it was never asked."""
        name = data.draw(st.sampled_from(self.names)) if self.names else f"{self.org_id}-x"
        told = DeliveryReport(carrier="net", status=status, at=1, network_id=name)
        self.db.call(receive_reports, [told, told])

    @rule(data=st.data(), change=st.sampled_from([pause_job, resume_job, cancel_job]))
    def control(self, data: st.DataObject, change: Callable[..., None]) -> None:
        if self.jobs:
            job_id = data.draw(st.sampled_from(self.jobs))
            try:
                self.db.call(change, self.org_id, job_id, actor="test")
            except Conflict:
                assert self._ask(f"SELECT completed_at FROM jobs WHERE id = {job_id}") != [(None,)]

    @rule(address=st.sampled_from(PEOPLE[:4]))
    def leave(self, address: str) -> None:
        self.db.call(opt_out, self.org_id, Medium.SMS, address, source="test")

    @rule(seconds=st.sampled_from([1, 10, 61, 3600, 9 * 3600, 80 * 3600]))
    def wait(self, seconds: int) -> None:
        self.node.clock.advance(seconds)
        while self.db.call(run_schedules, _no_list, PRICES):
            pass
        self.db.call(match_early_reports, 100)

    def _ask(self, statement: str) -> list[tuple[Any, ...]]:
        def ask(tx: Tx) -> list[tuple[Any, ...]]:
            return [tuple(row) for row in tx.connection.execute(statement).fetchall()]

        return self.db.call(ask)

    # -- what must be so ---------------------------------------------------------------------

    @invariant()
    def the_counts_are_those_of_the_recipients(self) -> None:
        type(self).checks += 1
        jobs = self._ask(
            "SELECT id, total, open, sent, failed, cost_micros FROM jobs "
            f"WHERE org_id = {self.org_id} ORDER BY id"
        )
        counted = self._ask(
            "SELECT job_id, count(*), sum(CASE WHEN state <> 'done' THEN 1 ELSE 0 END), "
            "sum(CASE WHEN status = 'SENT' THEN 1 ELSE 0 END), "
            f"sum(CASE WHEN {DONE} AND status <> 'SENT' THEN 1 ELSE 0 END), "
            f"sum(CASE WHEN {DONE} THEN cost_micros ELSE 0 END) "
            f"FROM recipients WHERE org_id = {self.org_id} GROUP BY job_id ORDER BY job_id"
        )
        assert [tuple(map(int, row)) for row in jobs] == [tuple(map(int, row)) for row in counted]

    @invariant()
    def a_job_ends_with_its_last_recipient(self) -> None:
        for state, open_, unsent, ended in self._ask(
            "SELECT state, open, unsent, completed_at IS NOT NULL FROM jobs "
            f"WHERE org_id = {self.org_id}"
        ):
            assert bool(ended) == (open_ == 0) == (state in ("complete", "closed"))
            if ended:
                assert state == ("closed" if unsent else "complete")

    @invariant()
    def what_has_ended_is_corrected_once_at_most(self) -> None:
        """With a note; mails that bounce later are others, and nothing here does that."""
        rows = self._ask(
            "SELECT id, status, cost_micros, notes FROM recipients "
            f"WHERE org_id = {self.org_id} AND {DONE}"
        )
        now = {int(id_): (str(status), int(cost)) for id_, status, cost, _ in rows}
        notes = {int(id_): str(note) for id_, _, _, note in rows}
        assert self.ended.keys() <= now.keys()
        changed = {id_ for id_, end in self.ended.items() if now[id_] != end}
        assert changed & self.corrected == set()
        assert [id_ for id_ in changed if "Corrected by a later report" not in notes[id_]] == []
        self.corrected |= changed
        self.ended = now

    @invariant()
    def nobody_is_handed_over_twice_unmarked(self) -> None:
        rows = self._ask(
            f"SELECT id, is_repeated, attempts, notes FROM recipients WHERE org_id = {self.org_id}"
        )
        retried = {
            id_
            for (id_,) in self._ask(
                "SELECT DISTINCT recipient_id FROM attempts "
                f"WHERE org_id = {self.org_id} AND outcome IN ('retry', 'misconfigured')"
            )
        }
        for id_, is_repeated, *_ in rows:
            if self.handed.get(id_, 0) > 1:
                assert is_repeated or id_ in retried

    @invariant()
    def the_months_spending_is_what_is_reserved_or_was_spent(self) -> None:
        spent = self._ask(
            f"SELECT coalesce(sum(spent_micros), 0) FROM spending WHERE org_id = {self.org_id}"
        )
        reserved = self._ask(
            f"SELECT coalesce(sum(reserved_micros), 0) FROM jobs WHERE org_id = {self.org_id}"
        )
        assert int(spent[0][0]) == int(reserved[0][0])


def _no_list(_tx: Tx, _org_id: OrgId, list_id: str, _cursor: str, _most: int) -> Page:
    raise AssertionError(list_id)


@pytest.mark.proof
def test_after_any_sequence_of_steps_everything_adds_up(node):
    own_node = node

    class Machine(Messaging):
        node = own_node
        runs = 0
        checks = 0

    hypothesis.stateful.run_state_machine_as_test(
        Machine,
        settings=hypothesis.settings(
            max_examples=proof.scale(12, 300), stateful_step_count=proof.scale(25, 50)
        ),
    )
    proof.report(
        "steps of messaging",
        backend=own_node.db.backend,
        sequences=Machine.runs,
        checks=Machine.checks,
        seed=proof.seed(),
    )
