"""A scan and a change of the same ticket at one moment (PostgreSQL): the later sees the earlier.

The first command has done its work and not committed when the second begins; the second goes on
once it is seen waiting for the first's rows, or was done without waiting.
"""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from typing import Any

import psycopg
import pytest

from tests.core.exams.college import College
from tests.core.registrations.hall import Hall
from tests.support.builder import contact
from tests.support.node import START, LocalNode, database, open_node
from turnout.core.checkin.gates import create_gate
from turnout.core.checkin.scans import Answer, Result, Scan, check_in, undo_check_in
from turnout.core.checkin.together import Asked, check_in_together
from turnout.core.exams.leaving import cancel_any
from turnout.core.invitations.invitees import confirm, decline
from turnout.core.registrations.changing import has_checked_in, set_type
from turnout.core.registrations.transferring import change_ticket_type, transfer_ticket
from turnout.errors import Conflict
from turnout.store import Tx

WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted"
ACTOR = "test"


@pytest.fixture(scope="module")
def url(cluster, tmp_path_factory) -> Iterator[str]:
    with database("postgresql", tmp_path_factory.mktemp("races"), cluster) as url:
        yield url


@pytest.fixture(scope="module")
def node(url) -> Iterator[LocalNode]:
    with open_node(url) as node:
        node.clock.now = START
        yield node


class Door:
    """An event whose guest a was invited and has said yes, and what may happen to the ticket."""

    def __init__(self, node: LocalNode, url: str) -> None:
        self.url = url
        self.hall = hall = Hall(node, None, (2, 2))
        self.invitee = hall.invitees[0]["a"]
        hall.call(confirm, self.invitee, actor=ACTOR)
        self.code, self.registration_id = hall.code("a"), hall.registration_id("a")
        types = [hall.type_ids[0]]
        self.gate = hall.call(create_gate, hall.event_id, "Hall", types, [], actor=ACTOR)

    def scan(self, tx: Tx, *, is_at_gate: bool = False) -> Result:
        return self._check_in(tx, self.gate.id if is_at_gate else None).result

    def scan_at_gate(self, tx: Tx) -> Result:
        return self.scan(tx, is_at_gate=True)

    def scan_together(self, tx: Tx) -> Result:
        asked = Asked(self.hall.org_id, self.hall.event_id, Scan(code=self.code, at=START))
        (admitted,) = check_in_together(tx, [asked])
        return (admitted.answer if admitted else self._check_in(tx)).result

    def _check_in(self, tx: Tx, gate_id: Any = None) -> Answer:
        scan = Scan(code=self.code, at=START, gate_id=gate_id)
        return check_in(tx, self.hall.org_id, self.hall.event_id, scan)

    def transfer(self, tx: Tx) -> None:
        transfer_ticket(tx, self.hall.org_id, self.code, contact("d"), actor=ACTOR)

    def decline(self, tx: Tx) -> None:
        decline(tx, self.hall.org_id, self.invitee, actor=ACTOR)

    def change_type(self, tx: Tx) -> None:
        change_ticket_type(tx, self.hall.org_id, self.code, self.hall.type_ids[1], actor=ACTOR)

    def set_type(self, tx: Tx) -> None:
        own = self.hall.type_ids[1]
        set_type(tx, self.hall.org_id, self.registration_id, own, actor=ACTOR)

    def cancel(self, tx: Tx) -> None:
        if has_checked_in(tx, self.hall.org_id, self.registration_id):
            raise Conflict("registration.checked_in", registration_id=self.registration_id)
        cancel_any(tx, self.hall.org_id, self.registration_id, "", actor=ACTOR)

    def race(self, first: Callable[[Tx], Any], second: Callable[[Tx], Any]) -> list[Any]:
        """What each came to: the second began when the first was done and not yet committed."""
        is_done, may_commit = threading.Event(), threading.Event()

        def hold(tx: Tx) -> Any:
            outcome = first(tx)
            is_done.set()
            assert may_commit.wait(20)
            return outcome

        with open_node(self.url, seed=8) as other, ThreadPoolExecutor(2) as threads:
            other.clock.now = START
            early = threads.submit(other.db.call, hold)
            try:
                assert is_done.wait(20)
                late = threads.submit(self.hall.db.call, second)
                wait_for(self.url, late)
            finally:
                may_commit.set()
            return [_say(early), _say(late)]


def wait_for(url: str, late: "Future[Any]") -> None:
    """Until it waits for a lock, or is done."""
    with closing(psycopg.connect(url, autocommit=True)) as connection:
        while not late.done() and connection.execute(WAITING).fetchone() == (0,):
            time.sleep(0.01)


def _say(future: "Future[Any]") -> Any:
    error = future.exception(20)
    if isinstance(error, Conflict):
        return error.code
    return future.result()


CHANGES = {
    "transfer": ("ticket.used", Result.CANCELLED),
    "decline": ("invitation.came", Result.CANCELLED),
    "cancel": ("registration.checked_in", Result.CANCELLED),
    "change_type": ("ticket.used", Result.ADMITTED),
    "set_type": ("ticket.used", Result.ADMITTED),
}


@pytest.mark.parametrize("name", CHANGES)
def test_who_came_in_a_moment_ago_keeps_the_ticket(node, url, name):
    refusal, _ = CHANGES[name]
    for scan in ("scan", "scan_together"):
        door = Door(node, url)
        outcome = door.race(getattr(door, scan), getattr(door, name))
        assert outcome == [Result.ADMITTED, refusal]


@pytest.mark.parametrize("name", CHANGES)
def test_a_ticket_that_was_changed_a_moment_ago_is_judged_as_it_is_now(node, url, name):
    _, result = CHANGES[name]
    for scan in ("scan", "scan_together"):
        door = Door(node, url)
        assert door.race(getattr(door, name), getattr(door, scan)) == [None, result]


def test_a_gate_lets_in_by_the_type_that_a_ticket_has_now(node, url):
    door = Door(node, url)
    assert door.race(door.change_type, door.scan_at_gate) == [None, Result.ELSEWHERE]


def test_of_two_scans_at_one_moment_the_first_wins(node, url):
    door = Door(node, url)
    assert door.race(door.scan, door.scan_together) == [Result.ADMITTED, Result.REPEATED]
    door = Door(node, url)
    assert door.race(door.scan_together, door.scan) == [Result.ADMITTED, Result.REPEATED]


def test_a_candidates_registration_is_locked_before_the_ticket(node, url):
    """Somebody who cancels a candidate holds the registration and then wants the ticket."""
    college = College(node, slug="races")
    exam = college.get_exam(college.register(1))
    scan = Scan(code=college.code(1), at=START)
    where = f"WHERE org_id = {college.org_id}"
    for verb, result in ((check_in, Result.ADMITTED), (undo_check_in, Result.UNDONE)):
        with closing(psycopg.connect(url)) as canceller, ThreadPoolExecutor(1) as threads:
            canceller.execute(f"SELECT id FROM registrations {where} FOR UPDATE")
            scanned = threads.submit(node.db.call, verb, college.org_id, exam.event_id, scan)
            wait_for(url, scanned)
            canceller.execute(f"SELECT id FROM tickets {where} FOR NO KEY UPDATE NOWAIT")
            canceller.rollback()
            assert scanned.result(20).result is result
