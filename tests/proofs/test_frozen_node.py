"""A node is frozen while it holds the rows of an event, and a `psql` holds those of another one.

Two real servers on one PostgreSQL. Each in turn is stopped (SIGSTOP) in the middle of a form: it
has the row of the event, and does not end its transaction. Then the other node gets forms and
registrations for both held events, and scans, forms and registrations for one that is free.
"""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from http.client import HTTPException
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

import psycopg
import pytest

from tests.core.registrations.invariants import find_faults
from tests.proofs.test_races import drain_to, open_database_at, query
from tests.proofs.wire import wish
from tests.support import proof
from tests.support.node import Account, WallClock, new_database, open_node
from tests.support.server import Server
from turnout.core.events.model import Event, Session
from turnout.core.events.programme import list_ticket_types
from turnout.core.identity.credentials import issue_credential
from turnout.core.identity.model import CredentialKind
from turnout.core.ids import TicketTypeId
from turnout.store import Database, Tx

NAME = "frozen node"
# Longer than the server lets a transaction say nothing: its row is free before it goes on.
FROZEN_S = proof.scale(6.5, 30.0)
ROUNDS = proof.scale(1, 3)
P99_S = 0.5
DEADLINE_S = 5.0
TICKETS = 20
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
WAITERS = """
    SELECT pid FROM pg_stat_activity WHERE datname = current_database()
    AND application_name = 'turnout-wait' AND wait_event_type = 'Lock'
"""
IDLE = "SELECT 1 FROM pg_stat_activity WHERE pid = {} AND state = 'idle in transaction'"


class Fair(NamedTuple):
    """An event with one session, how its form is sent, and what its door shows."""

    event: Event
    session: Session
    path: str
    ticket_type_id: TicketTypeId
    door: str


class Answered(NamedTuple):
    """What was asked, with whose address, and how it was answered; status 0 = not at all."""

    kind: str
    email: str
    status: int
    retry_after: str
    took_s: float


class Load:
    """Asks one node from several threads until it is stopped."""

    def __init__(self, server: Server, account: Account, dice: str) -> None:
        self.server = server
        self.account = account
        self.answers: list[Answered] = []
        self._dice = dice
        self._stopping = threading.Event()

    @contextmanager
    def going_on(self, *asks: Callable[[str], Answered]) -> Iterator[None]:
        with ThreadPoolExecutor(len(asks)) as pool:
            running = [pool.submit(self._go_on, ask, number) for number, ask in enumerate(asks)]
            try:
                yield
            finally:
                self._stopping.set()
        for process in running:
            process.result()

    def _go_on(self, ask: Callable[[str], Answered], number: int) -> None:
        count = 0
        while not self._stopping.is_set():
            self.answers.append(ask(f"{self._dice}-{number}-{count}@example.com"))
            count += 1

    def form(self, fair: Fair, kind: str) -> Callable[[str], Answered]:
        return lambda email: send_form(self.server, fair, email, kind)

    def registration(self, fair: Fair, kind: str) -> Callable[[str], Answered]:
        def ask(email: str) -> Answered:
            self._stopping.wait(0.1)
            body = wish(fair.event.pak, [fair.session.pak], email)
            token = {"Authorization": f"Bearer {self.account.token}"}
            return answer(
                self.server, kind, email, "PUT", "/v1.0/register", headers=token, json=body
            )

        return ask

    def scan(self, fair: Fair, kind: str, codes: list[str]) -> Callable[[str], Answered]:
        door = {"Authorization": f"event {fair.door}", "X-Device": kind}
        waiting = iter(codes * 10_000)
        return lambda email: answer(
            self.server,
            kind,
            email,
            "POST",
            f"/v1/event/attendees/code/{next(waiting)}/check.json",
            headers=door,
        )

    def readiness(self, email: str) -> Answered:
        self._stopping.wait(0.5)
        return answer(self.server, "ready", email, "GET", "/readyz")


def answer(server: Server, kind: str, email: str, *request: str, **more: Any) -> Answered:
    started = time.monotonic()
    try:
        got = server.ask(request[0], request[1], timeout=40, **more)
    except (OSError, HTTPException):
        return Answered(kind, email, 0, "", time.monotonic() - started)
    took_s = time.monotonic() - started
    return Answered(kind, email, got.status, got.headers.get("retry-after", ""), took_s)


def send_form(server: Server, fair: Fair, email: str, kind: str) -> Answered:
    given = {
        "first_name": "Ada",
        "last_name": "Lovelace",
        "email": email,
        "ticket": fair.ticket_type_id,
        "answer": "register",
    }
    body = urlencode(given).encode()
    return answer(server, kind, email, "POST", fair.path, headers=FORM, body=body)


@pytest.mark.proof
@pytest.mark.timed
def test_a_frozen_node_costs_its_own_event_alone(tmp_path: Path, cluster: Any) -> None:
    url = new_database("postgresql", tmp_path, cluster)
    with open_node(url, clock=WallClock()) as node:
        account = node.add_account()
        fairs = [make_fair(node, account, name) for name in ("Frozen", "Psql", "Free")]
    everything: list[Answered] = []
    with ExitStack() as stack:
        db = stack.enter_context(open_database_at(url))
        servers = []
        for number in range(2):
            folder = tmp_path / f"node{number}"
            folder.mkdir()
            settings: dict[str, Any] = {
                "rate_limit_per_minute": 0,
                "access_log": "false",
                "forms_before_code": 100_000,
                "forms_per_place": 100_000,
            }
            server = Server(folder, database_url=url, command=("serve",), **settings)
            servers.append(stack.enter_context(server))
        codes = get_tickets(servers[0], db, account, fairs[2])
        both = [servers, servers[::-1]]
        for number in range(ROUNDS):
            for frozen, living in both[: proof.scale(1, 2)]:
                drain_to(db, 0)  # or the node may be frozen while it decides of the free event
                name = f"r{number}p{frozen.port}"
                everything += freeze(url, frozen, living, account, fairs, codes, name)
        drain_to(db, 0)
        check_nothing_lost_or_double(db, everything)
        assert db.call(find_faults) == {}
        assert [server.stop() for server in servers] == [0, 0]
    report(everything)


def make_fair(node: Any, account: Account, name: str) -> Fair:
    event = node.add_event(account.org_id, name)
    session = node.add_session(account.org_id, event, name)
    (ticket_type,) = node.db.call(list_ticket_types, account.org_id, event.id)
    kind, org_id = CredentialKind.EVENT_TOKEN, account.org_id
    _, door = node.db.call(issue_credential, org_id, kind, name, event_id=event.id, actor="test")
    return Fair(event, session, f"/acme/{event.id}", ticket_type.id, door)


def get_tickets(server: Server, db: Database, account: Account, fair: Fair) -> list[str]:
    load = Load(server, account, "guest")
    ask = load.registration(fair, "guest")
    assert {ask(f"guest{n}@example.com").status for n in range(TICKETS)} == {200}
    drain_to(db, 0)
    rows = db.call(query, "SELECT code FROM tickets")
    assert len(rows) == TICKETS
    return [code for (code,) in rows]


def freeze(
    url: str,
    frozen: Server,
    living: Server,
    account: Account,
    fairs: list[Fair],
    codes: list[str],
    name: str,
) -> list[Answered]:
    """Freeze one node in the middle of a form, and ask the other; all that was answered."""
    held, psql, free = fairs
    load = Load(living, account, name)
    with (
        ThreadPoolExecutor(10) as pool,
        closing(psycopg.connect(url, autocommit=True)) as witness,
        closing(psycopg.connect(url)) as holder,
    ):
        stuck = stop_in_the_middle(witness, url, frozen, held, pool, name)
        try:
            holder.execute("SELECT 1 FROM events WHERE id = %s FOR UPDATE", (psql.event.id,))
            asks = [
                *(load.form(held, "held form") for _ in range(6)),
                *(load.form(psql, "held form") for _ in range(3)),
                load.form(free, "form"),
                load.registration(held, "registration"),
                load.registration(psql, "registration"),
                load.registration(free, "registration"),
                load.scan(free, "scan", codes),
                load.scan(free, "scan", codes),
                load.readiness,
            ]
            decided = count_decided(witness, free)
            with load.going_on(*asks):
                time.sleep(FROZEN_S)
                wait_for(lambda: count_decided(witness, free) > decided)
        finally:
            holder.rollback()
            frozen.send(signal.SIGCONT)
        load.answers += [future.result() for future in stuck]
    check_well_again(frozen, held, account, f"again-{name}")
    return load.answers


def stop_in_the_middle(
    witness: Any, url: str, frozen: Server, fair: Fair, pool: ThreadPoolExecutor, name: str
) -> "list[Future[Answered]]":
    """Stop a node that has taken the event's row, and has not committed. It is made to wait for the
    row first; once it is stopped, the row is let go, and the server gives it to the node. Where the
    wait was over just before, again. What was sent for that."""
    sent = []
    for number in range(10):
        email = f"stuck{number}-{name}@example.com"
        with closing(psycopg.connect(url)) as gate:
            gate.execute("SELECT 1 FROM events WHERE id = %s FOR UPDATE", (fair.event.id,))
            sent.append(pool.submit(send_form, frozen, fair, email, "stuck"))
            pid = wait_for(lambda: witness.execute(WAITERS).fetchone())[0]
            frozen.send(signal.SIGSTOP)
            gate.rollback()
        deadline = time.monotonic() + 2
        while time.monotonic() < deadline:
            if witness.execute(IDLE.format(pid)).fetchone():
                return sent
        frozen.send(signal.SIGCONT)
        sent[-1].result()
    raise AssertionError("the node could not be stopped in the middle")


def count_decided(witness: Any, fair: Fair) -> int:
    """How many of the event's registrations the queue has decided."""
    found = witness.execute(
        "SELECT count(*) FROM submissions WHERE target_id = %s AND done_at IS NOT NULL",
        (fair.event.id,),
    )
    return int(found.fetchone()[0])


def check_well_again(server: Server, fair: Fair, account: Account, name: str) -> None:
    wait_for(lambda: server.ask("GET", "/readyz").status == 200)
    load = Load(server, account, name)
    ask = load.form(fair, "again")
    wait_for(lambda: ask(f"{name}@example.com").status < 400)


def check_nothing_lost_or_double(db: Database, answers: list[Answered]) -> None:
    """Who was answered yes is registered once; whom nobody answered yes, not at all."""
    assert {answer.status for answer in answers if answer.kind == "registration"} == {200}
    assert {answer.status for answer in answers if answer.kind == "form"} <= {200, 303}
    assert {answer.status for answer in answers if answer.kind == "held form"} <= {200, 303, 503}
    assert {answer.status for answer in answers if answer.kind == "scan"} <= {200, 406}
    refused = [answer for answer in answers if answer.status == 503]
    assert all(answer.retry_after.isdigit() for answer in refused)
    asked = [answer for answer in answers if answer.kind not in ("scan", "ready")]
    expected = sorted(answer.email for answer in asked if answer.status in (200, 303))
    emails = {answer.email for answer in asked}
    rows = db.call(_list_registered)
    assert sorted(email for email in rows if email in emails) == expected


def _list_registered(tx: Tx) -> list[str]:
    rows = query(
        tx,
        "SELECT p.email FROM registrations r JOIN people p ON p.org_id = r.org_id "
        "AND p.id = r.person_id WHERE r.state = 'confirmed'",
    )
    return [email for (email,) in rows]


def report(answers: list[Answered]) -> None:
    scans = sorted(answer.took_s for answer in answers if answer.kind == "scan")
    p99_s = scans[len(scans) * 99 // 100]
    counted = [answer for answer in answers if answer.kind != "stuck"]
    longest = max(counted, key=lambda answer: answer.took_s)
    proof.report(
        NAME,
        freezes=proof.scale(1, 2) * ROUNDS,
        frozen_s=FROZEN_S,
        scans=len(scans),
        scan_p99_ms=round(p99_s * 1000),
        forms_refused=sum(answer.status == 503 for answer in counted),
        requests=len(counted),
        longest=f"{longest.kind} {longest.took_s:.1f} s",
        seed=proof.seed(),
    )
    assert p99_s < P99_S
    assert longest.took_s < DEADLINE_S
    assert {answer.status for answer in answers if answer.kind == "ready"} == {200}


def wait_for(found: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + 30
    while not (value := found()):
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.01)
    return value
