"""Killed at any instant, Turnout forgets nothing that it answered and does nothing twice.

A real server takes registrations from many connections; its process group gets SIGKILL at a
random instant and is started again, many times. What clients were told is compared with what is
in the database in the end. Requests that were not answered and bore an idempotency key are sent
again with the same key after the restart.
"""

import asyncio
import random
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path

import pytest

from tests.core.registrations.invariants import find_faults
from tests.proofs.endings import find_wrong_endings, watch_endings
from tests.proofs.wire import Streams, connection, register, wish
from tests.support import proof
from tests.support.node import BACKENDS, Account, WallClock, new_database, open_node
from tests.support.server import Server
from tests.support.set_aside import operator
from turnout.settings import Settings
from turnout.store import Tx, open_database

CONNECTIONS = 24
LIMITED_PLACES = 40
LONGEST_LOAD_S = 0.8
LONGEST_START_S = 1.5
SETTLE_TIMEOUT_S = 120


@dataclass(frozen=True)
class Wish:
    """One registration that a client asks for; `key` None = without an idempotency key."""

    email: str
    paks: tuple[str, ...]
    key: str | None
    noun: str = "event"


@dataclass
class Book:
    """What the clients know: what they were told, and what they were left without an answer."""

    answered: list[tuple[Wish, list[tuple[str, int]]]] = field(default_factory=list)
    unanswered: list[Wish] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)


class Clients:
    """Makes up wishes and sends them; every address is new, but a few come again and again."""

    def __init__(self, port: int, account: Account, dice: random.Random) -> None:
        self._port = port
        self._account = account
        self._dice = dice
        self._number = 0
        self.book = Book()

    async def load(self, seconds: float) -> None:
        """Send from all connections for so long, or until the server is gone."""
        stop = asyncio.get_running_loop().time() + seconds
        await asyncio.gather(*(self._connect(stop) for _ in range(CONNECTIONS)))

    async def repeat_unanswered(self) -> None:
        """Send again, with its key, what got no answer; each until it has one."""
        again = [wish for wish in self.book.unanswered if wish.key]
        self.book.unanswered = [wish for wish in self.book.unanswered if not wish.key]
        if again:
            async with connection(self._port) as streams:
                for wished in again:
                    await self._send(streams, wished)

    async def _connect(self, stop: float) -> None:
        try:
            async with connection(self._port) as streams:
                while asyncio.get_running_loop().time() < stop:
                    await self._send(streams, self._make_wish())
        except (OSError, asyncio.IncompleteReadError):
            pass  # killed; the wish stands among the unanswered

    def _make_wish(self) -> Wish:
        self._number += 1
        is_event = self._dice.random() < 0.8
        sessions = self._account.sessions if is_event else self._account.channel_sessions
        paks = [session.pak for session in sessions]
        chosen = tuple(self._dice.sample(paks, self._dice.randint(1, len(paks))))
        noun = "event" if is_event else "channel"
        if self._dice.random() < 0.1:
            return Wish(f"regular{self._dice.randint(1, 20)}@example.com", chosen, None, noun)
        key = f"key-{self._number}" if self._dice.random() < 0.5 else None
        return Wish(f"guest{self._number}@example.com", chosen, key, noun)

    async def _send(self, streams: Streams, wished: Wish) -> None:
        self.book.unanswered.append(wished)
        target = self._account.event if wished.noun == "event" else self._account.channel
        body = wish(target.pak, list(wished.paks), wished.email, wished.noun)
        status, answer = await register(streams, self._account.token, body, wished.key)
        self.book.unanswered.remove(wished)
        if status != HTTPStatus.OK:
            self.book.refused.append(status)
            return
        sessions = answer["registration"]["sessions"]
        told = [(session["sessionPak"], session["queueId"]) for session in sessions]
        self.book.answered.append((wished, told))


@pytest.mark.proof
@pytest.mark.parametrize("backend", BACKENDS)
def test_a_server_that_is_killed_loses_nothing_and_repeats_nothing(
    backend: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    cluster = request.getfixturevalue("cluster") if backend == "postgresql" else None
    url = new_database(backend, tmp_path, cluster)
    account = make_account(url)
    dice = proof.random_for(f"crash {backend}")
    server = Server(
        tmp_path, database_url=url, command=("serve",), rate_limit_per_minute=0, access_log="false"
    )
    clients = Clients(server.port, account, dice)
    kills = proof.scale(2, 20)
    for number in range(kills):
        if number % 3 == 1:
            _kill_while_starting(server, dice.uniform(0, LONGEST_START_S))
        server.start()
        asyncio.run(_load_and_kill(server, clients, dice.uniform(0.02, LONGEST_LOAD_S)))
    with server, operator(url) as release_all:
        asyncio.run(clients.repeat_unanswered())
        released = asyncio.run(_until_settled(server, release_all))
        assert server.stop() == 0
    assert released <= kills
    check(url, clients.book)
    proof.report(
        "crash registration",
        backend=backend,
        kills=kills,
        killed_starts=len(range(1, kills, 3)),
        answered=len(clients.book.answered),
        unanswered=len(clients.book.unanswered),
        released=released,
        seed=proof.seed(),
    )


def make_account(url: str) -> Account:
    """An organization whose event has open sessions and one with few places."""
    with open_node(url, clock=WallClock()) as node:
        account = node.add_account()
        limited = node.add_session(
            account.org_id, account.event, "Limited", capacity=LIMITED_PLACES
        )
        account.sessions.append(limited)
        watch_endings(node.db)
        return account


def _kill_while_starting(server: Server, seconds: float) -> None:
    server.launch()
    time.sleep(seconds)
    server.kill()


async def _load_and_kill(server: Server, clients: Clients, seconds: float) -> None:
    await clients.repeat_unanswered()
    load = asyncio.ensure_future(clients.load(seconds + LONGEST_LOAD_S))
    await asyncio.sleep(seconds)
    await asyncio.to_thread(server.kill)
    await load


async def _until_settled(server: Server, release_all: Callable[[], int]) -> int:
    """Wait until the queue is drained, as an operator would see it; how much was released."""
    released = 0
    for _ in range(SETTLE_TIMEOUT_S * 2):
        released += await asyncio.to_thread(release_all)
        metrics = server.ask("GET", "/metrics").body.decode()
        if re.search(r'^turnout_queue_waiting\{queue="intake"\} 0\.0$', metrics, re.MULTILINE):
            return released
        await asyncio.sleep(0.5)
    pytest.fail(f"the queue was not drained in {SETTLE_TIMEOUT_S} seconds")


def check(url: str, book: Book) -> None:
    """Hold what the clients were told against what is in the database."""
    db = open_database(Settings(database_url=url))
    try:
        faults = db.call(find_faults, after_intake_only=True)
        wrong = db.call(find_wrong_endings)
        failures = db.call(read_failures)
        items = db.call(read_items)
        submissions = db.call(count_submissions)
        if db.backend == "sqlite":
            assert db.call(check_integrity) == [("ok",)]
    finally:
        db.close()
    assert (faults, wrong) == ({}, [])
    assert set(failures) <= {("Limited", LIMITED_PLACES, "session.full")}
    assert book.refused == []
    told = {id_: (wish.email, pak) for wish, pairs in book.answered for pak, id_ in pairs}
    assert len(told) == sum(len(pairs) for _, pairs in book.answered)
    assert {id_: items.get(id_, ("", "", ""))[:2] for id_ in told} == told
    assert {status for _, _, status in items.values()} <= {"success", "failed"}
    once = [wish.email for wish, _ in book.answered if not wish.email.startswith("regular")]
    assert {email: submissions[email] for email in once} == dict.fromkeys(once, 1)
    unsure = [wish.email for wish in book.unanswered if not wish.email.startswith("regular")]
    assert all(submissions.get(email, 0) <= 1 for email in unsure)
    assert set(submissions) <= {wish.email for wish, _ in book.answered} | {
        wish.email for wish in book.unanswered
    }


def read_items(tx: Tx) -> dict[int, tuple[str, str, str]]:
    """Every queue item: number → (e-mail, session pak, status)."""
    rows = tx.connection.execute(
        "SELECT i.id, s.email, i.session_pak, i.status FROM queue_items i"
        " JOIN submissions s ON s.org_id = i.org_id AND s.id = i.submission_id"
    ).fetchall()
    items = {id_: (email, pak, status) for id_, email, pak, status in rows}
    assert len(items) == len(rows)
    return items


def read_failures(tx: Tx) -> list[tuple[str, int, str]]:
    """Every failed item: title of its session, places taken there in the end, code."""
    rows = tx.connection.execute(
        "SELECT s.title, s.held, i.code FROM queue_items i"
        " JOIN sessions s ON s.org_id = i.org_id AND s.pak = i.session_pak"
        " WHERE i.status = 'failed'"
    )
    return [tuple(row) for row in rows.fetchall()]


def count_submissions(tx: Tx) -> dict[str, int]:
    """How many submissions each address made."""
    rows = tx.connection.execute("SELECT email, count(*) FROM submissions GROUP BY email")
    return dict(rows.fetchall())


def check_integrity(tx: Tx) -> list[tuple[str]]:
    return [tuple(row) for row in tx.connection.execute("PRAGMA integrity_check").fetchall()]
