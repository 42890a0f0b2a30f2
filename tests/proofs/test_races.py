"""Many at once: no place is sold twice, no key acts twice, nobody is made twice.

Real servers and real connections, each request on one of its own and all sent at the same
moment; the queue is drained by the server's own workers, or by several processes of which one is
killed on the way.
"""

import asyncio
import itertools
import json
import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.core.registrations.invariants import find_faults
from tests.proofs.endings import find_wrong_endings, watch_endings
from tests.proofs.wire import register_at_once, scan_at_once, wish
from tests.support import proof
from tests.support.forked import Process, start
from tests.support.node import BACKENDS, Account, WallClock, new_database, open_node
from tests.support.server import Server, clean_environment
from turnout.core.checkin.attendees import AttendeeFilter, list_attendees
from turnout.core.checkin.scans import list_scans
from turnout.core.events.model import Event, Session
from turnout.core.identity.credentials import issue_credential
from turnout.core.identity.model import CredentialKind
from turnout.core.ids import EventId, OrgId
from turnout.core.people.model import Contact
from turnout.core.registrations.accepting import Asking, accept_all
from turnout.core.registrations.intake import count_waiting
from turnout.core.registrations.model import Submitted
from turnout.core.registrations.submissions import Application, TargetNoun
from turnout.settings import Settings
from turnout.store import Database, Tx, open_database

APPLICANTS = 300
PLACES = 50
USES = 40
SAME = 50
WORKERS = 3
DRAIN_TIMEOUT_S = 120
NUMBERS = itertools.count(1)


class Ground:
    """A database with an account, its server, and a look into the database."""

    def __init__(self, url: str, account: Account, server: Server, db: Database) -> None:
        self.url = url
        self.account = account
        self.server = server
        self.db = db

    def ask(self, requests: list[tuple[dict[str, Any], str | None]]) -> list[tuple[int, Any]]:
        return asyncio.run(register_at_once(self.server.port, self.account.token, requests))

    def drain(self) -> None:
        """Wait until the queue is empty."""
        drain_to(self.db, 0)

    def new_event(self, name: str, **options: Any) -> tuple[Event, Session]:
        """An event with one session; `options` go to the event, `places` to the session."""
        places = options.pop("places", None)
        with open_node(self.url, clock=WallClock(), seed=next(NUMBERS)) as node:
            event = node.add_event(self.account.org_id, name, **options)
            return event, node.add_session(self.account.org_id, event, name, capacity=places)

    def statuses(self, ids: list[int]) -> Counter[str]:
        rows = self.db.call(query, "SELECT id, status FROM queue_items")
        known = dict(rows)
        return Counter(known[id_] for id_ in ids)


def query(tx: Tx, statement: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in tx.connection.execute(statement).fetchall()]


@pytest.fixture(scope="module", params=BACKENDS)
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """One for all races: what one leaves behind must not show in the next."""
    cluster = request.getfixturevalue("cluster") if request.param == "postgresql" else None
    folder = tmp_path_factory.mktemp("races")
    url = new_database(request.param, folder, cluster)
    with Server(
        folder, database_url=url, command=("serve",), rate_limit_per_minute=0, access_log="false"
    ) as server:
        yield server


@pytest.fixture
def ground(server: Server) -> Iterator[Ground]:
    url = server.database_url
    number = next(NUMBERS)
    # Seeds make names: with the same one, the next would find them taken.
    with open_node(url, clock=WallClock(), seed=number) as node:
        account = node.add_account(f"race-{number}")
    with open_database_at(url) as db:
        yield Ground(url, account, server, db)


@contextmanager
def open_database_at(url: str) -> Iterator[Database]:
    db = open_database(Settings(database_url=url))
    try:
        yield db
    finally:
        db.close()


def ids_of(answers: list[tuple[int, Any]]) -> list[int]:
    assert Counter(status for status, _ in answers) == {200: len(answers)}
    return [
        session["queueId"]
        for _, answer in answers
        for session in answer["registration"]["sessions"]
    ]


@pytest.mark.proof
@pytest.mark.parametrize("limit", ["event", "session"])
def test_no_more_get_in_than_there_are_places(ground: Ground, limit: str) -> None:
    rounds = proof.scale(1, 10)
    for number in range(rounds):
        options = {"capacity": PLACES} if limit == "event" else {"places": PLACES}
        event, session = ground.new_event(f"{limit} {number}", **options)
        answers = ground.ask(
            [
                (wish(event.pak, [session.pak], f"{limit}{number}-{guest}@example.com"), None)
                for guest in range(APPLICANTS)
            ]
        )
        ids = ids_of(answers)
        ground.drain()
        assert ground.statuses(ids) == {"success": PLACES, "failed": APPLICANTS - PLACES}
    assert ground.db.call(find_faults, after_intake_only=True) == {}
    report("race capacity", ground, limit=limit, rounds=rounds, applicants=APPLICANTS)


@pytest.mark.proof
def test_one_key_has_one_effect_however_often_it_is_used(ground: Ground) -> None:
    rounds = proof.scale(1, 10)
    event, session = ground.account.event, ground.account.sessions[0]
    for number in range(rounds):
        email = f"key{number}@example.com"
        body = wish(event.pak, [session.pak], email)
        answers = ground.ask([(body, f"key-{number}")] * USES)
        assert len({json.dumps(answer) for answer in answers}) == 1
        assert len(set(ids_of(answers))) == 1
        other = wish(event.pak, [session.pak], f"other-{email}")
        [(status, refusal)] = ground.ask([(other, f"key-{number}")])
        assert (status, refusal["responseCode"]) == (402, 402)
        both = ground.ask([(body, f"both-{number}"), (other, f"both-{number}")] * (USES // 2))
        assert Counter(status for status, _ in both) == {200: USES // 2, 402: USES // 2}
        won, lost = (both[::2], both[1::2]) if both[0][0] == 200 else (both[1::2], both[::2])
        assert len(set(ids_of(won))) == 1
        assert {status for status, _ in lost} == {402}
        count = f"SELECT count(*) FROM submissions WHERE email LIKE '%{email}'"
        assert ground.db.call(query, count) == [(2,)]
    ground.drain()
    assert ground.db.call(find_faults, after_intake_only=True) == {}
    report("race idempotency key", ground, rounds=rounds, uses=USES)


@pytest.mark.proof
def test_one_address_is_one_person_with_one_registration(ground: Ground) -> None:
    rounds = proof.scale(1, 10)
    event, sessions = ground.account.event, ground.account.sessions
    spellings = ["same{}@example.com", "Same{}@Example.com", " SAME{}@EXAMPLE.COM"]
    for number in range(rounds):
        answers = ground.ask(
            [
                (
                    wish(
                        event.pak,
                        [sessions[use % len(sessions)].pak],
                        spellings[use % len(spellings)].format(number),
                    ),
                    None,
                )
                for use in range(SAME)
            ]
        )
        ids = ids_of(answers)
        ground.drain()
        assert ground.statuses(ids) == {"success": SAME}
        people = f"SELECT count(*) FROM people WHERE email_key = 'same{number}@example.com'"
        assert ground.db.call(query, people) == [(1,)]
    registrations = f"SELECT count(*) FROM registrations WHERE org_id = {ground.account.org_id}"
    assert ground.db.call(query, registrations) == [(rounds,)]
    assert ground.db.call(find_faults, after_intake_only=True) == {}
    report("race same e-mail", ground, rounds=rounds, requests=SAME)


@pytest.mark.proof
@pytest.mark.parametrize("backend", BACKENDS)
def test_several_worker_processes_decide_each_submission_once(
    backend: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    submissions = proof.scale(150, 3000)
    cluster = request.getfixturevalue("cluster") if backend == "postgresql" else None
    url = new_database(backend, tmp_path, cluster)
    with open_node(url, clock=WallClock()) as node:
        account = node.add_account()
        watch_endings(node.db)
        few = node.add_session(account.org_id, account.event, "Few places", capacity=PLACES)
        paks = [account.sessions[0].pak, few.pak]
        asked = [
            (
                account.caller,
                Application(
                    TargetNoun.EVENT,
                    account.event.pak,
                    paks,
                    Submitted(Contact(email=f"guest{guest}@example.com")),
                ),
            )
            for guest in range(submissions)
        ]
        with ExitStack() as stack:
            workers = [stack.enter_context(worker(url, tmp_path)) for _ in range(WORKERS)]
            node.db.call(accept_all, [Asking(*asking) for asking in asked])
            drain_to(node.db, submissions // 2)
            workers[0].send_signal(signal.SIGKILL)
            drain_to(node.db, 0)
            for process in workers[1:]:
                process.send_signal(signal.SIGTERM)
            codes = [worker.wait(30) for worker in workers]
        assert codes == [-signal.SIGKILL, 0, 0]
        assert node.db.call(find_wrong_endings) == []
        assert node.db.call(find_faults, after_intake_only=True) == {}
        ended = node.db.call(
            query, "SELECT status, count(*) FROM queue_items GROUP BY status ORDER BY status"
        )
        assert dict(ended) == {"success": submissions + PLACES, "failed": submissions - PLACES}
    proof.report(
        "race workers",
        backend=backend,
        processes=WORKERS,
        killed=1,
        submissions=submissions,
        seed=proof.seed(),
    )


@contextmanager
def worker(url: str, folder: Path) -> Iterator[Process]:
    """A process that works on the queues, as it has said; gone at the end."""
    ours, theirs = os.pipe()
    with open(ours) as said:
        with open(theirs, "wb") as output:
            env = clean_environment(database_url=url, base_url="http://turnout.test")
            process = start(["work"], env=env, cwd=folder, log=output)
        try:
            line = said.readline()
            while not line.startswith("Turnout processes the queues"):
                assert line, "it ended"
                line = said.readline()
            yield process
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait(30)


def drain_to(db: Database, limit: int) -> None:
    """Wait until no more than so many submissions wait."""
    deadline = time.monotonic() + DRAIN_TIMEOUT_S
    while db.call(count_waiting, limit + 1) > limit:
        assert time.monotonic() < deadline, "the queue was not drained in time"
        time.sleep(0.02)


def report(name: str, ground: Ground, **counts: int | str) -> None:
    proof.report(name, backend=ground.db.backend, seed=proof.seed(), **counts)


DOORS, TICKETS, SCANS_EACH = 32, 100, 4


@pytest.mark.proof
def test_many_doors_let_each_ticket_in_once(ground: Ground) -> None:
    rounds = proof.scale(1, 3)
    dice = proof.random_for(f"race check-in {ground.db.backend}")
    org_id = ground.account.org_id
    scans = Counter[str]()
    for number in range(rounds):
        event, session = ground.new_event(f"Doors {number}")
        wishes: list[tuple[dict[str, Any], str | None]] = [
            (wish(event.pak, [session.pak], f"door{number}-{guest}@example.com"), None)
            for guest in range(TICKETS)
        ]
        ids_of(ground.ask(wishes))
        ground.drain()
        codes = ground.db.call(codes_of, org_id, event.id)
        _, token = ground.db.call(
            issue_credential,
            org_id,
            CredentialKind.EVENT_TOKEN,
            f"door {number}",
            event_id=event.id,
            actor="test",
        )
        shuffled = codes * SCANS_EACH
        dice.shuffle(shuffled)
        answers = asyncio.run(scan_at_once(ground.server.port, token, shuffled, DOORS))
        let_in = sorted(code for code, status in answers if status == 200)
        assert let_in == sorted(codes)
        refused = Counter(status for _, status in answers if status != 200)
        assert refused == {406: (SCANS_EACH - 1) * TICKETS}
        kept = ground.db.call(list_scans, org_id, event.id, 1000)
        scans += Counter(scan.result.value for scan in kept)
    assert scans == {
        "admitted": rounds * TICKETS,
        "repeated": rounds * TICKETS * (SCANS_EACH - 1),
    }
    report(
        "race check-in", ground, rounds=rounds, tickets=TICKETS, scans_each=SCANS_EACH, doors=DOORS
    )


def codes_of(tx: Tx, org_id: OrgId, event_id: EventId) -> list[str]:
    found, has_more = list_attendees(tx, org_id, event_id, AttendeeFilter(), limit=TICKETS, skip=0)
    assert (len(found), has_more) == (TICKETS, False)
    return [registration.tickets[0].code for registration in found]
